//! BYTES → SYNTAX. One file or folder per file format.
//!
//! Every parser takes bytes or text, never a path, and gives a value plus problems: content never makes it fail, at worst
//! the value is empty. No I/O in here.

pub mod asn1;
pub mod authenticode;
pub mod catalog;
pub mod digest;
pub mod hive;
pub mod inf;
pub mod ini;
pub mod pe;
pub mod pkcs7;
pub mod text;
pub mod wim_xml;

/// Runs a parser of a dependency; a panic in it becomes `None`.
pub(crate) fn catch_panic<T>(parser: impl FnOnce() -> T) -> Option<T> {
    // What the closure borrows is read-only, so nothing half-changed can be seen afterwards.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(parser)).ok()
}
