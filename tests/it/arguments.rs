//! What is typed wrongly: exit code 2, and a message that says what to do; and the help that leads there.

use std::collections::BTreeSet;

use wimspect::inf_db::InfDb;

use crate::support::{run, run_line};

/// (arguments, words on standard error)
const WRONG: &[(&str, &[&str])] = &[
    ("", &["Usage: wimspect"]),
    // Subcommands and flags.
    ("audit", &["<SHARE>", "--help"]),
    ("verify", &["<BOOT.WIM>", "--help"]),
    ("inspect", &["<FILE>", "--help"]),
    ("audi fixtures/share", &["'audit'"]),
    ("audit fixtures/share --nope", &["--nope", "--help"]),
    ("audit fixtures/share --boot-imag x.wim", &["'--boot-image'"]),
    ("audit fixtures/share --boot-image", &["--boot-image", "value is required"]),
    ("audit fixtures/share --bootimage=x.wim", &["'--boot-image'"]),
    ("verify fixtures/images/mdt.wim --winpe 3.0", &["--winpe", "--help"]),
    ("inspect fixtures/share fixtures/images", &["fixtures/images", "--help"]),
    ("inspect fixtures/share --boot-image x.wim", &["--boot-image", "--help"]),
    ("-x", &["-x", "Usage"]),
    ("audit fixtures/share --quiet --quiet", &["--quiet", "multiple times"]),
    ("audit fixtures/share --fail-on error --fail-on never", &["--fail-on", "multiple times"]),
    ("completions", &["<SHELL>"]),
    ("completions cmd", &["'cmd'", "powershell"]),
    // Releases, architectures, versions.
    ("audit fixtures/share --winpe=", &["--winpe", "`wimspect explain` lists the releases"]),
    ("audit fixtures/share --winpe 10-2003", &["--winpe 10-2003", "did you mean 10-2004"]),
    ("audit fixtures/share --winpe 2,1", &["did you mean 2.1?"]),
    ("audit fixtures/share --winpe 6.1", &["3.0 or 3.1"]),
    ("audit fixtures/share --winpe winpe", &["`wimspect explain` lists the releases"]),
    ("audit fixtures/share --winpe 3.9", &["--winpe 3.9", "3.0 or 3.1"]),
    ("audit fixtures/share --winpe 1.6", &["--winpe 1.6"]),
    ("audit fixtures/share --arch sparc", &["'sparc'", "x86", "amd64", "arm64"]),
    ("audit fixtures/share --deploy-os seven", &["'seven'", "6.1.7601"]),
    ("audit fixtures/share --deploy-os 6", &["MAJOR.MINOR"]),
    ("audit fixtures/share --deploy-os 6.1.7601.17514.1", &["MAJOR.MINOR"]),
    ("audit fixtures/share --deploy-os 6.x", &["MAJOR.MINOR"]),
    ("audit fixtures/share --deploy-os -6.1", &["--help"]),
    ("audit fixtures/share --winpe 11-26H1 --arch x86", &["--arch x86", "amd64"]),
    // The task sequence.
    ("audit fixtures/share --content dp", &["'dp'", "run-from-dp", "download"]),
    ("audit fixtures/share --source iso", &["'iso'", "install-package", "os-image"]),
    ("audit fixtures/share --deployed-os-driver maybe", &["inbox", "none", "unknown"]),
    ("audit fixtures/share --package nowhere", &["--package nowhere", "no such folder"]),
    ("audit fixtures/share --package /etc", &["--package /etc", "no such folder"]),
    ("audit fixtures/share --package ../images", &["--package ../images", "no such folder"]),
    ("audit fixtures/share --package netxtreme2-multitier/../../images", &["--package", "no such folder"]),
    // Reports.
    ("audit fixtures/share --jobs 0", &["--jobs", "1..=1024"]),
    ("audit fixtures/share --jobs many", &["--jobs", "'many'"]),
    ("audit fixtures/share --jobs -1", &["'-1'", "--help"]),
    ("audit fixtures/share --jobs 1025", &["--jobs", "1..=1024"]),
    ("audit fixtures/share --format yaml", &["`yaml`", "text, json, ndjson, sarif, csv, html, junit, markdown"]),
    ("audit fixtures/share --format jsn", &["did you mean json?"]),
    ("audit fixtures/share --format junitxml", &["did you mean junit?"]),
    ("audit fixtures/share --format md", &["markdown"]),
    ("audit fixtures/share --format json=", &["names no file", "json=FILE"]),
    ("audit fixtures/share --format =x.json", &["text, json"]),
    ("audit fixtures/share --format", &["--format", "value is required"]),
    ("audit fixtures/share --format json --format text", &["two reports", "standard output", "--format json=FILE"]),
    ("audit fixtures/share --format json=x --format text=x", &["two reports", "go to x"]),
    ("audit fixtures/share --format json --format text --output x", &["two reports", "go to x"]),
    ("audit fixtures/share --format json=x --output y", &["--output y", "leave one of them out"]),
    ("audit fixtures/share --format json=fixtures", &["fixtures is a folder", "name a file in it"]),
    ("audit fixtures/share --output fixtures", &["fixtures is a folder", "name a file in it"]),
    ("audit fixtures/share --output no-such-folder/x", &["no folder no-such-folder", "make it first"]),
    ("audit fixtures/share --output", &["--output", "value is required"]),
    ("audit fixtures/share --min-confidence sure", &["'sure'", "guess, likely, proven"]),
    ("audit fixtures/share --color blue", &["'blue'", "auto, always, never"]),
    ("audit fixtures/share --progress fast", &["'fast'", "auto, plain, none"]),
    ("audit fixtures/share --progress plain --no-progress", &["--no-progress", "cannot be used with"]),
    ("audit fixtures/share --policy no-such-file", &["policy no-such-file"]),
    ("audit fixtures/share --policy fixtures/README.md", &["fixtures/README.md"]),
    ("audit fixtures/share --policy x --no-policy", &["--no-policy", "cannot be used with"]),
    ("audit fixtures/share --baseline no-such-file", &["--baseline no-such-file"]),
    ("audit fixtures/share --baseline fixtures/README.md", &["is no baseline", "--write-baseline"]),
    ("audit fixtures/share --write-baseline fixtures", &["fixtures is a folder", "name a file in it"]),
    ("audit fixtures/share --write-baseline no-such-folder/x", &["no folder no-such-folder"]),
    ("audit fixtures/share --write-baseline x --format json=x", &["x", "name a file for each"]),
    ("inspect fixtures/share --format csv", &["--format csv", "text, json, ndjson, html"]),
    ("explain 3.0 --format sarif", &["--format sarif", "text, json"]),
    ("audit fixtures/share --fail-on fatal", &["error", "warning", "info", "never"]),
    ("audit fixtures/share --inf-db fixtures/no-such-folder", &["--inf-db fixtures/no-such-folder"]),
    ("audit fixtures/share --inf-db fixtures/README.md", &["--inf-db fixtures/README.md", "folder"]),
    // Inputs that are none.
    ("audit fixtures/no-such-share", &["fixtures/no-such-share"]),
    ("audit fixtures/README.md", &["fixtures/README.md", "folder"]),
    ("audit fixtures/share/wlan/fxwlan.inf", &["fxwlan.inf", "folder"]),
    ("audit fixtures/share/wlan --boot-image no-such.wim --quiet", &["no-such.wim"]),
    ("audit fixtures/share/wlan --boot-image fixtures/README.md --quiet", &["README.md"]),
    ("audit fixtures/share/wlan --fleet no-such-file --quiet", &["no-such-file"]),
    ("audit fixtures/share/wlan --fleet fixtures/fleet/refused/letter.txt --quiet", &["letter.txt", "pnputil"]),
    ("verify no-such.wim", &["no-such.wim"]),
    ("verify fixtures/README.md", &["README.md"]),
    ("verify fixtures/hostile/lfs-pointer.wim", &["lfs-pointer.wim", "Git LFS"]),
    ("verify fixtures/images/mdt.wim --drivers no-such-share --quiet", &["no-such-share"]),
    ("inspect no-such-file", &["no-such-file"]),
    ("inspect no-such-file.inf", &["no-such-file.inf"]),
    ("inspect fixtures/share/wlan/fxwlan.inf --os seven", &["'seven'", "6.1.7601"]),
    ("inspect fixtures/share/wlan/fxwlan.inf --os 6.1 --arch sparc", &["'sparc'", "amd64"]),
    ("inspect fixtures/share/wlan/fxwlan.inf --os 6.1 --product-type 4", &["1 (workstation)", "3 (server)"]),
    ("inspect fixtures/share/wlan/fxwlan.inf --os 6.1 --suite-mask blade", &["0x..."]),
    ("inspect fixtures/share/wlan/fxwlan.inf --os 6.1 --language german", &["LANGID", "0409"]),
    ("inspect fixtures/share --lint", &["fixtures/share is a folder", "one INF file"]),
    ("inspect fixtures/images/mdt.wim --os 6.1", &["mdt.wim is a WIM", "one INF file"]),
    ("inspect fixtures/share/wlan/fxwlan.inf --arch x86", &["--os"]),
    // What is to be explained.
    ("explain nonsense", &["`nonsense`", "`wimspect explain`"]),
    ("explain multi-tier", &["did you mean multi-tier-nic-in-windowspe"]),
    ("explain broadcom-netxtreme", &[]),
    ("explain broadcom-netextreme2", &["did you mean broadcom-netxtreme2"]),
    ("explain 3", &["3.0 or 3.1"]),
    ("explain 2.5", &["2.0"]),
];

#[test]
fn a_wrong_call_ends_with_2_and_says_what_to_do() {
    let mut wrong = Vec::new();
    for (arguments, words) in WRONG {
        let run = run_line(arguments);
        if words.is_empty() {
            assert_eq!(run.code, Some(0), "`{arguments}`: {}", run.stderr);
            continue;
        }
        let mut problem = |text: String| wrong.push(format!("`{arguments}`: {text}: {}", run.stderr));
        if run.code != Some(2) {
            problem(format!("ends with {:?}", run.code));
        }
        if !run.stdout.is_empty() {
            problem("messages belong on standard error".to_owned());
        }
        for word in *words {
            if !run.stderr.contains(word) {
                problem(format!("does not say {word:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn names_are_taken_without_case_and_by_their_everyday_forms() {
    for (arguments, as_written) in [
        ("--winpe 2.1 --arch x64", "--winpe 2.1 --arch amd64"),
        ("--winpe 2.1 --arch i386", "--winpe 2.1 --arch x86"),
        ("--winpe 11-24h2", "--winpe 11-24H2"),
        ("--winpe 2.1 --content RUN-FROM-DP", "--winpe 2.1 --content run-from-dp"),
        ("--format JSON", ""),
    ] {
        let share = "audit fixtures/share/netxtreme2-multitier --fail-on never --format";
        let (format, arguments) =
            arguments.strip_prefix("--format ").map_or(("json", arguments), |format| (format, ""));
        let (left, right) =
            (run_line(&format!("{share} {format} {arguments}")), run_line(&format!("{share} json {as_written}")));
        assert_eq!(left.code, Some(0), "{arguments}: {}", left.stderr);
        assert!(left.stdout == right.stdout, "{arguments}");
    }
}

#[test]
fn a_mistake_in_a_site_file_comes_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let families = folder.path().join("nic-families");
    std::fs::create_dir(&families).unwrap();
    std::fs::write(families.join("acme.toml"), "# Acme\nid = \n").unwrap();
    let place = folder.path().to_string_lossy().into_owned();
    let run = run(["audit", "fixtures/share", "--inf-db", &place]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("nic-families/acme.toml:2"), "{}", run.stderr);
}

#[test]
fn the_report_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let name = file.to_string_lossy().into_owned();
    let arguments = ["audit", "fixtures/share", "--format", "json", "--output", &name];
    let run_to_file = run(arguments);
    assert_eq!(run_to_file.code, Some(0), "{}", run_to_file.stderr);
    assert!(run_to_file.stdout.is_empty());
    let shown = run(["audit", "fixtures/share", "--format", "json"]);
    assert!(std::fs::read(&file).unwrap() == shown.stdout);
    let nowhere = folder.path().join("none").join("report.json").to_string_lossy().into_owned();
    let failed = run(["audit", "fixtures/share", "--output", &nowhere]);
    assert_eq!(failed.code, Some(2), "{}", failed.stderr);
    assert!(failed.stderr.contains("report.json"), "{}", failed.stderr);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["report.json"]);
}

#[test]
fn exit_codes_follow_fail_on() {
    let broken = "audit fixtures/share/broken --quiet";
    let multi_tier = "audit fixtures/share/netxtreme2-multitier --winpe 2.1 --quiet";
    let cases = [
        (format!("{broken} --fail-on error"), 0),
        (format!("{broken} --fail-on warning"), 1),
        (format!("{broken} --fail-on never"), 0),
        (multi_tier.to_owned(), 1),
        (format!("{multi_tier} --fail-on never"), 0),
        ("audit fixtures/share/netxtreme2-multitier --quiet".to_owned(), 0),
        ("audit fixtures/share/netxtreme2-multitier --quiet --fail-on warning".to_owned(), 1),
        (
            "audit fixtures/share/intel-like-monolithic --winpe 10.0.19041 --arch amd64 --quiet --fail-on info"
                .to_owned(),
            0,
        ),
    ];
    for (line, code) in cases {
        let run = run_line(&line);
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
        assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{line}: --quiet says nothing");
    }
}

#[test]
fn the_help_fits_a_screen_and_names_every_subcommand() {
    for line in ["--help", "-h", "help"] {
        let run = run_line(line);
        let shown = run.text();
        assert_eq!(run.code, Some(0));
        assert!(shown.lines().count() <= 24, "{line}: {} lines", shown.lines().count());
        for word in ["audit", "verify", "inspect", "explain", "Exit codes"] {
            assert!(shown.contains(word), "{line}: {word}");
        }
        assert!(!shown.contains("wim-worker"), "{line}: what is not for people is not shown");
    }
    for subcommand in ["audit", "verify", "inspect", "explain"] {
        let run = run([subcommand, "--help"]);
        assert_eq!(run.code, Some(0), "{subcommand}");
        assert!(run.text().contains("Usage: wimspect"), "{subcommand}");
    }
}

#[test]
fn everything_in_inf_db_can_be_explained() {
    let db = InfDb::embedded();
    let list = run_line("explain").text();
    let listed: BTreeSet<&str> = list.split_whitespace().collect();
    let rules = db.rules().iter().map(|r| (r.id.as_str(), r.title.as_str()));
    let families = db.families().iter().map(|f| (f.id.as_str(), f.title.as_str()));
    let releases = db.releases().iter().filter(|r| r.wim).map(|r| (r.id.as_str(), r.title.as_str()));
    for (id, title) in rules.chain(families).chain(releases) {
        assert!(listed.contains(id), "{id} is not in the list");
        let run = run(["explain", id]);
        let shown = run.text();
        assert_eq!(run.code, Some(0), "{id}: {}", run.stderr);
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(id) && flat.contains(&title), "{id}: {shown}");
        let json = run_line(&format!("explain {id} --format json"));
        assert_eq!(json.json()["id"], id, "{id}");
    }
}

#[test]
fn releases_that_are_listed_but_not_booted_from_a_wim_can_be_explained() {
    for release in InfDb::embedded().releases().iter().filter(|r| !r.wim) {
        let run = run(["explain", &release.id]);
        assert_eq!(run.code, Some(0), "the list names {}: {}", release.id, run.stderr);
    }
}
