//! The article's case: a multi-tier NIC driver in the windowsPE pass takes the adapter from the driver that works there.
//!
//! One finding speaks of one topology, wherever it lies; targets and folders are lists in it.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::adapter_ids;
use crate::analysis::choices::reaches;
use crate::analysis::classify::topology::TopologyKind;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::prediction::scenario::{Cell, Outcome};
use crate::analysis::prediction::{Prediction, Resident};
use crate::analysis::target::{Target, folded_names};
use crate::analysis::world::{ImageIndex, Location};
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, Before, ContentAccess, Effect, MultiTier, NetworkDuring, TaskResult};

pub(super) const ID: &str = "multi-tier-nic-in-windowspe";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_topology: BTreeMap<usize, Vec<&Prediction>> = BTreeMap::new();
    for prediction in context.predictions.all.iter().filter(|p| concerns(p)) {
        by_topology.entry(prediction.topology).or_default().push(prediction);
    }
    for (topology, predictions) in by_topology {
        findings.extend(finding(context, topology, &predictions));
    }
    findings.extend(context.predictions.residents.iter().filter_map(|resident| in_the_image(context, resident)));
}

/// The image itself runs adapters with a multi-tier driver, where its release can not, or without the miniport.
fn in_the_image(context: &Context<'_>, resident: &Resident) -> Option<Finding> {
    let target = &context.targets[resident.target];
    let topology = &context.topologies.all[resident.topology];
    let root = topology.root()?;
    let (severity, confidence, what) = match (target.multi_tier, resident.state) {
        // A bus driver without its miniport is another rule's business.
        (_, Before::None) => return None,
        (Some(MultiTier::SingleEnumeration), _) => (
            Severity::Error,
            Confidence::Likely,
            "Windows PE 2.x enumerates devices once, so the miniport never gets its device: the network of these adapters \
             is never up",
        ),
        (Some(MultiTier::ReplacedThenRecovers), _) => (
            Severity::Warning,
            Confidence::Guess,
            "whether the network comes up on 3.x is not known: Microsoft's ConfigMgr team wrote that Windows PE does not \
             support multi-tier devices, but in-box drivers of Windows 7 are multi-tier; test it on the machine",
        ),
        (Some(MultiTier::InBox) | None, _) => return None,
    };
    let driver = &context.world.drivers[root];
    let here = driver
        .locations
        .iter()
        .find(|l| matches!(l, Location::Image { image, .. } if Some(*image) == target.image()))?;
    let text = format!(
        "{} has {} in {}, and {what}",
        names(context, resident.topology),
        adapter_ids(resident.adapters.len()),
        target.title
    );
    let identity = [driver_identity(driver), target.name.clone()];
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut finding = Finding::new(ID, severity, context.world.place(here, 0), &identity, text).about_driver(root);
    finding.subject.image = target.image();
    finding.subject.adapters.clone_from(&resident.adapters);
    finding.confidence = confidence;
    finding.targets.push(target.name.clone());
    finding.evidence.push(resident.because.clone());
    finding.advice = advice(context, resident.topology, &BTreeSet::from([resident.target]), target.image());
    Some(finding)
}

/// A multi-tier driver takes the adapter, or may take it.
fn concerns(prediction: &Prediction) -> bool {
    matches!(prediction.effect.effect, Effect::Replaces | Effect::Ambiguous)
        && matches!(prediction.effect.after, After::MultiTierComplete | After::MultiTierIncomplete)
}

fn harms(outcome: &Outcome) -> bool {
    outcome.during != NetworkDuring::Kept
}

fn severity(outcome: &Outcome, target: &Target) -> Severity {
    let worst = match (outcome.during, outcome.result) {
        (NetworkDuring::Lost | NetworkDuring::NeverUp, _) | (_, TaskResult::Fails) => Severity::Error,
        // Where both tiers are in the box the change of drivers is expected to pass: good to know, no more.
        (NetworkDuring::Interrupted, TaskResult::Succeeds) if target.multi_tier == Some(MultiTier::InBox) => {
            Severity::Info
        }
        _ => Severity::Warning,
    };
    if target.named { worst } else { worst.min(Severity::Warning) }
}

fn finding(context: &Context<'_>, index: usize, predictions: &[&Prediction]) -> Option<Finding> {
    let topology = &context.topologies.all[index];
    let cells = &context.predictions.cells;
    let mut worst: Option<Severity> = None;
    let mut confidence = Confidence::Proven;
    let mut targets = BTreeSet::new();
    let mut hit = BTreeSet::new();
    let mut adapters: BTreeSet<HardwareId> = BTreeSet::new();
    let mut stories: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    for prediction in predictions {
        let target = &context.targets[prediction.target];
        let harmful: Vec<(&Cell, &Outcome)> =
            cells.iter().zip(&prediction.outcomes).filter(|(_, o)| harms(o)).collect();
        for (_, outcome) in &harmful {
            worst = worst.max(Some(severity(outcome, target)));
            confidence = confidence.min(outcome.confidence);
            push_new(&mut evidence, outcome.because.clone());
        }
        if harmful.is_empty() {
            continue;
        }
        targets.insert(target.name.clone());
        hit.insert(prediction.target);
        adapters.extend(prediction.adapters.iter().cloned());
        for reason in &prediction.effect.because {
            push_new(&mut evidence, reason.clone());
        }
        let story = story(&harmful);
        stories.entry(story).or_default().insert(prediction.target);
    }
    let root = topology.root()?;
    let driver = &context.world.drivers[root];
    let places: Vec<_> = driver.locations.iter().map(|l| context.world.place(l, 0)).collect();
    // Without an image nobody knows what runs there.
    let seen = predictions.iter().any(|p| p.effect.driver_before.is_some());
    let text = format!(
        "{} is a multi-tier network driver (a bus driver for the card, a miniport for the device that it makes): in the \
         windowsPE pass of an install-package deployment it {} {} from the {}",
        names(context, index),
        if seen { "takes" } else { "would take" },
        adapter_ids(adapters.len()),
        if seen {
            "driver that works there"
        } else {
            "monolithic driver that Windows PE has for them (assumed: no boot image is given)"
        },
    );
    let mut finding = Finding::new(ID, worst?, places[0].clone(), &[&driver_identity(driver)], text).about_driver(root);
    finding.detail = stories_text(context, stories);
    finding.confidence = confidence;
    finding.subject.topology = Some(index);
    finding.subject.adapters = adapters.into_iter().collect();
    finding.targets = targets.into_iter().collect();
    finding.related = places.into_iter().skip(1).collect();
    finding.related.extend(
        topology.nodes[1..].iter().map(|(d, _)| context.world.place(&context.world.drivers[*d].locations[0], 0)),
    );
    finding.evidence = evidence;
    finding.advice = advice(context, index, &hit, None);
    Some(finding)
}

/// The oldest target first.
fn stories_text(context: &Context<'_>, stories: BTreeMap<String, BTreeSet<usize>>) -> String {
    let mut stories: Vec<(BTreeSet<usize>, String)> =
        stories.into_iter().map(|(story, targets)| (targets, story)).collect();
    stories.sort();
    let texts = stories.iter().map(|(targets, story)| format!("{}: {story}", folded_names(context.targets, targets)));
    texts.collect::<Vec<_>>().join(". ")
}

fn push_new(all: &mut Vec<Evidence>, evidence: Evidence) {
    /// A finding shows reasons, not a log.
    const MOST: usize = 24;
    if all.len() < MOST && !all.contains(&evidence) {
        all.push(evidence);
    }
}

/// `bxvbd.inf + bxnd.inf (Broadcom NetXtreme II)`.
fn names(context: &Context<'_>, index: usize) -> String {
    let topology = &context.topologies.all[index];
    let mut infs: Vec<&str> = topology.nodes.iter().map(|(d, _)| context.world.drivers[*d].inf.as_str()).collect();
    infs.dedup();
    let family = topology.family.as_deref().and_then(|f| context.db.families().get(f));
    let family = family.map_or_else(String::new, |f| format!(" ({})", f.title));
    format!("{}{family}", infs.join(" + "))
}

/// What happens, cell by cell, in a sentence.
fn story(harmful: &[(&Cell, &Outcome)]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (cell, outcome) in harmful {
        let part = format!("{} → {}", content_name(cell.content), outcome.text());
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

fn content_name(content: ContentAccess) -> &'static str {
    match content {
        ContentAccess::RunFromDp => "run from DP",
        ContentAccess::Download => "download and run",
    }
}

/// The monolithic twin that these targets can use, in the image or in the share, or that there is none; then what the
/// family's table says.
fn advice(
    context: &Context<'_>,
    index: usize,
    targets: &BTreeSet<usize>,
    resident_in: Option<ImageIndex>,
) -> Vec<String> {
    /// More twins than this are versions of the same thing.
    const MOST: usize = 5;
    let topology = &context.topologies.all[index];
    let mut in_image: BTreeSet<String> = BTreeSet::new();
    let mut in_share: BTreeSet<String> = BTreeSet::new();
    for other in context.topologies.all.iter().filter(|t| t.kind == TopologyKind::Monolithic) {
        let Some(root) = other.root() else { continue };
        let usable = |t: &usize| context.choices.selects(root, *t);
        if other.root_ids.is_disjoint(&topology.root_ids) || !targets.iter().any(usable) {
            continue;
        }
        let reached = |l: &&Location| targets.iter().any(|t| reaches(l, &context.targets[*t]));
        for location in context.world.drivers[root].locations.iter().filter(reached) {
            let path = context.world.place(location, 0).path;
            match location {
                Location::Image { .. } => in_image.insert(path),
                Location::Share { .. } => in_share.insert(path),
            };
        }
    }
    let list = |twins: &BTreeSet<String>| twins.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    let mut advice = Vec::new();
    if resident_in.is_some() {
        advice.push("Take the multi-tier set out of the boot image, and inject the monolithic driver only.".to_owned());
    } else if !in_image.is_empty() {
        let twins = list(&in_image);
        advice.push(format!(
            "The monolithic driver is in the image already ({twins}): keep the multi-tier set out of the driver step."
        ));
    }
    if !in_share.is_empty() {
        advice.push(format!(
            "A monolithic driver for these adapters is in the share: {}. Inject that into the boot image.",
            list(&in_share)
        ));
    }
    if advice.is_empty() {
        let text = "No monolithic driver that this Windows PE can use for these adapters is in this share or image: ask the \
                    vendor for the WinPE (monolithic) driver.";
        advice.push(text.to_owned());
    }
    let family = topology.family.as_deref().and_then(|f| context.db.families().get(f));
    let behaviours = targets.iter().filter_map(|t| context.targets[*t].multi_tier).collect();
    advice.extend(family.into_iter().flat_map(|f| f.advice_for(&behaviours)));
    advice
}
