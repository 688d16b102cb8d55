//! The files of a driver where it lies: in the folder of a share, or in the driver store of an image.

use std::collections::BTreeMap;

use super::wanted_files::driver_files;
use super::world::{Location, World};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_file::{DriverFile, DriverFilePath};
use crate::facts::driver_package::{CopiedFile, InstallSection};
use crate::facts::ids::Arch;
use crate::facts::share::folder_of;

/// Finds files as Windows does, without case.
#[derive(Debug, Default)]
pub struct PackageFiles<'w> {
    /// Lower-case folder → as spelled, by share.
    folders: BTreeMap<(usize, String), &'w str>,
}

/// A file that an install section would load, with what is known of it.
#[derive(Clone, Debug)]
pub struct LoadedFile<'w> {
    /// File name in the package.
    pub name: String,
    /// Path in its container.
    pub path: String,
    /// What it says; `None` when it is no readable PE file.
    pub binary: Option<&'w DriverBinary>,
    /// The file of a share.
    pub file: Option<&'w DriverFile>,
}

impl LoadedFile<'_> {
    /// It imports from `ndis.sys` by itself.
    pub fn imports_ndis(&self) -> bool {
        self.binary.is_some_and(|b| b.imports_module("ndis.sys"))
    }
}

impl<'w> PackageFiles<'w> {
    /// Indexes the folders of the shares.
    pub fn new(world: &'w World) -> Self {
        let shares = world.shares.iter().enumerate();
        let folders = shares.flat_map(|(n, s)| s.folders.keys().map(move |f| ((n, f.to_lowercase()), f.as_str())));
        Self { folders: folders.collect() }
    }

    /// A file of a share: its path as spelled.
    pub fn in_share(&self, world: &World, share: usize, folder: &str, name: &str) -> Option<String> {
        // A name may hold a folder of its own.
        let whole = join(folder, &name.replace('\\', "/"));
        let folder = self.folders.get(&(share, folder_of(&whole).to_lowercase()))?;
        let name = crate::facts::share::file_name_of(&whole);
        world.shares[share].find_file(folder, name).map(|found| join(folder, found))
    }

    /// The same for a name that several files have in different cases.
    pub fn all_in_share(&self, world: &World, share: usize, folder: &str, name: &str) -> Vec<String> {
        let whole = join(folder, &name.replace('\\', "/"));
        let Some(folder) = self.folders.get(&(share, folder_of(&whole).to_lowercase())) else { return Vec::new() };
        let name = crate::facts::share::file_name_of(&whole);
        world.shares[share].find_files(folder, name).map(|found| join(folder, found)).collect()
    }

    /// A file of the package, in a folder below that of the INF (empty for the INF's own).
    pub fn has(&self, world: &World, location: &Location, below: &str, name: &str) -> bool {
        match location {
            Location::Share { share, path } => {
                self.in_share(world, *share, &join(folder_of(path), below), name).is_some()
            }
            Location::Image { image, entry, .. } => {
                let wanted = join(below, &name.replace('\\', "/")).to_lowercase();
                world.images[*image].facts.drivers[*entry].store_files.contains(&wanted)
            }
        }
    }

    /// The file that a service of an install section loads; several when the INF does not tell which one is meant.
    pub fn loaded(
        &self,
        world: &'w World,
        location: &Location,
        section: &InstallSection,
        service_binary: &str,
    ) -> Vec<LoadedFile<'w>> {
        match location {
            Location::Share { share, path } => self.loaded_from_share(world, *share, path, section, service_binary),
            Location::Image { image, entry, .. } => {
                let driver = &world.images[*image].facts.drivers[*entry];
                let names = [Some(service_binary), source_of(section, service_binary).map(|c| &*c.source)];
                let found = names.into_iter().flatten().find_map(|name| {
                    driver.binaries.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(n, b)| (n, b))
                });
                let loaded = found.map(|(name, binary)| LoadedFile {
                    name: name.clone(),
                    path: join(folder_of(&driver.inf_path), name),
                    binary: Some(&**binary),
                    file: None,
                });
                loaded.into_iter().collect()
            }
        }
    }

    fn loaded_from_share(
        &self,
        world: &'w World,
        share: usize,
        inf: &str,
        section: &InstallSection,
        service_binary: &str,
    ) -> Vec<LoadedFile<'w>> {
        let folder = folder_of(inf);
        let copied = source_of(section, service_binary);
        let name = copied.map_or(service_binary, |c| &*c.source);
        let exact = copied
            .and_then(|c| c.source_folder.as_ref())
            .and_then(|below| self.in_share(world, share, &join(folder, below), name));
        let paths = match exact {
            Some(path) => vec![path],
            None => driver_files(world, share, folder, name),
        };
        let look = |path: String| {
            let file = world.driver_files.get(&DriverFilePath { share, path: path.clone() });
            let file = file.and_then(|f| f.facts.as_ref().ok())?;
            Some(LoadedFile { name: name.to_owned(), path, binary: file.binary.as_ref().ok(), file: Some(file) })
        };
        paths.into_iter().filter_map(look).collect()
    }
}

/// Every function-driver binary that an install section loads, for its architecture where several files have the name.
pub fn function_drivers<'w>(
    files: &PackageFiles<'w>,
    world: &'w World,
    location: &Location,
    section: &InstallSection,
    arch: Arch,
) -> Vec<LoadedFile<'w>> {
    let mut all = Vec::new();
    for service in section.services.iter().filter(|s| s.associated) {
        let Some(name) = service.binary_file() else { continue };
        let mut found = files.loaded(world, location, section, name);
        if found.len() > 1 {
            found.retain(|f| f.binary.and_then(|b| b.arch) == Some(arch));
        }
        all.extend(found);
    }
    all
}

/// The copied file that has this name at its destination.
fn source_of<'s>(section: &'s InstallSection, destination: &str) -> Option<&'s CopiedFile> {
    section.copy_files.iter().find(|c| c.destination.eq_ignore_ascii_case(destination))
}

/// Names under which the files of a section's function services lie in the package: as the service has it, and before
/// `CopyFiles` renames it.
pub fn source_names(section: &InstallSection) -> impl Iterator<Item = &str> {
    let services = section.services.iter().filter(|s| s.associated);
    services.filter_map(|s| s.binary_file()).flat_map(move |name| {
        let source = source_of(section, name).map(|c| &*c.source);
        [Some(name), source.filter(|s| !s.eq_ignore_ascii_case(name))].into_iter().flatten()
    })
}

/// Two relative paths as one.
pub fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}
