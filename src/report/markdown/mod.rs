//! Markdown for a ticket or a pull request: verdicts and tables first, findings folded.
//!
//! GitHub takes 65,536 characters in one comment. The report stays below: it shows the worst findings, says how many are left
//! out, and names the formats that have them.

pub mod diagnosis;
pub(in crate::report) mod escape;
mod tables;

use std::fmt::Write as _;
use std::io::{self, Write};

use self::escape::{code, html, text};
use super::text::plural;
use super::text::style::place_text;
use super::{Report, since, words};
use crate::analysis::finding::Finding;

/// Bytes after which no further finding is written.
const MOST_BYTES: usize = 48_000;
/// Reasons of one finding.
const MOST_REASONS: usize = 6;
/// Places or ids of one finding.
const MOST_PLACES: usize = 12;
/// Lines of the lists at the end.
const MOST_LINES: usize = 20;

/// Writes the report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = format!("# wimspect: {}\n\n", words::counts(report));
    let _ = writeln!(page, "Scope: {}.", words::scope(report));
    if report.scheduled {
        page.push_str(since::MARK);
    }
    failed(report, &mut page);
    if report.verdicts {
        tables::verdicts(report, &mut page);
    }
    tables::matrix(report, &mut page);
    tables::fleet(report, &mut page);
    findings(report, &mut page);
    not_counted(report, &mut page);
    problems(report, &mut page);
    out.write_all(page.as_bytes())
}

fn failed(report: &Report<'_>, page: &mut String) {
    if !report.failed.is_empty() {
        page.push_str("\n## Inputs that could not be read\n\n");
        list(report.failed.iter().map(|f| text(f)), page);
    }
}

/// A list, and how many more there are.
fn list(items: impl ExactSizeIterator<Item = String>, page: &mut String) {
    let more = items.len().saturating_sub(MOST_LINES);
    page.extend(items.take(MOST_LINES).map(|item| format!("- {item}\n")));
    if more > 0 {
        let _ = writeln!(page, "- and {more} more");
    }
}

fn findings(report: &Report<'_>, page: &mut String) {
    let all: Vec<&Finding> = report.analysis.findings.iter().filter(|f| f.counts()).collect();
    page.push_str("\n## Findings\n\n");
    if all.is_empty() {
        page.push_str("None.\n");
        return;
    }
    for (index, finding) in all.iter().enumerate() {
        let block = block(finding, report);
        if page.len() + block.len() > MOST_BYTES {
            let more = plural(all.len() - index, "more finding");
            let _ = writeln!(page, "\n{more}, none of them worse, in the formats text, json, csv and html.");
            return;
        }
        page.push_str(&block);
    }
}

/// One finding: a line that unfolds.
fn block(finding: &Finding, report: &Report<'_>) -> String {
    let state = if finding.known == Some(false) { ", new" } else { "" };
    let mut block = format!(
        "<details><summary><b>{}</b> {} in {} ({}{state})</summary>\n\n{}\n\n",
        finding.severity.name(),
        finding.rule,
        html(&finding.location.path),
        finding.confidence.name(),
        text(&finding.message)
    );
    let _ = writeln!(block, "- place: {}", code(&place_text(&finding.location)));
    let some = |what: &str, all: Vec<String>, block: &mut String| {
        if !all.is_empty() {
            let more = all.len().saturating_sub(MOST_PLACES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown = all.iter().take(MOST_PLACES).map(|a| code(a)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(block, "- {what}: {shown}{more}");
        }
    };
    some("also", finding.related.iter().map(place_text).collect(), &mut block);
    some("for", finding.targets.clone(), &mut block);
    some("adapters", finding.subject.adapters.iter().map(|a| a.as_str().to_owned()).collect(), &mut block);
    if !finding.detail.is_empty() {
        let _ = writeln!(block, "- what follows: {}", text(&finding.detail));
    }
    for evidence in finding.evidence.iter().take(MOST_REASONS) {
        let place = evidence.location.as_ref().map_or_else(String::new, |p| format!(" ({})", code(&place_text(p))));
        let _ = writeln!(block, "- why: {}{place}", text(&evidence.text));
    }
    let general = report.db.rules().get(finding.rule).and_then(|r| r.fix.first());
    let fixes: Vec<&String> =
        if finding.advice.is_empty() { general.into_iter().collect() } else { finding.advice.iter().collect() };
    for fix in fixes {
        let _ = writeln!(block, "- fix: {}", text(fix));
    }
    block.push_str("\n</details>\n");
    block
}

fn not_counted(report: &Report<'_>, page: &mut String) {
    let ignored: Vec<String> = report
        .analysis
        .findings
        .iter()
        .filter_map(|f| f.suppressed.as_ref().map(|s| (f, s)))
        .map(|(f, s)| {
            let until = s.until.as_ref().map_or_else(String::new, |u| format!(", until {}", text(u)));
            let place = code(&place_text(&f.location));
            format!("{}, {} by the {}{until}: {} ({place})", f.rule, words::state(f), s.by.name(), text(&s.reason))
        })
        .collect();
    if !ignored.is_empty() {
        let _ =
            write!(page, "\n## Not counted\n\n<details><summary>{}</summary>\n\n", plural(ignored.len(), "finding"));
        list(ignored.into_iter(), page);
        page.push_str("\n</details>\n");
    }
    let Some(baseline) = report.baseline else { return };
    let (new, accepted, gone) = (baseline.new, baseline.accepted, baseline.gone.len());
    let _ = writeln!(page, "\nBaseline: {new} new, {accepted} accepted, {gone} gone.\n");
    list(
        baseline.gone.iter().map(|g| format!("gone: {} {}: {}", text(&g.rule), code(&g.path), text(&g.message))),
        page,
    );
}

fn problems(report: &Report<'_>, page: &mut String) {
    if report.problems.is_empty() {
        return;
    }
    page.push_str("\n## Could not be read\n\n");
    let lines = report.problems.iter().map(|problem| {
        let line = problem.line.map_or_else(String::new, |l| format!(":{l}"));
        format!("{}: {}", code(&format!("{}{line}", problem.path)), text(&problem.message))
    });
    list(lines, page);
}
