//! Which driver of a boot image loses its adapters to a multi-tier one.
//!
//! The fault is that of `multi-tier-nic-in-windowspe`, told there with its consequences; here it is seen from the image, so it is
//! information.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::adapter_ids;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::prediction::Prediction;
use crate::analysis::world::{DriverIndex, ImageIndex, Location};
use crate::facts::boot_image::DriverOrigin;
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, Before, Effect, NetworkDuring};

pub(super) const ID: &str = "monolithic-nic-replaced-by-multi-tier";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut lost: BTreeMap<(ImageIndex, DriverIndex), Vec<&Prediction>> = BTreeMap::new();
    for prediction in context.predictions.all.iter().filter(|p| concerns(p)) {
        let image = context.targets[prediction.target].image();
        if let (Some(image), Some(loser)) = (image, prediction.effect.driver_before) {
            lost.entry((image, loser)).or_default().push(prediction);
        }
    }
    findings.extend(lost.into_iter().map(|((image, loser), p)| finding(context, image, loser, &p)));
}

fn concerns(prediction: &Prediction) -> bool {
    let effect = &prediction.effect;
    effect.before == Before::Monolithic
        && effect.effect == Effect::Replaces
        && matches!(effect.after, After::MultiTierComplete | After::MultiTierIncomplete)
        && prediction.outcomes.iter().any(|o| o.during != NetworkDuring::Kept)
}

fn finding(context: &Context<'_>, image: ImageIndex, loser: DriverIndex, predictions: &[&Prediction]) -> Finding {
    let world = context.world;
    let name = world.image_name(image);
    let driver = &world.drivers[loser];
    let adapters: BTreeSet<&HardwareId> = predictions.iter().flat_map(|p| &p.adapters).collect();
    let winners: BTreeSet<DriverIndex> = predictions.iter().filter_map(|p| p.effect.driver_after).collect();
    let here = driver.locations.iter().find(|l| matches!(l, Location::Image { image: i, .. } if *i == image));
    let origin = match here {
        Some(Location::Image { origin: DriverOrigin::Injected, .. }) => "injected",
        _ => "in-box",
    };
    let listed: BTreeSet<&str> = winners.iter().map(|d| world.drivers[*d].inf.as_str()).collect();
    let text = format!(
        "{} ({origin}) runs {} in {name} and loses them to {}; what follows is said by \
         multi-tier-nic-in-windowspe",
        driver.inf,
        adapter_ids(adapters.len()),
        listed.into_iter().collect::<Vec<_>>().join(", "),
    );
    let place = here.map_or_else(|| Place::file(&name), |l| world.place(l, 0));
    let mut identity = vec![driver_identity(driver)];
    identity.extend(winners.iter().map(|d| driver_identity(&world.drivers[*d])));
    identity.push(context.releases[image].title.clone());
    identity.push(world.images[image].facts.index.to_string());
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut finding = Finding::new(ID, Severity::Info, place, &identity, text).about_image(image, name);
    finding.subject.driver = Some(loser);
    finding.subject.adapters = adapters.into_iter().cloned().collect();
    finding.confidence = predictions.iter().map(|p| p.effect.confidence).min().unwrap_or(Confidence::Guess);
    finding.related = winners.iter().map(|d| world.place(&world.drivers[*d].locations[0], 0)).collect();
    let reasons = predictions.iter().flat_map(|p| &p.effect.because).filter(|e| e.kind == "rank");
    let reasons: BTreeSet<&Evidence> = reasons.collect();
    finding.evidence = reasons.into_iter().cloned().collect();
    finding
}
