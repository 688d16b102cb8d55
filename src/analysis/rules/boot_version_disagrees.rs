//! The sources of an image's OS version contradict each other: a label is stale.

use super::Context;
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "boot-version-disagrees";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        let (Some(version), false) = (release.os_version, release.stale.is_empty()) else { continue };
        let name = context.world.image_name(index);
        let stale: Vec<String> = release.stale.iter().map(|(place, v)| format!("{place} says {v}")).collect();
        let decided = release.evidence.first().map_or("", |e| e.text.as_str());
        let text = format!(
            "{name} is {version} ({decided}), but {}: the label is stale, and ConfigMgr shows what the label says",
            stale.join(", ")
        );
        let identity = [name.as_str(), &stale.join("|")];
        let mut finding =
            Finding::new(ID, Severity::Warning, Place::file(&name), &identity, text).about_image(index, name.clone());
        finding.evidence.clone_from(&release.evidence);
        findings.push(finding);
    }
}
