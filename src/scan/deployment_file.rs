//! Reads answer files and task sequences.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::facts::deployment::DeploymentFile;

/// A task sequence of 2,000 steps has 4 MB.
const MAX_FILE_BYTES: u64 = 32 << 20;

/// Why one could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentFileError {
    /// The path leads nowhere, or the account may not read it.
    #[error("{path}: can not be read ({source})")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Longer than any such file is.
    #[error("{path}: longer than {MAX_FILE_BYTES} bytes; that is no answer file and no task sequence")]
    TooLong {
        /// As given.
        path: PathBuf,
    },
    /// Something else.
    #[error("{path}: no answer file and no task sequence: {message}")]
    SomethingElse {
        /// As given.
        path: PathBuf,
        /// What it is.
        message: String,
    },
}

/// Reads one; `name` is what to call it in places.
///
/// # Errors
/// It can not be read, or is something else: faults of the call.
pub fn read_deployment_file(path: &Path, name: &str) -> Result<DeploymentFile, DeploymentFileError> {
    let unreadable = |source| DeploymentFileError::Unreadable { path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(DeploymentFileError::TooLong { path: path.to_path_buf() });
    }
    DeploymentFile::read(name, &bytes)
        .map_err(|message| DeploymentFileError::SomethingElse { path: path.to_path_buf(), message })
}
