//! `wimspect diff`: two boot images, two shares, two runs.

use crate::support::{copy_tree, fixture, items, json_line, run, run_line, text};

const MONOLITHIC: &str = "fixtures/images/6.1.7600-amd64-inbox-monolithic.wim";

#[test]
fn two_boot_images_are_compared_driver_by_driver() {
    let report = json_line(&format!("diff {MONOLITHIC} fixtures/images/multi-tier-injected.wim"), 0);
    let images = items(&report["changes"]["images"]);
    assert_eq!(images.len(), 1, "{report:#}");
    assert_eq!(images[0]["event"], "changed");
    let added = items(&images[0]["drivers"]["added"]);
    assert!(added.iter().any(|d| d["origin"] == "injected"), "{:#}", images[0]);
    assert_eq!(report["changes"]["before"]["path"], MONOLITHIC);
    let shown = run_line(&format!("diff {MONOLITHIC} fixtures/images/multi-tier-injected.wim")).text();
    assert!(shown.contains("  + injected "), "{shown}");
    let back = json_line(&format!("diff fixtures/images/multi-tier-injected.wim {MONOLITHIC}"), 0);
    assert_eq!(items(&back["changes"]["images"][0]["drivers"]["removed"]).len(), added.len());
}

#[test]
fn every_index_is_looked_at() {
    let report = json_line("diff fixtures/images/mdt.wim fixtures/images/setup-media.wim", 0);
    let events: Vec<&str> = items(&report["changes"]["images"]).iter().map(|i| text(i, "/event")).collect();
    assert!(events.contains(&"added") || events.contains(&"changed"), "{report:#}");
    let indexes: Vec<_> = items(&report["changes"]["images"]).iter().map(|i| i["index"].as_u64().unwrap()).collect();
    assert!(indexes.contains(&2), "{report:#}");
}

#[test]
fn the_same_content_is_no_difference_however_it_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.wim");
    std::fs::copy(fixture("images/packed-none.wim"), &copy).unwrap();
    for (a, b) in [
        (fixture("images/packed-none.wim"), copy),
        (fixture("images/packed-none.wim"), fixture("images/packed-xpress.wim")),
        (fixture("share"), fixture("share")),
    ] {
        let diff = run([a.as_os_str(), b.as_os_str()].into_iter().fold(
            vec!["diff".as_ref(), "--fail-on-change".as_ref()],
            |mut all: Vec<&std::ffi::OsStr>, path| {
                all.push(path);
                all
            },
        ));
        assert_eq!(diff.code, Some(0), "{}", diff.text());
        assert!(diff.text().ends_with("no difference\n"), "{}", diff.text());
    }
}

#[test]
fn two_shares_are_compared_package_by_package() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    for share in [&old, &new] {
        copy_tree(&fixture("share"), share);
    }
    let path = |name: &str| new.join(name);
    std::fs::rename(path("wlan"), path("moved")).unwrap();
    std::fs::remove_dir_all(path("mf-child")).unwrap();
    copy_tree(&fixture("rules/usb-tethering-driver"), &path("added"));
    let inf = path("netxtreme2-multitier/bxvbd.inf");
    let mut bytes = std::fs::read(&inf).unwrap();
    bytes.extend(b"\r\n; changed\r\n");
    std::fs::write(inf, bytes).unwrap();
    let arguments = |more: &[&str]| -> Vec<String> {
        let paths = [old.display().to_string(), new.display().to_string()];
        ["diff".to_owned()].into_iter().chain(paths).chain(more.iter().map(|m| (*m).to_owned())).collect()
    };
    let report = run(arguments(&["--format", "json"])).json();
    let packages = &report["changes"]["packages"];
    assert_eq!(items(&packages["moved"]).len(), 1, "{packages:#}");
    assert_eq!(packages["moved"][0]["after"]["path"], "moved/fxwlan.inf");
    assert_eq!(items(&packages["updated"])[0]["after"]["path"], "netxtreme2-multitier/bxvbd.inf");
    assert!(items(&packages["removed"]).iter().all(|p| text(p, "/path").starts_with("mf-child/")), "{packages:#}");
    assert!(!items(&packages["removed"]).is_empty() && !items(&packages["added"]).is_empty());
    assert_eq!(run(arguments(&[])).code, Some(0));
    assert_eq!(run(arguments(&["--fail-on-change"])).code, Some(1));
}

#[test]
fn what_can_not_be_compared_is_said() {
    for (line, words) in [
        (format!("diff {MONOLITHIC} fixtures/share"), "name two of the same kind"),
        ("diff fixtures/share fixtures/no-such-share".to_owned(), "no-such-share"),
        ("diff 1 2".to_owned(), "name their history with --history"),
        ("diff README.md README.md".to_owned(), "is a text file"),
        ("diff fixtures/hostile/truncated.wim fixtures/images/mdt.wim".to_owned(), "truncated.wim"),
        ("diff 1 2 --history fixtures/no-such.db".to_owned(), "there is no such file"),
        ("diff a b --history fixtures/no-such.db".to_owned(), "`a` names no run"),
        ("diff fixtures/share fixtures/share --format sarif".to_owned(), "use one of text, json"),
    ] {
        let run = run_line(&line);
        assert_eq!(run.code, Some(2), "{line}: {}", run.text());
        assert!(run.stderr.contains(words), "{line}: {}", run.stderr);
    }
}
