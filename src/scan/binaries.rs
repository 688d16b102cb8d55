//! Answers the questions of analysis about driver files: which of them holds which enumerator.

use std::path::Path;

use rayon::prelude::*;

use super::progress::{Phase, Progress};
use crate::facts::share::{BinaryAnswer, BinaryCandidate, BinaryForm, BinaryQuestion};
use crate::formats::pe;

/// Larger driver files are not searched: bus drivers of NICs have less than 2 MB.
const MAX_DRIVER_BYTES: u64 = 32 << 20;

/// Searches every candidate for every question. `roots[candidate.share]` is the folder of the share on disk.
///
/// Files that can not be read give no answer: a missing driver file is judged elsewhere.
pub fn search(
    roots: &[&Path],
    candidates: &[BinaryCandidate],
    questions: &[BinaryQuestion],
    progress: &dyn Progress,
) -> Vec<BinaryAnswer> {
    progress.start(Phase::Search, Some(candidates.len() as u64));
    candidates
        .par_iter()
        .enumerate()
        .map(|(index, candidate)| {
            let answers = roots.get(candidate.share).and_then(|root| read_driver(&root.join(&candidate.path)));
            progress.step();
            answers.map_or_else(Vec::new, |bytes| search_one(index, &bytes, questions))
        })
        .flatten()
        .collect()
}

fn read_driver(path: &Path) -> Option<Vec<u8>> {
    let meta = std::fs::metadata(path).ok()?;
    (meta.is_file() && meta.len() <= MAX_DRIVER_BYTES).then(|| std::fs::read(path).ok()).flatten()
}

/// Searches one file.
pub fn search_one(candidate: usize, bytes: &[u8], questions: &[BinaryQuestion]) -> Vec<BinaryAnswer> {
    let hits: Vec<_> = questions
        .iter()
        .enumerate()
        .filter_map(|(question, q)| find(bytes, &q.enumerator).map(|form| (question, form)))
        .collect();
    if hits.is_empty() {
        return Vec::new();
    }
    let imports_ndis =
        pe::read(bytes, false).is_ok_and(|file| file.imports.iter().any(|(m, _)| m.eq_ignore_ascii_case("ndis.sys")));
    hits.into_iter().map(|(question, form)| BinaryAnswer { candidate, question, form, imports_ndis }).collect()
}

fn find(bytes: &[u8], enumerator: &str) -> Option<BinaryForm> {
    if pe::contains_guid(bytes, enumerator) {
        return Some(BinaryForm::GuidBytes);
    }
    pe::contains_utf16(bytes, &format!("{enumerator}\\")).then_some(BinaryForm::Utf16Text)
}
