//! The form in which the machines of one inventory are kept for the next run.
//!
//! Machines of one model have the same adapters: their ids and texts stand once, in a table, and are named by their number.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{DeviceIds, FleetDevice, InventoryFile, InventoryFormat, InventoryProblem, Machine};

/// A file with its tables.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptInventory {
    /// Place in [`InventoryFormat::ALL`].
    format: u32,
    ids: Vec<Arc<DeviceIds>>,
    texts: Vec<Arc<str>>,
    machines: Vec<KeptMachine>,
    /// Line and message.
    problems: Vec<(u32, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptMachine {
    name: String,
    model: Option<String>,
    devices: Vec<KeptDevice>,
    other_devices: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptDevice {
    ids: u32,
    instance_id: Option<Box<str>>,
    class: Option<u32>,
    name: Option<u32>,
    problem: Option<u32>,
    line: u32,
    is_network: Option<bool>,
}

/// Numbers for values that are shared.
struct Table<'a, T: ?Sized> {
    list: Vec<Arc<T>>,
    numbers: HashMap<&'a T, u32>,
}

impl<'a, T: ?Sized + Eq + std::hash::Hash> Table<'a, T> {
    fn new() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, value: &'a Arc<T>) -> u32 {
        *self.numbers.entry(value).or_insert_with(|| {
            self.list.push(Arc::clone(value));
            u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

impl KeptInventory {
    /// The form to be kept.
    pub fn of(file: &InventoryFile) -> Self {
        let (mut ids, mut texts) = (Table::new(), Table::new());
        let machines = file.machines.iter().map(|machine| KeptMachine {
            name: machine.name.clone(),
            model: machine.model.clone(),
            devices: (machine.devices.iter())
                .map(|device| KeptDevice {
                    ids: ids.number(&device.ids),
                    instance_id: device.instance_id.clone(),
                    class: device.class.as_ref().map(|text| texts.number(text)),
                    name: device.name.as_ref().map(|text| texts.number(text)),
                    problem: device.problem,
                    line: device.line,
                    is_network: device.is_network,
                })
                .collect(),
            other_devices: machine.other_devices,
        });
        let machines = machines.collect();
        let format = (0..).zip(InventoryFormat::ALL).find(|(_, known)| *known == file.format);
        Self {
            format: format.map_or(u32::MAX, |(number, _)| number),
            machines,
            problems: file.problems.iter().map(|p| (p.line, p.message.clone())).collect(),
            ids: ids.list,
            texts: texts.list,
        }
    }

    /// The file, which its caller now names `source`; `None` when a number leads nowhere: the bytes were not written by
    /// [`KeptInventory::of`].
    pub fn file(self, source: &str) -> Option<InventoryFile> {
        let source: Arc<str> = Arc::from(source);
        let text = |number: u32| self.texts.get(number as usize).cloned();
        let maybe = |number: Option<u32>| number.map_or(Some(None), |n| text(n).map(Some));
        let device = |device: KeptDevice| {
            Some(FleetDevice {
                ids: self.ids.get(device.ids as usize).cloned()?,
                instance_id: device.instance_id,
                class: maybe(device.class)?,
                name: maybe(device.name)?,
                problem: device.problem,
                line: device.line,
                is_network: device.is_network,
            })
        };
        let machines = self.machines.into_iter().map(|machine| {
            Some(Machine {
                name: machine.name,
                model: machine.model,
                source: Arc::clone(&source),
                devices: machine.devices.into_iter().map(device).collect::<Option<Vec<_>>>()?,
                other_devices: machine.other_devices,
            })
        });
        let problems = self.problems.into_iter().map(|(line, message)| InventoryProblem { line, message });
        Some(InventoryFile {
            format: InventoryFormat::ALL.get(self.format as usize).copied()?,
            machines: machines.collect::<Option<Vec<_>>>()?,
            problems: problems.collect(),
        })
    }
}
