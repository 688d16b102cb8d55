//! `lspci -mm` (one quoted line for each function) and `-vmm` (a block of `Key:<tab>value`), with `-nn` or `-n`. A copy from a
//! terminal has blanks where the tab was.

use super::lspci::{bracketed, slot};
use super::{Devices, PciNumbers, RawDevice, lines, some, starts_blank};

pub(super) fn is(sample: &[&str]) -> bool {
    let quoted =
        |line: &&str| slot(line).is_some_and(|rest| quoted_fields(rest).0.len() >= 3 && one_line(rest).is_some());
    sample.iter().any(quoted) || is_blocks(sample)
}

/// A `Slot:` with numbers in the block.
fn is_blocks(sample: &[&str]) -> bool {
    let has = |key: &str| sample.iter().any(|l| value(l, key).is_some_and(|v| number(v).is_some()));
    let is_slot = |v: &str| slot(&format!("{v} ")).is_some();
    let slots = |l: &&str| value(l, "Slot").is_some() || value(l, "Device").is_some_and(is_slot);
    sample.iter().any(slots) && has("Vendor") && has("Device")
}

/// The value behind `Key:` and blanks.
fn value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(key)?.strip_prefix(':')?;
    starts_blank(rest).then(|| rest.trim())
}

/// `Intel Corporation [8086]` or `8086`.
fn number(text: &str) -> Option<u16> {
    let text = text.trim();
    bracketed(text).or_else(|| (text.len() == 4).then(|| u16::from_str_radix(text, 16).ok()).flatten())
}

/// The quoted fields, and the unquoted ones (`-r04`).
fn quoted_fields(rest: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut quoted, mut bare) = (Vec::new(), Vec::new());
    for (index, part) in rest.split('"').take(64).enumerate() {
        if index % 2 == 1 { quoted.push(part) } else { bare.extend(part.split_whitespace()) }
    }
    (quoted, bare)
}

/// `"Ethernet controller [0200]" "Acme [8086]" "X [1502]" -r04 "Dell [1028]" "Device [0494]"`.
fn one_line(rest: &str) -> Option<(PciNumbers, Option<String>)> {
    let (quoted, bare) = quoted_fields(rest);
    let [class, vendor, device, others @ ..] = quoted.as_slice() else { return None };
    let revision = bare.iter().find_map(|b| b.strip_prefix("-r")).and_then(|r| u8::from_str_radix(r, 16).ok());
    let subsystem = match others {
        [vendor, device, ..] => Some((number(vendor).unwrap_or(0), number(device).unwrap_or(0))),
        _ => None,
    };
    let numbers = PciNumbers {
        vendor: number(vendor)?,
        device: number(device)?,
        subsystem,
        revision: Some(revision.unwrap_or(0)),
        class: number(class),
    };
    Some((numbers, some(device)))
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut block = Block::default();
    for (number, line) in lines(text) {
        if let Some((pci, name)) = slot(line).and_then(one_line) {
            devices.push(RawDevice { line: number, pci: Some(pci), name, ..RawDevice::default() });
            continue;
        }
        if line.trim().is_empty() {
            std::mem::take(&mut block).finish(devices);
            continue;
        }
        block.line(number, line);
    }
    block.finish(devices);
}

/// One block of the verbose form.
#[derive(Default)]
struct Block {
    line: u32,
    vendor: Option<u16>,
    device: Option<u16>,
    subsystem: (Option<u16>, Option<u16>),
    revision: Option<u8>,
    class: Option<u16>,
    name: Option<String>,
}

impl Block {
    fn line(&mut self, number_of_line: u32, line: &str) {
        let Some((key, value)) = line.split_once(':') else { return };
        if self.line == 0 {
            self.line = number_of_line;
        }
        match key {
            "Class" => self.class = number(value),
            "Vendor" => self.vendor = number(value),
            // The old form names the slot `Device`, too.
            "Device" => {
                if let Some(device) = number(value) {
                    self.device = Some(device);
                    self.name = some(value);
                }
            }
            "SVendor" => self.subsystem.0 = number(value),
            "SDevice" => self.subsystem.1 = number(value),
            "Rev" => self.revision = u8::from_str_radix(value.trim(), 16).ok(),
            _ => {}
        }
    }

    fn finish(self, devices: &mut Devices) {
        let (Some(vendor), Some(device)) = (self.vendor, self.device) else { return };
        let subsystem = Some((self.subsystem.0.unwrap_or(0), self.subsystem.1.unwrap_or(0)));
        let revision = Some(self.revision.unwrap_or(0));
        let pci = PciNumbers { vendor, device, subsystem, revision, class: self.class };
        devices.push(RawDevice { line: self.line, pci: Some(pci), name: self.name, ..RawDevice::default() });
    }
}
