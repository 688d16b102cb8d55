//! Properties of the comparison of two snapshots, over made-up nights.

use proptest::prelude::*;
use wimspect::analysis::changes::{Changes, ImageEvent};
use wimspect::analysis::evidence::Confidence;
use wimspect::analysis::finding::Severity;
use wimspect::analysis::snapshot::{
    FindingState, ImageDriverState, ImageState, InputState, PackageState, ReadState, Snapshot,
};

const SHARES: [&str; 2] = ["//server/one", "//server/two"];
const BOOT: &str = "boot.wim";

fn package() -> impl Strategy<Value = PackageState> {
    (0..2usize, 0..4u8, 0..4u8, 0..6u8).prop_map(|(share, folder, inf, content)| PackageState {
        share: SHARES[share].to_owned(),
        path: format!("f{folder}/{}.inf", ["a", "A", "b", "c"][usize::from(inf)]),
        driver: format!("drv-{content}"),
        ..PackageState::default()
    })
}

fn driver() -> impl Strategy<Value = ImageDriverState> {
    (0..3u8, 0..5u8, any::<bool>(), 0..3u8).prop_map(|(inf, content, inbox, place)| ImageDriverState {
        inf: format!("{inf}.inf"),
        driver: format!("drv-{content}"),
        origin: if inbox { "inbox" } else { "injected" }.to_owned(),
        path: format!("Windows/{place}/{inf}.inf"),
        ..ImageDriverState::default()
    })
}

fn image() -> impl Strategy<Value = ImageState> {
    (1..4u32, 0..2u8, any::<Option<bool>>(), 0..3u8, prop::collection::vec(driver(), 0..6)).prop_map(
        |(index, name, fit, guid, drivers)| ImageState {
            file: BOOT.to_owned(),
            index,
            name: Some(format!("image {name}")),
            fit,
            guid: Some(guid.to_string()),
            drivers,
            ..ImageState::default()
        },
    )
}

fn finding() -> impl Strategy<Value = FindingState> {
    (0..4u8, 0..3u8, 0..2u8, 0..2usize, any::<bool>()).prop_map(|(print, severity, place, share, image)| FindingState {
        fingerprint: print.to_string(),
        rule: "a-rule".to_owned(),
        severity: [Severity::Info, Severity::Warning, Severity::Error][usize::from(severity)],
        confidence: Confidence::Likely,
        message: "text".to_owned(),
        path: format!("f{place}/a.inf"),
        line: None,
        targets: Vec::new(),
        suppressed: None,
        known: None,
        inputs: if image { vec![BOOT.to_owned(), SHARES[share].to_owned()] } else { vec![SHARES[share].to_owned()] },
    })
}

prop_compose! {
    /// A night on which everything was read.
    fn night()(
        packages in prop::collection::btree_set(package(), 0..12),
        images in prop::collection::vec(image(), 0..4),
        findings in prop::collection::vec(finding(), 0..8),
    ) -> Snapshot {
        let mut packages: Vec<PackageState> = packages.into_iter().collect();
        packages.dedup_by(|a, b| a.share == b.share && a.path == b.path);
        let inputs = SHARES.map(|s| InputState::read("share", s, "")).into_iter()
            .chain([InputState::read("boot-image", BOOT, BOOT)]).collect();
        let mut snapshot = Snapshot { packages, images, findings, coverage: None, problems: 0, inputs };
        snapshot.sort();
        snapshot
    }
}

/// The same night with inputs that were not there.
fn without(mut night: Snapshot, missing: &[&str]) -> Snapshot {
    night.packages.retain(|p| !missing.contains(&p.share.as_str()));
    night.images.retain(|i| !missing.contains(&i.file.as_str()));
    night.findings.retain(|f| f.inputs.iter().all(|i| !missing.contains(&i.as_str())));
    for input in night.inputs.iter_mut().filter(|i| missing.contains(&i.path.as_str())) {
        input.state = ReadState::Missing("gone".to_owned());
    }
    night.sort();
    night
}

fn sorted<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

proptest! {
    #[test]
    fn a_night_does_not_differ_from_itself(night in night(), missing in prop::sample::subsequence(&[SHARES[0], SHARES[1], BOOT], 0..=3)) {
        let night = without(night, &missing);
        prop_assert_eq!(Changes::between(&night, &night), Changes::default());
    }

    #[test]
    fn backwards_everything_is_the_other_way_round(a in night(), b in night()) {
        let (there, back) = (Changes::between(&a, &b), Changes::between(&b, &a));
        let count = |c: &Changes| (c.findings.new.len(), c.findings.gone.len(), c.packages.added.len(), c.packages.removed.len(), c.packages.updated.len(), c.packages.moved.len());
        let (n, g, added, removed, updated, moved) = count(&there);
        prop_assert_eq!(count(&back), (g, n, removed, added, updated, moved));
        let prints = |list: &[FindingState]| sorted(list.iter().map(|f| f.fingerprint.clone()));
        prop_assert_eq!(prints(&there.findings.new), prints(&back.findings.gone));
        prop_assert_eq!(sorted(there.packages.added.iter().map(|p| p.driver.clone())), sorted(back.packages.removed.iter().map(|p| p.driver.clone())));
        prop_assert_eq!(there.images.len(), back.images.len());
    }

    #[test]
    fn the_changes_lead_from_one_night_to_the_other(a in night(), b in night()) {
        let changes = Changes::between(&a, &b);
        let packages = &changes.packages;
        let mut made: Vec<_> = a.packages.clone();
        let before = packages.removed.iter().chain(packages.updated.iter().chain(&packages.moved).map(|p| &p.before));
        for package in before {
            let at = made.iter().position(|p| p == package);
            prop_assert!(at.is_some(), "{:?} was there", package);
            made.remove(at.unwrap());
        }
        made.extend(packages.added.iter().chain(packages.updated.iter().chain(&packages.moved).map(|p| &p.after)).cloned());
        prop_assert_eq!(sorted(made), sorted(b.packages.clone()));
        for pair in &packages.updated {
            prop_assert!(pair.before.driver != pair.after.driver && pair.before.path.eq_ignore_ascii_case(&pair.after.path));
        }
        for pair in &packages.moved {
            prop_assert!(pair.before.driver == pair.after.driver && pair.before != pair.after);
        }
        // As many findings of each fingerprint.
        let count = |s: &Snapshot| s.findings.len();
        prop_assert_eq!(count(&a) + changes.findings.new.len(), count(&b) + changes.findings.gone.len());
        let counts = |event| changes.images.iter().filter(|i| i.event == event).count();
        prop_assert_eq!(a.images.len() + counts(ImageEvent::Added), b.images.len() + counts(ImageEvent::Removed));
    }

    #[test]
    fn what_is_missing_is_not_gone(a in night(), b in night(), missing in prop::sample::subsequence(&[SHARES[0], SHARES[1], BOOT], 1..=3)) {
        let b = without(b, &missing);
        let changes = Changes::between(&a, &b);
        for package in &changes.packages.removed {
            prop_assert!(!missing.contains(&package.share.as_str()));
        }
        for finding in &changes.findings.gone {
            prop_assert!(finding.inputs.iter().all(|i| !missing.contains(&i.as_str())));
        }
        prop_assert!(!missing.contains(&BOOT) || changes.images.iter().all(|i| i.event != ImageEvent::Removed));
        prop_assert_eq!(changes.inputs.missing.len(), missing.len());
        // The night after: what was missing is compared with what was known of it.
        let mut known = b.clone();
        known.fill_from(&a);
        let third = Changes::between(&known, &a);
        prop_assert_eq!(third.inputs.back.len(), missing.len());
        for package in &third.packages.added {
            prop_assert!(!missing.contains(&package.share.as_str()), "{:?}", package);
        }
    }

    #[test]
    fn what_lies_in_an_unread_folder_is_not_removed(a in night(), folder in 0..4u8) {
        let place = format!("f{folder}");
        let mut b = a.clone();
        b.packages.retain(|p| !p.path.starts_with(&place));
        b.findings.retain(|f| !f.path.starts_with(&place));
        for input in b.inputs.iter_mut().filter(|i| i.kind == "share") {
            input.unread = vec![place.clone()];
        }
        let changes = Changes::between(&a, &b);
        prop_assert_eq!(changes.packages, Default::default());
        prop_assert!(changes.findings.gone.is_empty());
        prop_assert_eq!(changes.not_looked_at.packages, a.packages.len() - b.packages.len());
        prop_assert_eq!(changes.not_looked_at.findings, a.findings.len() - b.findings.len());
    }
}
