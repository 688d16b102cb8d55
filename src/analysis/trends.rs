//! Runs in numbers, one after the other: what a trend is drawn from.

use serde::Serialize;

use super::finding::Severity;
use super::snapshot::Snapshot;

/// One run in numbers.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrendPoint {
    /// Number of the run, 1 for the first.
    pub run: u64,
    /// When it began, in seconds since 1970-01-01 00:00 UTC.
    pub started: u64,
    /// When it ended.
    pub finished: u64,
    /// How it ended.
    pub exit_code: u8,
    /// Findings that count.
    pub errors: u64,
    /// Findings that count.
    pub warnings: u64,
    /// Findings that count.
    pub notes: u64,
    /// Findings that do not count: ignored by the policy, or accepted by the baseline.
    pub not_counted: u64,
    /// Packages of the shares.
    pub packages: u64,
    /// Images of the boot files.
    pub images: u64,
    /// Parts of the inputs that could not be read.
    pub problems: u64,
    /// Inputs that were missing.
    pub missing: u64,
    /// Kinds of network adapters in the fleet; `None` without a fleet.
    pub adapters: Option<u64>,
    /// Those that every target runs.
    pub covered: Option<u64>,
}

impl TrendPoint {
    /// The numbers of a snapshot; run, times and exit code are 0.
    pub fn of(snapshot: &Snapshot) -> Self {
        let count = |severity| snapshot.count(severity) as u64;
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Info),
            not_counted: snapshot.findings.iter().filter(|f| !f.counts()).count() as u64,
            packages: snapshot.packages.len() as u64,
            images: snapshot.images.len() as u64,
            problems: snapshot.problems as u64,
            missing: snapshot.inputs.iter().filter(|i| !i.is_read()).count() as u64,
            adapters: snapshot.coverage.as_ref().map(|c| c.adapters as u64),
            covered: snapshot.coverage.as_ref().map(|c| c.covered as u64),
            ..Self::default()
        }
    }
}
