//! Fleet coverage: for each network adapter of the fleet and each target, which driver of the image runs it, whether that
//! survives the offered sets, and the share's best package for it where the image has none.

mod adapters;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use self::adapters::{Adapters, FleetAdapter, names_wireless};

use super::classify::topology::Topologies;
use super::evidence::{Confidence, Evidence};
use super::finding::Finding;
use super::prediction::effect::{OfferedModels, TargetView};
use super::prediction::offered::{self, OfferedSet};
use super::prediction::scenario::{self, Outcome};
use super::prediction::{Inputs, Predictions};
use super::selection::rank::compare;
use super::target::Target;
use super::world::{DriverIndex, Folder, World};
use crate::inf_db::{After, Before, Effect, NetworkDuring, TaskResult};

/// What the image does for an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A driver of the image runs it.
    Runs,
    /// A driver of the image takes it and gives no network: a bus driver without its miniport, or no network driver.
    NoNetwork,
    /// No driver of the image selects it.
    NoDriver,
    /// No image is given: nothing is known about what is in it.
    NotKnown,
}

impl State {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            State::Runs => "runs",
            State::NoNetwork => "no-network",
            State::NoDriver => "no-driver",
            State::NotKnown => "not-known",
        }
    }
}

/// A set that takes an adapter away from the driver that runs it.
#[derive(Clone, Debug)]
pub struct Threat {
    /// Index into [`Predictions::offered`].
    pub offered: usize,
    /// Index of the topology.
    pub topology: usize,
    /// The driver that takes over.
    pub driver: Option<DriverIndex>,
    /// The worst that follows in one of the scenario cells.
    pub worst: Outcome,
}

/// The best driver that the share has for an adapter on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareBest {
    /// The driver.
    pub driver: DriverIndex,
    /// The folder to inject.
    pub folder: Folder,
    /// What would run the adapter with it.
    pub after: After,
}

/// One adapter on one target.
#[derive(Clone, Debug)]
pub struct CoverageRow {
    /// Index into [`Adapters::all`].
    pub adapter: usize,
    /// Index into the targets.
    pub target: usize,
    /// What the image does for it.
    pub state: State,
    /// The driver of the image that takes it.
    pub driver: Option<DriverIndex>,
    /// Sets that take the network away, worst first.
    pub threats: Vec<Threat>,
    /// Where the image runs nothing: what the share has.
    pub share_best: Option<ShareBest>,
    /// Why.
    pub because: Evidence,
    /// Rules that say of this driver (or of the share's best) on this target that it does not load.
    pub does_not_load: BTreeSet<&'static str>,
    /// How sure that the device is a network adapter at all.
    pub confidence: Confidence,
}

impl CoverageRow {
    /// What happens to the network when the share's sets are offered: the worst of all cells.
    pub fn during(&self) -> NetworkDuring {
        match self.state {
            State::Runs => self.threats.first().map_or(NetworkDuring::Kept, |t| t.worst.during),
            State::NoNetwork | State::NoDriver => NetworkDuring::NeverUp,
            State::NotKnown => NetworkDuring::Unknown,
        }
    }
}

/// Machines of the fleet on one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineCounts {
    /// At least one wired adapter runs, and no offered set ends the task sequence or its network.
    pub fine: usize,
    /// Wired adapters run, but each of them loses the network, or the task sequence fails, when some set is offered.
    pub at_risk: usize,
    /// No wired adapter runs.
    pub without_network: usize,
    /// The inventory names no wired adapter that could be judged.
    pub not_judged: usize,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Machines in the fleet.
    pub machines: usize,
    /// Names of models; empty when no inventory says one.
    pub models: BTreeSet<String>,
    /// The adapters.
    pub adapters: Adapters,
    /// One row for each target and adapter, in this order.
    pub rows: Vec<CoverageRow>,
    /// Machines by target; targets that are no image have none.
    pub by_target: BTreeMap<usize, MachineCounts>,
}

/// Judges the fleet of the world; `None` when no fleet is given.
pub fn judge(inputs: &Inputs<'_>, predictions: &Predictions) -> Option<Coverage> {
    if inputs.world.fleet.is_empty() {
        return None;
    }
    let adapters = adapters::collect(inputs);
    let models = inputs.world.fleet.iter().filter_map(|m| m.model.clone()).collect();
    let mut coverage = Coverage { machines: inputs.world.fleet.len(), models, adapters, ..Coverage::default() };
    let relevant = Relevant::of(inputs, predictions, &coverage.adapters);
    // A matrix of all releases would say little: who names no target has no image to cover.
    for (index, target) in inputs.targets.iter().enumerate().filter(|(_, t)| t.named) {
        let view = TargetView::new(inputs, target);
        let mut models = ModelsOfSets::default();
        let first = coverage.rows.len();
        for adapter in 0..coverage.adapters.all.len() {
            let row = relevant.row(
                inputs,
                predictions,
                &view,
                &mut models,
                &coverage.adapters.all[adapter],
                (adapter, index),
            );
            coverage.rows.push(row);
        }
        if target.image().is_some() {
            let rows: Vec<&CoverageRow> = coverage.rows[first..].iter().collect();
            let counts = machine_counts(&coverage.adapters, &rows);
            coverage.by_target.insert(index, counts);
        }
    }
    Some(coverage)
}

/// The models of sets on one target, made when they are first asked for.
#[derive(Default)]
struct ModelsOfSets<'a> {
    /// Of the sets of the predictions.
    offered: BTreeMap<usize, OfferedModels<'a>>,
    /// Of all sets of the shares.
    shares: BTreeMap<usize, OfferedModels<'a>>,
}

/// Which sets hold a driver that knows a device of the fleet.
struct Relevant {
    /// All sets of the shares, also where `--package` offers only some.
    sets: Vec<OfferedSet>,
    /// Sets of the shares by driver.
    sets_by_driver: BTreeMap<DriverIndex, Vec<usize>>,
    /// Sets of the predictions by driver.
    offered_by_driver: BTreeMap<DriverIndex, Vec<usize>>,
}

impl Relevant {
    fn of(inputs: &Inputs<'_>, predictions: &Predictions, adapters: &Adapters) -> Self {
        let sets = offered::sets(inputs.world, inputs.topologies, &[]);
        let known: BTreeSet<DriverIndex> = adapters.all.iter().flat_map(|a| &a.drivers).copied().collect();
        let by_driver = |sets: &[OfferedSet]| {
            let mut found: BTreeMap<DriverIndex, Vec<usize>> = BTreeMap::new();
            for (index, set) in sets.iter().enumerate() {
                for driver in set.drivers.iter().filter(|d| known.contains(d)) {
                    found.entry(*driver).or_default().push(index);
                }
            }
            found
        };
        Self { sets_by_driver: by_driver(&sets), offered_by_driver: by_driver(&predictions.offered), sets }
    }

    fn row<'a>(
        &self,
        inputs: &Inputs<'_>,
        predictions: &Predictions,
        view: &TargetView<'a>,
        models: &mut ModelsOfSets<'a>,
        adapter: &FleetAdapter,
        (index, target): (usize, usize),
    ) -> CoverageRow {
        let (before, driver, because) = view.now_on(&adapter.ids, &adapter.id);
        let state = match (view.target.image(), before, driver) {
            (None, ..) => State::NotKnown,
            (_, Before::None, Some(_)) => State::NoNetwork,
            (_, Before::None, None) => State::NoDriver,
            _ => State::Runs,
        };
        let threats = match state {
            State::Runs => self.threats(inputs, predictions, view, models, adapter),
            _ => Vec::new(),
        };
        let share_best = (state != State::Runs).then(|| self.share_best(view, models, adapter)).flatten();
        let because = match state {
            State::NotKnown => Evidence::new("no-image", "no boot image given: nothing is known about its drivers"),
            _ => because,
        };
        let confidence = if adapter.said { Confidence::Proven } else { Confidence::Likely };
        CoverageRow {
            adapter: index,
            target,
            state,
            driver,
            threats,
            share_best,
            because,
            does_not_load: BTreeSet::new(),
            confidence,
        }
    }

    fn threats<'a>(
        &self,
        inputs: &Inputs<'_>,
        predictions: &Predictions,
        view: &TargetView<'a>,
        models: &mut ModelsOfSets<'a>,
        adapter: &FleetAdapter,
    ) -> Vec<Threat> {
        let mut threats = Vec::new();
        let sets: BTreeSet<usize> =
            adapter.drivers.iter().filter_map(|d| self.offered_by_driver.get(d)).flatten().copied().collect();
        for set_index in sets {
            let set = &predictions.offered[set_index];
            let offered = models.offered.entry(set_index).or_insert_with(|| view.offered(set));
            let topologies = set.topologies.iter().filter(|t| claims(inputs.topologies, **t, &adapter.drivers));
            for topology in topologies {
                let effect =
                    view.effect_on(offered, Some(&inputs.topologies.all[*topology]), &adapter.ids, &adapter.id);
                let Some(effect) = effect.filter(|e| matches!(e.effect, Effect::Replaces | Effect::Ambiguous)) else {
                    continue;
                };
                // What fails without the set being offered is not the set's doing.
                let cells = predictions.cells.iter().filter(|cell| cell.offers_in_windowspe());
                let outcomes = cells.map(|cell| scenario::outcome(inputs.db, view.target, cell, &effect));
                let worst = outcomes.filter(|o| !o.is_harmless()).max_by_key(badness);
                if let Some(worst) = worst {
                    threats.push(Threat {
                        offered: set_index,
                        topology: *topology,
                        driver: effect.driver_after,
                        worst,
                    });
                }
            }
        }
        threats.sort_by_key(|t| (std::cmp::Reverse(badness(&t.worst)), t.offered, t.topology));
        threats
    }

    /// What works comes first, then what Windows would choose.
    fn share_best<'a>(
        &self,
        view: &TargetView<'a>,
        models: &mut ModelsOfSets<'a>,
        adapter: &FleetAdapter,
    ) -> Option<ShareBest> {
        let sets: BTreeSet<usize> =
            adapter.drivers.iter().filter_map(|d| self.sets_by_driver.get(d)).flatten().copied().collect();
        let mut best: Option<(u8, _, ShareBest)> = None;
        for set_index in sets {
            let set = &self.sets[set_index];
            let offered = models.shares.entry(set_index).or_insert_with(|| view.offered(set));
            let Some((candidate, driver, after)) = view.best_of_set(offered, &adapter.ids) else { continue };
            let class = match after {
                After::Monolithic => 0,
                After::MultiTierComplete => 1,
                After::MultiTierIncomplete => 2,
                After::NullDriver => 3,
            };
            let better = best
                .as_ref()
                .is_none_or(|(c, b, _)| class < *c || (class == *c && compare(&candidate, b).ordering.is_lt()));
            if better {
                let folder = set.folder.clone();
                best = Some((class, candidate, ShareBest { driver, folder, after }));
            }
        }
        best.map(|(.., best)| best)
    }
}

/// The topology's root is one of these drivers.
fn claims(topologies: &Topologies, topology: usize, drivers: &BTreeSet<DriverIndex>) -> bool {
    topologies.all[topology].nodes.first().is_some_and(|(d, _)| drivers.contains(d))
}

/// The worse, the higher.
fn badness(outcome: &Outcome) -> (u8, u8) {
    let network = match outcome.during {
        NetworkDuring::Kept => 0,
        NetworkDuring::Interrupted => 1,
        NetworkDuring::Unknown => 2,
        NetworkDuring::NeverUp => 3,
        NetworkDuring::Lost => 4,
    };
    let task = match outcome.result {
        TaskResult::NotAffected | TaskResult::Succeeds => 0,
        TaskResult::Unknown => 1,
        TaskResult::Fails => 2,
    };
    (network, task)
}

/// What becomes of each machine: one working wired adapter is enough to deploy it.
fn machine_counts(adapters: &Adapters, rows: &[&CoverageRow]) -> MachineCounts {
    let mut counts = MachineCounts::default();
    for machine in &adapters.of_machine {
        let wired = || machine.iter().filter(|a| !adapters.all[**a].wireless).filter_map(|a| rows.get(*a).copied());
        let keeps = |row: &CoverageRow| {
            row.state == State::Runs
                && row.does_not_load.is_empty()
                && row.threats.iter().all(|t| t.worst.result != TaskResult::Fails && badness(&t.worst).0 < 2)
        };
        if wired().next().is_none() {
            counts.not_judged += 1;
        } else if wired().any(keeps) {
            counts.fine += 1;
        } else if wired().any(|row| row.state == State::Runs) {
            counts.at_risk += 1;
        } else {
            counts.without_network += 1;
        }
    }
    counts
}

/// Rules whose findings say that a driver does not load on a target.
const LOAD_RULES: [&str; 6] = [
    "driver-architecture-mismatch",
    "driver-imports-missing-in-winpe",
    "driver-staged-but-unbound",
    "kmdf-newer-than-winpe",
    "netadaptercx-not-in-winpe",
    "netadaptercx-too-old-for-winpe",
];

impl Coverage {
    /// Notes what the rules found out about the drivers of the table, and counts the machines again.
    pub fn add_findings(&mut self, findings: &[Finding], targets: &[Target]) {
        let mut faults: BTreeMap<(DriverIndex, &str), BTreeSet<&'static str>> = BTreeMap::new();
        for finding in findings {
            let rule = LOAD_RULES.iter().find(|rule| **rule == finding.rule);
            if let (Some(rule), Some(driver)) = (rule, finding.subject.driver) {
                for target in &finding.targets {
                    faults.entry((driver, target)).or_default().insert(rule);
                }
            }
        }
        for row in &mut self.rows {
            let driver = match row.state {
                State::Runs => row.driver,
                _ => row.share_best.as_ref().map(|b| b.driver),
            };
            let found = driver.and_then(|d| faults.get(&(d, targets[row.target].name.as_str())));
            row.does_not_load = found.cloned().unwrap_or_default();
        }
        let by_target: Vec<usize> = self.by_target.keys().copied().collect();
        for target in by_target {
            let rows: Vec<&CoverageRow> = self.rows.iter().filter(|r| r.target == target).collect();
            let counts = machine_counts(&self.adapters, &rows);
            self.by_target.insert(target, counts);
        }
    }
}

/// The folder of a set as reports show it.
pub fn folder_text(world: &World, folder: &Folder) -> String {
    let path = world.share_path(folder.share, &folder.path);
    if path.is_empty() { ".".to_owned() } else { path }
}
