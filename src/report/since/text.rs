//! The section for a terminal, a mail and standard output: the answer first, then what `wimspect diff` says of the two runs.

use std::io::{self, Write};

use super::Since;
use super::summary::{Summary, Tone};
use crate::analysis::finding::Severity;
use crate::report::changes::{text, trends};
use crate::report::text::style::{Style, harmless};

/// Missing inputs that are listed.
const MOST_LINES: usize = 50;

/// Writes the section and an empty line.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.dim(&harmless(&format!("{}, {}", section.title, section.run))))?;
    let summary = Summary::of(section);
    let headline = harmless(&summary.line());
    let headline = match summary.tone {
        Tone::Worse => style.severity(Severity::Error, &headline),
        Tone::Look => style.severity(Severity::Warning, &headline),
        Tone::Calm => style.bold(&headline),
    };
    writeln!(out, "{headline}\n")?;
    if !section.missing.is_empty() {
        writeln!(out, "{}", style.bold("Missing tonight"))?;
        for (path, why) in section.missing().take(MOST_LINES) {
            style.wrapped(out, "  ", &format!("{path}: {why}"))?;
        }
        writeln!(out)?;
    }
    for comparison in section.comparisons {
        // What did not change is said by the headline.
        let compared = section.compared(comparison).filter(|c| !c.changes.is_empty());
        if let Some(compared) = compared {
            text::write(&compared, style, out)?;
            writeln!(out)?;
        }
    }
    if section.trends.len() > 1 {
        trends::write(section.trends, style, out)?;
        writeln!(out)?;
    }
    Ok(())
}
