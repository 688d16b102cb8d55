//! What signatures say: catalogs, signatures embedded in drivers, and whether a file is a member of a catalog.
//!
//! Read from bytes, without a trust store: a signer's name is what its certificate says, not proof of who it was.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use crate::formats::digest::{DigestAlgorithm, Digests};
use crate::formats::{authenticode, catalog, pkcs7};

mod encoding;
mod files;
mod index;

pub use files::{FileSigning, InfDigests};
pub use index::CatalogIndex;

/// A digest and its algorithm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileDigest {
    /// Algorithm.
    pub algorithm: DigestAlgorithm,
    /// The digest, in JSON as hex.
    #[serde(with = "encoding::hex")]
    pub value: Vec<u8>,
}

/// Who signed, with which digests, and when. Times as `2009-10-01T00:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Digest algorithm of the signer.
    pub digest: DigestAlgorithm,
    /// Common name of the signer; `None` when its certificate is not enclosed.
    pub signer: Option<String>,
    /// Common name of the certificate's issuer.
    pub issuer: String,
    /// Serial number of the certificate, hex.
    pub serial: String,
    /// The certificate is valid from this time on.
    pub not_before: Option<String>,
    /// ...and up to this one.
    pub not_after: Option<String>,
    /// Digest algorithm by which the certificate itself is signed.
    pub certificate_digest: Option<DigestAlgorithm>,
    /// Extended key usages of the certificate, dotted.
    pub usages: Vec<String>,
    /// Object identifier of the signature algorithm, dotted.
    pub algorithm: String,
    /// What the signer calls the program.
    pub program: Option<String>,
    /// The content at hand is the one that was signed; `None` when bytes do not tell.
    pub content_matches: Option<bool>,
    /// Timestamps.
    pub timestamps: Vec<Timestamp>,
    /// It stands in the unsigned attributes of another signature.
    pub is_nested: bool,
}

/// When a signature existed, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// RFC 3161; otherwise a PKCS #9 countersignature.
    pub is_rfc3161: bool,
    /// The time.
    pub time: Option<String>,
    /// Digest algorithm of the timestamp's signer.
    pub digest: DigestAlgorithm,
    /// Common name of its signer.
    pub signer: Option<String>,
}

impl Signature {
    fn new(signature: pkcs7::Signature, is_nested: bool) -> Self {
        let timestamps = signature.timestamps.into_iter().map(|t| Timestamp {
            is_rfc3161: t.kind == pkcs7::TimestampKind::Rfc3161,
            time: t.time,
            digest: t.digest,
            signer: t.signer,
        });
        let certificate = signature.certificate;
        Self {
            digest: signature.digest,
            issuer: signature.issuer,
            serial: signature.serial,
            not_before: certificate.as_ref().map(|c| c.not_before.clone()),
            not_after: certificate.as_ref().map(|c| c.not_after.clone()),
            certificate_digest: certificate.as_ref().map(|c| c.digest),
            usages: certificate.as_ref().map(|c| c.usages.clone()).unwrap_or_default(),
            signer: certificate.map(|c| c.subject),
            algorithm: signature.algorithm,
            program: signature.program,
            content_matches: signature.content_matches,
            timestamps: timestamps.collect(),
            is_nested,
        }
    }
}

/// What a catalog says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogFacts {
    /// What the file is instead, when it is no catalog; then all else is empty.
    pub not_a_catalog: Option<String>,
    /// Shape of its members: 1 names them by hex text, 2 by raw hash; `None` for another one.
    pub shape: Option<u8>,
    /// When it was made, `2009-10-01T00:00:00Z`.
    pub made: Option<String>,
    /// The catalog-wide attribute `OS`, parted at commas: `7X64`, `_v100_X64`.
    pub os: Vec<String>,
    /// The catalog-wide attributes `HWID1`...
    pub hardware_ids: Vec<String>,
    /// Every other catalog-wide attribute: name and value.
    pub attributes: Vec<(String, String)>,
    /// Members in file order.
    pub members: Vec<CatalogMember>,
    /// Signatures; none for an unsigned catalog.
    pub signatures: Vec<Signature>,
    /// What is damaged in it.
    pub problems: Vec<String>,
}

/// One member of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogMember {
    /// The attribute `File`, or the tag where it is a name; many catalogs have neither.
    pub file: Option<String>,
    /// The digests that it names, the tag first. A tag that is no digest is not among them.
    pub digests: Vec<FileDigest>,
    /// The attribute `OSAttr`, parted at commas: `2:6.0`, `2:6.1`.
    pub os_attributes: Vec<String>,
}

/// Where a file stands in a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The digest algorithms under which it is a member, weakest first; none when it is not.
    pub digests: Vec<DigestAlgorithm>,
    /// The names that the catalog has for it.
    pub files: Vec<String>,
    /// The OS attributes of those members.
    pub os_attributes: Vec<String>,
}

/// What a catalog says about a file of a known name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// It is a member.
    Member(Membership),
    /// The catalog lists its name with other digests: the file was changed, or is of another version.
    OtherDigest,
    /// The catalog names its members, and this name is not among them.
    NotListed,
    /// It is no member, and the catalog names none of its members: nothing tells whether one of them was this file.
    NoNames,
}

impl Membership {
    /// Looks for a file with these digests among some members.
    fn of<'a>(members: impl Iterator<Item = &'a CatalogMember>, digests: &Digests) -> Self {
        let mut found = Self::default();
        let mut algorithms = BTreeSet::new();
        for member in members {
            let hits = member.digests.iter().filter(|d| digests.get(d.algorithm) == Some(d.value.as_slice()));
            let hits: Vec<DigestAlgorithm> = hits.map(|d| d.algorithm).collect();
            if !hits.is_empty() {
                algorithms.extend(hits);
                add_new(&mut found.files, member.file.iter());
                add_new(&mut found.os_attributes, member.os_attributes.iter());
            }
        }
        found.digests = algorithms.into_iter().collect();
        found
    }

    /// It is a member.
    pub const fn is_member(&self) -> bool {
        !self.digests.is_empty()
    }
}

impl CatalogFacts {
    /// The file could be read as a catalog.
    pub const fn is_catalog(&self) -> bool {
        self.not_a_catalog.is_none()
    }

    /// There is a signature over it that its bytes do not contradict.
    pub fn is_signed(&self) -> bool {
        self.signatures.iter().any(|s| s.content_matches != Some(false))
    }

    /// Under which digests, names and OS attributes a file with these digests is a member.
    pub fn membership(&self, digests: &Digests) -> Membership {
        Membership::of(self.members.iter(), digests)
    }

    /// It lists a file of this name (without case), whatever its hash.
    pub fn lists_name(&self, name: &str) -> bool {
        self.members.iter().any(|m| m.file.as_deref().is_some_and(|file| file.eq_ignore_ascii_case(name)))
    }

    /// What it says about the file with this name and these digests.
    pub fn status(&self, name: &str, digests: &Digests) -> MemberStatus {
        let membership = self.membership(digests);
        if membership.is_member() {
            MemberStatus::Member(membership)
        } else if self.lists_name(name) {
            MemberStatus::OtherDigest
        } else if self.members.iter().any(|m| m.file.is_some()) {
            MemberStatus::NotListed
        } else {
            MemberStatus::NoNames
        }
    }

    /// Every OS attribute of its members, each once.
    pub fn os_attributes(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.members.iter().flat_map(|m| &m.os_attributes).map(String::as_str).collect();
        all.into_iter().collect()
    }
}

fn add_new<'a>(list: &mut Vec<String>, items: impl Iterator<Item = &'a String>) {
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

/// Reads a catalog; content never makes it fail.
pub fn read_catalog(bytes: &[u8]) -> CatalogFacts {
    let (catalog, problems) = match crate::formats::catch_panic(|| catalog::read(bytes)) {
        Some(Ok(read)) => read,
        Some(Err(reason)) => return CatalogFacts { not_a_catalog: Some(reason), ..CatalogFacts::default() },
        None => {
            let reason = "no readable catalog: the reader failed on it".to_owned();
            return CatalogFacts { not_a_catalog: Some(reason), ..CatalogFacts::default() };
        }
    };
    let mut facts = CatalogFacts {
        shape: catalog.shape.map(|shape| match shape {
            catalog::Shape::V1 => 1,
            catalog::Shape::V2 => 2,
        }),
        made: catalog.this_update,
        members: catalog.members.into_iter().map(member).collect(),
        problems,
        ..CatalogFacts::default()
    };
    for attribute in catalog.attributes {
        let name = attribute.name.to_ascii_uppercase();
        let number = name.strip_prefix("HWID").map(|n| n.bytes().all(|b| b.is_ascii_digit()));
        match (name.as_str(), number) {
            ("OS", _) => facts.os.extend(parts(&attribute.value)),
            (_, Some(true)) => facts.hardware_ids.push(attribute.value),
            _ => facts.attributes.push((attribute.name, attribute.value)),
        }
    }
    facts.signatures.extend(catalog.signatures.into_iter().map(|s| Signature::new(s, false)));
    facts.signatures.extend(catalog.nested.into_iter().map(|s| Signature::new(s, true)));
    facts
}

fn member(member: catalog::Member) -> CatalogMember {
    let tag = DigestAlgorithm::from_length(member.tag.len()).filter(|_| member.label.is_none());
    let tag = tag.map(|algorithm| FileDigest { algorithm, value: member.tag.clone() });
    let attribute =
        member.digest.as_ref().map(|(algorithm, value)| FileDigest { algorithm: *algorithm, value: value.clone() });
    let attribute = attribute.filter(|digest| Some(digest) != tag.as_ref());
    CatalogMember {
        os_attributes: member.attribute("OSAttr").map(|value| parts(value).collect()).unwrap_or_default(),
        file: member.attribute("File").map(str::to_owned).or(member.label),
        digests: tag.into_iter().chain(attribute).collect(),
    }
}

fn parts(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// What the signatures embedded in a driver say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddedSignature {
    /// Every signature with the digest of the file that it signs, in file order, nested ones after their host.
    pub signatures: Vec<FileSignature>,
    /// What is damaged, or why the file is no PE file.
    pub problems: Vec<String>,
}

/// One signature of a driver file.
///
/// JSON has the fields of the signature beside its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileSignature {
    /// The digest of the file, as signed.
    pub file_digest: Option<FileDigest>,
    /// The file at hand has that digest; `None` when there is none or it is not computed here.
    pub file_matches: Option<bool>,
    /// Who signed.
    pub signature: Signature,
}

/// Reads the signatures that are embedded in a PE file; content never makes it fail.
pub fn read_embedded(bytes: &[u8]) -> EmbeddedSignature {
    let (found, problems) = match crate::formats::catch_panic(|| authenticode::read(bytes)) {
        Some(Ok(read)) => read,
        Some(Err(reason)) => return EmbeddedSignature { problems: vec![reason], ..EmbeddedSignature::default() },
        None => {
            let problems = vec!["the reader of its signatures failed on it".to_owned()];
            return EmbeddedSignature { problems, ..EmbeddedSignature::default() };
        }
    };
    let mut facts = EmbeddedSignature { problems, ..EmbeddedSignature::default() };
    for embedded in found {
        let file_digest = embedded.file_digest.map(|(algorithm, value)| FileDigest { algorithm, value });
        let computed = file_digest.as_ref().and_then(|digest| authenticode::digest(bytes, digest.algorithm));
        let file_matches = computed.zip(file_digest.as_ref()).map(|(computed, digest)| computed == digest.value);
        let is_nested = embedded.is_nested;
        facts.signatures.extend(embedded.signatures.into_iter().map(|signature| FileSignature {
            file_digest: file_digest.clone(),
            file_matches,
            signature: Signature::new(signature, is_nested),
        }));
    }
    facts
}

/// The digests by which catalogs name a PE file; `None` when the bytes are none.
pub fn pe_hashes(bytes: &[u8]) -> Option<Digests> {
    authenticode::digests(bytes).ok()
}

/// The digests of a file as it stands: how catalogs name INF files and whatever is no PE file.
pub fn file_hashes(bytes: &[u8]) -> Digests {
    Digests::of(&[bytes])
}

#[cfg(test)]
mod tests;
