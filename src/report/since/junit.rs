//! The section for pipelines: a suite without cases, for the findings themselves are cases of other suites. Its properties are
//! the numbers, its output the words.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::Since;
use crate::report::inert::clipped;
use crate::report::text::style::Style;

/// Characters of a line.
const MOST_LINE: usize = 20_000;

/// Writes the suite.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    let numbers = [("tests", "0"), ("failures", "0"), ("errors", "0"), ("skipped", "0")];
    let start = BytesStart::new("testsuite").with_attributes([("name", "(what changed)")]).with_attributes(numbers);
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Start(BytesStart::new("properties")))?;
    for (name, value) in properties(section) {
        let value = clipped(&value, MOST_LINE);
        let property =
            BytesStart::new("property").with_attributes([("name", name.as_str()), ("value", value.as_str())]);
        xml.write_event(Event::Empty(property))?;
    }
    xml.write_event(Event::End(BytesEnd::new("properties")))?;
    let mut words = Vec::new();
    super::text::write(section, Style::default(), &mut words)?;
    let words = String::from_utf8_lossy(&words);
    let words: Vec<String> = words.lines().map(|line| clipped(line, MOST_LINE)).collect();
    xml.write_event(Event::Start(BytesStart::new("system-out")))?;
    xml.write_event(Event::Text(BytesText::new(&words.join("\n"))))?;
    xml.write_event(Event::End(BytesEnd::new("system-out")))?;
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn properties(section: &Since<'_>) -> Vec<(String, String)> {
    let mut all = vec![("title".to_owned(), section.title.to_owned()), ("run".to_owned(), section.run.run.to_string())];
    if let Some(last) = section.last() {
        let changes = &last.changes;
        all.push(("since-run".to_owned(), last.before.run.to_string()));
        for (name, number) in [
            ("new-findings", changes.newly_counting().count()),
            ("gone-findings", changes.findings.gone.len()),
            ("changed-findings", changes.findings.changed.len()),
        ] {
            all.push((name.to_owned(), number.to_string()));
        }
    }
    for row in super::numbers::series(section.trends) {
        let values: Vec<String> =
            row.values.iter().map(|v| v.map_or_else(|| "-".to_owned(), |v| v.to_string())).collect();
        all.push((format!("trend {}", row.name.to_lowercase()), values.join(" ")));
    }
    all
}
