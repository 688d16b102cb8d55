//! The file as it stands: every byte belongs to exactly one physical line, and every line has a kind.
//!
//! This view loses nothing: [`Document::write_to`] gives back the bytes that were read, whatever they are. It is meant
//! for tools that show or change a file, and for proving that a reader has accounted for every line.
//!
//! ```
//! use wimspect::formats::inf::lossless::{Document, LineKind};
//!
//! let bytes = b"[Version]\r\n; note\r\nSignature = \"$Windows NT$\", \\\r\n  more\r\n";
//! let document = Document::read(bytes);
//! let kinds: Vec<LineKind> = document.lines().map(|l| l.kind).collect();
//! assert_eq!(kinds, [LineKind::Section, LineKind::Comment, LineKind::Entry, LineKind::Continuation]);
//!
//! let mut copy = Vec::new();
//! document.write_to(&mut copy);
//! assert_eq!(copy, bytes);
//! ```

use std::ops::Range;

use super::Inf;
use super::line::{continues, is_blank};

/// What a physical line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineKind {
    /// Nothing but blanks.
    Blank,
    /// A comment, or the rest of a file whose comment was continued.
    Comment,
    /// A section header.
    Section,
    /// `[` without `]`: Windows refuses the file.
    BadSection,
    /// An entry, or its first line.
    Entry,
    /// A line that the one before joins to itself.
    Continuation,
    /// Text in front of the first section.
    Stray,
    /// Behind a Ctrl-Z: not read.
    AfterEnd,
}

/// One physical line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine<'d> {
    /// 1-based.
    pub number: u32,
    /// What it is.
    pub kind: LineKind,
    /// Its bytes in the file, with its line end.
    pub span: Range<usize>,
    /// Its decoded text, with its line end.
    pub text: &'d str,
}

/// A file with all its lines.
#[derive(Clone, Debug)]
pub struct Document<'b> {
    bytes: &'b [u8],
    inf: Inf<'b>,
    /// Ends of the lines: in the file's bytes, in the decoded text; and what the line is.
    lines: Vec<(usize, usize, LineKind)>,
}

impl<'b> Document<'b> {
    /// Reads a file. Never fails.
    pub fn read(bytes: &'b [u8]) -> Self {
        let inf = Inf::read(bytes);
        let kinds = classify(&inf);
        let ends = line_ends(bytes, &inf);
        let lines = kinds.into_iter().enumerate();
        let lines = lines.map(|(n, (end, kind))| (ends.get(n).copied().unwrap_or(bytes.len()), end, kind)).collect();
        Self { bytes, inf, lines }
    }

    /// The sections and lines as Windows sees them.
    pub fn inf(&self) -> &Inf<'b> {
        &self.inf
    }

    /// The byte order mark.
    pub fn byte_order_mark(&self) -> &'b [u8] {
        &self.bytes[..self.inf.encoding().bom_len().min(self.bytes.len())]
    }

    /// All physical lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = SourceLine<'_>> {
        let (mut start, mut text_start) = (self.byte_order_mark().len(), 0);
        self.lines.iter().enumerate().map(move |(n, &(end, text_end, kind))| {
            let line = SourceLine {
                number: n as u32 + 1,
                kind,
                span: start..end,
                text: &self.inf.text()[text_start..text_end],
            };
            (start, text_start) = (end, text_end);
            line
        })
    }

    /// Writes the file: mark, then line after line.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.byte_order_mark());
        for line in self.lines() {
            out.extend_from_slice(&self.bytes[line.span]);
        }
    }
}

/// Where the lines end in the bytes of the file. The last line takes what is left over.
fn line_ends(bytes: &[u8], inf: &Inf<'_>) -> Vec<usize> {
    let encoding = inf.encoding();
    let start = encoding.bom_len().min(bytes.len());
    let body = &bytes[start..];
    let mut ends: Vec<usize> = if encoding.is_utf16() {
        let little = matches!(
            encoding,
            crate::formats::text::TextEncoding::Utf16Le | crate::formats::text::TextEncoding::Utf16LeNoBom
        );
        let lf: [u8; 2] = if little { [b'\n', 0] } else { [0, b'\n'] };
        body.chunks_exact(2).enumerate().filter(|(_, u)| *u == lf).map(|(n, _)| start + n * 2 + 2).collect()
    } else {
        memchr::memchr_iter(b'\n', body).map(|n| start + n + 1).collect()
    };
    if ends.last() != Some(&bytes.len()) {
        ends.push(bytes.len());
    }
    ends
}

/// End in the decoded text and kind of every physical line.
fn classify(inf: &Inf<'_>) -> Vec<(usize, LineKind)> {
    let text = inf.text().as_bytes();
    let mut lines = Vec::new();
    let (mut pos, mut seen_section, mut joined) = (0, false, false);
    while pos < text.len() {
        let end = memchr::memchr(b'\n', &text[pos..]).map_or(text.len(), |n| pos + n + 1);
        let line = &text[pos..end.min(inf.end()).max(pos)];
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let first = body.iter().copied().find(|b| !is_blank(*b));
        let kind = match first {
            _ if pos >= inf.end() => LineKind::AfterEnd,
            _ if joined => LineKind::Continuation,
            None => LineKind::Blank,
            Some(b';') => LineKind::Comment,
            Some(b'[') if body.contains(&b']') => LineKind::Section,
            Some(b'[') => LineKind::BadSection,
            Some(_) if !seen_section => LineKind::Stray,
            Some(_) => LineKind::Entry,
        };
        seen_section |= matches!(kind, LineKind::Section | LineKind::BadSection);
        // A comment that follows a continuation ends the entry there.
        joined = match kind {
            LineKind::Entry | LineKind::Stray => continues(body),
            LineKind::Continuation => first != Some(b';') && continues(body),
            _ => false,
        };
        lines.push((end, kind));
        pos = end;
    }
    lines
}
