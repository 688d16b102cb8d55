//! `pnputil /enum-devices`, with `/ids`, `/deviceids` or `/properties`: blocks of `Label:` and value, further values of a list
//! indented below. Labels are localized: the first value of a block is the instance id, the first list of ids that are no
//! instance ids is that of the hardware ids.

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, has_blank, is_guid, lines, problem_code, some, starts_blank};

/// The status of a device that is not there, as far as it was seen: English, French.
const GONE: [&str; 2] = ["Disconnected", "Déconnecté"];

/// A line `Label:   value` at column 0 whose value is an instance id.
pub(super) fn is(sample: &[&str]) -> bool {
    sample.iter().filter(|line| labelled(line).is_some_and(|(_, v)| is_field_id(v) && is_instance(v))).count() > 0
}

/// Label and value; the label starts at column 0. French puts a blank in front of the colon.
fn labelled(line: &str) -> Option<(&str, &str)> {
    if starts_blank(line) {
        return None;
    }
    let (label, value) = line.split_once(':').or_else(|| line.split_once('：'))?;
    (!label.bytes().any(|b| matches!(b, b'\\' | b'"')) && (value.is_empty() || starts_blank(value)))
        .then(|| (label.trim_end(), value.trim()))
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut block = Block::default();
    for (number, line) in lines(text) {
        if line.trim().is_empty() {
            std::mem::take(&mut block).finish(devices);
        } else if let Some((label, value)) = labelled(line) {
            if is_field_id(value) && is_instance(value) && block.device.instance_id.is_none() {
                std::mem::take(&mut block).finish(devices);
                block.device.line = number;
                block.device.instance_id = Some(clean(value));
            } else if block.device.instance_id.is_some() {
                block.entry(label, value);
            }
        } else if block.device.instance_id.is_some() {
            block.continued(line.trim());
        }
    }
    block.finish(devices);
}

/// Which list the values below belong to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum List {
    #[default]
    None,
    Hardware,
    Compatible,
}

#[derive(Default)]
struct Block {
    device: RawDevice,
    list: List,
    entries: usize,
    lists: usize,
    gone: bool,
}

impl Block {
    fn entry(&mut self, label: &str, value: &str) {
        self.list = List::None;
        self.entries += 1;
        if self.entries == 1 {
            self.device.name = some(value);
        }
        let known = list_of_label(label);
        if known != List::None || (is_field_id(value) && !is_instance(value)) {
            self.list = match known {
                List::None if self.lists == 0 => List::Hardware,
                List::None if self.lists == 1 => List::Compatible,
                other => other,
            };
            self.lists += 1;
            self.add(value);
        } else if is_guid(value) {
            self.device.class_guid.get_or_insert_with(|| value.to_owned());
        } else if value.contains("CM_PROB_") || (value.contains(" (0x") && problem_code(value).is_some()) {
            self.device.problem = problem_code(value);
        } else if value == "Net" || label == "Class Name" {
            self.device.class = some(value);
        } else if GONE.contains(&value) {
            self.gone = true;
        }
    }

    /// An indented line: a further value, or a property of `/properties`, whose name is not localized.
    fn continued(&mut self, text: &str) {
        if let Some(property) = text.strip_prefix("DEVPKEY_") {
            self.list = list_of_label(property.split(' ').next().unwrap_or_default());
        } else {
            self.add(text);
        }
    }

    fn add(&mut self, value: &str) {
        // Bare ids (`*PNP0A08`, `GenFloppyDisk`) stay in the lists: they hold positions.
        if value.is_empty() || has_blank(value) {
            return;
        }
        let list = match self.list {
            List::Hardware => &mut self.device.hardware_ids,
            List::Compatible => &mut self.device.compatible_ids,
            List::None => return,
        };
        let id = clean(value);
        if list.len() < super::MAX_IDS && !list.contains(&id) {
            list.push(id);
        }
    }

    fn finish(self, devices: &mut Devices) {
        if !self.gone {
            devices.push(self.device);
        }
    }
}

fn list_of_label(label: &str) -> List {
    match label {
        "Hardware IDs" | "Device_HardwareIds" => List::Hardware,
        "Compatible IDs" | "Device_CompatibleIds" => List::Compatible,
        _ => List::None,
    }
}
