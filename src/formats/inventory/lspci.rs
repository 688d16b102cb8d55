//! `lspci -nn`, `-nnk`, `-vvnn`, `-n`: one line for each function, details indented below it.
//!
//! The ids are the last `[vvvv:dddd]` of the line, because names hold brackets, too. A subsystem is written as subvendor and
//! subdevice, the other way round than in `SUBSYS_`.

use super::{Devices, PciNumbers, RawDevice, lines, some};

pub(super) fn is(sample: &[&str]) -> bool {
    sample.iter().any(|line| slot(line).is_some_and(|rest| numbers(rest).is_some()))
}

/// The text behind `00:1f.6 ` or `0000:00:1f.6 `.
pub(super) fn slot(line: &str) -> Option<&str> {
    let (slot, rest) = line.split_once(' ')?;
    let (bus, function) = slot.rsplit_once('.')?;
    let mut parts = bus.rsplit(':');
    let (device, bus, domain) = (parts.next()?, parts.next()?, parts.next());
    let hex =
        |text: &str, most: usize| text.len() >= 2 && text.len() <= most && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_slot = hex(device, 2)
        && hex(bus, 2)
        && domain.is_none_or(|d| hex(d, 8))
        && parts.next().is_none()
        && matches!(function.as_bytes(), [b'0'..=b'7']);
    is_slot.then_some(rest)
}

/// Vendor and device of `Class [0200]: Name [8086:125c] (rev 04)` or of `0200: 8086:125c (rev 04)`, and where the class ends
/// and the ids start.
fn numbers(rest: &str) -> Option<(PciNumbers, String)> {
    let rest = &without_markup(rest);
    let (class_text, after) = rest.split_once(": ")?;
    if let Some(pair) = bare_pair(after) {
        let class = u16::from_str_radix(class_text.trim(), 16).ok()?;
        let numbers = PciNumbers { vendor: pair.0, device: pair.1, class: Some(class), ..PciNumbers::default() };
        return Some((numbers, String::new()));
    }
    let (pair, at) = last_pair(rest)?;
    let head = &rest[..at];
    let class = bracketed(class_text).or_else(|| head.find("]: ").and_then(|end| bracketed(&head[..=end])));
    let name = head.find("]: ").map_or(after, |end| &head[end + 3..]);
    let numbers = PciNumbers { vendor: pair.0, device: pair.1, class, ..PciNumbers::default() };
    Some((numbers, name.trim().to_owned()))
}

/// Without the markup of a forum: `[COLOR=Red]`, `[/COLOR]`.
fn without_markup(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let end = rest[at..].find(']').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at..end];
        let is_markup = tag.starts_with("[/") || tag.contains('=');
        clean.push_str(if is_markup { &rest[..at] } else { &rest[..end] });
        rest = &rest[end..];
    }
    clean + rest
}

/// `8086:125c` at the start.
fn bare_pair(text: &str) -> Option<(u16, u16)> {
    let word = text.split_whitespace().next()?;
    let (a, b) = word.split_once(':')?;
    (a.len() == 4 && b.len() == 4).then_some(())?;
    Some((u16::from_str_radix(a, 16).ok()?, u16::from_str_radix(b, 16).ok()?))
}

/// The last `[8086:125c]` and where it starts.
fn last_pair(text: &str) -> Option<((u16, u16), usize)> {
    text.rmatch_indices('[').find_map(|(at, _)| {
        let inner = text[at + 1..].split(']').next()?;
        (inner.len() == 9).then_some(())?;
        bare_pair(inner).map(|pair| (pair, at))
    })
}

/// The number of `Ethernet controller [0200]`, the last one in brackets.
pub(super) fn bracketed(text: &str) -> Option<u16> {
    let end = text.rfind(']')?;
    let start = text[..end].rfind('[')?;
    let inner = &text[start + 1..end];
    (inner.len() == 4).then(|| u16::from_str_radix(inner, 16).ok()).flatten()
}

/// `(rev 04)`.
fn revision(text: &str) -> Option<u8> {
    let (_, rest) = text.rsplit_once("(rev ")?;
    u8::from_str_radix(rest.split(')').next()?.trim(), 16).ok()
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut found: Vec<RawDevice> = Vec::new();
    let mut has_subsystems = false;
    let mut in_device = false;
    for (number, line) in lines(text) {
        if let Some(rest) = slot(line) {
            in_device = false;
            if let Some((mut pci, name)) = numbers(rest) {
                in_device = true;
                pci.revision = Some(revision(rest).unwrap_or(0));
                found.push(RawDevice { line: number, pci: Some(pci), name: some(&name), ..RawDevice::default() });
            }
            continue;
        }
        let Some(value) = line.trim_start().strip_prefix("Subsystem:").filter(|_| in_device) else { continue };
        let pair = last_pair(value).map(|(pair, _)| pair).or_else(|| bare_pair(value));
        if let (Some(pair), Some(pci)) = (pair, found.last_mut().and_then(|d| d.pci.as_mut())) {
            has_subsystems = true;
            // Again inside of capabilities: the first one is the device's own.
            pci.subsystem.get_or_insert(pair);
        }
    }
    for mut device in found {
        if has_subsystems && let Some(pci) = &mut device.pci {
            // A verbose list leaves the line out when the subsystem is 0.
            pci.subsystem.get_or_insert((0, 0));
        }
        devices.push(device);
    }
}
