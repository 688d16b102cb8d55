//! Markdown of `diagnose`, for a ticket: verdict and story first, time line and lines folded.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::escape::{code, text};
use crate::analysis::diagnosis::{Diagnosis, State};
use crate::inf_db::InfDb;
use crate::report::Problem;
use crate::report::diagnosis::{DiagnosisReport, MOST_EVENTS, one_line};

/// Bytes after which no further story is written.
const MOST_BYTES: usize = 48_000;
/// Lines of the lists.
const MOST_LINES: usize = 20;

/// Writes it.
///
/// # Errors
/// Those of the writer.
pub fn write(found: &DiagnosisReport<'_>, problems: &[Problem], db: &InfDb, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::from("# wimspect: diagnosis\n");
    let has_story = |d: &&Diagnosis<'_>| d.state != State::NothingKnown;
    let stories = found.diagnoses.iter().filter(has_story).count();
    let mut left_out = 0;
    for diagnosis in found.diagnoses.iter().filter(|d| has_story(d) || stories == 0) {
        let story = story(found, diagnosis, db);
        if page.len() + story.len() > MOST_BYTES {
            left_out += 1;
        } else {
            page.push_str(&story);
        }
    }
    if left_out > 0 {
        let _ = writeln!(page, "\n{left_out} more in the formats text and json.");
    }
    page.push_str("\n## Logs\n\n");
    for read in found.logs.iter().take(MOST_LINES) {
        let _ = writeln!(page, "- {}", text(&DiagnosisReport::log_line(read)));
    }
    let more = found.logs.len().saturating_sub(MOST_LINES);
    if more > 0 {
        let _ = writeln!(page, "- and {more} more");
    }
    if found.not_logs > 0 {
        let _ = writeln!(page, "- files that are no log of a deployment: {}", found.not_logs);
    }
    for problem in problems.iter().take(MOST_LINES) {
        let _ = writeln!(page, "- {}: {}", code(&problem.path), text(&problem.message));
    }
    out.write_all(page.as_bytes())
}

fn story(found: &DiagnosisReport<'_>, diagnosis: &Diagnosis<'_>, db: &InfDb) -> String {
    let mut story = format!("\n## {}\n\n", text(&DiagnosisReport::headline(diagnosis)));
    let _ = writeln!(story, "{}\n", text(&found.name(diagnosis)));
    for section in found.sections(diagnosis, db) {
        let _ = writeln!(story, "- **{}**", section.label);
        for (number, item) in section.items.iter().enumerate() {
            let mark = if section.numbered { format!("{}.", number + 1) } else { "-".to_owned() };
            let _ = writeln!(story, "    {mark} {}", text(item));
        }
    }
    let events = found.events(diagnosis, db);
    let shown = events.len().saturating_sub(MOST_EVENTS);
    if !events.is_empty() {
        story.push_str("\n<details><summary>Time line</summary>\n\n");
        for event in &events[shown..] {
            let time = event.time.map_or_else(String::new, |time| format!("{time} "));
            let place = code(&format!("{}:{}", event.path, event.line));
            let _ = writeln!(story, "- {time}{place} {}", text(&one_line(&event.text)));
        }
        story.push_str("\n</details>\n");
    }
    let lines = found.evidence(diagnosis);
    if !lines.is_empty() {
        story.push_str("\n<details><summary>Lines</summary>\n\n");
        for line in lines.iter().take(MOST_EVENTS) {
            let _ = writeln!(story, "- {} {}", code(&found.place(line)), code(&one_line(line.evidence.text())));
        }
        story.push_str("\n</details>\n");
    }
    story
}
