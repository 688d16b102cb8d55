//! Package A and package B: what must not be offered to the running Windows PE, and the rest.
//!
//! Package B holds no other driver of the adapters of package A either: that an older one loses against the driver in the image
//! may rest on nothing but a date. What audit wants to be kept out of any driver step is in neither.

use std::collections::{BTreeMap, BTreeSet};

use super::adapters::{Adapter, lies_in_share, set_of};
use super::inject::{finding_text, findings_about};
use super::{KeptOut, LeftOut, Twin};
use crate::analysis::prediction::Inputs;
use crate::analysis::prediction::effect::{AdapterEffect, ImageChange, OfferedModels, TargetView};
use crate::analysis::prediction::offered::OfferedSet;
use crate::analysis::prediction::scenario::{self, Cell, Outcome};
use crate::analysis::run::Analysis;
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, Folder, Location};
use crate::facts::ids::HardwareId;
use crate::inf_db::{Before, Effect, NetworkDuring, TaskResult};

/// Reasons that are kept of one set.
const MOST_REASONS: usize = 12;

/// The drivers of the shares, parted.
pub(super) struct Parts {
    pub(super) package_a: Vec<KeptOut>,
    pub(super) companions: Vec<DriverIndex>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) package_b: Vec<DriverIndex>,
}

/// Parts the drivers of the shares.
pub(super) fn separate(
    analysis: &Analysis,
    inputs: &Inputs<'_>,
    then: &TargetView<'_>,
    change: &ImageChange,
    adapters: &[Adapter],
) -> Parts {
    let cells = analysis.predictions.cells.iter().copied().enumerate();
    let cells: Vec<(usize, Cell)> = cells.filter(|(_, cell)| cell.offers_in_windowspe()).collect();
    let left_out = left_out(analysis, inputs, then.target);
    let mut kept = Separation {
        inputs,
        then,
        change,
        cells: &cells,
        found: BTreeMap::new(),
        left_out: left_out.iter().map(|l| l.driver).collect(),
        companions: BTreeSet::new(),
    };
    if !cells.is_empty() {
        kept.sets_of_the_share(analysis, adapters);
        kept.until_the_rest_is_harmless(adapters);
    }
    let package_b = kept.rest();
    let companions = kept.companions.into_iter().collect();
    Parts { package_a: kept.found.into_values().collect(), companions, left_out, package_b }
}

/// Drivers of the shares that no driver step should offer, with the first finding that says so.
fn left_out(analysis: &Analysis, inputs: &Inputs<'_>, target: &Target) -> Vec<LeftOut> {
    let drivers = (0..inputs.world.drivers.len()).filter(|d| lies_in_share(inputs, *d));
    let found = drivers.filter_map(|driver| {
        let mut findings = findings_about(analysis, target, driver);
        let finding = findings.find(|f| inputs.db.remedies().finding(f.rule).is_some_and(|m| m.left_out))?;
        Some(LeftOut { driver, text: finding_text(analysis, target, finding) })
    });
    found.collect()
}

struct Separation<'a> {
    inputs: &'a Inputs<'a>,
    then: &'a TargetView<'a>,
    change: &'a ImageChange,
    /// Those that offer drivers to the running Windows PE, with their index.
    cells: &'a [(usize, Cell)],
    found: BTreeMap<Vec<DriverIndex>, KeptOut>,
    left_out: BTreeSet<DriverIndex>,
    companions: BTreeSet<DriverIndex>,
}

impl Separation<'_> {
    /// Each set by itself: a package is applied by itself, too.
    fn sets_of_the_share(&mut self, analysis: &Analysis, adapters: &[Adapter]) {
        let sets = crate::analysis::prediction::offered::sets(self.inputs.world, self.inputs.topologies, &[]);
        let by_id: BTreeMap<_, _> = adapters.iter().map(|a| (&a.id, a)).collect();
        for set in sets {
            let set = self.without_left_out(set);
            let offered = self.then.offered(&set);
            for topology in &set.topologies {
                for id in &analysis.topologies.all[*topology].root_ids {
                    if let Some(adapter) = by_id.get(id) {
                        self.judge(&offered, Some(*topology), &set.drivers, adapter);
                    }
                }
            }
        }
    }

    fn without_left_out(&self, set: OfferedSet) -> OfferedSet {
        let drivers = set.drivers.into_iter().filter(|d| !self.left_out.contains(d)).collect();
        OfferedSet { drivers, ..set }
    }

    /// The rest as one set. A driver that no topology names may still claim an adapter: it is kept out, and the rest is judged
    /// anew. Ends because the rest gets smaller.
    fn until_the_rest_is_harmless(&mut self, adapters: &[Adapter]) {
        loop {
            let before = self.found.len() + self.companions.len();
            self.add_companions(adapters);
            let offered = self.then.offered(&set_of(self.rest()));
            for adapter in adapters {
                let Some(effect) = self.then.effect_on(&offered, None, &adapter.ids, &adapter.id) else { continue };
                let Some(winner) = effect.offered else { continue };
                self.judge(&offered, None, &[winner], adapter);
            }
            if self.found.len() + self.companions.len() == before {
                return;
            }
        }
    }

    /// Every other driver of the rest for an adapter of package A, with its tiers. One that the image holds afterwards is not
    /// a second driver of the adapter, but the one that runs it.
    fn add_companions(&mut self, adapters: &[Adapter]) {
        let affected: BTreeSet<&HardwareId> = self.found.values().flat_map(|k| &k.adapters).collect();
        if affected.is_empty() {
            return;
        }
        let offered = self.then.offered(&set_of(self.rest()));
        let concerned = adapters.iter().filter(|a| affected.contains(&a.id));
        let others: BTreeSet<DriverIndex> =
            concerned.flat_map(|a| self.then.candidates(&offered, &a.ids)).map(|c| c.driver).collect();
        let with_tiers = self.inputs.topologies.all.iter().filter(|t| t.root().is_some_and(|r| others.contains(&r)));
        let tiers: BTreeSet<DriverIndex> =
            with_tiers.flat_map(|t| &t.nodes).map(|(d, _)| *d).chain(others.iter().copied()).collect();
        let more: Vec<DriverIndex> = self.rest().into_iter().filter(|d| tiers.contains(d) && !self.stays(*d)).collect();
        self.companions.extend(more);
    }

    /// The planned image holds the driver.
    fn stays(&self, driver: DriverIndex) -> bool {
        let image = self.then.target.image();
        let is_there = |l: &Location| matches!(l, Location::Image { image: i, .. } if Some(*i) == image);
        self.change.added.contains(&driver)
            || (!self.change.removed.contains(&driver)
                && self.inputs.world.drivers[driver].locations.iter().any(is_there))
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
        if !matches!(effect.effect, Effect::Replaces | Effect::Ambiguous) || effect.before == Before::None {
            return;
        }
        let target = self.then.target;
        let outcomes =
            self.cells.iter().map(|(n, cell)| (*n, scenario::outcome(self.inputs.db, target, cell, &effect)));
        let harm = outcomes.filter(|(_, o)| !o.is_harmless() && !o.is_survived());
        let Some((worst_cell, worst)) = harm.max_by_key(|(n, o)| (badness(o), std::cmp::Reverse(*n))) else { return };
        // What the image holds anyway can not be kept out of it.
        let key: Vec<DriverIndex> = drivers.iter().copied().filter(|d| !self.stays(*d)).collect();
        let folders = self.folders(&key);
        let entry = self.found.entry(key.clone()).or_insert_with(|| KeptOut {
            topology,
            drivers: key,
            folders,
            adapters: Vec::new(),
            twins: Vec::new(),
            worst: worst.clone(),
            worst_cell,
            because: Vec::new(),
        });
        entry.adapters.push(adapter.id.clone());
        if badness(&worst) > badness(&entry.worst) {
            (entry.worst, entry.worst_cell) = (worst, worst_cell);
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
        let mut out: BTreeSet<DriverIndex> = self.found.values().flat_map(|k| &k.drivers).copied().collect();
        out.extend(self.left_out.iter().chain(&self.companions));
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
