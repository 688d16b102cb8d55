//! Finds many texts in one, fast: in nearly every record of a log there is none of them.
//!
//! Of all patterns the same length, that of the shortest one, is looked at: the window. Wherever a window stands in a text, one
//! of its four-byte pieces begins at a multiple of (window - 3). So only those pieces of a text are looked up, a few for each
//! record, however many patterns there are; each of them says which pattern may stand where.

/// Bytes that are looked at together.
const PIECE: usize = 4;
/// Entries of the table, as a power of two: it stays in the first cache.
const BITS: u32 = 12;

/// Literal texts, to be found without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    patterns: Vec<&'p str>,
    /// From one piece that is looked up to the next.
    stride: usize,
    /// By the hash of a piece: place of its list, from 1 on; 0: no pattern has it.
    table: Vec<u16>,
    /// Place in the pattern and its number, in order.
    lists: Vec<Vec<(usize, usize)>>,
}

impl<'p> Finder<'p> {
    /// Patterns have a number, their place in the list; those shorter than four bytes are never found.
    pub(super) fn new(patterns: Vec<&'p str>) -> Self {
        let lengths = patterns.iter().map(|p| p.len()).filter(|length| *length >= PIECE);
        let stride = lengths.min().unwrap_or(PIECE) - PIECE + 1;
        let (mut table, mut lists) = (vec![0_u16; 1 << BITS], Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            for at in 0..stride {
                let Some(entry) = hash_at(pattern.as_bytes(), at).and_then(|hash| table.get_mut(hash)) else {
                    continue;
                };
                if *entry == 0 {
                    lists.push(Vec::new());
                    // There are no more lists than entries.
                    *entry = u16::try_from(lists.len()).unwrap_or(u16::MAX);
                }
                if let Some(list) = lists.get_mut(usize::from(*entry) - 1) {
                    list.push((at, number));
                }
            }
        }
        lists.iter_mut().for_each(|list| list.sort_unstable());
        Self { patterns, stride, table, lists }
    }

    /// Hands out the number of each pattern that is in the text, and where: once for each place.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize, usize)) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(hash) = hash_at(bytes, at) {
            let entry = self.table.get(hash).copied().unwrap_or(0);
            if entry > 0 {
                let list = self.lists.get(usize::from(entry) - 1).into_iter().flatten();
                for (within, number) in list.take_while(|(within, _)| *within <= at) {
                    if self.is_at(*number, &bytes[at - within..]) {
                        found(*number, at - within);
                    }
                }
            }
            at += self.stride;
        }
    }

    fn is_at(&self, number: usize, bytes: &[u8]) -> bool {
        self.patterns.get(number).is_some_and(|pattern| {
            bytes.get(..pattern.len()).is_some_and(|head| head.eq_ignore_ascii_case(pattern.as_bytes()))
        })
    }
}

/// Of the piece that begins there; `None`: the text ends before it does.
fn hash_at(bytes: &[u8], at: usize) -> Option<usize> {
    let piece = bytes.get(at..)?.first_chunk::<PIECE>()?;
    // Bit 5 is the case of a letter; of other characters a few fall together, which costs time only.
    let folded = u32::from_le_bytes(*piece) | 0x2020_2020;
    // Fibonacci hashing: the upper bits of the product depend on all of them.
    Some((folded.wrapping_mul(0x9E37_79B1) >> (u32::BITS - BITS)) as usize)
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
        assert_eq!(found(&["abcd", "bcde", "ABCD"], "xabcde abcd"), [0, 2, 1, 0, 2]);
        assert!(found(&patterns, "Expand a string: WinPEandFullOS").is_empty());
        assert!(found(&[], "x").is_empty() && found(&["abcd"], "").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_there_is_found_and_nothing_else(
            patterns in proptest::collection::vec("[abA ]{4,7}", 0..6),
            text in "[abAB ]{0,40}",
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
