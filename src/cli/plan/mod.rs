//! `wimspect plan`: what to inject into a boot image and what to keep out of it, as words and as ready files; and `--check`.

pub mod args;
mod check;
mod folder;

use anyhow::{Result, bail};

use self::args::PlanArgs;
use self::folder::PlanFolder;
use crate::analysis::{Request, plan};
use crate::cli::args::{Common, Format};
use crate::cli::pipeline::{self, Inputs};
use crate::cli::{ExitStatus, complain, output};
use crate::facts::task_sequence::{StepKind, TaskSequence};
use crate::inf_db::InfDb;
use crate::report::Problem;
use crate::report::plan::{PlanReport, files, write_json, write_text};

/// Runs it.
///
/// # Errors
/// Faults of the call, or the plan can not be written.
pub fn run(args: &PlanArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    if !args.check.is_empty() {
        output::destinations(common)?;
        return check::run(args, common, &db);
    }
    let Some(folder) = &args.output else { bail!("--output DIR is missing: the folder for the files of the plan") };
    output::only(common, &[Format::Text, Format::Json], "a plan is no list of findings")?;
    // --output is the folder; a report may still go to a file of its own.
    let reports = Common { output: None, ..common.clone() };
    output::destinations(&reports)?;
    let read = [args.shares.as_slice(), &args.boot_image, &args.fleet].concat();
    let folder = PlanFolder::check(folder, &read)?;
    write_plan(args, &reports, &db, &folder)
}

fn write_plan(args: &PlanArgs, common: &Common, db: &InfDb, folder: &PlanFolder) -> Result<ExitStatus> {
    let request = Request {
        releases: Vec::new(),
        archs: args.arch.clone(),
        all_releases: false,
        packages: Vec::new(),
        cells: pipeline::cells(&args.scenario),
    };
    let inputs = Inputs { shares: &args.shares, images: &args.boot_image, fleet: &args.fleet, ..Inputs::default() };
    let mut outcome = pipeline::run(&inputs, &request, common, db)?;
    for failure in &outcome.failed {
        complain(failure);
    }
    // What a site does not want to hear of is no reason against a driver either.
    let policy = crate::cli::policy::find(common, &[args.shares.as_slice(), &args.boot_image].concat(), db)?;
    if let Some(policy) = &policy {
        policy.apply(&mut outcome.analysis, crate::cli::policy::today());
    }
    // A plan from half of the inputs would be wrong without looking so.
    if !outcome.failed.is_empty() {
        return Ok(ExitStatus::Failure);
    }
    let plan = plan::plan(&outcome.analysis, db);
    if plan.images.is_empty() {
        complain(
            "nothing to plan for: no image of these boot images is Windows PE of a known version and architecture",
        );
        return Ok(ExitStatus::Nothing);
    }
    let report = PlanReport {
        plan: &plan,
        analysis: &outcome.analysis,
        db,
        inputs: &outcome.inputs,
        problems: &outcome.problems,
    };
    folder.write(&files(&report)?)?;
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => write_json(&report, out),
        _ => write_text(&report, style, out),
    })?;
    Ok(ExitStatus::Clean)
}

/// What the rules about task sequences have no word for: said, so that silence is not taken for a clean bill.
fn not_judged(sequence: &TaskSequence) -> Option<Problem> {
    let message = if let Some(step) = sequence.steps.iter().find(|s| matches!(s.kind, StepKind::InjectDrivers { .. }))
        && sequence.is_mdt()
    {
        return Some(Problem {
            path: sequence.path.clone(),
            line: Some(step.line),
            message: "a task sequence of MDT: its step Inject Drivers is none of the article's, and was not judged"
                .to_owned(),
        });
    } else if !sequence.steps.iter().any(|s| s.kind.offers_drivers()) {
        "no step offers drivers (Apply Driver Package, Auto Apply Drivers): nothing to judge"
    } else if sequence.steps.iter().any(|s| matches!(s.kind, StepKind::ApplyOperatingSystem { installs: false, .. })) {
        "an operating system image is deployed: its driver steps do not reach the running Windows PE (R2), and were not judged"
    } else {
        return None;
    };
    Some(Problem { path: sequence.path.clone(), line: Some(sequence.line), message: message.to_owned() })
}
