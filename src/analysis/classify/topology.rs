//! The graph of tiers: which drivers together run a network adapter.
//!
//! Two layers (DESIGN.md 4): the *structure* over all decorations is made here; what of it selects devices on one target is
//! [`crate::analysis::prediction`]'s business.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sha2::{Digest, Sha256};

use super::link::{Link, Linker};
use super::profile::{IdKind, NetKind, Profile, id_kind};
use super::role::Role;
use crate::analysis::world::{DriverIndex, World};
use crate::facts::ids::{HardwareId, class_guid};
use crate::inf_db::InfDb;

/// Monolithic or multi-tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopologyKind {
    /// One Net-class driver claims the adapter's bus id itself.
    Monolithic,
    /// A bus driver makes child devices; a miniport on a private enumerator is the network adapter.
    MultiTier,
}

/// Place of a driver in a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Claims the adapter's bus id and drives the network itself.
    Root,
    /// Claims the adapter's bus id and enumerates children.
    Bus,
    /// Child of a bus and parent of another child.
    Middle,
    /// Child without children of its own: the miniport.
    Leaf,
}

/// A network child whose bus driver was not found.
#[derive(Clone, Debug)]
pub struct MissingBus {
    /// The child's driver.
    pub child: DriverIndex,
    /// The enumerator that nobody makes.
    pub enumerator: String,
    /// First id on it, with its line.
    pub id: HardwareId,
    /// 1-based line of that id.
    pub line: u32,
}

/// One way to run network adapters.
#[derive(Clone, Debug)]
pub struct Topology {
    /// `net-` and 16 hex digits made from the contents of its drivers: the same drivers give the same id.
    pub id: String,
    /// Its kind.
    pub kind: TopologyKind,
    /// Family of inf-db, if one fits.
    pub family: Option<String>,
    /// Ids of the adapters on their well-known bus. Empty when the bus driver is missing.
    pub root_ids: BTreeSet<HardwareId>,
    /// Its drivers with their tiers, the root first.
    pub nodes: Vec<(DriverIndex, Tier)>,
    /// Links from parents to children.
    pub edges: Vec<Link>,
    /// Other drivers on the same buses: iSCSI, FCoE, diagnostics. Information, never NIC breakage.
    pub siblings: Vec<DriverIndex>,
    /// Enumerators of its children that no driver here makes.
    pub missing: Vec<MissingBus>,
    /// All its network devices are wireless: no task sequence runs over them.
    pub wireless: bool,
}

impl Topology {
    /// The driver that claims the adapter's bus id, when it is known.
    pub fn root(&self) -> Option<DriverIndex> {
        self.nodes.iter().find(|(_, t)| matches!(t, Tier::Root | Tier::Bus)).map(|(d, _)| *d)
    }

    /// The drivers of the network children.
    pub fn leaves(&self) -> impl Iterator<Item = DriverIndex> {
        self.nodes.iter().filter(|(_, t)| *t == Tier::Leaf).map(|(d, _)| *d)
    }
}

/// Topologies and roles of all drivers.
#[derive(Debug, Default)]
pub struct Topologies {
    /// Ordered by the location of their first driver.
    pub all: Vec<Topology>,
    /// Role of each driver, by index.
    pub roles: Vec<Role>,
}

/// Builds everything from profiles and what the driver files say.
pub fn build(world: &World, profiles: &[Profile], db: &InfDb) -> Topologies {
    let linker = Linker::new(world, profiles, db);
    let links = network_links(profiles, &linker);
    let siblings = sibling_links(profiles, &linker, &links);
    let mut all = Vec::new();
    let parents: BTreeSet<DriverIndex> = links.iter().map(|l| l.parent).collect();
    let children: BTreeSet<DriverIndex> = links.iter().map(|l| l.child).collect();
    for root in parents.iter().filter(|p| !children.contains(*p)) {
        all.push(multi_tier(world, profiles, db, *root, &links, &siblings));
    }
    let adapters = adapter_ids(world, profiles, db);
    for (index, profile) in profiles.iter().enumerate() {
        if is_lone_bus(world, index, profile, &adapters, db) && !parents.contains(&index) {
            all.push(multi_tier(world, profiles, db, index, &links, &siblings));
        }
        if profile.net == NetKind::Adapter && !profile.private.is_empty() && !children.contains(&index) {
            all.push(orphan(world, profiles, index, db));
        }
        if profile.net == NetKind::Adapter && profile.bus_models > 0 {
            all.push(monolithic(world, db, index));
        }
    }
    add_missing(&mut all, profiles, &links);
    for topology in &mut all {
        topology.wireless = is_wireless(topology, profiles, db);
    }
    let roles = (0..world.drivers.len()).map(|d| Role::of(d, profiles, &links, &all)).collect();
    all.sort_by(|a, b| {
        (a.nodes.first().map(|n| n.0), a.kind, &a.id).cmp(&(b.nodes.first().map(|n| n.0), b.kind, &b.id))
    });
    Topologies { all, roles }
}

/// By what the network devices say of themselves, or else by the family.
fn is_wireless(topology: &Topology, profiles: &[Profile], db: &InfDb) -> bool {
    let family = topology.family.as_deref().and_then(|id| db.families().get(id));
    let mut devices = topology.nodes.iter().filter(|(_, t)| matches!(t, Tier::Leaf | Tier::Root)).map(|(d, _)| *d);
    let said = devices.next().is_some_and(|first| {
        profiles[first].function.is_wireless() && devices.all(|d| profiles[d].function.is_wireless())
    });
    said || family.is_some_and(|f| f.wireless)
}

/// Links of the network adapters, then of every parent that is a child itself, until nothing new is found.
fn network_links(profiles: &[Profile], linker: &Linker<'_>) -> Vec<Link> {
    let mut wanted: Vec<DriverIndex> = (0..profiles.len())
        .filter(|d| profiles[*d].net == NetKind::Adapter && !profiles[*d].private.is_empty())
        .collect();
    let mut seen: BTreeSet<DriverIndex> = wanted.iter().copied().collect();
    let mut links = Vec::new();
    while let Some(child) = wanted.pop() {
        for link in linker.parents(child) {
            // A driver that is already a descendant must not become an ancestor.
            if !profiles[link.parent].private.is_empty() && seen.insert(link.parent) {
                wanted.push(link.parent);
            }
            links.push(link);
        }
    }
    links.sort_by(|a, b| (a.parent, a.child, &a.enumerator).cmp(&(b.parent, b.child, &b.enumerator)));
    links
}

/// Other children of the same buses.
fn sibling_links(profiles: &[Profile], linker: &Linker<'_>, links: &[Link]) -> Vec<(DriverIndex, DriverIndex)> {
    let enumerators: BTreeSet<&String> = links.iter().map(|l| &l.enumerator).collect();
    let tiers: BTreeSet<DriverIndex> = links.iter().flat_map(|l| [l.parent, l.child]).collect();
    let mut found = Vec::new();
    for (index, profile) in profiles.iter().enumerate() {
        if tiers.contains(&index) || !profile.private.keys().any(|e| enumerators.contains(e)) {
            continue;
        }
        found.extend(linker.parents(index).into_iter().map(|l| (l.parent, index)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A bus driver without any child here is known by the family table (its service), or because it claims an adapter that a
/// network driver elsewhere in this world claims, too: "family has both" (FACTS.md 3.2, rule 5).
fn is_lone_bus(
    world: &World,
    driver: DriverIndex,
    profile: &Profile,
    adapters: &HashSet<&HardwareId>,
    db: &InfDb,
) -> bool {
    if profile.net != NetKind::None || profile.bus_models == 0 || profile.services.is_empty() {
        return false;
    }
    let in_table = |s: &String| db.families().iter().any(|f| f.links.iter().any(|l| l.has_bus_service(s)));
    let models = || world.drivers[driver].package.models_sections.iter().flat_map(|s| &s.models);
    // iSCSI and FCoE drivers share the ids of their NIC and are information, never its breakage (DESIGN.md 4).
    let storage = world.drivers[driver].package.is_class(class_guid::SCSI_ADAPTER, "SCSIAdapter");
    let shares_adapter = || models().filter_map(|m| m.ids.first()).any(|id| adapters.contains(id));
    profile.services.iter().any(in_table) || (!storage && shares_adapter())
}

/// Ids on hardware buses that network drivers claim themselves.
fn adapter_ids<'a>(world: &'a World, profiles: &[Profile], db: &InfDb) -> HashSet<&'a HardwareId> {
    let adapters = world.drivers.iter().enumerate().filter(|(d, _)| profiles[*d].net == NetKind::Adapter);
    let models = adapters.flat_map(|(_, driver)| driver.package.models_sections.iter().flat_map(|s| &s.models));
    models.filter_map(|m| m.ids.first()).filter(|id| id_kind(id, db) == IdKind::Bus).collect()
}

fn multi_tier(
    world: &World,
    profiles: &[Profile],
    db: &InfDb,
    root: DriverIndex,
    links: &[Link],
    siblings: &[(DriverIndex, DriverIndex)],
) -> Topology {
    let mut by_parent: BTreeMap<DriverIndex, Vec<&Link>> = BTreeMap::new();
    for link in links {
        by_parent.entry(link.parent).or_default().push(link);
    }
    let mut nodes = vec![(root, Tier::Bus)];
    let mut edges = Vec::new();
    let mut queue = vec![root];
    let mut seen = BTreeSet::from([root]);
    while let Some(parent) = queue.pop() {
        for link in by_parent.get(&parent).into_iter().flatten() {
            edges.push((*link).clone());
            if seen.insert(link.child) {
                let tier = if by_parent.contains_key(&link.child) { Tier::Middle } else { Tier::Leaf };
                nodes.push((link.child, tier));
                queue.push(link.child);
            }
        }
    }
    nodes[1..].sort_by_key(|(driver, tier)| (*tier, *driver));
    let family = family_of(&nodes, profiles, world, db);
    let mut beside: Vec<DriverIndex> = siblings.iter().filter(|(p, _)| seen.contains(p)).map(|(_, s)| *s).collect();
    beside.dedup();
    Topology {
        id: topology_id(world, &nodes),
        kind: TopologyKind::MultiTier,
        family,
        root_ids: bus_ids(world, root, db),
        nodes,
        edges,
        siblings: beside,
        missing: Vec::new(),
        wireless: false,
    }
}

fn orphan(world: &World, profiles: &[Profile], child: DriverIndex, db: &InfDb) -> Topology {
    let nodes = vec![(child, Tier::Leaf)];
    Topology {
        id: topology_id(world, &nodes),
        kind: TopologyKind::MultiTier,
        family: family_of(&nodes, profiles, world, db),
        root_ids: BTreeSet::new(),
        nodes,
        edges: Vec::new(),
        siblings: Vec::new(),
        missing: Vec::new(),
        wireless: false,
    }
}

fn monolithic(world: &World, db: &InfDb, driver: DriverIndex) -> Topology {
    let nodes = vec![(driver, Tier::Root)];
    let root_ids = bus_ids(world, driver, db);
    Topology {
        id: topology_id(world, &nodes),
        kind: TopologyKind::Monolithic,
        family: family_by_ids(&root_ids, db),
        root_ids,
        nodes,
        edges: Vec::new(),
        siblings: Vec::new(),
        missing: Vec::new(),
        wireless: false,
    }
}

/// First ids of a driver's models that lie on hardware buses.
fn bus_ids(world: &World, driver: DriverIndex, db: &InfDb) -> BTreeSet<HardwareId> {
    let models = world.drivers[driver].package.models_sections.iter().flat_map(|s| &s.models);
    models.filter_map(|m| m.ids.first()).filter(|id| id_kind(id, db) == IdKind::Bus).cloned().collect()
}

/// By enumerators of the children first (they are the family's own), then by adapter ids.
fn family_of(nodes: &[(DriverIndex, Tier)], profiles: &[Profile], world: &World, db: &InfDb) -> Option<String> {
    let root_ids = nodes.first().map(|(d, _)| bus_ids(world, *d, db)).unwrap_or_default();
    if let Some(family) = family_by_ids(&root_ids, db) {
        return Some(family);
    }
    let enumerators = nodes.iter().flat_map(|(d, _)| profiles[*d].private.keys());
    enumerators.filter_map(|e| db.families().by_enumerator(e).next()).map(|(family, _)| family.id.clone()).next()
}

/// The family that most of the adapters belong to; none when most belong to none.
fn family_by_ids(ids: &BTreeSet<HardwareId>, db: &InfDb) -> Option<String> {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for id in ids {
        *counts.entry(db.families().by_hardware_id(id).map(|f| f.id.as_str())).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).and_then(|(family, _)| family.map(str::to_owned))
}

/// Every network child's enumerators that no link serves, put into each topology of the child.
fn add_missing(all: &mut [Topology], profiles: &[Profile], links: &[Link]) {
    let served: BTreeSet<(DriverIndex, &str)> = links.iter().map(|l| (l.child, l.enumerator.as_str())).collect();
    for topology in all.iter_mut().filter(|t| t.kind == TopologyKind::MultiTier) {
        let leaves: Vec<DriverIndex> = topology.leaves().collect();
        for child in leaves {
            for (enumerator, used) in &profiles[child].private {
                if !served.contains(&(child, enumerator.as_str())) {
                    let (id, line) = (used.first.clone(), used.line);
                    topology.missing.push(MissingBus { child, enumerator: enumerator.clone(), id, line });
                }
            }
        }
    }
}

fn topology_id(world: &World, nodes: &[(DriverIndex, Tier)]) -> String {
    let mut hasher = Sha256::new();
    for (driver, tier) in nodes {
        hasher.update(world.drivers[*driver].id.as_bytes());
        hasher.update([*tier as u8]);
    }
    let hex: String = hasher.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("net-{hex}")
}
