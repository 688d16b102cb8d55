//! PKCS #7 SignedData as catalogs and embedded signatures use it: content, signers, timestamps, signatures inside.
//!
//! Nothing is verified against a trust store. What bytes can prove is read: who signed, with which digests, when, and
//! whether the signed digest of the content is that of the content at hand.

use x509_cert::Certificate as X509;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Tag};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::asn1::{self, Node};
use super::digest::DigestAlgorithm;

mod certificate;

pub use certificate::Certificate;

/// Object identifiers of PKCS #7, PKCS #9 and of Microsoft's additions.
mod oids {
    use x509_cert::der::asn1::ObjectIdentifier as Oid;

    pub const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
    pub const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
    pub const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");
    pub const COUNTER_SIGNATURE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.6");
    /// A whole SignedData over a TSTInfo (RFC 3161).
    pub const RFC3161_TIMESTAMP: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.3.3.1");
    /// A whole SignedData more, for another digest algorithm.
    pub const NESTED_SIGNATURE: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.2.4.1");
    /// SpcSpOpusInfo: what the signer calls the program.
    pub const OPUS_INFO: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.2.1.12");
}

/// Most certificates, signers and timestamps that are read from one SignedData.
const MAX_ITEMS: usize = 64;
/// How deep signatures within signatures are followed; Windows itself writes one level.
const MAX_NESTED: usize = 3;

/// One SignedData with its signers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedData<'a> {
    /// Content type.
    pub content_type: Option<ObjectIdentifier>,
    /// The element that is signed, tag and length included.
    pub content: &'a [u8],
    /// Its signatures, in file order; none in an unsigned catalog.
    pub signatures: Vec<Signature>,
    /// SignedData in its unsigned attributes: dual signatures.
    pub nested: Vec<SignedData<'a>>,
}

/// The signature of one signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Digest algorithm of the signer.
    pub digest: DigestAlgorithm,
    /// Object identifier of the signature algorithm, dotted.
    pub algorithm: String,
    /// Issuer of the signer's certificate, its common name.
    pub issuer: String,
    /// Serial number of that certificate, hex.
    pub serial: String,
    /// That certificate, when it is enclosed.
    pub certificate: Option<Certificate>,
    /// What the signer calls the program.
    pub program: Option<String>,
    /// Signing time that the signer claims.
    pub signing_time: Option<String>,
    /// The signed digest of the content is that of the content at hand; `None` when none is signed or it is not computed.
    pub content_matches: Option<bool>,
    /// Timestamps.
    pub timestamps: Vec<Timestamp>,
}

/// Kinds of timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampKind {
    /// A PKCS #9 countersignature.
    Authenticode,
    /// RFC 3161.
    Rfc3161,
}

/// When a signature existed, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Kind.
    pub kind: TimestampKind,
    /// The time, `2009-10-01T00:00:00Z`.
    pub time: Option<String>,
    /// Digest algorithm of the timestamp's signer.
    pub digest: DigestAlgorithm,
    /// Common name of its signer, when the certificate is enclosed.
    pub signer: Option<String>,
}

/// Reads a ContentInfo that holds SignedData. `None` for anything else; what is damaged inside goes to `problems`.
pub fn read<'a>(content_info: &Node<'a>, problems: &mut Vec<String>) -> Option<SignedData<'a>> {
    signed_data(content_info, 0, problems)
}

fn signed_data<'a>(content_info: &Node<'a>, depth: usize, problems: &mut Vec<String>) -> Option<SignedData<'a>> {
    let mut outer = content_info.children_of(Tag::Sequence);
    if outer.next()?.oid()? != oids::SIGNED_DATA {
        return None;
    }
    let body = outer.next()?.children().next()?;
    let mut fields = body.children_of(Tag::Sequence).skip_while(|n| n.tag != Tag::Sequence);
    let mut signed = SignedData::default();
    let mut content_info = fields.next()?.children();
    signed.content_type = content_info.next().and_then(|n| n.oid());
    let content = content_info.next().and_then(|wrapper| wrapper.children().next());
    signed.content = content.map_or(&[], |c| c.raw);

    let (mut certificates, mut signers) = (Vec::new(), None);
    for field in fields {
        if field.is_context(0) {
            certificates = read_certificates(&field, problems);
        } else if field.tag == Tag::Set {
            signers = Some(field);
        }
    }
    for signer in signers.iter().flat_map(Node::children).take(MAX_ITEMS) {
        let enclosed = Enclosed { content: content.map(|c| c.value), certificates: &certificates };
        match signer_info(&signer, &enclosed, problems) {
            Some(info) => {
                signed.signatures.push(info.signature);
                if depth < MAX_NESTED {
                    let inner = info.nested.iter().take(MAX_ITEMS);
                    signed.nested.extend(inner.filter_map(|n| signed_data(n, depth + 1, problems)));
                }
            }
            None => problems.push("a signer that cannot be read".to_owned()),
        }
    }
    Some(signed)
}

fn read_certificates(set: &Node<'_>, problems: &mut Vec<String>) -> Vec<X509> {
    let mut certificates = Vec::new();
    // Attribute certificates and the like have context tags.
    for node in set.children().filter(|n| n.tag == Tag::Sequence).take(MAX_ITEMS) {
        match X509::from_der(node.raw) {
            // Real catalogs hold the same one several times.
            Ok(certificate) if certificates.contains(&certificate) => {}
            Ok(certificate) => certificates.push(certificate),
            Err(error) => problems.push(format!("a certificate that cannot be read: {}", error.kind())),
        }
    }
    certificates
}

/// What a signer's entry refers to.
struct Enclosed<'a> {
    /// The value that is signed, without tag and length (PKCS #7, 9.3); `None` where it is not known.
    content: Option<&'a [u8]>,
    certificates: &'a [X509],
}

struct SignerInfo<'a> {
    signature: Signature,
    nested: Vec<Node<'a>>,
}

fn signer_info<'a>(node: &Node<'a>, enclosed: &Enclosed<'_>, problems: &mut Vec<String>) -> Option<SignerInfo<'a>> {
    let mut fields = node.children_of(Tag::Sequence).skip_while(|n| n.tag == Tag::Integer).peekable();
    let signer_id = fields.next()?;
    let digest = DigestAlgorithm::from_oid(fields.next()?.children().next()?.oid()?);
    let signed = fields.next_if(|n| n.is_context(0));
    let algorithm = fields.next()?.children().next()?.oid()?;
    let signature_value = fields.next()?;
    let unsigned = fields.next().filter(|n| n.is_context(1));

    let mut id = signer_id.children_of(Tag::Sequence);
    let (issuer, serial) = (id.next(), id.next());
    let issuer_name = issuer.and_then(|n| Name::from_der(n.raw).ok());
    let serial_number = serial.and_then(|n| SerialNumber::from_der(n.raw).ok());
    let certificate = enclosed.certificates.iter().find(|c| {
        Some(&c.tbs_certificate.issuer) == issuer_name.as_ref()
            && Some(&c.tbs_certificate.serial_number) == serial_number.as_ref()
    });
    let mut signature = Signature {
        digest,
        algorithm: algorithm.to_string(),
        issuer: issuer_name.as_ref().map(certificate::short_name).unwrap_or_default(),
        serial: serial.map(|n| asn1::hex(n.value)).unwrap_or_default(),
        certificate: certificate.map(Certificate::from_x509),
        program: None,
        signing_time: None,
        content_matches: None,
        timestamps: Vec::new(),
    };
    for (kind, value) in attributes(signed.as_ref()) {
        match kind {
            oids::MESSAGE_DIGEST if value.tag == Tag::OctetString => {
                let actual = enclosed.content.and_then(|content| digest.digest(&[content]));
                signature.content_matches = actual.map(|actual| actual == value.value);
            }
            oids::SIGNING_TIME => signature.signing_time = value.time(),
            oids::OPUS_INFO => signature.program = program_name(&value),
            _ => {}
        }
    }
    let mut nested = Vec::new();
    for (kind, value) in attributes(unsigned.as_ref()).take(MAX_ITEMS) {
        match kind {
            oids::COUNTER_SIGNATURE => {
                let within = Enclosed { content: Some(signature_value.value), certificates: enclosed.certificates };
                signature.timestamps.extend(countersignature(&value, &within, problems));
            }
            oids::RFC3161_TIMESTAMP => signature.timestamps.extend(rfc3161(&value, problems)),
            oids::NESTED_SIGNATURE => nested.push(value),
            _ => {}
        }
    }
    Some(SignerInfo { signature, nested })
}

/// The values of a set of attributes, each with its type.
fn attributes<'a>(set: Option<&Node<'a>>) -> impl Iterator<Item = (ObjectIdentifier, Node<'a>)> + use<'a> {
    let attributes = set.map(Node::children).into_iter().flatten();
    attributes.flat_map(|attribute| {
        let mut parts = attribute.children_of(Tag::Sequence);
        let kind = parts.next().and_then(|n| n.oid());
        let values = parts.next().map(|n| n.children()).into_iter().flatten();
        values.filter_map(move |value| Some((kind?, value)))
    })
}

/// `programName [0] SpcString` of SpcSpOpusInfo; SpcString is `[0]` BMPString or `[1]` IA5String, both implicit.
fn program_name(info: &Node<'_>) -> Option<String> {
    let name = info.children_of(Tag::Sequence).find(|n| n.is_context(0))?.children().next()?;
    let text = if name.is_context(0) {
        Node { tag: Tag::BmpString, ..name }.text()
    } else {
        Node { tag: Tag::Ia5String, ..name }.text()
    }?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(256).collect())
}

fn countersignature(node: &Node<'_>, within: &Enclosed<'_>, problems: &mut Vec<String>) -> Option<Timestamp> {
    // A countersignature of a countersignature is not looked for: those attributes are not part of this entry's result.
    let signature = counter_signer(node, within, problems)?;
    Some(Timestamp {
        kind: TimestampKind::Authenticode,
        time: signature.signing_time,
        digest: signature.digest,
        signer: signature.certificate.map(|c| c.subject),
    })
}

/// Reads a SignerInfo without its unsigned attributes, so that entries cannot nest.
fn counter_signer(node: &Node<'_>, within: &Enclosed<'_>, problems: &mut Vec<String>) -> Option<Signature> {
    let kept = node.children_of(Tag::Sequence).filter(|n| !n.is_context(1)).map(|n| n.raw.len()).sum::<usize>();
    // Unsigned attributes stand last.
    let shortened = Node { value: node.value.get(..kept)?, ..*node };
    signer_info(&shortened, within, problems).map(|info| info.signature)
}

/// SignedData over a TSTInfo: `SEQUENCE { version, policy, messageImprint, serialNumber, genTime, ... }`.
fn rfc3161(content_info: &Node<'_>, problems: &mut Vec<String>) -> Option<Timestamp> {
    let token = signed_data(content_info, MAX_NESTED, problems)?;
    let info = asn1::first(asn1::first(token.content).ok()?.value).ok()?;
    let time = info.children_of(Tag::Sequence).find(|n| n.tag == Tag::GeneralizedTime).and_then(|n| n.time());
    let signature = token.signatures.into_iter().next()?;
    Some(Timestamp {
        kind: TimestampKind::Rfc3161,
        time,
        digest: signature.digest,
        signer: signature.certificate.map(|c| c.subject),
    })
}

#[cfg(test)]
mod tests;
