//! What the rules about answer files and task sequences share: the driver steps of a task sequence, and findings about a file.

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::answer_file::AnswerComponent;
use crate::facts::task_sequence::{StepKind, TaskSequence, TaskSequenceStep};
use crate::inf_db::AnswerFileFacts;

/// Where the solution that these rules check is written.
pub(super) fn because(context: &Context<'_>, text: String) -> Evidence {
    Evidence::new("document", text).from_source(context.db.remedies().answer_file().source.clone())
}

/// A finding about a place of such a file; what it is about must not depend on the line.
pub(super) fn finding(
    rule: &'static str,
    severity: Severity,
    (path, line): (&str, u32),
    identity: &[&str],
    message: String,
) -> Finding {
    let mut words = vec![path];
    words.extend(identity);
    Finding::new(rule, severity, Place::line(path, line), &words, message)
}

/// The component that installs drivers offline.
pub(super) fn is_offline(component: &AnswerComponent, facts: &AnswerFileFacts) -> bool {
    component.name.eq_ignore_ascii_case(&facts.component)
}

/// The component that offers drivers to Windows PE.
pub(super) fn is_windowspe(component: &AnswerComponent, facts: &AnswerFileFacts) -> bool {
    component.name.eq_ignore_ascii_case(&facts.windowspe_component)
}

/// Task sequences whose driver steps reach the running Windows PE: an operating system install package, or the article's
/// steps without it. MDT's own sequences are others' business.
pub(super) fn judged<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a TaskSequence> {
    context.world.deployment.task_sequences.iter().filter(|s| !s.is_mdt() && deploys_install_package(s))
}

fn deploys_install_package(sequence: &TaskSequence) -> bool {
    let mut apply = sequence.steps.iter().filter_map(|s| match s.kind {
        StepKind::ApplyOperatingSystem { installs, .. } => Some(installs),
        _ => None,
    });
    match apply.next() {
        Some(first) => first || apply.any(|installs| installs),
        None => sequence.steps.iter().any(|s| s.kind == StepKind::RenameDrivers),
    }
}

/// The steps that offer drivers, in order.
pub(super) fn driver_steps(sequence: &TaskSequence) -> Vec<&TaskSequenceStep> {
    sequence.steps.iter().filter(|s| s.kind.offers_drivers()).collect()
}

/// `"Apply Driver Package" (line 12)`.
pub(super) fn named(step: &TaskSequenceStep) -> String {
    format!("\"{}\" (line {})", step.name, step.line)
}
