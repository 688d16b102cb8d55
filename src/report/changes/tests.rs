//! What people read about a night with every kind of change.

use super::{Compared, Side, summary, text};
use crate::analysis::changes::Changes;
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{
    CoverageState, FindingState, ImageDriverState, ImageState, InputState, PackageState, ReadState, Snapshot,
    SuppressedState,
};
use crate::analysis::trends::TrendPoint;
use crate::report::text::style::Style;

fn finding(print: &str, severity: Severity, message: &str) -> FindingState {
    FindingState {
        fingerprint: print.to_owned(),
        rule: "a-rule".to_owned(),
        severity,
        confidence: Confidence::Proven,
        message: message.to_owned(),
        path: format!("net/{print}.inf"),
        line: Some(3),
        targets: Vec::new(),
        suppressed: None,
        known: None,
        inputs: vec!["//server/drivers".to_owned()],
    }
}

fn package(path: &str, content: &str, version: &str) -> PackageState {
    PackageState {
        share: "//server/drivers".to_owned(),
        path: path.to_owned(),
        driver: content.to_owned(),
        provider: Some("Example".to_owned()),
        date: Some("2026-01-02".to_owned()),
        version: Some(version.to_owned()),
        ..PackageState::default()
    }
}

fn driver(inf: &str, content: &str, version: &str) -> ImageDriverState {
    ImageDriverState {
        inf: inf.to_owned(),
        origin: "injected".to_owned(),
        driver: content.to_owned(),
        published_name: Some("oem1.inf".to_owned()),
        provider: Some("Example".to_owned()),
        version: Some(version.to_owned()),
        ..ImageDriverState::default()
    }
}

fn image(index: u32, fit: bool, guid: &str, drivers: Vec<ImageDriverState>) -> ImageState {
    ImageState {
        file: "boot.wim".to_owned(),
        index,
        name: Some(format!("Image {index}")),
        os_version: Some(format!("10.0.19041.{guid}")),
        kind: "adk".to_owned(),
        fit: Some(fit),
        guid: Some(guid.to_owned()),
        components: vec![format!("WinPE-{guid}")],
        drivers,
        ..ImageState::default()
    }
}

fn nights() -> (Snapshot, Snapshot) {
    let inputs = |state: ReadState| {
        vec![
            InputState { state, ..InputState::read("share", "//server/old", "") },
            InputState::read("share", "//server/drivers", ""),
            InputState::read("boot-image", "boot.wim", "boot.wim"),
        ]
    };
    let ignored = SuppressedState { by: "policy".to_owned(), reason: "only in the lab".to_owned(), until: None };
    let lost = PackageState { share: "//server/old".to_owned(), ..package("x.inf", "x", "1.0.0.0") };
    let before = Snapshot {
        packages: vec![
            package("net/a.inf", "a1", "1.0.0.0"),
            package("net/b.inf", "b", "1.0.0.0"),
            package("net/c.inf", "c", "1.0.0.0"),
            package("net/d.inf", "d1", "1.0.0.0"),
            lost,
        ],
        images: vec![image(1, true, "1", vec![driver("x.inf", "x1", "1.0.0.0"), driver("y.inf", "y", "2.0.0.0")])],
        findings: vec![
            finding("gone", Severity::Warning, "was wrong"),
            finding("worse", Severity::Warning, "is wrong"),
            FindingState { suppressed: Some(ignored), ..finding("back", Severity::Error, "is wrong again") },
        ],
        coverage: Some(CoverageState { machines: 9, adapters: 4, covered: 4, targets: Vec::new() }),
        problems: 0,
        inputs: inputs(ReadState::Read),
    };
    let after = Snapshot {
        packages: vec![
            package("net/a.inf", "a2", "1.1.0.0"),
            package("other/b.inf", "b", "1.0.0.0"),
            package("net/d.inf", "d2", "1.0.0.0"),
            package("net/e\u{1b}.inf", "e", "5.0.0.0"),
        ],
        images: vec![
            image(1, false, "2", vec![driver("x.inf", "x2", "1.5.0.0"), driver("z.inf", "z", "3.0.0.0")]),
            image(2, true, "2", Vec::new()),
        ],
        findings: vec![
            finding("new", Severity::Error, "is wrong now"),
            finding("worse", Severity::Error, "is wrong"),
            finding("back", Severity::Error, "is wrong again"),
        ],
        coverage: Some(CoverageState { machines: 9, adapters: 4, covered: 3, targets: Vec::new() }),
        problems: 0,
        inputs: inputs(ReadState::Missing("no such folder".to_owned())),
    };
    (before, after)
}

#[test]
fn a_night_with_everything() {
    let (before, after) = nights();
    let changes = Changes::between(&before, &after);
    let counting: Vec<&str> = changes.newly_counting().map(|f| f.fingerprint.as_str()).collect();
    assert_eq!(counting, ["new", "back", "worse"]);
    let point = |run, finished| TrendPoint { run, finished, ..TrendPoint::default() };
    let (a, b) = (point(11, 1_795_748_400), point(12, 1_795_834_800));
    let compared = Compared { before: Side::Run(&a), after: Side::Run(&b), changes: &changes };
    let mut out = Vec::new();
    text::write(&compared, Style { width: 100, ..Style::default() }, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn nothing_is_said_to_be_nothing() {
    let (before, _) = nights();
    let changes = Changes::between(&before, &before);
    assert!(changes.is_empty());
    assert_eq!(summary(&changes), "no difference");
}

#[test]
fn long_lists_are_cut_unless_all_is_asked_for() {
    let (before, mut after) = nights();
    after.packages.extend((0..50).map(|n| package(&format!("many/{n:02}.inf"), &n.to_string(), "1.0.0.0")));
    let changes = Changes::between(&before, &after);
    let compared = Compared { before: Side::Share("a"), after: Side::Share("b"), changes: &changes };
    for (verbose, shown) in [(false, 20), (true, 51)] {
        let mut out = Vec::new();
        text::write(&compared, Style { verbose, ..Style::default() }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().filter(|l| l.starts_with("  + many/") || l.contains("5.0.0.0")).count(), shown);
        assert_eq!(text.contains("... and 31 more"), !verbose);
    }
}
