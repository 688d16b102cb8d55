//! Writing tiny DER for tests: elements, and a signed thing with a certificate, a timestamp and a signature inside.

use x509_cert::der::Encode;
use x509_cert::der::asn1::ObjectIdentifier;

use super::push_element;

pub(crate) fn element(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    push_element(&mut out, tag, &parts.concat());
    out
}

pub(crate) fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, parts)
}

pub(crate) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x31, parts)
}

/// `[number]`, constructed.
pub(crate) fn context(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(0xa0 | number, parts)
}

pub(crate) fn octets(value: &[u8]) -> Vec<u8> {
    element(0x04, &[value.to_vec()])
}

pub(crate) fn int(value: u8) -> Vec<u8> {
    element(0x02, &[vec![value]])
}

pub(crate) fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new(text).unwrap().to_der().unwrap()
}

pub(crate) fn bmp(text: &str) -> Vec<u8> {
    element(0x1e, &[text.encode_utf16().flat_map(u16::to_be_bytes).collect()])
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(0x0c, &[text.as_bytes().to_vec()])
}

pub(crate) fn utc(text: &str) -> Vec<u8> {
    element(0x17, &[text.as_bytes().to_vec()])
}

/// UTF-16LE with NUL, as values of attributes have it.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn name(common_name: &str) -> Vec<u8> {
    seq(&[set(&[seq(&[oid("2.5.4.3"), utf8(common_name)])])])
}

/// A certificate with serial number 7 and the two extended key usages of a driver signed by the developer portal.
pub(crate) fn certificate(subject: &str, issuer: &str) -> Vec<u8> {
    let algorithm = || seq(&[oid("1.2.840.113549.1.1.11"), vec![5, 0]]);
    let bits = |value: &[u8]| element(0x03, &[vec![0], value.to_vec()]);
    let usages = seq(&[oid("1.3.6.1.4.1.311.10.3.5"), oid("1.3.6.1.5.5.7.3.3")]);
    let body = seq(&[
        context(0, &[int(2)]),
        int(7),
        algorithm(),
        name(issuer),
        seq(&[utc("200102030405Z"), utc("300102030405Z")]),
        name(subject),
        seq(&[seq(&[oid("1.2.840.113549.1.1.1"), vec![5, 0]]), bits(&[0x30, 0])]),
        context(3, &[seq(&[seq(&[oid("2.5.29.37"), octets(&usages)])])]),
    ]);
    seq(&[body, algorithm(), bits(&[1, 2, 3])])
}

fn attribute(kind: &str, value: Vec<u8>) -> Vec<u8> {
    seq(&[oid(kind), set(&[value])])
}

/// What a signed thing consists of.
#[derive(Clone, Default)]
pub(crate) struct Signed {
    /// Content type and the content element.
    pub content: (&'static str, Vec<u8>),
    /// Digest algorithm identifier and the signed digest; none for an unsigned one.
    pub digest: Option<(&'static str, Vec<u8>)>,
    /// Unsigned attributes: kind and value.
    pub unsigned: Vec<(&'static str, Vec<u8>)>,
    /// Enclose the signer's certificate, twice as real catalogs do.
    pub with_certificate: bool,
}

impl Signed {
    /// A signer's entry by itself, as a countersignature is.
    pub(crate) fn signer_info(&self, signing_time: &str) -> Vec<u8> {
        let (algorithm, digest) = self.digest.clone().unwrap();
        let program = context(0, &[element(0x80, &[bmp("Driver")[2..].to_vec()])]);
        let mut parts = vec![
            int(1),
            seq(&[name("Issuer"), int(7)]),
            seq(&[oid(algorithm), vec![5, 0]]),
            context(
                0,
                &[
                    attribute("1.2.840.113549.1.9.4", octets(&digest)),
                    attribute("1.2.840.113549.1.9.5", utc(signing_time)),
                    attribute("1.3.6.1.4.1.311.2.1.12", seq(&[program])),
                ],
            ),
            seq(&[oid("1.2.840.113549.1.1.1"), vec![5, 0]]),
            octets(b"signature"),
        ];
        if !self.unsigned.is_empty() {
            let attributes = self.unsigned.iter().map(|(kind, value)| attribute(kind, value.clone()));
            parts.push(context(1, &attributes.collect::<Vec<_>>()));
        }
        seq(&parts)
    }

    /// The whole ContentInfo.
    pub(crate) fn build(&self) -> Vec<u8> {
        let (kind, content) = self.content.clone();
        let certificate = certificate("Signer", "Issuer");
        let mut parts = vec![int(1), set(&[]), seq(&[oid(kind), context(0, &[content])])];
        if self.with_certificate {
            parts.push(context(0, &[certificate.clone(), certificate]));
        }
        let signers = self.digest.iter().map(|_| self.signer_info("210102030405Z"));
        parts.push(set(&signers.collect::<Vec<_>>()));
        seq(&[oid("1.2.840.113549.1.7.2"), context(0, &[seq(&parts)])])
    }
}
