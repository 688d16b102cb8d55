//! Offered sets: which drivers reach a target together.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::classify::link::location_distance;
use crate::analysis::classify::topology::{Topologies, Topology, TopologyKind};
use crate::analysis::world::{DriverIndex, Folder, Location, World};
use crate::facts::share::folder_of;

/// The drivers of one folder and topology, or of a `--package` folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedSet {
    /// The deepest folder that holds them all.
    pub folder: Folder,
    /// The drivers, ordered.
    pub drivers: Vec<DriverIndex>,
    /// Topologies in it.
    pub topologies: Vec<usize>,
}

/// All sets of the shares: by topology, or, when packages are named, one set for each package.
pub fn sets(world: &World, topologies: &Topologies, packages: &[Folder]) -> Vec<OfferedSet> {
    let mut found: BTreeMap<(Folder, usize), OfferedSet> = BTreeMap::new();
    for (index, topology) in topologies.all.iter().enumerate().filter(|(_, t)| is_judged(t)) {
        for (folder, drivers) in places(world, topology) {
            found.entry((folder.clone(), index)).or_insert(OfferedSet { folder, drivers, topologies: vec![index] });
        }
    }
    if packages.is_empty() {
        return found.into_values().collect();
    }
    packages.iter().map(|package| package_set(world, topologies, package)).collect()
}

/// Over a wireless adapter no task sequence runs: what a bus driver does to it is nobody's loss in Windows PE.
pub fn is_judged(topology: &Topology) -> bool {
    !(topology.wireless && topology.kind == TopologyKind::MultiTier)
}

/// Where a topology lies: for each location of its first driver, the nearest locations of the others.
fn places(world: &World, topology: &Topology) -> Vec<(Folder, Vec<DriverIndex>)> {
    let Some((first, _)) = topology.nodes.first() else { return Vec::new() };
    let mut found: BTreeMap<Folder, BTreeSet<DriverIndex>> = BTreeMap::new();
    for location in &world.drivers[*first].locations {
        let Location::Share { share, path } = location else { continue };
        let mut folder = folder_of(path).to_owned();
        let mut drivers = BTreeSet::from([*first]);
        for (node, _) in &topology.nodes[1..] {
            let near = world.drivers[*node].locations.iter();
            let near = near.filter_map(|l| location_distance(location, l).map(|d| (d, l))).min();
            if let Some((_, Location::Share { path, .. })) = near {
                folder = common_folder(&folder, folder_of(path));
                drivers.insert(*node);
            }
        }
        found.entry(Folder { share: *share, path: folder }).or_default().extend(drivers);
    }
    found.into_iter().map(|(folder, drivers)| (folder, drivers.into_iter().collect())).collect()
}

fn package_set(world: &World, topologies: &Topologies, package: &Folder) -> OfferedSet {
    let drivers: Vec<DriverIndex> =
        (0..world.drivers.len()).filter(|d| world.drivers[*d].locations.iter().any(|l| is_in(l, package))).collect();
    let topologies = topologies.all.iter().enumerate();
    let topologies = topologies
        .filter(|(_, t)| is_judged(t) && t.nodes.first().is_some_and(|(d, _)| drivers.binary_search(d).is_ok()));
    OfferedSet { folder: package.clone(), topologies: topologies.map(|(i, _)| i).collect(), drivers }
}

/// The location lies in this folder or below it.
pub fn is_in(location: &Location, folder: &Folder) -> bool {
    let Location::Share { share, path } = location else { return false };
    if *share != folder.share {
        return false;
    }
    let here = folder_of(path);
    folder.path.is_empty() || here == folder.path || here.strip_prefix(&folder.path).is_some_and(|r| r.starts_with('/'))
}

fn common_folder(a: &str, b: &str) -> String {
    let shared = a.split('/').zip(b.split('/')).take_while(|(x, y)| x.eq_ignore_ascii_case(y));
    shared.map(|(x, _)| x).collect::<Vec<_>>().join("/")
}
