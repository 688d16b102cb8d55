//! The section for a ticket or a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Since;
use super::numbers::series;
use super::summary::Summary;
use crate::report::markdown::escape::{code, text};

/// Lines of a group.
const MOST_LINES: usize = 20;
/// Further lines about one change.
const MOST_DETAILS: usize = 6;
/// Bytes of the section: it shares what a forge takes with the rest of the report.
const MOST_BYTES: usize = 12_000;

/// Writes the section.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = Summary::of(section);
    let mut page = format!(
        "\n## {}\n\n{}, {}: {}",
        text(&summary.headline),
        text(section.title),
        section.run,
        text(&summary.since)
    );
    if !summary.counts.is_empty() {
        let _ = write!(page, "; {}", summary.counts);
    }
    page.push_str(".\n");
    if !section.missing.is_empty() {
        page.push_str("\n### Missing tonight\n\n");
        for (path, why) in section.missing().take(MOST_LINES) {
            let _ = writeln!(page, "- {}: {}", code(path), text(why));
        }
    }
    for (index, comparison) in section.comparisons.iter().enumerate() {
        if index > 0 {
            let summary = Summary::of_comparison(comparison);
            let _ = writeln!(page, "\n### {} {}", text(&summary.headline), text(&summary.since));
        }
        for group in section.groups(comparison) {
            let head = format!("{} ({})", group.title, group.lines.len());
            if page.len() > MOST_BYTES {
                let _ = writeln!(page, "\n{head}: in the formats text, json, csv and html.");
                continue;
            }
            let open = if group.open { " open" } else { "" };
            let _ = write!(page, "\n<details{open}><summary><b>{head}</b></summary>\n\n");
            for line in group.lines.iter().take(MOST_LINES) {
                let word = line.severity.map_or_else(String::new, |s| format!("**{}** ", s.name()));
                let path = if line.path.is_empty() { String::new() } else { format!(" {}", code(&line.path)) };
                let _ = writeln!(page, "- {word}{}{path}: {}", text(&line.name), text(&line.text));
                for detail in line.details.iter().take(MOST_DETAILS) {
                    let _ = writeln!(page, "  - {}", text(detail));
                }
                if line.details.len() > MOST_DETAILS {
                    let _ = writeln!(page, "  - and {} more", line.details.len() - MOST_DETAILS);
                }
            }
            if group.lines.len() > MOST_LINES {
                let _ = writeln!(page, "- and {} more", group.lines.len() - MOST_LINES);
            }
            page.push_str("\n</details>\n");
        }
    }
    trends(section, &mut page);
    out.write_all(page.as_bytes())
}

fn trends(section: &Since<'_>, page: &mut String) {
    if section.trends.len() < 2 {
        return;
    }
    let _ = write!(
        page,
        "\n### Trends of the last {} runs\n\n| count | now | change | over the runs |\n|---|--:|--:|---|\n",
        section.trends.len()
    );
    for row in series(section.trends) {
        let now = row.now().map_or_else(|| "–".to_owned(), |n| n.to_string());
        let step =
            row.step().map_or_else(|| "–".to_owned(), |s| if s == 0 { "same".to_owned() } else { format!("{s:+}") });
        let _ = writeln!(page, "| {} | {now} | {step} | {} ({}) |", row.name, row.sparkline(), row.words());
    }
}
