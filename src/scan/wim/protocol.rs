//! What parent and child process say to each other: frames over pipes, bounded in size and number.
//!
//! A frame is its length (u32, little endian) and that many bytes: JSON for [`Request`] and [`Reply`], raw bytes where a
//! reply announces them. The parent trusts nothing in a reply beyond its types: the child runs code on foreign content.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Largest frame.
pub const MAX_FRAME: usize = 32 << 20;
/// Most entries in one image; Windows PE images have up to about 25,000 (IMAGES.md).
pub const MAX_ENTRIES: usize = 1_000_000;
/// Most bytes that the paths of one image may have together.
pub const MAX_NAME_BYTES: usize = 256 << 20;
/// Deepest folder.
pub const MAX_DEPTH: usize = 256;
/// Entries in one [`Reply::Entries`] frame.
pub const ENTRIES_PER_FRAME: usize = 2048;
/// Largest XML data that are read.
pub const MAX_XML: usize = 16 << 20;

/// What the parent asks for. Replies come in order; [`Reply::Progress`] may come before any of them.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// First of all: where extracted files go, and the limits that the child sets for itself.
    Start {
        /// The private folder. The child removes it when the parent goes away without a word.
        temp: WirePath,
        /// Address space in bytes.
        memory: u64,
        /// Largest file that may be written, in bytes.
        file_size: u64,
    },
    /// Opens all parts of a WIM, the first one first. Answer: [`Reply::Opened`].
    Open {
        /// Paths.
        parts: Vec<WirePath>,
    },
    /// Lists one image. Answer: [`Reply::Entries`], many times, the last one marked.
    List {
        /// 1-based.
        image: u32,
    },
    /// Takes out these entries: each becomes a file with its [`stream_file_name`] in the private folder. Answer: [`Reply::Done`].
    Extract {
        /// 1-based.
        image: u32,
        /// Path and SHA-1 of each.
        entries: Vec<(String, [u8; 20])>,
    },
    /// Compares the integrity table of every part. Answer: [`Reply::Done`].
    CheckIntegrity,
    /// Compares the SHA-1 of every stream. Answer: [`Reply::Done`].
    Verify,
}

/// What the child answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The WIM is open. When `xml` is `Ok(n)`, a raw frame of `n` bytes follows.
    Opened {
        /// Header of the first part.
        header: Header,
        /// Size of the XML data, or why there are none.
        xml: Result<usize, String>,
    },
    /// Some entries.
    Entries {
        /// They.
        entries: Vec<Entry>,
        /// No more will come.
        last: bool,
    },
    /// It worked.
    Done,
    /// A sign of life.
    Progress {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It did not work; the child can still be asked for other things.
    Failed {
        /// Error code of libwim, 0 when it was not libwim that refused.
        code: i32,
        /// What went wrong.
        message: String,
    },
}

/// The header of a WIM, numbers as they stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// GUID.
    pub guid: [u8; 16],
    /// Number of images.
    pub image_count: u32,
    /// 1-based boot index, 0 = none.
    pub boot_index: u32,
    /// 68864 or 3584.
    pub wim_version: u32,
    /// Bytes.
    pub chunk_size: u32,
    /// 1-based.
    pub part_number: u16,
    /// Parts in all.
    pub total_parts: u16,
    /// `enum wimlib_compression_type`.
    pub compression: i32,
    /// There is an integrity table.
    pub has_integrity_table: bool,
    /// Pipable layout.
    pub pipable: bool,
}

/// A file or folder in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Path without leading separator, `/` separated. Only text: never use it as a path on this machine.
    pub path: String,
    /// Every component is valid Unicode and an ordinary name, and no folder above is a reparse point, nor is this one.
    pub plain: bool,
    /// `FILE_ATTRIBUTE_*`.
    pub attributes: u32,
    /// Reparse tag, 0 when it is no reparse point.
    pub reparse_tag: u32,
    /// The unnamed data stream; `None` for folders and empty files.
    pub stream: Option<Stream>,
}

impl Entry {
    /// It is a folder.
    pub fn is_folder(&self) -> bool {
        self.attributes & super::FILE_ATTRIBUTE_DIRECTORY != 0
    }

    /// It is a symbolic link, junction or another reparse point.
    pub fn is_reparse_point(&self) -> bool {
        self.attributes & super::FILE_ATTRIBUTE_REPARSE_POINT != 0
    }

    /// Uncompressed size in bytes.
    pub fn size(&self) -> u64 {
        self.stream.as_ref().map_or(0, |s| s.size)
    }
}

/// An unnamed data stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// SHA-1 of its content.
    pub sha1: [u8; 20],
    /// Uncompressed size in bytes.
    pub size: u64,
    /// It is not in the parts that were opened.
    pub missing: bool,
    /// Part that holds it.
    pub part: u32,
    /// Where its resource (or the solid resource around it) begins in that part.
    pub container: u64,
    /// Where it begins inside a solid resource, 0 otherwise.
    pub offset: u64,
    /// It lies in a solid resource, together with others.
    pub solid: bool,
}

/// Name of the file in the private folder that holds a stream: its SHA-1 in hex.
pub fn stream_file_name(sha1: &[u8; 20]) -> String {
    super::hex(sha1)
}

/// A path of this machine on the wire; paths need not be Unicode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WirePath {
    /// The usual case.
    Text(String),
    /// Bytes of a Unix path that is not UTF-8.
    Bytes(Vec<u8>),
}

impl WirePath {
    /// For the wire.
    pub fn new(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_encoded_bytes().to_vec()),
        }
    }

    /// From the wire.
    pub fn to_path(&self) -> PathBuf {
        match self {
            Self::Text(text) => PathBuf::from(text),
            #[cfg(unix)]
            Self::Bytes(bytes) => {
                use std::os::unix::ffi::OsStrExt;
                PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
            }
            #[cfg(not(unix))]
            Self::Bytes(bytes) => PathBuf::from(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// Writes one frame of raw bytes.
pub fn write_frame(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "frame too large"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)?;
    out.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub fn read_frame(input: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0u8; 4];
    let mut got = 0;
    while got < length.len() {
        match input.read(&mut length[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too large"));
    }
    // Grows with what really arrives: a length alone allocates nothing.
    let mut bytes = Vec::new();
    input.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

/// Writes a request or reply.
pub fn send<T: Serialize>(out: &mut dyn Write, message: &T) -> io::Result<()> {
    write_frame(out, &serde_json::to_vec(message)?)
}

/// Reads a request or reply; `None` at the end of the stream.
pub fn receive<T: DeserializeOwned>(input: &mut dyn Read) -> io::Result<Option<T>> {
    match read_frame(input)? {
        None => Ok(None),
        Some(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_bounded_and_whole() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"one").unwrap();
        write_frame(&mut pipe, b"").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read_frame(&mut input).unwrap().as_deref(), Some(b"one".as_slice()));
        assert_eq!(read_frame(&mut input).unwrap().as_deref(), Some(b"".as_slice()));
        assert_eq!(read_frame(&mut input).unwrap(), None);
        let bad: [&[u8]; 4] = [&[3, 0], &[3, 0, 0, 0, b'a'], &[0xFF; 8], &[1, 0, 0, 3, 1, 2, 3]];
        for bytes in bad {
            assert!(read_frame(&mut &bytes[..]).is_err(), "{bytes:?}");
        }
        assert!(write_frame(&mut pipe, &vec![0; MAX_FRAME + 1]).is_err());
    }

    #[test]
    fn messages_come_back_as_they_were_sent() {
        let stream =
            Stream { sha1: [7; 20], size: 1 << 40, missing: true, part: 2, container: 3, offset: 4, solid: true };
        let entry = Entry {
            path: "a/\u{FFFD}\"\n".to_owned(),
            plain: false,
            attributes: u32::MAX,
            reparse_tag: 0xA000_000C,
            stream: Some(stream),
        };
        let mut pipe = Vec::new();
        send(&mut pipe, &Reply::Entries { entries: vec![entry.clone()], last: true }).unwrap();
        match receive::<Reply>(&mut pipe.as_slice()).unwrap() {
            Some(Reply::Entries { entries, last: true }) => assert_eq!(entries, [entry]),
            other => panic!("{other:?}"),
        }
        assert!(receive::<Reply>(&mut &b"\x02\0\0\0{}"[..]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        for bytes in [b"/a b".as_slice(), b"/a\xFF", "/ä".as_bytes()] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            assert_eq!(WirePath::new(path).to_path(), path);
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut input = bytes.as_slice();
            while let Ok(Some(_)) = receive::<Request>(&mut input) {}
        }
    }
}
