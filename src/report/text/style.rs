//! Colour, width, and making foreign text harmless on a terminal.

use std::io::{self, Write};

use crate::analysis::evidence::Place;
use crate::analysis::finding::Severity;
pub use crate::report::inert::harmless;

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use ANSI colours.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
    /// Show every finding in its place, however many there are.
    pub verbose: bool,
    /// Places are hyperlinks (OSC 8).
    pub links: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 110, verbose: false, links: false }
    }
}

impl Style {
    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// In the colour of a severity.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "1;36",
        };
        self.paint(code, text)
    }

    /// A hyperlink, where the terminal knows them. `address` holds ASCII without control characters only.
    pub fn link(self, address: Option<&str>, text: &str) -> String {
        match address {
            Some(address) if self.links => format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
            _ => text.to_owned(),
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Writes a paragraph wrapped at the width. The first line starts with `first`, the others with as many blanks.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn wrapped(self, out: &mut dyn Write, first: &str, text: &str) -> io::Result<()> {
        let hang = " ".repeat(first.chars().count());
        let mut line = String::from(first);
        let mut used = 0;
        for word in harmless(text).split_whitespace() {
            if used > 0 && line.chars().count() + 1 + word.chars().count() > self.width {
                writeln!(out, "{line}")?;
                line.clone_from(&hang);
                used = 0;
            }
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
            used += 1;
        }
        writeln!(out, "{line}")
    }
}

/// `path:line:column`.
pub fn place_text(place: &Place) -> String {
    let mut text = harmless(&place.path);
    for part in [place.line, place.column].into_iter().flatten() {
        text.push(':');
        text.push_str(&part.to_string());
    }
    text
}
