//! Digest algorithms: their names, how signatures name them, and computing them.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::ObjectIdentifier;

/// A digest algorithm that a signature can use. In order of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// MD2: in certificates from before 2000 only.
    Md2,
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// Another one.
    Other,
}

/// Object identifiers of digest algorithms, and of signature algorithms with a digest in them.
const IDENTIFIERS: &[(ObjectIdentifier, DigestAlgorithm)] = {
    use DigestAlgorithm::{Md2, Md5, Sha1, Sha256, Sha384, Sha512};
    const fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }
    &[
        (oid("1.3.14.3.2.26"), Sha1),
        (oid("2.16.840.1.101.3.4.2.1"), Sha256),
        (oid("2.16.840.1.101.3.4.2.2"), Sha384),
        (oid("2.16.840.1.101.3.4.2.3"), Sha512),
        (oid("1.2.840.113549.2.5"), Md5),
        (oid("1.2.840.113549.2.2"), Md2),
        // ...WithRSAEncryption
        (oid("1.2.840.113549.1.1.2"), Md2),
        (oid("1.2.840.113549.1.1.4"), Md5),
        (oid("1.2.840.113549.1.1.5"), Sha1),
        (oid("1.2.840.113549.1.1.11"), Sha256),
        (oid("1.2.840.113549.1.1.12"), Sha384),
        (oid("1.2.840.113549.1.1.13"), Sha512),
        // The same as old Microsoft and OIW identifiers.
        (oid("1.3.14.3.2.3"), Md5),
        (oid("1.3.14.3.2.29"), Sha1),
        // ecdsa-with-...
        (oid("1.2.840.10045.4.1"), Sha1),
        (oid("1.2.840.10045.4.3.2"), Sha256),
        (oid("1.2.840.10045.4.3.3"), Sha384),
        (oid("1.2.840.10045.4.3.4"), Sha512),
    ]
};

impl DigestAlgorithm {
    /// The algorithm that an object identifier names, by itself or within a signature algorithm.
    pub fn from_oid(oid: ObjectIdentifier) -> Self {
        IDENTIFIERS.iter().find(|(known, _)| *known == oid).map_or(Self::Other, |(_, algorithm)| *algorithm)
    }

    /// The algorithm whose digests have this many bytes, of those that name members of a catalog.
    pub const fn from_length(bytes: usize) -> Option<Self> {
        match bytes {
            20 => Some(Self::Sha1),
            32 => Some(Self::Sha256),
            48 => Some(Self::Sha384),
            64 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Other => "another digest",
        }
    }

    /// It belongs to the SHA-2 family.
    pub const fn is_sha2(self) -> bool {
        matches!(self, Self::Sha256 | Self::Sha384 | Self::Sha512)
    }

    /// The digest of these parts, one after the other; `None` for an algorithm that is not computed here.
    pub fn digest(self, parts: &[&[u8]]) -> Option<Vec<u8>> {
        fn of<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            for part in parts {
                hasher.update(part);
            }
            hasher.finalize().to_vec()
        }
        match self {
            Self::Md5 => Some(of::<Md5>(parts)),
            Self::Sha1 => Some(of::<Sha1>(parts)),
            Self::Sha256 => Some(of::<Sha256>(parts)),
            Self::Sha384 => Some(of::<Sha384>(parts)),
            Self::Sha512 => Some(of::<Sha512>(parts)),
            Self::Md2 | Self::Other => None,
        }
    }
}

/// The two digests under which Windows looks a file up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digests {
    /// SHA-1.
    pub sha1: [u8; 20],
    /// SHA-256.
    pub sha256: [u8; 32],
}

impl Digests {
    /// Both digests of these parts, one after the other.
    pub fn of(parts: &[&[u8]]) -> Self {
        let (mut sha1, mut sha256) = (Sha1::new(), Sha256::new());
        for part in parts {
            sha1.update(part);
            sha256.update(part);
        }
        Self { sha1: sha1.finalize().into(), sha256: sha256.finalize().into() }
    }

    /// The digest of one of the two algorithms.
    pub const fn get(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        match algorithm {
            DigestAlgorithm::Sha1 => Some(&self.sha1),
            DigestAlgorithm::Sha256 => Some(&self.sha256),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_parts_are_digests_of_the_whole() {
        let whole = DigestAlgorithm::Sha1.digest(&[b"abc"]).unwrap();
        assert_eq!(whole[..4], [0xa9, 0x99, 0x3e, 0x36]);
        assert_eq!(DigestAlgorithm::Sha1.digest(&[b"a", b"", b"bc"]).unwrap(), whole);
        let both = Digests::of(&[b"ab", b"c"]);
        assert_eq!(both.get(DigestAlgorithm::Sha1), Some(&whole[..]));
        assert_eq!(both.get(DigestAlgorithm::Sha256).map(<[u8]>::to_vec), DigestAlgorithm::Sha256.digest(&[b"abc"]));
        assert_eq!(both.get(DigestAlgorithm::Md5), None);
    }

    #[test]
    fn algorithms_are_known_by_identifier_and_length() {
        let of = |text: &str| DigestAlgorithm::from_oid(ObjectIdentifier::new(text).unwrap());
        assert_eq!(of("2.16.840.1.101.3.4.2.1"), DigestAlgorithm::Sha256);
        assert_eq!(of("1.2.840.113549.1.1.5"), DigestAlgorithm::Sha1);
        assert_eq!(of("1.2.3"), DigestAlgorithm::Other);
        for algorithm in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
            let length = algorithm.digest(&[]).unwrap().len();
            assert_eq!(DigestAlgorithm::from_length(length), Some(algorithm));
        }
    }
}
