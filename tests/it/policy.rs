//! Policy and baseline over what happens to shares: they are moved, re-encoded, renamed, copied and updated.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Run, copy_tree, finish, fixture, items, program, text};

const INF: &str = "netxtreme2-multitier/bxvbd.inf";

/// A share in `drivers` of a private folder.
fn share() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("drivers");
    copy_tree(&fixture("share/netxtreme2-multitier"), &share.join("netxtreme2-multitier"));
    // A signed INF that is edited has a finding more, and rightly.
    for catalog in ["bxvbd.cat", "bxnd.cat"] {
        std::fs::remove_file(share.join("netxtreme2-multitier").join(catalog)).unwrap();
    }
    (folder, share)
}

fn audit(share: &Path, more: &[&str]) -> Run {
    let mut command = program();
    // Whoever runs this test may have a policy of his own.
    command.env("XDG_CONFIG_HOME", share.join("no-such-folder")).env("HOME", share.join("no-such-folder"));
    command.arg("audit").arg(share).args(["--winpe", "3.0", "--format", "json"]).args(more);
    finish(&mut command)
}

fn counted(report: &Value) -> usize {
    items(&report["findings"]).iter().filter(|f| f["suppressed"].is_null()).count()
}

fn change(share: &Path, inf: &str, edit: impl Fn(String) -> String) {
    let path = share.join(inf);
    let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    std::fs::write(path, edit(text)).unwrap();
}

/// Writes a policy with one ignore beside the share.
fn ignore(share: &Path, keys: &str) -> String {
    let path = share.parent().unwrap().join("p.ini");
    std::fs::write(&path, format!("[ignore this]\n{keys}\nreason = known\nuntil = 2999-01-01\n")).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_baseline_knows_findings_again_whatever_happens_to_the_share() {
    type Edit = fn(&Path);
    let same: [(&str, Edit); 6] = [
        ("nothing", |_| {}),
        ("CRLF to LF", |s| change(s, INF, |t| t.replace("\r\n", "\n"))),
        ("LF to CRLF", |s| change(s, INF, |t| t.replace("\r\n", "\n").replace('\n', "\r\n"))),
        ("lines moved", |s| change(s, INF, |t| format!("; a\n; b\n{t}"))),
        ("renamed folder", |s| {
            std::fs::rename(s.join("netxtreme2-multitier"), s.join("Broadcom 2026 (copy)")).unwrap();
        }),
        ("the same driver in two folders", |s| copy_tree(&s.join("netxtreme2-multitier"), &s.join("second"))),
    ];
    for (what, edit) in same {
        let (folder, share) = share();
        let baseline = folder.path().join("accepted.json").to_string_lossy().into_owned();
        let first = audit(&share, &["--write-baseline", &baseline]);
        assert_eq!(first.code, Some(1), "{what}: {}", first.stderr);
        edit(&share);
        let moved = folder.path().join("moved");
        std::fs::rename(&share, &moved).unwrap();
        let second = audit(&moved, &["--baseline", &baseline]);
        let report = second.json();
        let left: Vec<&str> = items(&report["findings"])
            .iter()
            .filter(|f| f["suppressed"].is_null())
            .map(|f| text(f, "/rule"))
            // The second folder is a finding of its own.
            .filter(|rule| *rule != "duplicate-package")
            .collect();
        assert!(left.is_empty() && second.code == Some(0), "{what}: {left:?} {}", second.stderr);
    }
}

#[test]
fn a_re_encoded_inf_is_the_same_driver() {
    let (folder, share) = share();
    let baseline = folder.path().join("accepted.json").to_string_lossy().into_owned();
    audit(&share, &["--write-baseline", &baseline]);
    let path = share.join(INF);
    let words = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    let utf16 = [0xFF, 0xFE].into_iter().chain(words.encode_utf16().flat_map(u16::to_le_bytes));
    std::fs::write(&path, utf16.collect::<Vec<u8>>()).unwrap();
    let report = audit(&share, &["--baseline", &baseline]).json();
    assert_eq!(counted(&report), 0, "{report}");
}

#[test]
fn a_new_version_is_new_and_the_old_one_is_gone_unless_the_ignore_names_inf_and_provider() {
    let (folder, share) = share();
    let baseline = folder.path().join("accepted.json").to_string_lossy().into_owned();
    audit(&share, &["--write-baseline", &baseline]);
    let newer = |t: String| {
        t.replace("DriverVer   = 06/15/2010", "DriverVer   = 06/15/2011")
            .replace("DriverVer = 06/15/2010", "DriverVer = 06/15/2011")
    };
    change(&share, INF, newer);
    let run = audit(&share, &["--baseline", &baseline]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let text_report =
        finish(program().arg("audit").arg(&share).args(["--winpe", "3.0", "--no-policy", "--baseline", &baseline]));
    assert!(text_report.text().contains("gone: multi-tier-nic-in-windowspe"), "{}", text_report.text());
    let policy = ignore(&share, "inf = bxvbd.inf, bxnd.inf\nprovider = *");
    let run = audit(&share, &["--policy", &policy, "--baseline", &baseline]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    let ours = items(&report["findings"]).iter().find(|f| f["rule"] == "multi-tier-nic-in-windowspe").unwrap();
    assert_eq!(text(ours, "/suppressed/by"), "policy");
    assert_eq!(text(ours, "/suppressed/reason"), "known");
    assert_eq!(text(ours, "/suppressed/until"), "2999-01-01");
}

#[test]
fn an_ignore_has_to_cover_all_that_a_finding_speaks_of() {
    let rule = "rule = multi-tier-nic-in-windowspe\n";
    let cases = [
        ("rule alone", "", true),
        ("the folder", "package = netxtreme2-multitier", true),
        ("one of two folders", "package = second", false),
        ("both folders", "package = second, netxtreme2-*", true),
        ("another INF", "inf = bxnd.inf", false),
        ("all adapters", "hardware-id = PCI\\VEN_14E4&DEV_16*", true),
        ("some adapters", "hardware-id = PCI\\VEN_14E4&DEV_1639*", false),
        ("another boot image", "boot-image = boot.wim", false),
        ("this version", "driver-version = 5.2.14.0", true),
        ("another version", "driver-version = 5.2.14.1", false),
    ];
    for (what, keys, covered) in cases {
        let (_folder, share) = share();
        if what.contains("two folders") || what.contains("both folders") {
            copy_tree(&share.join("netxtreme2-multitier"), &share.join("second"));
        }
        let policy = ignore(&share, &format!("{rule}{keys}"));
        let report = audit(&share, &["--policy", &policy]).json();
        let finding = items(&report["findings"]).iter().find(|f| f["rule"] == "multi-tier-nic-in-windowspe").unwrap();
        assert_eq!(finding["suppressed"].is_object(), covered, "{what}: {finding}");
        let unused = items(&report["findings"]).iter().any(|f| f["rule"] == "policy-ignore-unused");
        assert_eq!(unused, !covered, "{what}");
    }
}

#[test]
fn the_nearest_policy_holds_and_none_with_no_policy() {
    let (folder, share) = share();
    let quiet = "[severity]\nmulti-tier-nic-in-windowspe = info\n";
    std::fs::write(folder.path().join("wimspect-policy.ini"), quiet).unwrap();
    let severity = |more: &[&str]| {
        let report = audit(&share, more).json();
        let found = items(&report["findings"]).iter().find(|f| f["rule"] == "multi-tier-nic-in-windowspe").unwrap();
        text(found, "/severity").to_owned()
    };
    assert_eq!(severity(&[]), "info", "found above the share");
    assert_eq!(severity(&["--no-policy"]), "error");
    std::fs::write(share.join("wimspect-policy.ini"), "; nothing\n").unwrap();
    assert_eq!(severity(&[]), "error", "the one in the share is nearer");
    let run = audit(&share, &[]);
    assert_eq!(text(&run.json(), "/tool/policy").len(), 64, "the report names its digest");
}

#[test]
fn mistakes_in_a_policy_come_with_file_line_and_remedy() {
    let (folder, share) = share();
    let path = folder.path().join("p.ini");
    let end = "reason = r\nuntil = 2999-01-01\n";
    let cases = [
        (
            "[severity]\nmulti-tier-nic-in-windowpe = info\n".to_owned(),
            "p.ini:2: no rule is called",
            "did you mean multi-tier-nic-in-windowspe?",
        ),
        ("[severity]\ncatalog-missing = low\n".to_owned(), "p.ini:2: `low` is no severity", "error, warning or info"),
        (
            format!("[ignore a]\nrule = wlan-drivr\n{end}"),
            "p.ini:1: no rule is called `wlan-drivr`",
            "did you mean wlan-driver?",
        ),
        (format!("[ignore a]\nfolder = x\n{end}"), "p.ini:2: `folder` is no key", "package"),
        ("[ignore a\n".to_owned(), "p.ini:1:", "`]` is missing"),
        (format!("[ignore a]\nrule = wlan-driver\n{end}[ignore A]\n"), "p.ini:5:", "twice"),
    ];
    for (policy, place, remedy) in cases {
        std::fs::write(&path, &policy).unwrap();
        let run = audit(&share, &["--policy", &path.to_string_lossy()]);
        assert_eq!(run.code, Some(2), "{policy}");
        assert!(run.stderr.contains(place) && run.stderr.contains(remedy), "{policy}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{policy}");
    }
    for (file, says) in [("none.json", "none.json"), ("p.ini", "is no baseline")] {
        let run = audit(&share, &["--baseline", &folder.path().join(file).to_string_lossy()]);
        assert_eq!(run.code, Some(2), "{file}");
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

#[test]
fn ignored_findings_do_not_count_for_verdict_and_totals() {
    let (_folder, share) = share();
    let policy = ignore(&share, "inf = *");
    let run = audit(&share, &["--policy", &policy]);
    let report = run.json();
    assert_eq!((run.code, counted(&report)), (Some(0), 0));
    assert_eq!(report["summary"]["by_severity"]["error"], 0);
}
