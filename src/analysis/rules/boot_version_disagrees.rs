//! The sources of an image's OS version contradict each other: a label is stale.

use std::collections::BTreeMap;

use super::Context;
use crate::analysis::classify::release::ImageRelease;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::ImageIndex;
use crate::facts::boot_image::{BootImage, Reading};
use crate::facts::os_version::OsVersion;

pub(super) const ID: &str = "boot-version-disagrees";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        if let (Some(version), false) = (release.os_version, release.stale.is_empty()) {
            findings.push(finding(context, index, release, version));
        }
    }
}

fn finding(context: &Context<'_>, index: ImageIndex, release: &ImageRelease, version: OsVersion) -> Finding {
    let facts = &context.world.images[index].facts;
    let name = context.world.image_name(index);
    // Which kinds of sources say what: label, registry, files.
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (place, value) in &release.stale {
        let source = source_name(facts, place);
        let sources = said.entry(value.to_string()).or_default();
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let stale: Vec<String> = said
        .iter()
        .map(|(value, sources)| {
            format!("{} {} {value}", listed(sources), if sources.len() == 1 { "says" } else { "say" })
        })
        .collect();
    // The version itself stands before it already.
    let decided = release.evidence.first().map_or("", |e| e.text.as_str());
    let decided = decided.strip_suffix(&format!(": {version}")).unwrap_or(decided);
    let label = release.stale.iter().any(|(place, _)| is_label(facts, place));
    let consequence = if label { ": the label is stale, and ConfigMgr shows what the label says" } else { "" };
    let text = format!("{name} is {version} by {decided}, but {}{consequence}", stale.join(", "));
    let identity = [name.as_str(), &stale.join("|")];
    // A build within the same release (10.0.19041 and 10.0.19045) changes nothing that is judged here.
    let row = |v: &OsVersion| context.db.releases().classify(v).release().map(|r| r.id.as_str());
    let same_release = row(&version).is_some() && release.stale.iter().all(|(_, v)| row(v) == row(&version));
    let severity = if same_release { Severity::Info } else { Severity::Warning };
    let mut finding = Finding::new(ID, severity, Place::file(&name), &identity, text).about_image(index, name.clone());
    finding.evidence.clone_from(&release.evidence);
    if !label {
        finding.advice.push(format!(
            "Find out where {} came from: files of another build were copied into the image, or a servicing step did not \
             end. If the build that is meant is not the one above, make the image anew.",
            release.stale.first().map_or("it", |(place, _)| place)
        ));
    }
    for hive in facts.details.hives.iter().filter(|h| h.dirty) {
        let text = format!("{} was not written to the end: what it says may be older than what it will say", hive.path);
        finding.evidence.push(Evidence::new("dirty-hive", text).at(Place::file(&name)));
        if !label {
            finding.confidence = Confidence::Likely;
        }
    }
    finding
}

fn is_from(reading: Option<&Reading<OsVersion>>, place: &str) -> bool {
    reading.is_some_and(|r| r.place == place)
}

fn is_label(facts: &BootImage, place: &str) -> bool {
    is_from(facts.versions.wim_xml.as_ref(), place)
}

fn source_name<'p>(facts: &BootImage, place: &'p str) -> &'p str {
    if is_label(facts, place) {
        "the label (the WIM's XML data)"
    } else if is_from(facts.versions.software_hive.as_ref(), place) {
        "the registry (SOFTWARE hive)"
    } else if facts.versions.servicing.iter().any(|r| r.place == place) {
        "the servicing packages"
    } else {
        place
    }
}

/// `a, b and 5 more`.
fn listed(sources: &[&str]) -> String {
    const MOST: usize = 3;
    let shown = sources.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if sources.len() > MOST { format!("{shown} and {} more", sources.len() - MOST) } else { shown }
}
