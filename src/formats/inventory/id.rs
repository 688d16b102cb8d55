//! Device ids in text: where they start and end, how they are spelled, which of them belong to one device.

use std::collections::HashMap;

use super::{Devices, RawDevice, lines};

/// Ids are 200 characters at most in Windows; an instance id may be as long again.
const MAX_LENGTH: usize = 400;
/// How far back an id is compared with devices of the same vendor and device.
const MAX_LOOK_BACK: usize = 64;

/// An id as it is meant: without quotes and blanks, `&amp;` and doubled backslashes undone. Case is kept.
pub(super) fn clean(text: &str) -> String {
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    let text = if ends.iter().flatten().all(|b| b.is_ascii_alphanumeric()) {
        text
    } else {
        text.trim().trim_matches(|c| matches!(c, '"' | '\'' | ',' | ';')).trim()
    };
    let holds = |needle: &[u8]| memchr::memmem::find(text.as_bytes(), needle).is_some();
    if text.len() <= MAX_LENGTH && !holds(b"\\\\") && !holds(b"amp;") && !holds(b"AMP;") {
        return text.to_owned();
    }
    let text: String = text.chars().take(MAX_LENGTH).collect();
    let mut text = text.replace("\\\\", "\\");
    if let Some(at) = text.find("&amp;").or_else(|| text.find("&AMP;")) {
        let tail = text[at..].replace("&amp;", "&").replace("&AMP;", "&");
        text.truncate(at);
        text.push_str(&tail);
    }
    text
}

/// The id of a device on this machine, not of a kind of device: it has a second backslash.
pub(super) fn is_instance(id: &str) -> bool {
    id.bytes().filter(|b| *b == b'\\').count() >= 2
}

/// Something that may stand in a field for ids: `ENUMERATOR\...` without blanks.
pub(super) fn is_field_id(id: &str) -> bool {
    let Some((enumerator, rest)) = id.split_once('\\') else { return false };
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'{' | b'}' | b'.' | b'&');
    let blank = |b: u8| b.is_ascii_whitespace();
    !enumerator.is_empty() && !rest.is_empty() && enumerator.bytes().all(word) && !id.bytes().any(blank)
}

/// Every id on a well-known bus in a text: `PCI\VEN_...`, `PCI\CC_...`, `USB\VID_...`, `VMBUS\{...}`. In any case, as written.
pub(super) fn find(text: &str) -> impl Iterator<Item = &str> {
    memchr::memchr_iter(b'\\', text.as_bytes()).filter_map(move |at| id_at(text, at))
}

/// The id whose first backslash is here.
fn id_at(text: &str, at: usize) -> Option<&str> {
    let before = &text.as_bytes()[..at];
    let buses: [(&[u8], &[&str]); 3] = [(b"PCI", &["VEN_", "CC_"]), (b"USB", &["VID_"]), (b"VMBUS", &["{"])];
    let (bus, starts) = buses
        .into_iter()
        .find(|(bus, _)| before.len() >= bus.len() && before[before.len() - bus.len()..].eq_ignore_ascii_case(bus))?;
    let start = at - bus.len();
    // `ENUM\PCI\...` is an id, `XPCI\...` and `\PCI` of a path are none.
    if before[..start].last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let rest = text[at..].trim_start_matches('\\');
    let has_start = |s: &&str| rest.as_bytes().get(..s.len()).is_some_and(|r| r.eq_ignore_ascii_case(s.as_bytes()));
    if !starts.iter().any(has_start) {
        return None;
    }
    let mut open = 0usize;
    let end = text[at..].char_indices().take(MAX_LENGTH).find(|(_, c)| {
        match c {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            '}' => return true,
            _ => {}
        }
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | ',' | ';' | '|' | '<' | '>' | ')' | ']' | '[' | ':')
    });
    let end = end.map_or_else(|| text[at..].chars().take(MAX_LENGTH).map(char::len_utf8).sum(), |(i, _)| i);
    // `&amp;` ends in a semicolon.
    let mut stop = at + end;
    while let Some(more) =
        text[stop..].strip_prefix(';').filter(|_| text[..stop].to_ascii_lowercase().ends_with("&amp"))
    {
        let next = more.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '<' | '>' | '}'));
        stop = stop + 1 + next.unwrap_or(more.len());
        if stop - start > MAX_LENGTH {
            break;
        }
    }
    let id = &text[start..stop];
    match id.strip_suffix("...").or_else(|| id.strip_suffix('…')) {
        Some(cut) => whole_parts(cut),
        None => Some(id.trim_end_matches(['.', '\\'])),
    }
}

/// What is whole of an id that the column of a table cut off: half an instance or subsystem is that of another device.
fn whole_parts(cut: &str) -> Option<&str> {
    let end = cut.match_indices('\\').nth(1).map(|(at, _)| at).or_else(|| cut.rfind(['&', '\\']))?;
    let whole = &cut[..end];
    base(whole).is_some().then_some(whole)
}

/// A part of an id (`VEN_`, `PID_`) in upper case.
fn part(id: &str, key: &str) -> Option<String> {
    let rest = id.split_once('\\').map_or(id, |(_, r)| r);
    let device = rest.split('\\').next().unwrap_or_default().to_ascii_uppercase();
    device.split('&').find_map(|p| p.strip_prefix(key).map(str::to_owned))
}

/// Bus, vendor and device, `None` for an id that names no device (`PCI\CC_0200`).
pub(super) fn base(id: &str) -> Option<String> {
    let (bus, rest) = id.split_once('\\')?;
    if let (Some(vendor), Some(device)) = (part(id, "VEN_"), part(id, "DEV_")) {
        return Some(format!("{}\\{vendor}:{device}", bus.to_ascii_uppercase()));
    }
    if let (Some(vendor), Some(product)) = (part(id, "VID_"), part(id, "PID_")) {
        return Some(format!("{}\\{vendor}:{product}", bus.to_ascii_uppercase()));
    }
    let device = rest.split('\\').next().unwrap_or_default();
    (!device.starts_with("VEN_") && !device.to_ascii_uppercase().starts_with("CC_"))
        .then(|| format!("{bus}\\{device}").to_ascii_uppercase())
}

/// Two ids of the same base can be ids of one device: no part of one contradicts the other.
pub(super) fn agree(a: &str, b: &str) -> bool {
    ["SUBSYS_", "REV_", "MI_"].into_iter().all(|key| match (part(a, key), part(b, key)) {
        (Some(x), Some(y)) => x == y,
        _ => true,
    })
}

/// Puts ids together that can belong to one device.
#[derive(Default)]
pub(super) struct Grouping {
    devices: Vec<RawDevice>,
    by_base: HashMap<String, Vec<usize>>,
}

impl Grouping {
    /// Adds an id as written.
    pub(super) fn add(&mut self, id: &str, line: u32) {
        let id = clean(id);
        let Some(base) = base(&id) else {
            // Generic ids follow those of their device; alone they identify nothing.
            if let Some(last) = self.devices.last_mut()
                && !last.other_ids.contains(&id)
            {
                last.other_ids.push(id);
            }
            return;
        };
        let same = self.by_base.entry(base).or_default();
        let known = same.iter().rev().take(MAX_LOOK_BACK).copied().find(|at| belongs(&self.devices[*at], &id));
        let at = known.unwrap_or_else(|| {
            same.push(self.devices.len());
            self.devices.push(RawDevice { line, ..RawDevice::default() });
            self.devices.len() - 1
        });
        let device = &mut self.devices[at];
        if is_instance(&id) {
            device.instance_id = Some(id);
        } else if !device.other_ids.iter().any(|o| o.eq_ignore_ascii_case(&id)) {
            device.other_ids.push(id);
        }
    }

    /// What was put together, in order.
    pub(super) fn finish(self) -> Vec<RawDevice> {
        self.devices
    }
}

fn belongs(device: &RawDevice, id: &str) -> bool {
    match (&device.instance_id, is_instance(id)) {
        (Some(known), true) => return known.eq_ignore_ascii_case(id),
        (Some(known), false) if !agree(known, id) => return false,
        _ => {}
    }
    device.other_ids.iter().all(|other| agree(other, id))
}

/// Text without a known structure: every id in it. An empty line parts devices.
pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut group = Grouping::default();
    for (number, line) in lines(text) {
        if line.trim().is_empty() {
            std::mem::take(&mut group).finish().into_iter().for_each(|d| devices.push(d));
        }
        for id in find(line) {
            group.add(id, number);
        }
    }
    group.finish().into_iter().for_each(|d| devices.push(d));
}
