//! Says of a text, fast, that none of many patterns can be in it: nearly every record of a log is such a text.
//!
//! The method of Wu and Manber: a table says for three bytes how far the text can be skipped until a pattern may end there. With
//! patterns of 20 bytes and more a record costs some look-ups, however many patterns there are.

/// Bytes that are looked at together.
const BLOCK: usize = 3;
/// Entries of the table.
const SIZE: usize = 4096;

/// The patterns of one component.
#[derive(Debug)]
pub(super) struct Prefilter {
    /// So much of each pattern counts: the length of the shortest one. `None`: there are no patterns.
    window: Option<usize>,
    /// How far to go on, by the hash of a block; 0: a pattern may end here.
    skip: Vec<u8>,
}

impl Prefilter {
    /// For texts without regard to the case of ASCII letters.
    pub(super) fn new(patterns: &[&str]) -> Self {
        let shortest = patterns.iter().map(|p| p.len()).min();
        let window = shortest.unwrap_or(0).min(usize::from(u8::MAX));
        let none = window.saturating_sub(BLOCK - 1);
        let mut skip = vec![u8::try_from(none).unwrap_or(u8::MAX); SIZE];
        for pattern in patterns {
            for (at, block) in pattern.as_bytes()[..window].windows(BLOCK).enumerate() {
                let after = u8::try_from(window - BLOCK - at).unwrap_or(u8::MAX);
                if let Some(entry) = skip.get_mut(hash(block)) {
                    *entry = after.min(*entry);
                }
            }
        }
        Self { window: shortest.map(|_| window), skip }
    }

    /// Whether one of the patterns may be in the text; `false` is certain.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        let Some(window) = self.window else { return false };
        let Some(mut at) = window.checked_sub(BLOCK) else { return true };
        let bytes = text.as_bytes();
        while let Some(block) = bytes.get(at..at + BLOCK) {
            match self.skip.get(hash(block)) {
                Some(0) | None => return true,
                Some(skip) => at += usize::from(*skip),
            }
        }
        false
    }
}

fn hash(block: &[u8]) -> usize {
    // Bit 5 is the case of a letter; of other characters a few fall together, which costs time only.
    let fold = |byte: u8| usize::from(byte | 0x20);
    block.iter().fold(0, |hash, byte| (hash << 4) ^ fold(*byte)) % SIZE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_missed() {
        let patterns =
            ["Process completed with exit code ", "Executing command line: ", "Dism failed with return code "];
        let filter = Prefilter::new(&patterns);
        for pattern in patterns {
            for before in ["", "x", "Executing ", "ümlaut ", &"y".repeat(1000)] {
                for text in [format!("{before}{pattern}"), format!("{before}{} and more", pattern.to_uppercase())] {
                    assert!(filter.may_be_in(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn most_other_texts_are_none() {
        let filter = Prefilter::new(&["Process completed with exit code ", "Executing command line: "]);
        for text in ["", "short", "Expand a string: WinPEandFullOS", "Downloaded file from http://fxdp01/x to C:\\y"] {
            assert!(!filter.may_be_in(text), "{text}");
        }
        assert!(!Prefilter::new(&[]).may_be_in("x") && Prefilter::new(&["ab"]).may_be_in("x"));
    }
}
