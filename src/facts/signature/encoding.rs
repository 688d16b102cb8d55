//! How digests are written: as hex and by name in JSON, as bytes and numbers where facts are kept for the next run.

use serde::de::Error as _;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DigestAlgorithm, Digests, FileDigest, FileSignature, Signature};
use crate::formats::asn1;

/// Numbers of algorithms in kept facts: places in this list.
const ALGORITHMS: [DigestAlgorithm; 7] = [
    DigestAlgorithm::Md2,
    DigestAlgorithm::Md5,
    DigestAlgorithm::Sha1,
    DigestAlgorithm::Sha256,
    DigestAlgorithm::Sha384,
    DigestAlgorithm::Sha512,
    DigestAlgorithm::Other,
];

impl Serialize for DigestAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(self.name());
        }
        let number = (0..).zip(ALGORITHMS).find(|(_, known)| known == self).map_or(u8::MAX, |(number, _)| number);
        serializer.serialize_u8(number)
    }
}

impl<'de> Deserialize<'de> for DigestAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        ALGORITHMS.get(usize::from(number)).copied().ok_or_else(|| D::Error::custom("no digest algorithm"))
    }
}

impl Serialize for Digests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (self.sha1, self.sha256).serialize(serializer);
        }
        let mut fields = serializer.serialize_struct("Digests", 2)?;
        fields.serialize_field("sha1", &asn1::hex(&self.sha1))?;
        fields.serialize_field("sha256", &asn1::hex(&self.sha256))?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (sha1, sha256) = Deserialize::deserialize(deserializer)?;
        Ok(Self { sha1, sha256 })
    }
}

/// Bytes that JSON shows as hex.
pub(super) mod hex {
    use super::{Deserialize, Deserializer, Serialize, Serializer, asn1};

    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&asn1::hex(bytes))
        } else {
            bytes.serialize(serializer)
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Vec::deserialize(deserializer)
    }
}

impl Serialize for FileSignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            file_digest: &'a Option<FileDigest>,
            file_matches: Option<bool>,
            #[serde(flatten)]
            signature: &'a Signature,
        }
        let Self { file_digest, file_matches, signature } = self;
        if serializer.is_human_readable() {
            Flat { file_digest, file_matches: *file_matches, signature }.serialize(serializer)
        } else {
            (file_digest, file_matches, signature).serialize(serializer)
        }
    }
}
