//! Texts of one INF as shared values: the same description or section name stands in many of its lines.

use std::sync::Arc;

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
