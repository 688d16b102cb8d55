//! What one INF says about the driver: its identity, the devices of all its Models sections, and what their install
//! sections do. Structure over **all** decorations; which part of it applies to one Windows is decided in
//! [`crate::analysis::selection`].

mod details;
mod install;
mod kept;
mod lint;
mod models;
mod problems;
mod query;
mod read;
mod registry;
mod sources;
mod text;
mod version;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::{Arch, HardwareId, ModelIds, class_guid};
use super::os_version::ProductType;

pub use details::{FileInstall, InstallDetails, RegistryOwner, RegistryValue, install_details, registry_type};
pub use kept::KeptPackage;
pub use lint::{KINDS as LINT_KINDS, lint, lint_with};
pub use query::{DestinationDir, actual_section_name, destination_dir, inf_class, source_disk, source_file};
pub use read::{ReadOptions, read, read_with};
pub use sources::{SourceDisk, SourceFile};

/// A value and the line of the INF (1-based) that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located<T> {
    /// What was read.
    pub value: T,
    /// 1-based line.
    pub line: u32,
}

/// A date as INF files write it. `0000-00-00` when missing or invalid (FACTS.md 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DriverDate {
    /// Four digits.
    pub year: u16,
    /// 1 to 12, 0 = unknown.
    pub month: u8,
    /// 1 to 31, 0 = unknown.
    pub day: u8,
}

impl fmt::Display for DriverDate {
    /// `2012-02-01`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// `DriverVer`: compared by date first, then by version (FACTS.md 2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DriverVer {
    /// The date.
    pub date: DriverDate,
    /// `w.x.y.z`; missing parts are 0.
    pub version: [u16; 4],
}

impl DriverVer {
    /// `7.4.14.0`.
    pub fn version_text(&self) -> String {
        self.version.map(|part| part.to_string()).join(".")
    }
}

/// `CatalogFile[.nt...]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogRef {
    /// The platform decoration, `None` = every platform without one of its own (also for `.nt`).
    pub arch: Option<Arch>,
    /// File name as written.
    pub file: String,
    /// 1-based line.
    pub line: u32,
}

/// `[Version]` of an INF, after string substitution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSection {
    /// `$Windows NT$`, `$Chicago$`, ... as written, without quotes.
    pub signature: Option<Located<String>>,
    /// `Class`.
    pub class: Option<Located<String>>,
    /// `ClassGuid`, upper case with braces; only when it has the form of a GUID.
    pub class_guid: Option<Located<String>>,
    /// `Provider`.
    pub provider: Option<Located<String>>,
    /// `DriverVer`, `None` when there is none or neither part can be read.
    pub driver_ver: Option<Located<DriverVer>>,
    /// Every `CatalogFile` line.
    pub catalogs: Vec<CatalogRef>,
    /// `ExtensionId`, upper case with braces.
    pub extension_id: Option<Located<String>>,
    /// `LayoutFile` is there: the INF of a Windows component, without source disks of its own.
    pub has_layout_file: bool,
}

/// A TargetOSVersion decoration, `NT[Arch][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[BuildNumber]]]]]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoration {
    /// As written (`NTamd64.10.0...17763`); empty for the undecorated section.
    pub text: String,
    /// The parts, or `None` when the text is no valid decoration (`me`, `NT$ARCH$`): such a section selects nothing.
    pub parts: Option<DecorationParts>,
}

/// The parts of a valid [`Decoration`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecorationParts {
    /// It starts with `NT` (the undecorated section does not).
    pub nt: bool,
    /// Architecture, if named.
    pub arch: Option<Arch>,
    /// `Major`, if named.
    pub major: Option<u16>,
    /// `Minor`, if named.
    pub minor: Option<u16>,
    /// `ProductType`, if named.
    pub product_type: Option<ProductType>,
    /// `SuiteMask`, if named.
    pub suite_mask: Option<u32>,
    /// `BuildNumber`, if named: known to Windows 10 build 14310 and later only (FACTS.md 2.3).
    pub build: Option<u32>,
}

/// One line of `[Manufacturer]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manufacturer {
    /// Its name after substitution.
    pub name: String,
    /// 1-based line.
    pub line: u32,
    /// The undecorated section first, then one entry for each decoration in the order of the line.
    pub models: Vec<ModelsRef>,
}

/// A Models section that a `[Manufacturer]` line names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelsRef {
    /// The decoration.
    pub decoration: Decoration,
    /// Index into [`DriverPackage::models_sections`], `None` when the file has no such section.
    pub section: Option<u32>,
}

/// A Models section with its lines. It may be empty, which means "not supported" (FACTS.md 2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelsSection {
    /// Name as written at its first header.
    pub name: String,
    /// 1-based line of the first header.
    pub line: u32,
    /// Its lines in file order.
    pub models: Vec<Model>,
}

/// `%description% = install-section, hardware-id[, compatible-id...]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Device description after substitution.
    pub description: Arc<str>,
    /// Name of the install section, undecorated, as written. Empty when the line names none.
    pub install_section: Arc<str>,
    /// The hardware id, then the compatible ids. Empty fields are left out, order kept.
    pub ids: ModelIds,
    /// The line leaves its hardware id empty: all of its ids are compatible ids.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub compatible_only: bool,
    /// 1-based line.
    pub line: u32,
}

/// What the install section (DDInstall) of a model does on one architecture.
///
/// Architectures that come to the same section share its body; the fields of [`InstallBody`] can be used directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstallSection {
    /// The undecorated name that Models lines use, as written at its first use.
    pub name: Arc<str>,
    /// The architecture for which the sections were chosen.
    pub arch: Arch,
    /// What it does.
    #[serde(flatten)]
    pub body: Arc<InstallBody>,
}

impl Deref for InstallSection {
    type Target = InstallBody;

    fn deref(&self) -> &InstallBody {
        &self.body
    }
}

/// The directives of an install section and of the sections that belong to it (`.Services`, `.HW`, `.CoInstallers`, `.Wdf`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InstallBody {
    /// The section that was chosen: `.NT<arch>`, then `.NT`, then the undecorated one; `None` when none of them exists.
    pub actual: Option<Arc<str>>,
    /// 1-based line of its header; 0 when it does not exist.
    pub line: u32,
    /// Its name ends in `.NT` or `.NT<arch>`: counts in the signature score of unsigned drivers (FACTS.md 2.6).
    pub nt_decorated: bool,
    /// Every `AddService` line, in order.
    pub services: Vec<ServiceInstall>,
    /// Names of the files that its `CopyFiles` put down, destination names as written (`bxvbda.sys`).
    pub copy_files: Arc<[CopiedFile]>,
    /// `CopyINF` file names with their lines.
    pub copy_inf: Vec<Located<String>>,
    /// `Include`d INFs of Windows.
    pub includes: Vec<Arc<str>>,
    /// `Needs` sections.
    pub needs: Vec<Arc<str>>,
    /// `FeatureScore`, if given.
    pub feature_score: Option<u8>,
    /// `DriverVer` in the install section overrides the one of `[Version]`.
    pub driver_ver: Option<Located<DriverVer>>,
    /// What a Net-class INF says about the adapter.
    pub net: NetInstall,
    /// String data of its AddReg sections (and of `.HW`) that have the form of a device id, `ENUMERATOR\...`: a bus driver
    /// may name its children there. Upper case.
    pub registry_ids: Vec<Located<HardwareId>>,
    /// Upper and lower device filters set in `.HW`.
    pub filters: Vec<Located<String>>,
    /// Co-installer DLL entries of the `.CoInstallers` section.
    pub co_installers: Vec<Located<String>>,
    /// `KmdfLibraryVersion` of the `.Wdf` section, as written.
    pub kmdf_library: Option<Located<String>>,
    /// `BootFlags`, from the service's or device's AddReg or the directive (FACTS.md 2.5).
    pub boot_flags: Option<Located<u32>>,
}

/// One `AddService` line with its service section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceInstall {
    /// Service name; empty for the NULL driver (`AddService=,2`).
    pub name: Arc<str>,
    /// `SPSVCINST_*` flags; `None` when they can not be read as a number.
    pub flags: Option<u32>,
    /// 0x2 is set: this is the device's function driver.
    pub associated: bool,
    /// Service section name; empty when none is given.
    pub section: Arc<str>,
    /// `ServiceBinary` as written after substitution, with dirids: `%12%\bxvbda.sys`.
    pub binary: Option<Located<Arc<str>>>,
    /// `ServiceType`.
    pub service_type: Option<u32>,
    /// `StartType`.
    pub start_type: Option<u32>,
    /// `LoadOrderGroup`.
    pub load_order_group: Option<Arc<str>>,
    /// 1-based line of the `AddService`.
    pub line: u32,
}

impl ServiceInstall {
    /// File name of the binary, without folder: `bxvbda.sys`.
    pub fn binary_file(&self) -> Option<&str> {
        let path = &self.binary.as_ref()?.value;
        path.rsplit(['\\', '/']).next().map(str::trim).filter(|f| !f.is_empty())
    }
}

/// A file that `CopyFiles` puts down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiedFile {
    /// Name at the destination.
    pub destination: Arc<str>,
    /// Name in the driver's folder (differs where the INF renames).
    pub source: Arc<str>,
    /// Folder below the INF's folder in which the source lies (SourceDisksNames path + SourceDisksFiles subfolder),
    /// `/` separated, empty for the INF's own folder. `None` when the INF has no SourceDisksFiles entry for it.
    pub source_folder: Option<Arc<str>>,
    /// Cabinet that holds it, if SourceDisksNames names one.
    pub cabinet: Option<Arc<str>>,
    /// 1-based line.
    pub line: u32,
}

/// What a Net-class install section says about the adapter (FACTS.md 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NetInstall {
    /// `Characteristics`, NCF_* bits.
    pub characteristics: Option<Located<u32>>,
    /// `BusType`.
    pub bus_type: Option<Located<u32>>,
    /// `*IfType`: 6 Ethernet, 71 802.11.
    pub if_type: Option<Located<u32>>,
    /// `*MediaType`.
    pub media_type: Option<Located<u32>>,
    /// `*PhysicalMediaType`: 14 = 802.3, 9 = native 802.11.
    pub physical_media_type: Option<Located<u32>>,
    /// `Ndi\Interfaces, UpperRange`.
    pub upper_range: Option<Located<Arc<str>>>,
    /// `Ndi\Interfaces, LowerRange`; may be a list (`wlan,ethernet,vwifi`).
    pub lower_range: Option<Located<Arc<str>>>,
    /// `Ndi, Service`.
    pub ndi_service: Option<Located<Arc<str>>>,
    /// `Ndi, FilterClass`.
    pub filter_class: Option<Located<Arc<str>>>,
    /// One of the directives that only NetAdapterCx clients have is there (`*IfConnectorPresent`, ...).
    pub net_adapter_cx: bool,
}

/// Something in an INF that could not be read as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InfProblem {
    /// 1-based line, 0 for the file as a whole.
    pub line: u32,
    /// 1-based column in characters, 0 when the whole line is meant.
    pub column: u32,
    /// Stable kebab-case id of the kind of problem: `undefined-string`.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub message: String,
    /// The file as a whole is no usable INF for Windows.
    pub fatal: bool,
}

/// What one INF says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriverPackage {
    /// `[Version]`.
    pub version: VersionSection,
    /// `[Manufacturer]`, line by line.
    pub manufacturers: Vec<Manufacturer>,
    /// Every Models section that `[Manufacturer]` names and that exists.
    pub models_sections: Vec<ModelsSection>,
    /// One entry for each install section that a Models line names and each architecture for which that line can apply
    /// (amd64 where its decoration is a template or otherwise invalid), sorted by lower-case name, then architecture.
    pub install_sections: Vec<InstallSection>,
    /// `CopyINF` anywhere in the file.
    pub copy_inf: Vec<Located<String>>,
    /// `[ClassInstall32]` is there: the INF brings a setup class of its own.
    pub has_class_install: bool,
    /// What could not be read. A problem with `fatal` means that Windows would not take the file as an INF.
    pub problems: Vec<InfProblem>,
}

impl DriverPackage {
    /// The setup class is this one: by GUID, and by name only when the INF gives no GUID (FACTS.md 2.2).
    pub fn is_class(&self, guid: &str, name: &str) -> bool {
        match (&self.version.class_guid, &self.version.class) {
            (Some(g), _) => g.value.eq_ignore_ascii_case(guid),
            (None, Some(c)) => c.value.eq_ignore_ascii_case(name),
            (None, None) => false,
        }
    }

    /// Network adapters.
    pub fn is_net_class(&self) -> bool {
        self.is_class(class_guid::NET, "Net")
    }

    /// Architectures for which some Models section holds a line; sections without one are for x86 (FACTS.md 2.3).
    pub fn archs(&self) -> BTreeSet<Arch> {
        let mut found = BTreeSet::new();
        for models in self.manufacturers.iter().flat_map(|m| &m.models) {
            let section = models.section.and_then(|s| self.models_sections.get(s as usize));
            if let (Some(parts), true) = (models.decoration.parts, section.is_some_and(|s| !s.models.is_empty())) {
                found.insert(parts.arch.unwrap_or(Arch::X86));
            }
        }
        found
    }

    /// The install section of a model on an architecture.
    pub fn install_section(&self, name: &str, arch: Arch) -> Option<&InstallSection> {
        let order = |s: &InstallSection| compare_names(&s.name, name).then(s.arch.cmp(&arch));
        self.install_sections.binary_search_by(order).ok().map(|at| &self.install_sections[at])
    }

    /// The first problem that makes the file unusable as an INF.
    pub fn fatal_problem(&self) -> Option<&InfProblem> {
        self.problems.iter().find(|p| p.fatal)
    }
}

/// Order of names without case (ASCII letters).
pub(crate) fn compare_names(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
}
