//! Files of an image whose bytes are not those that were put into the WIM.
//!
//! Only files that were read are known here: system modules, hives, drivers. The whole WIM is checked with `--integrity`.

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::boot_image::DAMAGED_STREAM;

pub(super) const ID: &str = "integrity-broken";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, image) in context.world.images.iter().enumerate() {
        let damaged: Vec<&str> =
            image.facts.problems.iter().filter(|p| p.message == DAMAGED_STREAM).map(|p| p.path.as_str()).collect();
        let Some(first) = damaged.first() else { continue };
        let name = context.world.image_name(index);
        let others = if damaged.len() > 1 { format!(" and {} more files", damaged.len() - 1) } else { String::new() };
        let text =
            format!("{first}{others} in {name}: the bytes are not those that were put into the WIM (SHA-1 differs)");
        let place = Place::file(format!("{name}/{first}"));
        let mut finding = Finding::new(ID, Severity::Error, place, &[&name, &damaged.join("|")], text)
            .about_image(index, name.clone());
        finding.related = damaged.iter().skip(1).map(|p| Place::file(format!("{name}/{p}"))).collect();
        finding.evidence = damaged
            .iter()
            .map(|p| Evidence::new("sha1", format!("{p}: {DAMAGED_STREAM}")).at(Place::file(format!("{name}/{p}"))))
            .collect();
        findings.push(finding);
    }
}
