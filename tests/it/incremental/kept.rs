//! Facts that were kept are equal to the facts that were read.

use std::path::Path;

use proptest::prelude::*;
use wimspect::facts::driver_package::{self, KeptPackage};
use wimspect::scan::fleet::{read_fleet, walk_fleet};
use wimspect::scan::incremental::{Incremental, Trust};
use wimspect::scan::progress::NoProgress;

use super::{Memory, later, night};
use crate::support::{corpus, fixture};

/// Reads a share twice: the second time without opening a file, and with the same facts.
fn twice(root: &Path) {
    let cache = Memory::default();
    let (first, opened) = night(root, &cache, Trust::Stamps, 24 * 365);
    assert!(opened >= first.share.infs.len());
    let (second, none) = night(root, &cache, Trust::Stamps, 24 * 366);
    let failed = first.share.infs.iter().filter(|inf| inf.content.is_err()).count();
    assert_eq!(none, failed, "{}: files opened again", root.display());
    for (a, b) in first.share.infs.iter().zip(&second.share.infs) {
        assert_eq!(a, b);
    }
    assert!(first == second, "{}", root.display());
}

#[test]
fn of_our_shares() {
    for share in ["share", "rules", "inf", "renamed", "conformance", "hostile"] {
        twice(&fixture(share));
    }
}

#[test]
fn of_the_corpus() {
    if let Some(corpus) = corpus("kept facts of the corpus") {
        twice(&corpus.join("inf"));
    }
}

#[test]
fn of_a_fleet() {
    for name in ["formats", "models", "formats/powershell.csv"] {
        let root = fixture("fleet").join(name);
        let fresh = read_fleet(&root, "fleet", &NoProgress).unwrap();
        let cache = Memory::default();
        for (hours, is_first) in [(24 * 365, true), (24 * 366, false)] {
            let incremental = Incremental::new(&cache, Trust::Stamps, later(hours));
            let walked = walk_fleet(&root, "fleet", &incremental).unwrap();
            assert_eq!(incremental.opened(), 0);
            assert_eq!(walked.read(&incremental, &NoProgress).unwrap(), fresh, "{name}");
            assert_eq!(incremental.opened() > 0, is_first, "{name}");
        }
        // What the fleet is called in places is not kept.
        let incremental = Incremental::new(&cache, Trust::Stamps, later(24 * 367));
        let other = walk_fleet(&root, "other", &incremental).unwrap().read(&incremental, &NoProgress).unwrap();
        assert_eq!(other, read_fleet(&root, "other", &NoProgress).unwrap(), "{name}");
        assert_eq!(incremental.opened(), 0);
    }
}

/// Lines of our INF files, put together at random: many problems, shared sections, odd names.
fn inf() -> impl Strategy<Value = Vec<u8>> {
    let mut lines: Vec<String> = Vec::new();
    for file in ["share/netxtreme2-monolithic/fxmono.inf", "share/guid-enumerator/fxgbus.inf"] {
        let text = std::fs::read_to_string(fixture(file)).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.extend(
        ["[Models]", "[Models.NTamd64]", "%x%=,PCI\\VEN_1", "AddReg=\\", "\u{1}", "[a", "CopyFiles=@x.sys"]
            .map(str::to_owned),
    );
    let lines = proptest::collection::vec(proptest::sample::select(lines), 0..200);
    lines.prop_map(|lines| lines.join("\r\n").into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn of_any_inf(bytes in inf()) {
        let package = driver_package::read(&bytes);
        let kept = postcard::to_stdvec(&KeptPackage::of(&package).unwrap()).unwrap();
        let again: KeptPackage<'_> = postcard::from_bytes(&kept).unwrap();
        prop_assert_eq!(again.package().unwrap(), package);
    }

    #[test]
    fn damage_is_noticed_or_harmless(bytes in inf(), at in any::<proptest::sample::Index>(), with in any::<[u8; 4]>()) {
        let package = driver_package::read(&bytes);
        let mut kept = postcard::to_stdvec(&KeptPackage::of(&package).unwrap()).unwrap();
        let at = at.index(kept.len());
        for (place, byte) in kept[at..].iter_mut().zip(with) {
            *place = byte;
        }
        let again: Result<KeptPackage<'_>, _> = postcard::from_bytes(&kept);
        let _ = again.map(KeptPackage::package);
    }
}
