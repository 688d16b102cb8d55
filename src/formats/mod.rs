//! BYTES → SYNTAX. One file or folder per file format.
//!
//! Every parser takes bytes or text, never a path, and gives a value plus problems: content never makes it fail, at worst
//! the value is empty. No I/O in here.

pub mod inf;
pub mod text;
