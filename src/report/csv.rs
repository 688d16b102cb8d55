//! CSV for a spreadsheet: one row for each finding, and before them one for each verdict.
//!
//! It opens in Excel with a double click: UTF-8 with a byte order mark, CRLF, quoting of RFC 4180. A cell that a spreadsheet
//! would take for a formula gets a leading apostrophe, and no cell is longer than a spreadsheet holds.

use std::io::{self, Write};

use super::inert::clipped;
use super::{Report, since, words};
use crate::analysis::evidence::Place;
use crate::analysis::finding::Finding;
use crate::analysis::verdict;
use crate::report::text::style::place_text;

/// Characters in a cell: Excel holds 32,767.
const MOST_CHARS: usize = 32_000;
/// Adapter ids in a cell; further ones are counted.
const MOST_IDS: usize = 200;

const HEADER: [&str; 20] = [
    "record",
    "severity",
    "rule",
    "confidence",
    "path",
    "line",
    "column",
    "message",
    "advice",
    "targets",
    "image",
    "inf",
    "driver_ver",
    "adapters",
    "also",
    "state",
    "reason",
    "until",
    "fingerprint",
    "scope",
];

pub(super) type Row = [String; HEADER.len()];

/// Writes the report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    out.write_all("\u{feff}".as_bytes())?;
    row(&HEADER.map(str::to_owned), &mut out)?;
    if report.scheduled {
        out.write_all(since::MARK.as_bytes())?;
    }
    verdicts(report, &mut out)?;
    for finding in &report.analysis.findings {
        row(&of_finding(report, finding), &mut out)?;
    }
    for gone in report.baseline.into_iter().flat_map(|b| &b.gone) {
        let cells = [
            ("record", "gone".to_owned()),
            ("rule", gone.rule.clone()),
            ("path", gone.path.clone()),
            ("message", gone.message.clone()),
            ("state", "gone".to_owned()),
            ("fingerprint", gone.fingerprint.clone()),
        ];
        row(&with(cells), &mut out)?;
    }
    for problem in report.problems {
        let line = problem.line.map_or_else(String::new, |l| l.to_string());
        let message = format!("could not be read: {}", problem.message);
        row(
            &with([
                ("record", "problem".to_owned()),
                ("path", problem.path.clone()),
                ("line", line),
                ("message", message),
            ]),
            &mut out,
        )?;
    }
    for failed in report.failed {
        row(
            &with([("record", "failed".to_owned()), ("severity", "error".to_owned()), ("message", failed.clone())]),
            &mut out,
        )?;
    }
    out.flush()
}

/// One row for each image, and one for the whole: a run without findings says what was judged.
fn verdicts(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let world = &report.analysis.world;
    for image in (0..world.images.len()).filter(|_| report.verdicts) {
        let found = verdict::of_image(report.analysis, image);
        let state = match &found {
            None => "not judged",
            Some(verdict) if verdict.fit => "fit",
            Some(_) => "not fit",
        };
        let cells = [
            ("record", "verdict".to_owned()),
            ("path", world.boot_files[world.images[image].boot_file].path.clone()),
            ("image", world.image_name(image)),
            ("message", words::verdict(found.as_ref())),
            ("state", state.to_owned()),
            ("scope", found.map_or_else(String::new, |v| v.scope.join("; "))),
        ];
        row(&with(cells), out)?;
    }
    let message = words::counts(report);
    row(
        &with([("record", "summary".to_owned()), ("message", message), ("scope", words::scope(report).to_owned())]),
        out,
    )
}

/// A row with these cells.
pub(super) fn with<const N: usize>(cells: [(&str, String); N]) -> Row {
    let mut row = Row::default();
    for (name, value) in cells {
        if let Some(at) = HEADER.iter().position(|h| *h == name) {
            row[at] = value;
        }
    }
    row
}

fn of_finding(report: &Report<'_>, finding: &Finding) -> Row {
    let world = &report.analysis.world;
    let driver = finding.subject.driver.map(|d| &world.drivers[d]);
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    let ids: Vec<&str> = finding.subject.adapters.iter().take(MOST_IDS).map(|a| a.as_str()).collect();
    let more = finding.subject.adapters.len().saturating_sub(MOST_IDS);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let also: Vec<String> = finding.related.iter().take(MOST_IDS).map(place_text).collect();
    let Place { path, line, column } = &finding.location;
    let suppressed = finding.suppressed.as_ref();
    with([
        ("record", "finding".to_owned()),
        ("severity", finding.severity.name().to_owned()),
        ("rule", finding.rule.to_owned()),
        ("confidence", finding.confidence.name().to_owned()),
        ("path", path.clone()),
        ("line", number(*line)),
        ("column", number(*column)),
        ("message", finding.whole_message()),
        ("advice", finding.advice.join(" ")),
        ("targets", finding.targets.join("; ")),
        ("image", finding.subject.image.map_or_else(String::new, |i| world.image_name(i))),
        ("inf", driver.map_or_else(String::new, |d| d.inf.clone())),
        ("driver_ver", driver.map_or_else(String::new, words::driver_ver)),
        ("adapters", ids.join("; ") + &more),
        ("also", also.join("; ")),
        ("state", words::state(finding).to_owned()),
        ("reason", suppressed.map_or_else(String::new, |s| s.reason.clone())),
        ("until", suppressed.and_then(|s| s.until.clone()).unwrap_or_default()),
        ("fingerprint", finding.fingerprint.clone()),
    ])
}

pub(super) fn row(cells: &Row, out: &mut dyn Write) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(cell_text(cell).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

fn cell_text(text: &str) -> String {
    // What the file began with decides, not what is left of it: a tab or a line end before a formula is none for Excel.
    let first = text.trim_start_matches(|c: char| c.is_whitespace() || super::inert::is_invisible(c)).chars().next();
    let starts_formula = text.starts_with(['\t', '\r', '\n'])
        || matches!(first, Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'));
    let apostrophe = if starts_formula { "'" } else { "" };
    let text = format!("{apostrophe}{}", clipped(text, MOST_CHARS));
    if text.contains(['"', ',', ';', '\'']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::cell_text;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_quoted_where_it_must_be() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"' =1\""),
            ("\r=1", "\"'\u{fffd}=1\""),
            (" =1", "\"' =1\""),
            ("\u{200b}=1", "\"'\u{fffd}=1\""),
            ("a\nb", "a\u{fffd}b"),
        ] {
            assert_eq!(cell_text(text), expected, "{text:?}");
        }
    }
}
