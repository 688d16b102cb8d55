//! The section for a terminal, a mail and standard output.

use std::io::{self, Write};

use super::lines::{Group, groups};
use super::numbers::series;
use super::summary::{Summary, Tone};
use super::{Comparison, Since};
use crate::analysis::finding::Severity;
use crate::report::text::style::{Style, harmless};

/// Lines of a group, unless everything is wanted.
const MOST_LINES: usize = 20;
/// Further lines about one change.
const MOST_DETAILS: usize = 12;
/// Runs of a sparkline: it stands behind a name and numbers.
const MOST_RUNS: usize = 60;

/// Writes the section and an empty line.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.dim(&harmless(&format!("{}, {}", section.title, section.run))))?;
    let summary = Summary::of(section);
    let headline = format!("{} {}", summary.headline, summary.since);
    let headline = harmless(if section.last().is_none() { headline.trim() } else { &headline });
    let headline = match summary.tone {
        Tone::Worse => style.severity(Severity::Error, &headline),
        Tone::Look => style.severity(Severity::Warning, &headline),
        Tone::Calm => style.bold(&headline),
    };
    writeln!(out, "{headline}")?;
    if !summary.others.is_empty() {
        style.wrapped(out, "", &summary.others.join(", "))?;
    }
    writeln!(out)?;
    if !section.missing.is_empty() {
        writeln!(out, "{}", style.bold("Missing tonight"))?;
        for (path, why) in section.missing.iter().take(MOST_LINES) {
            style.wrapped(out, "  ", &format!("{path}: {why}"))?;
        }
        writeln!(out)?;
    }
    for (index, comparison) in section.comparisons.iter().enumerate() {
        if index > 0 {
            further(comparison, style, out)?;
        }
        for group in groups(section, comparison) {
            write_group(&group, style, out)?;
        }
    }
    trends(section, style, out)
}

fn further(comparison: &Comparison, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let summary = Summary::of_comparison(comparison);
    writeln!(out, "{}", style.bold(&format!("{} {}", summary.headline, summary.since)))?;
    if !summary.others.is_empty() {
        style.wrapped(out, "", &summary.others.join(", "))?;
    }
    writeln!(out)
}

fn write_group(group: &Group, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.bold(&format!("{} ({})", group.title, group.lines.len())))?;
    let most = if style.verbose { usize::MAX } else { MOST_LINES };
    for line in group.lines.iter().take(most) {
        let word = line.severity.map_or_else(String::new, |s| format!("{} ", s.name()));
        let path = if line.path.is_empty() { String::new() } else { format!(" {}", line.path) };
        style.wrapped(out, "  ", &format!("{word}{}{path}: {}", line.name, line.text))?;
        let most = if style.verbose { usize::MAX } else { MOST_DETAILS };
        for detail in line.details.iter().take(most) {
            style.wrapped(out, "      ", detail)?;
        }
        if line.details.len() > most {
            writeln!(out, "      and {} more", line.details.len() - most)?;
        }
    }
    if group.lines.len() > most {
        writeln!(out, "  and {} more", group.lines.len() - most)?;
    }
    writeln!(out)
}

fn trends(section: &Since<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if section.trends.len() < 2 {
        return Ok(());
    }
    let from = section.trends.len().saturating_sub(MOST_RUNS);
    let shown = &section.trends[from..];
    writeln!(out, "{}", style.bold(&format!("Trends of the last {} runs", shown.len())))?;
    for row in series(shown) {
        let now = row.now().map_or_else(|| "-".to_owned(), |n| n.to_string());
        writeln!(out, "  {:<17}{now:>6}  {}  {}", row.name, row.sparkline(), style.dim(&row.words()))?;
    }
    writeln!(out)
}
