//! What the bytes of a driver file (.sys) or of a system module say.

use serde::{Deserialize, Serialize};

use super::ids::Arch;
use super::signature::FileSigning;
use crate::formats::pe;

/// Facts of one PE file. Every list is in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverBinary {
    /// `IMAGE_FILE_MACHINE_*` as it stands in the header.
    pub machine: u16,
    /// The same as an architecture, `None` for a machine that no Windows driver has.
    pub arch: Option<Arch>,
    /// File version of the version resource (the four words, not the text).
    pub file_version: Option<[u16; 4]>,
    /// Product version of the version resource.
    pub product_version: Option<[u16; 4]>,
    /// Imported modules with the functions taken from each; ordinals as `#12`.
    pub imports: Vec<ImportedModule>,
    /// Exported names; ordinals without a name as `#12`. Empty unless the caller asked for exports.
    pub exports: Vec<String>,
    /// Exports that are forwarded, name and `MODULE.function`. Empty unless the caller asked for exports.
    pub forwarders: Vec<(String, String)>,
    /// KMDF version that it was linked against, `(major, minor)`.
    pub kmdf: Option<(u32, u32)>,
    /// NetAdapterCx version that it was linked against, `(major, minor)`.
    pub net_adapter_cx: Option<(u32, u32)>,
    /// It holds a certificate table.
    pub has_certificates: bool,
    /// Words in front of a `\\` in its UTF-16 text, upper case: enumerators that a bus driver may make, and noise.
    pub enumerator_words: Vec<String>,
    /// What it brings to the question whether it is signed; `None` unless the caller asked for it.
    pub signing: Option<FileSigning>,
}

/// One imported module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedModule {
    /// Module name as written, e.g. `NDIS.SYS`.
    pub module: String,
    /// Functions.
    pub functions: Vec<String>,
}

impl DriverBinary {
    /// Reads a PE file; `Err` says why it is none.
    pub fn read(bytes: &[u8], want_exports: bool) -> Result<Self, String> {
        let file = pe::read(bytes, want_exports)?;
        let imports = file.imports.into_iter().map(|(module, functions)| ImportedModule { module, functions });
        Ok(Self {
            machine: file.machine,
            arch: Arch::from_pe_machine(file.machine),
            file_version: file.file_version,
            product_version: file.product_version,
            imports: imports.collect(),
            exports: file.exports,
            forwarders: file.forwarders,
            kmdf: file.kmdf,
            net_adapter_cx: file.net_adapter_cx,
            has_certificates: file.has_certificates,
            enumerator_words: pe::utf16_words_before_backslash(bytes),
            signing: None,
        })
    }

    /// The same with [`DriverBinary::signing`].
    ///
    /// # Errors
    /// Why it is no PE file.
    pub fn read_signed(bytes: &[u8], want_exports: bool) -> Result<Self, String> {
        let mut binary = Self::read(bytes, want_exports)?;
        binary.signing = Some(FileSigning::of(bytes));
        Ok(binary)
    }

    /// It imports from this module (without case).
    pub fn imports_module(&self, module: &str) -> bool {
        self.imports.iter().any(|m| m.module.eq_ignore_ascii_case(module))
    }
}
