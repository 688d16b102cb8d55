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
use crate::inf_db::InfDb;
use crate::report::plan::{PlanReport, files, write_json, write_text};

/// Runs it.
///
/// # Errors
/// Faults of the call, or the plan can not be written.
pub fn run(args: &PlanArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    if !args.check.is_empty() {
        if args.output.is_some() {
            bail!(
                "--output names the folder of a plan; a check has none: --format text=FILE writes its report to a file"
            );
        }
        output::destinations(common)?;
        return check::run(args, common, &db);
    }
    let Some(folder) = &args.output else { bail!("--output DIR is missing: the folder for the files of the plan") };
    output::only(common, &[Format::Text, Format::Json], "a plan is no list of findings")?;
    // --output is the folder; a report may still go to a file of its own.
    let reports = Common { output: None, ..common.clone() };
    output::destinations(&reports)?;
    let read = [args.shares.as_slice(), &args.boot_image, &args.fleet].concat();
    for file in reports.format.iter().filter_map(|f| f.file.as_deref()) {
        folder::outside(file, "--format", &read)?;
    }
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
    // "Nothing to do" would be said of a share that was named wrongly, too.
    if outcome.analysis.world.shares.iter().all(|s| s.infs.is_empty()) {
        complain("nothing to plan with: no INF file was found in the shares; are they the right folders?");
        return Ok(ExitStatus::Nothing);
    }
    for share in outcome.analysis.world.shares.iter().filter(|s| s.infs.is_empty()) {
        complain(&format!("{}: no INF file is in it; is it the right folder?", share.root));
    }
    let plan = plan::plan(&outcome.analysis, db);
    if plan.images.is_empty() {
        let filter: Vec<&str> = args.arch.iter().map(|a| a.name()).collect();
        let filter = if filter.is_empty() { String::new() } else { format!(" and --arch {}", filter.join(" or ")) };
        complain(&format!(
            "nothing to plan for: no image of these boot images is Windows PE of a known version and architecture{filter}"
        ));
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
