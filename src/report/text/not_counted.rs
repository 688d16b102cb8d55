//! What does not count: findings that somebody has accepted or ignored, and those of a baseline that are gone.

use std::io::{self, Write};

use super::plural;
use super::style::{Style, place_text};
use crate::analysis::finding::{Finding, SuppressedBy, Suppression};
use crate::report::Report;

/// Ignored or gone findings shown.
const MOST_IGNORED: usize = 20;

/// What somebody has accepted, as a count; what is ignored, with its reason; and what a baseline knew and is gone.
pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let ignored: Vec<(&Finding, &Suppression)> = report
        .analysis
        .findings
        .iter()
        .filter_map(|f| f.suppressed.as_ref().filter(|s| s.by == SuppressedBy::Policy).map(|s| (f, s)))
        .collect();
    if !ignored.is_empty() {
        writeln!(out, "{}", style.bold(&format!("{} ignored by the policy", plural(ignored.len(), "finding"))))?;
        for (finding, suppression) in ignored.iter().take(MOST_IGNORED) {
            let until = suppression.until.as_ref().map_or_else(String::new, |u| format!(" (until {u})"));
            let place = place_text(&finding.location);
            style.wrapped(out, "  ", &format!("{} {place}: {}{until}", finding.rule, suppression.reason))?;
        }
        more(ignored.len(), style, out)?;
        writeln!(out)?;
    }
    let Some(baseline) = report.baseline else { return Ok(()) };
    let head = format!("Baseline: {} new, {} accepted, {} gone", baseline.new, baseline.accepted, baseline.gone.len());
    writeln!(out, "{}", style.bold(&head))?;
    for gone in baseline.gone.iter().take(MOST_IGNORED) {
        style.wrapped(out, "  gone: ", &format!("{} {}: {}", gone.rule, gone.path, gone.message))?;
    }
    more(baseline.gone.len(), style, out)?;
    writeln!(out)
}

fn more(count: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(MOST_IGNORED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "  {}", style.dim(&format!("{more} more in the JSON report"))),
    }
}
