//! The bytes of a log as UTF-8. The encoding is found in the first bytes; a byte that does not fit (one cp1252 letter in a
//! megabyte of UTF-8 was seen) is read in Windows-1252 and counted.

use std::io::{self, Read};

use encoding_rs::{Decoder as Utf16Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decodes one file.
#[derive(Default)]
pub(super) struct Decoder {
    kind: Kind,
    /// The beginning of a character whose other bytes come next.
    carry: Vec<u8>,
    foreign: u64,
}

#[derive(Default)]
enum Kind {
    #[default]
    Unknown,
    EightBit,
    Utf16(Box<Utf16Decoder>),
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("carry", &self.carry).field("foreign", &self.foreign).finish_non_exhaustive()
    }
}

/// Enough to see whether every second byte is 0.
const FIRST: usize = 64;

impl Decoder {
    /// Adds the text of the next `most` bytes; says whether they are the last ones.
    pub(super) fn read(&mut self, source: &mut impl Read, most: usize, text: &mut String) -> io::Result<bool> {
        let most = if matches!(self.kind, Kind::Unknown) { most.max(FIRST) } else { most };
        let mut bytes = std::mem::take(&mut self.carry);
        if matches!(self.kind, Kind::EightBit) {
            // Read to where it stays: nearly all of it is valid as it is.
            let mut held = std::mem::take(text).into_bytes();
            held.append(&mut bytes);
            bytes = held;
        }
        bytes.reserve(most);
        let ended = source.take(most as u64).read_to_end(&mut bytes)? < most;
        if matches!(self.kind, Kind::Unknown) {
            self.kind = sniff(&mut bytes);
        }
        match &mut self.kind {
            Kind::Utf16(decoder) => {
                text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0));
                let start = text.len();
                // The buffer is large enough for all of it, so one call takes everything.
                let _ = decoder.decode_to_string(&bytes, text, ended);
                self.foreign += text[start..].matches(char::REPLACEMENT_CHARACTER).count() as u64;
            }
            _ => *text = self.eight_bit(bytes, ended),
        }
        Ok(ended)
    }

    /// Bytes that were no text in the encoding of the file.
    pub(super) fn foreign_bytes(&self) -> u64 {
        self.foreign
    }

    fn eight_bit(&mut self, bytes: Vec<u8>, last: bool) -> String {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(error) => error.into_bytes(),
        };
        let (mut text, mut rest) = (String::with_capacity(bytes.capacity()), bytes.as_slice());
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    return text;
                }
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            text.push_str(std::str::from_utf8(valid).unwrap_or_default());
            let wrong = match error.error_len() {
                Some(length) => length,
                None if last => after.len(),
                None => {
                    self.carry.extend_from_slice(after);
                    return text;
                }
            };
            let (wrong, next) = after.split_at(wrong);
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(wrong).0);
            self.foreign += wrong.len() as u64;
            rest = next;
        }
    }
}

/// The encoding, by the beginning; a byte order mark is taken away.
fn sniff(bytes: &mut Vec<u8>) -> Kind {
    let utf16 =
        |encoding: &'static encoding_rs::Encoding| Kind::Utf16(Box::new(encoding.new_decoder_without_bom_handling()));
    let (mark, kind) = match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => (3, Kind::EightBit),
        [0xFF, 0xFE, ..] => (2, utf16(UTF_16LE)),
        [0xFE, 0xFF, ..] => (2, utf16(UTF_16BE)),
        _ => {
            let sample = &bytes[..bytes.len().min(FIRST) & !1];
            let zeros = |skip: usize| sample.iter().skip(skip).step_by(2).filter(|b| **b == 0).count() * 4;
            let (even, odd, most) = (zeros(0), zeros(1), sample.len());
            match () {
                () if odd > most && even < most => (0, utf16(UTF_16LE)),
                () if even > most && odd < most => (0, utf16(UTF_16BE)),
                () => (0, Kind::EightBit),
            }
        }
    };
    bytes.drain(..mark);
    kind
}
