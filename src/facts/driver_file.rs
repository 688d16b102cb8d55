//! What the driver files (.sys) of a share say: asked for by analysis, answered by scan.

use serde::{Deserialize, Serialize};

use super::driver_binary::DriverBinary;

/// A driver file that somebody wants to know about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DriverFilePath {
    /// Which share (index into the inputs).
    pub share: usize,
    /// Path below its root, as spelled there.
    pub path: String,
}

/// How an enumerator stands in a driver file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EnumeratorForm {
    /// UTF-16 text followed by `\`.
    Utf16Text,
    /// 16 raw bytes of a GUID.
    GuidBytes,
}

/// What a driver file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverFile {
    /// Size in bytes.
    pub size: u64,
    /// The PE file, or why it is none.
    pub binary: Result<DriverBinary, String>,
    /// It begins like a cabinet or another compressed form although its name says `.sys`.
    pub compressed: bool,
    /// Which of the enumerators that were asked for it holds, in their order.
    pub holds: Vec<(String, EnumeratorForm)>,
}

impl DriverFile {
    /// It imports from `NDIS.SYS`: a network driver, not a bus.
    pub fn imports_ndis(&self) -> bool {
        self.binary.as_ref().is_ok_and(|b| b.imports_module("ndis.sys"))
    }
}
