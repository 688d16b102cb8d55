//! The bytes of a log as UTF-8. The encoding is found in the first bytes; a byte that does not fit (one cp1252 letter in a
//! megabyte of UTF-8 was seen) is read in Windows-1252 and counted.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder as Utf16Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Reads one file.
#[derive(Default)]
pub(super) struct Decoder {
    kind: Kind,
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
        f.debug_struct("Decoder").field("foreign", &self.foreign).finish_non_exhaustive()
    }
}

/// Enough to see whether every second byte is 0.
const FIRST: usize = 64;

impl Decoder {
    /// Adds the next `most` bytes: UTF-16 as UTF-8, others as they are ([`text`]). Says whether they are the last ones.
    pub(super) fn read(&mut self, source: &mut impl Read, most: usize, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let most = if matches!(self.kind, Kind::Unknown) { most.max(FIRST) } else { most };
        let mut read = |into: &mut Vec<u8>| {
            into.reserve(most);
            source.take(most as u64).read_to_end(into).map(|length| length < most)
        };
        if matches!(self.kind, Kind::EightBit) {
            return read(bytes);
        }
        let mut new = Vec::new();
        let ended = read(&mut new)?;
        if matches!(self.kind, Kind::Unknown) {
            self.kind = sniff(&mut new);
        }
        match &mut self.kind {
            Kind::Utf16(decoder) => {
                let mut text = String::with_capacity(decoder.max_utf8_buffer_length(new.len()).unwrap_or(0));
                // The buffer is large enough for all of it, so one call takes everything.
                let _ = decoder.decode_to_string(&new, &mut text, ended);
                self.foreign += text.matches(char::REPLACEMENT_CHARACTER).count() as u64;
                bytes.extend_from_slice(text.as_bytes());
            }
            _ => bytes.append(&mut new),
        }
        Ok(ended)
    }

    /// Characters of UTF-16 that are none.
    pub(super) fn foreign(&self) -> u64 {
        self.foreign
    }
}

/// Whole lines as text; and how many bytes are no UTF-8.
pub(super) fn text(bytes: &[u8]) -> (Cow<'_, str>, u64) {
    if let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        return (text, 0);
    }
    let (mut text, mut foreign) = (String::with_capacity(bytes.len()), 0);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
        foreign += chunk.invalid().len() as u64;
    }
    (text.into(), foreign)
}

/// Where the text can be cut at its end, or shortly before: not within a character.
pub(super) fn last_boundary(bytes: &[u8]) -> usize {
    // The first byte of a character says how many it has.
    let starts = (1..4).filter_map(|back| Some((back, *bytes.get(bytes.len().checked_sub(back)?)?)));
    let (back, first) = starts.into_iter().find(|(_, byte)| *byte >= 0xC0).unwrap_or((0, 0));
    let length = match first {
        0xF0.. => 4,
        0xE0.. => 3,
        _ => 2,
    };
    if back < length { bytes.len() - back } else { bytes.len() }
}

/// The encoding, by the beginning; a byte order mark is taken away.
fn sniff(bytes: &mut Vec<u8>) -> Kind {
    let utf16 = |encoding: &'static Encoding| Kind::Utf16(Box::new(encoding.new_decoder_without_bom_handling()));
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
