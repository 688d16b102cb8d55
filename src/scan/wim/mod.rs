//! WIM files: libwim in a child process of the same binary, so that a crash there is a problem of one image.
//!
//! [`client`] starts `wimspect wim-worker` and talks to it; [`child`] is the other end; [`protocol`] is what they say;
//! `streams` reads all streams on all cores;
//! [`sys`] is the narrow safe layer over libwim. Nothing outside this folder knows libwim.

pub mod child;
pub mod client;
pub mod protocol;
mod streams;
pub mod sys;

/// `FILE_ATTRIBUTE_DIRECTORY`.
pub const FILE_ATTRIBUTE_DIRECTORY: u32 = 0x10;
/// `FILE_ATTRIBUTE_REPARSE_POINT`.
pub const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
/// `FILE_ATTRIBUTE_ENCRYPTED`: its data are EFS raw data.
pub const FILE_ATTRIBUTE_ENCRYPTED: u32 = 0x4000;

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
