//! The line rules of INF files: fields, keys, quotes, continuation, comments.
//!
//! The rules are those that Windows' setup library shows (FACTS.md 2.1 and the cases in fixtures/conformance/inf.json):
//! a line ends at LF only, CR counts as a blank; `;` outside quotes starts a comment; an unclosed quote ends with its
//! line; a backslash behind which only blanks, backslashes or a comment stand joins the next line, also inside a key;
//! `=` counts only before the first comma; a single field without `=` is key and value at once; NUL is a blank.

use std::borrow::Cow;

/// A field of a line before string substitution, quotes removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'t> {
    /// Its text.
    pub text: Cow<'t, str>,
    /// Where it starts, in bytes of the file's decoded text.
    pub start: u32,
}

impl<'t> Field<'t> {
    /// The text, as long as the file's text lives when it could be borrowed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// One logical line (with the lines that a continuation joins to it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line<'t> {
    /// 1-based line on which it starts.
    pub number: u32,
    /// Where the line's first character stands, in bytes of the decoded text.
    pub start: u32,
    /// What stands before `=`. `None` when there is no `=` before the first comma.
    explicit_key: Option<Field<'t>>,
    /// The fields; never empty.
    fields: Vec<Field<'t>>,
}

impl<'t> Line<'t> {
    /// The key: what stands before `=`, or the only field of a line without `=`. `None` for a list without key.
    pub fn key(&self) -> Option<&str> {
        match &self.explicit_key {
            Some(key) => Some(&key.text),
            None if self.fields.len() == 1 => Some(&self.fields[0].text),
            None => None,
        }
    }

    /// The key that is followed by `=`, with its place.
    pub fn key_field(&self) -> Option<&Field<'t>> {
        self.explicit_key.as_ref()
    }

    /// The fields behind the key, or all fields of a line without `=`.
    pub fn fields(&self) -> &[Field<'t>] {
        &self.fields
    }

    /// Field by 0-based number, empty when the line has fewer.
    pub fn field(&self, index: usize) -> &str {
        self.fields.get(index).map_or("", |f| &f.text)
    }

    /// The first value, as long-lived as the text when it could be borrowed. Empty for a line without `=`.
    pub(crate) fn first_value(&mut self) -> Cow<'t, str> {
        if self.explicit_key.is_none() || self.fields.is_empty() {
            return Cow::Borrowed("");
        }
        std::mem::replace(&mut self.fields[0].text, Cow::Borrowed(""))
    }

    /// The key equals this name, without case.
    pub fn key_is(&self, name: &str) -> bool {
        self.key().is_some_and(|k| k.eq_ignore_ascii_case(name))
    }
}

/// A blank: ASCII white space without LF, and NUL.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0B | 0x0C | 0)
}

/// Bytes at which a field's plain text stops.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    let stops = [b'\n', b',', b';', b'"', b'\\', b'=', 0];
    while i < stops.len() {
        table[stops[i] as usize] = true;
        i += 1;
    }
    table
};

/// Reads the logical lines of one stretch of text that holds no section header.
#[derive(Clone, Debug)]
pub struct LineReader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    end: usize,
    number: u32,
}

/// What ended a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Comma,
    Equals,
    LineEnd,
}

impl<'t> LineReader<'t> {
    /// Reads `text[start..end]`, whose first line has the number `number`. `end` must not lie behind a Ctrl-Z.
    pub(crate) fn new(text: &'t str, start: usize, end: usize, number: u32) -> Self {
        Self { text, bytes: &text.as_bytes()[..end], pos: start, end, number }
    }

    /// Where the next line starts: byte and 1-based number.
    pub(crate) fn place(&self) -> (usize, u32) {
        (self.pos, self.number)
    }

    /// Reads the next line into `line`, whose memory is used again. `false` at the end.
    pub fn read_into(&mut self, line: &mut Line<'t>) -> bool {
        if !self.skip_to_entry() {
            return false;
        }
        line.number = self.number;
        line.start = self.pos as u32;
        line.explicit_key = None;
        line.fields.clear();
        if let Some((text_end, line_end)) = self.plain_line() {
            self.split_plain(line, text_end);
            self.pos = line_end;
            self.finish_line();
            return true;
        }
        self.read_fields(line);
        true
    }

    /// The fields of the line at the current position, by all rules.
    fn read_fields(&mut self, line: &mut Line<'t>) {
        let mut keyless = true;
        loop {
            let (field, stop) = self.field(keyless);
            match stop {
                Stop::Equals => {
                    line.explicit_key = Some(field);
                    keyless = false;
                }
                Stop::Comma => {
                    line.fields.push(field);
                    keyless = false;
                }
                Stop::LineEnd => {
                    line.fields.push(field);
                    return;
                }
            }
        }
    }

    /// Where the text and the line end, when the line from the current position on has no quote, no NUL and does not go on
    /// in the next one: then its fields are what stands between its commas, as it stands. Nearly every line is like that.
    fn plain_line(&self) -> Option<(usize, usize)> {
        let rest = &self.bytes[self.pos..];
        let line_end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..line_end];
        let len = match memchr::memchr3(b'"', b';', 0, line) {
            None => line.len(),
            Some(n) if line[n] == b';' => n,
            Some(_) => return None,
        };
        let text = trim_end_bytes(&line[..len]);
        if text.last() == Some(&b'\\') { None } else { Some((self.pos + text.len(), self.pos + line_end)) }
    }

    /// The fields of a plain line that ends at `end`.
    fn split_plain(&mut self, line: &mut Line<'t>, end: usize) {
        let mut start = self.pos;
        let mut may_be_key = true;
        loop {
            while start < end && is_blank(self.bytes[start]) {
                start += 1;
            }
            let rest = &self.bytes[start..end];
            let stop = if may_be_key { memchr::memchr2(b',', b'=', rest) } else { memchr::memchr(b',', rest) };
            let at = stop.map_or(end, |n| start + n);
            let len = trim_end_bytes(&self.bytes[start..at]).len();
            let field = Field { text: Cow::Borrowed(&self.text[start..start + len]), start: start as u32 };
            if stop.is_some() && self.bytes[at] == b'=' {
                line.explicit_key = Some(field);
            } else {
                line.fields.push(field);
            }
            if stop.is_none() {
                return;
            }
            may_be_key = false;
            start = at + 1;
        }
    }

    /// As [`read_into`](Self::read_into), but skips lines of which `keep` does not want to know. It is shown a line as it
    /// stands; a line that may go on in the next one is always read.
    pub(crate) fn read_if(&mut self, line: &mut Line<'t>, keep: &impl Fn(&[u8]) -> bool) -> bool {
        while self.skip_to_entry() {
            let end = memchr::memchr(b'\n', &self.bytes[self.pos..]).map_or(self.end, |n| self.pos + n);
            let physical = &self.bytes[self.pos..end];
            if keep(physical) || ends_with_backslash(physical) {
                return self.read_into(line);
            }
            self.pos = end;
            self.finish_line();
        }
        false
    }

    /// Skips blank lines and comment lines. `false` at the end of the text.
    fn skip_to_entry(&mut self) -> bool {
        while let Some(&byte) = self.bytes.get(self.pos) {
            match byte {
                b'\n' => {
                    self.number += 1;
                    self.pos += 1;
                }
                b';' => self.skip_comment(),
                b if is_blank(b) => self.pos += 1,
                _ => return true,
            }
        }
        false
    }

    /// Moves to the LF that ends the line.
    fn skip_comment(&mut self) {
        self.pos = memchr::memchr(b'\n', &self.bytes[self.pos..]).map_or(self.end, |n| self.pos + n);
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.pos).is_some_and(|b| is_blank(*b)) {
            self.pos += 1;
        }
    }

    /// Ends the line: behind its LF.
    fn finish_line(&mut self) {
        if self.pos < self.end {
            self.pos += 1;
            self.number += 1;
        }
    }

    /// One field, with what ended it (which is consumed).
    fn field(&mut self, may_be_key: bool) -> (Field<'t>, Stop) {
        self.skip_blanks();
        let start = self.pos;
        // Plain text, the common case, is borrowed.
        let mut at = self.pos;
        loop {
            at = self.next_special(at);
            match self.bytes.get(at) {
                Some(b'=') if !may_be_key => at += 1,
                // A backslash in front of ordinary text, as in every registry path.
                Some(b'\\') if self.bytes.get(at + 1).is_some_and(|b| !is_blank(*b) && !b"\\;\n".contains(b)) => {
                    at += 1;
                }
                Some(b'\\' | b'"' | 0) => return self.composed_field(start, at, may_be_key),
                _ => break,
            }
        }
        let text = Cow::Borrowed(trim_end(&self.text[start..at]));
        (Field { text, start: start as u32 }, self.stop_at(at))
    }

    /// The first byte from `at` on at which plain text stops, or the end.
    fn next_special(&self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        at + rest.iter().position(|b| SPECIAL[usize::from(*b)]).unwrap_or(rest.len())
    }

    /// Consumes what ends a field at `at`.
    fn stop_at(&mut self, at: usize) -> Stop {
        self.pos = at;
        match self.bytes.get(at) {
            Some(b',') => {
                self.pos += 1;
                Stop::Comma
            }
            Some(b'=') => {
                self.pos += 1;
                Stop::Equals
            }
            other => {
                if other == Some(&b';') {
                    self.skip_comment();
                }
                self.finish_line();
                Stop::LineEnd
            }
        }
    }

    /// A field with quotes, continuations or NULs: `start..at` is plain text, at `at` stands the first special byte.
    fn composed_field(&mut self, start: usize, at: usize, may_be_key: bool) -> (Field<'t>, Stop) {
        if let Some(whole) = self.wholly_quoted(start, at, may_be_key) {
            return whole;
        }
        let mut text = self.text[start..at].to_owned();
        // Length up to which the text may not be trimmed: quoted text keeps its blanks.
        let mut kept = 0;
        let mut at = at;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => {
                    at = self.quoted(at + 1, &mut text);
                    kept = text.len();
                }
                Some(b'\\') => match self.continuation(at) {
                    Some(next) => {
                        text.truncate(kept.max(trim_end(&text).len()));
                        at = next;
                    }
                    None => {
                        text.push('\\');
                        at += 1;
                    }
                },
                Some(0) => {
                    text.push(' ');
                    at += 1;
                }
                Some(b'=') if !may_be_key => {
                    text.push('=');
                    at += 1;
                }
                None | Some(b',' | b';' | b'=' | b'\n') => {
                    text.truncate(kept.max(trim_end(&text).len()));
                    return (Field { text: Cow::Owned(text), start: start as u32 }, self.stop_at(at));
                }
                Some(_) => {
                    let from = at;
                    at = self.next_special(at);
                    text.push_str(&self.text[from..at]);
                }
            }
        }
    }

    /// `"text"` without anything else in the field, the common form of a quoted field: borrowed.
    fn wholly_quoted(&mut self, start: usize, at: usize, may_be_key: bool) -> Option<(Field<'t>, Stop)> {
        if at != start || self.bytes.get(at) != Some(&b'"') {
            return None;
        }
        let rest = &self.bytes[at + 1..];
        let len = rest.iter().position(|b| matches!(b, b'"' | b'\n' | 0))?;
        if rest[len] != b'"' {
            return None;
        }
        let close = at + 1 + len;
        let mut after = close + 1;
        while self.bytes.get(after).is_some_and(|b| is_blank(*b)) {
            after += 1;
        }
        match self.bytes.get(after) {
            None | Some(b',' | b';' | b'\n') => {}
            Some(b'=') if may_be_key => {}
            _ => return None,
        }
        let text = Cow::Borrowed(&self.text[at + 1..close]);
        Some((Field { text, start: start as u32 }, self.stop_at(after)))
    }

    /// The text of a quote whose opening mark stands before `at`; gives the position behind its closing mark, or the
    /// line's end when it has none.
    fn quoted(&self, mut at: usize, text: &mut String) -> usize {
        loop {
            let rest = &self.bytes[at..];
            let Some(len) = rest.iter().position(|b| matches!(b, b'"' | b'\n' | 0)) else {
                text.push_str(trim_cr(&self.text[at..self.end]));
                return self.end;
            };
            let piece = &self.text[at..at + len];
            match rest[len] {
                b'"' if rest.get(len + 1) == Some(&b'"') => {
                    text.push_str(piece);
                    text.push('"');
                    at += len + 2;
                }
                b'"' => {
                    text.push_str(piece);
                    return at + len + 1;
                }
                0 => {
                    text.push_str(piece);
                    text.push(' ');
                    at += len + 1;
                }
                _ => {
                    text.push_str(trim_cr(piece));
                    return at + len;
                }
            }
        }
    }

    /// When the backslash at `at` joins the next line (or stands at the end of the file): where the text goes on.
    fn continuation(&mut self, at: usize) -> Option<usize> {
        let mut at = at;
        loop {
            match self.bytes.get(at) {
                None => return Some(self.end),
                Some(b'\\') => at += 1,
                Some(b'\n') => {
                    self.number += 1;
                    at += 1;
                    while self.bytes.get(at).is_some_and(|b| is_blank(*b)) {
                        at += 1;
                    }
                    return Some(at);
                }
                Some(b';') => {
                    at = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.end, |n| at + n);
                }
                Some(b) if is_blank(*b) => at += 1,
                Some(_) => return None,
            }
        }
    }
}

/// The line may join the next one: its last character is a backslash, or it has a comment that may hide one.
fn ends_with_backslash(line: &[u8]) -> bool {
    let last = line.iter().rev().find(|b| !is_blank(**b));
    last == Some(&b'\\') || (memchr::memchr(b';', line).is_some() && continues(line))
}

/// Whether a physical line (without its LF) joins the next one.
pub(crate) fn continues(line: &[u8]) -> bool {
    if memchr::memchr(b'\\', line).is_none() {
        return false;
    }
    let (mut quoted, mut pending) = (false, false);
    for &byte in line {
        match byte {
            b'"' => {
                quoted = !quoted;
                pending = false;
            }
            _ if quoted => {}
            b';' => return pending,
            b'\\' => pending = true,
            b if is_blank(b) => {}
            _ => pending = false,
        }
    }
    pending && !quoted
}

fn trim_end(text: &str) -> &str {
    &text[..trim_end_bytes(text.as_bytes()).len()]
}

fn trim_end_bytes(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., last] = bytes
        && is_blank(*last)
    {
        bytes = rest;
    }
    bytes
}

fn trim_cr(text: &str) -> &str {
    text.trim_end_matches('\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short way for plain lines gives what all rules give.
        #[test]
        fn plain_lines_are_split_as_all_others(text in "[a-c =,;\"\\\\%\t\r\n]{0,40}") {
            let (mut short, mut long) = (LineReader::new(&text, 0, text.len(), 1), LineReader::new(&text, 0, text.len(), 1));
            let (mut a, mut b) = (Line::default(), Line::default());
            while short.read_into(&mut a) {
                prop_assert!(long.skip_to_entry());
                (b.number, b.start, b.explicit_key) = (long.number, long.pos as u32, None);
                b.fields.clear();
                long.read_fields(&mut b);
                // Where an empty field at the end of a line starts is a matter of taste.
                for field in a.fields.iter_mut().chain(&mut b.fields).filter(|f| f.text.is_empty()) {
                    field.start = 0;
                }
                prop_assert_eq!(&a, &b);
                prop_assert_eq!(short.place(), long.place());
            }
            prop_assert!(!long.skip_to_entry());
        }
    }
}
