//! What the system refused, in words that say what to do.

use std::io::{Error, ErrorKind};

/// The sentence for a folder or file that can not be read.
pub(super) fn refused(error: &Error) -> String {
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => "check the permissions of the account that runs wimspect",
        ErrorKind::NotFound => "it went away while wimspect was reading: run it again",
        _ => "check that the share is connected and its disk is sound",
    };
    format!("can not be read: {error}; {remedy}")
}

/// The same for what `walkdir` could not list.
pub(super) fn unlisted(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| format!("can not be read: {error}"), refused)
}
