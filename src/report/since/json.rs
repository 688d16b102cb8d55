//! The section in the JSON contract: member `history`, record `history`.

use std::io::{self, Write};

use serde::Serialize;

use super::Since;
use super::summary::Summary;
use crate::facts::utc;
use crate::report::changes::json::ChangesRecord;
use crate::report::changes::runs::RunRecord;
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
    since: Vec<ChangesRecord<'a>>,
    /// The last runs in numbers, the oldest first, this one at the end.
    trends: Vec<RunRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MissingRecord<'a> {
    path: &'a str,
    message: &'a str,
}

impl<'a> HistoryRecord<'a> {
    fn of(section: &'a Since<'a>) -> Self {
        let summary = Summary::of(section);
        let missing = section.missing.iter().map(|(path, message)| MissingRecord { path, message });
        let compared = section.comparisons.iter().filter_map(|c| section.compared(c));
        let since = compared.map(|c| ChangesRecord::of(&c));
        Self {
            title: section.title,
            run: section.run.run,
            started: utc::text(section.run.at),
            summary: summary.line(),
            missing: missing.collect(),
            since: since.collect(),
            trends: section.trends.iter().map(|point| RunRecord::of(point, None)).collect(),
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
