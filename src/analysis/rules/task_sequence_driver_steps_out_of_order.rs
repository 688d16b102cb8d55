//! Driver steps of a task sequence that stand at the wrong place.

use super::Context;
use super::deployment_files::{because, finding, judged, named};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::task_sequence::{StepKind, TaskSequence, TaskSequenceStep};

pub(super) const ID: &str = "task-sequence-driver-steps-out-of-order";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for sequence in judged(context) {
        let ordered: Vec<(&TaskSequenceStep, Place)> =
            sequence.steps.iter().filter_map(|s| place(&s.kind).map(|p| (s, p))).collect();
        for (step, before) in misplaced(sequence, &ordered) {
            let text = format!("{} comes after {}; it belongs before it", named(step), named(before));
            let mut found = finding(ID, Severity::Error, (&sequence.path, step.line), &[&step.name], text);
            let order =
                "Apply Operating System, Apply Network Settings, driver step A, rename, recreate, driver step B, Setup";
            found.evidence.push(because(context, format!("the order of solution 4: {order}")));
            findings.push(found);
        }
    }
}

/// Where a step belongs. A driver step may stand before and after rename and recreate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    ApplyOperatingSystem,
    ApplyNetworkSettings,
    Drivers,
    Setup,
}

fn place(kind: &StepKind) -> Option<Place> {
    match kind {
        StepKind::ApplyOperatingSystem { .. } => Some(Place::ApplyOperatingSystem),
        StepKind::ApplyNetworkSettings => Some(Place::ApplyNetworkSettings),
        StepKind::ApplyDriverPackage { .. }
        | StepKind::AutoApplyDrivers { .. }
        | StepKind::RenameDrivers
        | StepKind::RecreateDrivers => Some(Place::Drivers),
        StepKind::SetupWindows => Some(Place::Setup),
        StepKind::InjectDrivers { .. } | StepKind::Other => None,
    }
}

/// Steps that come after one that they belong before.
fn misplaced<'a>(
    sequence: &'a TaskSequence,
    ordered: &[(&'a TaskSequenceStep, Place)],
) -> Vec<(&'a TaskSequenceStep, &'a TaskSequenceStep)> {
    let mut found = Vec::new();
    for (at, (step, place)) in ordered.iter().enumerate() {
        // The first one that is too early says enough.
        if let Some((early, _)) = ordered[..at].iter().find(|(_, p)| p > place) {
            found.push((*step, *early));
        }
    }
    let position = |kind: &StepKind| sequence.steps.iter().position(|s| s.kind == *kind);
    if let (Some(rename), Some(recreate)) = (position(&StepKind::RenameDrivers), position(&StepKind::RecreateDrivers))
        && recreate < rename
    {
        found.push((&sequence.steps[rename], &sequence.steps[recreate]));
    }
    found
}
