//! What the registry hives of an image say (FACTS.md 5.2, IMAGES.md).

use serde::{Deserialize, Serialize};

use super::ImageService;
use crate::facts::driver_package::DriverDate;
use crate::facts::ids::HardwareId;
use crate::facts::os_version::{OsVersion, ProductType};
use crate::formats::hive::Key;

/// `SOFTWARE\Microsoft\Windows NT\CurrentVersion\WinPE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WinPeKey {
    /// `InstRoot`: `X:\`, or `X:\$Windows.~bt\` on Setup media.
    pub inst_root: Option<String>,
    /// `Version`.
    pub version: Option<String>,
}

/// What the SOFTWARE hive says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// From `CurrentVersion`: the numbers of Windows 10, else the text; build; `UBR`, else the build lab.
    pub version: Option<OsVersion>,
    /// `EditionID`.
    pub edition_id: Option<String>,
    /// `ProductName`.
    pub product_name: Option<String>,
    /// The `WinPE` key.
    pub winpe: Option<WinPeKey>,
}

/// Reads the SOFTWARE hive from its root key.
pub fn software(root: &Key<'_, '_>) -> Software {
    let Some(key) = root.key("Microsoft\\Windows NT\\CurrentVersion") else { return Software::default() };
    Software {
        version: current_version(&key),
        edition_id: key.text("EditionID").filter(|t| !t.is_empty()),
        product_name: key.text("ProductName").filter(|t| !t.is_empty()),
        winpe: key.key("WinPE").map(|k| WinPeKey { inst_root: k.text("InstRoot"), version: k.text("Version") }),
    }
}

fn current_version(key: &Key<'_, '_>) -> Option<OsVersion> {
    // Windows 10 and later still say 6.3 in the text (IMAGES.md).
    let numbers = key.number("CurrentMajorVersionNumber").zip(key.number("CurrentMinorVersionNumber"));
    let (major, minor) = match numbers {
        Some((major, minor)) => (u16::try_from(major).ok()?, u16::try_from(minor).ok()?),
        None => key.text("CurrentVersion")?.parse::<OsVersion>().ok()?.major_minor(),
    };
    let text_number = |name: &str| key.text(name).and_then(|t| t.trim().parse::<u32>().ok());
    let build = text_number("CurrentBuildNumber").or_else(|| text_number("CurrentBuild"));
    let lab = key.text("BuildLabEx").and_then(|lab| {
        let mut parts = lab.split('.').map(|p| p.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??))
    });
    let lab_build = lab.filter(|(lab_build, _)| Some(*lab_build) == build).map(|(_, sp)| sp);
    Some(OsVersion { major, minor, build, sp_build: key.number("UBR").or(lab_build) })
}

/// What the SYSTEM hive says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// `Select\Current`; 1 when it is missing.
    pub control_set: u32,
    /// The control set is there.
    pub has_control_set: bool,
    /// `Setup, CmdLine`.
    pub setup_command: Option<String>,
    /// `Control\MiniNT` is there.
    pub mini_nt: bool,
    /// `Control\ProductOptions, ProductType`.
    pub product_type: Option<ProductType>,
    /// `Control\Windows, CSDBuildNumber`: the service pack build.
    pub csd_build_number: Option<u32>,
    /// `Control\Windows, CSDVersion`: service pack level << 8.
    pub csd_version: Option<u32>,
    /// Kernel-driver services, ordered by name.
    pub services: Vec<ImageService>,
    /// Ordered by id.
    pub critical_devices: Vec<CriticalDevice>,
    /// `Services\FBWF, WinPECacheThreshold`.
    pub scratch_space_mb: Option<u32>,
    /// `DriverDatabase`, Windows 8 and later.
    pub driver_database: Option<DriverDatabase>,
}

/// Reads the SYSTEM hive from its root key.
pub fn system(root: &Key<'_, '_>) -> System {
    let current = root.key("Select").and_then(|k| k.number("Current")).filter(|n| (1..=999).contains(n)).unwrap_or(1);
    let mut system =
        System { control_set: current, driver_database: driver_database(root, "SYSTEM"), ..System::default() };
    system.setup_command = root.key("Setup").and_then(|k| k.text("CmdLine")).filter(|t| !t.trim().is_empty());
    let Some(set) = root.key(&format!("ControlSet{current:03}")) else { return system };
    system.has_control_set = true;
    if let Some(control) = set.key("Control") {
        system.mini_nt = control.key("MiniNT").is_some();
        system.product_type = control.key("ProductOptions").and_then(|k| product_type(&k.text("ProductType")?));
        if let Some(windows) = control.key("Windows") {
            system.csd_build_number = windows.number("CSDBuildNumber");
            system.csd_version = windows.number("CSDVersion");
        }
        system.critical_devices = critical_devices(&control);
    }
    if let Some(services) = set.key("Services") {
        for key in services.subkeys() {
            if key.name().eq_ignore_ascii_case("FBWF") {
                system.scratch_space_mb = key.number("WinPECacheThreshold");
            }
            system.services.extend(service(&key));
        }
        system.services.sort_by(|a, b| a.name.cmp(&b.name));
    }
    system
}

fn product_type(text: &str) -> Option<ProductType> {
    Some(match text.to_ascii_lowercase().as_str() {
        "winnt" => ProductType::Workstation,
        "lanmannt" => ProductType::DomainController,
        "servernt" => ProductType::Server,
        _ => return None,
    })
}

/// A service key, when it is one of a kernel or file system driver (`Type` 1, 2, 4 or 8).
fn service(key: &Key<'_, '_>) -> Option<ImageService> {
    let service_type = key.number("Type");
    if !matches!(service_type, Some(1 | 2 | 4 | 8)) {
        return None;
    }
    Some(ImageService {
        name: key.name(),
        service_type,
        start: key.number("Start"),
        group: key.text("Group").filter(|t| !t.is_empty()),
        image_path: key.text("ImagePath").filter(|t| !t.is_empty()),
        owners: key.texts("Owners"),
        boot_flags: key.number("BootFlags"),
    })
}

/// An entry of `Control\CriticalDeviceDatabase`: what Windows 6.x starts before there is Plug and Play.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CriticalDevice {
    /// The id; the registry writes `#` for `\`.
    pub id: HardwareId,
    /// `ClassGUID`, upper case.
    pub class_guid: Option<String>,
    /// `Service`.
    pub service: Option<String>,
}

fn critical_devices(control: &Key<'_, '_>) -> Vec<CriticalDevice> {
    let Some(database) = control.key("CriticalDeviceDatabase") else { return Vec::new() };
    let mut devices: Vec<_> = database
        .subkeys()
        .iter()
        .map(|key| CriticalDevice {
            id: HardwareId::new(&key.name().replace('#', "\\")),
            class_guid: key.text("ClassGUID").map(|g| g.to_ascii_uppercase()),
            service: key.text("Service").filter(|s| !s.is_empty()),
        })
        .collect();
    devices.sort();
    devices
}

/// `DriverDatabase` of one hive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverDatabase {
    /// `SYSTEM` or `DRIVERS`.
    pub hive: String,
    /// `DriverPackages`, ordered by key name.
    pub packages: Vec<StagedPackage>,
    /// `DriverInfFiles`, ordered by name.
    pub inf_files: Vec<PublishedInf>,
    /// `DeviceIds`, ordered by id and INF.
    pub device_ids: Vec<DeviceIdEntry>,
}

/// A key of `DriverDatabase\DriverPackages`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedPackage {
    /// Its name: `netbvbda.inf_amd64_df2861c323dcdf5c`.
    pub key: String,
    /// The default value: name under which it is published (`oem3.inf`; in-box: the INF's own name).
    pub published_name: Option<String>,
    /// `InfName`.
    pub inf_name: Option<String>,
    /// `OemPath`: where it was added from.
    pub oem_path: Option<String>,
    /// `Provider`.
    pub provider: Option<String>,
    /// `Catalog`.
    pub catalog: Option<String>,
    /// `SignerName`.
    pub signer_name: Option<String>,
    /// `SignerScore`.
    pub signer_score: Option<u32>,
    /// `StatusFlags`.
    pub status_flags: Option<u32>,
    /// Class GUID of `Version`, upper case with braces. `None` when `Version` is missing or too short.
    pub class_guid: Option<String>,
    /// Date of `Version`.
    pub date: Option<DriverDate>,
    /// Version of `Version`.
    pub version: Option<[u16; 4]>,
    /// The keys `Configurations` and `Descriptors` are there: a package that no device is bound to has them, but empty.
    pub described: bool,
    /// `Configurations`, ordered by install section.
    pub configurations: Vec<PackageConfiguration>,
    /// `Descriptors`, ordered by id.
    pub descriptors: Vec<PackageDescriptor>,
}

/// A key of `Configurations`: an install section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageConfiguration {
    /// Name of the install section.
    pub section: String,
    /// `Service`.
    pub service: Option<String>,
    /// `ConfigFlags`.
    pub config_flags: Option<u32>,
}

/// A key of `Descriptors`: a device id that the package supports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageDescriptor {
    /// The id.
    pub id: HardwareId,
    /// `Configuration`: its install section.
    pub configuration: Option<String>,
    /// `Description`, often a `%string%`.
    pub description: Option<String>,
}

/// A key of `DriverDatabase\DriverInfFiles`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedInf {
    /// `oem3.inf`, or the name of an in-box INF.
    pub name: String,
    /// The default value: keys of `DriverPackages`.
    pub packages: Vec<String>,
    /// `Active`.
    pub active: Option<String>,
}

/// A value below `DriverDatabase\DeviceIds`: what Plug and Play looks up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceIdEntry {
    /// The device id, or a class GUID.
    pub id: HardwareId,
    /// The value's name: the published INF.
    pub inf: String,
    /// Its data, hex: `01ff0000`.
    pub data: String,
}

/// Reads `DriverDatabase` below a hive's root key.
pub fn driver_database(root: &Key<'_, '_>, hive: &str) -> Option<DriverDatabase> {
    let key = root.key("DriverDatabase")?;
    let below = |name: &str| key.key(name).map(|k| k.subkeys()).unwrap_or_default();
    let mut database = DriverDatabase { hive: hive.to_owned(), ..DriverDatabase::default() };
    database.packages = below("DriverPackages").iter().map(package).collect();
    database.packages.sort_by(|a, b| a.key.cmp(&b.key));
    database.inf_files = below("DriverInfFiles")
        .iter()
        .map(|k| PublishedInf { name: k.name(), packages: k.texts(""), active: k.text("Active") })
        .collect();
    database.inf_files.sort();
    if let Some(ids) = key.key("DeviceIds") {
        walk_ids(&ids, "", 0, &mut |id, key| {
            for inf in key.value_names() {
                let data = key.bytes(&inf).unwrap_or_default();
                let data = data.iter().take(16).map(|b| format!("{b:02x}")).collect();
                database.device_ids.push(DeviceIdEntry { id: HardwareId::new(id), inf, data });
            }
        });
    }
    database.device_ids.sort();
    Some(database)
}

/// Ids are stored as keys, one for each `\`; real ones have up to three levels.
fn walk_ids(key: &Key<'_, '_>, above: &str, depth: u32, visit: &mut dyn FnMut(&str, &Key<'_, '_>)) {
    const MAX_DEPTH: u32 = 8;
    for child in key.subkeys() {
        let name = child.name();
        let id = if above.is_empty() { name } else { format!("{above}\\{name}") };
        visit(&id, &child);
        if depth < MAX_DEPTH {
            walk_ids(&child, &id, depth + 1, visit);
        }
    }
}

fn package(key: &Key<'_, '_>) -> StagedPackage {
    let text = |name: &str| key.text(name).filter(|t| !t.is_empty());
    let version = key.bytes("Version").unwrap_or_default();
    let mut package = StagedPackage {
        key: key.name(),
        published_name: text(""),
        inf_name: text("InfName"),
        oem_path: text("OemPath"),
        provider: text("Provider"),
        catalog: text("Catalog"),
        signer_name: text("SignerName"),
        signer_score: key.number("SignerScore"),
        status_flags: key.number("StatusFlags"),
        class_guid: version.get(8..24).map(guid_text),
        date: u64_at(&version, 24).map(file_time_date),
        version: u64_at(&version, 32).map(version_words),
        ..StagedPackage::default()
    };
    package.described = key.key("Configurations").is_some() && key.key("Descriptors").is_some();
    if let Some(configurations) = key.key("Configurations") {
        package.configurations = configurations
            .subkeys()
            .iter()
            .map(|k| PackageConfiguration {
                section: k.name(),
                service: k.text("Service").filter(|t| !t.is_empty()),
                config_flags: k.number("ConfigFlags"),
            })
            .collect();
        package.configurations.sort();
    }
    if let Some(descriptors) = key.key("Descriptors") {
        walk_ids(&descriptors, "", 0, &mut |id, key| {
            let configuration = key.text("Configuration");
            if configuration.is_some() {
                let description = key.text("Description");
                package.descriptors.push(PackageDescriptor { id: HardwareId::new(id), configuration, description });
            }
        });
        package.descriptors.sort();
    }
    package
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|b| u64::from_le_bytes(*b))
}

fn guid_text(raw: &[u8]) -> String {
    let mut order: Vec<u8> = raw.to_vec();
    order[..4].reverse();
    order[4..6].reverse();
    order[6..8].reverse();
    let hex: String = order.iter().map(|b| format!("{b:02X}")).collect();
    format!("{{{}-{}-{}-{}-{}}}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

const fn version_words(number: u64) -> [u16; 4] {
    [(number >> 48) as u16, (number >> 32) as u16, (number >> 16) as u16, number as u16]
}

/// The day of a `FILETIME` (100 ns since 1601-01-01); the default for a time that is none.
fn file_time_date(file_time: u64) -> DriverDate {
    const DAY: u64 = 24 * 3600 * 10_000_000;
    // Days since 0000-03-01 of the proleptic Gregorian calendar, so that leap days come last in a year.
    let days = file_time / DAY + 584_694;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    match (u16::try_from(year), u8::try_from(month), u8::try_from(day)) {
        (Ok(year @ 1601..=9999), Ok(month), Ok(day)) => DriverDate { year, month, day },
        _ => DriverDate::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_times_become_days() {
        let day = 24 * 3600 * 10_000_000u64;
        let cases = [
            (0, (1601, 1, 1)),
            (day * 59, (1601, 3, 1)),
            (116_444_736_000_000_000, (1970, 1, 1)),
            (116_444_736_000_000_000 + day * 11_016, (2000, 2, 29)),
            (116_444_736_000_000_000 + day * 14_640, (2010, 1, 31)),
        ];
        for (file_time, (year, month, day)) in cases {
            assert_eq!(file_time_date(file_time), DriverDate { year, month, day }, "{file_time}");
        }
        assert_eq!(file_time_date(u64::MAX), DriverDate::default());
    }

    #[test]
    fn versions_and_guids_of_a_driver_package() {
        assert_eq!(version_words(0x0007_0004_000E_0001), [7, 4, 14, 1]);
        let raw = [0x7D, 0xE9, 0x36, 0x4D, 0x25, 0xE3, 0xCE, 0x11, 0xBF, 0xC1, 0x08, 0x00, 0x2B, 0xE1, 0x03, 0x18];
        assert_eq!(guid_text(&raw), crate::facts::ids::class_guid::SYSTEM);
    }
}
