//! Reads the catalogs that analysis asks for, each once.

use std::path::Path;

use rayon::prelude::*;

use super::driver_files::read_bytes;
use super::progress::{Phase, Progress};
use crate::facts::driver_file::DriverFilePath;
use crate::facts::signature::{CatalogFacts, read_catalog};

/// Reads every catalog; `roots[path.share]` is the folder of the share on disk. The answers are in the order of the files;
/// `Err` says why a file could not be read at all.
pub fn read(roots: &[&Path], files: &[DriverFilePath], progress: &dyn Progress) -> Vec<Result<CatalogFacts, String>> {
    if files.is_empty() {
        return Vec::new();
    }
    progress.start(Phase::Catalogs, Some(files.len() as u64));
    let answers = files.par_iter().map(|file| {
        let root = roots.get(file.share).ok_or_else(|| "there is no such share".to_owned());
        let answer = root.and_then(|root| read_bytes(&root.join(&file.path))).map(|bytes| read_catalog(&bytes));
        progress.step();
        answer
    });
    answers.collect()
}
