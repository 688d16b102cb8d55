//! Drivers are moved to Drivers2, and no answer file tells Setup to install them from there.

use super::Context;
use super::deployment_files::{because, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::StepKind;

pub(super) const ID: &str = "task-sequence-without-answer-file";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        if !sequence.steps.iter().any(|s| s.kind == StepKind::RenameDrivers) {
            continue;
        }
        for step in &sequence.steps {
            let StepKind::ApplyOperatingSystem { answer_file: None, .. } = &step.kind else { continue };
            let text = format!(
                "{} uses no answer file: the drivers in Drivers2 are never installed, and the deployed system has no network",
                named(step)
            );
            let mut found = finding(ID, Severity::Error, (&sequence.path, step.line), &[&step.name], text);
            found
                .evidence
                .push(because(context, "solution 4, step F: Apply Operating System uses the answer file".to_owned()));
            findings.push(found);
        }
    }
}
