//! The machines of a fleet with the devices that may be network adapters, from any kind of inventory.
//!
//! Ids are brought into the form that a device reports to Windows: where a file names an instance id or bare numbers only, the
//! lists are derived ([`DeviceIds`]).

mod kept;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::device_ids::DeviceIds;
use super::ids::{HardwareId, class_guid};
use crate::formats::inventory::{self, PciNumbers, RawDevice};

pub use crate::formats::inventory::{InventoryFormat, InventoryProblem};
pub use kept::KeptInventory;

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name: from the file, else that of the file.
    pub name: String,
    /// Model, where a column or a folder names it.
    pub model: Option<String>,
    /// The file that it stands in, as the caller names it.
    pub source: Arc<str>,
    /// Devices that are network adapters or may be ones.
    pub devices: Vec<FleetDevice>,
    /// Devices that are certainly something else.
    pub other_devices: u32,
}

/// One device of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetDevice {
    /// The ids that it reports to Windows.
    pub ids: Arc<DeviceIds>,
    /// Device instance id, upper case.
    pub instance_id: Option<Box<str>>,
    /// Setup class: a GUID, else a name.
    pub class: Option<Arc<str>>,
    /// What it is called there.
    pub name: Option<Arc<str>>,
    /// `CM_PROB_*`, where it has one.
    pub problem: Option<u32>,
    /// 1-based line.
    pub line: u32,
    /// It is a network adapter; `None` = not said.
    pub is_network: Option<bool>,
}

/// What one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryFile {
    /// Which format it is.
    pub format: InventoryFormat,
    /// Its machines, by name.
    pub machines: Vec<Machine>,
    /// What could not be read.
    pub problems: Vec<InventoryProblem>,
}

/// Reads a file; `source` and `machine` say where it comes from where it does not say so itself, `model` is that of its folder.
pub fn read(bytes: &[u8], source: &str, machine: &str, model: Option<&str>) -> InventoryFile {
    let inventory = inventory::read(bytes);
    let mut reading = Reading { source: Arc::from(source), ..Reading::default() };
    for device in inventory.devices {
        reading.add(device, machine, model);
    }
    InventoryFile {
        format: inventory.format,
        machines: reading.machines.into_values().map(|m| m.machine).collect(),
        problems: inventory.problems,
    }
}

/// A machine with what is needed to find a device again.
struct Open {
    machine: Machine,
    by_instance: HashMap<Box<str>, usize>,
}

#[derive(Default)]
struct Reading {
    source: Arc<str>,
    machines: BTreeMap<(String, Option<String>), Open>,
    /// Machines of one model have the same adapters: one copy of their ids and texts.
    ids: HashMap<DeviceIds, Arc<DeviceIds>>,
    texts: HashMap<String, Arc<str>>,
}

impl Reading {
    fn add(&mut self, raw: RawDevice, machine: &str, model: Option<&str>) {
        let name = raw.machine.clone().unwrap_or_else(|| machine.to_owned());
        let model = raw.model.clone().or_else(|| model.map(str::to_owned));
        let machine = (name, model);
        if is_another_class(&raw) {
            let open = self.machine(machine);
            open.machine.other_devices = open.machine.other_devices.saturating_add(1);
            return;
        }
        let ids = device_ids(&raw);
        let is_network = is_network(&raw, &ids);
        let class = raw.class_guid.or(raw.class);
        let device = FleetDevice {
            ids: Arc::clone(self.ids.entry(ids).or_insert_with_key(|ids| Arc::new(ids.clone()))),
            instance_id: raw.instance_id.map(|id| id.to_ascii_uppercase().into_boxed_str()),
            class: class.map(|text| self.text(text)),
            name: raw.name.map(|text| self.text(text)),
            problem: raw.problem,
            line: raw.line,
            is_network,
        };
        let open = self.machine(machine);
        if device.is_network == Some(false) {
            open.machine.other_devices = open.machine.other_devices.saturating_add(1);
        } else {
            open.add(device);
        }
    }

    fn machine(&mut self, (name, model): (String, Option<String>)) -> &mut Open {
        let source = Arc::clone(&self.source);
        self.machines.entry((name, model)).or_insert_with_key(|(name, model)| Open {
            machine: Machine {
                name: name.clone(),
                model: model.clone(),
                source,
                devices: Vec::new(),
                other_devices: 0,
            },
            by_instance: HashMap::new(),
        })
    }

    fn text(&mut self, text: String) -> Arc<str> {
        let shared: Arc<str> = Arc::from(text.as_str());
        Arc::clone(self.texts.entry(text).or_insert(shared))
    }
}

impl Open {
    /// Some dumps name each device twice: what both say is kept.
    fn add(&mut self, device: FleetDevice) {
        let known = device.instance_id.as_ref().and_then(|id| self.by_instance.get(id)).copied();
        let Some(first) = known.and_then(|at| self.machine.devices.get_mut(at)) else {
            if let Some(id) = &device.instance_id {
                self.by_instance.insert(id.clone(), self.machine.devices.len());
            }
            return self.machine.devices.push(device);
        };
        if device.ids.all().count() > first.ids.all().count() {
            first.ids = device.ids;
        }
        first.class = first.class.take().or(device.class);
        first.name = first.name.take().or(device.name);
        first.problem = first.problem.or(device.problem);
        first.is_network = first.is_network.or(device.is_network);
    }
}

/// The lists as written, or derived from what is there.
fn device_ids(raw: &RawDevice) -> DeviceIds {
    let id = |text: &String| HardwareId::new(text);
    if let Some(pci) = &raw.pci {
        return DeviceIds::from_adapter_id(&pci_id(pci));
    }
    let instance = raw.instance_id.as_deref().map(without_instance);
    if !raw.hardware_ids.is_empty() {
        return DeviceIds::from_lists(
            raw.hardware_ids.iter().map(id).collect(),
            raw.compatible_ids.iter().map(id).collect(),
        );
    }
    let class =
        raw.other_ids.iter().chain(&raw.compatible_ids).map(id).find_map(|id| id.part("CC_").map(str::to_owned));
    let best = instance
        .or_else(|| raw.other_ids.iter().map(id).max_by_key(specificity))
        .or_else(|| raw.compatible_ids.first().map(id));
    let Some(best) = best else { return DeviceIds::default() };
    let with_class = class.filter(|_| best.enumerator() == Some("PCI") && best.part("CC_").is_none());
    match with_class {
        Some(class) => DeviceIds::from_adapter_id(&HardwareId::new(&format!("{best}&CC_{class}"))),
        None => DeviceIds::from_adapter_id(&best),
    }
}

/// How much an id says about its device; the first one of a list wins among equals.
fn specificity(id: &HardwareId) -> (usize, std::cmp::Reverse<usize>) {
    let parts =
        ["VEN_", "DEV_", "SUBSYS_", "REV_", "VID_", "PID_", "MI_"].into_iter().filter(|key| id.part(key).is_some());
    (parts.count(), std::cmp::Reverse(id.as_str().len()))
}

/// `PCI\VEN_8086&DEV_1502&SUBSYS_..&REV_04` of `PCI\VEN_8086&...\3&11583659&0&C8`.
fn without_instance(id: &str) -> HardwareId {
    let end = id.match_indices('\\').nth(1).map_or(id.len(), |(at, _)| at);
    HardwareId::new(&id[..end])
}

/// The id that Windows would make of these numbers: in SUBSYS the device comes first.
fn pci_id(pci: &PciNumbers) -> HardwareId {
    let mut id = format!("PCI\\VEN_{:04X}&DEV_{:04X}", pci.vendor, pci.device);
    if let Some((vendor, device)) = pci.subsystem {
        id.push_str(&format!("&SUBSYS_{device:04X}{vendor:04X}"));
    }
    if let Some(revision) = pci.revision {
        id.push_str(&format!("&REV_{revision:02X}"));
    }
    if let Some(class) = pci.class {
        id.push_str(&format!("&CC_{class:04X}"));
    }
    HardwareId::new(&id)
}

/// One of the ids says so: most devices of a machine are sorted out by this, so it makes no ids.
fn is_another_class(raw: &RawDevice) -> bool {
    let mut ids = raw.hardware_ids.iter().chain(&raw.compatible_ids);
    let class = ids.find_map(|id| {
        let at = id.find("&CC_").map(|at| at + 4)?;
        id.get(at..at + 2).filter(|_| id.get(..4).is_some_and(|bus| bus.eq_ignore_ascii_case("PCI\\")))
    });
    class.is_some_and(|class| class != "02")
}

/// A network adapter by its PCI class or its setup class. A bus driver of a NIC is of class System, and a device without driver
/// has no class: of those nothing is known.
fn is_network(raw: &RawDevice, ids: &DeviceIds) -> Option<bool> {
    if let Some(class) = ids.pci_class() {
        return Some(class.starts_with("02"));
    }
    if raw.has_network_fields {
        return Some(true);
    }
    let is = |guid: &str, name: &str| match (&raw.class_guid, &raw.class) {
        (Some(g), _) => g.eq_ignore_ascii_case(guid),
        (None, Some(class)) => class.eq_ignore_ascii_case(name) || class.eq_ignore_ascii_case(guid),
        (None, None) => false,
    };
    if is(class_guid::NET, "Net") {
        Some(true)
    } else if (raw.class.is_none() && raw.class_guid.is_none()) || is(class_guid::SYSTEM, "System") {
        None
    } else {
        Some(false)
    }
}

#[cfg(test)]
mod tests;
