//! What rules about an offered driver against the one in an image share: one finding for each offered driver, with all images
//! and adapters in it.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity, driver_identity, other_places};
use crate::analysis::prediction::effect::AdapterEffect;
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::ids::HardwareId;

/// One offered driver and what it meets.
pub(super) struct Against {
    /// The offered driver.
    pub(super) offered: DriverIndex,
    /// Drivers of the images.
    rivals: BTreeSet<DriverIndex>,
    targets: BTreeSet<usize>,
    adapters: BTreeSet<HardwareId>,
    evidence: BTreeSet<Evidence>,
    confidence: Confidence,
}

/// A finding shows reasons, not a log.
const MOST_REASONS: usize = 12;

/// Every offered driver with an effect of this kind, ordered.
pub(super) fn collect(context: &Context<'_>, concerns: &dyn Fn(&AdapterEffect) -> bool) -> Vec<Against> {
    let mut found: BTreeMap<DriverIndex, Against> = BTreeMap::new();
    for prediction in context.predictions.all.iter().filter(|p| concerns(&p.effect)) {
        let effect = &prediction.effect;
        let (Some(offered), Some(rival)) = (effect.offered, effect.driver_before) else { continue };
        let entry = found.entry(offered).or_insert_with(|| Against {
            offered,
            rivals: BTreeSet::new(),
            targets: BTreeSet::new(),
            adapters: BTreeSet::new(),
            evidence: BTreeSet::new(),
            confidence: effect.confidence,
        });
        entry.rivals.insert(rival);
        entry.targets.insert(prediction.target);
        entry.adapters.extend(prediction.adapters.iter().cloned());
        entry.confidence = entry.confidence.min(effect.confidence);
        let decisive = effect.because.iter().filter(|e| matches!(e.kind, "rank" | "same-driver-name"));
        entry.evidence.extend(decisive.cloned());
    }
    found.into_values().collect()
}

impl Against {
    pub(super) fn adapters_text(&self) -> String {
        match self.adapters.len() {
            1 => "1 adapter id".to_owned(),
            count => format!("{count} adapter ids"),
        }
    }

    pub(super) fn targets_text(&self, context: &Context<'_>) -> String {
        folded_names(context.targets, &self.targets)
    }

    pub(super) fn rivals_text(&self, context: &Context<'_>) -> String {
        let names: BTreeSet<&str> = self.rivals.iter().map(|d| context.world.drivers[*d].inf.as_str()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The finding, at the offered driver in its share.
    pub(super) fn finding(
        self,
        context: &Context<'_>,
        rule: &'static str,
        severity: Severity,
        text: String,
    ) -> Finding {
        let world = context.world;
        let driver = &world.drivers[self.offered];
        let mut identity = vec![driver_identity(driver)];
        identity.extend(self.rivals.iter().map(|d| driver_identity(&world.drivers[*d])));
        let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
        let in_share = driver.locations.iter().find(|l| matches!(l, Location::Share { .. }));
        let place = world.place(in_share.unwrap_or(&driver.locations[0]), 0);
        let mut finding = Finding::new(rule, severity, place, &identity, text).about_driver(self.offered);
        finding.confidence = self.confidence;
        finding.subject.adapters = self.adapters.into_iter().collect();
        finding.targets = self.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
        finding.related = other_places(world, self.offered);
        let images: BTreeSet<usize> = self.targets.iter().filter_map(|t| context.targets[*t].image()).collect();
        for rival in &self.rivals {
            let there = world.drivers[*rival].locations.iter();
            let there = there.filter(|l| matches!(l, Location::Image { image, .. } if images.contains(image)));
            finding.related.extend(there.map(|l| world.place(l, 0)));
        }
        finding.evidence = self.evidence.into_iter().take(MOST_REASONS).collect();
        finding
    }
}
