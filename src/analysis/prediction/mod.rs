//! What an offered set does to each adapter of a target in the windowsPE pass, and what that means for the deployment.
//!
//! The subject is an *offered set* (the drivers of one folder and topology, or `--package`), judged *per adapter id*: a bus
//! driver alone and a bus driver with its miniport have different effects (DESIGN.md 4).

pub mod effect;
pub mod offered;
pub mod rivals;
pub mod scenario;

use std::collections::BTreeMap;

use self::effect::{AdapterEffect, TargetView};
use self::offered::OfferedSet;
use self::scenario::{Cell, Cells};
use super::classify::profile::Profile;
use super::classify::topology::{Topologies, TopologyKind};
use super::evidence::Evidence;
use super::target::Target;
use super::world::World;
use crate::facts::ids::HardwareId;
use crate::inf_db::{Before, InfDb};

/// One conclusion: this set, these adapters, this target, and what follows in every scenario cell.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Index into [`Predictions::offered`].
    pub offered: usize,
    /// Index of the topology.
    pub topology: usize,
    /// Index into the targets.
    pub target: usize,
    /// Adapter ids that share everything below, ordered.
    pub adapters: Vec<HardwareId>,
    /// What happens to the adapter.
    pub effect: AdapterEffect,
    /// What follows, for each cell of [`Cells`].
    pub outcomes: Vec<scenario::Outcome>,
}

/// All predictions.
#[derive(Debug, Default)]
pub struct Predictions {
    /// The sets that were judged.
    pub offered: Vec<OfferedSet>,
    /// Scenario cells, in a fixed order.
    pub cells: Vec<Cell>,
    /// Ordered by target, offered set, topology, first adapter.
    pub all: Vec<Prediction>,
    /// Multi-tier drivers that run adapters in an image already, before anything is offered.
    pub residents: Vec<Resident>,
}

/// A multi-tier driver that has adapters in an image now.
#[derive(Clone, Debug)]
pub struct Resident {
    /// Index into the targets.
    pub target: usize,
    /// Index of the topology.
    pub topology: usize,
    /// Adapters that its bus driver wins, ordered.
    pub adapters: Vec<HardwareId>,
    /// [`Before::MultiTier`] when every tier selects devices, [`Before::None`] when the miniport is missing.
    pub state: Before,
    /// Why.
    pub because: Evidence,
}

/// Everything that a prediction stands on.
pub struct Inputs<'a> {
    /// The joined inputs.
    pub world: &'a World,
    /// Profiles by driver.
    pub profiles: &'a [Profile],
    /// Topologies and roles.
    pub topologies: &'a Topologies,
    /// What is judged.
    pub targets: &'a [Target],
    /// Knowledge.
    pub db: &'a InfDb,
}

/// Predicts every set for every target.
pub fn predict(inputs: &Inputs<'_>, cells: &Cells, packages: &[super::world::Folder]) -> Predictions {
    let offered = offered::sets(inputs.world, inputs.topologies, packages);
    let cells = cells.all();
    let mut all = Vec::new();
    let mut found = Vec::new();
    for (index, target) in inputs.targets.iter().enumerate() {
        let view = TargetView::new(inputs, target);
        found.extend(residents(inputs, &view, index));
        for (set_index, set) in offered.iter().enumerate() {
            for topology in &set.topologies {
                all.extend(predict_topology(inputs, &view, index, (set_index, set), *topology, &cells));
            }
        }
    }
    Predictions { offered, cells, all, residents: found }
}

/// Adapters of an image that a bus driver in it has now.
fn residents(inputs: &Inputs<'_>, view: &TargetView<'_>, target: usize) -> Vec<Resident> {
    let mut found = Vec::new();
    if view.target.image().is_none() {
        return found;
    }
    for (index, topology) in inputs.topologies.all.iter().enumerate() {
        let Some(root) = topology.root().filter(|_| topology.kind == TopologyKind::MultiTier && !topology.wireless)
        else {
            continue;
        };
        let mut by_state: BTreeMap<Before, (Vec<HardwareId>, Evidence)> = BTreeMap::new();
        for id in &topology.root_ids {
            if let Some((driver, state, because)) = view.now(id)
                && driver == root
            {
                by_state.entry(state).or_insert_with(|| (Vec::new(), because)).0.push(id.clone());
            }
        }
        let residents = by_state.into_iter().map(|(state, (adapters, because))| Resident {
            target,
            topology: index,
            adapters,
            state,
            because,
        });
        found.extend(residents);
    }
    found
}

/// One topology of one set on one target; adapters with the same answer are folded into one prediction.
fn predict_topology(
    inputs: &Inputs<'_>,
    view: &TargetView<'_>,
    target: usize,
    (set_index, set): (usize, &OfferedSet),
    topology_index: usize,
    cells: &[Cell],
) -> Vec<Prediction> {
    let topology = &inputs.topologies.all[topology_index];
    // Without an image nothing is known about what a monolithic driver would replace.
    if topology.kind == TopologyKind::Monolithic && view.target.image().is_none() {
        return Vec::new();
    }
    let offered = view.offered(set);
    let mut folded: BTreeMap<effect::FoldKey, (AdapterEffect, Vec<HardwareId>)> = BTreeMap::new();
    for id in &topology.root_ids {
        let Some(effect) = view.effect(&offered, topology, id) else { continue };
        folded.entry(effect.key()).or_insert_with(|| (effect, Vec::new())).1.push(id.clone());
    }
    let predictions = folded.into_values().map(|(effect, adapters)| Prediction {
        offered: set_index,
        topology: topology_index,
        target,
        adapters,
        outcomes: cells.iter().map(|cell| scenario::outcome(inputs.db, view.target, cell, &effect)).collect(),
        effect,
    });
    let mut predictions: Vec<Prediction> = predictions.collect();
    predictions.sort_by(|a, b| a.adapters.cmp(&b.adapters));
    predictions
}
