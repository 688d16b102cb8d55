//! A release that sources describe as broken for network drivers.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::folded_names;

pub(super) const ID: &str = "winpe-release-known-bad";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // One finding for an image, one for a release with all its architectures.
    let mut concerned: BTreeMap<(Option<usize>, &str), BTreeSet<usize>> = BTreeMap::new();
    for (index, target) in context.targets.iter().enumerate().filter(|(_, t)| t.named && t.known_bad.is_some()) {
        let release = target.release.as_deref().unwrap_or_default();
        concerned.entry((target.image(), release)).or_default().insert(index);
    }
    for ((image, release), targets) in concerned {
        let Some(reason) = targets.first().and_then(|t| context.targets[*t].known_bad.as_deref()) else { continue };
        let names = folded_names(context.targets, &targets);
        let text = format!("{names}: network drivers are reported not to work in this release; use the kit of another");
        // A release has no file; the share is what the user gave.
        let place = image.map_or_else(
            || Place::file(context.world.share_path(0, "")),
            |image| Place::file(context.world.image_name(image)),
        );
        let image_name = image.map(|i| context.world.image_name(i)).unwrap_or_default();
        let mut finding = Finding::new(ID, Severity::Warning, place, &[release, &image_name], text);
        finding.subject.image = image;
        finding.targets = targets.iter().map(|t| context.targets[*t].name.clone()).collect();
        finding.confidence = Confidence::Guess;
        finding.evidence.push(Evidence::new("document", reason).from_source("inf-db/winpe/releases.toml"));
        findings.push(finding);
    }
}
