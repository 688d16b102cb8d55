//! Bytes of a log, block by block, as UTF-8. The encoding is found in the first bytes; a byte that does not fit (one cp1252
//! letter in a megabyte of UTF-8 was seen) is read in Windows-1252 and counted.

use encoding_rs::{Decoder as Utf16Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decodes one file.
#[derive(Default)]
pub(super) struct Decoder {
    /// Bytes of a character that the next block completes, or of the beginning of the file.
    carry: Vec<u8>,
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
        f.debug_struct("Decoder").field("carry", &self.carry).field("foreign", &self.foreign).finish_non_exhaustive()
    }
}

/// Enough to see whether every second byte is 0.
const FIRST: usize = 64;

impl Decoder {
    /// Adds the text of a block.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut String) {
        if self.carry.is_empty() && !matches!(self.kind, Kind::Unknown) {
            self.decode(bytes, false, out);
        } else {
            self.carry.extend_from_slice(bytes);
            if self.carry.len() >= FIRST || !matches!(self.kind, Kind::Unknown) {
                let held = std::mem::take(&mut self.carry);
                self.decode(&held, false, out);
            }
        }
    }

    /// Adds what is left over.
    pub(super) fn finish(&mut self, out: &mut String) {
        let held = std::mem::take(&mut self.carry);
        self.decode(&held, true, out);
    }

    /// Bytes that were no text in the encoding of the file.
    pub(super) fn foreign_bytes(&self) -> u64 {
        self.foreign
    }

    fn decode(&mut self, bytes: &[u8], last: bool, out: &mut String) {
        let mut bytes = bytes;
        if matches!(self.kind, Kind::Unknown) {
            (self.kind, bytes) = sniff(bytes);
        }
        match &mut self.kind {
            Kind::Utf16(decoder) => {
                out.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0));
                // The buffer is large enough for all of it, so one call takes everything.
                let (_, _, replaced) = decoder.decode_to_string(bytes, out, last);
                self.foreign += u64::from(replaced);
            }
            _ => self.eight_bit(bytes, last, out),
        }
    }

    fn eight_bit(&mut self, bytes: &[u8], last: bool, out: &mut String) {
        let mut rest = bytes;
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => return out.push_str(text),
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            out.push_str(std::str::from_utf8(valid).unwrap_or_default());
            let wrong = match error.error_len() {
                Some(length) => length,
                None if last => after.len(),
                None => return self.carry.extend_from_slice(after),
            };
            let (wrong, next) = after.split_at(wrong);
            out.push_str(&WINDOWS_1252.decode_without_bom_handling(wrong).0);
            self.foreign += wrong.len() as u64;
            rest = next;
        }
    }
}

fn sniff(bytes: &[u8]) -> (Kind, &[u8]) {
    let utf16 =
        |encoding: &'static encoding_rs::Encoding| Kind::Utf16(Box::new(encoding.new_decoder_without_bom_handling()));
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Kind::EightBit, rest),
        [0xFF, 0xFE, rest @ ..] => (utf16(UTF_16LE), rest),
        [0xFE, 0xFF, rest @ ..] => (utf16(UTF_16BE), rest),
        _ => {
            let sample = &bytes[..bytes.len().min(FIRST) & !1];
            let zeros = |skip: usize| sample.iter().skip(skip).step_by(2).filter(|b| **b == 0).count() * 4;
            let (even, odd, most) = (zeros(0), zeros(1), sample.len());
            match () {
                () if odd > most && even < most => (utf16(UTF_16LE), bytes),
                () if even > most && odd < most => (utf16(UTF_16BE), bytes),
                () => (Kind::EightBit, bytes),
            }
        }
    }
}
