//! Boot images: a WIM (all of its parts), or a folder that holds an extracted or mounted image.
//!
//! Every image is listed once; the files that say something are picked (`pick`), taken out in the order in which they
//! lie in the WIM, each distinct stream once for all images (`contents`, `cache`), and turned into facts (`assemble`).

mod assemble;
mod cache;
mod catalogs;
mod contents;
mod drivers;
mod error;
mod folder;
mod identify;
mod pick;
mod remembered;
mod split;
mod tree;
mod wim_file;

use std::path::PathBuf;
use std::sync::Arc;

use super::wim::client::Limits;

pub use error::ImageError;
pub use folder::read_folder;
pub use identify::{Kind, identify};
pub use remembered::{ReadImage, Wanted, remembered, stamps};
pub use wim_file::{check_integrity, read_wim};

/// Told how far a long operation is: `(what, bytes done, bytes in all)`.
pub type ProgressCallback = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// How images are read.
#[derive(Clone)]
pub struct ImageOptions {
    /// The program that is started with `wim-worker`: this one, see [`ImageOptions::new`].
    pub worker: PathBuf,
    /// Bounds for it.
    pub limits: Limits,
    /// Where private temporary folders are made; `None` = where the system has them.
    pub temp_folder: Option<PathBuf>,
    /// Keep the exported names of system modules (to judge whether drivers can load).
    pub want_exports: bool,
    /// Told how far it is.
    pub progress: Option<ProgressCallback>,
}

impl ImageOptions {
    /// With this program as the worker and default limits.
    pub fn new(worker: PathBuf) -> Self {
        Self { worker, limits: Limits::default(), temp_folder: None, want_exports: false, progress: None }
    }

    /// With the running program as the worker.
    pub fn with_current_program() -> std::io::Result<Self> {
        std::env::current_exe().map(Self::new)
    }
}

impl std::fmt::Debug for ImageOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImageOptions")
            .field("worker", &self.worker)
            .field("limits", &self.limits)
            .field("temp_folder", &self.temp_folder)
            .field("want_exports", &self.want_exports)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a file, lower-case hex: names the WIM that was checked.
pub fn file_sha256(path: &std::path::Path, progress: Option<&ProgressCallback>) -> std::io::Result<String> {
    use sha2::{Digest, Sha256};
    use std::io::Read;
    let mut file = std::fs::File::open(path)?;
    let total = file.metadata()?.len();
    let (mut hash, mut buffer, mut done) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(super::wim::hex(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
        done += read as u64;
        if let Some(callback) = progress {
            callback("hashing", done, total);
        }
    }
}
