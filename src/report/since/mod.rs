//! The first section of a scheduled report: what changed since the last run, and how the numbers went.
//!
//! A report whose inputs did not change is not made again: what stands around this section is kept from the run before. So
//! every format writes the section in one piece and in one place, in front of all text from an input, and nothing else of a
//! report depends on it. [`MARK`] holds the place while the rest is made. SARIF has no such section: its results
//! are one list in which each says whether it is new, and that would be everywhere.

pub mod csv;
pub mod html;
pub mod json;
pub mod junit;
mod lines;
pub mod markdown;
mod numbers;
mod summary;
#[cfg(test)]
mod tests;
pub mod text;

pub use self::summary::{Summary, Tone};

use super::changes::{Compared, Side};
use crate::analysis::changes::Changes;
use crate::analysis::trends::TrendPoint;
use crate::facts::utc;
use crate::inf_db::InfDb;

/// Holds the place of the section in a report that is kept. Text of an input can not look like it: no format lets a control
/// character through, and JSON, which escapes it, writes the section before any such text.
pub const MARK: &str = "\u{1}what changed\u{1}";

/// The same as JSON writes it.
const MARK_IN_JSON: &str = "\"\\u0001what changed\\u0001\"";

/// A report parted at its mark: what stands before it, and what stands behind it. `None` where a format has no section.
pub fn parted(report: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = |mark: &str| {
        memchr::memmem::find(report, mark.as_bytes()).map(|at| (&report[..at], &report[at + mark.len()..]))
    };
    at(MARK).or_else(|| at(MARK_IN_JSON))
}

/// What the section says.
#[derive(Clone, Debug)]
pub struct Since<'a> {
    /// Title of the report, by the configuration.
    pub title: &'a str,
    /// This run.
    pub run: Moment,
    /// What it is compared with: the last run first, then what was asked for. Empty in the first run.
    pub comparisons: &'a [Comparison],
    /// The last runs in numbers, the oldest first, this one at the end.
    pub trends: &'a [TrendPoint],
    /// Inputs that are missing now: path, and why.
    pub missing: &'a [(String, String)],
    /// The history can not be read: why what changed is not known.
    pub no_history: bool,
    /// Titles of the rules.
    pub db: &'a InfDb,
}

/// A run and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Its number.
    pub run: u64,
    /// Seconds since 1970-01-01 00:00 UTC.
    pub at: u64,
}

impl From<&TrendPoint> for Moment {
    fn from(point: &TrendPoint) -> Self {
        Self { run: point.run, at: point.started }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // To the minute: nobody starts reports by the second.
        let text = utc::text(self.at);
        let (day, time) = text.split_once('T').unwrap_or((&text, ""));
        write!(f, "run {} of {day} {} UTC", self.run, time.get(..5).unwrap_or(time))
    }
}

/// This run compared with an older one.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The older one.
    pub before: TrendPoint,
    /// What is different.
    pub changes: Changes,
}

impl Since<'_> {
    /// What changed since the last run; `None` in the first one.
    pub fn last(&self) -> Option<&Comparison> {
        self.comparisons.first()
    }

    /// Errors that count in this run.
    fn standing_errors(&self) -> u64 {
        self.trends.last().map_or(0, |point| point.errors)
    }

    /// One of the comparisons, as the parts of the program that only compare take it.
    fn compared<'c>(&'c self, comparison: &'c Comparison) -> Option<Compared<'c>> {
        let after = Side::Run(self.trends.last()?);
        Some(Compared { before: Side::Run(&comparison.before), after, changes: &comparison.changes })
    }

    /// Missing inputs, and why without the path in front of it, which stands there already.
    fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        let without = |path: &str, why: &'_ str| {
            why.strip_prefix(path).and_then(|w| w.strip_prefix(": ")).map_or(0, |w| why.len() - w.len())
        };
        self.missing.iter().map(move |(path, why)| (path.as_str(), &why[without(path, why)..]))
    }

    /// Kinds of changes of a comparison. What is missing now stands above the last one already.
    fn groups(&self, comparison: &Comparison) -> Vec<lines::Group> {
        let is_last = self.last().is_some_and(|last| std::ptr::eq(last, comparison));
        let mut groups = lines::groups(self, comparison);
        groups.retain(|g| !(is_last && g.id == "input-missing"));
        groups
    }

    fn rule_title<'t>(&'t self, rule: &'t str) -> &'t str {
        self.db.rules().get(rule).map_or(rule, |r| r.title.as_str())
    }
}
