//! Registry hives, read-only, through nt-hive.
//!
//! nt-hive panics on some damaged files and follows cycles (DEPENDENCIES.md 2): the whole read runs under
//! `catch_unwind`, and every key that is visited counts against a budget. A hive whose sequence numbers differ ("dirty":
//! its log files would have to be replayed) is read without validation, and that is said.

use std::cell::Cell;

use nt_hive::{Hive, KeyNode, KeyValue};

/// What reading a hive gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiveRead<T> {
    /// What the caller took from it; `None` when the file is no readable hive.
    pub value: Option<T>,
    /// Its sequence numbers differ: changes in its log files are missing.
    pub dirty: bool,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// Most keys that one read visits; a full Windows 10 SYSTEM hive has about 35,000, a SOFTWARE hive some 200,000.
const MAX_KEYS: usize = 1_000_000;
/// Most bytes of one value.
const MAX_VALUE: usize = 1 << 20;

/// Opens a hive and lets `take` read from its root key.
pub fn read<T>(bytes: &[u8], take: impl FnOnce(&Key<'_, '_>) -> T) -> HiveRead<T> {
    let mut result = HiveRead { value: None, dirty: false, problems: Vec::new() };
    if let Err(problem) = check_head(bytes) {
        result.problems.push(problem);
        return result;
    }
    let word = |at: usize| bytes.get(at..at + 4);
    result.dirty = word(4) != word(8);
    if result.dirty {
        result.problems.push("dirty hive: its log files were not replayed, the last changes are missing".to_owned());
    }
    let budget = Cell::new(MAX_KEYS);
    let faults = Cell::new(0);
    let read = super::catch_panic(|| {
        let hive = Hive::without_validation(bytes).map_err(|e| e.to_string())?;
        if let (false, Err(error)) = (result.dirty, hive.validate()) {
            faults.set(1);
            return Err(error.to_string());
        }
        let root = hive.root_key_node().map_err(|e| e.to_string())?;
        Ok(take(&Key { node: root, budget: &budget, faults: &faults }))
    });
    match read {
        None => result.problems.push("damaged hive: the reader failed on it".to_owned()),
        Some(Err(error)) => result.problems.push(format!("damaged hive: {error}")),
        Some(Ok(value)) => result.value = Some(value),
    }
    if budget.get() == 0 {
        result.problems.push(format!("more than {MAX_KEYS} keys: a cycle, or not all were read"));
    }
    if result.value.is_some() && faults.get() > 0 {
        result.problems.push(format!("{} keys or values could not be read", faults.get()));
    }
    result
}

fn check_head(bytes: &[u8]) -> Result<(), String> {
    const BASE_BLOCK: usize = 4096;
    if bytes.is_empty() {
        return Err("an empty file instead of a hive".to_owned());
    }
    if !bytes.starts_with(b"regf") {
        return Err("no registry hive: it does not begin with regf".to_owned());
    }
    if bytes.len() < BASE_BLOCK + 32 {
        return Err("truncated hive".to_owned());
    }
    match bytes.get(36..40) {
        Some([0xFF, 0xFF, 0xFF, 0xFF]) => Err("damaged hive: it has no root key".to_owned()),
        _ => Ok(()),
    }
}

/// A key. What can not be read in it counts as missing and is counted.
#[derive(Clone)]
pub struct Key<'h, 'b> {
    node: KeyNode<'h, &'b [u8]>,
    budget: &'h Cell<usize>,
    faults: &'h Cell<usize>,
}

impl std::fmt::Debug for Key<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.name()).finish()
    }
}

impl<'h, 'b> Key<'h, 'b> {
    /// Its name.
    pub fn name(&self) -> String {
        self.node.name().map(|n| n.to_string_lossy()).unwrap_or_default()
    }

    fn fault(&self) {
        self.faults.set(self.faults.get() + 1);
    }

    /// Its subkeys in the order of the hive.
    pub fn subkeys(&self) -> Vec<Key<'h, 'b>> {
        let nodes = match self.node.subkeys() {
            None => return Vec::new(),
            Some(Ok(nodes)) => nodes,
            Some(Err(_)) => {
                self.fault();
                return Vec::new();
            }
        };
        let mut keys = Vec::new();
        for node in nodes {
            let left = self.budget.get();
            if left == 0 {
                break;
            }
            self.budget.set(left - 1);
            match node {
                Ok(node) => keys.push(Key { node, budget: self.budget, faults: self.faults }),
                Err(_) => {
                    // The list itself may be what is damaged: what follows can not be trusted to end.
                    self.fault();
                    break;
                }
            }
        }
        keys
    }

    /// A key below this one, components separated by `\`, without case.
    ///
    /// Looks at every subkey: a binary search would depend on the order that whoever wrote the hive thought right.
    pub fn key(&self, path: &str) -> Option<Key<'h, 'b>> {
        let mut key = self.clone();
        for name in path.split('\\').filter(|n| !n.is_empty()) {
            key = key.subkeys().into_iter().find(|k| k.name().eq_ignore_ascii_case(name))?;
        }
        Some(key)
    }

    /// Names of its values; the default value has an empty name.
    pub fn value_names(&self) -> Vec<String> {
        self.values().iter().filter_map(|v| v.name().ok()).map(|n| n.to_string_lossy()).collect()
    }

    fn values(&self) -> Vec<KeyValue<'h, &'b [u8]>> {
        const MAX_VALUES: usize = 65_536;
        match self.node.values() {
            None => Vec::new(),
            Some(Ok(values)) => values.take(MAX_VALUES).map_while(Result::ok).collect(),
            Some(Err(_)) => {
                self.fault();
                Vec::new()
            }
        }
    }

    /// Data of a value, whatever its type (device property types are unknown to nt-hive); `""` is the default value.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let value = self
            .values()
            .into_iter()
            .find(|v| v.name().is_ok_and(|n| n.to_string_lossy().eq_ignore_ascii_case(name)))?;
        if value.data_size() as usize > MAX_VALUE {
            self.fault();
            return None;
        }
        match value.data().and_then(nt_hive::KeyValueData::into_vec) {
            Ok(data) => Some(data),
            Err(_) => {
                self.fault();
                None
            }
        }
    }

    /// Text of a value (`REG_SZ`, `REG_EXPAND_SZ`), up to its first NUL.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(utf16_texts(&self.bytes(name)?).into_iter().next().unwrap_or_default())
    }

    /// Texts of a `REG_MULTI_SZ`, or the one text of a `REG_SZ`.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.bytes(name).map(|b| utf16_texts(&b)).unwrap_or_default().into_iter().filter(|t| !t.is_empty()).collect()
    }

    /// A `REG_DWORD`.
    pub fn number(&self, name: &str) -> Option<u32> {
        <[u8; 4]>::try_from(self.bytes(name)?).ok().map(u32::from_le_bytes)
    }
}

fn utf16_texts(bytes: &[u8]) -> Vec<String> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    let mut texts: Vec<String> = units.split(|u| *u == 0).map(String::from_utf16_lossy).collect();
    while texts.len() > 1 && texts.last().is_some_and(String::is_empty) {
        texts.pop();
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_hive_is_said_and_never_panics() {
        let mut no_root = vec![0u8; 8192];
        no_root[..4].copy_from_slice(b"regf");
        no_root[36..40].copy_from_slice(&[0xFF; 4]);
        let mut zero_root = no_root.clone();
        zero_root[36..40].copy_from_slice(&[0; 4]);
        let cases: [(Vec<u8>, &str); 6] = [
            (Vec::new(), "empty"),
            (vec![0; 8192], "does not begin with regf"),
            (b"version https://git-lfs.github.com/spec/v1".to_vec(), "does not begin with regf"),
            (b"regf".to_vec(), "truncated"),
            (no_root, "no root key"),
            (zero_root, "damaged hive"),
        ];
        for (bytes, wanted) in cases {
            let read = read(&bytes, |_| ());
            assert_eq!(read.value, None);
            assert!(read.problems.iter().any(|p| p.contains(wanted)), "{wanted}: {:?}", read.problems);
        }
    }

    #[test]
    fn texts_end_at_nul() {
        let bytes = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(utf16_texts(&bytes("a\0b\0\0")), ["a", "b"]);
        assert_eq!(utf16_texts(&bytes("a")), ["a"]);
        assert_eq!(utf16_texts(&[]), [""]);
        assert_eq!(utf16_texts(&[0x41]), [""]);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 32..600)) {
            let mut bytes = vec![0u8; 4096];
            bytes[..4].copy_from_slice(b"regf");
            bytes.extend(body);
            let _ = read(&bytes, |root| root.subkeys().iter().map(|k| k.value_names().len()).sum::<usize>());
        }
    }
}
