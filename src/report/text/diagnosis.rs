//! Text of `diagnose`: the short story first, then the time line, then the lines that it stands on.

use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::diagnosis::{Diagnosis, State};
use crate::inf_db::{InfDb, Severity};
use crate::report::Problem;
use crate::report::diagnosis::{DiagnosisReport, MOST_EVENTS, Section, one_line};

/// Column at which the sentences begin.
const LABEL: usize = 16;

/// Writes it.
///
/// # Errors
/// Those of the writer.
pub fn write(
    found: &DiagnosisReport<'_>,
    problems: &[Problem],
    db: &InfDb,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    // What says nothing is said in a line, where something else has a story.
    let has_story = |d: &&Diagnosis<'_>| d.state != State::NothingKnown;
    let stories = found.diagnoses.iter().filter(has_story).count();
    for diagnosis in found.diagnoses.iter().filter(|d| has_story(d) || stories == 0 || style.verbose) {
        story(found, diagnosis, db, style, out)?;
    }
    let quiet = if stories == 0 || style.verbose { 0 } else { found.diagnoses.len() - stories };
    if quiet > 0 {
        let runs = plural(quiet, "more run");
        style.wrapped(out, "", &format!("{runs} in these logs: nothing known matches in them (-v shows them)"))?;
        writeln!(out)?;
    }
    logs(found, problems, style, out)
}

fn story(
    found: &DiagnosisReport<'_>,
    diagnosis: &Diagnosis<'_>,
    db: &InfDb,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    style.wrapped(out, "", &found.name(diagnosis))?;
    let headline = harmless(&DiagnosisReport::headline(diagnosis));
    let headline = match diagnosis.state.severity() {
        Some(severity) => style.severity(severity, &headline),
        None => style.bold(&headline),
    };
    writeln!(out, "  {headline}")?;
    for section in found.sections(diagnosis, db) {
        write_section(&section, style, out)?;
    }
    time_line(found, diagnosis, db, style, out)?;
    let lines = found.evidence(diagnosis);
    if !lines.is_empty() {
        writeln!(out, "\n  {}", style.bold("Lines"))?;
    }
    for line in lines {
        let text = format!("{} {} {}", found.place(line), line.evidence.component(), one_line(line.evidence.text()));
        style.wrapped(out, "    ", &text)?;
    }
    writeln!(out)
}

fn write_section(section: &Section, style: Style, out: &mut dyn Write) -> io::Result<()> {
    // A label that is too long for its column gets a line of its own.
    let mut label = format!("  {:<width$}", format!("{}:", section.label), width = LABEL);
    if label.len() > LABEL + 2 {
        writeln!(out, "{}", label.trim_end())?;
        label = " ".repeat(LABEL + 2);
    }
    for (number, item) in section.items.iter().enumerate() {
        let first = if number == 0 { label.clone() } else { " ".repeat(LABEL + 2) };
        let first = if section.numbered { format!("{first}{}. ", number + 1) } else { first };
        style.wrapped(out, &first, item)?;
    }
    Ok(())
}

fn time_line(
    found: &DiagnosisReport<'_>,
    diagnosis: &Diagnosis<'_>,
    db: &InfDb,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let events = found.events(diagnosis, db);
    if events.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  {}", style.bold("Time line (by lines; clocks of Windows PE and Windows differ)"))?;
    let left_out = if style.verbose { 0 } else { events.len().saturating_sub(MOST_EVENTS) };
    if left_out > 0 {
        writeln!(out, "    ({} before: -v)", plural(left_out, "event"))?;
    }
    for event in &events[left_out..] {
        let time = event.time.map_or_else(String::new, |time| format!("{time} "));
        style.wrapped(out, "    ", &format!("{time}{}:{} {}", event.path, event.line, one_line(&event.text)))?;
    }
    Ok(())
}

fn logs(found: &DiagnosisReport<'_>, problems: &[Problem], style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.bold("Logs"))?;
    for read in found.logs {
        style.wrapped(out, "  ", &DiagnosisReport::log_line(read))?;
    }
    if found.not_logs > 0 {
        writeln!(
            out,
            "  {} no log of a deployment",
            match found.not_logs {
                1 => "1 file is".to_owned(),
                n => format!("{n} files are"),
            }
        )?;
    }
    for problem in problems {
        style.wrapped(out, "  ", &format!("{}: {}", problem.path, problem.message))?;
    }
    let count = |states: &[State]| found.diagnoses.iter().filter(|d| states.contains(&d.state)).count();
    let (known, unknown) = (count(&[State::CauseKnown]), count(&[State::Failed, State::Possible]));
    let runs = plural(found.diagnoses.len(), "run");
    let unknown = match unknown {
        0 => String::new(),
        n => format!(", {} that nothing known explains", plural(n, "failure or doubt")),
    };
    let text = format!("{} found{unknown} in {runs}", plural(known, "cause"));
    writeln!(out, "{}", if known > 0 { style.severity(Severity::Error, &text) } else { style.bold(&text) })
}
