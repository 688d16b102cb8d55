//! The second driver step finds no folder.

use super::Context;
use super::deployment_files::{because, driver_steps, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::StepKind;

pub(super) const ID: &str = "task-sequence-drivers-folder-not-recreated";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        let at = |kind: &StepKind| sequence.steps.iter().position(|s| s.kind == *kind);
        let Some(rename) = at(&StepKind::RenameDrivers) else { continue };
        // Only what comes after the rename needs the folder.
        let rest = &sequence.steps[rename..];
        let Some(second) = driver_steps(sequence).into_iter().find(|s| rest.iter().any(|r| r.line == s.line)) else {
            continue;
        };
        let until = rest.iter().position(|s| s.line == second.line).unwrap_or(rest.len());
        if rest[..until].iter().any(|s| s.kind == StepKind::RecreateDrivers) {
            continue;
        }
        let text = format!(
            "nothing makes the folder Drivers anew between {} and {}",
            named(&sequence.steps[rename]),
            named(second)
        );
        let mut found = finding(ID, Severity::Error, (&sequence.path, second.line), &[], text);
        found.evidence.push(because(context, "solution 4, step L: Recreate Drivers Directory".to_owned()));
        findings.push(found);
    }
}
