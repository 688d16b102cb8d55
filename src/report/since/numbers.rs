//! Trends: a row for each number, over the last runs.

use crate::analysis::trends::TrendPoint;
use crate::report::changes::trends::sparkline;

/// One number over the runs.
pub(super) struct Series {
    /// What it counts.
    pub(super) name: &'static str,
    /// Class of the style sheet.
    pub(super) class: &'static str,
    /// Value by run; `None` where the run has no such number.
    pub(super) values: Vec<Option<u64>>,
    /// Whether less is better; `None` = neither.
    pub(super) less_is_better: Option<bool>,
}

impl Series {
    /// The newest value.
    pub(super) fn now(&self) -> Option<u64> {
        self.values.last().copied().flatten()
    }

    /// The newest value and the one before it.
    pub(super) fn step(&self) -> Option<i64> {
        let now = self.now()?;
        let before = self.values.iter().rev().skip(1).flatten().next()?;
        Some(i64::try_from(now).ok()? - i64::try_from(*before).ok()?)
    }

    /// Smallest and largest.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        let known = || self.values.iter().flatten().copied();
        Some((known().min()?, known().max()?))
    }

    /// `from 0 to 4, now 3`.
    pub(super) fn words(&self) -> String {
        match (self.range(), self.now()) {
            (Some((least, most)), Some(now)) if least == most => format!("always {now}"),
            (Some((least, most)), Some(now)) => format!("between {least} and {most}, now {now}"),
            (Some((least, most)), None) => format!("between {least} and {most}, not known now"),
            (None, _) => "not known".to_owned(),
        }
    }

    /// Blocks, one for each run: `▁▁▃█`.
    pub(super) fn sparkline(&self) -> String {
        sparkline(&self.values)
    }
}

/// All rows that say something.
pub(super) fn series(trends: &[TrendPoint]) -> Vec<Series> {
    let row = |name, class, less_is_better, value: fn(&TrendPoint) -> Option<u64>| Series {
        name,
        class,
        values: trends.iter().map(value).collect(),
        less_is_better,
    };
    let rows = [
        row("Errors", "sev-error", Some(true), |p| Some(p.errors)),
        row("Warnings", "sev-warning", Some(true), |p| Some(p.warnings)),
        row("Notes", "sev-info", Some(true), |p| Some(p.notes)),
        row("Not counted", "unknown", None, |p| Some(p.not_counted)),
        row("Adapters covered", "good", Some(false), |p| p.covered),
        row("Adapters", "unknown", None, |p| p.adapters),
        row("Packages", "unknown", None, |p| Some(p.packages)),
        row("Images", "unknown", None, |p| Some(p.images)),
        row("Not readable", "sev-warning", Some(true), |p| Some(p.problems)),
        row("Missing inputs", "sev-error", Some(true), |p| Some(p.missing)),
    ];
    // What never changes is not worth a row, but for what everybody looks for.
    let says = |row: &Series| match row.range() {
        None => false,
        Some((least, most)) => least != most || matches!(row.name, "Errors" | "Warnings"),
    };
    rows.into_iter().filter(says).collect()
}
