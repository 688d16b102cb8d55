//! The text of an INF. An 8-bit file may hold several code pages, one for each `[Strings.LCID]` section; hundreds of
//! real files do (CORPUS.md 3).

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::index::for_each_header;
use super::strings::language_of;
use crate::formats::text::{self, TextEncoding, code_page_of_language};

/// A code page and the line from which it counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodePage {
    pub(crate) encoding: &'static Encoding,
    pub(crate) line: u32,
}

/// Decodes a file; for an 8-bit file also the code pages of its parts.
pub(crate) fn decode(bytes: &[u8], encoding: TextEncoding) -> (Cow<'_, str>, Vec<CodePage>) {
    if !encoding.is_ansi() {
        return (text::decode(bytes, encoding, WINDOWS_1252), Vec::new());
    }
    let (ansi, segments) = segments(bytes);
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut pages: Vec<CodePage> = Vec::new();
    let mut line = 1;
    for (start, end, page) in segments {
        let page = page.unwrap_or(ansi);
        let piece = &bytes[start..end];
        if pages.last().is_none_or(|p| p.encoding != page) && !piece.is_ascii() {
            pages.push(CodePage { encoding: page, line });
        }
        out.push_str(&page.decode_without_bom_handling(piece).0);
        line += memchr::memchr_iter(b'\n', piece).count() as u32;
    }
    (Cow::Owned(out), pages)
}

/// A stretch of bytes: start, end, and its code page where the section says one.
type Segment = (usize, usize, Option<&'static Encoding>);

/// The file cut at the headers of its localized sections, and the code page of the rest: Windows-1252, or that of the
/// only localized section (whoever wrote the one wrote the other).
fn segments(bytes: &[u8]) -> (&'static Encoding, Vec<Segment>) {
    let end = memchr::memchr(0x1A, bytes).unwrap_or(bytes.len());
    let mut cuts: Vec<(usize, Option<&'static Encoding>)> = vec![(0, None)];
    let mut localized: Option<(&'static Encoding, bool)> = None;
    for_each_header(&bytes[..end], |header| {
        let name = std::str::from_utf8(&bytes[header.name.0..header.name.1]).unwrap_or_default();
        let page = language_of(name).map(code_page_of_language);
        if let Some(page) = page {
            localized = Some((page, localized.is_some()));
        }
        if page != cuts.last().and_then(|c| c.1) {
            cuts.push((header.line_start, page));
        }
    });
    let ansi = match localized {
        Some((page, false)) => page,
        _ => WINDOWS_1252,
    };
    let ends: Vec<usize> = cuts.iter().skip(1).map(|c| c.0).chain([bytes.len()]).collect();
    (ansi, cuts.into_iter().zip(ends).map(|((start, page), end)| (start, end, page)).collect())
}
