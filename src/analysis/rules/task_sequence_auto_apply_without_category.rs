//! An Auto Apply Drivers step that considers every driver of the site.

use super::Context;
use super::deployment_files::{because, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::StepKind;

pub(super) const ID: &str = "task-sequence-auto-apply-without-category";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        for step in &sequence.steps {
            let StepKind::AutoApplyDrivers { categories } = &step.kind else { continue };
            if !categories.is_empty() {
                continue;
            }
            let text = format!(
                "{} is limited to no category: it offers the full-OS driver of the NIC to the running Windows PE",
                named(step)
            );
            let mut found = finding(ID, Severity::Error, (&sequence.path, step.line), &[&step.name], text);
            let why =
                "solution 4: remove every Auto Apply Drivers step, or limit it to a category without the NIC driver";
            found.evidence.push(because(context, why.to_owned()));
            findings.push(found);
        }
    }
}
