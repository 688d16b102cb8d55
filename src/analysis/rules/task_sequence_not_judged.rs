//! A task sequence that the rules do not judge: said, so that silence is not taken for a clean bill.

use super::Context;
use super::deployment_files::finding;
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::{StepKind, TaskSequence};

pub(super) const ID: &str = "task-sequence-not-judged";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in &context.world.deployment.task_sequences {
        if let Some((line, reason, text)) = why(sequence) {
            findings.push(finding(ID, Severity::Info, (&sequence.path, line), &[reason], text.to_owned()));
        }
    }
}

/// Line, a word for the reason, and the reason.
fn why(sequence: &TaskSequence) -> Option<(u32, &'static str, &'static str)> {
    let steps = &sequence.steps;
    let inject = steps.iter().find(|s| matches!(s.kind, StepKind::InjectDrivers { .. }));
    if let Some(step) = inject.filter(|_| sequence.is_mdt()) {
        let text = "a task sequence of MDT: its step Inject Drivers is none of the article's, and was not judged";
        return Some((step.line, "mdt", text));
    }
    if !steps.iter().any(|s| s.kind.offers_drivers()) {
        let text =
            "no step that is enabled offers drivers (Apply Driver Package, Auto Apply Drivers): nothing to judge";
        return Some((sequence.line, "no-driver-step", text));
    }
    if steps.iter().any(|s| matches!(s.kind, StepKind::ApplyOperatingSystem { installs: false, .. })) {
        let text = "an operating system image is deployed: its driver steps do not reach the running Windows PE (R2), and \
                    were not judged";
        return Some((sequence.line, "os-image", text));
    }
    None
}
