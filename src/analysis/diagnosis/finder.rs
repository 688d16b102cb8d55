//! Finds many texts in one, fast: in nearly every record of a log there is none of them.
//!
//! Of all patterns the same length, that of the shortest one, is looked at, at their ends (many begin alike): the window.
//! Wherever a window stands in a text, one of its eight-byte pieces begins at a multiple of (window - 7). So only those pieces of
//! a text are looked up, a few for each record, however many patterns there are; each of them says which pattern may stand where.

/// Bytes that are looked at together.
const PIECE: usize = 8;
/// Bits of the filter, as a power of two: it stays in the first cache, and one in a hundred of its bits is set.
const FILTER: u32 = 16;
/// Buckets of the pieces, as a power of two: mostly one piece or none in each.
const BUCKETS: u32 = 10;

/// Literal texts, to be found without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    patterns: Vec<&'p str>,
    /// From one piece that is looked up to the next.
    stride: usize,
    /// By the hash of a piece: a pattern may have it.
    filter: Box<[u64; 1 << FILTER >> 6]>,
    /// Each piece, its place in the pattern and the pattern's number; bucket by bucket.
    pieces: Vec<(u64, usize, usize)>,
    /// Where the buckets begin, and the last one ends.
    buckets: Vec<usize>,
}

impl<'p> Finder<'p> {
    /// Patterns have a number, their place in the list; those shorter than a piece are never found.
    pub(super) fn new(patterns: Vec<&'p str>) -> Self {
        let window = patterns.iter().map(|p| p.len()).filter(|length| *length >= PIECE).min().unwrap_or(PIECE);
        let stride = window - PIECE + 1;
        let (mut filter, mut pieces) = (Box::new([0; _]), Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            let Some(window) = pattern.len().checked_sub(window) else { continue };
            for at in window..window + stride {
                if let Some(piece) = piece_at(pattern.as_bytes(), at) {
                    let (word, bit) = place(hash(piece));
                    filter[word] |= 1 << bit;
                    pieces.push((piece, at, number));
                }
            }
        }
        pieces.sort_unstable_by_key(|(piece, at, number)| (hash(*piece), *at, *number));
        let begin = |number| pieces.partition_point(|(piece, ..)| bucket(hash(*piece)) < number);
        let buckets = (0..=1 << BUCKETS).map(begin).collect();
        Self { patterns, stride, filter, pieces, buckets }
    }

    /// Hands out the number of each pattern that is in the text, and where: once for each place.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize, usize)) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(piece) = piece_at(bytes, at) {
            let (word, bit) = place(hash(piece));
            if self.filter[word] >> bit & 1 == 1 {
                self.around(bytes, at, piece, &mut found);
            }
            at += self.stride;
        }
    }

    /// The patterns that stand around a piece.
    #[cold]
    fn around(&self, bytes: &[u8], at: usize, piece: u64, found: &mut dyn FnMut(usize, usize)) {
        let bucket = bucket(hash(piece));
        let range = self.buckets[bucket]..self.buckets[bucket + 1];
        let same = self.pieces[range].iter().filter(|(other, within, _)| *other == piece && *within <= at);
        for (_, within, number) in same {
            if self.is_at(*number, &bytes[at - within..]) {
                found(*number, at - within);
            }
        }
    }

    fn is_at(&self, number: usize, bytes: &[u8]) -> bool {
        self.patterns.get(number).is_some_and(|pattern| {
            bytes.get(..pattern.len()).is_some_and(|head| head.eq_ignore_ascii_case(pattern.as_bytes()))
        })
    }
}

/// The piece that begins there; `None`: the text ends before it does.
fn piece_at(bytes: &[u8], at: usize) -> Option<u64> {
    let piece = bytes.get(at..)?.first_chunk::<PIECE>()?;
    // Bit 5 is the case of a letter; of other characters a few fall together, which costs time only.
    Some(u64::from_le_bytes(*piece) | 0x2020_2020_2020_2020)
}

fn hash(piece: u64) -> u64 {
    // Fibonacci hashing: the upper bits of the product depend on all of them.
    piece.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Of a hash in the filter: word and bit.
fn place(hash: u64) -> (usize, u32) {
    let place = hash >> (u64::BITS - FILTER);
    ((place >> 6) as usize, (place & 63) as u32)
}

fn bucket(hash: u64) -> usize {
    (hash >> (u64::BITS - BUCKETS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(patterns: &[&str], text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        Finder::new(patterns.to_vec()).find(text, |number, at| {
            assert!(text[at..].to_ascii_lowercase().starts_with(&patterns[number].to_ascii_lowercase()));
            found.push(number);
        });
        found
    }

    #[test]
    fn every_pattern_is_found_wherever_it_stands() {
        let patterns =
            ["Process completed with exit code ", "Executing command line: ", "Dism failed with return code "];
        for (number, pattern) in patterns.iter().enumerate() {
            for before in ["", "x", "Executing ", "ümlaut ", &"y".repeat(1000)] {
                for text in [format!("{before}{pattern}"), format!("{before}{} and more", pattern.to_uppercase())] {
                    assert_eq!(found(&patterns, &text), [number], "{text}");
                }
            }
        }
        assert_eq!(found(&["abcdefgh", "bcdefghi", "ABCDEFGH"], "xabcdefghi abcdefgh"), [0, 2, 1, 0, 2]);
        assert!(found(&patterns, "Expand a string: WinPEandFullOS").is_empty());
        assert!(found(&[], "x").is_empty() && found(&["abcdefgh"], "").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_there_is_found_and_nothing_else(
            patterns in proptest::collection::vec("[aA ]{8,11}", 0..6),
            text in "[aA ]{0,60}",
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let mut found = found(&patterns, &text);
            found.sort_unstable();
            let lower = text.to_lowercase();
            let places = |pattern: &str| (0..text.len()).filter(|at| lower[*at..].starts_with(&pattern.to_lowercase())).count();
            let expected: Vec<usize> =
                patterns.iter().enumerate().flat_map(|(number, p)| vec![number; places(p)]).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
