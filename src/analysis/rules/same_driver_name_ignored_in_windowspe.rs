//! A newer driver with the file name of one that the boot image has: ignored, and not carried into the deployed system.

use super::Context;
use super::against_image::{self, Against};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::prediction::effect::AdapterEffect;
use crate::inf_db::Effect;

pub(super) const ID: &str = "same-driver-name-ignored-in-windowspe";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let ignored = |effect: &AdapterEffect| effect.effect == Effect::IgnoredSameName;
    for against in against_image::collect(context, &ignored) {
        let Against { offered, .. } = against;
        let text = format!(
            "{} would win {} in {}, but names the same driver file as {} there: Windows PE keeps the one that is loaded, marks \
             the offered one bad, and does not carry it into the deployed system",
            context.world.drivers[offered].inf,
            against.adapters_text(),
            against.targets_text(context),
            against.rivals_text(context),
        );
        let mut finding = against.finding(context, ID, Severity::Warning, text);
        // What wins is read from bytes; that Windows PE ignores it is Microsoft's word.
        finding.confidence = finding.confidence.min(Confidence::Likely);
        findings.push(finding);
    }
}
