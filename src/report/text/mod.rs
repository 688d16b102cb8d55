//! Text for a terminal: verdict first, findings by package, worst first.

pub(super) mod coverage;
pub mod diagnosis;
mod facts;
mod finding;
mod findings;
pub mod inf_model;
pub(super) mod matrix;
mod not_counted;
pub mod single_file;
pub mod style;

use std::io::{self, Write};

use self::style::Style;
use super::{Report, since, words};
use crate::analysis::finding::Severity;

/// Writes the whole report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    if report.scheduled {
        out.write_all(since::MARK.as_bytes())?;
    }
    facts::images(report, style, &mut out)?;
    findings::write(report, style, &mut out)?;
    not_counted::write(report, style, &mut out)?;
    matrix::of_images(report, style, &mut out)?;
    coverage::write(report, style, &mut out)?;
    problems(report, style, &mut out)?;
    summary(report, style, &mut out)?;
    out.flush()
}

/// Facts only: what `inspect` shows.
///
/// # Errors
/// Those of the writer.
pub fn write_facts(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    facts::images(report, style, &mut out)?;
    facts::drivers(report, style, &mut out)?;
    for (place, message) in &report.analysis.world.unreadable {
        style.wrapped(&mut out, "", &format!("{}: {message}", style::place_text(place)))?;
    }
    problems(report, style, &mut out)?;
    out.flush()
}

fn problems(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", style.bold("Could not be read"))?;
    for problem in report.problems {
        let line = problem.line.map_or_else(String::new, |l| format!(":{l}"));
        style.wrapped(out, "  ", &format!("{}{line}: {}", problem.path, problem.message))?;
    }
    writeln!(out)
}

fn summary(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let infs: usize = analysis.world.shares.iter().map(|s| s.infs.len()).sum();
    let network = analysis.topologies.roles.iter().filter(|r| r.is_network()).count();
    let mut looked_at = Vec::new();
    if !analysis.world.shares.is_empty() {
        looked_at.push(plural(infs, "INF file"));
    }
    if !analysis.world.images.is_empty() {
        looked_at.push(plural(analysis.world.images.len(), "image"));
    }
    let deployment = &analysis.world.deployment;
    for (count, noun) in
        [(deployment.answer_files.len(), "answer file"), (deployment.task_sequences.len(), "task sequence")]
    {
        if count > 0 {
            looked_at.push(plural(count, noun));
        }
    }
    if !analysis.world.drivers.is_empty() || deployment.is_empty() {
        looked_at.push(format!("{} ({network} of them for networks)", plural(analysis.world.drivers.len(), "driver")));
    }
    let failing = analysis.findings.iter().any(|f| f.counts() && f.severity == Severity::Error);
    let verdict = words::counts(report);
    let verdict = if failing { style.severity(Severity::Error, &verdict) } else { style.bold(&verdict) };
    writeln!(out, "{verdict} in {}", looked_at.join(", "))?;
    style.wrapped(out, "", &format!("Scope: {}.", words::scope(report)))
}

/// `1 image`, `2 images`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
