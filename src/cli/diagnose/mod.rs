//! `wimspect diagnose`: what happened in a deployment, by its logs.

pub mod args;

use std::path::PathBuf;

use anyhow::{Result, bail};
use rayon::prelude::*;

use self::args::DiagnoseArgs;
use super::args::{Common, Format, MinConfidence};
use super::pipeline::{self, Inputs, Outcome};
use super::{ExitStatus, complain, output};
use crate::analysis::Request;
use crate::analysis::diagnosis::{
    Diagnosis, Given, LogRead, SessionReader, Sieve, State, deployments, release_of, tell, tie,
};
use crate::inf_db::{Confidence, InfDb};
use crate::report::diagnosis::DiagnosisReport;
use crate::report::{Problem, Report, json, markdown, text};
use crate::scan::logs::{self, LogFile};

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &DiagnoseArgs, common: &Common) -> Result<ExitStatus> {
    output::only(
        common,
        &[Format::Text, Format::Json, Format::Markdown],
        "a diagnosis is a story, not a list of findings",
    )?;
    if common.baseline.is_some() || common.write_baseline.is_some() || common.policy.is_some() {
        bail!("diagnose makes no findings: --policy, --baseline and --write-baseline have nothing to work on");
    }
    let db = pipeline::load_db(common)?;
    pipeline::threads(common);
    let mut read = Reading::default();
    read.files(&args.logs, &db);
    let mut diagnoses: Vec<Diagnosis<'_>> =
        deployments(&read.logs).iter().map(|parts| tell(parts, &read.logs)).collect();
    let request = request(args, &diagnoses, &db)?;
    let inputs = Inputs { shares: &args.drivers, images: &args.boot_image, fleet: &args.fleet, ..Inputs::default() };
    let mut outcome = pipeline::run(&inputs, &request, common, &db)?;
    if !(args.drivers.is_empty() && args.boot_image.is_empty()) {
        let cells = pipeline::cells(&args.scenario);
        let given = Given { cells: &cells, packages_named: !args.package.is_empty() };
        for diagnosis in &mut diagnoses {
            tie(diagnosis, &read.logs, &outcome.analysis, given, &db);
        }
    }
    let least = match common.min_confidence {
        MinConfidence::Guess => Confidence::Guess,
        MinConfidence::Likely => Confidence::Likely,
        MinConfidence::Proven => Confidence::Proven,
    };
    diagnoses.retain(|d| matches!(d.state, State::NothingKnown | State::Failed) || d.confidence >= least);
    read.add_to(&mut outcome, &args.logs);
    finish(&read, &diagnoses, &outcome, common, &db)
}

/// What the logs do not show is what the options say; the release that they show stands in for a boot image.
fn request(args: &DiagnoseArgs, diagnoses: &[Diagnosis<'_>], db: &InfDb) -> Result<Request> {
    let mut cells = pipeline::cells(&args.scenario);
    (cells.content, cells.source) = (Vec::new(), Vec::new());
    if cells.deploy_os.is_empty() {
        cells.deploy_os = diagnoses.iter().filter_map(|d| d.deployed.as_ref().map(|(version, _)| *version)).collect();
        cells.deploy_os.sort_unstable();
        cells.deploy_os.dedup();
    }
    Ok(Request {
        releases: if args.boot_image.is_empty() && !args.drivers.is_empty() {
            release_of(diagnoses, db)
        } else {
            Vec::new()
        },
        archs: Vec::new(),
        all_releases: false,
        packages: pipeline::packages(&args.package, &args.drivers)?,
        cells,
    })
}

fn finish(
    read: &Reading<'_>,
    diagnoses: &[Diagnosis<'_>],
    outcome: &Outcome,
    common: &Common,
    db: &InfDb,
) -> Result<ExitStatus> {
    for failure in &outcome.failed {
        complain(failure);
    }
    if read.logs.is_empty() {
        for (path, instead) in &read.named_no_logs {
            complain(&format!("{path}: not a log of a deployment ({instead})"));
        }
        if let Some(unread) = &read.unread {
            complain(unread);
        } else if outcome.failed.is_empty() {
            complain("nothing to inspect: no log of a deployment was found");
            return Ok(ExitStatus::Nothing);
        }
        return Ok(ExitStatus::Failure);
    }
    let found = DiagnosisReport { logs: &read.logs, diagnoses, not_logs: read.not_logs };
    let fail_on = output::least_severity(common.fail_on);
    let report = Report {
        analysis: &outcome.analysis,
        db,
        inputs: &outcome.inputs,
        problems: &outcome.problems,
        all_facts: common.all_facts,
        verdicts: false,
        fail_on,
        run_folder: None,
        failed: &outcome.failed,
        policy: None,
        diagnosis: Some(&found),
        baseline: None,
        scheduled: false,
    };
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => json::write(&report, out),
        Format::Markdown => markdown::diagnosis::write(&found, report.problems, db, out),
        _ => text::diagnosis::write(&found, report.problems, db, style, out),
    })?;
    let fails = diagnoses.iter().any(|d| d.state.severity().zip(fail_on).is_some_and(|(s, least)| s >= least));
    Ok(match () {
        () if !outcome.failed.is_empty() => ExitStatus::Failure,
        () if fails => ExitStatus::Findings,
        () => ExitStatus::Clean,
    })
}

#[derive(Default)]
struct Reading<'d> {
    logs: Vec<LogRead<'d>>,
    not_logs: usize,
    /// Files that were named and are no logs: (path, what they are).
    named_no_logs: Vec<(String, &'static str)>,
    problems: Vec<Problem>,
    /// The first file or folder below a named one that could not be read.
    unread: Option<String>,
    failed: Vec<String>,
}

impl<'d> Reading<'d> {
    fn files(&mut self, roots: &[PathBuf], db: &'d InfDb) {
        let roots = pipeline::once(roots);
        let names = pipeline::short_names(&roots);
        let mut files: Vec<LogFile> = Vec::new();
        for (root, name) in roots.iter().zip(names) {
            match logs::find(root, &name) {
                Err(error) => self.failed.push(error.to_string()),
                Ok(found) => {
                    for (path, message) in found.problems {
                        self.unread(&format!("{}: {path}", root.display()), path, message);
                    }
                    files.extend(found.files.into_iter().map(|file| match roots.len() {
                        1 => file,
                        _ if file.named => file,
                        _ => LogFile { path: format!("{name}/{}", file.path), ..file },
                    }));
                }
            }
        }
        let sieve = Sieve::new(db);
        let read: Vec<_> = files.par_iter().map(|file| one(file, &sieve)).collect();
        for (file, read) in files.into_iter().zip(read) {
            match read {
                Ok((log, None)) => self.logs.push(log),
                Ok((_, Some(instead))) => {
                    self.not_logs += 1;
                    if file.named {
                        let message = format!("not a log of a deployment ({instead})");
                        self.problems.push(Problem { path: file.path.clone(), line: None, message });
                        self.named_no_logs.push((file.path, instead));
                    }
                }
                Err(message) if file.named => self.failed.push(format!("{}: {message}", file.disk_path.display())),
                Err(message) => self.unread(&file.disk_path.display().to_string(), file.path, message),
            }
        }
    }

    fn unread(&mut self, place: &str, path: String, message: String) {
        self.unread.get_or_insert_with(|| format!("{place}: {message}"));
        self.problems.push(Problem { path, line: None, message });
    }

    /// Inputs, problems and failures of the logs before those of images and shares.
    fn add_to(&mut self, outcome: &mut Outcome, roots: &[PathBuf]) {
        let mut inputs: Vec<_> = pipeline::once(roots).iter().map(|path| pipeline::input("log", path)).collect();
        inputs.append(&mut outcome.inputs);
        outcome.inputs = inputs;
        self.problems.append(&mut outcome.problems);
        outcome.problems = std::mem::take(&mut self.problems);
        self.failed.append(&mut outcome.failed);
        outcome.failed = std::mem::take(&mut self.failed);
        // What `audit` would say about image and share is not what was asked here.
        outcome.analysis.findings.clear();
    }
}

/// Reads one log; what it is instead, if it is none.
fn one<'d>(file: &LogFile, sieve: &Sieve<'d>) -> Result<(LogRead<'d>, Option<&'static str>), String> {
    let mut reader = SessionReader::new(sieve);
    let read = logs::read(&file.disk_path, |block| sieve.sift(block), |sifted| reader.take(&sifted))?;
    let log = LogRead {
        path: file.path.clone(),
        group: file.folder.clone(),
        summary: read.summary,
        sessions: reader.finish(),
    };
    Ok((log, read.instead))
}
