//! Encodings: the text that comes out, written again in the same encoding, is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::text::{TextEncoding, code_page_of_language, decode, detect};

fuzz_target!(|bytes: &[u8]| {
    let encoding = detect(bytes);
    let langid = bytes.first_chunk::<2>().map_or(0x0409, |b| u16::from_le_bytes(*b));
    let text = decode(bytes, encoding, code_page_of_language(langid));
    let mut again: Vec<u8> = bytes[..encoding.bom_len()].to_vec();
    match encoding {
        TextEncoding::Utf16Le | TextEncoding::Utf16LeNoBom => {
            again.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        TextEncoding::Utf16Be | TextEncoding::Utf16BeNoBom => {
            again.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        }
        TextEncoding::Ascii | TextEncoding::Utf8Bom => again.extend_from_slice(text.as_bytes()),
        TextEncoding::Ansi | TextEncoding::Utf8NoBom => return,
    }
    assert_eq!(decode(&again, encoding, encoding_rs::WINDOWS_1252), text);
});
