//! `wimspect plan`: what to inject into a boot image and what to keep out of it, as words and as ready files; and `--check`.

pub mod args;
mod check;

use anyhow::Result;

use self::args::PlanArgs;
use crate::cli::ExitStatus;
use crate::cli::args::Common;
use crate::cli::pipeline;
use crate::facts::task_sequence::{StepKind, TaskSequence};
use crate::report::Problem;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &PlanArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    if !args.check.is_empty() {
        crate::cli::output::destinations(common)?;
        return check::run(args, common, &db);
    }
    anyhow::bail!("not yet")
}

/// What the rules about task sequences have no word for: said, so that silence is not taken for a clean bill.
fn not_judged(sequence: &TaskSequence) -> Option<Problem> {
    let message = if let Some(step) = sequence.steps.iter().find(|s| matches!(s.kind, StepKind::InjectDrivers { .. }))
        && sequence.is_mdt()
    {
        return Some(Problem {
            path: sequence.path.clone(),
            line: Some(step.line),
            message: "a task sequence of MDT: its step Inject Drivers is none of the article's, and was not judged".to_owned(),
        });
    } else if !sequence.steps.iter().any(|s| s.kind.offers_drivers()) {
        "no step offers drivers (Apply Driver Package, Auto Apply Drivers): nothing to judge"
    } else if sequence
        .steps
        .iter()
        .any(|s| matches!(s.kind, StepKind::ApplyOperatingSystem { installs: false, .. }))
    {
        "an operating system image is deployed: its driver steps do not reach the running Windows PE (R2), and were not judged"
    } else {
        return None;
    };
    Some(Problem { path: sequence.path.clone(), line: Some(sequence.line), message: message.to_owned() })
}
