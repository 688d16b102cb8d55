//! Texts of one INF as shared values: the same description, section name or id stands in many of its lines.

use std::sync::Arc;

use crate::facts::ids::HardwareId;
use crate::formats::inf::{NameTable, hash_name};

/// Keeps each text once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    table: NameTable,
    texts: Vec<Arc<str>>,
}

impl Texts {
    /// Makes room for about `count` more texts.
    pub(super) fn reserve(&mut self, count: usize) {
        self.table.reserve(count);
        self.texts.reserve(count);
    }

    /// The shared copy of a text, exactly as it is.
    pub(super) fn get(&mut self, text: &str) -> Arc<str> {
        let hash = hash_name(text);
        let texts = &self.texts;
        if let Some(n) = self.table.find(hash, |n| *texts[n as usize] == *text) {
            return self.texts[n as usize].clone();
        }
        let shared: Arc<str> = Arc::from(text);
        self.table.insert(hash, texts.len() as u32);
        self.texts.push(shared.clone());
        shared
    }
}

/// Shared texts by what stood in the file: a description is written as the same `%token%` in every decorated section.
#[derive(Debug, Default)]
pub(super) struct Expanded<'r> {
    table: NameTable,
    entries: Vec<(&'r str, Arc<str>)>,
}

impl<'r> Expanded<'r> {
    pub(super) fn get(&self, raw: &str) -> Option<Arc<str>> {
        let found = self.table.find(hash_name(raw), |n| self.entries[n as usize].0 == raw)?;
        Some(self.entries[found as usize].1.clone())
    }

    pub(super) fn insert(&mut self, raw: &'r str, text: Arc<str>) {
        self.table.insert(hash_name(raw), self.entries.len() as u32);
        self.entries.push((raw, text));
    }
}

/// Keeps each hardware id once.
#[derive(Debug, Default)]
pub(super) struct Ids {
    table: NameTable,
    ids: Vec<HardwareId>,
}

impl Ids {
    /// Makes room for about `count` more ids.
    pub(super) fn reserve(&mut self, count: usize) {
        self.table.reserve(count);
        self.ids.reserve(count);
    }

    /// The shared copy of an id as an INF writes it, without blanks around it.
    pub(super) fn get(&mut self, text: &str) -> HardwareId {
        let hash = hash_name(text);
        let ids = &self.ids;
        if let Some(n) = self.table.find(hash, |n| ids[n as usize].as_str().eq_ignore_ascii_case(text)) {
            return self.ids[n as usize].clone();
        }
        let id = HardwareId::from_trimmed(text);
        self.table.insert(hash, ids.len() as u32);
        self.ids.push(id.clone());
        id
    }
}
