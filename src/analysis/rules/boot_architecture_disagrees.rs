//! The label of an image names another architecture than its files, or its files are of several.

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "boot-architecture-disagrees";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        let sources = &context.world.images[index].facts.archs;
        let Some(runs) = sources.binaries.first() else { continue };
        let mut faults = Vec::new();
        if let Some((_, label)) = release.arch_disagrees {
            faults.push(format!("its label (WINDOWS/ARCH in the WIM's XML data) says {label}"));
        }
        for other in sources.binaries.iter().filter(|r| r.value != runs.value) {
            faults.push(format!("{} is {}", other.place, other.value));
        }
        if faults.is_empty() {
            continue;
        }
        let name = context.world.image_name(index);
        let text = format!("{name} runs as {} ({}), but {}", runs.value, runs.place, faults.join(", "));
        let identity = [name.as_str(), &faults.join("|")];
        let place = Place::file(&name);
        let mut finding =
            Finding::new(ID, Severity::Warning, place.clone(), &identity, text).about_image(index, name.clone());
        let readings = sources.wim_xml.iter().chain(&sources.binaries);
        finding.evidence.extend(
            readings.map(|r| Evidence::new("architecture", format!("{}: {}", r.place, r.value)).at(place.clone())),
        );
        findings.push(finding);
    }
}
