//! The network adapters of a fleet: devices of all machines, folded by the ids that they report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::analysis::classify::profile::{IdKind, id_kind};
use crate::analysis::classify::role::Role;
use crate::analysis::evidence::Place;
use crate::analysis::prediction::Inputs;
use crate::analysis::world::{DriverIndex, World};
use crate::facts::device_ids::DeviceIds;
use crate::facts::ids::HardwareId;
use crate::facts::inventory::{FleetDevice, Machine};
use crate::inf_db::EnumeratorKind;

/// Drivers by an id that they name.
type DriversById = HashMap<HardwareId, Vec<DriverIndex>>;

/// Places that are kept of an adapter.
const MOST_PLACES: usize = 5;

/// One kind of network adapter in the fleet.
#[derive(Clone, Debug)]
pub struct FleetAdapter {
    /// The ids that it reports to Windows.
    pub ids: Arc<DeviceIds>,
    /// The most specific one.
    pub id: HardwareId,
    /// What it is called in the first inventory that says so.
    pub name: Option<Arc<str>>,
    /// Wireless: Windows PE has no wireless network without further components.
    pub wireless: bool,
    /// An inventory says that it is a network adapter; otherwise a driver that knows it says so.
    pub said: bool,
    /// Machines with it, by model (empty = not known).
    pub models: BTreeMap<String, u32>,
    /// Where it stands, the first few places.
    pub places: Vec<Place>,
    /// Drivers of share and images that name one of its ids.
    pub drivers: BTreeSet<DriverIndex>,
}

impl FleetAdapter {
    /// Machines with it.
    pub fn machines(&self) -> u32 {
        self.models.values().sum()
    }

    /// The id without subsystem and revision: what people look for.
    pub fn short_id(&self) -> String {
        let (id, part) = (&self.id, |key: &str| self.id.part(key));
        match (id.enumerator(), part("VEN_"), part("DEV_"), part("VID_"), part("PID_")) {
            (Some(bus), Some(v), Some(d), ..) => format!("{bus}\\VEN_{v}&DEV_{d}"),
            (Some(bus), _, _, Some(v), Some(p)) => format!("{bus}\\VID_{v}&PID_{p}"),
            _ => id.as_str().to_owned(),
        }
    }
}

/// The fleet, folded.
#[derive(Clone, Debug, Default)]
pub struct Adapters {
    /// Each kind of adapter, by id.
    pub all: Vec<FleetAdapter>,
    /// The adapters of each machine.
    pub of_machine: Vec<Vec<usize>>,
    /// Network devices made by software or reached over Bluetooth.
    pub software: usize,
    /// Network devices made by somebody's bus driver. Their adapter has the class System there: an inventory of the class Net
    /// alone does not name it.
    pub children: usize,
    /// Devices of unknown kind that no network driver here knows.
    pub unclear: usize,
}

/// Looks at every device of every machine.
pub(super) fn collect(inputs: &Inputs<'_>) -> Adapters {
    let machines = &inputs.world.fleet;
    let drivers_by_id = drivers_by_id(inputs.world, machines);
    let mut found = Adapters::default();
    let mut known: BTreeMap<Arc<DeviceIds>, Option<usize>> = BTreeMap::new();
    for machine in machines {
        let mut mine: BTreeSet<usize> = BTreeSet::new();
        for device in &machine.devices {
            // The answer hangs on the ids, and on what the inventory says of the device.
            let known_at = known.get(&device.ids).copied();
            let at = match known_at {
                Some(Some(at)) => Some(at),
                Some(None) if device.is_network.is_none() => None,
                _ => found.judge(inputs, &drivers_by_id, device),
            };
            known.insert(Arc::clone(&device.ids), at);
            match at {
                Some(at) => {
                    found.all[at].add(device, machine, mine.insert(at));
                }
                None if device.is_network == Some(true) && is_child(inputs, device) => found.children += 1,
                None if device.is_network == Some(true) => found.software += 1,
                None => found.unclear += 1,
            }
        }
        found.of_machine.push(mine.into_iter().collect());
    }
    found.sort();
    found
}

impl Adapters {
    /// Adapters that differ in more than subsystem and revision.
    pub fn kinds(&self) -> usize {
        self.all.iter().map(FleetAdapter::short_id).collect::<BTreeSet<String>>().len()
    }

    /// A new kind of adapter, `None` for what is none.
    fn judge(&mut self, inputs: &Inputs<'_>, drivers_by_id: &DriversById, device: &FleetDevice) -> Option<usize> {
        let id = device.ids.first()?.clone();
        if !matches!(id_kind(&id, inputs.db), IdKind::Bus | IdKind::InBoxChild) || is_bluetooth(inputs, &id) {
            return None;
        }
        let drivers: BTreeSet<DriverIndex> =
            device.ids.all().filter_map(|id| drivers_by_id.get(id)).flatten().copied().collect();
        let roles: Vec<Role> = drivers.iter().map(|d| inputs.topologies.roles[*d]).collect();
        let runs = |r: &Role| matches!(r, Role::BusDriver | Role::Miniport | Role::Monolithic | Role::Wlan);
        let said = device.is_network == Some(true);
        if !said && !roles.iter().any(runs) {
            return None;
        }
        let only_wlan = roles.contains(&Role::Wlan) && roles.iter().filter(|r| runs(r)).all(|r| *r == Role::Wlan);
        let wireless = device.ids.pci_class() == Some("0280")
            || only_wlan
            || names_wireless(device.name.as_deref().unwrap_or_default());
        self.all.push(FleetAdapter {
            ids: Arc::clone(&device.ids),
            id,
            name: None,
            wireless,
            said,
            models: BTreeMap::new(),
            places: Vec::new(),
            drivers,
        });
        Some(self.all.len() - 1)
    }

    /// The order of a report does not depend on the order of the machines.
    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|a, b| (&self.all[*a].id, &self.all[*a].ids).cmp(&(&self.all[*b].id, &self.all[*b].ids)));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let mut all: Vec<Option<FleetAdapter>> = std::mem::take(&mut self.all).into_iter().map(Some).collect();
        self.all = order.iter().filter_map(|old| all[*old].take()).collect();
        for machine in &mut self.of_machine {
            machine.iter_mut().for_each(|at| *at = place[*at]);
            machine.sort_unstable();
        }
    }
}

impl FleetAdapter {
    fn add(&mut self, device: &FleetDevice, machine: &Machine, first_of_machine: bool) {
        self.said |= device.is_network == Some(true);
        self.name = self.name.take().or_else(|| device.name.clone());
        if first_of_machine {
            let model = machine.model.as_deref().unwrap_or_default();
            match self.models.get_mut(model) {
                Some(count) => *count += 1,
                None => {
                    self.models.insert(model.to_owned(), 1);
                }
            }
            if self.places.len() < MOST_PLACES {
                self.places.push(Place::line(machine.source.as_ref(), device.line));
            }
        }
    }
}

/// Its enumerator is no bus that comes with Windows.
fn is_child(inputs: &Inputs<'_>, device: &FleetDevice) -> bool {
    device.ids.first().is_some_and(|id| id_kind(id, inputs.db) == IdKind::Private)
}

/// A network over Bluetooth: every list of the class Net has one, and nobody deploys over it.
fn is_bluetooth(inputs: &Inputs<'_>, id: &HardwareId) -> bool {
    let enumerator = id.enumerator().and_then(|name| inputs.db.enumerators().get(name));
    enumerator.is_some_and(|enumerator| enumerator.kind == EnumeratorKind::Bluetooth)
}

/// Which drivers name an id that some device of the fleet reports.
fn drivers_by_id(world: &World, machines: &[Machine]) -> DriversById {
    let wanted: HashSet<&HardwareId> = machines.iter().flat_map(|m| &m.devices).flat_map(|d| d.ids.all()).collect();
    let mut found: DriversById = HashMap::new();
    if wanted.is_empty() {
        return found;
    }
    for (index, driver) in world.drivers.iter().enumerate() {
        let models = driver.package.models_sections.iter().flat_map(|s| &s.models);
        for id in models.flat_map(|m| &m.ids).filter(|id| wanted.contains(id)) {
            let drivers = found.entry(id.clone()).or_default();
            if drivers.last() != Some(&index) {
                drivers.push(index);
            }
        }
    }
    found
}

/// The words of the standards. Only to be milder about what Windows PE has no network stack for.
pub fn names_wireless(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["wi-fi", "wifi", "wireless", "wlan", "802.11"].iter().any(|word| name.contains(word))
}
