//! Catalogs (.cat): a PKCS #7 SignedData, often signed, whose content is a certificate trust list of file hashes.
//!
//! Two shapes exist (DEPENDENCIES.md 4): `1.3.6.1.4.1.311.12.1.2` names a member by its hash as hex text in UTF-16LE,
//! `...12.1.3` by the raw hash, and can list a file once for SHA-1 and once for SHA-256. The hash attribute does not stand
//! on every member, the tag does.

use x509_cert::der::Tag;
use x509_cert::der::asn1::ObjectIdentifier;

use super::asn1::{self, Node, Nodes};
use super::digest::DigestAlgorithm;
use super::pkcs7::{self, Signature, SignedData};

mod other;

pub use other::what_it_is;

mod oids {
    use x509_cert::der::asn1::ObjectIdentifier as Oid;

    /// Content type: certificate trust list.
    pub const CTL: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.10.1");
    /// Subject usage of a catalog.
    pub const CATALOG_LIST: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.12.1.1");
    pub const MEMBERS_V1: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.12.1.2");
    pub const MEMBERS_V2: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.12.1.3");
    pub const NAME_VALUE: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.12.2.1");
    pub const MEMBER_INFO: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.12.2.2");
    pub const INDIRECT_DATA: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.2.1.4");
}

/// Most members that are kept; the largest update catalogs have some 20,000.
const MAX_MEMBERS: usize = 200_000;
/// Most attributes of one member or of the catalog that are kept; HWID lists have some hundreds.
const MAX_ATTRIBUTES: usize = 16_384;
/// Longest name or value of an attribute that is kept, in characters.
const MAX_TEXT: usize = 4_096;

/// How members are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `1.3.6.1.4.1.311.12.1.2`: hash as hex text.
    V1,
    /// `1.3.6.1.4.1.311.12.1.3`: raw hash.
    V2,
}

/// What a catalog says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// How members are named; `None` for another algorithm.
    pub shape: Option<Shape>,
    /// Its subject usage says that it is a catalog.
    pub is_catalog_list: bool,
    /// List identifier, as it stands.
    pub list_identifier: Vec<u8>,
    /// When it was made, `2009-10-01T00:00:00Z`.
    pub this_update: Option<String>,
    /// Members in file order, one for each file name and tag.
    pub members: Vec<Member>,
    /// Catalog-wide attributes in file order: `OS`, `HWID1`...
    pub attributes: Vec<Attribute>,
    /// Signatures over this list; none in an unsigned catalog.
    pub signatures: Vec<Signature>,
    /// Signatures in the unsigned attributes of those.
    pub nested: Vec<Signature>,
}

/// An attribute of a catalog or of a member (`CAT_NAMEVALUE`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `File`, `OSAttr`, `HWID1`...
    pub name: String,
    /// Value.
    pub value: String,
}

/// One member of a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its tag: the hash that it names, whether as text or raw; other tags as they stand.
    pub tag: Vec<u8>,
    /// The tag as text where it is a name and no hash, as in catalogs of the nineties.
    pub label: Option<String>,
    /// Digest algorithm and digest of the hash attribute.
    pub digest: Option<(DigestAlgorithm, Vec<u8>)>,
    /// Subject type GUID of the member info.
    pub subject_type: Option<String>,
    /// Attributes in file order.
    pub attributes: Vec<Attribute>,
}

impl Member {
    /// The value of an attribute, its name without case.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| a.value.as_str())
    }
}

/// Reads a catalog. `Err` says what the bytes are instead; what is damaged inside goes to the problems.
pub fn read(bytes: &[u8]) -> Result<(Catalog, Vec<String>), String> {
    if let Some(other) = what_it_is(bytes) {
        return Err(format!("no catalog: {other}"));
    }
    let damaged = || "no readable catalog: the ASN.1 structure ends early".to_owned();
    let bytes = asn1::with_definite_lengths(bytes).ok_or_else(damaged)?;
    let root = asn1::first(&bytes).map_err(|reason| format!("no readable catalog: {reason}"))?;
    let mut problems = Vec::new();
    let signed = pkcs7::read(&root, &mut problems).ok_or("no catalog: ASN.1, but no PKCS #7 signed data")?;
    if signed.content_type != Some(oids::CTL) {
        let kind = signed.content_type.map_or_else(|| "unknown".to_owned(), |oid| oid.to_string());
        return Err(format!("no catalog: PKCS #7 signed data whose content ({kind}) is no certificate trust list"));
    }
    problems.extend(asn1::damage(&root).map(|reason| format!("damaged inside: {reason}")));
    let behind = bytes.len() - root.raw.len();
    if behind > 0 {
        problems.push(format!("{behind} bytes stand behind the catalog"));
    }
    let mut catalog = Catalog::default();
    match asn1::first(signed.content) {
        Ok(list) => trust_list(&list, &mut catalog, &mut problems),
        Err(_) => problems.push("the certificate trust list is empty".to_owned()),
    }
    nested(&signed, &mut catalog.nested);
    catalog.signatures = signed.signatures;
    Ok((catalog, problems))
}

fn nested(signed: &SignedData<'_>, out: &mut Vec<Signature>) {
    for inner in &signed.nested {
        out.extend(inner.signatures.iter().cloned());
        nested(inner, out);
    }
}

/// `CertificateTrustList`: optional version, usage, optional list identifier, optional sequence number, times, algorithm,
/// optional members, `[0]` extensions.
fn trust_list(list: &Node<'_>, catalog: &mut Catalog, problems: &mut Vec<String>) {
    let mut fields = list.children_of(Tag::Sequence).skip_while(|n| n.tag == Tag::Integer);
    let usage = fields.next();
    catalog.is_catalog_list = usage.is_some_and(|u| u.children().any(|n| n.oid() == Some(oids::CATALOG_LIST)));
    if !catalog.is_catalog_list {
        problems.push("the certificate trust list does not say that it is a catalog".to_owned());
    }
    let mut sequences = 0;
    for field in fields {
        match field.tag {
            Tag::OctetString => catalog.list_identifier = field.value.to_vec(),
            Tag::UtcTime | Tag::GeneralizedTime if catalog.this_update.is_none() => catalog.this_update = field.time(),
            Tag::Sequence if sequences == 0 => {
                sequences += 1;
                catalog.shape = match field.children().next().and_then(|n| n.oid()) {
                    Some(oids::MEMBERS_V1) => Some(Shape::V1),
                    Some(oids::MEMBERS_V2) => Some(Shape::V2),
                    _ => None,
                };
            }
            Tag::Sequence => read_members(&field, catalog, problems),
            _ if field.is_context(0) => {
                let extensions = field.children().next().map(|n| n.children()).into_iter().flatten();
                catalog.attributes = extensions.filter_map(|e| extension(&e)).take(MAX_ATTRIBUTES).collect();
            }
            _ => {}
        }
    }
}

/// A name and value as extension: `SEQUENCE { oid, [critical], OCTET STRING { CAT_NAMEVALUE } }`.
fn extension(node: &Node<'_>) -> Option<Attribute> {
    let mut parts = node.children_of(Tag::Sequence);
    if parts.next()?.oid()? != oids::NAME_VALUE {
        return None;
    }
    let value = parts.find(|n| n.tag == Tag::OctetString)?;
    name_value(&asn1::first(value.value).ok()?)
}

/// `CAT_NAMEVALUE`: `SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value in UTF-16LE }`.
fn name_value(node: &Node<'_>) -> Option<Attribute> {
    let mut parts = node.children_of(Tag::Sequence);
    let name = parts.next()?.text()?;
    let value = asn1::utf16le(parts.find(|n| n.tag == Tag::OctetString)?.value);
    let kept = |text: String| if text.len() > MAX_TEXT { text.chars().take(MAX_TEXT).collect() } else { text };
    Some(Attribute { name: kept(name), value: kept(value) })
}

fn read_members(list: &Node<'_>, catalog: &mut Catalog, problems: &mut Vec<String>) {
    // The same member can stand there twice; HashMap is for looking up only, the order is that of the file.
    let mut known = std::collections::HashMap::new();
    let mut nodes = list.children_of(Tag::Sequence);
    let mut unreadable = 0;
    for node in Nodes::by_ref(&mut nodes).take(MAX_MEMBERS) {
        let Some(member) = read_member(&node) else {
            unreadable += 1;
            continue;
        };
        let key = (member.tag.clone(), member.attribute("File").map(str::to_ascii_lowercase));
        match known.get(&key).and_then(|at: &usize| catalog.members.get_mut(*at)) {
            None => {
                known.insert(key, catalog.members.len());
                catalog.members.push(member);
            }
            Some(first) => {
                first.digest = first.digest.take().or(member.digest);
                let more = member.attributes.into_iter().filter(|a| !first.attributes.contains(a));
                let more: Vec<Attribute> = more.collect();
                first.attributes.extend(more);
            }
        }
    }
    if unreadable > 0 {
        problems.push(format!("{unreadable} of its members cannot be read"));
    }
    if nodes.next().is_some() {
        problems.push(format!("only the first {MAX_MEMBERS} members were read"));
    }
}

/// `SEQUENCE { OCTET STRING tag, SET OF attribute }`.
fn read_member(node: &Node<'_>) -> Option<Member> {
    let mut parts = node.children_of(Tag::Sequence);
    let tag = parts.next().filter(|n| n.tag == Tag::OctetString)?.value;
    let mut member = match hash_in_text(tag) {
        Some(hash) => Member { tag: hash, ..Member::default() },
        None => Member { tag: tag.to_vec(), label: label(tag), ..Member::default() },
    };
    for attribute in parts.next().iter().flat_map(|set| set.children_of(Tag::Set)).take(MAX_ATTRIBUTES) {
        let mut parts = attribute.children_of(Tag::Sequence);
        let kind: Option<ObjectIdentifier> = parts.next().and_then(|n| n.oid());
        for value in parts.next().iter().flat_map(|set| set.children_of(Tag::Set)) {
            match kind {
                Some(oids::NAME_VALUE) => member.attributes.extend(name_value(&value)),
                Some(oids::MEMBER_INFO) => {
                    member.subject_type = value.children_of(Tag::Sequence).next().and_then(|n| n.text());
                }
                Some(oids::INDIRECT_DATA) => member.digest = indirect_digest(&value),
                _ => {}
            }
        }
    }
    Some(member)
}

/// Digest algorithm and digest of `SpcIndirectDataContent`: `SEQUENCE { data, SEQUENCE { SEQUENCE { oid }, OCTET STRING } }`.
pub(super) fn indirect_digest(node: &Node<'_>) -> Option<(DigestAlgorithm, Vec<u8>)> {
    let mut info = node.children_of(Tag::Sequence).nth(1)?.children_of(Tag::Sequence);
    let algorithm = DigestAlgorithm::from_oid(info.next()?.children().next()?.oid()?);
    let digest = info.next().filter(|n| n.tag == Tag::OctetString)?;
    Some((algorithm, digest.value.to_vec()))
}

/// The bytes of a hash that a tag spells in hex, in UTF-16LE with or without NUL.
fn hash_in_text(tag: &[u8]) -> Option<Vec<u8>> {
    let units: Vec<u8> = tag.chunks(2).map(|pair| if pair.get(1) == Some(&0) { pair[0] } else { 0xff }).collect();
    let digits = units.strip_suffix(&[0]).unwrap_or(&units);
    DigestAlgorithm::from_length(digits.len() / 2)?;
    let pairs = digits.chunks(2).map(|pair| {
        let text =
            std::str::from_utf8(pair).ok().filter(|t| t.len() == 2 && t.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u8::from_str_radix(text, 16).ok()
    });
    pairs.collect()
}

/// The text of a tag that is UTF-16LE with a NUL at its end, which no raw hash is.
fn label(tag: &[u8]) -> Option<String> {
    let text = asn1::utf16le(tag.strip_suffix(&[0, 0])?);
    let readable = !text.is_empty() && !text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
    (readable && text.encode_utf16().count() * 2 + 2 == tag.len()).then_some(text)
}

#[cfg(test)]
mod tests;
