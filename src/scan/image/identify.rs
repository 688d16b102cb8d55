//! What a file is, by its content, before libwim sees it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::error::ImageError;

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A WIM, with the parts of its header that are needed before it is opened.
    Wim(WimHead),
    /// A folder.
    Folder,
    /// A device, pipe or socket.
    Device,
    /// 0 bytes.
    Empty,
    /// A Git LFS pointer.
    LfsPointer,
    /// A CD or DVD image.
    Iso,
    /// A virtual disk (VHD or VHDX).
    VirtualDisk,
    /// A full flash update image.
    Ffu,
    /// A cabinet.
    Cabinet,
    /// A ZIP archive.
    Zip,
    /// Some text.
    Text,
    /// None of these.
    Other,
}

/// Parts of a WIM's header (208 bytes, little endian).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WimHead {
    /// GUID.
    pub guid: [u8; 16],
    /// This part, 1-based.
    pub part_number: u16,
    /// Parts in all.
    pub total_parts: u16,
    /// Size of the file in bytes.
    pub size: u64,
    /// What the header says about its own size.
    header_size: u32,
    /// Where the lookup table lies, `(first byte, byte behind it)`.
    lookup_table: (u64, u64),
    /// Where the XML data lie.
    xml: (u64, u64),
}

const HEADER_SIZE: usize = 208;

impl Kind {
    /// The problem and what to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Kind::Wim(_) => "a WIM",
            Kind::Folder => {
                "a folder: name the WIM file in it, or the root of an extracted image (the folder that holds Windows)"
            }
            Kind::Device => "a device or pipe, no file: name a WIM file",
            Kind::Empty => "an empty file (0 bytes): copy it again",
            Kind::LfsPointer => "a Git LFS pointer, not the WIM itself: run `git lfs pull`, then try again",
            Kind::Iso => {
                "an ISO image: not supported, because it holds a file system; mount or unpack it and name its sources/boot.wim"
            }
            Kind::VirtualDisk => {
                "a virtual disk (VHD or VHDX): not supported, because it holds a file system; attach it and name the folder, or the WIM in it"
            }
            Kind::Ffu => {
                "an FFU image: not supported, because it holds disk sectors; name the WIM that it was made from"
            }
            Kind::Cabinet => "a cabinet: not supported as a boot image; unpack it and name the WIM in it",
            Kind::Zip => "a ZIP archive: not supported; unpack it and name the WIM in it",
            Kind::Text => "a text file, no WIM: name a WIM file (.wim, .esd, .swm)",
            Kind::Other => "no WIM: it does not begin with the signature of one (MSWIM or WLPWM)",
        }
    }
}

/// Looks at the type and the first bytes of a path.
pub fn identify(path: &Path) -> Result<Kind, ImageError> {
    let failed = |source| ImageError::Open { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Ok(Kind::Folder);
    }
    if !metadata.is_file() {
        return Ok(Kind::Device);
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut head = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut head).map_err(failed)?;
    let kind = by_content(&head, metadata.len());
    if kind != Kind::Other {
        return Ok(kind);
    }
    // Volume descriptors of ISO 9660 and UDF begin at sector 16; a fixed VHD has its footer at the end.
    for (from, length, kind) in [(SeekFrom::Start(0x8000), 16, Kind::Iso), (SeekFrom::End(-512), 8, Kind::VirtualDisk)]
    {
        let mut bytes = Vec::new();
        if file.seek(from).is_ok() && file.by_ref().take(length).read_to_end(&mut bytes).is_ok() {
            let descriptor = bytes.get(1..6);
            let is_iso = kind == Kind::Iso && matches!(descriptor, Some(b"CD001" | b"BEA01" | b"NSR02" | b"NSR03"));
            if is_iso || (kind == Kind::VirtualDisk && bytes == b"conectix") {
                return Ok(kind);
            }
        }
    }
    Ok(Kind::Other)
}

fn by_content(head: &[u8], size: u64) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if head.starts_with(b"MSWIM\0\0\0") || head.starts_with(b"WLPWM\0\0\0") {
        return Kind::Wim(wim_head(head, size));
    }
    let starts: [(&[u8], Kind); 5] = [
        (b"version https://git-lfs", Kind::LfsPointer),
        (b"vhdxfile", Kind::VirtualDisk),
        (b"conectix", Kind::VirtualDisk),
        (b"MSCF", Kind::Cabinet),
        (b"PK\x03\x04", Kind::Zip),
    ];
    if let Some((_, kind)) = starts.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return kind;
    }
    if head.get(4..16) == Some(b"SignedImage ") {
        return Kind::Ffu;
    }
    // A multi-byte character may be cut at the end of what was read.
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).ok(),
        Err(_) => None,
    };
    let utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if utf16 || text.is_some_and(|t| !t.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t' | '\u{1A}')))
    {
        return Kind::Text;
    }
    Kind::Other
}

fn wim_head(head: &[u8], size: u64) -> WimHead {
    let mut bytes = [0u8; HEADER_SIZE];
    let known = head.len().min(HEADER_SIZE);
    bytes[..known].copy_from_slice(&head[..known]);
    let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let u64_at = |at: usize| {
        let mut raw = [0u8; 8];
        raw.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(raw)
    };
    // RESHDR_DISK_SHORT: seven bytes of size and one of flags, then the offset.
    let resource = |at: usize| {
        let (length, start) = (u64_at(at) & 0x00FF_FFFF_FFFF_FFFF, u64_at(at + 8));
        (start, start.saturating_add(length))
    };
    let mut guid = [0u8; 16];
    guid.copy_from_slice(&bytes[24..40]);
    WimHead {
        guid,
        part_number: u16_at(40),
        total_parts: u16_at(42),
        size,
        header_size: u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
        lookup_table: resource(48),
        xml: resource(72),
    }
}

impl WimHead {
    /// The file is long enough for what its header points at. Pipable WIMs have their header again at the end, so theirs
    /// may point nowhere; libwim reads those.
    pub(super) fn check_size(&self, path: &Path) -> Result<(), ImageError> {
        let size = self.size;
        let truncated =
            |what, (start, end): (u64, u64)| ImageError::Truncated { path: path.to_owned(), size, what, start, end };
        if size < HEADER_SIZE as u64 {
            return Err(truncated("header", (0, HEADER_SIZE as u64)));
        }
        if self.header_size as usize != HEADER_SIZE {
            let message = format!("its header says that it has {} bytes instead of {HEADER_SIZE}", self.header_size);
            return Err(ImageError::Damaged { path: path.to_owned(), message });
        }
        for (what, place) in [("lookup table", self.lookup_table), ("XML data", self.xml)] {
            if place.1 > size {
                return Err(truncated(what, place));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_what_a_file_is() {
        let mut ffu = vec![0x20, 0, 0, 0];
        ffu.extend(b"SignedImage rest");
        let cases: [(&[u8], Kind); 10] = [
            (b"", Kind::Empty),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", Kind::LfsPointer),
            (b"vhdxfile\0\0", Kind::VirtualDisk),
            (b"MSCF\0\0", Kind::Cabinet),
            (b"PK\x03\x04\x14", Kind::Zip),
            (&ffu, Kind::Ffu),
            ("not a WIM: \u{E4}\r\n".as_bytes(), Kind::Text),
            (&[0xFF, 0xFE, b'a', 0], Kind::Text),
            (&[0; 64], Kind::Other),
            (&[0x7F, 0xE9, 0x00], Kind::Other),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(by_content(bytes, bytes.len() as u64), wanted, "{bytes:?}");
        }
    }

    #[test]
    fn a_short_header_is_a_truncated_wim() {
        let Kind::Wim(head) = by_content(b"MSWIM\0\0\0\xD0\0\0\0", 12) else { panic!("a WIM") };
        let error = head.check_size(Path::new("boot.wim")).unwrap_err().to_string();
        assert!(error.contains("boot.wim: the WIM is truncated (12 bytes"), "{error}");
    }
}
