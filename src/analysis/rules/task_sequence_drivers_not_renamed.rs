//! Nothing moves the drivers of the first step away before Setup sees them.

use super::Context;
use super::deployment_files::{because, driver_steps, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::StepKind;

pub(super) const ID: &str = "task-sequence-drivers-not-renamed";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        let steps = driver_steps(sequence);
        let Some(first) = steps.first() else { continue };
        let position = |line: u32| sequence.steps.iter().position(|s| s.line == line);
        let rename = sequence.steps.iter().position(|s| s.kind == StepKind::RenameDrivers);
        let text = match (rename, steps.get(1)) {
            (None, _) => format!(
                "no step after {} moves its drivers to Drivers2: Setup installs them into the running Windows PE",
                named(first)
            ),
            (Some(at), _) if position(first.line).is_some_and(|f| at < f) => {
                format!("{} runs before {}: there is nothing to move yet", named(&sequence.steps[at]), named(first))
            }
            (Some(at), Some(second)) if position(second.line).is_some_and(|s| at > s) => format!(
                "{} runs after the second driver step, {}: it moves the drivers of both",
                named(&sequence.steps[at]),
                named(second)
            ),
            _ => continue,
        };
        let line = rename.map_or(first.line, |at| sequence.steps[at].line);
        let mut found = finding(ID, Severity::Error, (&sequence.path, line), &[], text);
        found.evidence.push(because(context, "solution 4, step K: Rename Drivers Directory".to_owned()));
        findings.push(found);
    }
}
