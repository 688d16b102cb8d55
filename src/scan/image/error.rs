//! Why an input as a whole could not be read as a boot image. Each text names the problem and what to do about it.

use std::io;
use std::path::PathBuf;

use super::identify::Kind;
use crate::facts::boot_image::FileFault;
use crate::scan::wim::client::WorkerError;

/// Why there is nothing to look at.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file can not be opened: a fault of the call or of this machine.
    #[error("{}: {}", .path.display(), io_sentence(.source))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is something else than a WIM: a fault of the call.
    #[error("{}: {}", .path.display(), .kind.remedy())]
    NotAWim {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// The file ends before its header says: a fault of the file.
    #[error("{}: the WIM is truncated ({size} bytes, but its {what} lies at bytes {start} to {end}): copy it again", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
        /// What is missing.
        what: &'static str,
        /// First byte of that.
        start: u64,
        /// Byte behind that.
        end: u64,
    },
    /// An encrypted ESD: a fault of the call.
    #[error("{}: an encrypted ESD, as it is downloaded before Windows Setup decrypts it: not supported, because its key is \
             not in it; decrypt it, or take the boot.wim of installation media", .path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// A split WIM is not complete: a fault of the call.
    #[error("{}: part {missing} of {total} of this split WIM is missing ({}): put all parts into one folder", .path.display(), .expected.display())]
    MissingPart {
        /// A part that is there.
        path: PathBuf,
        /// Number of the part that is not there.
        missing: u16,
        /// Parts in all.
        total: u16,
        /// Where it was looked for.
        expected: PathBuf,
    },
    /// Two files are not parts of the same WIM: a fault of the call.
    #[error("{}: not a part of the same split WIM as {} (their GUIDs differ): keep the parts of one WIM together", .path.display(), .first.display())]
    OtherPart {
        /// The file.
        path: PathBuf,
        /// The first part.
        first: PathBuf,
    },
    /// The header is fine, but libwim refuses the rest: a fault of the file.
    #[error("{}: the WIM is damaged ({message}): copy it again, or make it anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// libwim's sentence.
        message: String,
    },
    /// The child process that reads WIM files failed: a fault of the file, of this machine, or of this program.
    #[error("{}: {source}", .path.display())]
    Worker {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: WorkerError,
    },
    /// No file was named: a fault of the caller.
    #[error("no file was named")]
    NoInput,
}

fn io_sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file: check the path".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "no permission to read it: run as a user that may, or change its rights".to_owned()
        }
        _ => format!("it can not be read: {error}"),
    }
}

impl ImageError {
    /// Whose fault it is, for findings about the file.
    pub const fn fault(&self) -> FileFault {
        match self {
            Self::Truncated { .. } => FileFault::Truncated,
            Self::MissingPart { .. } | Self::OtherPart { .. } => FileFault::PartMissing,
            Self::Damaged { .. } => FileFault::Damaged,
            Self::Open { .. } | Self::NotAWim { .. } | Self::Encrypted { .. } | Self::Worker { .. } | Self::NoInput => {
                FileFault::NoImage
            }
        }
    }

    /// From an answer of the worker about this file.
    pub(super) fn from_worker(path: &std::path::Path, error: WorkerError) -> Self {
        const WIM_IS_ENCRYPTED: i32 = 74;
        const METADATA_NOT_FOUND: i32 = 36;
        let path = path.to_owned();
        match error {
            WorkerError::Refused { code: WIM_IS_ENCRYPTED, .. } => Self::Encrypted { path },
            WorkerError::Refused { code: METADATA_NOT_FOUND, message } => Self::Damaged { path, message },
            WorkerError::Refused { message, .. } => Self::Damaged { path, message },
            source => Self::Worker { path, source },
        }
    }
}
