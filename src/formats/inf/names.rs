//! Tables of names that are compared without case, as section, entry and string names of an INF are.
//!
//! A file can hold ten thousand sections and forty thousand strings, so the table stores only numbers and looks at the
//! names where they stand in the text: building it costs one hash and no allocation for each name.

/// Numbers of names, found by the name's hash; the caller holds the names.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameTable {
    /// Half of the hash, and the number + 1 (0 for a free slot). The length is a power of two.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl NameTable {
    /// A table with room for `count` names.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let mut table = Self::default();
        if count > 0 {
            table.slots = vec![(0, 0); (count * 2).next_power_of_two().max(8)];
        }
        table
    }

    /// The number stored for a name: `same` says whether a number belongs to it.
    pub(crate) fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let half = (hash >> 32) as u32;
        let mut at = half as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => return None,
                (h, n) if h == half && same(n - 1) => return Some(n - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Stores a number that `find` did not give.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            self.grow(self.slots.len() * 2);
        }
        self.used += 1;
        self.put(((hash >> 32) as u32, number + 1));
    }

    /// Makes room for `count` more names.
    pub(crate) fn reserve(&mut self, count: usize) {
        if (self.used + count) * 4 > self.slots.len() * 3 {
            self.grow((self.used + count) * 2);
        }
    }

    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); slots.next_power_of_two().max(16)]);
        for slot in old.into_iter().filter(|s| s.1 != 0) {
            self.put(slot);
        }
    }

    fn put(&mut self, slot: (u32, u32)) {
        let mask = self.slots.len() - 1;
        let mut at = slot.0 as usize & mask;
        while self.slots[at].1 != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

/// The names are equal without case (ASCII letters). Most names are written alike wherever they stand, so they are compared
/// as they are first.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.eq_ignore_ascii_case(b)
}

/// Hash of a name without case (ASCII letters; other letters count as they are).
pub(crate) fn hash_name(name: &str) -> u64 {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let bytes = name.as_bytes();
    let mut hash = bytes.len() as u64;
    let mut mix = |word: u64| {
        hash = (hash ^ (word | FOLD)).wrapping_mul(MIX);
        hash ^= hash >> 29;
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        // The last eight bytes once more, or fewer where there are no more.
        let short = || rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        mix(bytes.last_chunk::<8>().map_or_else(short, |word| u64::from_le_bytes(*word)));
    }
    hash.wrapping_mul(MIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_case_and_survive_growth() {
        let names: Vec<String> = (0..1000).map(|i| format!("Section.{i}")).collect();
        let mut table = NameTable::with_capacity(3);
        for (i, name) in names.iter().enumerate() {
            let hash = hash_name(name);
            assert_eq!(table.find(hash, |n| names[n as usize].eq_ignore_ascii_case(name)), None);
            table.insert(hash, i as u32);
        }
        for (i, name) in names.iter().enumerate() {
            let upper = name.to_uppercase();
            let found = table.find(hash_name(&upper), |n| names[n as usize].eq_ignore_ascii_case(&upper));
            assert_eq!(found, Some(i as u32));
        }
        assert_eq!(NameTable::default().find(hash_name("x"), |_| true), None);
    }
}
