//! What a file brings to the question whether it is signed: the digests that catalogs may name, and what is in it.

use serde::{Deserialize, Serialize};

use super::{Digests, EmbeddedSignature, file_hashes, pe_hashes, read_embedded};

/// Of a driver file: the digests by which catalogs name it, and the signatures in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSigning {
    /// Digests without what signing changes; of the whole file when it is no PE file.
    pub digests: Digests,
    /// Signatures in the file.
    pub embedded: EmbeddedSignature,
}

impl FileSigning {
    /// Reads both; content never makes it fail.
    pub fn of(bytes: &[u8]) -> Self {
        match pe_hashes(bytes) {
            Some(digests) => Self { digests, embedded: read_embedded(bytes) },
            None => Self { digests: file_hashes(bytes), embedded: EmbeddedSignature::default() },
        }
    }
}

/// Of an INF: the digests by which catalogs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InfDigests {
    /// As it stands.
    pub stored: Digests,
    /// With CR LF at every line end, when all of them are LF alone: version control and file transfer make such files, and
    /// the signer never saw them.
    pub with_crlf: Option<Digests>,
}

impl InfDigests {
    /// The digests of an INF's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let only_lf = !is_wide && bytes.contains(&b'\n') && !bytes.contains(&b'\r');
        let with_crlf = only_lf.then(|| {
            let mut restored = Vec::with_capacity(bytes.len() + bytes.len() / 32);
            for byte in bytes {
                if *byte == b'\n' {
                    restored.push(b'\r');
                }
                restored.push(*byte);
            }
            file_hashes(&restored)
        });
        Self { stored: file_hashes(bytes), with_crlf }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_restored_only_where_all_were_lost() {
        let signed = file_hashes(b"[Version]\r\nSignature=x\r\n");
        assert_eq!(InfDigests::of(b"[Version]\nSignature=x\n").with_crlf, Some(signed));
        for kept in [&b"[Version]\r\nSignature=x\n"[..], b"[Version]", b"", b"\xff\xfea\0\n\0"] {
            assert_eq!(InfDigests::of(kept).with_crlf, None, "{kept:?}");
        }
        assert_eq!(InfDigests::of(b"[Version]\r\nSignature=x\r\n").stored, signed);
    }

    #[test]
    fn what_is_no_pe_file_has_the_digests_of_its_bytes() {
        let signing = FileSigning::of(b"SZDD");
        assert_eq!(signing.digests, file_hashes(b"SZDD"));
        assert_eq!(signing.embedded, EmbeddedSignature::default());
    }
}
