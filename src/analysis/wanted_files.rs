//! Which driver files of the shares analysis wants to know about.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::classify::profile::{NetKind, Profile};
use super::package_files::{PackageFiles, source_names};
use super::world::{Driver, DriverIndex, Location, World};
use crate::facts::driver_file::DriverFilePath;
use crate::facts::ids::HardwareId;
use crate::facts::share::folder_of;

/// A share may name one file in very many folders; nobody needs more of one driver.
const MOST_FOLDERS: usize = 64;

/// Function-driver binaries of every network driver, and, where there are children of private buses, of every driver that
/// may be such a bus; each with the drivers that name it.
pub(super) fn collect(
    world: &World,
    profiles: &[Profile],
    buses_wanted: bool,
) -> BTreeMap<DriverFilePath, Vec<DriverIndex>> {
    let mut files: BTreeMap<DriverFilePath, Vec<DriverIndex>> = BTreeMap::new();
    for (index, driver) in world.drivers.iter().enumerate() {
        if !matters(&profiles[index], buses_wanted) {
            continue;
        }
        let sections = driver.package.install_sections.iter();
        let names: BTreeSet<&str> =
            sections.flat_map(source_names).chain(profiles[index].binaries.iter().map(String::as_str)).collect();
        for location in &driver.locations {
            let Location::Share { share, path } = location else { continue };
            for binary in names.iter().copied() {
                for path in driver_files(world, *share, folder_of(path), binary) {
                    let owners = files.entry(DriverFilePath { share: *share, path }).or_default();
                    if !owners.contains(&index) {
                        owners.push(index);
                    }
                }
            }
        }
    }
    files
}

/// A network driver, or, where there are children of private buses, one that may be such a bus.
fn matters(profile: &Profile, buses_wanted: bool) -> bool {
    let may_be_bus = profile.bus_models + profile.software_models + profile.private_models() > 0;
    profile.net != NetKind::None || (buses_wanted && may_be_bus)
}

/// The catalogs that the same drivers name, and those that claim the adapter of one, and that lie beside their INF; a name may stand there in several cases.
pub(super) fn catalogs(world: &World, profiles: &[Profile], buses_wanted: bool) -> Vec<DriverFilePath> {
    let mut wanted: BTreeSet<DriverFilePath> = BTreeSet::new();
    let files = PackageFiles::new(world);
    let network = world.drivers.iter().zip(profiles).filter(|(_, p)| p.net != NetKind::None);
    let adapters: HashSet<&HardwareId> = network.flat_map(|(driver, _)| ids(driver)).collect();
    for (driver, profile) in world.drivers.iter().zip(profiles) {
        // Who claims the adapter of a network driver is its rival, whatever its class.
        if !matters(profile, buses_wanted) && !ids(driver).any(|id| adapters.contains(id)) {
            continue;
        }
        for location in &driver.locations {
            let Location::Share { share, path } = location else { continue };
            for catalog in &driver.package.version.catalogs {
                let found = files.all_in_share(world, *share, folder_of(path), &catalog.file);
                wanted.extend(found.into_iter().map(|path| DriverFilePath { share: *share, path }));
            }
        }
    }
    wanted.into_iter().collect()
}

fn ids(driver: &Driver) -> impl Iterator<Item = &HardwareId> {
    driver.package.models_sections.iter().flat_map(|s| &s.models).flat_map(|m| &m.ids)
}

/// A binary lies in the INF's folder or below it (SourceDisksNames may name a subfolder).
pub(super) fn driver_files(world: &World, share: usize, folder: &str, name: &str) -> Vec<String> {
    let share = &world.shares[share];
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let below = share.folders.range(prefix.clone()..).take_while(|(f, _)| f.starts_with(&prefix)).take(MOST_FOLDERS);
    let here = share.folders.get_key_value(folder);
    let mut found: Vec<String> = here
        .into_iter()
        .chain(below)
        .filter_map(|(f, _)| {
            share.find_file(f, name).map(|n| if f.is_empty() { n.to_owned() } else { format!("{f}/{n}") })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
