//! Finds the sections of an INF in one pass over its bytes, without reading their lines.
//!
//! A section header is a `[` that is the first character of its line, unless the line before joins it. So it is enough
//! to look at every `[` of the file, which are far fewer than its lines. Everything else is read when somebody asks.

use super::line::{continues, is_blank};
use super::names::{NameTable, hash_name, same_name};
use super::{SyntaxError, SyntaxErrorKind};

/// Longest legal section name, in characters (FACTS.md 2.1).
pub const MAX_SECTION_NAME: usize = 255;

/// A stretch of lines below one header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// First byte behind the header's line.
    pub(crate) start: u32,
    /// First byte of the next header's line, or the end of the text.
    pub(crate) end: u32,
    /// 1-based number of the first line behind the header.
    pub(crate) line: u32,
    /// The next part of the same section, or `NONE`.
    pub(crate) next: u32,
}

/// No further part.
pub(crate) const NONE: u32 = u32::MAX;

/// All parts that bear one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SectionEntry {
    pub(crate) name_start: u32,
    pub(crate) name_end: u32,
    /// 1-based line of the first header.
    pub(crate) line: u32,
    pub(crate) first_part: u32,
    last_part: u32,
}

/// A header as it stands in the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// First byte of its line.
    pub(crate) line_start: usize,
    /// Its 1-based number.
    pub(crate) line: u32,
    /// The name without brackets.
    pub(crate) name: (usize, usize),
    /// Behind the LF of its line.
    pub(crate) end: usize,
    /// It has its `]`.
    pub(crate) closed: bool,
}

/// Calls `each` for every section header of `bytes`, in order. `bytes` must end before a Ctrl-Z.
pub(crate) fn for_each_header(bytes: &[u8], mut each: impl FnMut(Header)) {
    // Start of the last line that looked like a header but continues the line before.
    let mut joined = usize::MAX;
    let (mut pos, mut line) = (0, 1);
    while let Some(bracket) = next_bracket(bytes, &mut pos, &mut line) {
        let mut line_start = bracket;
        while line_start > 0 && is_blank(bytes[line_start - 1]) {
            line_start -= 1;
        }
        if line_start > 0 && bytes[line_start - 1] != b'\n' {
            continue;
        }
        if line_start > 0 && joins_next(bytes, line_start - 1, joined) {
            joined = line_start;
            continue;
        }
        let rest = &bytes[pos..];
        let (len, closed) = match memchr::memchr2(b']', b'\n', rest) {
            Some(n) => (n, rest[n] == b']'),
            None => (rest.len(), false),
        };
        let end = memchr::memchr(b'\n', &rest[len..]).map_or(bytes.len(), |n| pos + len + n + 1);
        each(Header { line_start, line, name: (pos, pos + len), end, closed });
        (pos, line) = (end, line + 1);
    }
}

/// Bytes that are looked at together; fewer than 256, so that a byte can count the LFs among them.
const BLOCK: usize = 128;

/// The next `[` at or behind `pos`. `pos` moves behind it, `line` to its line.
fn next_bracket(bytes: &[u8], pos: &mut usize, line: &mut u32) -> Option<usize> {
    while let Some(block) = bytes[*pos..].first_chunk::<BLOCK>() {
        // Two plain loops, of which the compiler makes a few vector instructions each.
        if block.iter().fold(0, |any, b| any | u8::from(*b == b'[')) != 0 {
            break;
        }
        *line += count_lines(block);
        *pos += BLOCK;
    }
    let bracket = *pos + memchr::memchr(b'[', &bytes[*pos..])?;
    *line += count_lines(&bytes[*pos..bracket]);
    *pos = bracket + 1;
    Some(bracket)
}

/// Number of LFs in at most [`BLOCK`] bytes.
fn count_lines(block: &[u8]) -> u32 {
    u32::from(block.iter().fold(0u8, |lines, b| lines.wrapping_add(u8::from(*b == b'\n'))))
}

/// The line that ends with the LF at `lf` joins the next one. `joined` = start of a line that is known to be a
/// continuation although it starts with `[`.
fn joins_next(bytes: &[u8], lf: usize, joined: usize) -> bool {
    // Nearly every line ends here: its last character is no backslash and it holds no comment behind one.
    let start = memchr::memrchr(b'\n', &bytes[..lf]).map_or(0, |n| n + 1);
    let line = &bytes[start..lf];
    if memchr::memchr(b'\\', line).is_none() {
        return false;
    }
    let first = line.iter().copied().find(|b| !is_blank(*b));
    let whole_line_is_other = match first {
        // A comment; where it stands behind a continuation it still ends there.
        Some(b';') => true,
        // A header: what follows `]` is a comment.
        Some(b'[') => start != joined,
        _ => false,
    };
    !whole_line_is_other && continues(line)
}

/// The sections of a decoded text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) sections: Vec<SectionEntry>,
    pub(crate) parts: Vec<Part>,
    names: NameTable,
    pub(crate) errors: Vec<SyntaxError>,
}

impl Index {
    /// Indexes `text`, which ends before a Ctrl-Z.
    pub(crate) fn build(text: &str) -> Self {
        let bytes = text.as_bytes();
        // A section for every 600 bytes is usual.
        let expected = bytes.len() / 512 + 8;
        let mut index = Index {
            sections: Vec::with_capacity(expected),
            parts: Vec::with_capacity(expected),
            names: NameTable::with_capacity(expected),
            errors: Vec::new(),
        };
        let mut open: Option<usize> = None;
        let mut first_header = bytes.len();
        for_each_header(bytes, |header| {
            let line = header.line;
            first_header = first_header.min(header.line_start);
            if let Some(part) = open.take() {
                index.parts[part].end = header.line_start as u32;
            }
            let name = &text[header.name.0..header.name.1];
            if !header.closed {
                index.errors.push(SyntaxError { kind: SyntaxErrorKind::UnclosedSectionName, line });
                return;
            }
            if header.name.1 - header.name.0 > MAX_SECTION_NAME && name.chars().count() > MAX_SECTION_NAME {
                index.errors.push(SyntaxError { kind: SyntaxErrorKind::SectionNameTooLong, line });
            }
            open = Some(index.add(text, header, line));
        });
        if let Some(part) = open {
            index.parts[part].end = bytes.len() as u32;
        }
        if let Some(line) = first_entry(&bytes[..first_header]) {
            index.errors.insert(0, SyntaxError { kind: SyntaxErrorKind::TextBeforeFirstSection, line });
        }
        index
    }

    /// Adds a part to the section that the header names; gives the part's number.
    fn add(&mut self, text: &str, header: Header, line: u32) -> usize {
        let number = self.parts.len() as u32;
        self.parts.push(Part { start: header.end as u32, end: header.end as u32, line: line + 1, next: NONE });
        let name = &text[header.name.0..header.name.1];
        let hash = hash_name(name);
        if let Some(old) = self.find_hashed(text, name, hash) {
            let last = self.sections[old as usize].last_part;
            self.parts[last as usize].next = number;
            self.sections[old as usize].last_part = number;
            return number as usize;
        }
        self.names.insert(hash, self.sections.len() as u32);
        self.sections.push(SectionEntry {
            name_start: header.name.0 as u32,
            name_end: header.name.1 as u32,
            line,
            first_part: number,
            last_part: number,
        });
        number as usize
    }

    /// Number of the section with this name.
    pub(crate) fn find(&self, text: &str, name: &str) -> Option<u32> {
        self.find_hashed(text, name, hash_name(name))
    }

    fn find_hashed(&self, text: &str, name: &str, hash: u64) -> Option<u32> {
        self.names.find(hash, |n| same_name(section_name(text, &self.sections[n as usize]), name))
    }
}

/// The name of a section as its first header writes it.
pub(crate) fn section_name<'t>(text: &'t str, section: &SectionEntry) -> &'t str {
    &text[section.name_start as usize..section.name_end as usize]
}

/// 1-based line of the first text in front of the first header.
fn first_entry(bytes: &[u8]) -> Option<u32> {
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        match line.iter().copied().find(|b| !is_blank(*b)) {
            None | Some(b';') => {}
            Some(_) => return Some(number as u32 + 1),
        }
    }
    None
}
