//! Which install sections every network driver would use on every target, worked out once for all rules.

use std::collections::{BTreeMap, BTreeSet};

use super::classify::topology::Topologies;
use super::prediction::Predictions;
use super::selection::models::selected_models;
use super::target::Target;
use super::world::{Driver, DriverIndex, Location, World};
use crate::facts::driver_package::{DriverPackage, InstallSection, compare_names};
use crate::facts::os_version::TargetOs;
use crate::inf_db::Effect;

/// What a driver selects on a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Models that apply.
    pub models: usize,
    /// Indices into [`DriverPackage::install_sections`], ordered.
    sections: Vec<u32>,
}

/// The choices of every network driver.
#[derive(Debug, Default)]
pub struct Choices {
    /// By driver, then in the order of the targets.
    rows: BTreeMap<DriverIndex, Vec<Choice>>,
    /// Predictions say what the share does to an image's adapters.
    predicted: BTreeSet<(DriverIndex, usize)>,
    taken: BTreeSet<(DriverIndex, usize)>,
}

impl Choices {
    /// Works them out. Predictions tell which drivers of a share an image would take.
    pub fn new(world: &World, topologies: &Topologies, targets: &[Target], predictions: &Predictions) -> Self {
        let network = (0..world.drivers.len()).filter(|d| topologies.roles[*d].is_network());
        let rows = network.map(|d| (d, targets.iter().map(|t| choice(&world.drivers[d].package, &t.os)).collect()));
        let mut choices = Self { rows: rows.collect(), ..Self::default() };
        for prediction in &predictions.all {
            let offered = &predictions.offered[prediction.offered].drivers;
            // A driver of the set has the adapter afterwards, also where nothing had it before.
            let takes = matches!(prediction.effect.effect, Effect::Replaces | Effect::Ambiguous)
                || prediction.effect.driver_after.is_some_and(|after| offered.contains(&after));
            for driver in offered {
                choices.predicted.insert((*driver, prediction.target));
                if takes {
                    choices.taken.insert((*driver, prediction.target));
                }
            }
        }
        choices
    }

    /// Network drivers, ordered.
    pub fn drivers(&self) -> impl Iterator<Item = DriverIndex> + '_ {
        self.rows.keys().copied()
    }

    /// Whether this is a network driver.
    pub fn is_network(&self, driver: DriverIndex) -> bool {
        self.rows.contains_key(&driver)
    }

    /// What a network driver selects on a target.
    pub fn of(&self, driver: DriverIndex, target: usize) -> Option<&Choice> {
        self.rows.get(&driver)?.get(target)
    }

    /// The driver selects a device there.
    pub fn selects(&self, driver: DriverIndex, target: usize) -> bool {
        self.of(driver, target).is_some_and(|c| c.models > 0)
    }

    /// The install sections that it uses there.
    pub fn sections<'w>(
        &self,
        driver: &'w Driver,
        index: DriverIndex,
        target: usize,
    ) -> impl Iterator<Item = &'w InstallSection> {
        let sections = self.of(index, target).map(|c| c.sections.clone()).unwrap_or_default();
        sections.into_iter().filter_map(|n| driver.package.install_sections.get(n as usize))
    }

    /// A device of the target would get this driver, as far as that can be told: it selects one, and nothing is known of a
    /// better driver in the image.
    pub fn is_taken(&self, driver: DriverIndex, target: usize) -> bool {
        let key = (driver, target);
        self.selects(driver, target) && (!self.predicted.contains(&key) || self.taken.contains(&key))
    }
}

/// A driver at this location can reach the target: a share is offered to every target, an image holds its own drivers.
pub fn reaches(location: &Location, target: &Target) -> bool {
    match location {
        Location::Share { .. } => true,
        Location::Image { image, .. } => target.image() == Some(*image),
    }
}

fn choice(package: &DriverPackage, os: &TargetOs) -> Choice {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut models = 0;
    for selected in selected_models(package, os) {
        models += 1;
        names.insert(&selected.model.install_section);
    }
    let at = |name: &str| {
        let order = |s: &InstallSection| compare_names(&s.name, name).then(s.arch.cmp(&os.arch));
        package.install_sections.binary_search_by(order).ok().and_then(|n| u32::try_from(n).ok())
    };
    let mut sections: Vec<u32> = names.into_iter().filter_map(at).collect();
    sections.sort_unstable();
    sections.dedup();
    Choice { models, sections }
}
