//! Digests and certificate tables of PE files made here.

use super::super::asn1::build::{Signed, octets, oid, seq};
use super::*;

/// Headers of a PE file (64-bit or not) of 0x200 bytes, then a body.
fn pe(is_64: bool, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0u8; 0x200];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x40;
    bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
    let optional = 0x40 + 24;
    bytes[optional..optional + 2].copy_from_slice(&(if is_64 { 0x20bu16 } else { 0x10b }).to_le_bytes());
    bytes[optional + if is_64 { 108 } else { 92 }] = 16;
    bytes[optional + 64..optional + 68].copy_from_slice(&[0xc5; 4]);
    bytes.extend_from_slice(body);
    bytes
}

/// Appends a certificate table with these PKCS #7 entries.
fn sign(mut bytes: Vec<u8>, is_64: bool, entries: &[Vec<u8>]) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let offset = bytes.len() as u32;
    for entry in entries {
        bytes.extend_from_slice(&(entry.len() as u32 + 8).to_le_bytes());
        bytes.extend_from_slice(&0x200u16.to_le_bytes());
        bytes.extend_from_slice(&2u16.to_le_bytes());
        bytes.extend_from_slice(entry);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let size = bytes.len() as u32 - offset;
    let directory = 0x40 + 24 + if is_64 { 112 } else { 96 } + 32;
    bytes[directory..directory + 4].copy_from_slice(&offset.to_le_bytes());
    bytes[directory + 4..directory + 8].copy_from_slice(&size.to_le_bytes());
    bytes
}

fn signature(algorithm: &'static str, digest: &[u8]) -> Signed {
    let info = seq(&[seq(&[oid(algorithm)]), octets(digest)]);
    let content = seq(&[seq(&[oid("1.3.6.1.4.1.311.2.1.15")]), info]);
    Signed {
        content: ("1.3.6.1.4.1.311.2.1.4", content),
        digest: Some((algorithm, vec![0; 20])),
        unsigned: Vec::new(),
        with_certificate: true,
    }
}

#[test]
fn signing_does_not_change_the_digest() {
    for is_64 in [false, true] {
        let unsigned = pe(is_64, b"body of eleven");
        let digests = digests(&unsigned).unwrap();
        let mut signed = sign(unsigned.clone(), is_64, &[vec![0x30, 0], vec![0x30, 0]]);
        assert_eq!(super::digests(&signed).unwrap(), digests, "padding, table and its entry");
        signed[0x40 + 24 + 64] ^= 0xff;
        assert_eq!(super::digests(&signed).unwrap(), digests, "checksum");
        signed[0x200] ^= 1;
        assert_ne!(super::digests(&signed).unwrap(), digests, "body");
        assert_eq!(digest(&unsigned, DigestAlgorithm::Sha1).unwrap(), digests.sha1);
        assert_eq!(digest(&unsigned, DigestAlgorithm::Other), None);
    }
}

#[test]
fn several_entries_and_nested_signatures_are_read() {
    let (sha1, sha256) = ("1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1");
    let file = pe(true, b"body");
    let digests = digests(&file).unwrap();
    let inner = signature(sha256, &digests.sha256);
    let outer = Signed { unsigned: vec![("1.3.6.1.4.1.311.2.4.1", inner.build())], ..signature(sha1, &digests.sha1) };
    let signed = sign(file, true, &[outer.build(), signature(sha256, &[9; 32]).build()]);
    let (found, problems) = read(&signed).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let found: Vec<_> =
        found.iter().map(|s| (s.file_digest.clone().unwrap(), s.is_nested, s.signatures.len())).collect();
    assert_eq!(
        found,
        [
            ((DigestAlgorithm::Sha1, digests.sha1.to_vec()), false, 1),
            ((DigestAlgorithm::Sha256, digests.sha256.to_vec()), true, 1),
            ((DigestAlgorithm::Sha256, vec![9; 32]), false, 1),
        ]
    );
}

#[test]
fn damaged_tables_are_problems() {
    let table = |change: fn(&mut Vec<u8>)| {
        let mut bytes = sign(pe(false, b"12345678"), false, &[signature("1.3.14.3.2.26", &[0; 20]).build()]);
        change(&mut bytes);
        read(&bytes).unwrap().1.join(";")
    };
    assert_eq!(table(|_| ()), "");
    assert!(table(|b| b.truncate(0x210)).contains("beyond the end"));
    assert!(table(|b| b[0x208] = 3).contains("wrong length"));
    assert!(table(|b| b[0x20e] = 1).contains("type 1"));
    assert!(table(|b| b[0x210] = 4).contains("no PKCS #7"));
    assert!(table(|b| b[0x211] = 0x85).contains("cannot be read"));
}

#[test]
fn what_is_no_pe_file_is_named() {
    let mut no_header = pe(true, b"");
    no_header[0x40] = b'N';
    let mut odd = pe(true, b"");
    odd[0x58] = 7;
    for (bytes, expected) in [
        (&b""[..], "begin with MZ"),
        (b"MZ", "ends early"),
        (&no_header, "no PE header"),
        (&odd, "unknown kind"),
        (&pe(true, b"")[..0xb0], "ends early"),
    ] {
        let error = digests(bytes).unwrap_err();
        assert!(error.contains(expected), "{error} / {expected}");
        assert!(read(bytes).is_err());
    }
    assert_eq!(read(&pe(true, b"")).unwrap(), (Vec::new(), Vec::new()));
}
