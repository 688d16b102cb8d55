//! Writes the report and decides on the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::args::{Color, Common, FailOn, Format, MinConfidence};
use super::pipeline::Outcome;
use super::{ExitStatus, complain};
use crate::analysis::finding::Severity;
use crate::inf_db::{Confidence, InfDb};
use crate::report::text::style::Style;
use crate::report::{Report, json, text};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Facts, predictions and findings.
    Full,
    /// Facts only.
    Facts,
}

/// Leaves out what `--min-confidence` leaves out, writes, and gives the exit code.
///
/// # Errors
/// The report can not be written.
pub fn finish(mut outcome: Outcome, kind: Kind, common: &Common, db: &InfDb) -> Result<ExitStatus> {
    for failure in &outcome.failed {
        complain(failure);
    }
    let least = match common.min_confidence {
        MinConfidence::Guess => Confidence::Guess,
        MinConfidence::Likely => Confidence::Likely,
        MinConfidence::Proven => Confidence::Proven,
    };
    outcome.analysis.findings.retain(|f| f.confidence >= least);
    let world = &outcome.analysis.world;
    let nothing = world.images.is_empty() && world.drivers.is_empty() && world.unreadable.is_empty();
    // Nothing was read at all: an empty report would look like a healthy one. A fault of a file is a finding all the same.
    if !outcome.failed.is_empty() && nothing && outcome.analysis.findings.is_empty() {
        return Ok(ExitStatus::Failure);
    }
    let report = Report {
        analysis: &outcome.analysis,
        db,
        inputs: &outcome.inputs,
        problems: &outcome.problems,
        all_facts: common.all_facts || kind == Kind::Facts,
        verdicts: kind == Kind::Full,
        policy: None,
        baseline: None,
    };
    to_destinations(common, &mut |format, style, out| one(&report, kind, format, style, out))?;
    if !outcome.failed.is_empty() {
        return Ok(ExitStatus::Failure);
    }
    if nothing {
        complain("nothing to inspect: no INF file and no image was found");
        return Ok(ExitStatus::Nothing);
    }
    Ok(if kind == Kind::Full && fails(&outcome, common.fail_on) { ExitStatus::Findings } else { ExitStatus::Clean })
}

fn fails(outcome: &Outcome, fail_on: FailOn) -> bool {
    let least = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
        FailOn::Never => return false,
    };
    outcome.analysis.findings.iter().any(|f| f.counts() && f.severity >= least)
}

/// Writes one report after the other: to its own file, to `--output`, or to standard output (nothing there with `--quiet`).
///
/// # Errors
/// Two reports have the same destination, or one can not be written; the others are written all the same.
pub fn to_destinations(
    common: &Common,
    write: &mut dyn FnMut(Format, Style, &mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let mut seen: Vec<Option<&Path>> = Vec::new();
    for spec in &common.format {
        let destination = spec.file.as_deref().or(common.output.as_deref());
        if seen.contains(&destination) {
            let place = destination.map_or_else(|| "standard output".to_owned(), |p| p.display().to_string());
            bail!("two reports would go to {place}; name a file for each: --format json=FILE");
        }
        seen.push(destination);
    }
    let mut result = Ok(());
    for (spec, destination) in common.format.iter().zip(seen) {
        let written = match destination {
            None if common.quiet => Ok(()),
            None => to_stdout(common, &mut |style, out| write(spec.format, style, out)),
            Some(path) => write_file(path, &mut |out| {
                write(spec.format, Style { verbose: common.verbose, ..Style::default() }, out)
            })
            .with_context(|| format!("writing {}", path.display())),
        };
        result = result.and(written);
    }
    result
}

fn to_stdout(common: &Common, write: &mut dyn FnMut(Style, &mut dyn Write) -> io::Result<()>) -> Result<()> {
    let stdout = io::stdout();
    let style = Style { verbose: common.verbose, ..style(common.color, stdout.is_terminal()) };
    write(style, &mut io::BufWriter::new(stdout.lock())).context("writing to standard output")
}

/// Written beside its place and put there when it is whole: nobody ever sees half a report.
fn write_file(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    // A report is for others to read: the permissions that any new file of this user gets, not those of a secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".wimspect-").tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn one(report: &Report<'_>, kind: Kind, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match (format, kind) {
        (Format::Json, _) => json::write(report, out),
        (Format::Text, Kind::Full) => text::write(report, style, out),
        (Format::Text, Kind::Facts) => text::write_facts(report, style, out),
    }
}

/// Colours and width for this terminal.
pub fn style(color: Color, terminal: bool) -> Style {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok());
    let width = columns.or_else(|| terminal.then(console_width).flatten()).unwrap_or(110);
    Style { color, width: width.clamp(40, 160), verbose: false }
}

fn console_width() -> Option<usize> {
    let size = indicatif::TermLike::width(&console_term());
    (size > 0).then_some(usize::from(size))
}

fn console_term() -> impl indicatif::TermLike {
    console::Term::stdout()
}
