//! DxDiag.txt: blocks of right-aligned `Label: value`; network adapters stand under System Devices only.

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, lines, some};

pub(super) fn is(sample: &[&str]) -> bool {
    let head =
        sample.iter().take(60).any(|l| l.contains("DxDiag Version:") || l.trim_start().starts_with("DirectX Version:"));
    head && sample.iter().any(|line| device_id(line).is_some())
}

/// The id of `Device ID: PCI\...`; the display part writes `Enum\PCI\...` under `Device Key:`.
fn device_id(line: &str) -> Option<String> {
    let (_, value) = line.split_once(": ")?;
    let value = value.trim();
    let value = value.strip_prefix("Enum\\").unwrap_or(value);
    let id = clean(value);
    (is_field_id(&id)
        && id.split_once('\\').is_some_and(|(_, rest)| !rest.is_empty())
        && super::id::find(&id).next().is_some())
    .then_some(id)
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let (mut machine, mut model, mut name) = (None, None, None);
    for (number, line) in lines(text) {
        if line.trim().is_empty() {
            name = None;
            continue;
        }
        let Some((label, value)) = line.split_once(": ") else { continue };
        match label.trim() {
            "Machine name" if machine.is_none() => machine = some(value),
            "System Model" if model.is_none() => model = some(value),
            "Name" => name = some(value),
            _ => {
                let Some(id) = device_id(line) else { continue };
                let mut device = RawDevice { line: number, name: name.clone(), ..RawDevice::default() };
                device.machine.clone_from(&machine);
                device.model.clone_from(&model);
                if is_instance(&id) {
                    device.instance_id = Some(id);
                } else {
                    device.other_ids.push(id);
                }
                devices.push(device);
            }
        }
    }
}
