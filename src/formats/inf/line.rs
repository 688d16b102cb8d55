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
    /// It holds a percent sign.
    token: bool,
}

impl<'t> Field<'t> {
    /// The text, as long as the file's text lives when it could be borrowed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// It holds a percent sign: something to substitute.
    pub fn has_token(&self) -> bool {
        self.token
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
    /// Memory for a line with as many fields as lines usually have.
    pub(crate) fn with_room() -> Self {
        Self { fields: Vec::with_capacity(8), ..Self::default() }
    }

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

/// Class of a byte that ends a field, or must be looked at.
const SPECIAL: u8 = 1;
/// Class of a blank: ASCII white space without LF, and NUL.
const BLANK: u8 = 2;
/// Class of the percent sign.
const PERCENT: u8 = 4;

/// The classes of every byte: reading a line looks at each of its bytes once.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    let stops = [b'\n', b',', b';', b'"', b'\\', b'=', 0];
    while i < stops.len() {
        table[stops[i] as usize] |= SPECIAL;
        i += 1;
    }
    let blanks = [b' ', b'\t', b'\r', 0x0B, 0x0C, 0];
    i = 0;
    while i < blanks.len() {
        table[blanks[i] as usize] |= BLANK;
        i += 1;
    }
    table[b'%' as usize] = PERCENT;
    table
};

/// A blank: ASCII white space without LF, and NUL.
#[inline]
pub(crate) const fn is_blank(byte: u8) -> bool {
    CLASS[byte as usize] & BLANK != 0
}

/// Nothing that has a meaning in a line: neither ends it a field, nor begins it a quote, a token or a continuation.
#[inline]
pub(crate) fn is_plain(byte: u8) -> bool {
    CLASS[usize::from(byte)] & (SPECIAL | PERCENT) == 0
}

/// The first byte from `at` on at which plain text stops, or the end; and whether a percent sign stands in front of it.
#[inline]
pub(super) fn next_special(bytes: &[u8], at: usize) -> (usize, bool) {
    let class = |byte: &u8| CLASS[usize::from(*byte)];
    let rest = &bytes[at..];
    let (mut seen, mut len) = (0, 0);
    for word in rest.as_chunks::<8>().0 {
        let classes = word.iter().fold(0, |all, byte| all | class(byte));
        if classes & SPECIAL != 0 {
            break;
        }
        seen |= classes;
        len += 8;
    }
    for byte in &rest[len..] {
        if class(byte) & SPECIAL != 0 {
            break;
        }
        seen |= class(byte);
        len += 1;
    }
    (at + len, seen & PERCENT != 0)
}

/// The first byte from `at` on that is no blank, or the end.
#[inline]
fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|b| is_blank(*b)) {
        at += 1;
    }
    at
}

/// Reads the logical lines of one stretch of text that holds no section header.
#[derive(Clone, Debug)]
pub struct LineReader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    end: usize,
    number: u32,
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
        self.read_fields(line);
        true
    }

    /// The fields of the line at the current position.
    fn read_fields(&mut self, line: &mut Line<'t>) {
        let bytes = self.bytes;
        let mut may_be_key = true;
        let mut at = self.pos;
        loop {
            let start = skip_blanks(bytes, at);
            at = start;
            // Plain text, the common case, is borrowed.
            let mut token = false;
            let text = loop {
                let (stop, percent) = next_special(bytes, at);
                at = stop;
                token |= percent;
                match bytes.get(at) {
                    Some(b'=') if !may_be_key => at += 1,
                    Some(b';') if in_token(bytes, at) => at += 1,
                    // A backslash in front of ordinary text, as in every device id and registry path.
                    Some(b'\\') if bytes.get(at + 1).is_some_and(|b| !is_blank(*b) && !b"\\;\n".contains(b)) => at += 1,
                    Some(b'\\' | b'"' | 0) => {
                        let (text, stop) = self.composed_field(start, at, may_be_key);
                        at = stop;
                        token = memchr::memchr(b'%', text.as_bytes()).is_some();
                        break text;
                    }
                    _ => break Cow::Borrowed(trim_end(&self.text[start..at])),
                }
            };
            let field = Field { text, start: start as u32, token };
            match bytes.get(at) {
                Some(b',') => line.fields.push(field),
                Some(b'=') => line.explicit_key = Some(field),
                other => {
                    line.fields.push(field);
                    self.pos = at;
                    if other == Some(&b';') {
                        self.skip_comment();
                    }
                    self.finish_line();
                    return;
                }
            }
            at += 1;
            may_be_key = false;
        }
    }

    /// As [`read_into`](Self::read_into), but skips lines for which `skip` tells their length (up to the LF). It is shown
    /// the text from a line's first character on, and must not skip a line that may go on in the next one.
    pub(crate) fn read_unless(&mut self, line: &mut Line<'t>, skip: &impl Fn(&[u8]) -> Option<usize>) -> bool {
        while self.skip_to_entry() {
            match skip(&self.bytes[self.pos..]) {
                None => return self.read_into(line),
                Some(len) => self.pos = (self.pos + len).min(self.end),
            }
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

    /// Ends the line: behind its LF.
    fn finish_line(&mut self) {
        if self.pos < self.end {
            self.pos += 1;
            self.number += 1;
        }
    }

    /// A field with quotes, continuations or NULs: `start..at` is plain text, at `at` stands the first special byte. Gives
    /// the text, and where the byte stands that ends it. Not inlined: the way for plain text stays small.
    #[inline(never)]
    fn composed_field(&mut self, start: usize, at: usize, may_be_key: bool) -> (Cow<'t, str>, usize) {
        self.wholly_quoted(start, at, may_be_key).unwrap_or_else(|| self.composed_by_all_rules(start, at, may_be_key))
    }

    fn composed_by_all_rules(&mut self, start: usize, at: usize, may_be_key: bool) -> (Cow<'t, str>, usize) {
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
                Some(b';') if in_token(self.bytes, at) => {
                    text.push(';');
                    at += 1;
                }
                None | Some(b',' | b';' | b'=' | b'\n') => {
                    text.truncate(kept.max(trim_end(&text).len()));
                    return (Cow::Owned(text), at);
                }
                Some(_) => {
                    let from = at;
                    (at, _) = next_special(self.bytes, at + 1);
                    text.push_str(&self.text[from..at]);
                }
            }
        }
    }

    /// `"text"` without anything else in the field, the common form of a quoted field: borrowed.
    fn wholly_quoted(&self, start: usize, at: usize, may_be_key: bool) -> Option<(Cow<'t, str>, usize)> {
        if at != start || self.bytes.get(at) != Some(&b'"') {
            return None;
        }
        let rest = &self.bytes[at + 1..];
        let len = rest.iter().position(|b| matches!(b, b'"' | b'\n' | 0))?;
        if rest[len] != b'"' {
            return None;
        }
        let close = at + 1 + len;
        let after = skip_blanks(self.bytes, close + 1);
        match self.bytes.get(after) {
            None | Some(b',' | b';' | b'\n') => {}
            Some(b'=') if may_be_key => {}
            _ => return None,
        }
        Some((Cow::Borrowed(&self.text[at + 1..close]), after))
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
                    return Some(skip_blanks(self.bytes, at + 1));
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

/// The `;` at `at` stands in a `%token%`, where it starts no comment (WDD general-syntax-rules-for-inf-files). A token is
/// one word between two percent signs of one field.
fn in_token(bytes: &[u8], at: usize) -> bool {
    let word = |b: &u8| !is_blank(*b) && !b"%,;\"\\=\n".contains(b);
    let before = bytes[..at].iter().rev().find(|b| !word(b));
    if before != Some(&b'%') || bytes[at + 1..].iter().find(|b| !word(b)) != Some(&b'%') {
        return false;
    }
    let field = bytes[..at].iter().rev().take_while(|b| !b",\"=\n".contains(b));
    field.filter(|b| **b == b'%').count() % 2 == 1
}

/// Whether a physical line (without its LF) joins the next one.
pub(crate) fn continues(line: &[u8]) -> bool {
    if memchr::memchr(b'\\', line).is_none() {
        return false;
    }
    let (mut quoted, mut pending) = (false, false);
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b'"' => {
                quoted = !quoted;
                pending = false;
            }
            _ if quoted => {}
            b';' if !in_token(line, at) => return pending,
            b'\\' => pending = true,
            b if is_blank(b) => {}
            _ => pending = false,
        }
    }
    pending && !quoted
}

pub(super) fn trim_end(text: &str) -> &str {
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
        /// The short ways for plain and for quoted fields give what all rules give.
        #[test]
        fn short_ways_give_what_all_rules_give(text in "[a-c =,;\"\\\\%\t\r\n]{0,40}") {
            let (mut short, mut long) = (LineReader::new(&text, 0, text.len(), 1), LineReader::new(&text, 0, text.len(), 1));
            let mut line = Line::default();
            while short.read_into(&mut line) {
                prop_assert!(long.skip_to_entry());
                prop_assert_eq!(line.number, long.number);
                let mut may_be_key = true;
                for field in line.explicit_key.iter().chain(&line.fields) {
                    long.pos = skip_blanks(long.bytes, long.pos);
                    prop_assert_eq!(field.start as usize, long.pos);
                    let (expected, stop) = long.composed_by_all_rules(long.pos, long.pos, may_be_key);
                    prop_assert_eq!(&field.text, &expected);
                    let is_key = long.bytes.get(stop) == Some(&b'=');
                    prop_assert_eq!(is_key, may_be_key && line.explicit_key.is_some());
                    may_be_key = false;
                    long.pos = stop + usize::from(matches!(long.bytes.get(stop), Some(b'=' | b',')));
                }
                if long.bytes.get(long.pos) == Some(&b';') {
                    long.skip_comment();
                }
                long.finish_line();
                prop_assert_eq!(short.place(), long.place());
            }
            prop_assert!(!long.skip_to_entry());
        }
    }
}
