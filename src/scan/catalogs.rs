//! Reads the catalogs that analysis asks for, each once.

use std::path::Path;

use super::driver_files::{read_asked, read_bytes};
use super::incremental::{FactKind, Incremental, Reader, decode, encode};
use super::progress::{Phase, Progress};
use super::share::ShareFiles;
use crate::facts::driver_file::DriverFilePath;
use crate::facts::signature::{CatalogFacts, read_catalog};

/// Reads every catalog, as far as the cache does not know it. The answers are in the order of the files; `Err` says why a file
/// could not be read at all.
pub fn read(
    shares: &[ShareFiles],
    files: &[DriverFilePath],
    incremental: &Incremental<'_>,
    progress: &dyn Progress,
) -> Vec<Result<CatalogFacts, String>> {
    if !files.is_empty() {
        progress.start(Phase::Catalogs, Some(files.len() as u64));
    }
    read_asked(&CatalogReader, FactKind::Catalog, shares, files, incremental, progress)
}

struct CatalogReader;

impl Reader for CatalogReader {
    type Facts = CatalogFacts;

    fn bytes(&self, disk: &Path) -> Result<Vec<u8>, String> {
        read_bytes(disk)
    }

    fn facts(&self, _path: &str, bytes: &[u8]) -> Result<CatalogFacts, String> {
        Ok(read_catalog(bytes))
    }

    fn encode(&self, facts: &CatalogFacts) -> Option<Vec<u8>> {
        encode(facts)
    }

    fn decode(&self, _path: &str, kept: &[u8]) -> Option<CatalogFacts> {
        decode(kept)
    }
}
