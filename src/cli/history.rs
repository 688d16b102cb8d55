//! `wimspect history`: the runs that a history holds.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::args::{Common, Format, HistoryArgs, HistoryCommand, HistoryFile, HistoryPrune, HistoryShow};
use super::{ExitStatus, clock, output, pipeline};
use crate::analysis::changes::Changes;
use crate::history::lock::RunLock;
use crate::history::{History, Keep, Run};
use crate::report::changes::runs::{self, Gone, RunDetails, RunLine};
use crate::report::changes::summary;

/// Runs it.
///
/// # Errors
/// There is no such history or no such run, or the file can not be read or written.
pub fn run(args: &HistoryArgs, common: &Common) -> Result<ExitStatus> {
    let formats = [Format::Text, Format::Json];
    output::only(common, &formats, "this format has no room for runs")?;
    match &args.command {
        HistoryCommand::List(file) => list(file, common),
        HistoryCommand::Show(show) => self::show(show, common),
        HistoryCommand::Prune(prune) => self::prune(prune, common),
    }
}

fn line(run: &Run) -> RunLine<'_> {
    RunLine { point: &run.point, tool: &run.tool }
}

fn list(file: &HistoryFile, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let all = History::open_existing(&file.history)?.runs()?;
    let lines: Vec<RunLine<'_>> = all.iter().map(line).collect();
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => runs::list_json(&lines, &db, out),
        _ => runs::list_text(&lines, style, out),
    })?;
    Ok(ExitStatus::Clean)
}

fn show(args: &HistoryShow, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let history = History::open_existing(&args.file.history)?;
    let run = history.find(&args.run)?;
    let snapshot = history.snapshot(run.id)?;
    let before = history.before(run.id)?.map(|before| history.known_at(before.id)).transpose()?;
    let first_seen: BTreeMap<String, (u64, u64)> =
        history.sightings()?.into_iter().map(|(print, seen)| (print, (seen.first_run.0, seen.first_seen))).collect();
    let details = RunDetails {
        line: line(&run),
        snapshot: &snapshot,
        first_seen: &first_seen,
        changed: before.map(|before| summary(&Changes::between(&before, &snapshot))),
    };
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => runs::show_json(&details, &db, out),
        _ => runs::show_text(&details, style, out),
    })?;
    Ok(ExitStatus::Clean)
}

/// A run that works must not lose the runs that it looks at.
fn prune(args: &HistoryPrune, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let now = clock::now();
    let path = &args.file.history;
    // Said before a lock is made beside a file that is not there.
    let mut history = History::open_existing(path)?;
    let _lock = RunLock::take(path, now, Duration::ZERO, &mut |_| {})?;
    let pruned = history.prune(Keep { runs: args.keep_runs, days: args.keep_days }, now)?;
    let gone = Gone { runs: pruned.runs, left: pruned.left, bytes_before: pruned.before, bytes_after: pruned.after };
    output::to_destinations(common, &mut |format, _, out| match format {
        Format::Json => runs::pruned_json(gone, &db, out),
        _ => runs::pruned_text(gone, out),
    })?;
    Ok(ExitStatus::Clean)
}
