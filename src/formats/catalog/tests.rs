//! Both shapes of catalogs, and what bends them.

use super::super::asn1::build::{Signed, bmp, context, int, octets, oid, seq, set, utc, wide};
use super::*;

const CATALOG_LIST: &str = "1.3.6.1.4.1.311.12.1.1";
const V1: &str = "1.3.6.1.4.1.311.12.1.2";
const V2: &str = "1.3.6.1.4.1.311.12.1.3";
const CTL: &str = "1.3.6.1.4.1.311.10.1";

fn pair(name: &str, value: &str) -> Vec<u8> {
    seq(&[bmp(name), int(1), octets(&wide(value))])
}

fn attribute(kind: &str, value: Vec<u8>) -> Vec<u8> {
    seq(&[oid(kind), set(&[value])])
}

fn named(name: &str, value: &str) -> Vec<u8> {
    attribute("1.3.6.1.4.1.311.12.2.1", pair(name, value))
}

fn hash(algorithm: &str, digest: &[u8]) -> Vec<u8> {
    let data = seq(&[oid("1.3.6.1.4.1.311.2.1.15")]);
    attribute("1.3.6.1.4.1.311.2.1.4", seq(&[data, seq(&[seq(&[oid(algorithm)]), octets(digest)])]))
}

fn one(tag: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    seq(&[octets(tag), set(attributes)])
}

fn list(usage: &str, algorithm: &str, members: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = extensions.iter().map(|e| seq(&[oid("1.3.6.1.4.1.311.12.2.1"), octets(e)]));
    seq(&[
        seq(&[oid(usage)]),
        octets(b"list id"),
        utc("091001000000Z"),
        seq(&[oid(algorithm), vec![5, 0]]),
        seq(members),
        context(0, &[seq(&extensions.collect::<Vec<_>>())]),
    ])
}

fn catalog(content: Vec<u8>) -> Vec<u8> {
    Signed { content: (CTL, content), ..Signed::default() }.build()
}

#[test]
fn the_old_shape_names_members_by_hex_text() {
    let members = [
        one(
            &wide(&"AB".repeat(20)),
            &[named("File", "x.sys"), named("OSAttr", "2:6.0,2:6.1"), hash("1.3.14.3.2.26", &[0xab; 20])],
        ),
        one(&wide(&"cd".repeat(32)), &[named("File", "x.sys")]),
        one(&wide("x.sys"), &[hash("1.3.14.3.2.26", &[0xab; 20])]),
        one(&wide(&"zz".repeat(20)), &[]),
    ];
    let bytes = catalog(list(CATALOG_LIST, V1, &members, &[pair("OS", "7X64"), pair("HWID1", "pci\\x")]));
    let (catalog, problems) = read(&bytes).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!((catalog.shape, catalog.is_catalog_list), (Some(Shape::V1), true));
    assert_eq!(catalog.this_update.as_deref(), Some("2009-10-01T00:00:00Z"));
    assert_eq!(catalog.list_identifier, b"list id");
    let pairs: Vec<_> = catalog.attributes.iter().map(|a| (a.name.as_str(), a.value.as_str())).collect();
    assert_eq!(pairs, [("OS", "7X64"), ("HWID1", "pci\\x")]);
    let [sha1, sha256, label, no_hash] = &catalog.members[..] else { panic!("{catalog:?}") };
    assert_eq!(sha1.tag, [0xab; 20]);
    assert_eq!(sha1.digest, Some((DigestAlgorithm::Sha1, vec![0xab; 20])));
    assert_eq!(sha1.attribute("osattr"), Some("2:6.0,2:6.1"));
    assert_eq!((sha256.tag.as_slice(), &sha256.digest), (&[0xcd; 32][..], &None));
    assert_eq!(label.label.as_deref(), Some("x.sys"));
    assert_eq!(no_hash.label, Some("zz".repeat(20)));
    assert!(catalog.signatures.is_empty());
}

#[test]
fn the_new_shape_names_members_by_raw_hash_and_lists_a_file_twice() {
    let members = [
        one(&[1; 20], &[named("File", "x.inf")]),
        one(&[2; 32], &[named("File", "x.inf"), hash("2.16.840.1.101.3.4.2.1", &[2; 32])]),
        // The same file and tag again, with what the first one lacks.
        one(&[1; 20], &[named("File", "X.INF"), named("OSAttr", "2:10.0")]),
    ];
    let bytes = catalog(list(CATALOG_LIST, V2, &members, &[]));
    let (catalog, problems) = read(&bytes).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(catalog.shape, Some(Shape::V2));
    let [sha1, sha256] = &catalog.members[..] else { panic!("{catalog:?}") };
    assert_eq!((sha1.tag.len(), &sha1.digest), (20, &None));
    assert_eq!(sha1.attribute("OSAttr"), Some("2:10.0"));
    assert_eq!(sha256.digest.as_ref().unwrap().0, DigestAlgorithm::Sha256);
}

#[test]
fn signatures_over_a_list_are_read() {
    let content = list(CATALOG_LIST, V1, &[], &[]);
    let value = asn1::first(&content).unwrap().value.to_vec();
    let digest = DigestAlgorithm::Md5.digest(&[&value]).unwrap();
    let inner = Signed {
        content: (CTL, content.clone()),
        digest: Some(("2.16.840.1.101.3.4.2.1", DigestAlgorithm::Sha256.digest(&[&value]).unwrap())),
        ..Signed::default()
    };
    let outer = Signed {
        digest: Some(("1.2.840.113549.2.5", digest)),
        unsigned: vec![("1.3.6.1.4.1.311.2.4.1", inner.build())],
        ..inner.clone()
    };
    let bytes = outer.build();
    let (catalog, problems) = read(&bytes).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let digests = |list: &[Signature]| list.iter().map(|s| (s.digest, s.content_matches)).collect::<Vec<_>>();
    assert_eq!(digests(&catalog.signatures), [(DigestAlgorithm::Md5, Some(true))]);
    assert_eq!(digests(&catalog.nested), [(DigestAlgorithm::Sha256, Some(true))]);
}

#[test]
fn what_bends_is_a_problem_and_the_rest_is_read() {
    let good = one(&[1; 20], &[named("File", "x.inf")]);
    let not_a_member = seq(&[int(5)]);
    let list_of = |usage| list(usage, V2, &[not_a_member.clone(), good.clone()], &[octets(b"no pair")]);
    let (found, problems) = read(&catalog(list_of(CATALOG_LIST))).unwrap();
    assert_eq!((found.members.len(), found.attributes.len()), (1, 0));
    assert_eq!(problems, ["1 of its members cannot be read"]);
    let (_, problems) = read(&catalog(list_of("1.2.3"))).unwrap();
    assert!(problems[0].contains("does not say that it is a catalog"), "{problems:?}");
    let mut trailing = catalog(list_of(CATALOG_LIST));
    trailing.extend(b"\r\n");
    let (found, problems) = read(&trailing).unwrap();
    assert_eq!(found.members.len(), 1);
    assert_eq!(problems[0], "2 bytes stand behind the catalog");
    let (found, _) = read(&catalog(list(CATALOG_LIST, "1.2.3", &[good], &[]))).unwrap();
    assert_eq!((found.shape, found.members.len()), (None, 1));
}

#[test]
fn what_is_no_catalog_is_named() {
    let data = Signed { content: ("1.2.840.113549.1.7.1", octets(b"x")), ..Signed::default() }.build();
    let whole = catalog(list(CATALOG_LIST, V1, &[], &[]));
    let cases: &[(&[u8], &str)] = &[
        (b"", "no catalog: an empty file"),
        (b"dummy", "no catalog: a text"),
        (&seq(&[int(5)]), "no catalog: ASN.1, but no PKCS #7 signed data"),
        (&data, "no catalog: PKCS #7 signed data whose content (1.2.840.113549.1.7.1) is no certificate trust list"),
        (&whole[..whole.len() - 1], "no readable catalog: "),
        (&[0x30, 0x80, 0x06], "no readable catalog: the ASN.1 structure ends early"),
    ];
    for (bytes, expected) in cases {
        let error = read(bytes).unwrap_err();
        assert!(error.starts_with(expected), "{error} / {expected}");
    }
}
