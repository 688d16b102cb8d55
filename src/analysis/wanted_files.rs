//! Which driver files of the shares analysis wants to know about.

use std::collections::{BTreeMap, BTreeSet};

use super::classify::profile::{NetKind, Profile};
use super::package_files::source_names;
use super::world::{DriverIndex, Location, World};
use crate::facts::driver_file::DriverFilePath;
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
        let profile = &profiles[index];
        let may_be_bus = profile.bus_models + profile.software_models + profile.private_models() > 0;
        if profile.net == NetKind::None && !(buses_wanted && may_be_bus) {
            continue;
        }
        let sections = driver.package.install_sections.iter();
        let names: BTreeSet<&str> =
            sections.flat_map(source_names).chain(profile.binaries.iter().map(String::as_str)).collect();
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
