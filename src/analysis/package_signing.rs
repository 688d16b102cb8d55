//! Who signed a driver where it lies: its INF and its files against the catalogs that the INF names.
//!
//! A catalog that could not be read leaves the answer unknown; nothing is taken for signed because a catalog is there.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Place;
use super::package_files::PackageFiles;
use super::signing::{CoveringSignature, os_attributes_cover};
use super::world::{Driver, DriverIndex, Location, World};
use crate::facts::boot_image::DriverOrigin;
use crate::facts::driver_file::DriverFilePath;
use crate::facts::driver_package::{CatalogRef, VersionSection};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::share::{file_name_of, folder_of};
use crate::facts::signature::{CatalogFacts, DigestAlgorithm, FileSigning, MemberStatus};
use crate::inf_db::{InfDb, SignerRow};

/// A catalog that counts for a driver.
#[derive(Clone, Debug)]
pub struct PackageCatalog<'w> {
    /// Where it lies.
    pub place: Place,
    /// The INF names it; the others merely hold one of its files.
    pub named: bool,
    /// What it says, or why it could not be read.
    pub facts: Result<&'w CatalogFacts, &'w str>,
}

/// The catalogs of one driver at one location, on one architecture.
#[derive(Clone, Debug)]
pub struct PackageSigning<'w> {
    /// Its catalogs, those that the INF names first.
    pub catalogs: Vec<PackageCatalog<'w>>,
    /// It came with the Windows of this image.
    pub in_box: bool,
    driver: &'w Driver,
}

/// What signs an INF.
#[derive(Clone, Debug)]
pub enum InfSignature<'w> {
    /// It is a member of a signed catalog.
    Signed {
        /// Every signature over it.
        signatures: Vec<CoveringSignature<'w>>,
        /// OS attributes of its members.
        os_attributes: Vec<String>,
    },
    /// It came with Windows: signed by one of Windows' own catalogs, whether that was read or not.
    InBox,
    /// A catalog names it with another digest.
    Changed {
        /// The catalog.
        catalog: Place,
        /// With CR LF at its line ends it would be the INF that was signed.
        line_ends: bool,
    },
    /// It is no member of the catalog.
    NotInCatalog {
        /// The catalog.
        catalog: Place,
        /// The catalog names its members, and this INF is not among them.
        names_others: bool,
    },
    /// It is a member of a catalog that nobody signed, or whose signature was made for other bytes.
    CatalogNotSigned {
        /// The catalog.
        catalog: Place,
    },
    /// What should be its catalog is something else.
    NoCatalogInside {
        /// The file.
        catalog: Place,
        /// What it is.
        what: String,
    },
    /// It names no catalog, or none that is there.
    NoCatalog,
    /// Its catalog could not be read.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// How much a driver's signature counts in its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// It came with Windows.
    InBox,
    /// Signed by Microsoft.
    Microsoft,
    /// Signed by somebody else.
    Authenticode,
    /// Not known.
    Unknown,
    /// Not signed.
    Unsigned,
}

impl Trust {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InBox => "in-box",
            Self::Microsoft => "microsoft",
            Self::Authenticode => "authenticode",
            Self::Unknown => "unknown",
            Self::Unsigned => "unsigned",
        }
    }
}

/// What signs one file of a driver.
#[derive(Clone, Debug, Default)]
pub struct FileSignatures<'w> {
    /// Every signature that covers it, catalogs first.
    pub signatures: Vec<CoveringSignature<'w>>,
    /// It is a member of a catalog, signed or not.
    pub in_catalog: bool,
}

impl<'w> PackageSigning<'w> {
    /// Collects the catalogs that count for a driver at a location.
    pub fn of(world: &'w World, files: &PackageFiles<'_>, driver: &'w Driver, location: &Location, arch: Arch) -> Self {
        let version = &driver.package.version;
        let named = for_arch(version, arch);
        let (catalogs, in_box) = match location {
            Location::Share { share, path } => {
                let mut found: BTreeSet<DriverFilePath> = BTreeSet::new();
                for catalog in named {
                    let paths = files.all_in_share(world, *share, folder_of(path), &catalog.file);
                    found.extend(paths.into_iter().map(|path| DriverFilePath { share: *share, path }));
                }
                let read = found.into_iter().map(|file| {
                    let facts =
                        world.catalogs.get(&file).map_or(Err("was not read"), |f| f.as_ref().map_err(String::as_str));
                    let place = Place::file(world.share_path(file.share, &file.path));
                    PackageCatalog { place, named: true, facts }
                });
                (read.collect(), false)
            }
            Location::Image { image, entry, origin, .. } => {
                let here = &world.images[*image].facts.drivers[*entry];
                let counts = |path: &str| {
                    // Beside the INF the decoration tells; in CatRoot the published name does.
                    folder_of(path) != folder_of(&here.inf_path)
                        || named.clone().any(|c| c.file.eq_ignore_ascii_case(file_name_of(path)))
                };
                let name = world.image_name(*image);
                let found = here.catalogs.iter().filter(|c| counts(&c.path)).map(|c| PackageCatalog {
                    place: Place::file(format!("{name}/{}", c.path)),
                    named: c.named,
                    facts: c.facts.as_deref().map_err(String::as_str),
                });
                (found.collect(), *origin == DriverOrigin::Inbox)
            }
        };
        Self { catalogs, in_box, driver }
    }

    /// The catalogs that are catalogs.
    fn readable(&self) -> impl Iterator<Item = (&PackageCatalog<'w>, &'w CatalogFacts)> {
        self.catalogs.iter().filter_map(|c| Some((c, c.facts.ok().filter(|f| f.is_catalog())?)))
    }

    /// What signs the INF.
    pub fn inf(&self) -> InfSignature<'w> {
        let digests = &self.driver.digests;
        let mut signatures = Vec::new();
        let mut os_attributes = Vec::new();
        let mut without = None;
        for (catalog, facts) in self.readable() {
            let membership = facts.membership(&digests.stored);
            if !membership.is_member() {
                continue;
            }
            let covering = CoveringSignature::of_catalog(&catalog.place, facts, &membership);
            if covering.is_empty() {
                without = Some(InfSignature::CatalogNotSigned { catalog: catalog.place.clone() });
            }
            signatures.extend(covering);
            os_attributes.extend(membership.os_attributes);
        }
        if !signatures.is_empty() {
            return InfSignature::Signed { signatures, os_attributes };
        }
        if self.in_box {
            return InfSignature::InBox;
        }
        if let Some((catalog, reason)) = self.catalogs.iter().find_map(|c| Some((c, c.facts.err()?))) {
            return InfSignature::Unknown { reason: format!("{} {reason}", catalog.place.path) };
        }
        without.or_else(|| self.not_a_member()).unwrap_or_else(|| self.something_else())
    }

    /// No catalog has the INF's digest.
    fn not_a_member(&self) -> Option<InfSignature<'w>> {
        let digests = &self.driver.digests;
        let mut found = None;
        for (catalog, facts) in self.readable().filter(|(c, _)| c.named) {
            let restored = digests.with_crlf.as_ref().is_some_and(|d| facts.membership(d).is_member());
            let changed = || InfSignature::Changed { catalog: catalog.place.clone(), line_ends: restored };
            match facts.status(&self.driver.inf, &digests.stored) {
                _ if restored => return Some(changed()),
                MemberStatus::OtherDigest => return Some(changed()),
                status => {
                    let names_others = matches!(status, MemberStatus::NotListed);
                    found.get_or_insert(InfSignature::NotInCatalog { catalog: catalog.place.clone(), names_others });
                }
            }
        }
        found
    }

    fn something_else(&self) -> InfSignature<'w> {
        let other = self.catalogs.iter().find_map(|c| Some((c, c.facts.ok()?.not_a_catalog.clone()?)));
        match other {
            Some((catalog, what)) => InfSignature::NoCatalogInside { catalog: catalog.place.clone(), what },
            None => InfSignature::NoCatalog,
        }
    }

    /// What signs a file of the driver; `place` is where it lies.
    pub fn file(&self, place: &Place, file: &'w FileSigning) -> FileSignatures<'w> {
        let mut found = FileSignatures::default();
        for (catalog, facts) in self.readable() {
            let membership = facts.membership(&file.digests);
            found.in_catalog |= membership.is_member();
            found.signatures.extend(CoveringSignature::of_catalog(&catalog.place, facts, &membership));
        }
        found.signatures.extend(CoveringSignature::embedded(place, &file.embedded));
        found
    }

    /// A named catalog is signed, so that what is no member of it is known not to belong to it.
    pub fn signed_catalog(&self) -> Option<&Place> {
        self.readable().find(|(c, f)| c.named && f.is_signed()).map(|(c, _)| &c.place)
    }

    /// One of the catalogs could not be read.
    pub fn is_unknown(&self) -> bool {
        self.catalogs.iter().any(|c| c.facts.is_err())
    }

    /// How much the signature counts for a Windows of this version.
    pub fn trust(&self, version: &OsVersion, db: &InfDb) -> Trust {
        if self.in_box {
            return Trust::InBox;
        }
        match self.inf() {
            InfSignature::InBox => Trust::InBox,
            InfSignature::Unknown { .. } => Trust::Unknown,
            InfSignature::Signed { signatures, os_attributes } => {
                // Tested on another version: the signature counts as plain Authenticode (FACTS.md 4, OSATTR).
                let covered = os_attributes_cover(os_attributes.iter().map(String::as_str), version) != Some(false);
                let by_microsoft = signatures.iter().any(|s| microsoft(s, db).is_some());
                if by_microsoft && covered { Trust::Microsoft } else { Trust::Authenticode }
            }
            _ => Trust::Unsigned,
        }
    }
}

/// What signs a driver at one location, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureSummary {
    /// Stable kebab-case word: `signed`, `in-box`, `changed`, `not-in-catalog`, `catalog-not-signed`, `no-catalog`, `unknown`.
    pub state: &'static str,
    /// The catalog, where one decided.
    pub catalog: Option<String>,
    /// Why it is not known, or what the catalog is instead.
    pub note: Option<String>,
    /// Who signed: name, the id of the row in `signers.toml` (`authenticode` for a vendor's own), digest.
    pub signers: Vec<(String, String, DigestAlgorithm)>,
}

impl SignatureSummary {
    /// The summary of every network driver, by driver and location; for the first architecture that it is for.
    pub fn of_all(
        world: &World,
        files: &PackageFiles<'_>,
        network: impl Iterator<Item = DriverIndex>,
        db: &InfDb,
    ) -> BTreeMap<DriverIndex, Vec<Self>> {
        let of_driver = |index: DriverIndex| {
            let driver = &world.drivers[index];
            let archs: BTreeSet<Arch> = driver.package.install_sections.iter().map(|s| s.arch).collect();
            let arch = if archs.contains(&Arch::Amd64) { Some(Arch::Amd64) } else { archs.first().copied() };
            let arch = arch.unwrap_or(Arch::Amd64);
            let here = |l| Self::of(&PackageSigning::of(world, files, driver, l, arch).inf(), db);
            (index, driver.locations.iter().map(here).collect())
        };
        network.map(of_driver).collect()
    }

    fn of(inf: &InfSignature<'_>, db: &InfDb) -> Self {
        let path = |place: &Place| Some(place.path.clone());
        let mut summary = Self { state: "unknown", catalog: None, note: None, signers: Vec::new() };
        (summary.state, summary.catalog) = match inf {
            InfSignature::Signed { signatures, .. } => {
                summary.signers.extend(signatures.iter().map(|s| {
                    let name = s.signature.signer.clone().unwrap_or_default();
                    let kind = microsoft(s, db).map_or("authenticode", |row| row.id.as_str());
                    (name, kind.to_owned(), s.signature.digest)
                }));
                ("signed", signatures.first().and_then(|s| path(&s.place)))
            }
            InfSignature::InBox => ("in-box", None),
            InfSignature::Changed { catalog, .. } => ("changed", path(catalog)),
            InfSignature::NotInCatalog { catalog, .. } => ("not-in-catalog", path(catalog)),
            InfSignature::CatalogNotSigned { catalog } => ("catalog-not-signed", path(catalog)),
            InfSignature::NoCatalogInside { catalog, what } => {
                summary.note = Some(what.clone());
                ("no-catalog", path(catalog))
            }
            InfSignature::NoCatalog => ("no-catalog", None),
            InfSignature::Unknown { reason } => {
                summary.note = Some(reason.clone());
                ("unknown", None)
            }
        };
        summary
    }
}

/// The row of what Microsoft signs, if the usages of its certificate say so. A certificate that signed itself says nothing.
pub fn microsoft<'d>(covering: &CoveringSignature<'_>, db: &'d InfDb) -> Option<&'d SignerRow> {
    let signature = covering.signature;
    if signature.signer.as_deref() == Some(signature.issuer.as_str()) {
        return None;
    }
    db.signers().by_usages(&signature.usages)
}

/// The catalogs that count on an architecture: those with its decoration, else those without one.
pub fn for_arch(version: &VersionSection, arch: Arch) -> impl Iterator<Item = &CatalogRef> + Clone {
    let own = version.catalogs.iter().any(|c| c.arch == Some(arch));
    version.catalogs.iter().filter(move |c| if own { c.arch == Some(arch) } else { c.arch.is_none() })
}
