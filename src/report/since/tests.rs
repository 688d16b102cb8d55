//! The section holds hostile names in every format, says the worst first, and finds its place again.

use super::*;
use crate::analysis::changes::{FindingChanges, ImageChange, ImageEvent, InputChanges, PackageChanges, Pair};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{FindingState, InputState, PackageState, ReadState};
use crate::report::text::style::Style;

const HOSTILE: &str = "</details><script>alert(1)</script>\u{1b}[31m\u{202e}\u{1}what changed\u{1}=cmd|x@evil \r\nX";

fn finding(name: &str, severity: Severity) -> FindingState {
    FindingState {
        fingerprint: format!("{name:0>32}"),
        rule: "inf-unreadable".to_owned(),
        severity,
        confidence: Confidence::Proven,
        message: name.to_owned(),
        path: format!("{name}/x.inf"),
        line: Some(3),
        targets: Vec::new(),
        suppressed: None,
        known: None,
        inputs: Vec::new(),
    }
}

fn package(name: &str, version: &str) -> PackageState {
    PackageState {
        share: "share".to_owned(),
        path: format!("{name}.inf"),
        inf: name.to_owned(),
        version: Some(version.to_owned()),
        ..PackageState::default()
    }
}

fn changes(name: &str) -> Changes {
    let missing = InputState { state: ReadState::Missing(name.to_owned()), ..InputState::read("share", name, "") };
    Changes {
        findings: FindingChanges {
            new: vec![finding(name, Severity::Warning), finding("b", Severity::Error)],
            gone: vec![finding("gone", Severity::Error)],
            changed: vec![Pair { before: finding("c", Severity::Info), after: finding("c", Severity::Error) }],
        },
        packages: PackageChanges {
            updated: vec![Pair { before: package(name, "1"), after: package(name, "2") }],
            ..PackageChanges::default()
        },
        images: vec![ImageChange {
            file: name.to_owned(),
            index: 1,
            event: ImageEvent::Rebuilt,
            fit: Pair { before: Some(true), after: Some(false) },
            ..ImageChange::default()
        }],
        inputs: InputChanges { missing: vec![missing], ..InputChanges::default() },
        ..Changes::default()
    }
}

fn point(run: u64, errors: u64) -> TrendPoint {
    TrendPoint { run, errors, started: 1_795_834_800 + run * 86_400, ..TrendPoint::default() }
}

fn with_section(name: &str, look: impl Fn(&Since<'_>)) {
    let comparisons = [Comparison { before: point(1, 0), changes: changes(name) }];
    let missing = [(name.to_owned(), name.to_owned())];
    let trends = [point(1, 0), point(2, 3)];
    look(&Since {
        title: name,
        run: Moment { run: 2, at: 1_795_834_800 },
        comparisons: &comparisons,
        trends: &trends,
        missing: &missing,
        no_history: false,
        db: InfDb::embedded(),
    });
}

fn written(write: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_headline_says_what_got_worse() {
    with_section("boot.wim", |section| {
        let summary = Summary::of(section);
        assert_eq!(summary.headline, "2 new errors, 1 new warning, boot.wim:1 is not fit, 1 input missing");
        assert_eq!(summary.tone, Tone::Worse);
        assert!(summary.counts.contains("1 gone"), "{}", summary.counts);
    });
}

#[test]
fn hostile_names_command_nothing() {
    with_section(HOSTILE, |section| {
        let formats = [
            ("html", written(|out| html::write(section, out))),
            ("text", written(|out| text::write(section, Style::default(), out))),
            ("markdown", written(|out| markdown::write(section, out))),
            ("csv", written(|out| csv::write(section, out))),
            ("junit", written(|out| junit::write(section, out))),
            ("json", written(|out| json::write(section, out))),
            ("ndjson", written(|out| json::write_line(section, out))),
        ];
        for (format, page) in formats {
            let shown = |c: char| c != '\n' && !(format == "csv" && c == '\r') && crate::report::inert::is_invisible(c);
            assert!(!page.contains(shown), "{format}: {page:?}");
            assert!(!page.contains(MARK), "{format}");
            if matches!(format, "html" | "junit") {
                assert!(!page.contains("<script"), "{format}: {page}");
            }
        }
    });
}

#[test]
fn drawings_have_words_and_numbers_beside_them() {
    with_section("x", |section| {
        let page = written(|out| html::write(section, out));
        assert!(
            page.contains("role=\"img\"") && page.contains("aria-label=\"Errors over 2 runs: between 0 and 3, now 3\""),
            "{page}"
        );
        assert!(page.contains("<span class=\"worse\">+3</span><span class=\"vh\"> worse</span>"), "{page}");
        assert!(!page.contains(" style="), "the policy of the page forbids it");
    });
}

#[test]
fn a_report_is_parted_at_the_first_mark() {
    let text = format!("head{MARK}tail{MARK}");
    assert_eq!(parted(text.as_bytes()), Some((&b"head"[..], format!("tail{MARK}").as_bytes())));
    let json = serde_json::json!({ "history": MARK, "x": MARK }).to_string();
    let (head, tail) = parted(json.as_bytes()).unwrap();
    assert_eq!((head, tail.first()), (&b"{\"history\":"[..], Some(&b',')));
    assert_eq!(parted(b"no such place"), None);
}
