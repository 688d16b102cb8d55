//! Records of `Key=Value` (`wmic ... /format:list`) or `Key : Value` (PowerShell's Format-List). Keys are names of WMI
//! properties, which are not localized. `&` comes as `&amp;` in WMI's form; lists as `{"a","b"}` or `{a, b}`.

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, is_bare_mac, is_guid, is_mac, lines, problem_code, some};

/// Most lines are records, and one of them holds an id.
pub(super) fn is(sample: &[&str]) -> bool {
    let filled = sample.iter().filter(|l| !l.trim().is_empty()).count();
    let records: Vec<(&str, &str)> = sample.iter().filter_map(|l| key_value(l)).collect();
    let holds_id =
        |value: &str| super::id::find(value).next().is_some() || values(value).iter().any(|v| is_instance(v));
    records.len() * 2 > filled && records.iter().any(|(key, value)| is_id_key(key) && holds_id(value))
}

fn is_id_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pnpdeviceid", "instanceid", "hardwareid", "deviceid", "compatibleid"].contains(&key.as_str())
}

/// `Key=Value` or `Key : Value`.
fn key_value(line: &str) -> Option<(&str, &str)> {
    let is_key = |k: &str| {
        !k.is_empty()
            && k.len() <= 64
            && !k.starts_with(|c: char| c.is_ascii_digit())
            && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if let Some((key, value)) = line.split_once('=').filter(|(k, _)| is_key(k)) {
        return Some((key, value.trim()));
    }
    let (key, value) = line.split_once(" : ").or_else(|| line.strip_suffix(" :").map(|k| (k, "")))?;
    is_key(key.trim_end()).then(|| (key.trim_end(), value.trim()))
}

/// The items of `{"a","b"}`, `{a, b}` or `a`.
fn values(text: &str) -> Vec<String> {
    // A single `{...}` that is a GUID enumerator is no list.
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix(['}', '…']).or(Some(t)));
    let inner = inner.filter(|_| !text.contains("}\\") || text.starts_with("{\"") || text.starts_with("{{"));
    let text = inner.unwrap_or(text).replace("&amp;", "&");
    // Format-List shows four items and three dots.
    let items = text.split([',', ';']).map(clean).map(|v| v.trim_end_matches("...").trim_end_matches('…').to_owned());
    items.filter(|v| !v.is_empty()).collect()
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut record = Record::default();
    let mut open: Option<(String, String)> = None;
    for (number, line) in lines(text) {
        let continued = line.starts_with("     ") && key_value(line.trim_start()).is_none();
        if continued && let Some((_, value)) = &mut open {
            // Format-List wraps long values and indents them.
            if value.len() < 16_384 {
                value.push_str(line.trim());
            }
            continue;
        }
        if let Some((key, value)) = open.take() {
            record.set(&key, &value);
        }
        if line.trim().is_empty() {
            std::mem::take(&mut record).finish(devices);
            continue;
        }
        if let Some((key, value)) = key_value(line) {
            // A record without an empty line behind the one before.
            if record.keys.contains(&key.to_ascii_lowercase()) {
                std::mem::take(&mut record).finish(devices);
            }
            record.start(number, key);
            open = Some((key.to_owned(), value.to_owned()));
        }
    }
    if let Some((key, value)) = open {
        record.set(&key, &value);
    }
    record.finish(devices);
}

#[derive(Default)]
struct Record {
    device: RawDevice,
    keys: Vec<String>,
    gone: bool,
}

impl Record {
    fn start(&mut self, line: u32, key: &str) {
        if self.device.line == 0 {
            self.device.line = line;
        }
        if self.keys.len() < 512 {
            self.keys.push(key.to_ascii_lowercase());
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        let device = &mut self.device;
        match key.to_ascii_lowercase().as_str() {
            "pnpdeviceid" | "instanceid" | "deviceid" => {
                let id = clean(value);
                // DeviceID of Win32_NetworkAdapter is a number.
                if is_field_id(&id) && is_instance(&id) {
                    device.instance_id.get_or_insert(id);
                }
            }
            "hardwareid" => device.hardware_ids = values(value),
            "compatibleid" => device.compatible_ids = values(value),
            "classguid" if is_guid(value) => device.class_guid = Some(value.to_owned()),
            "pnpclass" | "class" | "deviceclass" => device.class = some(value),
            // MSFT_NetAdapter: `Name` is the connection's, `DeviceName` a path.
            "interfacedescription" | "driverdescription" => device.name = some(&value.replace("&amp;", "&")),
            "name" | "caption" | "description" | "friendlyname" | "devicename"
                if device.name.is_none() && !value.starts_with('\\') =>
            {
                device.name = some(&value.replace("&amp;", "&"));
            }
            "configmanagererrorcode" | "problem" => device.problem = problem_code(value),
            "systemname" | "pscomputername" | "__server" if device.machine.is_none() => device.machine = some(value),
            "macaddress" => device.has_network_fields |= is_mac(value),
            // MSFT_NetAdapter (`Get-NetAdapter`): twelve digits.
            "permanentaddress" => device.has_network_fields |= is_bare_mac(value),
            "netconnectionid" => device.has_network_fields |= !value.is_empty(),
            "present" => self.gone = value.eq_ignore_ascii_case("false"),
            _ => {}
        }
    }

    fn finish(self, devices: &mut Devices) {
        if !self.gone {
            devices.push(self.device);
        }
    }
}
