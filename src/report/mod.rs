//! FINDINGS → BYTES on a writer, one file per format. Domain types are not wire types: the JSON shapes live in [`json`].

pub mod changes;
pub mod csv;
pub mod diagnosis;
pub mod html;
pub mod inert;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod matrix;
pub mod metrics;
pub mod notice;
mod places;
pub mod plan;
pub mod sarif;
pub mod since;
mod stream;
pub mod text;
mod words;

use crate::analysis::Analysis;
use crate::analysis::finding::{Finding, Severity};
use crate::inf_db::InfDb;

/// What a report is made from, beside the analysis.
pub struct Report<'a> {
    /// The analysis.
    pub analysis: &'a Analysis,
    /// Knowledge that was used.
    pub db: &'a InfDb,
    /// The inputs as given.
    pub inputs: &'a [Input],
    /// What could not be read within an input.
    pub problems: &'a [Problem],
    /// Show every driver, not only network drivers and those that findings refer to.
    pub all_facts: bool,
    /// Say whether images are fit for distribution; not where only facts were asked for.
    pub verdicts: bool,
    /// Findings at or above this severity fail the run; `None` = nothing does.
    pub fail_on: Option<Severity>,
    /// Where the program runs, for hyperlinks on a terminal only: no report depends on it.
    pub run_folder: Option<&'a str>,
    /// Inputs that could not be read as a whole.
    pub failed: &'a [String],
    /// Digest of the policy file, where one was used.
    pub policy: Option<&'a str>,
    /// What `diagnose` found; `None` for the other subcommands.
    pub diagnosis: Option<&'a diagnosis::DiagnosisReport<'a>>,
    /// What the baseline says, where one was given.
    pub baseline: Option<&'a BaselineSummary>,
    /// It is a scheduled report: [`since::MARK`] stands where the section goes that says what changed.
    pub scheduled: bool,
}

impl Report<'_> {
    /// Whether a finding fails the run.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.counts() && self.fail_on.is_some_and(|least| finding.severity >= least)
    }
}

/// A run compared with its baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineSummary {
    /// Findings that the baseline did not know.
    pub new: usize,
    /// Findings that it knew.
    pub accepted: usize,
    /// What it knew and is not there any more.
    pub gone: Vec<GoneFinding>,
}

/// A finding of a baseline that is not there any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoneFinding {
    /// Rule id.
    pub rule: String,
    /// Where it was.
    pub path: String,
    /// What it said.
    pub message: String,
    /// Its fingerprint.
    pub fingerprint: String,
}

/// One input as given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// `share`, `boot-image`, `fleet`, `log`, `answer-file`, `task-sequence`.
    pub kind: &'static str,
    /// Path as given, with `/`.
    pub path: String,
    /// SHA-256 of the file, where it was computed.
    pub sha256: Option<String>,
    /// GUID of a WIM.
    pub guid: Option<String>,
}

/// Something within an input that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path as in findings.
    pub path: String,
    /// 1-based line, if it has one.
    pub line: Option<u32>,
    /// What went wrong.
    pub message: String,
}

/// The version of the JSON contract.
pub const SCHEMA: &str = "wimspect/1";

/// A path as reports write it.
fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}
