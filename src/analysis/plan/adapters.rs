//! For which adapters a plan is made: those of the fleet, or, without one, those that the drivers of the share are for.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::prediction::Inputs;
use crate::analysis::prediction::effect::{OfferedModels, TargetView};
use crate::analysis::prediction::offered::OfferedSet;
use crate::analysis::run::Analysis;
use crate::analysis::world::{DriverIndex, Folder, Location};
use crate::facts::device_ids::DeviceIds;
use crate::facts::ids::HardwareId;

/// One adapter.
#[derive(Clone, Debug)]
pub(super) struct Adapter {
    /// What it is called.
    pub(super) id: HardwareId,
    /// The ids that it reports.
    pub(super) ids: DeviceIds,
    /// It is to have a network: it is in the fleet, or there is no fleet.
    pub(super) wanted: bool,
    /// Machines of the fleet with it.
    pub(super) machines: u32,
}

/// Every adapter that a driver of image or share is for, and those of the fleet. Over wireless ones nothing is deployed.
pub(super) fn collect(analysis: &Analysis, inputs: &Inputs<'_>, now: &TargetView<'_>) -> Vec<Adapter> {
    let mut found: BTreeMap<HardwareId, Adapter> = BTreeMap::new();
    let share = of_shares(inputs, now);
    let ids_of = |wireless: bool| -> BTreeSet<&HardwareId> {
        analysis.topologies.all.iter().filter(|t| t.wireless == wireless).flat_map(|t| &t.root_ids).collect()
    };
    // Of two drivers for an adapter one may not say what it is: what the other one says holds for both.
    let wireless = ids_of(true);
    for id in ids_of(false).into_iter().filter(|id| !wireless.contains(id)) {
        let ids = DeviceIds::from_adapter_id(id);
        let wanted = analysis.coverage.is_none() && now.candidates(&share, &ids).iter().any(|c| !c.wireless);
        found.insert(id.clone(), Adapter { id: id.clone(), ids, wanted, machines: 0 });
    }
    let fleet = analysis.coverage.iter().flat_map(|c| &c.adapters.all).filter(|a| !a.wireless);
    for adapter in fleet {
        let ids = (*adapter.ids).clone();
        let machines = adapter.machines();
        found
            .entry(adapter.id.clone())
            .and_modify(|a| {
                a.wanted = true;
                a.machines += machines;
                a.ids = ids.clone();
            })
            .or_insert(Adapter { id: adapter.id.clone(), ids, wanted: true, machines });
    }
    found.into_values().collect()
}

/// Every driver of the shares as one set.
pub(super) fn of_shares<'a>(inputs: &Inputs<'_>, view: &TargetView<'a>) -> OfferedModels<'a> {
    view.offered(&set_of((0..inputs.world.drivers.len()).filter(|d| lies_in_share(inputs, *d)).collect()))
}

/// Drivers as a set that lies nowhere.
pub(super) fn set_of(drivers: Vec<DriverIndex>) -> OfferedSet {
    OfferedSet { folder: Folder { share: 0, path: String::new() }, drivers, topologies: Vec::new() }
}

/// A copy lies in a share.
pub(super) fn lies_in_share(inputs: &Inputs<'_>, driver: DriverIndex) -> bool {
    inputs.world.drivers[driver].locations.iter().any(|l| matches!(l, Location::Share { .. }))
}
