//! The section that says what changed, in the format of each report.

use std::io::{self, Write};

use crate::cli::args::Format;
use crate::report::since::{self, Since};
use crate::report::text::style::Style;

/// Writes it; nothing where a format has none.
///
/// # Errors
/// Those of the writer.
pub(super) fn write(section: &Since<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => since::text::write(section, Style::default(), out),
        Format::Json => since::json::write(section, out),
        Format::Ndjson => since::json::write_line(section, out),
        Format::Csv => since::csv::write(section, out),
        Format::Html => since::html::write(section, out),
        Format::Junit => since::junit::write(section, out),
        Format::Markdown => since::markdown::write(section, out),
        Format::Sarif => Ok(()),
    }
}
