//! The second driver step offers what the first one does: the NIC driver reaches Windows PE after all.

use super::Context;
use super::deployment_files::{because, driver_steps, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::StepKind;

pub(super) const ID: &str = "task-sequence-nic-in-second-driver-step";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        let steps = driver_steps(sequence);
        let Some((first, others)) = steps.split_first() else { continue };
        for other in others {
            let Some(shared) = shared(&first.kind, &other.kind) else { continue };
            let text = format!(
                "{} offers {shared}, which {} has: the NIC driver reaches the running Windows PE after all",
                named(other),
                named(first)
            );
            let mut found = finding(ID, Severity::Error, (&sequence.path, other.line), &[&other.name, &shared], text);
            let why = "solution 4, step H: the affected NIC driver must not be in the second package or category";
            found.evidence.push(because(context, why.to_owned()));
            findings.push(found);
        }
    }
}

/// What both steps name.
fn shared(first: &StepKind, other: &StepKind) -> Option<String> {
    match (first, other) {
        (StepKind::ApplyDriverPackage { package: Some(a) }, StepKind::ApplyDriverPackage { package: Some(b) }) => {
            a.eq_ignore_ascii_case(b).then(|| format!("driver package {a}"))
        }
        (StepKind::AutoApplyDrivers { categories: a }, StepKind::AutoApplyDrivers { categories: b }) => {
            let both = a.iter().find(|c| b.iter().any(|o| o.eq_ignore_ascii_case(c)))?;
            Some(format!("category {both}"))
        }
        _ => None,
    }
}
