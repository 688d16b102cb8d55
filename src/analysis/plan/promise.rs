//! What the plan promises: the planned image and package B, predicted again, cell by cell.

use std::collections::BTreeMap;

use super::adapters::{Adapter, set_of};
use super::inject::runs;
use crate::analysis::prediction::Inputs;
use crate::analysis::prediction::effect::{AdapterEffect, TargetView};
use crate::analysis::prediction::scenario::{self, Outcome};
use crate::analysis::run::Analysis;
use crate::analysis::world::DriverIndex;
use crate::facts::ids::HardwareId;

/// The promise for one cell of the scenario.
#[derive(Clone, Debug)]
pub struct Promise {
    /// Index into the cells of the predictions.
    pub cell: usize,
    /// Adapters whose network is kept, and whose task sequence does not fail because of drivers. Ordered.
    pub kept: Vec<HardwareId>,
    /// What can not be promised, by what happens instead.
    pub exceptions: Vec<Exception>,
}

/// Adapters for which nothing is promised, for the same reason.
#[derive(Clone, Debug)]
pub struct Exception {
    /// What happens.
    pub outcome: Outcome,
    /// The adapters, ordered.
    pub adapters: Vec<HardwareId>,
}

/// Predicts once more. Adapters that are not wanted and have no driver are nobody's business.
pub(super) fn promises(
    analysis: &Analysis,
    inputs: &Inputs<'_>,
    then: &TargetView<'_>,
    package_b: &[DriverIndex],
    adapters: &[Adapter],
) -> Vec<Promise> {
    let offered = then.offered(&set_of(package_b.to_vec()));
    let effects: Vec<(&Adapter, AdapterEffect)> = adapters
        .iter()
        .filter_map(|a| then.effect_on(&offered, None, &a.ids, &a.id).map(|e| (a, e)))
        .filter(|(a, e)| a.wanted || runs(e.before, then.target))
        .collect();
    let cells = analysis.predictions.cells.iter().enumerate();
    let promise = |(cell, scenario): (usize, &scenario::Cell)| {
        let mut kept = Vec::new();
        let mut exceptions: BTreeMap<String, Exception> = BTreeMap::new();
        for (adapter, effect) in &effects {
            let outcome = scenario::outcome(inputs.db, then.target, scenario, effect);
            if outcome.is_harmless() {
                kept.push(adapter.id.clone());
                continue;
            }
            let key = format!("{:?} {:?} {}", outcome.during, outcome.result, outcome.because.text);
            let entry = exceptions.entry(key).or_insert(Exception { outcome, adapters: Vec::new() });
            entry.adapters.push(adapter.id.clone());
        }
        Promise { cell, kept, exceptions: exceptions.into_values().collect() }
    };
    cells.map(promise).collect()
}
