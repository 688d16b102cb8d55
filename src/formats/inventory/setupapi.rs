//! setupapi.dev.log (6.0 and later) as an inventory: the sections of device installations with the lists of ids, and the lines
//! `set: <instance id> -> Configured [...] and started` of the specialize pass.

use std::collections::HashMap;

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, lines};

pub(super) fn is(sample: &[&str]) -> bool {
    sample.iter().any(|l| l.starts_with("[Device Install Log]") || (l.starts_with(">>>  [") && l.ends_with(']')))
}

/// Which list is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    None,
    Hardware,
    Compatible,
}

#[derive(Default)]
struct Log {
    devices: Vec<RawDevice>,
    by_instance: HashMap<String, usize>,
}

impl Log {
    /// The device of an instance id; each is installed more than once.
    fn device(&mut self, id: &str, line: u32) -> usize {
        let id = clean(id).to_ascii_uppercase();
        *self.by_instance.entry(id.clone()).or_insert_with(|| {
            self.devices.push(RawDevice { line, instance_id: Some(id), ..RawDevice::default() });
            self.devices.len() - 1
        })
    }
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut log = Log::default();
    let mut current: Option<usize> = None;
    let mut list = List::None;
    for (number, line) in lines(text) {
        if line.starts_with(">>>") || line.starts_with("<<<") {
            list = List::None;
            if let Some(title) = line.strip_prefix(">>>").map(str::trim_start).and_then(|l| l.strip_prefix('[')) {
                let id = title.trim_end_matches(']').rsplit_once(" - ").map(|(_, id)| id);
                current = id
                    .filter(|id| is_field_id(id) && is_instance(id) && !id.contains(':'))
                    .map(|id| log.device(id, number));
            }
            continue;
        }
        let Some((category, message)) = line.get(5..).and_then(|l| l.split_once(':')) else { continue };
        let message = message.trim();
        if category == "set" {
            configured(&mut log, message, number);
        } else if message.starts_with("Searching for hardware ID") {
            list = List::Hardware;
        } else if message.starts_with("Searching for compatible ID") {
            list = List::Compatible;
        } else if list != List::None {
            let id = clean(message);
            if !is_field_id(&id)
                && (id.contains(char::is_whitespace) || id.starts_with('{') || !id.contains('&'))
                && !id.starts_with('*')
            {
                list = List::None;
            } else if let Some(device) = current.and_then(|c| log.devices.get_mut(c)) {
                let ids = if list == List::Hardware { &mut device.hardware_ids } else { &mut device.compatible_ids };
                let id = id.to_ascii_uppercase();
                if ids.len() < super::MAX_IDS && !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
    }
    log.devices.into_iter().for_each(|d| devices.push(d));
}

/// `<instance id> -> Configured [x.inf:...] and unstarted with problem CM_PROB_FAILED_INSTALL (28) [0xC0000490]`.
fn configured(log: &mut Log, message: &str, line: u32) {
    let Some((id, state)) = message.split_once(" -> ") else { return };
    if !is_field_id(id.trim()) || !is_instance(id.trim()) || !state.contains("Configured") {
        return;
    }
    let device = log.device(id, line);
    let problem = state.find("CM_PROB_").and_then(|at| {
        let (_, number) = state[at..].split_once('(')?;
        number.split(')').next()?.trim().parse().ok()
    });
    log.devices[device].problem = Some(problem.unwrap_or(0));
}
