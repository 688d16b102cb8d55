//! The section for a spreadsheet: a row `change` for each change, a row `trend` for each run.

use std::io::{self, Write};

use super::lines::{Line, groups};
use super::summary::Summary;
use super::{Moment, Since};
use crate::facts::utc;
use crate::report::csv::{row, with};

/// Writes the rows.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = Summary::of(section);
    let others = if summary.counts.is_empty() { String::new() } else { format!(": {}", summary.counts) };
    let message = format!("{}, {}: {} {}{others}", section.title, section.run, summary.headline, summary.since);
    row(&with([("record", "run".to_owned()), ("message", message)]), out)?;
    for (path, why) in section.missing {
        let cells = [
            ("record", "missing".to_owned()),
            ("severity", "error".to_owned()),
            ("path", path.clone()),
            ("message", why.clone()),
        ];
        row(&with(cells), out)?;
    }
    for comparison in section.comparisons {
        for group in groups(section, comparison) {
            for line in &group.lines {
                change(&Moment::from(&comparison.before).to_string(), group.id, line, out)?;
            }
        }
    }
    for point in section.trends {
        let mut message = format!(
            "run {}: {} errors, {} warnings, {} notes, {} not counted, {} packages, {} images, {} missing inputs",
            point.run,
            point.errors,
            point.warnings,
            point.notes,
            point.not_counted,
            point.packages,
            point.images,
            point.missing
        );
        if let (Some(covered), Some(adapters)) = (point.covered, point.adapters) {
            message.push_str(&format!(", {covered} of {adapters} adapters covered"));
        }
        let cells = [("record", "trend".to_owned()), ("message", message), ("scope", utc::text(point.started))];
        row(&with(cells), out)?;
    }
    Ok(())
}

fn change(since: &str, state: &str, line: &Line, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("{}: {}", line.name, line.text);
    if !line.details.is_empty() {
        text.push_str(&format!(" ({})", line.details.join("; ")));
    }
    let cells = [
        ("record", "change".to_owned()),
        ("severity", line.severity.map_or_else(String::new, |s| s.name().to_owned())),
        ("rule", line.rule.clone().unwrap_or_default()),
        ("path", line.path.clone()),
        ("message", text),
        ("state", state.to_owned()),
        ("fingerprint", line.fingerprint.clone().unwrap_or_default()),
        ("scope", format!("since {since}")),
    ];
    row(&with(cells), out)
}
