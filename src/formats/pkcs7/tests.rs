//! Signers, timestamps and signatures inside.

use super::super::asn1::build::{Signed, context, element, int, octets, oid, seq};
use super::super::digest::DigestAlgorithm;
use super::*;

const SHA1: &str = "1.3.14.3.2.26";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const DATA: &str = "1.2.840.113549.1.7.1";

fn signed(content: &[u8], of: &[u8]) -> Signed {
    Signed {
        content: (DATA, octets(content)),
        digest: Some((SHA256, DigestAlgorithm::Sha256.digest(&[of]).unwrap())),
        unsigned: Vec::new(),
        with_certificate: true,
    }
}

fn read_all(bytes: &[u8]) -> (SignedData<'_>, Vec<String>) {
    let mut problems = Vec::new();
    let read = read(&asn1::first(bytes).unwrap(), &mut problems).unwrap();
    (read, problems)
}

#[test]
fn a_signer_is_read_with_its_certificate() {
    let bytes = signed(b"content", b"content").build();
    let (read, problems) = read_all(&bytes);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(read.content, octets(b"content"));
    let [signature] = &read.signatures[..] else { panic!("{read:?}") };
    assert_eq!(signature.digest, DigestAlgorithm::Sha256);
    assert_eq!((signature.issuer.as_str(), signature.serial.as_str()), ("Issuer", "07"));
    assert_eq!(signature.program.as_deref(), Some("Driver"));
    assert_eq!(signature.signing_time.as_deref(), Some("2021-01-02T03:04:05Z"));
    assert_eq!(signature.content_matches, Some(true));
    let certificate = signature.certificate.as_ref().unwrap();
    assert_eq!((certificate.subject.as_str(), certificate.issuer.as_str()), ("Signer", "Issuer"));
    assert_eq!(certificate.not_before, "2020-01-02T03:04:05Z");
    assert_eq!(certificate.digest, DigestAlgorithm::Sha256);
    assert_eq!(certificate.usages, ["1.3.6.1.4.1.311.10.3.5", "1.3.6.1.5.5.7.3.3"]);
}

#[test]
fn other_content_than_the_signed_one_is_told() {
    let other = signed(b"edited afterwards", b"content").build();
    assert_eq!(read_all(&other).0.signatures[0].content_matches, Some(false));
    let unknown = Signed { digest: Some(("1.2.3.4", vec![1])), with_certificate: false, ..signed(b"c", b"c") }.build();
    let (read, _) = read_all(&unknown);
    assert_eq!(read.signatures[0].content_matches, None);
    assert_eq!(read.signatures[0].digest, DigestAlgorithm::Other);
    assert_eq!(read.signatures[0].certificate, None);
}

#[test]
fn both_kinds_of_timestamps_and_dual_signatures_are_read() {
    let token_info = seq(&[int(1), oid("1.2.3"), seq(&[]), int(9), element(0x18, &[b"20221231235959.5Z".to_vec()])]);
    let token = Signed { content: ("1.2.840.113549.1.9.16.1.4", octets(&token_info)), ..signed(b"", &token_info) };
    let counter = Signed { digest: Some((SHA1, vec![0; 20])), ..signed(b"", b"") };
    let inner = Signed { digest: Some((SHA1, vec![0; 20])), ..signed(b"content", b"") };
    let outer = Signed {
        unsigned: vec![
            ("1.2.840.113549.1.9.6", counter.signer_info("190102030405Z")),
            ("1.3.6.1.4.1.311.3.3.1", token.build()),
            ("1.3.6.1.4.1.311.2.4.1", inner.build()),
            ("1.2.3.4", octets(b"unknown")),
        ],
        ..signed(b"content", b"content")
    };
    let bytes = outer.build();
    let (read, problems) = read_all(&bytes);
    assert_eq!(problems, Vec::<String>::new());
    let times: Vec<_> =
        read.signatures[0].timestamps.iter().map(|t| (t.kind, t.time.clone().unwrap(), t.digest)).collect();
    assert_eq!(
        times,
        [
            (TimestampKind::Authenticode, "2019-01-02T03:04:05Z".to_owned(), DigestAlgorithm::Sha1),
            (TimestampKind::Rfc3161, "2022-12-31T23:59:59Z".to_owned(), DigestAlgorithm::Sha256),
        ]
    );
    assert!(read.signatures[0].timestamps.iter().all(|t| t.signer.as_deref() == Some("Signer")));
    let [nested] = &read.nested[..] else { panic!("{read:?}") };
    assert_eq!(nested.signatures[0].digest, DigestAlgorithm::Sha1);
}

#[test]
fn nesting_ends() {
    let mut bytes = signed(b"c", b"c").build();
    for _ in 0..10 {
        bytes = Signed { unsigned: vec![("1.3.6.1.4.1.311.2.4.1", bytes)], ..signed(b"c", b"c") }.build();
    }
    let (read, _) = read_all(&bytes);
    let (mut depth, mut inner) = (0, &read);
    while let Some(next) = inner.nested.first() {
        (depth, inner) = (depth + 1, next);
    }
    assert_eq!(depth, MAX_NESTED);
}

#[test]
fn what_is_no_signed_data_is_none_and_what_is_damaged_is_a_problem() {
    let mut problems = Vec::new();
    for bytes in [seq(&[]), seq(&[oid("1.2.3")]), seq(&[oid("1.2.840.113549.1.7.2")]), octets(b"x")] {
        assert_eq!(read(&asn1::first(&bytes).unwrap(), &mut problems), None);
    }
    assert_eq!(problems, Vec::<String>::new());
    let body = seq(&[int(1), seq(&[oid(DATA)]), context(0, &[seq(&[int(1)])]), element(0x31, &[seq(&[int(1)])])]);
    let bytes = seq(&[oid("1.2.840.113549.1.7.2"), context(0, &[body])]);
    // Without the set of digest algorithms: the content is found all the same.
    let (read, problems) = read_all(&bytes);
    assert_eq!(read.content_type.unwrap().to_string(), DATA);
    assert_eq!(problems.len(), 2, "{problems:?}");
}
