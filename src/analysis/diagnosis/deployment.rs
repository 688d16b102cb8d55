//! Which sessions of which logs belong to one deployment.
//!
//! Logs that were given together, or lie in one folder, are told as one story as long as they fit: their times lie near each
//! other (the clock of Windows PE runs on Pacific time, so "near" is a day and a half), and they do not show different releases
//! of Windows PE. A second session of a task sequence or of wpeinit in the same log is another start of the machine.

use std::collections::BTreeMap;

use super::session::Session;
use crate::facts::log::{LogFormat, LogSummary};

/// Times of one deployment lie no further apart, whatever the clocks say.
const APART: i64 = 36 * 3_600_000;

/// A log that was read.
#[derive(Clone, Debug)]
pub struct LogRead<'d> {
    /// Path as reports show it.
    pub path: String,
    /// Logs of one group may belong together: a folder, or what was named on the command line.
    pub group: String,
    /// What reading it came to.
    pub summary: LogSummary,
    /// Its sessions, in order.
    pub sessions: Vec<Session<'d>>,
}

/// One session of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Index of the log.
    pub log: usize,
    /// Index of the session.
    pub session: usize,
}

/// Runs of the same group that a session is held against, the later ones.
const MOST_RUNS: usize = 8;
/// Sessions of a run that another one is held against.
const MOST_MEMBERS: usize = 64;

/// The deployments, each with its sessions in the order of the logs.
pub fn deployments(logs: &[LogRead<'_>]) -> Vec<Vec<Part>> {
    let mut groups: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for (log, read) in logs.iter().enumerate() {
        let parts = (0..read.sessions.len()).map(|session| Part { log, session });
        groups.entry(&read.group).or_default().extend(parts);
    }
    let mut found: Vec<Vec<Part>> = groups.into_values().flat_map(|parts| runs(logs, parts)).collect();
    found.sort();
    found
}

fn runs(logs: &[LogRead<'_>], mut parts: Vec<Part>) -> Vec<Vec<Part>> {
    // Task sequences first: the other logs lie around them.
    parts.sort_by_key(|part| (!is_start(logs, *part), *part));
    let mut found: Vec<Vec<Part>> = Vec::new();
    for part in parts {
        let fits = |run: &&mut Vec<Part>| run.iter().rev().take(MOST_MEMBERS).all(|other| fit(logs, part, *other));
        // The last one that fits: of two runs whose logs have no times the later one left the other logs.
        match found.iter_mut().rev().take(MOST_RUNS).find(fits) {
            Some(run) => run.push(part),
            None => found.push(vec![part]),
        }
    }
    for run in &mut found {
        run.sort();
    }
    found
}

fn session<'a, 'd>(logs: &'a [LogRead<'d>], part: Part) -> Option<&'a Session<'d>> {
    logs.get(part.log)?.sessions.get(part.session)
}

/// Each session of such a log is a start of the machine.
fn is_start(logs: &[LogRead<'_>], part: Part) -> bool {
    session(logs, part).is_some_and(|s| matches!(s.format, LogFormat::CmTrace | LogFormat::CmTraceText))
}

fn fit(logs: &[LogRead<'_>], a: Part, b: Part) -> bool {
    let (Some(first), Some(second)) = (session(logs, a), session(logs, b)) else { return false };
    let other_start = a.log == b.log && (is_start(logs, a) || first.format == LogFormat::Wpeinit);
    !other_start && near(first, second) && same_release(first, second)
}

fn near(a: &Session<'_>, b: &Session<'_>) -> bool {
    let (Some((a_from, a_to)), Some((b_from, b_to))) = (a.times, b.times) else { return true };
    let (a_from, a_to) = (a_from.local_milliseconds(), a_to.local_milliseconds());
    let (b_from, b_to) = (b_from.local_milliseconds(), b_to.local_milliseconds());
    // Clocks jump, also backwards.
    let (a_from, a_to) = (a_from.min(a_to), a_from.max(a_to));
    let (b_from, b_to) = (b_from.min(b_to), b_from.max(b_to));
    a_from - b_to <= APART && b_from - a_to <= APART
}

fn same_release(a: &Session<'_>, b: &Session<'_>) -> bool {
    let winpe = |s: &Session<'_>| s.versions.iter().find(|v| v.is_winpe).map(|v| v.version.major_minor());
    winpe(a).zip(winpe(b)).is_none_or(|(a, b)| a == b)
}
