//! Text encodings of the files that this program meets: which one a file is in, and its text as UTF-8.
//!
//! Windows reads an INF as UTF-16 when it has a byte order mark (or looks like UTF-16), as UTF-8 when it has the UTF-8
//! mark, and in the ANSI code page otherwise (FACTS.md 2.1). An 8-bit file does not name its code page; the language of
//! a `[Strings.LCID]` section does, see [`code_page_of_language`].

use std::borrow::Cow;

use encoding_rs::mem::decode_latin1;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How the bytes of a file encode its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// Nothing above 0x7F: the same text in every code page.
    Ascii,
    /// UTF-8 with byte order mark.
    Utf8Bom,
    /// UTF-16, little endian, with byte order mark.
    Utf16Le,
    /// UTF-16, little endian, without byte order mark.
    Utf16LeNoBom,
    /// UTF-16, big endian, with byte order mark.
    Utf16Be,
    /// UTF-16, big endian, without byte order mark.
    Utf16BeNoBom,
    /// Bytes above 0x7F and no mark: the ANSI code page of whoever reads it.
    Ansi,
    /// As [`Ansi`](Self::Ansi), but the bytes are valid UTF-8. Windows reads it in the ANSI code page all the same.
    Utf8NoBom,
}

impl TextEncoding {
    /// Name for people and reports.
    pub const fn name(self) -> &'static str {
        match self {
            TextEncoding::Ascii => "ascii",
            TextEncoding::Utf8Bom => "utf-8-bom",
            TextEncoding::Utf16Le => "utf-16le-bom",
            TextEncoding::Utf16LeNoBom => "utf-16le",
            TextEncoding::Utf16Be => "utf-16be-bom",
            TextEncoding::Utf16BeNoBom => "utf-16be",
            TextEncoding::Ansi => "ansi",
            TextEncoding::Utf8NoBom => "utf-8",
        }
    }

    /// Length of the byte order mark.
    pub const fn bom_len(self) -> usize {
        match self {
            TextEncoding::Utf8Bom => 3,
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => 2,
            _ => 0,
        }
    }

    /// Two bytes for each unit.
    pub const fn is_utf16(self) -> bool {
        matches!(
            self,
            TextEncoding::Utf16Le | TextEncoding::Utf16LeNoBom | TextEncoding::Utf16Be | TextEncoding::Utf16BeNoBom
        )
    }

    /// One byte for each unit, in a code page that the file does not name.
    pub const fn is_ansi(self) -> bool {
        matches!(self, TextEncoding::Ansi | TextEncoding::Utf8NoBom)
    }
}

/// How many bytes are looked at for UTF-16 without a mark.
const SAMPLE: usize = 4096;

/// Says how a file is encoded.
pub fn detect(bytes: &[u8]) -> TextEncoding {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return TextEncoding::Utf8Bom,
        [0xFF, 0xFE, ..] => return TextEncoding::Utf16Le,
        [0xFE, 0xFF, ..] => return TextEncoding::Utf16Be,
        _ => {}
    }
    if let Some(unmarked) = unmarked_utf16(bytes) {
        return unmarked;
    }
    if bytes.is_ascii() {
        TextEncoding::Ascii
    } else if std::str::from_utf8(bytes).is_ok() {
        TextEncoding::Utf8NoBom
    } else {
        TextEncoding::Ansi
    }
}

/// UTF-16 without a mark: nearly every second byte is 0, the others nearly never. INF text is mostly ASCII.
fn unmarked_utf16(bytes: &[u8]) -> Option<TextEncoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    if sample.len() < 2 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    let pairs = sample.len() / 2;
    let even = sample.iter().step_by(2).filter(|b| **b == 0).count();
    let odd = sample.iter().skip(1).step_by(2).filter(|b| **b == 0).count();
    if odd * 2 > pairs && even * 8 <= pairs {
        Some(TextEncoding::Utf16LeNoBom)
    } else if even * 2 > pairs && odd * 8 <= pairs {
        Some(TextEncoding::Utf16BeNoBom)
    } else {
        None
    }
}

/// The text of a file whose encoding is known, without its byte order mark. ANSI files are read as `ansi`.
///
/// Undecodable bytes become U+FFFD, also a byte that is left over at the end of UTF-16. Text that is UTF-8 already is
/// borrowed.
pub fn decode<'a>(bytes: &'a [u8], encoding: TextEncoding, ansi: &'static Encoding) -> Cow<'a, str> {
    let body = &bytes[encoding.bom_len().min(bytes.len())..];
    let encoding = match encoding {
        TextEncoding::Ascii | TextEncoding::Utf8Bom => UTF_8,
        TextEncoding::Utf16Le | TextEncoding::Utf16LeNoBom => {
            let mut text = String::new();
            push_utf16(&mut text, body);
            return Cow::Owned(text);
        }
        TextEncoding::Utf16Be | TextEncoding::Utf16BeNoBom => UTF_16BE,
        TextEncoding::Ansi | TextEncoding::Utf8NoBom => ansi,
    };
    encoding.decode_without_bom_handling(body).0
}

/// Units of UTF-16 that are handled together.
const BLOCK: usize = 128;

/// Adds a stretch of UTF-16, little endian, to a text; it must not end inside a surrogate pair. Blocks of ASCII, which is
/// nearly all of an INF, are narrowed here, several times as fast as a decoder reads them; others are left to the decoder.
pub(crate) fn push_utf16(text: &mut String, bytes: &[u8]) {
    // The few letters beyond ASCII take more than one byte.
    text.reserve(bytes.len() / 2 + bytes.len() / 16);
    let mut rest = bytes;
    let mut ascii = [0; BLOCK];
    while !rest.is_empty() {
        while let Some((block, after)) = rest.split_first_chunk::<{ BLOCK * 2 }>()
            && narrow(block, &mut ascii)
        {
            text.push_str(&decode_latin1(&ascii));
            rest = after;
        }
        let (block, after) = split_block(rest);
        text.push_str(&UTF_16LE.decode_without_bom_handling(block).0);
        rest = after;
    }
}

/// A block as bytes; whether all of its units are ASCII. One plain loop, of which the compiler makes a few vector
/// instructions.
fn narrow(block: &[u8; BLOCK * 2], bytes: &mut [u8; BLOCK]) -> bool {
    let mut all = 0;
    for (byte, pair) in bytes.iter_mut().zip(block.as_chunks::<2>().0) {
        let unit = u16::from_le_bytes(*pair);
        all |= unit;
        *byte = unit as u8;
    }
    all < 0x80
}

/// The first block of UTF-16 (fewer bytes where there are no more, more where a surrogate pair would be cut), and the rest.
fn split_block(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut len = bytes.len().min(BLOCK * 2);
    while len < bytes.len() && matches!(bytes[len - 1], 0xD8..0xDC) {
        len = (len + 2).min(bytes.len());
    }
    bytes.split_at(len)
}

/// The ANSI code page that Windows uses for a language (LANGID: primary language in the low ten bits).
///
/// From the `LOCALE_IDEFAULTANSICODEPAGE` values of Windows' locales; languages without an ANSI code page (Hindi,
/// Armenian, ...) are given Windows-1252.
pub fn code_page_of_language(langid: u16) -> &'static Encoding {
    use encoding_rs as e;
    let (primary, sub) = (langid & 0x3FF, langid >> 10);
    match primary {
        0x01 | 0x20 | 0x29 | 0x80 => e::WINDOWS_1256, // Arabic, Urdu, Farsi, Uighur
        // Chinese: Taiwan, Hong Kong and Macau write Big5, the others GBK.
        0x04 if matches!(sub, 1 | 3 | 5 | 31) => e::BIG5,
        0x04 => e::GBK,
        0x05 | 0x0E | 0x15 | 0x18 | 0x1B | 0x1C | 0x24 | 0x42 => e::WINDOWS_1250, // cs hu pl ro sk sq sl tk
        0x1A if matches!(sub, 3 | 7 | 8 | 10 | 12) => e::WINDOWS_1251,            // Serbian and Bosnian, Cyrillic
        0x1A => e::WINDOWS_1250,                                                  // Croatian, Serbian, Bosnian
        0x08 => e::WINDOWS_1253,
        0x0D => e::WINDOWS_1255,
        0x11 => e::SHIFT_JIS,
        0x12 => e::EUC_KR,
        0x19 | 0x02 | 0x22 | 0x23 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50 | 0x6D => e::WINDOWS_1251, // ru bg uk be mk kk ky tt mn ba
        0x1E => e::WINDOWS_874,
        0x1F => e::WINDOWS_1254,                    // Turkish
        0x2C | 0x43 if sub == 2 => e::WINDOWS_1251, // Azeri and Uzbek, Cyrillic
        0x2C | 0x43 => e::WINDOWS_1254,             // the same, Latin
        0x25..=0x27 => e::WINDOWS_1257,             // Estonian, Latvian, Lithuanian
        0x2A => e::WINDOWS_1258,
        _ => e::WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool, bom: bool) -> Vec<u8> {
        let mark = if bom { "\u{FEFF}" } else { "" };
        mark.chars()
            .chain(text.chars())
            .flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    #[test]
    fn every_encoding_is_told_apart_and_gives_the_same_text() {
        let text = "[Version]\r\nProvider=\"Großer Ж 网卡 😀\" ; long enough for several blocks of sixty-four bytes, really\r\n";
        let mut utf8 = vec![0xEF, 0xBB, 0xBF];
        utf8.extend_from_slice(text.as_bytes());
        for (bytes, expected) in [
            (utf16(text, false, true), TextEncoding::Utf16Le),
            (utf16(text, true, true), TextEncoding::Utf16Be),
            (utf16(text, false, false), TextEncoding::Utf16LeNoBom),
            (utf16(text, true, false), TextEncoding::Utf16BeNoBom),
            (utf8, TextEncoding::Utf8Bom),
        ] {
            let encoding = detect(&bytes);
            assert_eq!(encoding, expected);
            assert_eq!(decode(&bytes, encoding, encoding_rs::WINDOWS_1252), text, "{}", encoding.name());
        }
        assert_eq!(detect(text.as_bytes()), TextEncoding::Utf8NoBom);
        assert_eq!(detect(b"[Version]\n"), TextEncoding::Ascii);
        assert_eq!(detect(b"v\xe9"), TextEncoding::Ansi);
        assert_eq!(detect(b""), TextEncoding::Ascii);
    }

    #[test]
    fn texts_of_every_length_come_back() {
        for len in 0..200 {
            let text = "x".repeat(len);
            assert_eq!(decode(&utf16(&text, false, true), TextEncoding::Utf16Le, encoding_rs::WINDOWS_1252), text);
        }
    }

    #[test]
    fn letters_beyond_ascii_come_back_from_every_place_of_a_block() {
        for at in 0..2 * BLOCK + 2 {
            for letters in ["ü", "网", "😀", "😀😀"] {
                let text = format!("{}{letters}{}", "x".repeat(at), "y".repeat(2 * BLOCK));
                for (big, encoding) in [(false, TextEncoding::Utf16Le), (true, TextEncoding::Utf16Be)] {
                    assert_eq!(decode(&utf16(&text, big, true), encoding, encoding_rs::WINDOWS_1252), text);
                }
            }
        }
        // High surrogates in a row, each without its other half.
        let lonely = [0x00, 0xD8].repeat(3 * BLOCK);
        let text = decode(&lonely, TextEncoding::Utf16LeNoBom, encoding_rs::WINDOWS_1252);
        assert_eq!(text, "\u{FFFD}".repeat(3 * BLOCK));
    }

    #[test]
    fn broken_utf16_becomes_replacement_characters() {
        assert_eq!(
            decode(b"\xff\xfea\0\0\xd8b\0\x01", TextEncoding::Utf16Le, encoding_rs::WINDOWS_1252),
            "a\u{FFFD}b\u{FFFD}"
        );
        assert_eq!(decode(b"\xff\xfe", TextEncoding::Utf16Le, encoding_rs::WINDOWS_1252), "");
    }

    #[test]
    fn languages_have_their_code_pages() {
        for (langid, name) in [
            (0x0404, "Big5"),
            (0x0804, "GBK"),
            (0x0411, "Shift_JIS"),
            (0x0412, "EUC-KR"),
            (0x0419, "windows-1251"),
            (0x0407, "windows-1252"),
            (0x0415, "windows-1250"),
            (0x0C1A, "windows-1251"),
            (0x081A, "windows-1250"),
            (0x041F, "windows-1254"),
        ] {
            assert_eq!(code_page_of_language(langid).name(), name, "{langid:04x}");
        }
    }
}
