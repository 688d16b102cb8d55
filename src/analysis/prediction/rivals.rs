//! Drivers of the shares between which nothing decides: equal in rank, date and version for the same adapter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Inputs;
use super::effect::TargetView;
use super::offered::OfferedSet;
use crate::analysis::classify::profile::{IdKind, NetKind, id_kind};
use crate::analysis::classify::role::Role;
use crate::analysis::selection::rank::{DeviceIds, compare};
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, Folder, Location};
use crate::facts::ids::HardwareId;

/// Drivers that tie, ordered, and the adapters for which they do.
pub type Rivals = BTreeMap<Vec<DriverIndex>, BTreeSet<HardwareId>>;

/// Looks at every adapter id that network drivers of the shares select on the target: which of them tie for the first place.
pub fn rivals(inputs: &Inputs<'_>, target: &Target) -> Rivals {
    let view = TargetView::new(inputs, target);
    let offered = view.offered(&everything(inputs));
    let mut by_id: HashMap<&HardwareId, Vec<usize>> = HashMap::new();
    for (position, (_, models)) in offered.drivers.iter().enumerate() {
        for id in models.keys() {
            by_id.entry(*id).or_default().push(position);
        }
    }
    let mut found = Rivals::new();
    // Every id has its own place in a device's lists, so that only drivers with the same id can tie.
    let shared = by_id.iter().filter(|(_, positions)| positions.len() > 1).map(|(id, _)| *id);
    let adapters: BTreeSet<&HardwareId> = shared.filter(|id| id_kind(id, inputs.db) == IdKind::Bus).collect();
    for id in adapters {
        let device = DeviceIds::from_adapter_id(id);
        let positions: BTreeSet<usize> = device.all().filter_map(|i| by_id.get(i)).flatten().copied().collect();
        let contenders = positions.into_iter().filter_map(|p| {
            let (driver, models) = &offered.drivers[p];
            view.contender(*driver, models, &device)
        });
        let mut contenders: Vec<_> = contenders.collect();
        contenders.sort_by(|a, b| compare(&a.candidate, &b.candidate).ordering.then(a.driver.cmp(&b.driver)));
        let Some(first) = contenders.first() else { continue };
        let tied = contenders.iter().take_while(|c| compare(&c.candidate, &first.candidate).ordering.is_eq());
        let tied: Vec<DriverIndex> = tied.map(|c| c.driver).collect();
        // Wireless does not work in Windows PE at all, whichever driver is taken.
        let wireless = contenders.iter().any(|c| inputs.topologies.roles[c.driver] == Role::Wlan);
        if tied.len() > 1 && !wireless {
            found.entry(tied).or_default().insert(id.clone());
        }
    }
    found
}

/// All drivers of the shares that run or carry network adapters, as one set.
fn everything(inputs: &Inputs<'_>) -> OfferedSet {
    let in_share =
        |d: &DriverIndex| inputs.world.drivers[*d].locations.iter().any(|l| matches!(l, Location::Share { .. }));
    let carries =
        |d: &DriverIndex| inputs.profiles[*d].net == NetKind::Adapter || inputs.topologies.roles[*d] == Role::BusDriver;
    let drivers = (0..inputs.world.drivers.len()).filter(|d| in_share(d) && carries(d)).collect();
    OfferedSet { folder: Folder { share: 0, path: String::new() }, drivers, topologies: Vec::new() }
}
