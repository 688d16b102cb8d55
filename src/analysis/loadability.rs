//! Can a driver load here? Its imports against what the modules of the image export, its KMDF and NetAdapterCx versions
//! against those of the image (proof), or against the table of releases (likely).

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Confidence;
use super::target::Target;
use super::world::World;
use crate::facts::boot_image::BootImage;
use crate::facts::driver_binary::DriverBinary;
use crate::facts::os_version::OsVersion;
use crate::facts::share::file_name_of;
use crate::inf_db::{ComponentVersion, InfDb};

/// A module of an image.
#[derive(Debug)]
struct Module<'w> {
    version: Option<[u16; 4]>,
    exports: BTreeSet<&'w str>,
}

/// The modules of one image that drivers can import from.
#[derive(Debug, Default)]
pub struct Modules<'w> {
    by_name: BTreeMap<String, Module<'w>>,
    /// Modules that are there and were not read.
    unread: BTreeSet<&'w str>,
}

/// What a driver asks for and an image does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// Lower-case module name.
    pub module: String,
    /// Its version; `None` for a module without one.
    pub version: Option<[u16; 4]>,
    /// The functions, in the order of the driver; empty when the whole module is missing.
    pub functions: Vec<String>,
}

impl<'w> Modules<'w> {
    /// The modules of an image: kernel, HAL, everything in System32/drivers, what its drivers import from, and the driver
    /// files in its driver store.
    pub fn of(image: &'w BootImage) -> Self {
        let mut modules = Self::default();
        let system = image.details.system_binaries.iter().map(|(path, b)| (file_name_of(path), b));
        let staged = image.drivers.iter().flat_map(|d| &d.binaries).map(|(name, b)| (name.as_str(), b));
        for (name, binary) in system.chain(staged) {
            modules.by_name.entry(name.to_lowercase()).or_insert_with(|| Module {
                version: binary.file_version,
                exports: binary.exports.iter().map(String::as_str).collect(),
            });
        }
        modules.unread = image.details.system_modules.iter().map(String::as_str).collect();
        modules
    }

    /// The kernel was read with its exports; without them nothing can be said about imports.
    pub fn is_complete(&self) -> bool {
        self.by_name.get("ntoskrnl.exe").is_some_and(|m| !m.exports.is_empty())
    }

    /// File version of a module that is there.
    pub fn version(&self, name: &str) -> Option<[u16; 4]> {
        self.by_name.get(name)?.version
    }

    /// The module is in the image.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || self.unread.contains(name)
    }

    /// What the driver imports and the image does not have. `provided` tells modules that come with the driver. API sets,
    /// ordinals of named exports and modules that were not read are unknown, so they are not missing.
    pub fn lacks(&self, driver: &DriverBinary, provided: impl Fn(&str) -> bool) -> Vec<Lack> {
        let mut lacks: BTreeMap<String, Lack> = BTreeMap::new();
        for import in &driver.imports {
            let name = import.module.to_lowercase();
            if is_api_set(&name) || provided(&name) {
                continue;
            }
            let lack = match self.by_name.get(&name) {
                None if self.unread.contains(name.as_str()) => continue,
                None => Lack { module: name.clone(), version: None, functions: Vec::new() },
                // Nothing was read from it: not known.
                Some(module) if module.exports.is_empty() => continue,
                Some(module) => {
                    let missing = import.functions.iter();
                    let missing = missing.filter(|f| !f.starts_with('#') && !module.exports.contains(f.as_str()));
                    let functions: Vec<String> = missing.cloned().collect();
                    if functions.is_empty() {
                        continue;
                    }
                    Lack { module: name.clone(), version: module.version, functions }
                }
            };
            lacks
                .entry(name)
                .or_insert_with(|| Lack { functions: Vec::new(), ..lack.clone() })
                .functions
                .extend(lack.functions);
        }
        lacks.into_values().collect()
    }
}

/// Names that the loader resolves through a table, not through a file of this name.
fn is_api_set(module: &str) -> bool {
    module.starts_with("api-ms-") || module.starts_with("ext-ms-")
}

/// What a target has of a framework component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// This version; where that is said; how sure.
    Version(ComponentVersion, String, Confidence),
    /// Nothing.
    Nothing(String, Confidence),
    /// Not known.
    Unknown,
}

/// KMDF of a target: the file version of the image's Wdf01000.sys begins with it; else the table of releases.
pub fn kmdf(target: &Target, world: &World, modules: &[Modules<'_>], db: &InfDb) -> Has {
    const FILE: &str = "wdf01000.sys";
    let Some(image) = target.image() else { return from_release(target, db, "KMDF", |r| r.kmdf) };
    match modules[image].version(FILE) {
        // A file that carries the version of Windows: the table tells the rest.
        Some(version) if version[0] >= 6 => {
            let row = db.releases().classify(&os(version)).generation();
            row.and_then(|r| r.kmdf).map_or(Has::Unknown, |v| {
                Has::Version(v, format!("Wdf01000.sys {}: KMDF {v}", dotted(version)), Confidence::Likely)
            })
        }
        Some(version) => {
            let component = ComponentVersion { major: version[0], minor: version[1] };
            Has::Version(component, format!("Wdf01000.sys {}", dotted(version)), Confidence::Proven)
        }
        None if modules[image].has(FILE) => Has::Unknown,
        None => Has::Nothing(format!("{} has no Wdf01000.sys", world.image_name(image)), Confidence::Proven),
    }
}

/// NetAdapterCx of a target: whether the image has the file, and by its version what it is.
pub fn net_adapter_cx(target: &Target, world: &World, modules: &[Modules<'_>], db: &InfDb) -> Has {
    const FILE: &str = "netadaptercx.sys";
    let Some(image) = target.image() else {
        return from_release(target, db, "NetAdapterCx", |r| r.net_adapter_cx);
    };
    if !modules[image].has(FILE) {
        return Has::Nothing(format!("{} has no NetAdapterCx.sys", world.image_name(image)), Confidence::Proven);
    }
    let Some(version) = modules[image].version(FILE) else { return Has::Unknown };
    let row = db.releases().classify(&os(version)).generation();
    row.and_then(|r| r.net_adapter_cx).map_or(Has::Unknown, |v| {
        Has::Version(v, format!("NetAdapterCx.sys {}: NetAdapterCx {v}", dotted(version)), Confidence::Likely)
    })
}

fn from_release(
    target: &Target,
    db: &InfDb,
    what: &str,
    column: impl Fn(&crate::inf_db::Release) -> Option<ComponentVersion>,
) -> Has {
    let Some(row) = target.release.as_deref().and_then(|id| db.releases().by_id(id)) else { return Has::Unknown };
    match column(row) {
        Some(version) => {
            Has::Version(version, format!("{} has {what} {version} in the box", row.title), Confidence::Likely)
        }
        None if row.net_adapter_cx_scope == crate::inf_db::NetAdapterCxScope::None || what == "KMDF" => {
            Has::Nothing(format!("{} has no {what}", row.title), Confidence::Likely)
        }
        None => Has::Unknown,
    }
}

fn os(version: [u16; 4]) -> OsVersion {
    OsVersion::full(version[0], version[1], u32::from(version[2]), u32::from(version[3]))
}

/// `6.1.7600.16385`.
pub fn dotted(version: [u16; 4]) -> String {
    version.map(|n| n.to_string()).join(".")
}

/// The first release of the table that has this NDIS version.
pub fn first_release_with_ndis(ndis: ComponentVersion, db: &InfDb) -> Option<&crate::inf_db::Release> {
    db.releases().iter().find(|r| r.ndis >= ndis)
}

#[cfg(test)]
mod tests;
