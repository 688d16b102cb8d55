//! Facts by content: images of one WIM share most of their streams, and each is parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use super::contents::Contents;
use super::tree::has_extension;
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_package::{self, DriverPackage};
use crate::facts::signature::{CatalogFacts, InfDigests, read_catalog};
use crate::scan::wim::hex;
use crate::scan::wim::protocol::Entry;

/// An INF that was read.
#[derive(Debug)]
pub(super) struct Inf {
    /// SHA-256 of its bytes, lower-case hex.
    pub(super) sha256: String,
    pub(super) digests: InfDigests,
    pub(super) package: Arc<DriverPackage>,
}

/// Facts of INFs, binaries and catalogs, by [`Contents::key`].
#[derive(Debug, Default)]
pub(super) struct Cache {
    infs: HashMap<String, Result<Arc<Inf>, String>>,
    binaries: HashMap<String, Result<Arc<DriverBinary>, String>>,
    catalogs: HashMap<String, Result<Arc<CatalogFacts>, String>>,
}

impl Cache {
    /// Its facts are known already.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.infs.contains_key(key) || self.binaries.contains_key(key) || self.catalogs.contains_key(key)
    }

    pub(super) fn inf(&mut self, entry: &Entry, contents: &mut dyn Contents) -> Result<Arc<Inf>, String> {
        let key = contents.key(entry);
        if let Some(known) = self.infs.get(&key) {
            return known.clone();
        }
        let inf = contents.read(entry).map(|bytes| {
            let digests = InfDigests::of(bytes);
            Arc::new(Inf {
                sha256: hex(&digests.stored.sha256),
                digests,
                package: Arc::new(driver_package::read(bytes)),
            })
        });
        self.infs.insert(key, inf.clone());
        inf
    }

    /// Driver files come with what they bring to the question whether they are signed.
    pub(super) fn binary(
        &mut self,
        entry: &Entry,
        want_exports: bool,
        contents: &mut dyn Contents,
    ) -> Result<Arc<DriverBinary>, String> {
        let key = contents.key(entry);
        if let Some(known) = self.binaries.get(&key) {
            return known.clone();
        }
        let read = if has_extension(&entry.path, ".sys") { DriverBinary::read_signed } else { DriverBinary::read };
        let binary = contents.read(entry).and_then(|b| read(b, want_exports)).map(Arc::new);
        self.binaries.insert(key, binary.clone());
        binary
    }

    pub(super) fn catalog(&mut self, entry: &Entry, contents: &mut dyn Contents) -> Result<Arc<CatalogFacts>, String> {
        let key = contents.key(entry);
        if let Some(known) = self.catalogs.get(&key) {
            return known.clone();
        }
        let catalog = contents.read(entry).map(|bytes| Arc::new(read_catalog(bytes)));
        self.catalogs.insert(key, catalog.clone());
        catalog
    }
}
