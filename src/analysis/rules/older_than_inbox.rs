//! An offered driver that is equal in rank and older than the one in the image: it has no effect there.

use super::Context;
use super::against_image::{self, Against};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::prediction::effect::AdapterEffect;
use crate::analysis::selection::rank::Decider;
use crate::inf_db::Effect;

pub(super) const ID: &str = "older-than-inbox";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let older = |effect: &AdapterEffect| {
        effect.effect == Effect::LosesRank && matches!(effect.decided_by, Some(Decider::Date | Decider::Version))
    };
    for against in against_image::collect(context, &older) {
        let Against { offered, .. } = against;
        let text = format!(
            "{} is older than {} in {} and equal in rank: for {} it has no effect there",
            context.world.drivers[offered].inf,
            against.rivals_text(context),
            against.targets_text(context),
            against.adapters_text(),
        );
        findings.push(against.finding(context, ID, Severity::Info, text));
    }
}
