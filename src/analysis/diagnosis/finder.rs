//! Finds many texts in one, fast: in nearly every record of a log there is none of them.
//!
//! The method of Wu and Manber: a table says for three bytes how far the text can be skipped until a pattern may end there. With
//! patterns of 20 bytes and more a record costs some look-ups, however many patterns there are.

use std::collections::HashMap;

/// Bytes that are looked at together.
const BLOCK: usize = 3;
/// Entries of the table.
const SIZE: usize = 4096;

/// Literal texts, to be found without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Finder<'p> {
    patterns: Vec<&'p str>,
    /// So much of each pattern is in the table: the length of the shortest one.
    window: usize,
    /// How far to go on, by the hash of a block; 0: a pattern may end here.
    skip: Vec<u8>,
    /// Which patterns' windows end with a block, by its hash.
    ends: HashMap<usize, Vec<usize>>,
}

impl<'p> Finder<'p> {
    /// Patterns have a number, their place in the list; those shorter than three bytes are never found.
    pub(super) fn new(patterns: Vec<&'p str>) -> Self {
        let lengths = patterns.iter().map(|p| p.len()).filter(|length| *length >= BLOCK);
        let window = lengths.min().unwrap_or(BLOCK).min(usize::from(u8::MAX));
        let none = window - (BLOCK - 1);
        let mut skip = vec![u8::try_from(none).unwrap_or(u8::MAX); SIZE];
        let mut ends: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let Some(first) = pattern.as_bytes().get(..window) else { continue };
            for (at, block) in first.windows(BLOCK).enumerate() {
                let after = u8::try_from(window - BLOCK - at).unwrap_or(u8::MAX);
                if let Some(entry) = skip.get_mut(hash(block)) {
                    *entry = after.min(*entry);
                }
            }
            ends.entry(hash(&first[window - BLOCK..])).or_default().push(number);
        }
        Self { patterns, window, skip, ends }
    }

    /// Hands out the number of each pattern that is in the text, once for each place.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        let bytes = text.as_bytes();
        let mut at = self.window - BLOCK;
        while let Some(block) = bytes.get(at..at + BLOCK) {
            let hash = hash(block);
            let skip = self.skip.get(hash).copied().unwrap_or_default();
            if skip == 0 {
                let start = at + BLOCK - self.window;
                let ending = self.ends.get(&hash).into_iter().flatten().copied();
                ending.filter(|number| self.is_at(*number, &bytes[start..])).for_each(&mut found);
            }
            at += usize::from(skip).max(1);
        }
    }

    fn is_at(&self, number: usize, bytes: &[u8]) -> bool {
        self.patterns.get(number).is_some_and(|pattern| {
            bytes.get(..pattern.len()).is_some_and(|head| head.eq_ignore_ascii_case(pattern.as_bytes()))
        })
    }
}

fn hash(block: &[u8]) -> usize {
    // Bit 5 is the case of a letter; of other characters a few fall together, which costs time only.
    let fold = |byte: u8| usize::from(byte | 0x20);
    block.iter().fold(0, |hash, byte| (hash << 4) ^ fold(*byte)) % SIZE
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
        assert_eq!(found(&["abc", "bcd", "ABC"], "xabcd abc"), [0, 2, 1, 0, 2]);
        assert!(found(&patterns, "Expand a string: WinPEandFullOS").is_empty());
        assert!(found(&[], "x").is_empty() && found(&["abc"], "").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_there_is_found_and_nothing_else(
            patterns in proptest::collection::vec("[abA ]{3,6}", 0..6),
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
