//! The text of an INF. An 8-bit file may hold several code pages, one for each `[Strings.LCID]` section; hundreds of
//! real files do (CORPUS.md 3).
//!
//! Half of all text in a share of drivers is strings in languages that nobody asks for. [`decode`] can leave them out:
//! their lines stay (empty), so that every other line keeps its number.

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

/// Decodes a file; for an 8-bit file also the code pages of its parts. With a language, the strings sections of other
/// languages come out as empty lines where that is possible without a doubt.
pub(crate) fn decode(bytes: &[u8], encoding: TextEncoding, language: Option<u16>) -> (Cow<'_, str>, Vec<CodePage>) {
    if encoding.is_ansi() {
        return decode_ansi(bytes, language);
    }
    let text = match language {
        Some(language) if matches!(encoding, TextEncoding::Utf16Le | TextEncoding::Utf16LeNoBom) => {
            decode_without_other_languages(&bytes[encoding.bom_len()..], language)
        }
        _ => None,
    };
    (text.map_or_else(|| text::decode(bytes, encoding, WINDOWS_1252), Cow::Owned), Vec::new())
}

fn decode_ansi(bytes: &[u8], language: Option<u16>) -> (Cow<'_, str>, Vec<CodePage>) {
    let (ansi, segments) = segments(bytes);
    let wanted = language.filter(|l| segments.iter().any(|s| s.language.is_some_and(|found| same_language(found, *l))));
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut pages: Vec<CodePage> = Vec::new();
    let mut line = 1;
    for segment in segments {
        let page = segment.language.map_or(ansi, code_page_of_language);
        let piece = &bytes[segment.start..segment.end];
        let lines = memchr::memchr_iter(b'\n', piece).count();
        let skip = match (segment.language, language) {
            (Some(found), Some(asked)) => {
                (wanted.is_some() || segment.has_neutral) && !same_language(found, asked) && segment.in_text
            }
            _ => false,
        };
        if skip {
            out.extend(std::iter::repeat_n('\n', lines));
        } else {
            if pages.last().is_none_or(|p| p.encoding != page) && !piece.is_ascii() {
                pages.push(CodePage { encoding: page, line });
            }
            out.push_str(&page.decode_without_bom_handling(piece).0);
        }
        line += lines as u32;
    }
    (Cow::Owned(out), pages)
}

/// The primary languages are equal: such a section may be chosen.
fn same_language(a: u16, b: u16) -> bool {
    a & 0x3FF == b & 0x3FF
}

/// A stretch of bytes, with its language when it is a localized strings section.
struct Segment {
    start: usize,
    end: usize,
    language: Option<u16>,
    /// The file has a `[Strings]` section.
    has_neutral: bool,
    /// It ends before the Ctrl-Z.
    in_text: bool,
}

/// The file cut at the headers of its localized sections, and the code page of the rest: Windows-1252, or that of the
/// only localized section (whoever wrote the one wrote the other).
fn segments(bytes: &[u8]) -> (&'static Encoding, Vec<Segment>) {
    let text_end = memchr::memchr(0x1A, bytes).unwrap_or(bytes.len());
    let mut cuts: Vec<(usize, Option<u16>)> = vec![(0, None)];
    let mut localized: Option<(u16, bool)> = None;
    let mut has_neutral = false;
    for_each_header(&bytes[..text_end], |header| {
        let name = std::str::from_utf8(&bytes[header.name.0..header.name.1]).unwrap_or_default();
        has_neutral |= name.eq_ignore_ascii_case("Strings");
        let language = language_of(name);
        if let Some(language) = language {
            localized = Some((language, localized.is_some()));
        }
        if language != cuts.last().and_then(|c| c.1) {
            cuts.push((header.line_start, language));
        }
    });
    let ansi = match localized {
        Some((language, false)) => code_page_of_language(language),
        _ => WINDOWS_1252,
    };
    let ends: Vec<usize> = cuts.iter().skip(1).map(|c| c.0).chain([bytes.len()]).collect();
    let segment = |((start, language), end)| Segment { start, end, language, has_neutral, in_text: end <= text_end };
    (ansi, cuts.into_iter().zip(ends).map(segment).collect())
}

/// UTF-16LE without the localized strings sections of other languages. `None` when the file has none, or when anything
/// about them is unusual: then everything is decoded.
fn decode_without_other_languages(bytes: &[u8], language: u16) -> Option<String> {
    let mut cuts: Vec<(usize, bool)> = Vec::new();
    let (mut wanted, mut neutral) = (false, false);
    for at in units(bytes, b'[') {
        let Some(start) = line_start(bytes, at) else { continue };
        let skipping = cuts.last().is_some_and(|c| c.1);
        let mut buffer = [0; MAX_STRINGS_NAME];
        let name = narrow_name(&bytes[at + 2..], &mut buffer);
        let other = match name.and_then(language_of) {
            Some(found) => {
                wanted |= same_language(found, language);
                !same_language(found, language)
            }
            None => {
                neutral |= name.is_some_and(|n| n.eq_ignore_ascii_case("Strings"));
                false
            }
        };
        if (other || skipping) && may_be_joined(bytes, start) {
            return None;
        }
        if other != skipping {
            cuts.push((start, other));
        }
    }
    if !cuts.iter().any(|c| c.1) || !(wanted || neutral) {
        return None;
    }
    let mut out = String::with_capacity(bytes.len() / 2);
    let mut from = 0;
    let mut skip = false;
    for (at, next) in cuts.into_iter().chain([(bytes.len(), false)]) {
        let piece = &bytes[from..at];
        if skip {
            if units(piece, 0x1A).next().is_some() {
                return None;
            }
            let lines = units(piece, b'\n').count();
            out.extend(std::iter::repeat_n('\n', lines));
        } else {
            text::push_utf16(&mut out, piece);
        }
        (from, skip) = (at, next);
    }
    Some(out)
}

/// The places of an ASCII character in UTF-16.
fn units(bytes: &[u8], character: u8) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(character, bytes).filter(|at| at % 2 == 0 && bytes.get(at + 1) == Some(&0))
}

/// Start of the line of a `[` that is its first character.
fn line_start(bytes: &[u8], at: usize) -> Option<usize> {
    let mut start = at;
    while start >= 2 {
        match bytes[start - 2..start] {
            [b'\n', 0] => return Some(start),
            [b' ' | b'\t' | b'\r' | 0x0B | 0x0C | 0, 0] => start -= 2,
            _ => return None,
        }
    }
    Some(start)
}

/// The line in front of `start` holds a backslash behind which no plain text stands: it may join the next one.
fn may_be_joined(bytes: &[u8], start: usize) -> bool {
    let mut units = bytes[..start].rchunks_exact(2).skip(1).take_while(|u| **u != [b'\n', 0]);
    let blank = |u: &&[u8]| matches!(u, [b' ' | b'\t' | b'\r' | 0x0B | 0x0C | 0, 0]);
    match units.by_ref().find(|u| !blank(u)) {
        Some([b'\\', 0]) => true,
        Some(_) => units.any(|u| *u == [b';', 0]),
        None => false,
    }
}

/// Longest name of a strings section with room to spare: `Strings.0x0409`.
const MAX_STRINGS_NAME: usize = 24;

/// A section name in ASCII, up to its `]`, in `buffer`. No strings section has a longer one.
fn narrow_name<'b>(bytes: &[u8], buffer: &'b mut [u8; MAX_STRINGS_NAME]) -> Option<&'b str> {
    let len = bytes.chunks_exact(2).take(MAX_STRINGS_NAME).position(|unit| unit == [b']', 0])?;
    for (to, unit) in buffer[..len].iter_mut().zip(bytes.chunks_exact(2)) {
        match unit {
            [low, 0] if low.is_ascii() && !matches!(low, b'\n' | b'\r') => *to = *low,
            _ => return None,
        }
    }
    std::str::from_utf8(&buffer[..len]).ok()
}

#[cfg(test)]
mod tests {
    use crate::formats::inf::Inf;

    fn utf16(text: &str) -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn strings_of_other_languages_are_left_out_and_lines_keep_their_numbers() {
        let head = "[Version]\nSignature=$Chicago$\n[Strings]\na=neutral\n";
        for (text, left_out) in [
            ("[Strings.0407]\na=deutsch\n\n[Last]\nk=v\n", true),
            ("[Strings.0407]\na=deutsch\n[Strings.0411]\na=Ж\n [Last]\nk=v\n", true),
            ("[Strings.0409]\na=english\n[Strings.0407]\na=deutsch\n[Last]\nk=v\n", true),
            // Doubtful: the header may be joined to the line before, or a Ctrl-Z lies in the section.
            ("[Strings.0407]\na=deutsch\\\n[Last]\nk=v\n", false),
            ("[Strings.0407]\na=deutsch \\ ; x\n[Last]\nk=v\n", false),
            ("[Strings.0407]\na=deutsch\u{1A}\n[Last]\nk=v\n", false),
            ("[Strings.0409]\na=english\n[Last]\nk=v\n", false),
        ] {
            let file = format!("{head}{text}");
            let encoded = utf16(&file);
            let (full, lean) = (Inf::read(&encoded), Inf::read_for_language(&encoded, 0x0409));
            assert_eq!(lean.text().contains("deutsch"), !left_out && text.contains("deutsch"), "{text:?}");
            assert_eq!(full.text(), file);
            assert_eq!(lean.text().matches('\n').count(), full.text().matches('\n').count(), "{text:?}");
            let value = |inf: &Inf<'_>| inf.strings(0x0409).expand("%a%".into()).into_owned();
            assert_eq!(value(&lean), value(&full));
            let last = |inf: &Inf<'_>| inf.section("Last").map(|s| s.line());
            assert_eq!(last(&lean), last(&full), "{text:?}");
        }
        // No [Strings] and no section of the language: the others are needed.
        let only = utf16("[Version]\nSignature=$Chicago$\n[Strings.0407]\na=deutsch\n");
        assert!(Inf::read_for_language(&only, 0x0409).text().contains("deutsch"));
        // The same for an 8-bit file.
        let mut file = format!("{head}[Strings.0407]\na=gr").into_bytes();
        file.extend_from_slice(b"\xfc\xdfe\n[Last]\nk=v\n");
        let lean = Inf::read_for_language(&file, 0x0409);
        assert!(!lean.text().contains("grüße") && Inf::read(&file).text().contains("grüße"));
        assert_eq!(lean.section("Last").map(|s| s.line()), Some(7));
    }
}
