//! One run from its lock to its exit code.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

use anyhow::Result;

use super::config::Settings;
use super::judged::{self, Judged, Memory};
use super::notices::Told;
use super::outputs;
use super::prepared::Prepared;
use crate::analysis::changes::Changes;
use crate::analysis::trends::TrendPoint;
use crate::cli::args::{Common, ReportArgs};
use crate::cli::clock::now;
use crate::cli::output::style;
use crate::cli::{ExitStatus, complain};
use crate::facts::policy::Day;
use crate::history::lock::{LockError, Owner, RunLock};
use crate::history::{History, HistoryError, Keep, NewRun, Saw};
use crate::inf_db::InfDb;
use crate::report::metrics::{self, Metrics};
use crate::report::since::{Comparison, Moment, Since};
use crate::report::text::style::Style;

/// What the history says, and whether it could be read.
struct Past {
    history: Option<History>,
    comparisons: Vec<Comparison>,
    trends: Vec<TrendPoint>,
    /// The number that this run gets.
    run: u64,
    /// When the last run ended that read everything.
    last_success: Option<u64>,
}

/// Runs it.
///
/// # Errors
/// Another run works on the history; a policy or baseline that can not be read; standard output is gone.
pub(super) fn run(args: &ReportArgs, settings: &Settings, db: &InfDb, common: &Common) -> Result<ExitStatus> {
    let started = now();
    let prepared = Prepared::new(settings, db, common)?;
    let lock = if args.dry_run { None } else { locked(settings, started)? };
    if lock.is_some() {
        outputs::sweep(settings);
    }
    let mut phases = Phases::new();
    let mut history = if lock.is_some() || args.dry_run { open(settings, args.dry_run) } else { None };
    let memory = Memory { history: history.as_ref(), full: args.full, alone: lock.is_some() };
    let judged = judged::judge(settings, &prepared, db, &memory, &mut |name| phases.end(name))?;
    let missing = judged.missing();
    for (_, why) in &missing {
        complain(why);
    }
    let past = past(&mut history, args, settings, &judged, started)?;
    // A dry run before the first run finds none, and makes none.
    let none_yet = args.dry_run && !settings.history.exists();
    let section = Since {
        title: &settings.title,
        run: Moment { run: past.run, at: started },
        comparisons: &past.comparisons,
        trends: &past.trends,
        missing: &missing,
        no_history: past.history.is_none() && !none_yet,
        db,
    };
    phases.end("history");
    let day = Day::from_unix_seconds(started);
    let mut trouble = Trouble { history: section.no_history, ..Trouble::default() };
    if args.dry_run {
        return dry_run(settings, &judged, &section, &trouble, day, common);
    }
    let (staged, failed) = outputs::stage(settings, &judged, &section, day);
    trouble.outputs += failed;
    let status = status(settings, &judged, &section, &trouble);
    let mut past_history = past.history;
    if let Some(history) = &mut past_history {
        trouble.history |= !store(history, settings, db, &judged, started, status);
    }
    let written: Vec<String> = staged.iter().map(|s| s.path.display().to_string()).collect();
    trouble.outputs += outputs::publish(staged);
    phases.end("outputs");
    let status = status.max_failure(trouble.is_any());
    let told = Told { settings, judged: &judged, section: &section, exit_code: status as u8, now: now() };
    let notices = told.tell();
    phases.end("notices");
    let last_success = if (status as u8) < ExitStatus::Failure as u8 { Some(now()) } else { past.last_success };
    let numbers = Metrics {
        snapshot: &judged.snapshot,
        changes: section.last().map(|c| &c.changes),
        title: &settings.title,
        version: env!("CARGO_PKG_VERSION"),
        finished: now(),
        last_success,
        exit_code: status as u8,
        reused: judged.reused,
        phases: &phases.all,
        failed_outputs: trouble.outputs,
        notices: &notices,
    };
    let status = status.max_failure(!write_metrics(settings, &numbers));
    show(&section, &written, common)?;
    if status == ExitStatus::Nothing {
        complain("nothing to inspect: no INF file and no image was found");
    }
    Ok(status)
}

/// How long what took.
struct Phases {
    all: Vec<(&'static str, f64)>,
    since: Instant,
}

impl Phases {
    fn new() -> Self {
        Self { all: Vec::new(), since: Instant::now() }
    }

    /// A phase ends here, and the next one begins.
    fn end(&mut self, name: &'static str) {
        self.all.push((name, self.since.elapsed().as_secs_f64()));
        self.since = Instant::now();
    }
}

/// What did not work beside the inputs.
#[derive(Default)]
struct Trouble {
    history: bool,
    outputs: usize,
}

impl Trouble {
    fn is_any(&self) -> bool {
        self.history || self.outputs > 0
    }
}

/// Takes the lock. Where none can be made, on a full disk for instance, that is said, and the run goes on without the history.
fn locked(settings: &Settings, started: u64) -> Result<Option<RunLock>> {
    let mut waiting = |owner: Option<&Owner>| {
        let who = owner.map_or_else(String::new, |o| format!(": {o}"));
        complain(&format!("waiting for another run to end{who}"));
    };
    let lock = match RunLock::take(&settings.history, started, settings.wait, &mut waiting) {
        Ok(lock) => lock,
        Err(error @ LockError::Io { .. }) => {
            complain(&error.to_string());
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(owner) = &lock.taken_over {
        complain(&format!("the run before did not end by itself ({owner}); its lock was taken over"));
    }
    Ok(Some(lock))
}

/// Opens the history. One that can not be opened is said, and the run goes on without.
fn open(settings: &Settings, dry_run: bool) -> Option<History> {
    if dry_run && !settings.history.exists() {
        return None;
    }
    let opened = if dry_run { History::open_existing(&settings.history) } else { History::open(&settings.history) };
    opened.map_err(|error| complain(&error.to_string())).ok()
}

/// Compares with the past. A history that can not be read is said, and is none.
fn past(
    history: &mut Option<History>,
    args: &ReportArgs,
    settings: &Settings,
    judged: &Judged,
    started: u64,
) -> Result<Past> {
    let mut past =
        Past { history: history.take(), comparisons: Vec::new(), trends: Vec::new(), run: 1, last_success: None };
    let Some(history) = &past.history else { return Ok(past) };
    // A run that was asked for and is not there is a fault of the call.
    let asked = args.since.iter().map(|name| history.find(name)).collect::<Result<Vec<_>, HistoryError>>()?;
    let read = || -> Result<_, HistoryError> {
        let newest = history.newest()?;
        let mut comparisons = Vec::new();
        for run in newest.iter().chain(&asked) {
            let changes = Changes::between(&history.known_at(run.id)?, &judged.snapshot);
            comparisons.push(Comparison { before: run.point.clone(), changes });
        }
        let trends = history.trends(settings.trend.saturating_sub(1))?;
        let success = history
            .runs()?
            .iter()
            .rev()
            .find(|r| r.point.exit_code < ExitStatus::Failure as u8)
            .map(|r| r.point.finished);
        Ok((newest, comparisons, trends, success))
    };
    match read() {
        Ok((newest, comparisons, trends, success)) => {
            past.run = newest.map_or(1, |n| n.id.0 + 1);
            (past.comparisons, past.trends, past.last_success) = (comparisons, trends, success);
            let point = TrendPoint { run: past.run, started, finished: started, ..TrendPoint::of(&judged.snapshot) };
            past.trends.push(point);
        }
        Err(error) => {
            complain(&error.to_string());
            past.history = None;
        }
    }
    Ok(past)
}

/// Stores the run and takes old ones away; `false` when it could not be stored.
fn store(
    history: &mut History,
    settings: &Settings,
    db: &InfDb,
    judged: &Judged,
    started: u64,
    status: ExitStatus,
) -> bool {
    let saw = if judged.reused { Saw::TheSame } else { Saw::This(&judged.snapshot, &judged.templates) };
    let inf_db = db.digest();
    let run = NewRun {
        key: &judged.key,
        started,
        finished: now(),
        exit_code: status as u8,
        tool: env!("CARGO_PKG_VERSION"),
        inf_db: &inf_db,
        saw,
    };
    if let Err(error) = history.store(&run) {
        complain(&error.to_string());
        return false;
    }
    let keep = Keep { runs: settings.retention.runs, days: settings.retention.days };
    if let Err(error) = history.prune(keep, now()) {
        complain(&error.to_string());
    }
    true
}

/// The exit code, but for what is written later.
fn status(settings: &Settings, judged: &Judged, section: &Since<'_>, trouble: &Trouble) -> ExitStatus {
    if trouble.is_any() || !section.missing.is_empty() {
        return ExitStatus::Failure;
    }
    if judged.is_empty() {
        return ExitStatus::Nothing;
    }
    let fails = |severity| settings.judging.fail_on.is_some_and(|least| severity >= least);
    let found = if settings.judging.fail_on_new {
        // The first run has nothing new: it is what others are compared with.
        section.last().is_some_and(|c| c.changes.newly_counting().any(|f| fails(f.severity)))
    } else {
        judged.snapshot.findings.iter().any(|f| f.counts() && fails(f.severity))
    };
    if found { ExitStatus::Findings } else { ExitStatus::Clean }
}

fn write_metrics(settings: &Settings, numbers: &Metrics<'_>) -> bool {
    let Some((_, file)) = &settings.metrics else { return true };
    let mut page = Vec::new();
    let written = metrics::write(numbers, &mut page).map_err(anyhow::Error::from);
    let written = written.and_then(|()| outputs::whole(settings, file, &page));
    if let Err(error) = &written {
        complain(&format!("[metrics]: {error:#}"));
    }
    written.is_ok()
}

/// What changed, for the log of the scheduler.
fn show(section: &Since<'_>, written: &[String], common: &Common) -> Result<()> {
    if common.quiet {
        return Ok(());
    }
    let stdout = std::io::stdout();
    let style = Style { verbose: common.verbose, ..style(common.color, stdout.is_terminal()) };
    let mut out = std::io::BufWriter::new(stdout.lock());
    crate::report::since::text::write(section, style, &mut out)?;
    for path in written {
        style.wrapped(&mut out, "report: ", path)?;
    }
    Ok(out.flush()?)
}

/// Shows what a run would say, write and send.
fn dry_run(
    settings: &Settings,
    judged: &Judged,
    section: &Since<'_>,
    trouble: &Trouble,
    day: Day,
    common: &Common,
) -> Result<ExitStatus> {
    let status = status(settings, judged, section, trouble);
    show(section, &[], common)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "Dry run: nothing was written, nobody was told. The exit code would be {}.", status as u8)?;
    writeln!(out, "history: {} would get run {}", settings.history.display(), section.run.run)?;
    for output in &settings.outputs {
        let mut bytes = Vec::new();
        outputs::write(judged, section, output.format, &mut bytes)?;
        let path = output.file.of_run(day, section.run.run);
        writeln!(out, "report: {} ({}, {} bytes)", path.display(), output.format.name(), bytes.len())?;
    }
    if let Some((_, file)) = &settings.metrics {
        writeln!(out, "metrics: {}", file.display())?;
    }
    let told = Told { settings, judged, section, exit_code: status as u8, now: now() };
    match (&settings.webhook, told.body()) {
        (None, _) => {}
        (Some(webhook), None) => writeln!(out, "webhook: {} would not be told (when)", webhook.shown())?,
        (Some(webhook), Some(body)) => {
            writeln!(out, "webhook: POST to {}\n{}", webhook.shown(), String::from_utf8_lossy(&body))?;
        }
    }
    match (&settings.mail, told.message()) {
        (None, _) => {}
        (Some(mail), None) => writeln!(out, "mail: nothing would be sent to {} (when)", mail.to.join(", "))?,
        (Some(mail), Some(message)) => {
            let head: Vec<String> =
                String::from_utf8_lossy(&message).lines().take_while(|l| !l.is_empty()).map(str::to_owned).collect();
            writeln!(out, "mail: {} bytes through {}\n{}", message.len(), mail.sendmail.display(), head.join("\n"))?;
        }
    }
    out.flush()?;
    Ok(status)
}
