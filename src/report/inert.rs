//! Foreign text made inert: what an INF, a log or a file name holds must not command a terminal, a spreadsheet, a browser or a
//! reader's eyes.

use std::io::{self, Write};

/// Characters that are not to be seen and change what is seen: control characters, bidirectional controls, what has no
/// width, line separators, tags.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text for people: what is invisible becomes U+FFFD, a tab a blank.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if is_invisible(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// [`harmless`], and not longer than `most` characters: `...` stands for the rest.
pub fn clipped(text: &str, most: usize) -> String {
    let mut chars = text.char_indices();
    match chars.nth(most) {
        None => harmless(text),
        Some((end, _)) => format!("{}...", harmless(&text[..end])),
    }
}

/// A writer for JSON that writes invisible characters as `\u....`: the value stays what it is, and nothing that shows the
/// file is commanded by it. serde_json escapes only what it must.
pub struct InertJson<W>(pub W);

impl<W: Write> Write for InertJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // serde_json hands over whole pieces of text, and has escaped the ASCII controls; line ends are its layout.
        match std::str::from_utf8(bytes) {
            Ok(text) if text.chars().any(|c| c > '\u{7e}' && is_invisible(c)) => {
                let mut units = [0; 2];
                let mut from = 0;
                for (at, c) in text.char_indices().filter(|(_, c)| *c > '\u{7e}' && is_invisible(*c)) {
                    self.0.write_all(&bytes[from..at])?;
                    for unit in c.encode_utf16(&mut units) {
                        write!(self.0, "\\u{unit:04x}")?;
                    }
                    from = at + c.len_utf8();
                }
                self.0.write_all(&bytes[from..])?;
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_value_and_shows_nothing_invisible() {
        for text in [
            "plain",
            "tab\tnewline\nnul\0",
            "\u{1b}[31mred",
            "\u{202e}rtl\u{2066}",
            "\u{9b}31m\u{7f}",
            "\u{e0041}\u{feff}",
            "ä\u{200b}日本",
        ] {
            let mut bytes = Vec::new();
            serde_json::to_writer(InertJson(&mut bytes), &[text]).unwrap();
            let shown = String::from_utf8(bytes).unwrap();
            assert!(!shown.chars().any(is_invisible), "{shown:?}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text], "{shown:?}");
        }
    }

    #[test]
    fn long_text_is_clipped_by_characters() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöüß", 3), "äöü...");
        assert_eq!(clipped("a\u{202e}b", 9), "a\u{fffd}b");
    }
}
