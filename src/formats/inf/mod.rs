//! INF files: sections, lines, fields and strings, read the way Windows' setup library reads them.
//!
//! [`Inf::read`] takes the bytes of a file, finds its encoding and its sections in one pass and reads nothing else:
//! lines are read when a section is asked for, strings when a token is substituted. That is why a large share is read
//! about as fast as its files can be copied.
//!
//! ```
//! use wimspect::formats::inf::Inf;
//!
//! let inf = Inf::read(b"[Version]\r\nSignature = \"$Windows NT$\"\r\nProvider = %Me%\r\n[Strings]\r\nMe = \"Contoso, Ltd.\"\r\n");
//! assert!(inf.check_signature().is_ok());
//!
//! let strings = inf.strings(0x0409);
//! let version = inf.section("version").unwrap();
//! let provider = version.find("Provider").unwrap();
//! assert_eq!(provider.number, 3);
//! assert_eq!(strings.expand(provider.fields()[0].text.clone()), "Contoso, Ltd.");
//! ```
//!
//! What the sections mean (Models, DDInstall, services...) is read in [`crate::facts::driver_package`].

mod decode;
mod index;
mod line;
pub mod lossless;
mod names;
mod strings;
pub mod value;

use std::borrow::Cow;

pub use index::MAX_SECTION_NAME;
pub(crate) use line::is_plain;
pub use line::{Field, Line, LineReader};
pub(crate) use names::{NameTable, hash_name, same_name};
pub use strings::{MAX_FIELD, Strings, language_of};

use super::text::{TextEncoding, detect};
use index::{Index, NONE, Part};

/// The language whose `[Strings.LCID]` section is taken unless somebody asks for another: English (United States), the
/// language of most boot images.
pub const DEFAULT_LANGUAGE: u16 = 0x0409;

/// Largest file that is read: offsets are 32 bits. No real INF comes near.
const MAX_BYTES: usize = 1 << 30;

/// An INF file: decoded text and the places of its sections.
#[derive(Clone, Debug)]
pub struct Inf<'a> {
    text: Cow<'a, str>,
    encoding: TextEncoding,
    index: Index,
    /// End of the text for Windows: the first Ctrl-Z, or the whole length.
    end: usize,
    code_pages: Vec<decode::CodePage>,
    truncated: bool,
}

/// Why Windows refuses to open a file as an INF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// 1-based line, 0 for the file as a whole.
    pub line: u32,
}

/// Kinds of [`SyntaxError`], with the names of Windows' own error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// No `[Version]` section with a known `Signature` (`ERROR_WRONG_INF_STYLE`).
    WrongStyle,
    /// Text in front of the first section, in a file without `[Strings]` (`ERROR_EXPECTED_SECTION_NAME`).
    TextBeforeFirstSection,
    /// `[name` without `]` (`ERROR_BAD_SECTION_NAME_LINE`).
    UnclosedSectionName,
    /// A section name of more than 255 characters (`ERROR_SECTION_NAME_TOO_LONG`).
    SectionNameTooLong,
}

impl SyntaxErrorKind {
    /// The name of the error code that Windows returns.
    pub const fn code_name(self) -> &'static str {
        match self {
            SyntaxErrorKind::WrongStyle => "ERROR_WRONG_INF_STYLE",
            SyntaxErrorKind::TextBeforeFirstSection => "ERROR_EXPECTED_SECTION_NAME",
            SyntaxErrorKind::UnclosedSectionName => "ERROR_BAD_SECTION_NAME_LINE",
            SyntaxErrorKind::SectionNameTooLong => "ERROR_SECTION_NAME_TOO_LONG",
        }
    }
}

impl<'a> Inf<'a> {
    /// Finds encoding and sections. Never fails: what Windows would refuse is told by [`check_signature`](Self::check_signature)
    /// and [`check`](Self::check).
    pub fn read(bytes: &'a [u8]) -> Self {
        Self::read_text(bytes, None)
    }

    /// As [`read`](Self::read), for somebody who needs the strings of one language only (LANGID): the `[Strings.LCID]`
    /// sections of other primary languages may come out empty, which saves half the work on localized files. All lines
    /// keep their numbers, all other sections their text.
    pub fn read_for_language(bytes: &'a [u8], langid: u16) -> Self {
        Self::read_text(bytes, Some(langid))
    }

    fn read_text(bytes: &'a [u8], language: Option<u16>) -> Self {
        let truncated = bytes.len() > MAX_BYTES;
        let bytes = if truncated { &bytes[..MAX_BYTES] } else { bytes };
        let encoding = detect(bytes);
        let (text, code_pages) = decode::decode(bytes, encoding, language);
        let end = memchr::memchr(0x1A, text.as_bytes()).unwrap_or(text.len());
        let index = Index::build(&text[..end]);
        Self { text, encoding, index, end, code_pages, truncated }
    }

    /// The whole text as UTF-8, also what stands behind a Ctrl-Z.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the file is encoded.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// Code pages that were used for the parts of an 8-bit file: name, and the 1-based line from which it counts.
    pub fn code_pages(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        self.code_pages.iter().map(|c| (c.encoding.name(), c.line))
    }

    /// Where the text ends for Windows: at the first Ctrl-Z.
    pub fn end(&self) -> usize {
        self.end
    }

    /// The file was larger than any INF; only its first gigabyte was read.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// A section by name, without case. Sections of equal name are one section.
    pub fn section(&self, name: &str) -> Option<Section<'_>> {
        self.index.find(&self.text, name).map(|id| Section { inf: self.view(), id })
    }

    /// Number of a section, for tables.
    pub(crate) fn section_id(&self, name: &str) -> Option<u32> {
        self.index.find(&self.text, name)
    }

    /// The section with a number that [`section_id`](Self::section_id) gave.
    pub(crate) fn section_by_id(&self, id: u32) -> Section<'_> {
        Section { inf: self.view(), id }
    }

    /// All sections in the order of their first headers, empty ones too.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = Section<'_>> {
        let inf = self.view();
        (0..self.index.sections.len() as u32).map(move |id| Section { inf, id })
    }

    /// The strings for a language (LANGID, e.g. 0x0409). See [`DEFAULT_LANGUAGE`].
    pub fn strings(&self, langid: u16) -> Strings<'_> {
        Strings::read(self, strings::choose(self, langid))
    }

    /// What Windows would refuse, in file order, apart from the signature.
    pub fn syntax_errors(&self) -> &[SyntaxError] {
        &self.index.errors
    }

    /// There is a `[Version]` section with a `Signature` that Windows knows: `$Windows NT$`, `$Chicago$` or
    /// `$Windows 95$`, compared without case.
    pub fn check_signature(&self) -> Result<(), SyntaxError> {
        let signature = self.section("Version").and_then(|v| v.find("Signature"));
        let known = signature.is_some_and(|line| {
            let text = line.field(0);
            is_known_signature(text)
                || (text.contains('%') && is_known_signature(&self.strings(DEFAULT_LANGUAGE).expand(text.into())))
        });
        if known { Ok(()) } else { Err(SyntaxError { kind: SyntaxErrorKind::WrongStyle, line: 0 }) }
    }

    /// Whether Windows opens the file as an INF (`SetupOpenInfFile` with `INF_STYLE_WIN4`); else its first complaint.
    ///
    /// Text in front of the first section is forgiven when the file has a `[Strings]` section.
    pub fn check(&self) -> Result<(), SyntaxError> {
        self.check_signature()?;
        self.check_syntax()
    }

    /// [`check`](Self::check) without the signature (`INF_STYLE_OLDNT`). A header that cannot be read comes before text in
    /// front of the first section, about which Windows decides when it has seen the whole file.
    pub fn check_syntax(&self) -> Result<(), SyntaxError> {
        let errors = || self.index.errors.iter().filter(|e| !self.is_forgiven(e));
        let header = errors().find(|e| e.kind != SyntaxErrorKind::TextBeforeFirstSection);
        header.or_else(|| errors().next()).map_or(Ok(()), |e| Err(*e))
    }

    /// Windows takes the file in spite of this error.
    pub fn is_forgiven(&self, error: &SyntaxError) -> bool {
        error.kind == SyntaxErrorKind::TextBeforeFirstSection && self.index.find(&self.text, "Strings").is_some()
    }

    fn view(&self) -> View<'_> {
        View { text: &self.text, index: &self.index }
    }
}

/// A `Signature` value that makes a file an INF.
pub fn is_known_signature(text: &str) -> bool {
    ["$Windows NT$", "$Chicago$", "$Windows 95$"].iter().any(|s| s.eq_ignore_ascii_case(text))
}

#[derive(Clone, Copy, Debug)]
struct View<'i> {
    text: &'i str,
    index: &'i Index,
}

/// One section: every part of the file with this name.
#[derive(Clone, Copy, Debug)]
pub struct Section<'i> {
    inf: View<'i>,
    pub(crate) id: u32,
}

impl<'i> Section<'i> {
    /// The name as the first header writes it.
    pub fn name(&self) -> &'i str {
        index::section_name(self.inf.text, self.entry())
    }

    /// 1-based line of the first header.
    pub fn line(&self) -> u32 {
        self.entry().line
    }

    fn entry(&self) -> &'i index::SectionEntry {
        &self.inf.index.sections[self.id as usize]
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> + 'i {
        let index = self.inf.index;
        let mut next = self.entry().first_part;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let part = index.parts[next as usize];
            next = part.next;
            Some(part)
        })
    }

    /// Reads its lines one after the other into memory that is used again: the fast way.
    pub fn cursor(&self) -> Cursor<'i> {
        self.cursor_with(Line::with_room())
    }

    /// [`cursor`](Self::cursor) with the memory of a line that is not needed any more ([`Cursor::into_line`]).
    pub fn cursor_with(&self, line: Line<'i>) -> Cursor<'i> {
        let first = self.inf.index.parts[self.entry().first_part as usize];
        Cursor { inf: self.inf, next: first.next, reader: reader(self.inf.text, first), line }
    }

    /// Its lines as values of their own: the convenient way.
    pub fn lines(&self) -> impl Iterator<Item = Line<'i>> + use<'i> {
        let mut cursor = self.cursor();
        std::iter::from_fn(move || cursor.read().cloned())
    }

    /// The first line with this key, without case. Keys are compared as they are written, before substitution.
    pub fn find(&self, key: &str) -> Option<Line<'i>> {
        let mut cursor = self.cursor();
        while let Some(line) = cursor.read() {
            if line.key_is(key) {
                return Some(line.clone());
            }
        }
        None
    }

    /// How many physical lines lie below its headers, blank ones and comments too.
    pub(crate) fn physical_lines(&self) -> usize {
        let text = self.inf.text.as_bytes();
        let lines = |part: Part| memchr::memchr_iter(b'\n', &text[part.start as usize..part.end as usize]).count() + 1;
        self.parts().map(lines).sum()
    }

    /// It has no line.
    pub fn is_empty(&self) -> bool {
        self.cursor().read().is_none()
    }
}

fn reader(text: &str, part: Part) -> LineReader<'_> {
    LineReader::new(text, part.start as usize, part.end as usize, part.line)
}

/// Goes through the lines of a section.
#[derive(Clone, Debug)]
pub struct Cursor<'i> {
    inf: View<'i>,
    next: u32,
    reader: LineReader<'i>,
    line: Line<'i>,
}

impl<'i> Cursor<'i> {
    /// Gives back the memory of its line.
    pub fn into_line(self) -> Line<'i> {
        self.line
    }

    /// The next line.
    pub fn read(&mut self) -> Option<&Line<'i>> {
        loop {
            if self.reader.read_into(&mut self.line) {
                return Some(&self.line);
            }
            self.next_part()?;
        }
    }

    /// The next line that `skip` does not skip, see [`LineReader::read_unless`].
    pub(crate) fn read_unless(&mut self, skip: impl Fn(&[u8]) -> Option<usize>) -> Option<&Line<'i>> {
        loop {
            if self.reader.read_unless(&mut self.line, &skip) {
                return Some(&self.line);
            }
            self.next_part()?;
        }
    }

    fn next_part(&mut self) -> Option<()> {
        let part = self.inf.index.parts.get(self.next as usize)?;
        self.next = part.next;
        self.reader = reader(self.inf.text, *part);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Inf, SyntaxErrorKind as Kind};

    #[test]
    fn headers_that_cannot_be_read_come_before_text_in_front_of_the_first_section() {
        let version = "[Version]\nSignature=$Chicago$\n";
        for (text, expected) in [
            (format!("word\n{version}"), Err((Kind::TextBeforeFirstSection, 1))),
            (format!("word\n{version}[Strings]\n"), Ok(())),
            (format!("word\n{version}[open\n"), Err((Kind::UnclosedSectionName, 4))),
            (format!("word\n{version}[{}]\n", "n".repeat(256)), Err((Kind::SectionNameTooLong, 4))),
            (format!("word\n{version}[Strings]\n[open\n"), Err((Kind::UnclosedSectionName, 5))),
        ] {
            assert_eq!(Inf::read(text.as_bytes()).check().map_err(|e| (e.kind, e.line)), expected, "{text:?}");
        }
    }
}
