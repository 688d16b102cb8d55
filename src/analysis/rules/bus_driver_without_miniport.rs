//! A bus driver takes an adapter on a target, and no miniport for its child selects anything there.
//!
//! In Windows PE the adapter is lost (`multi-tier-nic-in-windowspe` says what follows); this says what is missing, and that the
//! deployed system of that version has no network either.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::adapter_ids;
use crate::analysis::classify::role::Role;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity, other_places};
use crate::analysis::prediction::effect::TargetView;
use crate::analysis::prediction::{Inputs, Prediction};
use crate::analysis::target::{Target, folded_names};
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, Effect, TaskResult};

pub(super) const ID: &str = "bus-driver-without-miniport";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut offered: BTreeMap<DriverIndex, Vec<&Prediction>> = BTreeMap::new();
    for prediction in context.predictions.all.iter().filter(|p| concerns(context, p)) {
        if let Some(bus) = prediction.effect.driver_after {
            offered.entry(bus).or_default().push(prediction);
        }
    }
    findings.extend(offered.into_iter().map(|(bus, predictions)| of_share(context, bus, &predictions)));
    let inputs = Inputs {
        world: context.world,
        profiles: context.profiles,
        topologies: context.topologies,
        targets: context.targets,
        db: context.db,
    };
    for target in context.targets.iter().filter(|t| t.image().is_some()) {
        let buses = TargetView::new(&inputs, target).buses_without_miniport();
        findings.extend(buses.into_iter().map(|(bus, adapters)| of_image(context, target, bus, &adapters)));
    }
}

/// The offered bus driver gets the adapter, and the chain below it is not complete.
fn concerns(context: &Context<'_>, prediction: &Prediction) -> bool {
    let effect = &prediction.effect;
    effect.after == After::MultiTierIncomplete
        && matches!(effect.effect, Effect::Replaces | Effect::None | Effect::Ambiguous)
        && effect.driver_after == effect.offered
        && effect.driver_before != effect.offered
        && effect.driver_after.is_some_and(|d| context.topologies.roles[d] == Role::BusDriver)
}

fn of_share(context: &Context<'_>, bus: DriverIndex, predictions: &[&Prediction]) -> Finding {
    let world = context.world;
    let driver = &world.drivers[bus];
    let targets: BTreeSet<usize> = predictions.iter().map(|p| p.target).collect();
    let adapters: BTreeSet<&HardwareId> = predictions.iter().flat_map(|p| &p.adapters).collect();
    let miniports = miniports(context, bus);
    let missing = if miniports.is_empty() {
        "no miniport for its child devices lies in the share or the image".to_owned()
    } else {
        format!("{} selects nothing there", miniports.into_iter().collect::<Vec<_>>().join(", "))
    };
    let text = format!(
        "{} takes {} on {}, and {missing}: these adapters have no network, in Windows PE and in a \
         deployed Windows of that version",
        driver.inf,
        adapter_ids(adapters.len()),
        folded_names(context.targets, &targets)
    );
    let in_share = driver.locations.iter().find(|l| matches!(l, Location::Share { .. }));
    let place = world.place(in_share.unwrap_or(&driver.locations[0]), 0);
    let mut finding =
        Finding::new(ID, severity(context, predictions), place, &[&driver_identity(driver)], text).about_driver(bus);
    finding.subject.topology = predictions.first().map(|p| p.topology);
    finding.subject.adapters = adapters.into_iter().cloned().collect();
    finding.confidence = Confidence::Likely;
    finding.targets = targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.related = other_places(world, bus);
    finding.evidence = evidence(context, bus);
    finding
}

/// An error where a named target loses an adapter that worked; where a driver is missing for some release that nobody named,
/// and there for others, it is good to know.
fn severity(context: &Context<'_>, predictions: &[&Prediction]) -> Severity {
    let fails = |p: &&Prediction| {
        p.effect.effect == Effect::Replaces
            && context.targets[p.target].named
            && p.outcomes.iter().any(|o| o.result == TaskResult::Fails)
    };
    let named = predictions.iter().any(|p| context.targets[p.target].named);
    let alone = predictions.iter().any(|p| context.topologies.all[p.topology].leaves().next().is_none());
    match (predictions.iter().any(fails), named || alone) {
        (true, _) => Severity::Error,
        (false, true) => Severity::Warning,
        (false, false) => Severity::Info,
    }
}

/// INF names of the network drivers below a bus driver, on whatever target.
fn miniports<'w>(context: &'w Context<'_>, bus: DriverIndex) -> BTreeSet<&'w str> {
    let topologies = context.topologies.all.iter().filter(|t| t.root() == Some(bus));
    topologies.flat_map(|t| t.leaves()).map(|d| context.world.drivers[d].inf.as_str()).collect()
}

/// Why it is taken for a bus driver.
fn evidence(context: &Context<'_>, bus: DriverIndex) -> Vec<Evidence> {
    let topologies = context.topologies.all.iter().filter(|t| t.root() == Some(bus));
    let edges: Vec<Evidence> = topologies.flat_map(|t| &t.edges).flat_map(|e| e.evidence.iter().cloned()).collect();
    if !edges.is_empty() {
        return edges;
    }
    let services = &context.profiles[bus].services;
    let links = context.db.families().iter().flat_map(|f| f.links.iter().map(move |l| (f, l)));
    let known = links.filter(|(_, link)| services.iter().any(|s| link.has_bus_service(s)));
    known
        .map(|(family, link)| {
            let text = format!(
                "its service {} is a bus driver of {} and makes children on {}\\",
                services.iter().find(|s| link.has_bus_service(s)).map_or("", String::as_str),
                family.title,
                link.enumerator
            );
            Evidence::new("family-table", text).from_source(&link.source)
        })
        .collect()
}

fn of_image(context: &Context<'_>, target: &Target, bus: DriverIndex, adapters: &[&HardwareId]) -> Finding {
    let world = context.world;
    let driver = &world.drivers[bus];
    let text = format!(
        "{}: {} claims {}, and no miniport for its child devices is in the image: on these adapters Windows PE \
         has no network",
        target.title,
        driver.inf,
        adapters.len()
    );
    let here =
        driver.locations.iter().find(|l| matches!(l, Location::Image { image, .. } if Some(*image) == target.image()));
    let place = here.map_or_else(|| Place::file(&target.name), |l| world.place(l, 0));
    let index = target.image().map_or(0, |i| world.images[i].facts.index).to_string();
    let identity = [driver_identity(driver), "image".to_owned(), index];
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut finding = Finding::new(ID, Severity::Warning, place, &identity, text).about_driver(bus);
    finding.subject.image = target.image();
    finding.subject.adapters = adapters.iter().map(|id| (*id).clone()).collect();
    finding.targets.push(target.name.clone());
    finding.confidence = Confidence::Likely;
    finding.evidence = evidence(context, bus);
    finding
}
