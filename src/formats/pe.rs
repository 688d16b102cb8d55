//! PE files (.sys, .dll, .exe): machine, version resource, imports, exports, KMDF version, and searching in their bytes.
//!
//! goblin, in its permissive mode. Versions come from the two words of `VS_FIXEDFILEINFO`: goblin's own `file_version()`
//! returns the file date (DEPENDENCIES.md 3).

use std::borrow::Cow;

use goblin::pe::PE;
use goblin::pe::options::{ParseMode, ParseOptions};
use memchr::{memchr_iter, memchr2_iter, memmem};

/// What one PE file says. Lists are in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeFile {
    /// `IMAGE_FILE_MACHINE_*`.
    pub machine: u16,
    /// File version, four words.
    pub file_version: Option<[u16; 4]>,
    /// Product version, four words.
    pub product_version: Option<[u16; 4]>,
    /// Module and functions; ordinals as `#12`.
    pub imports: Vec<(String, Vec<String>)>,
    /// Exported names, ordinals without a name as `#12`; empty unless asked for.
    pub exports: Vec<String>,
    /// Exports that are forwarded: name and `MODULE.function`; empty unless asked for.
    pub forwarders: Vec<(String, String)>,
    /// `(major, minor)` of the `WDF_BIND_INFO` for KmdfLibrary.
    pub kmdf: Option<(u32, u32)>,
    /// `(major, minor)` of the `WDF_CLASS_BIND_INFO` for NetAdapterCx.
    pub net_adapter_cx: Option<(u32, u32)>,
    /// There is a certificate table (embedded signature).
    pub has_certificates: bool,
}

/// Most imports or exports that are kept; ntoskrnl.exe exports about 3,000.
const MAX_SYMBOLS: usize = 65_536;

/// Reads a PE file. `Err` says why it is none; damaged parts of one are left out.
pub fn read(bytes: &[u8], want_exports: bool) -> Result<PeFile, String> {
    if bytes.is_empty() {
        return Err("an empty file".to_owned());
    }
    if !bytes.starts_with(b"MZ") {
        return Err("no PE file: it does not begin with MZ".to_owned());
    }
    super::catch_panic(|| parse(bytes, want_exports)).unwrap_or_else(|| Err("the PE reader failed on it".to_owned()))
}

fn parse(bytes: &[u8], want_exports: bool) -> Result<PeFile, String> {
    let options = ParseOptions::default().with_parse_mode(ParseMode::Permissive);
    let pe = PE::parse_with_opts(bytes, &options).map_err(|e| format!("no readable PE file: {e}"))?;
    let fixed = pe.resource_data.as_ref().and_then(|r| r.version_info.as_ref()).and_then(|v| v.fixed_info);
    let directories = pe.header.optional_header.map(|h| h.data_directories);
    let certificate_table = directories.and_then(|d| d.get_certificate_table().copied());
    let mut file = PeFile {
        machine: pe.header.coff_header.machine,
        file_version: fixed.map(|f| words(f.file_version_ms, f.file_version_ls)),
        product_version: fixed.map(|f| words(f.product_version_ms, f.product_version_ls)),
        imports: imports(&pe),
        kmdf: bound_version(&pe, bytes, "KmdfLibrary"),
        net_adapter_cx: bound_version(&pe, bytes, "NetAdapterCx"),
        has_certificates: !pe.certificates.is_empty() || certificate_table.is_some_and(|t| t.size > 0),
        ..PeFile::default()
    };
    if want_exports {
        exports(&pe, &mut file);
    }
    Ok(file)
}

const fn words(ms: u32, ls: u32) -> [u16; 4] {
    [(ms >> 16) as u16, ms as u16, (ls >> 16) as u16, ls as u16]
}

fn imports(pe: &PE<'_>) -> Vec<(String, Vec<String>)> {
    let mut modules: Vec<(String, Vec<String>)> = Vec::new();
    for import in pe.imports.iter().take(MAX_SYMBOLS) {
        // goblin makes up an owned name for ordinals; names that are in the file are borrowed from it.
        let function = match &import.name {
            Cow::Borrowed(name) => (*name).to_owned(),
            Cow::Owned(_) => format!("#{}", import.ordinal),
        };
        match modules.last_mut() {
            Some((module, functions)) if module == import.dll => functions.push(function),
            _ => modules.push((import.dll.to_owned(), vec![function])),
        }
    }
    modules
}

fn exports(pe: &PE<'_>, file: &mut PeFile) {
    for export in pe.exports.iter().take(MAX_SYMBOLS) {
        let Some(name) = export.name else { continue };
        file.exports.push(name.to_owned());
        if let Some(target) = &export.reexport {
            use goblin::pe::export::Reexport;
            let target = match target {
                Reexport::DLLName { export, lib } => format!("{lib}.{export}"),
                Reexport::DLLOrdinal { ordinal, lib } => format!("{lib}.#{ordinal}"),
            };
            file.forwarders.push((name.to_owned(), target));
        }
    }
    let Some(data) = &pe.export_data else { return };
    let addresses = data.export_address_table.len().min(MAX_SYMBOLS);
    let mut named = vec![false; addresses];
    for &index in &data.export_ordinal_table {
        if let Some(slot) = named.get_mut(usize::from(index)) {
            *slot = true;
        }
    }
    use goblin::pe::export::ExportAddressTableEntry::{ExportRVA, ForwarderRVA};
    for (index, (address, named)) in data.export_address_table.iter().zip(named).enumerate() {
        let empty = matches!(address, ExportRVA(0) | ForwarderRVA(0));
        if let (false, false, Ok(index)) = (named, empty, u32::try_from(index)) {
            file.exports.push(format!("#{}", data.export_directory_table.ordinal_base.wrapping_add(index)));
        }
    }
}

/// The version of a framework library or class extension that a driver was linked against: its name is pointed to by the
/// driver's `WDF_BIND_INFO` or `WDF_CLASS_BIND_INFO`, which begin alike: `{ u32 size; [pad]; pointer; u32 major;
/// u32 minor; u32 build; ... }` (DEPENDENCIES.md 3; can1357/selene, resources/sdk/wdf/class_bind_info_v1_9_t.hpp).
fn bound_version(pe: &PE<'_>, bytes: &[u8], library: &str) -> Option<(u32, u32)> {
    const MAX_POINTERS: usize = 64;
    let text = utf16le(&format!("{library}\0"));
    let width = if pe.is_64 { 8 } else { 4 };
    for position in memmem::find_iter(bytes, &text).take(MAX_POINTERS) {
        let Some(address) = virtual_address(pe, position) else { continue };
        let pointer = &address.to_le_bytes()[..width];
        for at in memmem::find_iter(bytes, pointer).take(MAX_POINTERS) {
            let size = at.checked_sub(width).and_then(|p| u32_at(bytes, p));
            let (major, minor) = (u32_at(bytes, at + width), u32_at(bytes, at + width + 4));
            if let (Some(0x18..=0x100), Some(major @ 1..=9), Some(minor @ 0..=999)) = (size, major, minor) {
                return Some((major, minor));
            }
        }
    }
    None
}

fn virtual_address(pe: &PE<'_>, position: usize) -> Option<u64> {
    let position = u32::try_from(position).ok()?;
    let section = pe
        .sections
        .iter()
        .find(|s| position >= s.pointer_to_raw_data && position - s.pointer_to_raw_data < s.size_of_raw_data)?;
    let offset = u64::from(position - section.pointer_to_raw_data);
    pe.image_base.checked_add(u64::from(section.virtual_address))?.checked_add(offset)
}

fn u32_at(bytes: &[u8], position: usize) -> Option<u32> {
    bytes.get(position..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An ASCII text stands somewhere in these bytes as UTF-16LE, in any case. An empty needle is nowhere.
///
/// A bus driver names the enumerator of its children in such a text (DESIGN.md 5.3).
pub fn contains_utf16(bytes: &[u8], needle: &str) -> bool {
    let Some((&first, rest)) = needle.as_bytes().split_first() else { return false };
    let matches_at = |at: usize| {
        bytes.get(at + 1) == Some(&0)
            && bytes.get(at + 2..).is_some_and(|tail| {
                tail.len() >= rest.len() * 2
                    && rest
                        .iter()
                        .zip(tail.chunks_exact(2))
                        .all(|(wanted, found)| found[1] == 0 && found[0].eq_ignore_ascii_case(wanted))
            })
    };
    if first.is_ascii_alphabetic() {
        memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), bytes).any(matches_at)
    } else {
        memchr_iter(first, bytes).any(matches_at)
    }
}

/// A GUID (`{1A3E09BE-1E45-494B-9174-D7385B45BBF5}`, braces optional) stands somewhere in these bytes as 16 raw bytes.
pub fn contains_guid(bytes: &[u8], guid: &str) -> bool {
    guid_bytes(guid).is_some_and(|raw| memmem::find(bytes, &raw).is_some())
}

/// The 16 bytes of a GUID as Windows lays them out; `None` when the text is none.
pub fn guid_bytes(guid: &str) -> Option<[u8; 16]> {
    let text = guid.trim();
    let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let parts: Vec<&str> = text.split('-').collect();
    if parts.iter().map(|p| p.len()).ne([8, 4, 4, 4, 12]) || !text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
        return None;
    }
    let mut raw = [0u8; 16];
    raw[..4].copy_from_slice(&u32::from_str_radix(parts[0], 16).ok()?.to_le_bytes());
    raw[4..6].copy_from_slice(&u16::from_str_radix(parts[1], 16).ok()?.to_le_bytes());
    raw[6..8].copy_from_slice(&u16::from_str_radix(parts[2], 16).ok()?.to_le_bytes());
    raw[8..10].copy_from_slice(&u16::from_str_radix(parts[3], 16).ok()?.to_be_bytes());
    raw[10..].copy_from_slice(&u64::from_str_radix(parts[4], 16).ok()?.to_be_bytes()[2..]);
    Some(raw)
}

/// Words in front of a `\` in UTF-16LE text, upper case, each once, in the order of the file: `B06BDRV` of `B06BDRV\L2ND`.
///
/// These are the enumerators that a bus driver may make, and noise (`DEVICE`, `REGISTRY`): whoever asks compares them with
/// the enumerators of real children.
pub fn utf16_words_before_backslash(bytes: &[u8]) -> Vec<String> {
    /// An enumerator is a device-id part: 200 characters at most, in practice a GUID at most.
    const LONGEST: usize = 64;
    const MOST: usize = 256;
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'{' | b'}');
    let mut words: Vec<String> = Vec::new();
    for at in memchr_iter(b'\\', bytes) {
        if bytes.get(at + 1) != Some(&0) {
            continue;
        }
        let before = bytes[..at].rchunks_exact(2).take(LONGEST + 1).take_while(|c| c[1] == 0 && is_word(c[0]));
        let mut word: Vec<u8> = before.map(|c| c[0].to_ascii_uppercase()).collect();
        if word.len() < 2 || word.len() > LONGEST {
            continue;
        }
        // The last character of an ASCII text and its NUL look like one more UTF-16 character in front.
        let start = at - 2 * word.len();
        if start > 0 && bytes[start - 1].is_ascii_graphic() {
            word.pop();
        }
        word.reverse();
        let word = String::from_utf8_lossy(&word).into_owned();
        if !words.contains(&word) {
            words.push(word);
        }
        if words.len() == MOST {
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests;
