//! Lists of the devices of machines, as administrators have them: `pnputil`, `devcon`, WMI, msinfo32, DxDiag, lspci, CSV
//! exports, deployment logs, bare hardware ids (FORMATS.md 5).
//!
//! A file is known by its content, never by its name. Labels are localized, so ids are found by the shape of the value.

mod csv;
mod devcon;
mod dxdiag;
mod format_list;
mod id;
mod lspci;
mod lspci_machine;
mod msinfo;
mod pnputil;
mod setupapi;
mod table;
mod without_ids;
mod zti_drivers;

#[cfg(test)]
mod tests;

pub use without_ids::{LSPCI_COMMAND, WINDOWS_COMMAND};

use super::ini;

/// What kind of inventory a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InventoryFormat {
    /// Hardware ids in text without a structure that is known.
    HardwareIds,
    /// A table with a separator.
    Csv,
    /// A table of PowerShell, with dashes below the names of its columns.
    Table,
    /// `pnputil /enum-devices`.
    PnpUtil,
    /// `Key=Value` records of WMI, or `Key : Value` records of PowerShell's `Format-List`.
    FormatList,
    /// msinfo32, saved as .nfo.
    MsinfoNfo,
    /// msinfo32 /report.
    MsinfoText,
    /// DxDiag.txt.
    DxDiag,
    /// `devcon hwids`, `devcon find`.
    Devcon,
    /// `lspci -nn` and its verbose forms, `lspci -n`.
    Lspci,
    /// `lspci -mm` and `-vmm`.
    LspciMachine,
    /// MDT's ZTIDrivers.log and BDD.log.
    ZtiDrivers,
    /// setupapi.dev.log.
    SetupApi,
    /// Nothing from which devices could be identified.
    WithoutIds,
}

impl InventoryFormat {
    /// All of them, in a fixed order.
    pub const ALL: [Self; 14] = [
        Self::HardwareIds,
        Self::Csv,
        Self::Table,
        Self::PnpUtil,
        Self::FormatList,
        Self::MsinfoNfo,
        Self::MsinfoText,
        Self::DxDiag,
        Self::Devcon,
        Self::Lspci,
        Self::LspciMachine,
        Self::ZtiDrivers,
        Self::SetupApi,
        Self::WithoutIds,
    ];

    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            InventoryFormat::HardwareIds => "hardware ids",
            InventoryFormat::Csv => "CSV",
            InventoryFormat::Table => "PowerShell table",
            InventoryFormat::PnpUtil => "pnputil",
            InventoryFormat::FormatList => "WMI list",
            InventoryFormat::MsinfoNfo => "msinfo32 .nfo",
            InventoryFormat::MsinfoText => "msinfo32 report",
            InventoryFormat::DxDiag => "DxDiag",
            InventoryFormat::Devcon => "devcon",
            InventoryFormat::Lspci => "lspci",
            InventoryFormat::LspciMachine => "lspci -mm",
            InventoryFormat::ZtiDrivers => "MDT log",
            InventoryFormat::SetupApi => "setupapi log",
            InventoryFormat::WithoutIds => "no device ids",
        }
    }
}

/// The numbers of a PCI device, as lspci gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PciNumbers {
    /// Vendor.
    pub vendor: u16,
    /// Device.
    pub device: u16,
    /// Subsystem: vendor, device. `None` = not said.
    pub subsystem: Option<(u16, u16)>,
    /// Revision.
    pub revision: Option<u8>,
    /// Base class and subclass: 0x0200 = Ethernet controller.
    pub class: Option<u16>,
}

/// One device as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawDevice {
    /// 1-based line where it starts.
    pub line: u32,
    /// Machine, where the file names it.
    pub machine: Option<String>,
    /// Model of the machine, where the file names it.
    pub model: Option<String>,
    /// Device instance id.
    pub instance_id: Option<String>,
    /// Hardware ids in their order.
    pub hardware_ids: Vec<String>,
    /// Compatible ids in their order.
    pub compatible_ids: Vec<String>,
    /// Ids of which the file does not say to which of the two lists they belong, in the order of the file.
    pub other_ids: Vec<String>,
    /// Numbers instead of ids.
    pub pci: Option<PciNumbers>,
    /// Setup class by name, not localized (`Net`).
    pub class: Option<String>,
    /// Setup class GUID with braces.
    pub class_guid: Option<String>,
    /// What the device is called.
    pub name: Option<String>,
    /// `CM_PROB_*`; 0 = none.
    pub problem: Option<u32>,
    /// It has what only a network adapter has: a MAC address, a connection name.
    pub has_network_fields: bool,
}

impl RawDevice {
    /// Nothing identifies it.
    fn is_empty(&self) -> bool {
        self.instance_id.is_none()
            && self.hardware_ids.is_empty()
            && self.compatible_ids.is_empty()
            && self.other_ids.is_empty()
            && self.pci.is_none()
    }
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Which format it is.
    pub format: InventoryFormat,
    /// Its devices in the order of the file.
    pub devices: Vec<RawDevice>,
    /// What could not be read.
    pub problems: Vec<InventoryProblem>,
}

/// Something in an inventory that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryProblem {
    /// 1-based line, 0 = the file as a whole.
    pub line: u32,
    /// What is wrong, for people, with what to do.
    pub message: String,
}

/// Most devices that are taken from one file: 10,000 machines with 100 devices each.
const MAX_DEVICES: usize = 1_000_000;
/// Most ids in one list of a device; Windows has no longer ones.
const MAX_IDS: usize = 64;

/// Devices as they are found, with the bounds.
#[derive(Debug, Default)]
struct Devices {
    all: Vec<RawDevice>,
    cut: bool,
}

impl Devices {
    fn push(&mut self, mut device: RawDevice) {
        if device.is_empty() {
            return;
        }
        if self.all.len() >= MAX_DEVICES {
            self.cut = true;
            return;
        }
        for list in [&mut device.hardware_ids, &mut device.compatible_ids, &mut device.other_ids] {
            list.truncate(MAX_IDS);
        }
        self.all.push(device);
    }
}

/// Reads an inventory in any of the known forms.
pub fn read(bytes: &[u8]) -> Inventory {
    if let Some(message) = without_ids::not_text(bytes) {
        return refused(message);
    }
    let text = ini::decode(bytes);
    let text = text.trim_start_matches('\u{FEFF}');
    let Some(format) = sniff(text) else { return refused(without_ids::advice(text)) };
    let mut devices = Devices::default();
    match format {
        InventoryFormat::HardwareIds => id::read(text, &mut devices),
        InventoryFormat::Csv => csv::read(text, &mut devices),
        InventoryFormat::Table => table::read(text, &mut devices),
        InventoryFormat::PnpUtil => pnputil::read(text, &mut devices),
        InventoryFormat::FormatList => format_list::read(text, &mut devices),
        InventoryFormat::MsinfoNfo => msinfo::read_nfo(text, &mut devices),
        InventoryFormat::MsinfoText => msinfo::read_report(text, &mut devices),
        InventoryFormat::DxDiag => dxdiag::read(text, &mut devices),
        InventoryFormat::Devcon => devcon::read(text, &mut devices),
        InventoryFormat::Lspci => lspci::read(text, &mut devices),
        InventoryFormat::LspciMachine => lspci_machine::read(text, &mut devices),
        InventoryFormat::ZtiDrivers => zti_drivers::read(text, &mut devices),
        InventoryFormat::SetupApi => setupapi::read(text, &mut devices),
        InventoryFormat::WithoutIds => {}
    }
    if devices.all.is_empty() {
        return refused(without_ids::advice(text));
    }
    let mut problems = Vec::new();
    if devices.cut {
        let message = format!("more than {MAX_DEVICES} devices: the rest is left out; part the file");
        problems.push(InventoryProblem { line: 0, message });
    }
    Inventory { format, devices: devices.all, problems }
}

fn refused(message: String) -> Inventory {
    let problems = vec![InventoryProblem { line: 0, message }];
    Inventory { format: InventoryFormat::WithoutIds, devices: Vec::new(), problems }
}

/// Lines of the file that are looked at to tell the format: nearly always the first hundreds say it, but the log of a
/// deployment speaks of devices late.
const SAMPLES: [usize; 2] = [300, 100_000];

/// Knows a format by its first lines.
type Signature = fn(&[&str]) -> bool;

/// Tells the format by its content.
fn sniff(text: &str) -> Option<InventoryFormat> {
    SAMPLES.into_iter().find_map(|count| {
        let sample: Vec<&str> = text.split('\n').take(count).map(trimmed).collect();
        sniff_lines(&sample)
    })
}

fn sniff_lines(sample: &[&str]) -> Option<InventoryFormat> {
    use InventoryFormat as F;
    let by_signature: [(Signature, F); 11] = [
        (msinfo::is_nfo, F::MsinfoNfo),
        (lspci_machine::is, F::LspciMachine),
        (lspci::is, F::Lspci),
        (setupapi::is, F::SetupApi),
        (zti_drivers::is, F::ZtiDrivers),
        (dxdiag::is, F::DxDiag),
        (msinfo::is_report, F::MsinfoText),
        (table::is, F::Table),
        (format_list::is, F::FormatList),
        (pnputil::is, F::PnpUtil),
        (devcon::is, F::Devcon),
    ];
    if let Some((_, format)) = by_signature.iter().find(|(is, _)| is(sample)) {
        return Some(*format);
    }
    if csv::is(sample) {
        return Some(F::Csv);
    }
    sample.iter().any(|line| id::find(line).next().is_some()).then_some(F::HardwareIds)
}

/// A line without its carriage returns (raw wmic writes CR CR LF) and blanks at the end.
fn trimmed(line: &str) -> &str {
    let bytes = line.as_bytes();
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\0' | b' ')).map_or(0, |last| last + 1);
    &line[..end]
}

/// Lines with their 1-based numbers.
fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    text.split('\n').enumerate().map(|(i, line)| (u32::try_from(i + 1).unwrap_or(u32::MAX), trimmed(line)))
}

/// `{4d36e972-e325-11ce-bfc1-08002be10318}`.
fn is_guid(text: &str) -> bool {
    let parts = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).map(|t| t.split('-'));
    parts.is_some_and(|parts| {
        let lengths: Vec<usize> = parts.clone().map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && parts.flat_map(str::bytes).all(|b| b.is_ascii_hexdigit())
    })
}

/// `00:15:5D:01:02:03` or with hyphens.
fn is_mac(text: &str) -> bool {
    let text = text.trim();
    text.len() == 17
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i % 3 == 2 { matches!(b, b':' | b'-') } else { b.is_ascii_hexdigit() })
}

/// `00155D010203`.
fn is_bare_mac(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// There is a blank, a tab or a line end in it.
fn has_blank(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_whitespace())
}

/// It starts with a blank or a tab.
fn starts_blank(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_whitespace)
}

/// Text that says something, of a length that people read.
fn some(text: &str) -> Option<String> {
    const LONGEST: usize = 300;
    let text = text.trim();
    if text.len() <= LONGEST {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    Some(text.chars().take(LONGEST).collect())
}

/// The number of `52 (0x34) [CM_PROB_UNSIGNED_DRIVER]` or `0x34`; `CM_PROB_NONE` is 0.
fn problem_code(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("CM_PROB_NONE") {
        return Some(0);
    }
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok();
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
    let rest = text[digits.len()..].trim_start();
    if digits.is_empty() || !(rest.is_empty() || rest.starts_with('(')) { None } else { digits.parse().ok() }
}
