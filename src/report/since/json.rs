//! The section in the JSON contract: member `history`, record `history`.

use std::io::{self, Write};

use serde::Serialize;

use super::Since;
use super::summary::Summary;
use crate::analysis::trends::TrendPoint;
use crate::facts::utc;
use crate::report::inert::InertJson;

/// A scheduled report: which run it is, what changed, and how the numbers went.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct HistoryRecord<'a> {
    /// Title, by the configuration.
    title: &'a str,
    /// Number of this run.
    run: u64,
    /// When it began, RFC 3339 in UTC.
    started: String,
    /// What is new, in words.
    summary: String,
    /// Inputs that are missing.
    missing: Vec<MissingRecord<'a>>,
    /// Compared with the last run, and with others that were asked for. Empty in the first run.
    since: Vec<ComparisonRecord<'a>>,
    /// The last runs in numbers, the oldest first, this one at the end.
    trends: &'a [TrendPoint],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MissingRecord<'a> {
    path: &'a str,
    message: &'a str,
}

/// What is different from an older run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ComparisonRecord<'a> {
    /// The older run.
    run: u64,
    /// When it began, RFC 3339 in UTC.
    started: String,
    /// What is different.
    changes: ChangesRecord<'a>,
}

impl<'a> HistoryRecord<'a> {
    fn of(section: &'a Since<'a>) -> Self {
        let summary = Summary::of(section);
        let missing = section.missing.iter().map(|(path, message)| MissingRecord { path, message });
        let since = section.comparisons.iter().map(|c| ComparisonRecord {
            run: c.before.run,
            started: utc::text(c.before.at),
            changes: ChangesRecord::of(&c.changes),
        });
        Self {
            title: section.title,
            run: section.run.run,
            started: utc::text(section.run.at),
            summary: format!("{} {}", summary.headline, summary.since),
            missing: missing.collect(),
            since: since.collect(),
            trends: section.trends,
        }
    }
}

/// Writes the value of the member `history`.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(InertJson(out), &HistoryRecord::of(section)).map_err(io::Error::from)
}

/// Writes the record `history`, without its line end.
///
/// # Errors
/// Those of the writer.
pub fn write_line(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    let line = crate::report::json::Line { record: "history", members: HistoryRecord::of(section) };
    serde_json::to_writer(InertJson(out), &line).map_err(io::Error::from)
}

/// STUB until the room of `changes` has its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangesRecord<'a> {
    inputs: Vec<&'a str>,
}

impl<'a> ChangesRecord<'a> {
    fn of(changes: &'a crate::analysis::changes::Changes) -> Self {
        Self { inputs: changes.inputs.missing.iter().map(|i| i.path.as_str()).collect() }
    }
}
