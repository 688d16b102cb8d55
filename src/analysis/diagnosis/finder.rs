//! Finds many texts in one, fast: in nearly every record of a log there is none of them.
//!
//! The method of Wu and Manber: a table says for four bytes how far the text can be skipped until a pattern may end there. With
//! patterns of 20 bytes and more a record costs some look-ups, however many patterns there are.

/// Bytes that are looked at together.
const BLOCK: usize = 4;
/// Entries of the table, as a power of two: it stays in the first cache.
const BITS: u32 = 12;

/// Literal texts, to be found without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    patterns: Vec<&'p str>,
    /// So much of each pattern is in the table: the length of the shortest one.
    window: usize,
    /// How far to go on, by the hash of a block; 0: a pattern may end here.
    skip: Vec<u8>,
    /// With which block (its hash) the window of a pattern (its number) ends; in order.
    ends: Vec<(usize, usize)>,
}

impl<'p> Finder<'p> {
    /// Patterns have a number, their place in the list; those shorter than four bytes are never found.
    pub(super) fn new(patterns: Vec<&'p str>) -> Self {
        let lengths = patterns.iter().map(|p| p.len()).filter(|length| *length >= BLOCK);
        let window = lengths.min().unwrap_or(BLOCK).min(usize::from(u8::MAX));
        let go_on = |blocks: usize| u8::try_from(blocks).unwrap_or(u8::MAX);
        let mut skip = vec![go_on(window - BLOCK + 1); 1 << BITS];
        let mut ends = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let Some(first) = pattern.as_bytes().get(..window) else { continue };
            for at in 0..=window - BLOCK {
                if let Some(entry) = hash_at(first, at).and_then(|hash| skip.get_mut(hash)) {
                    *entry = go_on(window - BLOCK - at).min(*entry);
                }
            }
            ends.extend(hash_at(first, window - BLOCK).map(|hash| (hash, number)));
        }
        ends.sort_unstable();
        Self { patterns, window, skip, ends }
    }

    /// Hands out the number of each pattern that is in the text, once for each place.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        let bytes = text.as_bytes();
        let mut at = self.window - BLOCK;
        while let Some(hash) = hash_at(bytes, at) {
            let skip = self.skip.get(hash).copied().unwrap_or(1);
            if skip > 0 {
                at += usize::from(skip);
                continue;
            }
            let here = &bytes[at + BLOCK - self.window..];
            let first = self.ends.partition_point(|(end, _)| *end < hash);
            let ending = self.ends[first..].iter().take_while(|(end, _)| *end == hash);
            ending.map(|(_, number)| *number).filter(|number| self.is_at(*number, here)).for_each(&mut found);
            at += 1;
        }
    }

    fn is_at(&self, number: usize, bytes: &[u8]) -> bool {
        self.patterns.get(number).is_some_and(|pattern| {
            bytes.get(..pattern.len()).is_some_and(|head| head.eq_ignore_ascii_case(pattern.as_bytes()))
        })
    }
}

/// Of the block that begins there; `None`: the text ends before it does.
fn hash_at(bytes: &[u8], at: usize) -> Option<usize> {
    let block = bytes.get(at..)?.first_chunk::<BLOCK>()?;
    // Bit 5 is the case of a letter; of other characters a few fall together, which costs time only.
    let folded = u32::from_le_bytes(*block) | 0x2020_2020;
    // Fibonacci hashing: the upper bits of the product depend on all of them.
    Some((folded.wrapping_mul(0x9E37_79B1) >> (u32::BITS - BITS)) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(patterns: &[&str], text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        Finder::new(patterns.to_vec()).find(text, |number| found.push(number));
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
