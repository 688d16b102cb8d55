//! Package A and package B: what must not be offered to the running Windows PE, and the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::adapters::{Adapter, lies_in_share, set_of};
use super::{KeptOut, Twin};
use crate::analysis::prediction::Inputs;
use crate::analysis::prediction::effect::{AdapterEffect, ImageChange, OfferedModels, TargetView};
use crate::analysis::prediction::scenario::{self, Cell, Outcome};
use crate::analysis::run::Analysis;
use crate::analysis::world::{DriverIndex, Folder, Location};
use crate::inf_db::{Effect, NetworkDuring, TaskResult};

/// Reasons that are kept of one set.
const MOST_REASONS: usize = 12;

/// Parts the drivers of the shares.
pub(super) fn separate(
    analysis: &Analysis,
    inputs: &Inputs<'_>,
    then: &TargetView<'_>,
    change: &ImageChange,
    adapters: &[Adapter],
) -> (Vec<KeptOut>, Vec<DriverIndex>) {
    let cells: Vec<Cell> = analysis.predictions.cells.iter().copied().filter(Cell::offers_in_windowspe).collect();
    let mut kept = Separation { inputs, then, change, cells: &cells, found: BTreeMap::new() };
    if !cells.is_empty() {
        kept.sets_of_the_share(analysis, adapters);
        kept.until_the_rest_is_harmless(adapters);
    }
    let rest = kept.rest();
    (kept.found.into_values().collect(), rest)
}

struct Separation<'a> {
    inputs: &'a Inputs<'a>,
    then: &'a TargetView<'a>,
    change: &'a ImageChange,
    cells: &'a [Cell],
    found: BTreeMap<Vec<DriverIndex>, KeptOut>,
}

impl Separation<'_> {
    /// Each set by itself: a package is applied by itself, too.
    fn sets_of_the_share(&mut self, analysis: &Analysis, adapters: &[Adapter]) {
        let sets = crate::analysis::prediction::offered::sets(self.inputs.world, self.inputs.topologies, &[]);
        let by_id: BTreeMap<_, _> = adapters.iter().map(|a| (&a.id, a)).collect();
        for set in &sets {
            let offered = self.then.offered(set);
            for topology in &set.topologies {
                for id in &analysis.topologies.all[*topology].root_ids {
                    if let Some(adapter) = by_id.get(id) {
                        self.judge(&offered, Some(*topology), &set.drivers, adapter);
                    }
                }
            }
        }
    }

    /// The rest as one set. A driver that no topology names may still claim an adapter: it is kept out, and the rest is judged
    /// anew. Ends because the rest gets smaller.
    fn until_the_rest_is_harmless(&mut self, adapters: &[Adapter]) {
        loop {
            let before = self.found.len();
            let offered = self.then.offered(&set_of(self.rest()));
            for adapter in adapters {
                let Some(effect) = self.then.effect_on(&offered, None, &adapter.ids, &adapter.id) else { continue };
                let Some(winner) = effect.offered else { continue };
                self.judge(&offered, None, &[winner], adapter);
            }
            if self.found.len() == before {
                return;
            }
        }
    }

    fn judge(
        &mut self,
        offered: &OfferedModels<'_>,
        topology: Option<usize>,
        drivers: &[DriverIndex],
        adapter: &Adapter,
    ) {
        let shape = topology.map(|t| &self.inputs.topologies.all[t]);
        let Some(effect) = self.then.effect_on(offered, shape, &adapter.ids, &adapter.id) else { return };
        // What fails without the set being offered is not the set's doing.
        if !matches!(effect.effect, Effect::Replaces | Effect::Ambiguous) {
            return;
        }
        let target = self.then.target;
        let outcomes = self.cells.iter().map(|cell| scenario::outcome(self.inputs.db, target, cell, &effect));
        let Some(worst) = outcomes.filter(|o| !o.is_harmless()).max_by_key(badness) else { return };
        let key = drivers.to_vec();
        let folders = self.folders(drivers);
        let entry = self.found.entry(key).or_insert_with(|| KeptOut {
            topology,
            drivers: drivers.to_vec(),
            folders,
            adapters: Vec::new(),
            twins: Vec::new(),
            worst: worst.clone(),
            because: Vec::new(),
        });
        entry.adapters.push(adapter.id.clone());
        if badness(&worst) > badness(&entry.worst) {
            entry.worst = worst;
        }
        if let Some(twin) = twin(&effect, self.change)
            && !entry.twins.contains(&twin)
        {
            entry.twins.push(twin);
        }
        for reason in effect.because {
            if entry.because.len() < MOST_REASONS
                && !entry.because.iter().any(|b| b.kind == reason.kind && b.location == reason.location)
            {
                entry.because.push(reason);
            }
        }
        entry.adapters.sort();
        entry.adapters.dedup();
    }

    /// Where these drivers lie, every copy.
    fn folders(&self, drivers: &[DriverIndex]) -> Vec<Folder> {
        let locations = drivers.iter().flat_map(|d| &self.inputs.world.drivers[*d].locations);
        let folders = locations.filter_map(|l| match l {
            Location::Share { share, .. } => Some(Folder { share: *share, path: l.folder().to_owned() }),
            Location::Image { .. } => None,
        });
        folders.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Drivers of the shares that are not kept out.
    fn rest(&self) -> Vec<DriverIndex> {
        let out: BTreeSet<DriverIndex> = self.found.values().flat_map(|k| &k.drivers).copied().collect();
        (0..self.inputs.world.drivers.len()).filter(|d| lies_in_share(self.inputs, *d) && !out.contains(d)).collect()
    }
}

fn twin(effect: &AdapterEffect, change: &ImageChange) -> Option<Twin> {
    let driver = effect.driver_before?;
    Some(if change.added.contains(&driver) { Twin::Injected(driver) } else { Twin::InImage(driver) })
}

/// The worse, the higher: a task sequence that fails, then a network that does not come back.
fn badness(outcome: &Outcome) -> (u8, u8) {
    let task = match outcome.result {
        TaskResult::NotAffected | TaskResult::Succeeds => 0,
        TaskResult::Unknown => 1,
        TaskResult::Fails => 2,
    };
    let network = match outcome.during {
        NetworkDuring::Kept => 0,
        NetworkDuring::Interrupted => 1,
        NetworkDuring::Unknown => 2,
        NetworkDuring::NeverUp | NetworkDuring::Lost => 3,
    };
    (task, network)
}
