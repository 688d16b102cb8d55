//! Share and image joined in one place, so that `audit --boot-image` and `verify --drivers` can not differ.
//!
//! A *driver* is one INF with what it references, identified by the hash of its content; the same INF in two folders or
//! two images is one driver with several locations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evidence::Place;
use crate::facts::boot_image::{BootImage, DriverOrigin, FileFault, Integrity, WimFile};
use crate::facts::deployment::DeploymentFiles;
use crate::facts::driver_file::{DriverFile, DriverFilePath};
use crate::facts::driver_package::DriverPackage;
use crate::facts::inventory::Machine;
use crate::facts::share::{Share, file_name_of, folder_of};
use crate::facts::signature::{CatalogFacts, InfDigests};

/// Index of a driver in [`World::drivers`].
pub type DriverIndex = usize;
/// Index of an image in [`World::images`].
pub type ImageIndex = usize;

/// Everything that was read, ready to be judged.
#[derive(Debug, Default)]
pub struct World {
    /// The shares, in the order of the command line.
    pub shares: Vec<Share>,
    /// Names of the shares in reports: the last part of the path, or the whole path where that is not unique.
    share_names: Vec<String>,
    /// The boot images (files or folders), in the order of the command line.
    pub boot_files: Vec<BootFile>,
    /// Boot files that could not be read as such.
    pub unreadable_files: Vec<UnreadableFile>,
    /// Every image of every boot file.
    pub images: Vec<WorldImage>,
    /// Usable drivers, ordered by their first location.
    pub drivers: Vec<Driver>,
    /// Driver files of the shares that were looked into, by path.
    pub driver_files: BTreeMap<DriverFilePath, WorldFile>,
    /// Catalogs of the shares that were read, by path; `Err` says why one could not be.
    pub catalogs: BTreeMap<DriverFilePath, Result<CatalogFacts, String>>,
    /// The machines of the fleet.
    pub fleet: Vec<Machine>,
    /// Answer files and task sequences.
    pub deployment: DeploymentFiles,
    /// INF files that Windows would not take as INF files, with the reason.
    pub unreadable: Vec<(Place, String)>,
}

/// A driver file with the drivers that name it.
#[derive(Debug)]
pub struct WorldFile {
    /// Drivers with a function service of this binary.
    pub owners: Vec<DriverIndex>,
    /// What it says, or why it could not be read.
    pub facts: Result<DriverFile, String>,
}

/// One boot file as given.
#[derive(Debug)]
pub struct BootFile {
    /// Name used in places: the path as given, with `/`.
    pub path: String,
    /// SHA-256 of the file, if it was computed.
    pub sha256: Option<String>,
    /// Header facts; `None` for a folder.
    pub wim: Option<WimFile>,
    /// What a check of all its data gave; `None` when none was asked for.
    pub integrity: Option<Integrity>,
}

/// A boot file that could not be read as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFile {
    /// Name used in places.
    pub path: String,
    /// What is wrong with it.
    pub fault: FileFault,
    /// The same for people, with what to do.
    pub message: String,
}

/// An image with the boot file that it lies in.
#[derive(Debug)]
pub struct WorldImage {
    /// Index into [`World::boot_files`].
    pub boot_file: usize,
    /// Its facts.
    pub facts: BootImage,
}

/// A driver with all the places where it lies.
#[derive(Debug)]
pub struct Driver {
    /// `drv-` and the first 16 hex digits of the content hash.
    pub id: String,
    /// File name of the INF as spelled at its first location.
    pub inf: String,
    /// What it says.
    pub package: Arc<DriverPackage>,
    /// The digests by which catalogs name the INF.
    pub digests: InfDigests,
    /// Where it lies, ordered.
    pub locations: Vec<Location>,
}

/// A driver while its places are collected.
struct Found {
    package: Arc<DriverPackage>,
    digests: InfDigests,
    locations: Vec<Location>,
}

impl Found {
    fn new(package: &Arc<DriverPackage>, digests: InfDigests) -> Self {
        Self { package: Arc::clone(package), digests, locations: Vec::new() }
    }
}

/// Where a driver lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// In a share.
    Share {
        /// Which one.
        share: usize,
        /// Path of the INF below its root.
        path: String,
    },
    /// In an image.
    Image {
        /// Which one.
        image: ImageIndex,
        /// Path of the INF in it.
        path: String,
        /// In-box or injected.
        origin: DriverOrigin,
        /// Index into the image's drivers.
        entry: usize,
    },
}

impl Location {
    /// The image that it lies in.
    pub const fn image(&self) -> Option<ImageIndex> {
        match self {
            Location::Share { .. } => None,
            Location::Image { image, .. } => Some(*image),
        }
    }

    /// Path of the INF in its container.
    pub fn path(&self) -> &str {
        match self {
            Location::Share { path, .. } | Location::Image { path, .. } => path,
        }
    }

    /// Folder of the INF in its container.
    pub fn folder(&self) -> &str {
        folder_of(self.path())
    }
}

/// A folder of a share: what ConfigMgr calls a driver package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder {
    /// Which share.
    pub share: usize,
    /// Path below its root.
    pub path: String,
}

impl World {
    /// Joins shares and boot files.
    pub fn new(shares: Vec<Share>, boot_files: Vec<(BootFile, Vec<BootImage>)>) -> Self {
        let mut world = World::default();
        let mut by_hash: BTreeMap<String, Found> = BTreeMap::new();
        world.share_names = share_names(&shares);
        for (index, share) in shares.iter().enumerate() {
            world.add_share(index, share, &mut by_hash);
        }
        for (file, images) in boot_files {
            let boot_file = world.boot_files.len();
            world.boot_files.push(file);
            for facts in images {
                world.add_image(boot_file, facts, &mut by_hash);
            }
        }
        world.shares = shares;
        world.drivers = by_hash
            .into_iter()
            .map(|(hash, Found { package, digests, mut locations })| {
                locations.sort();
                let inf = locations.first().map_or("", |l| file_name_of(l.path())).to_owned();
                Driver { id: format!("drv-{}", hash.get(..16).unwrap_or(&hash)), inf, package, digests, locations }
            })
            .collect();
        world.drivers.sort_by(|a, b| a.locations.cmp(&b.locations));
        world
    }

    fn add_share(&mut self, index: usize, share: &Share, by_hash: &mut BTreeMap<String, Found>) {
        for inf in &share.infs {
            match &inf.content {
                Err(message) => {
                    let path = self.share_path(index, &inf.path);
                    self.unreadable.push((Place::file(path), message.clone()));
                }
                Ok(content) => match content.package.fatal_problem() {
                    Some(p) => {
                        let path = self.share_path(index, &inf.path);
                        self.unreadable.push((Place::line(path, p.line), p.message.clone()));
                    }
                    None => {
                        let entry = by_hash
                            .entry(content.sha256.clone())
                            .or_insert_with(|| Found::new(&content.package, content.digests));
                        entry.locations.push(Location::Share { share: index, path: inf.path.clone() });
                    }
                },
            }
        }
    }

    fn add_image(&mut self, boot_file: usize, facts: BootImage, by_hash: &mut BTreeMap<String, Found>) {
        let image = self.images.len();
        for (entry, driver) in facts.drivers.iter().enumerate() {
            if let Some(problem) = driver.package.fatal_problem() {
                let path = format!("{}:{}/{}", self.boot_files[boot_file].path, facts.index, driver.inf_path);
                self.unreadable.push((Place::line(path, problem.line), problem.message.clone()));
                continue;
            }
            let known = by_hash
                .entry(driver.inf_sha256.clone())
                .or_insert_with(|| Found::new(&driver.package, driver.inf_digests));
            known.locations.push(Location::Image {
                image,
                path: driver.inf_path.clone(),
                origin: driver.origin,
                entry,
            });
        }
        self.images.push(WorldImage { boot_file, facts });
    }

    /// The place of a driver at one of its locations.
    pub fn place(&self, location: &Location, line: u32) -> Place {
        match location {
            Location::Share { share, path } => Place::line(self.share_path(*share, path), line),
            Location::Image { image, path, .. } => Place::line(format!("{}/{path}", self.image_name(*image)), line),
        }
    }

    /// A path of a share as reports show it: relative to the share, with the share's name only when there are several.
    pub fn share_path(&self, share: usize, path: &str) -> String {
        if self.share_names.len() < 2 {
            return path.to_owned();
        }
        let name = self.share_names.get(share).map_or("", String::as_str);
        if path.is_empty() { name.to_owned() } else { format!("{name}/{path}") }
    }

    /// `boot.wim:2`, used in places and as the id of an image.
    pub fn image_name(&self, image: ImageIndex) -> String {
        let image = &self.images[image];
        format!("{}:{}", self.boot_files[image.boot_file].path, image.facts.index)
    }

    /// The driver that lies at this entry of an image.
    pub fn image_drivers(&self, image: ImageIndex) -> impl Iterator<Item = (DriverIndex, &Driver, &Location)> {
        self.drivers.iter().enumerate().filter_map(move |(index, driver)| {
            let here =
                driver.locations.iter().find(|l| matches!(l, Location::Image { image: i, .. } if *i == image))?;
            Some((index, driver, here))
        })
    }
}

/// Reports must not depend on the mount point more than they have to.
fn share_names(shares: &[Share]) -> Vec<String> {
    let whole = |s: &Share| s.root.replace('\\', "/").trim_end_matches('/').to_owned();
    let last = |s: &Share| whole(s).rsplit('/').next().unwrap_or_default().to_owned();
    let is_unique = |name: &str| shares.iter().filter(|s| last(s) == name).count() == 1;
    shares.iter().map(|s| if is_unique(&last(s)) { last(s) } else { whole(s) }).collect()
}
