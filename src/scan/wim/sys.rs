//! A small safe layer over libwim: open, header, XML data, list, extract, verify, decompress. **The only file with `unsafe`.**
//!
//! Why not the crate `wimlib`: it aborts or is unsound on content that a file can hold (attribute bits that it does not
//! list, reparse tags, lone surrogates), see docs/ARCHITECTURE.md. Here attributes and tags are plain numbers, names are
//! bytes until they have been checked, and callbacks only push into a `Vec` or store into atomics: they can not unwind
//! through C. All of this runs in a child process only ([`super::child`]).
#![allow(unsafe_code, reason = "bindings to libwim; every block states what it relies on")]

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Once};

use wimlib_sys as ffi;

use super::protocol::{Entry, Header, MAX_DEPTH, MAX_ENTRIES, MAX_NAME_BYTES, Stream};

/// An error code of libwim with its own sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WimError {
    /// `enum wimlib_error_code`; 0 when this layer refused by itself.
    pub code: i32,
    /// What went wrong.
    pub message: String,
}

/// What is found in a stream that is read without libwim; it has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Its chunks can not be decompressed, or their sizes make no sense.
    Compression,
    /// What comes out has another SHA-1.
    Hash,
    /// It can not be read, or the file ends before it.
    Read,
    /// The parent is gone.
    Aborted,
}

impl From<Damage> for WimError {
    fn from(damage: Damage) -> Self {
        let code = match damage {
            Damage::Compression => ffi::wimlib_error_code_WIMLIB_ERR_DECOMPRESSION,
            Damage::Hash => ffi::wimlib_error_code_WIMLIB_ERR_INVALID_RESOURCE_HASH,
            Damage::Read => ffi::wimlib_error_code_WIMLIB_ERR_UNEXPECTED_END_OF_FILE,
            Damage::Aborted => ffi::wimlib_error_code_WIMLIB_ERR_ABORTED_BY_PROGRESS,
        };
        check(code as c_int).err().unwrap_or_else(|| refused("damaged"))
    }
}

/// Where a stream, or the metadata of an image, lies.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// Part that holds it, 1-based.
    pub part: u32,
    /// Where it begins in that part.
    pub offset: u64,
    /// Bytes there.
    pub stored: u64,
    /// Uncompressed size in bytes.
    pub size: u64,
    /// SHA-1 of its content.
    pub sha1: [u8; 20],
    /// It is stored in compressed chunks.
    pub compressed: bool,
    /// It lies in a solid resource, together with others.
    pub solid: bool,
}

/// Decompresses chunks of one compression type, for one thread.
#[derive(Debug)]
pub struct Decompressor {
    raw: NonNull<ffi::wimlib_decompressor>,
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: `raw` came from a successful creation and is freed once, here.
        unsafe { ffi::wimlib_free_decompressor(self.raw.as_ptr()) }
    }
}

impl Decompressor {
    /// `compression` and `chunk_size` as the header has them.
    pub fn new(compression: i32, chunk_size: u32) -> Result<Self, WimError> {
        initialise();
        let size = usize::try_from(chunk_size).map_err(|_| refused("chunks that are too large"))?;
        let mut raw: *mut ffi::wimlib_decompressor = ptr::null_mut();
        // SAFETY: libwim checks both numbers, and stores a pointer on success.
        check(unsafe {
            ffi::wimlib_create_decompressor(compression as ffi::wimlib_compression_type, size, &raw mut raw)
        })?;
        NonNull::new(raw).map(|raw| Self { raw }).ok_or_else(|| refused("libwim gave no decompressor"))
    }

    /// One chunk, of exactly the size of `to`.
    pub fn decompress(&mut self, from: &[u8], to: &mut [u8]) -> Result<(), Damage> {
        // SAFETY: both buffers live during the call and their sizes are theirs; libwim refuses what is larger than the size
        // that it was made for, and never writes behind `to`, whatever the data are.
        let code = unsafe {
            ffi::wimlib_decompress(
                from.as_ptr().cast(),
                from.len(),
                to.as_mut_ptr().cast(),
                to.len(),
                self.raw.as_ptr(),
            )
        };
        if code == 0 { Ok(()) } else { Err(Damage::Compression) }
    }
}

/// How far a long operation has come, and the wish to end it. Shared with the thread that reports.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes done.
    pub done: AtomicU64,
    /// Bytes in all.
    pub total: AtomicU64,
    /// Set it to make libwim stop at its next message.
    pub abort: AtomicBool,
}

/// An open WIM. Not `Send`: libwim's handles belong to one thread.
#[derive(Debug)]
pub struct Wim {
    raw: NonNull<ffi::WIMStruct>,
    /// libwim holds a pointer into it for as long as `raw` lives.
    _progress: Arc<Progress>,
    _not_send: PhantomData<*mut ()>,
}

impl Drop for Wim {
    fn drop(&mut self) {
        // SAFETY: `raw` came from a successful open and is freed once, here.
        unsafe { ffi::wimlib_free(self.raw.as_ptr()) }
    }
}

unsafe extern "C" {
    /// The C library's `free`: libwim hands out the XML data from `malloc`.
    fn free(pointer: *mut c_void);
}

/// Text as libwim takes and gives it (`wimlib_tchar`): bytes, names as WTF-8.
#[cfg(not(windows))]
mod text {
    use std::ffi::{CStr, CString, c_char};
    use std::path::Path;

    use super::{WimError, ffi, refused};

    /// NUL-terminated.
    pub(super) struct Text(CString);

    impl Text {
        /// A path of this machine. Paths with a NUL do not exist.
        pub(super) fn path(path: &Path) -> Result<Self, WimError> {
            let bytes = path.as_os_str().as_encoded_bytes();
            CString::new(bytes).map(Self).map_err(|_| refused("a path with a NUL character"))
        }

        /// A path inside an image.
        pub(super) fn name(name: &str) -> Result<Self, WimError> {
            CString::new(name).map(Self).map_err(|_| refused("a name with a NUL character"))
        }

        pub(super) fn as_ptr(&self) -> *const ffi::wimlib_tchar {
            self.0.as_ptr().cast()
        }
    }

    /// A text of libwim, and whether it could be taken over as it is (lone surrogates can not). Null is empty.
    ///
    /// # Safety
    /// `text` is null, or NUL-terminated and alive during the call.
    pub(super) unsafe fn take(text: *const ffi::wimlib_tchar) -> (String, bool) {
        if text.is_null() {
            return (String::new(), true);
        }
        // SAFETY: the caller's promise.
        let bytes = unsafe { CStr::from_ptr(text.cast::<c_char>()) }.to_bytes();
        match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), true),
            Err(_) => (String::from_utf8_lossy(bytes).into_owned(), false),
        }
    }
}

/// Text as libwim takes and gives it (`wimlib_tchar`): UTF-16.
#[cfg(windows)]
mod text {
    use std::os::windows::ffi::OsStrExt;
    use std::path::Path;

    use super::{WimError, ffi, refused};

    /// NUL-terminated.
    pub(super) struct Text(Vec<u16>);

    impl Text {
        /// A path of this machine. Paths with a NUL do not exist.
        pub(super) fn path(path: &Path) -> Result<Self, WimError> {
            Self::new(path.as_os_str().encode_wide().collect())
        }

        /// A path inside an image.
        pub(super) fn name(name: &str) -> Result<Self, WimError> {
            Self::new(name.encode_utf16().collect())
        }

        fn new(mut units: Vec<u16>) -> Result<Self, WimError> {
            if units.contains(&0) {
                return Err(refused("a name with a NUL character"));
            }
            units.push(0);
            Ok(Self(units))
        }

        pub(super) fn as_ptr(&self) -> *const ffi::wimlib_tchar {
            self.0.as_ptr().cast()
        }
    }

    /// A text of libwim, and whether it could be taken over as it is (lone surrogates can not). Null is empty.
    ///
    /// # Safety
    /// `text` is null, or NUL-terminated and alive during the call.
    pub(super) unsafe fn take(text: *const ffi::wimlib_tchar) -> (String, bool) {
        if text.is_null() {
            return (String::new(), true);
        }
        let text = text.cast::<u16>();
        // SAFETY: the caller's promise: there is a NUL, and everything before it may be read.
        let units = unsafe {
            let length = (0..).take_while(|at| *text.add(*at) != 0).count();
            std::slice::from_raw_parts(text, length)
        };
        match String::from_utf16(units) {
            Ok(text) => (text, true),
            Err(_) => (String::from_utf16_lossy(units), false),
        }
    }
}

use text::Text;

fn refused(message: &str) -> WimError {
    WimError { code: 0, message: message.to_owned() }
}

fn check(code: c_int) -> Result<(), WimError> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: libwim has a static sentence for every number, also for unknown ones.
    let (message, _) = unsafe { text::take(ffi::wimlib_get_error_string(code as ffi::wimlib_error_code)) };
    Err(WimError { code, message: if message.is_empty() { format!("error {code}") } else { message } })
}

fn initialise() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: called once, before any other call; no allocator and no error file of ours is installed.
        unsafe {
            let _ = ffi::wimlib_set_print_errors(false);
            let flags = ffi::WIMLIB_INIT_FLAG_DONT_ACQUIRE_PRIVILEGES | ffi::WIMLIB_INIT_FLAG_DEFAULT_CASE_SENSITIVE;
            let _ = ffi::wimlib_global_init(flags as c_int);
        }
    });
}

/// Reports bytes to the [`Progress`] behind `context`.
unsafe extern "C" fn on_progress(
    kind: ffi::wimlib_progress_msg,
    info: *mut ffi::wimlib_progress_info,
    context: *mut c_void,
) -> ffi::wimlib_progress_status {
    // SAFETY: `context` is the pointer to the `Progress` that the `Wim` keeps alive; only atomics are touched.
    let Some(progress) = (unsafe { context.cast::<Progress>().as_ref() }) else {
        return ffi::wimlib_progress_status_WIMLIB_PROGRESS_STATUS_CONTINUE;
    };
    if !info.is_null() {
        // SAFETY: libwim documents which member is valid for which message; only that one is read.
        let (done, total) = unsafe {
            match kind {
                ffi::wimlib_progress_msg_WIMLIB_PROGRESS_MSG_EXTRACT_STREAMS => {
                    ((*info).extract.completed_bytes, (*info).extract.total_bytes)
                }
                ffi::wimlib_progress_msg_WIMLIB_PROGRESS_MSG_VERIFY_STREAMS => {
                    ((*info).verify_streams.completed_bytes, (*info).verify_streams.total_bytes)
                }
                ffi::wimlib_progress_msg_WIMLIB_PROGRESS_MSG_VERIFY_INTEGRITY => {
                    ((*info).integrity.completed_bytes, (*info).integrity.total_bytes)
                }
                _ => (u64::MAX, 0),
            }
        };
        if done != u64::MAX {
            progress.total.store(total, Ordering::Relaxed);
            progress.done.store(done, Ordering::Relaxed);
        }
    }
    if progress.abort.load(Ordering::Relaxed) {
        ffi::wimlib_progress_status_WIMLIB_PROGRESS_STATUS_ABORT
    } else {
        ffi::wimlib_progress_status_WIMLIB_PROGRESS_STATUS_CONTINUE
    }
}

/// Collects one entry of the lookup table.
unsafe extern "C" fn on_resource(resource: *const ffi::wimlib_resource_entry, context: *mut c_void) -> c_int {
    // SAFETY: both pointers come from `resources`, which outlives the iteration; libwim calls from one thread.
    let (Some(raw), Some(found)) = (unsafe { (resource.as_ref(), context.cast::<Vec<Resource>>().as_mut()) }) else {
        return ffi::wimlib_error_code_WIMLIB_ERR_INVALID_PARAM as c_int;
    };
    if found.len() >= MAX_ENTRIES {
        return ffi::wimlib_error_code_WIMLIB_ERR_UNSUPPORTED as c_int;
    }
    found.push(Resource {
        part: raw.part_number,
        offset: raw.raw_resource_offset_in_wim,
        stored: raw.raw_resource_compressed_size,
        size: raw.uncompressed_size,
        sha1: raw.sha1_hash,
        compressed: raw.is_compressed() != 0,
        solid: raw.packed() != 0,
    });
    0
}

/// What the directory callback fills.
struct Listing {
    entries: Vec<Entry>,
    /// `(path, plain, below a reparse point)` of the folders above, by depth.
    above: Vec<(String, bool)>,
    name_bytes: usize,
    refused: Option<&'static str>,
}

/// Collects one directory entry.
unsafe extern "C" fn on_entry(entry: *const ffi::wimlib_dir_entry, context: *mut c_void) -> c_int {
    // SAFETY: both pointers come from `list`, which outlives the iteration; libwim calls from one thread.
    let (Some(raw), Some(listing)) = (unsafe { (entry.as_ref(), context.cast::<Listing>().as_mut()) }) else {
        return ffi::wimlib_error_code_WIMLIB_ERR_INVALID_PARAM as c_int;
    };
    // SAFETY: libwim always allocates one stream entry, for the unnamed stream, zeroed when there is none.
    let resource = unsafe { &(*raw.streams.as_ptr()).resource };
    // SAFETY: libwim's names are NUL-terminated and live for the duration of the callback.
    let (name, exact) = unsafe { text::take(raw.filename) };
    listing.push(raw, resource, &name, exact)
}

impl Listing {
    fn push(
        &mut self,
        raw: &ffi::wimlib_dir_entry,
        resource: &ffi::wimlib_resource_entry,
        name: &str,
        exact: bool,
    ) -> c_int {
        let stop = ffi::wimlib_error_code_WIMLIB_ERR_UNSUPPORTED as c_int;
        if raw.depth > MAX_DEPTH {
            self.refused = Some("its folders are nested too deeply");
            return stop;
        }
        self.above.truncate(raw.depth);
        let root = (String::new(), true);
        let (folder, folder_plain) = self.above.last().unwrap_or(&root);
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let plain = *folder_plain && exact && (raw.depth == 0 || is_plain_name(name));
        let reparse = raw.attributes & super::FILE_ATTRIBUTE_REPARSE_POINT != 0;
        self.name_bytes += path.len();
        if self.entries.len() >= MAX_ENTRIES || self.name_bytes > MAX_NAME_BYTES {
            self.refused = Some("it has too many entries");
            return stop;
        }
        // What lies below a reparse point would be written to wherever that points.
        self.above.push((path.clone(), plain && !reparse));
        if raw.depth == 0 {
            return 0;
        }
        let stream = (resource.sha1_hash != [0; 20]).then(|| Stream {
            sha1: resource.sha1_hash,
            size: resource.uncompressed_size,
            missing: resource.is_missing() != 0,
            part: resource.part_number,
            container: if resource.packed() != 0 { resource.raw_resource_offset_in_wim } else { resource.offset },
            offset: if resource.packed() != 0 { resource.offset } else { 0 },
            solid: resource.packed() != 0,
        });
        self.entries.push(Entry {
            path,
            plain: plain && !reparse,
            attributes: raw.attributes,
            reparse_tag: if reparse { raw.reparse_tag } else { 0 },
            stream,
        });
        0
    }
}

/// A name that is the same on every file system: no separators, drive letters, `..`, control characters, trailing dots,
/// names of DOS devices.
pub fn is_plain_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered =
        |device: &str| stem.strip_prefix(device).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    !device
        && !name.is_empty()
        && !name.ends_with(['.', ' '])
        && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
}

impl Wim {
    /// Opens a WIM, or one part of a split WIM. With `check_integrity` the file is read against its integrity table.
    pub fn open(path: &Path, progress: Arc<Progress>, check_integrity: bool) -> Result<Self, WimError> {
        initialise();
        let text = Text::path(path)?;
        let mut raw: *mut ffi::WIMStruct = ptr::null_mut();
        let flags = if check_integrity { ffi::WIMLIB_OPEN_FLAG_CHECK_INTEGRITY } else { 0 };
        let context = Arc::as_ptr(&progress).cast::<c_void>().cast_mut();
        // SAFETY: `text` is NUL-terminated; `context` stays valid because the `Arc` is stored beside the handle.
        let code = unsafe {
            ffi::wimlib_open_wim_with_progress(text.as_ptr(), flags as c_int, &raw mut raw, Some(on_progress), context)
        };
        check(code)?;
        let raw = NonNull::new(raw).ok_or_else(|| refused("libwim gave no handle"))?;
        Ok(Self { raw, _progress: progress, _not_send: PhantomData })
    }

    /// Adds the streams of the other parts of a split WIM.
    pub fn reference(&mut self, others: &[&Path]) -> Result<(), WimError> {
        if others.is_empty() {
            return Ok(());
        }
        let texts = others.iter().map(|p| Text::path(p)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = texts.iter().map(|t| t.as_ptr()).collect();
        let count = u32::try_from(pointers.len()).map_err(|_| refused("too many parts"))?;
        // SAFETY: `count` pointers to NUL-terminated strings that outlive the call; no globbing flag is set.
        check(unsafe { ffi::wimlib_reference_resource_files(self.raw.as_ptr(), pointers.as_ptr(), count, 0, 0) })
    }

    /// What the header says.
    pub fn header(&self) -> Result<Header, WimError> {
        // SAFETY: an all-zero value is valid for this plain C struct.
        let mut info: ffi::wimlib_wim_info = unsafe { std::mem::zeroed() };
        // SAFETY: the handle is open; `info` is a valid destination.
        check(unsafe { ffi::wimlib_get_wim_info(self.raw.as_ptr(), &raw mut info) })?;
        Ok(Header {
            guid: info.guid,
            image_count: info.image_count,
            boot_index: info.boot_index,
            wim_version: info.wim_version,
            chunk_size: info.chunk_size,
            part_number: info.part_number,
            total_parts: info.total_parts,
            compression: info.compression_type,
            has_integrity_table: info.has_integrity_table() != 0,
            pipable: info.pipable() != 0,
        })
    }

    /// The XML data as they lie in the file: UTF-16LE, usually with a byte order mark.
    pub fn xml(&self) -> Result<Vec<u8>, WimError> {
        let mut buffer: *mut c_void = ptr::null_mut();
        let mut size: usize = 0;
        // SAFETY: on success libwim stores a `malloc`ed buffer of `size` bytes.
        check(unsafe { ffi::wimlib_get_xml_data(self.raw.as_ptr(), &raw mut buffer, &raw mut size) })?;
        if buffer.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: copied while the buffer lives, then given back to the allocator it came from; not used afterwards.
        unsafe {
            let copy = std::slice::from_raw_parts(buffer.cast::<u8>(), size).to_vec();
            free(buffer);
            Ok(copy)
        }
    }

    /// Every entry of an image (1-based) below its root, folders before what is in them.
    pub fn list(&mut self, image: u32) -> Result<Vec<Entry>, WimError> {
        let image = c_int::try_from(image).map_err(|_| refused("no such image"))?;
        let mut listing = Listing { entries: Vec::new(), above: Vec::new(), name_bytes: 0, refused: None };
        let root = Text::name("/")?;
        let flags = ffi::WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE as c_int;
        let context = (&raw mut listing).cast::<c_void>();
        // SAFETY: `listing` and `root` outlive the call; the callback is the only user of `listing` meanwhile.
        let code = unsafe {
            ffi::wimlib_iterate_dir_tree(self.raw.as_ptr(), image, root.as_ptr(), flags, Some(on_entry), context)
        };
        if let Some(reason) = listing.refused {
            return Err(refused(reason));
        }
        check(code)?;
        Ok(listing.entries)
    }

    /// Writes these entries (exact paths, plain ones only) below `target`, with their folders.
    ///
    /// Damaged data is written as far as it can be read: the caller compares SHA-1.
    pub fn extract(&mut self, image: u32, target: &Path, paths: &[&str]) -> Result<(), WimError> {
        if paths.is_empty() {
            return Ok(());
        }
        if paths.iter().any(|p| p.is_empty() || !p.split('/').all(is_plain_name)) {
            return Err(refused("a name that is not taken out of an image"));
        }
        let image = c_int::try_from(image).map_err(|_| refused("no such image"))?;
        let target = Text::path(target)?;
        let texts = paths.iter().map(|p| Text::name(p)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = texts.iter().map(|t| t.as_ptr()).collect();
        let flags = ffi::WIMLIB_EXTRACT_FLAG_RECOVER_DATA
            | ffi::WIMLIB_EXTRACT_FLAG_NO_ACLS
            | ffi::WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES
            | ffi::WIMLIB_EXTRACT_FLAG_NORPFIX;
        // SAFETY: all strings are NUL-terminated and outlive the call; the count is theirs.
        check(unsafe {
            ffi::wimlib_extract_paths(
                self.raw.as_ptr(),
                image,
                target.as_ptr(),
                pointers.as_ptr(),
                pointers.len(),
                flags as c_int,
            )
        })
    }

    /// Every stream of the lookup table, and the metadata of every image.
    pub fn resources(&self) -> Result<Vec<Resource>, WimError> {
        let mut found: Vec<Resource> = Vec::new();
        let context = (&raw mut found).cast::<c_void>();
        // SAFETY: `found` outlives the call; the callback is its only user meanwhile; the flags are reserved and 0.
        check(unsafe { ffi::wimlib_iterate_lookup_table(self.raw.as_ptr(), 0, Some(on_resource), context) })?;
        Ok(found)
    }

    /// Reads every stream of every image and compares its SHA-1. Stops at the first fault.
    pub fn verify(&mut self) -> Result<(), WimError> {
        // SAFETY: the handle is open; the flags are reserved and 0.
        check(unsafe { ffi::wimlib_verify_wim(self.raw.as_ptr(), 0) })
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn names_that_lead_elsewhere_are_not_plain() {
        for name in [
            "bxvbda.sys",
            "Windows",
            "x.inf_amd64_neutral_1",
            "a b",
            "ä",
            "console.exe",
            "com",
            "com10",
            "{F750E6C3}",
            ".x",
        ] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in [
            "", ".", "..", "a/b", "a\\b", "C:", "C:\\x", "a.", "a ", "a\0", "a\n", "nul", "NUL.sys", "com1",
            "lpt9.inf", "aux .x", "a*", "a?",
        ] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }
}
