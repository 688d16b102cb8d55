//! What the bytes of a WIM and of one image in it say. Which WinPE release that is, and whether the image is fit for use,
//! is decided in [`crate::analysis`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::driver_binary::DriverBinary;
use super::driver_package::DriverPackage;
use super::ids::Arch;
use super::os_version::{OsVersion, ProductType};
use super::signature::{CatalogFacts, InfDigests};

mod kept;
pub mod registry;
pub mod startup;
pub mod xml;

pub use kept::KeptImages;

use registry::{CriticalDevice, DriverDatabase, WinPeKey};
use startup::Startup;

/// How a WIM compresses its streams.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Stored.
    None,
    /// XPRESS ("fast").
    Xpress,
    /// LZX ("maximum").
    Lzx,
    /// LZMS ("recovery"): solid when the WIM version is 3584.
    Lzms,
    /// A number that no document names.
    Unknown,
}

/// A WIM file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WimFile {
    /// GUID of the header, 32 hex digits.
    pub guid: String,
    /// Version of the header: 68864 (0x10D00) or 3584 (0xE00, solid streams).
    pub wim_version: u32,
    /// Compression of the header.
    pub compression: Compression,
    /// Solid streams (ESD).
    pub solid: bool,
    /// Chunk size in bytes.
    pub chunk_size: u32,
    /// This part, 1-based.
    pub part_number: u16,
    /// Number of parts; more than 1 for a split WIM (.swm).
    pub total_parts: u16,
    /// 1-based index of the image that the firmware boots; `None` when the header says 0.
    pub boot_index: Option<u32>,
    /// Number of images.
    pub image_count: u32,
    /// An integrity table is there.
    pub has_integrity_table: bool,
    /// Pipable layout.
    pub pipable: bool,
    /// File size in bytes, all parts that were given.
    pub size: u64,
    /// What the XML data say, image by image, ordered by index; `Err` text when they can not be read.
    pub xml: Result<Vec<XmlImage>, String>,
}

/// Why a file that should be a boot image could not be read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileFault {
    /// It ends before its header says.
    Truncated,
    /// A part of a split WIM is not there, or belongs to another one.
    PartMissing,
    /// Its header is fine, the rest is not.
    Damaged,
    /// It is something else, or could not be opened: a fault of the call.
    NoImage,
}

/// What a check of a whole WIM gave (`--integrity`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integrity {
    /// Against the integrity table of every part; `None` when there is no table. `Err` says what does not match.
    pub table: Option<Result<(), String>>,
    /// SHA-1 of every stream of every image.
    pub streams: Result<(), String>,
}

/// `<IMAGE>` of the XML data. Fields that are missing are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlImage {
    /// `INDEX`, 1-based.
    pub index: u32,
    /// `<NAME>`.
    pub name: Option<String>,
    /// `<DESCRIPTION>`.
    pub description: Option<String>,
    /// `<FLAGS>`.
    pub flags: Option<String>,
    /// `<DIRCOUNT>`.
    pub dir_count: Option<u64>,
    /// `<FILECOUNT>`.
    pub file_count: Option<u64>,
    /// `<TOTALBYTES>`.
    pub total_bytes: Option<u64>,
    /// `<WINDOWS>` is there.
    pub has_windows: bool,
    /// `<WINDOWS><ARCH>`.
    pub arch_number: Option<u32>,
    /// `<VERSION>`; the fourth part is `<SPBUILD>`. `None` when MAJOR, MINOR or BUILD is missing.
    pub version: Option<OsVersion>,
    /// `<SPLEVEL>`.
    pub sp_level: Option<u32>,
    /// `<EDITIONID>`.
    pub edition_id: Option<String>,
    /// `<INSTALLATIONTYPE>`.
    pub installation_type: Option<String>,
    /// `<PRODUCTTYPE>`.
    pub product_type: Option<String>,
    /// `<LANGUAGES><DEFAULT>`.
    pub default_language: Option<String>,
}

/// One reading of a version or architecture, with its source.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// What it says.
    pub value: T,
    /// Where it says so, path inside the image or element: `Windows/System32/ntoskrnl.exe`, `WINDOWS/VERSION`.
    pub place: String,
}

/// Everything that says which Windows this is, source by source. Absent = that source is not in the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSources {
    /// XML data of the WIM.
    pub wim_xml: Option<Reading<OsVersion>>,
    /// SOFTWARE hive, `Microsoft\Windows NT\CurrentVersion`.
    pub software_hive: Option<Reading<OsVersion>>,
    /// SYSTEM hive (`CSDBuildNumber`: only the service pack build; kept as text, e.g. `CSDBuildNumber 16385`).
    pub system_hive: Option<Reading<String>>,
    /// Version resources of ntoskrnl.exe, ntdll.dll, kernel32.dll, ndis.sys..., in that order.
    pub binaries: Vec<Reading<OsVersion>>,
    /// `Windows/servicing/Packages/Microsoft-Windows-WinPE-Package~...~<version>.mum`.
    pub servicing: Vec<Reading<OsVersion>>,
}

/// Everything that says which architecture this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchSources {
    /// XML data.
    pub wim_xml: Option<Reading<Arch>>,
    /// PE headers of the same system files.
    pub binaries: Vec<Reading<Arch>>,
}

/// Where a driver inside an image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverOrigin {
    /// It came with Windows PE.
    Inbox,
    /// It was added later (`oemN.inf`).
    Injected,
}

/// A driver found in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDriver {
    /// SHA-256 of the INF, lower-case hex.
    pub inf_sha256: String,
    /// The digests by which catalogs name the INF.
    pub inf_digests: InfDigests,
    /// File name of the INF in the driver store (`bxvbd.inf`), or in `Windows/INF` when it is not staged.
    pub inf_name: String,
    /// Path of the INF inside the image, `/` separated.
    pub inf_path: String,
    /// `oem3.inf`, when it was injected.
    pub published_name: Option<String>,
    /// In-box or injected.
    pub origin: DriverOrigin,
    /// What it says.
    pub package: Arc<DriverPackage>,
    /// Names of the files beside the INF in the driver store, sorted, lower case.
    pub store_files: Vec<String>,
    /// The catalog named by the INF was found (in the store folder or in CatRoot).
    pub catalog_found: bool,
    /// The catalogs that may sign it: those named by the INF first, then whichever holds one of its files.
    pub catalogs: Vec<ImageCatalog>,
    /// Its binaries (from the store folder, else from `System32/drivers`), lower-case file name first.
    pub binaries: Vec<(String, Arc<DriverBinary>)>,
}

/// A catalog of an image that may sign a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageCatalog {
    /// Path in the image.
    pub path: String,
    /// The INF names it: it lies in the driver store folder, or in CatRoot under the driver's published name.
    pub named: bool,
    /// What it says, or why it could not be read.
    pub facts: Result<Arc<CatalogFacts>, String>,
}

/// A service of the SYSTEM hive's current control set that is a kernel driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageService {
    /// Key name.
    pub name: String,
    /// `Type`.
    pub service_type: Option<u32>,
    /// `Start`.
    pub start: Option<u32>,
    /// `Group`.
    pub group: Option<String>,
    /// `ImagePath`.
    pub image_path: Option<String>,
    /// `Owners`.
    pub owners: Vec<String>,
    /// `BootFlags`.
    pub boot_flags: Option<u32>,
}

/// One image of a WIM (or a folder that holds one).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootImage {
    /// 1-based index; 1 for a folder.
    pub index: u32,
    /// The header's boot index points here.
    pub boot_index: bool,
    /// What the XML data say about it (default values when there is no such element).
    pub xml: XmlImage,
    /// Files and folders found.
    pub file_count: u64,
    /// Sum of the uncompressed sizes in bytes, each stream as often as it is named.
    pub total_bytes: u64,
    /// The folder that holds Windows, as spelled in the image (`Windows`), `None` when there is none.
    pub windows_folder: Option<String>,
    /// Signs that it is Windows PE: `SOFTWARE\...\WinPE`, `Control\MiniNT`, `System32/winpeshl.exe`, `EDITIONID WindowsPE`.
    pub winpe_signs: Vec<String>,
    /// Version readings.
    pub versions: VersionSources,
    /// Architecture readings.
    pub archs: ArchSources,
    /// `Control\ProductOptions\ProductType` of the SYSTEM hive.
    pub product_type: Option<ProductType>,
    /// Drivers in it, in-box and injected, ordered by path.
    #[serde(skip)] // kept apart, by content: `kept`
    pub drivers: Vec<ImageDriver>,
    /// Kernel-driver services, ordered by name; `None` when the SYSTEM hive could not be read.
    pub services: Option<Vec<ImageService>>,
    /// Which marker files and folders are there, `/` separated, as spelled in the image: `sms/bin`, `Deploy/Scripts`,
    /// `Windows/Pkgmgr/pkgmgr.exe`, `Windows/System32/dism.exe`, `Windows/System32/startnet.cmd`, ...
    pub markers: Vec<String>,
    /// Registry, start-up files and system modules in detail.
    pub details: ImageDetails,
    /// What could not be read in it, and what is odd in it.
    pub problems: Vec<ImageProblem>,
    /// Some bytes did not come, or came damaged: a disk, a network or the process that reads may have failed, and another
    /// reading may give more. Without it the problems lie in the bytes themselves.
    pub reading_failed: bool,
}

/// What is known beyond versions, drivers and services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDetails {
    /// SOFTWARE, SYSTEM and DRIVERS, as far as they are there.
    pub hives: Vec<HiveState>,
    /// `SOFTWARE\...\CurrentVersion\WinPE`.
    pub winpe_key: Option<WinPeKey>,
    /// `EditionID` of the SOFTWARE hive.
    pub edition_id: Option<String>,
    /// `ProductName` of the SOFTWARE hive.
    pub product_name: Option<String>,
    /// `Services\FBWF, WinPECacheThreshold` in MB (FACTS.md 5.2, memory).
    pub scratch_space_mb: Option<u32>,
    /// `DriverDatabase` of SYSTEM and of DRIVERS (Windows 8 and later), in this order, as far as they are there.
    pub driver_databases: Vec<DriverDatabase>,
    /// `Control\CriticalDeviceDatabase` (6.x), ordered by id.
    pub critical_devices: Vec<CriticalDevice>,
    /// What starts in it.
    pub startup: Startup,
    /// File names in `Windows/servicing/Packages` without `.mum`, ordered.
    pub servicing_packages: Vec<String>,
    /// Kernel, HAL, the DLLs that say the version, and everything in `System32/drivers`: path in the image and facts,
    /// ordered by path. Exports only when the caller asked for them.
    #[serde(skip)] // kept apart, by content: `kept`
    pub system_binaries: Vec<(String, Arc<DriverBinary>)>,
    /// Lower-case names of the modules (.dll, .exe, .sys) directly in `System32`, sorted; most of them are not read.
    pub system_modules: Vec<String>,
}

impl ImageDetails {
    /// Optional components by the names of servicing packages (`WinPE-WMI-Package~...`), without `-Package`, ordered, once.
    pub fn optional_components(&self) -> Vec<&str> {
        const PREFIX: &str = "WinPE-";
        let mut names: Vec<&str> = self
            .servicing_packages
            .iter()
            .filter_map(|name| name.split('~').next())
            .filter(|id| id.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)))
            .map(|id| id.strip_suffix("-Package").unwrap_or(id))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// How a registry hive could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiveState {
    /// Path in the image.
    pub path: String,
    /// It could be read.
    pub readable: bool,
    /// Its sequence numbers differ: it was not written to the end, its logs were not replayed.
    pub dirty: bool,
}

/// Message of an [`ImageProblem`]: the bytes of a file are not those that were put into the WIM.
pub const DAMAGED_STREAM: &str = "its data in the WIM are damaged: their SHA-1 is another one";

/// A part of an image that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageProblem {
    /// Path inside the image, empty for the image as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}
