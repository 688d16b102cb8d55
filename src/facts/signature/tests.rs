//! Membership, and bytes that were changed at random.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::formats::asn1;
use crate::formats::asn1::build::{Signed, bmp, context, int, octets, oid, seq, set, utc, wide};

fn signed_catalog(file: &str, digests: &Digests) -> Vec<u8> {
    let pair = |name: &str, value: &str| seq(&[bmp(name), int(1), octets(&wide(value))]);
    let named = |name: &str, value: &str| seq(&[oid("1.3.6.1.4.1.311.12.2.1"), set(&[pair(name, value)])]);
    let member = |tag: &[u8]| seq(&[octets(tag), set(&[named("File", file), named("OSAttr", "2:6.1, 2:10.0")])]);
    let extension = |name: &str, value: &str| seq(&[oid("1.3.6.1.4.1.311.12.2.1"), octets(&pair(name, value))]);
    let content = seq(&[
        seq(&[oid("1.3.6.1.4.1.311.12.1.1")]),
        utc("091001000000Z"),
        seq(&[oid("1.3.6.1.4.1.311.12.1.3")]),
        seq(&[member(&digests.sha1), member(&digests.sha256), member(b"else")]),
        context(0, &[seq(&[extension("OS", "7X64,_v100_X64"), extension("HWID1", "pci\\x"), extension("DTC", "1")])]),
    ]);
    let digest = DigestAlgorithm::Sha1.digest(&[asn1::first(&content).unwrap().value]);
    let signed = Signed {
        content: ("1.3.6.1.4.1.311.10.1", content),
        digest: digest.map(|d| ("1.3.14.3.2.26", d)),
        unsigned: Vec::new(),
        with_certificate: true,
    };
    let inner = signed.build();
    Signed { unsigned: vec![("1.3.6.1.4.1.311.2.4.1", inner)], ..signed }.build()
}

#[test]
fn membership_tells_digests_names_and_os_attributes() {
    let digests = file_hashes(b"[Version]\r\n");
    let facts = read_catalog(&signed_catalog("x.inf", &digests));
    assert_eq!(facts.problems, Vec::<String>::new());
    let member = facts.membership(&digests);
    assert_eq!(member.digests, [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256]);
    assert_eq!(
        (member.files, member.os_attributes),
        (vec!["x.inf".to_owned()], vec!["2:6.1".to_owned(), "2:10.0".to_owned()])
    );
    // One line end makes another file of it.
    let changed = facts.membership(&file_hashes(b"[Version]\n"));
    assert!(!changed.is_member() && changed.files.is_empty());
    assert_eq!(facts.status("X.INF", &file_hashes(b"[Version]\n")), MemberStatus::OtherDigest);
    assert_eq!(facts.status("y.inf", &file_hashes(b"[Version]\n")), MemberStatus::NotListed);
    assert!(matches!(facts.status("y.inf", &digests), MemberStatus::Member(_)));
    let empty = CatalogFacts::default();
    assert_eq!(empty.status("x.inf", &digests), MemberStatus::NoNames);
    assert!(facts.lists_name("X.INF") && !facts.lists_name("y.inf"));
    assert_eq!(facts.os, ["7X64", "_v100_X64"]);
    assert_eq!(facts.hardware_ids, ["pci\\x"]);
    assert_eq!(facts.attributes, [("DTC".to_owned(), "1".to_owned())]);
    assert_eq!(facts.os_attributes(), ["2:10.0", "2:6.1"]);
    assert_eq!(facts.members[2].digests, []);
    assert!(facts.is_signed());
    let nested: Vec<_> = facts.signatures.iter().map(|s| (s.is_nested, s.content_matches)).collect();
    assert_eq!(nested, [(false, Some(true)), (true, Some(true))]);
}

#[test]
fn an_index_finds_what_each_catalog_finds() {
    let files: Vec<Digests> = [&b"a"[..], b"b", b"c"].iter().map(|bytes| file_hashes(bytes)).collect();
    let catalogs: Vec<CatalogFacts> =
        [0, 1, 0].iter().map(|file| read_catalog(&signed_catalog("x.inf", &files[*file]))).collect();
    let index = CatalogIndex::new(&catalogs);
    for (digests, expected) in files.iter().zip([&[0, 2][..], &[1], &[]]) {
        let found = index.find(digests);
        assert_eq!(found.iter().map(|(catalog, _)| *catalog).collect::<Vec<_>>(), expected);
        for (catalog, membership) in found {
            assert_eq!(membership, catalogs[catalog].membership(digests));
        }
    }
}

#[test]
fn facts_are_written_with_hex_and_names() {
    let digests = file_hashes(b"x");
    let json = serde_json::to_value(read_catalog(&signed_catalog("x.inf", &digests))).unwrap();
    assert_eq!(json["members"][0]["digests"][0]["algorithm"], "SHA-1");
    assert_eq!(json["members"][0]["digests"][0]["value"], asn1::hex(&digests.sha1));
    assert_eq!(json["signatures"][0]["signer"], "Signer");
}

#[test]
fn what_cannot_be_read_says_so() {
    assert_eq!(read_catalog(b"").not_a_catalog.as_deref(), Some("no catalog: an empty file"));
    assert!(!read_catalog(b"x").is_catalog());
    assert_eq!(read_embedded(b"x").problems, ["no PE file: it does not begin with MZ"]);
    assert_eq!(pe_hashes(b"x"), None);
}

/// A change of some bytes: where, and what comes there.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_panic(changes in mutations(), cut in any::<prop::sample::Index>(), cuts in any::<bool>()) {
        static CATALOG: LazyLock<Vec<u8>> = LazyLock::new(|| signed_catalog("x.inf", &file_hashes(b"x")));
        let mut bytes = CATALOG.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let read = crate::formats::catalog::read(&bytes);
        // Without the guard that read_catalog puts round it.
        prop_assert!(read.is_err() || read.is_ok());
        let mut file = vec![0u8; 0x200];
        file[..2].copy_from_slice(b"MZ");
        file[0x3c] = 0x40;
        file[0x40..0x44].copy_from_slice(b"PE\0\0");
        file[0x58..0x5a].copy_from_slice(&[0x0b, 0x02]);
        file[0x58 + 108] = 16;
        let size = (bytes.len() as u32 + 8).to_le_bytes();
        file[0x58 + 144..0x58 + 148].copy_from_slice(&0x200u32.to_le_bytes());
        file[0x58 + 148..0x58 + 152].copy_from_slice(&size);
        file.extend_from_slice(&size);
        file.extend_from_slice(&[0, 2, 2, 0]);
        file.extend_from_slice(&bytes);
        let _ = crate::formats::authenticode::read(&file);
    }
}
