//! `devcon hwids` (instance id at column 0, lists indented) and `devcon find` (instance id, colon, name). Names and labels
//! are localized: the first list is that of the hardware ids.

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, has_blank, lines, some, starts_blank};

pub(super) fn is(sample: &[&str]) -> bool {
    let heads = sample.iter().filter(|line| head(line).is_some()).count();
    let blocks = sample.windows(2).any(|w| matches!(head(w[0]), Some((_, None))) && w[1].starts_with([' ', '\t']));
    blocks || (heads > 0 && sample.iter().any(|line| matches!(head(line), Some((_, Some(_))))))
}

/// Instance id at column 0, and the name behind a colon.
fn head(line: &str) -> Option<(&str, Option<&str>)> {
    if starts_blank(line) {
        return None;
    }
    let (id, name) = match line.split_once(": ").or_else(|| line.strip_suffix(':').map(|l| (l, ""))) {
        Some((id, name)) => (id.trim_end(), Some(name.trim())),
        None => (line, None),
    };
    (is_field_id(id) && is_instance(id) && !id.contains(['"', ',', ';', '='])).then_some((id, name))
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut device = RawDevice::default();
    let mut list = 0;
    for (number, line) in lines(text) {
        if let Some((id, name)) = head(line) {
            devices.push(std::mem::take(&mut device));
            device.line = number;
            device.instance_id = Some(clean(id));
            device.name = name.and_then(some);
            list = 0;
            continue;
        }
        let text = line.trim();
        if device.instance_id.is_none() || text.is_empty() || !starts_blank(line) {
            continue;
        }
        if let Some(label) = text.strip_suffix(':') {
            list = if label.starts_with("Compatible") { 2 } else { list + 1 };
        } else if list == 0 {
            let name = text.split_once(": ").map(|(_, name)| name);
            device.name = device.name.take().or_else(|| name.and_then(some));
        } else if !has_blank(text) {
            let ids = if list == 1 { &mut device.hardware_ids } else { &mut device.compatible_ids };
            if ids.len() < super::MAX_IDS {
                ids.push(clean(text));
            }
        }
    }
    devices.push(device);
}
