//! Releases, architectures and digests against each other.

use super::*;
use crate::facts::signature::{FileDigest, FileSignature};
use crate::inf_db::InfDb;

/// Windows Hardware Driver Verification, and its attested form.
const PORTAL_USAGES: [&str; 2] = ["1.3.6.1.4.1.311.10.3.5", "1.3.6.1.4.1.311.10.3.5.1"];

fn signature(digest: DigestAlgorithm, usages: &[&str], not_before: &str) -> Signature {
    Signature {
        digest,
        signer: Some("Example".to_owned()),
        issuer: "Example CA".to_owned(),
        serial: "01".to_owned(),
        not_before: Some(not_before.to_owned()),
        not_after: None,
        certificate_digest: Some(digest),
        usages: usages.iter().map(|u| (*u).to_owned()).collect(),
        algorithm: "1.2.840.113549.1.1.1".to_owned(),
        program: None,
        content_matches: Some(true),
        timestamps: Vec::new(),
        is_nested: false,
    }
}

fn covering(signature: &Signature, digest: DigestAlgorithm) -> CoveringSignature<'_> {
    CoveringSignature { place: Place::file("x.cat"), is_catalog: true, file_digests: vec![digest], signature }
}

fn answer(release: &str, arch: Arch, packages: Option<&[String]>, signatures: &[CoveringSignature<'_>]) -> Answer {
    let release = InfDb::embedded().releases().by_id(release).unwrap();
    judge(System { release, arch, packages, signers: InfDb::embedded().signers() }, signatures)
}

#[test]
fn sha2_only_follows_the_release() {
    use Acceptance::{Accepted, NeedsUpdate, NotEnforced, RefusedSha2};
    let sha2 = signature(DigestAlgorithm::Sha256, &[PORTAL_USAGES[0]], "2022-01-01T00:00:00Z");
    let only = [covering(&sha2, DigestAlgorithm::Sha256)];
    let cases = [
        ("2.0", Arch::Amd64, RefusedSha2),
        ("2.1", Arch::Amd64, RefusedSha2),
        ("2.2", Arch::Amd64, RefusedSha2),
        ("3.0", Arch::Amd64, RefusedSha2),
        ("3.1", Arch::Amd64, NeedsUpdate),
        ("4.0", Arch::Amd64, Accepted),
        ("10-2004", Arch::Arm64, Accepted),
        ("2.0", Arch::X86, NotEnforced),
        ("3.1", Arch::X86, NotEnforced),
        ("10-2004", Arch::X86, NotEnforced),
    ];
    for (release, arch, expected) in cases {
        assert_eq!(answer(release, arch, None, &only).acceptance, expected, "{release} {arch:?}");
    }
    // A SHA-1 signature beside it is enough, also when the first one alone would not do.
    let sha1 = signature(DigestAlgorithm::Sha1, &[], "2010-01-01T00:00:00Z");
    let dual = [only[0].clone(), covering(&sha1, DigestAlgorithm::Sha1)];
    assert_eq!(answer("2.0", Arch::Amd64, None, &dual).acceptance, Accepted);
    // A SHA-1 member of a catalog that is signed with SHA-256 is not.
    let mixed = [covering(&sha2, DigestAlgorithm::Sha1)];
    assert_eq!(answer("3.0", Arch::Amd64, None, &mixed).acceptance, RefusedSha2);
}

#[test]
fn an_update_in_the_image_decides() {
    let sha2 = signature(DigestAlgorithm::Sha256, &[], "2014-01-01T00:00:00Z");
    let only = [covering(&sha2, DigestAlgorithm::Sha256)];
    let update = &InfDb::embedded().releases().by_id("3.1").unwrap().sha2_updates[0];
    let with = [format!("Package_for_{update}~31bf3856ad364e35~amd64~~6.1.1.1")];
    let other = [format!("Package_for_{update}1~31bf3856ad364e35~amd64~~6.1.1.1")];
    for (packages, expected) in
        [(&with[..], Acceptance::Accepted), (&other[..], Acceptance::RefusedSha2), (&[][..], Acceptance::RefusedSha2)]
    {
        let answer = answer("3.1", Arch::Amd64, Some(packages), &only);
        assert_eq!(answer.acceptance, expected, "{packages:?}");
        assert!(answer.evidence.iter().any(|e| e.kind == "servicing-package"));
    }
}

#[test]
fn unsigned_drivers_load_where_nobody_asks() {
    use Acceptance::{NotEnforced, RefusedUnsigned};
    let cases = [
        ("2.0", Arch::Amd64, RefusedUnsigned, RefusedUnsigned),
        ("11-24H2", Arch::Arm64, RefusedUnsigned, RefusedUnsigned),
        ("3.1", Arch::X86, NotEnforced, NotEnforced),
        ("5.0", Arch::X86, NotEnforced, RefusedUnsigned),
    ];
    for (release, arch, off, on) in cases {
        let answer = answer(release, arch, None, &[]);
        assert_eq!((answer.acceptance, answer.with_secure_boot), (off, on), "{release} {arch:?}");
        assert!(answer.assumes.is_empty());
    }
}

#[test]
fn secure_boot_asks_for_the_portal_or_an_old_certificate() {
    let cases: &[(&str, &[&str], &str, Acceptance)] = &[
        ("10-2004", &[], "2022-01-01T00:00:00Z", Acceptance::RefusedSecureBoot),
        ("10-2004", &[], "2014-05-01T00:00:00Z", Acceptance::Accepted),
        ("10-2004", &["1.3.6.1.5.5.7.3.3", PORTAL_USAGES[1]], "2022-01-01T00:00:00Z", Acceptance::Accepted),
        ("10-1511", &[], "2022-01-01T00:00:00Z", Acceptance::Accepted),
    ];
    for (release, usages, from, expected) in cases {
        let sha2 = signature(DigestAlgorithm::Sha256, usages, from);
        let answer = answer(release, Arch::Amd64, None, &[covering(&sha2, DigestAlgorithm::Sha256)]);
        assert_eq!(answer.with_secure_boot, *expected, "{release} {usages:?} {from}");
        assert_eq!(answer.acceptance, Acceptance::Accepted);
    }
}

#[test]
fn signatures_of_other_bytes_do_not_cover() {
    let good = signature(DigestAlgorithm::Sha1, &[], "2010-01-01T00:00:00Z");
    let wrong = Signature { content_matches: Some(false), ..good.clone() };
    let digest = FileDigest { algorithm: DigestAlgorithm::Sha1, value: vec![0; 20] };
    let file = |signature: &Signature, file_matches| EmbeddedSignature {
        signatures: vec![FileSignature {
            file_digest: Some(digest.clone()),
            file_matches,
            signature: signature.clone(),
        }],
        problems: Vec::new(),
    };
    let place = Place::file("x.sys");
    assert_eq!(CoveringSignature::embedded(&place, &file(&good, Some(true))).len(), 1);
    assert_eq!(CoveringSignature::embedded(&place, &file(&good, Some(false))).len(), 0);
    assert_eq!(CoveringSignature::embedded(&place, &file(&wrong, Some(true))).len(), 0);
    let catalog = CatalogFacts { signatures: vec![good, wrong], ..CatalogFacts::default() };
    let member = Membership { digests: vec![DigestAlgorithm::Sha1], ..Membership::default() };
    assert_eq!(CoveringSignature::of_catalog(&place, &catalog, &member).len(), 1);
    assert_eq!(CoveringSignature::of_catalog(&place, &catalog, &Membership::default()).len(), 0);
}

#[test]
fn os_attributes_name_versions() {
    let version = |major, minor| OsVersion { major, minor, build: None, sp_build: None };
    let cases: &[(&[&str], OsVersion, Option<bool>)] = &[
        (&["2:6.0", "2:6.1"], version(6, 1), Some(true)),
        (&["2:5.00", "2:5.1"], version(6, 0), Some(false)),
        (&["2:5.00"], version(5, 0), Some(true)),
        (&["1:4.10"], version(4, 10), Some(false)),
        (&["2:10.0"], version(10, 0), Some(true)),
        (&["7X64", "2:6.x"], version(6, 1), None),
        (&[], version(6, 1), None),
    ];
    for (attributes, version, expected) in cases {
        assert_eq!(os_attributes_cover(attributes.iter().copied(), version), *expected, "{attributes:?}");
    }
}
