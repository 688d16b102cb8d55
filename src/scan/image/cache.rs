//! Facts by content: images of one WIM share most of their streams, and each is parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::contents::Contents;
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_package::{self, DriverPackage};
use crate::scan::wim::hex;
use crate::scan::wim::protocol::Entry;

/// An INF that was read.
#[derive(Debug)]
pub(super) struct Inf {
    /// SHA-256 of its bytes, lower-case hex.
    pub(super) sha256: String,
    pub(super) package: Arc<DriverPackage>,
}

/// Facts of INFs and binaries, by [`Contents::key`].
#[derive(Debug, Default)]
pub(super) struct Cache {
    infs: HashMap<String, Result<Arc<Inf>, String>>,
    binaries: HashMap<String, Result<Arc<DriverBinary>, String>>,
}

impl Cache {
    /// Its facts are known already.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.infs.contains_key(key) || self.binaries.contains_key(key)
    }

    pub(super) fn inf(&mut self, entry: &Entry, contents: &mut dyn Contents) -> Result<Arc<Inf>, String> {
        let key = contents.key(entry);
        if let Some(known) = self.infs.get(&key) {
            return known.clone();
        }
        let inf = contents.read(entry).map(|bytes| {
            let sha256 = hex(&Sha256::digest(&bytes));
            Arc::new(Inf { sha256, package: Arc::new(driver_package::read(&bytes)) })
        });
        self.infs.insert(key, inf.clone());
        inf
    }

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
        let binary = contents.read(entry).and_then(|b| DriverBinary::read(&b, want_exports)).map(Arc::new);
        self.binaries.insert(key, binary.clone());
        binary
    }
}
