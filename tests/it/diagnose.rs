//! `wimspect diagnose` as a person uses it: the stories of whole deployments in every format, exit codes, what is no log, hostile
//! logs.

use serde_json::Value;

use crate::support::{fixture, items, json_line, run, run_line, text};

const SHARE: &str = "--drivers fixtures/share --package netxtreme2-multitier";
const SP1: &str = "--boot-image fixtures/images/6.0.6001-amd64-monolithic.wim";
const SP2: &str = "--boot-image fixtures/images/6.1.7600-amd64-inbox-monolithic.wim";

fn story(report: &Value) -> &Value {
    let diagnoses = items(&report["diagnoses"]);
    assert_eq!(diagnoses.len(), 1, "{diagnoses:#?}");
    &diagnoses[0]
}

/// A deployment of the article: its folder, its boot image, and what must come out.
struct Scenario {
    logs: &'static str,
    image: &'static str,
    code: i32,
    state: &'static str,
    cause: &'static str,
    at: &'static str,
    says: &'static [&'static str],
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        logs: "article-sp1-run-from-dp",
        image: SP1,
        code: 1,
        state: "cause-known",
        cause: "L04",
        at: "setup",
        says: &[
            "0x00000035 ERROR_BAD_NETPATH",
            "0xC0000006 STATUS_IN_PAGE_ERROR",
            "network lost for good",
            "both are needed",
        ],
    },
    Scenario {
        logs: "article-sp2-run-from-dp",
        image: SP2,
        code: 1,
        state: "cause-known",
        cause: "L08",
        at: "setup",
        says: &["0xC0000006 STATUS_IN_PAGE_ERROR", "gone for some seconds", "1. Set the advertisement"],
    },
    Scenario {
        logs: "article-sp1-download",
        image: SP1,
        code: 1,
        state: "cause-known",
        cause: "L11",
        at: "after-setup",
        says: &["0x80072EE7 ERROR_WINHTTP_NAME_NOT_RESOLVED", "network lost for good", "downloaded first"],
    },
    Scenario {
        logs: "article-sp2-download",
        image: SP2,
        code: 0,
        state: "nothing-known",
        cause: "",
        at: "",
        says: &["the task sequence succeeds", "the logs say the same"],
    },
];

#[test]
fn the_four_deployments_of_the_article_give_one_story_each() {
    for s in SCENARIOS {
        let line = format!("diagnose fixtures/logs/{} {} {SHARE}", s.logs, s.image);
        let report = json_line(&line, s.code);
        let found = story(&report);
        assert_eq!((text(found, "/state"), text(found, "/at")), (s.state, s.at), "{}", s.logs);
        assert_eq!(text(found, "/cause/signature"), s.cause, "{}", s.logs);
        let topic = if s.cause.is_empty() { "" } else { "multi-tier-nic-install-package" };
        assert_eq!(text(found, "/topic"), topic, "{}", s.logs);
        assert_eq!(text(found, "/explained/explains"), "yes", "{}: {}", s.logs, found["explained"]);
        let drivers: Vec<&str> = items(&report["drivers"])
            .iter()
            .filter(|d| items(&found["explained"]["drivers"]).contains(&d["id"]))
            .map(|d| text(d, "/inf"))
            .collect();
        assert_eq!(drivers, ["bxnd.inf", "bxvbd.inf"], "{}", s.logs);
        let told = run_line(&line).text();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in s.says {
            assert!(told.contains(words), "{} does not say {words}: {told}", s.logs);
        }
    }
}

#[test]
fn stories_are_told_as_they_were() {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| {
        for s in SCENARIOS {
            let told = run_line(&format!("diagnose fixtures/logs/{} {} {SHARE}", s.logs, s.image)).text();
            insta::assert_snapshot!(format!("diagnose-{}", s.logs), told);
        }
        for logs in [
            "winpe-2-for-windows-7",
            "restored-site",
            "not-known",
            "driver-package-missing",
            "went-on",
            "two-starts",
            "mdt-without-drivers",
        ] {
            let told = run_line(&format!("diagnose fixtures/logs/{logs}")).text();
            insta::assert_snapshot!(format!("diagnose-{logs}"), told);
        }
        let ticket =
            run_line(&format!("diagnose fixtures/logs/article-sp1-run-from-dp {SP1} {SHARE} --format markdown"));
        insta::assert_snapshot!("diagnose-markdown", ticket.text());
    });
}

#[test]
fn exit_codes_are_those_of_every_subcommand() {
    for (line, code) in [
        ("fixtures/logs/article-sp1-run-from-dp", 1),
        ("fixtures/logs/article-sp1-run-from-dp --fail-on never", 0),
        ("fixtures/logs/article-sp1-run-from-dp --min-confidence proven", 0),
        ("fixtures/logs/not-known", 1),
        ("fixtures/logs/not-known --fail-on never", 0),
        ("fixtures/logs/mdt-without-drivers", 0),
        ("fixtures/logs/mdt-without-drivers --fail-on warning", 1),
        ("fixtures/logs/went-on --fail-on info", 0),
        ("fixtures/logs/healthy --fail-on info", 0),
        ("fixtures/logs/no-such-log", 2),
        ("fixtures/logs/healthy fixtures/logs/no-such-log", 2),
        ("fixtures/logs/not-a-log", 3),
        ("fixtures/logs/not-a-log/letter.txt", 3),
        ("fixtures/logs/healthy --format sarif", 2),
        ("fixtures/logs/healthy --baseline x", 2),
    ] {
        assert_eq!(run_line(&format!("diagnose {line}")).code, Some(code), "{line}");
    }
}

#[test]
fn what_is_no_log_is_said_or_counted() {
    for (file, words) in
        [("letter.txt", "text in none of the forms"), ("data.bin", "binary data"), ("empty.log", "empty")]
    {
        let said = run_line(&format!("diagnose fixtures/logs/not-a-log/{file}")).stderr;
        assert!(said.contains("not a log of a deployment") && said.contains(words), "{said}");
    }
    let report =
        json_line("diagnose fixtures/logs/damaged fixtures/logs/not-a-log fixtures/logs/not-a-log/letter.txt", 0);
    assert_eq!(report["not_logs"], 12);
    assert_eq!(text(&report, "/problems/0/path"), "letter.txt");
    let garbage = items(&report["logs"]).iter().find(|l| text(l, "/path").ends_with("garbage-tail.log")).unwrap();
    assert!(garbage["unparsed_bytes"].as_u64() > Some(0) && garbage["foreign_bytes"].as_u64() > Some(0));
}

#[test]
fn another_boot_image_than_that_of_the_logs_is_said() {
    let report = json_line(&format!("diagnose fixtures/logs/article-sp1-run-from-dp {SP2} {SHARE}"), 1);
    let tie = &story(&report)["explained"];
    assert_eq!((text(tie, "/explains"), &tie["version_differs"]), ("unknown", &Value::Bool(true)));
    assert!(text(tie, "/text/0").contains("6.0.6001") && text(tie, "/text/0").contains("6.1.7600"), "{tie}");
}

#[test]
fn without_a_boot_image_the_release_of_the_logs_stands_in() {
    let report = json_line(&format!("diagnose fixtures/logs/article-sp1-run-from-dp {SHARE}"), 1);
    assert_eq!(text(story(&report), "/explained/explains"), "yes", "{}", story(&report)["explained"]);
    assert_eq!(text(story(&report), "/explained/targets/0"), "2.1/x86");
}

#[test]
fn a_share_without_the_driver_does_not_explain_it() {
    let line = "diagnose fixtures/logs/article-sp1-run-from-dp --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim --drivers fixtures/share/netxtreme2-monolithic";
    assert_eq!(text(story(&json_line(line, 1)), "/explained/explains"), "no");
}

#[test]
fn the_pkgmgr_article_is_explained_by_the_boot_image_alone() {
    let report = json_line(
        "diagnose fixtures/logs/winpe-2-for-windows-7 --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim",
        1,
    );
    let found = story(&report);
    assert_eq!((text(found, "/topic"), text(found, "/cause/signature")), ("winpe-2-boot-image-for-windows-7", "L26"));
    assert_eq!((text(found, "/deployed/version"), text(found, "/explained/explains")), ("6.1.7600.16385", "yes"));
}

#[test]
fn two_starts_are_two_runs() {
    let report = json_line("diagnose fixtures/logs/two-starts", 1);
    let states: Vec<&str> = items(&report["diagnoses"]).iter().map(|d| text(d, "/state")).collect();
    assert_eq!(states, ["cause-known", "nothing-known"]);
    let report = json_line("diagnose fixtures/logs/two-starts-of-winpe", 1);
    let states: Vec<&str> = items(&report["diagnoses"]).iter().map(|d| text(d, "/cause/signature")).collect();
    assert_eq!(states, ["L50", ""]);
}

#[test]
fn runs_that_went_well_accuse_nobody() {
    for logs in ["healthy", "went-on", "name-came-back", "network-came-late", "rolled-over", "article-sp2-download"] {
        let report = json_line(&format!("diagnose fixtures/logs/{logs} --fail-on info"), 0);
        for found in items(&report["diagnoses"]) {
            assert_eq!((text(found, "/state"), &found["topic"]), ("nothing-known", &Value::Null), "{logs}");
        }
    }
}

#[test]
fn nothing_known_is_an_answer_with_the_lines_that_stand_out() {
    let report = json_line("diagnose fixtures/logs/not-known", 1);
    let found = story(&report);
    assert_eq!((text(found, "/state"), text(found, "/failed_step")), ("failed", "Fixture Step"));
    let lines: Vec<&str> = items(&found["suspicious"]).iter().map(|l| text(l, "/text")).collect();
    assert!(
        lines[0].contains("exit code 9") && lines.iter().any(|l| l.contains("Failed to run the action")),
        "{lines:?}"
    );
    assert!(
        text(found, "/last_good/text").contains("Partition Disk 0")
            || text(found, "/last_good/text").contains("exit code 0")
    );
}

#[test]
fn a_failure_is_one_in_each_way_in_which_logs_say_it() {
    for (logs, step) in [("failed-with-code", Some("Fixture Step")), ("mdt-failed", Some("LTIApply"))] {
        let report = json_line(&format!("diagnose fixtures/logs/{logs}"), 1);
        let found = story(&report);
        assert_eq!((text(found, "/state"), found["failed_step"].as_str()), ("failed", step), "{logs}");
        assert!(!items(&found["suspicious"]).is_empty(), "{logs}");
    }
}

/// The words of engine and scripts that have no step around them.
#[test]
fn a_failure_without_a_step_that_begins_is_a_failure() {
    for (logs, steps) in [
        ("could-not-begin", &[][..]),
        ("environment-failed", &[]),
        ("mdt-unhandled", &["LTIApply"]),
        ("explained-on-the-line", &["Apply Driver Package"]),
    ] {
        let report = json_line(&format!("diagnose fixtures/logs/{logs}"), 1);
        let found = story(&report);
        let names: Vec<&str> = items(&found["steps"]).iter().map(|step| text(step, "/name")).collect();
        assert_eq!((text(found, "/state"), &names[..]), ("failed", steps), "{logs}");
    }
}

#[test]
fn what_dism_says_before_it_starts_is_no_run_of_its_own() {
    let told = run_line("diagnose fixtures/logs/dism-runs -v").text();
    assert!(told.contains("dism.log lines 1 to 4") && told.contains("6 records in 2 sessions"), "{told}");
}

#[test]
fn errors_are_no_verdict_and_no_clean_bill() {
    let report = json_line("diagnose fixtures/logs/device-failed", 0);
    let found = story(&report);
    assert_eq!(text(found, "/state"), "nothing-known");
    assert!(text(found, "/suspicious/0/text").contains("FAILURE(0xe0000244)"), "{found}");
    let told = run_line("diagnose fixtures/logs/device-failed").text();
    assert!(told.contains("there are errors, and whether it failed is not to be seen"), "{told}");
}

#[test]
fn an_adapter_with_an_address_speaks_against_a_missing_driver() {
    let report = json_line("diagnose fixtures/logs/name-with-address", 0);
    let found = story(&report);
    assert_eq!((text(found, "/state"), items(&found["resolution"]).len()), ("possible-cause", 0));
    let told = run_line("diagnose fixtures/logs/name-with-address").text();
    assert!(told.contains("contradicted") && !told.contains("Inject the NIC driver"), "{told}");
}

/// Who copies a log by hand makes one line of two.
#[test]
fn a_failed_step_is_known_on_one_line_as_on_two() {
    let log = std::fs::read_to_string(fixture("logs/not-known/smsts.log")).unwrap();
    let on_one_line = log.replace("Fixture Step.\r\n", "Fixture Step. ").replace("Fixture Step.\n", "Fixture Step. ");
    assert_ne!(on_one_line, log);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smsts.log");
    std::fs::write(&path, on_one_line).unwrap();
    let report = run(["diagnose".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()]).json();
    let found = story(&report);
    let steps: Vec<&str> = items(&found["steps"]).iter().map(|step| text(step, "/name")).collect();
    assert_eq!((text(found, "/failed_step"), steps.last()), ("Fixture Step", Some(&"Fixture Step")), "{steps:?}");
}

/// "File not found" in the driver step has many causes; only the lines of pkgmgr.exe make it the article's.
#[test]
fn what_follows_from_a_cause_that_is_not_there_accuses_nobody() {
    let report = json_line("diagnose fixtures/logs/driver-package-missing", 1);
    let found = story(&report);
    assert_eq!((text(found, "/state"), text(found, "/consequences/0/signature")), ("failed", "L23"));
    assert_eq!((&found["why"], items(&found["resolution"]).len()), (&Value::Null, 0));
    let told = run_line("diagnose fixtures/logs/driver-package-missing").text();
    assert!(told.contains("look for:") && told.contains("(L22)") && !told.contains("what to do"), "{told}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let one = run_line("diagnose fixtures/logs --format json --jobs 1").stdout;
    assert_eq!(one, run_line("diagnose fixtures/logs --format json --jobs 4").stdout);
}

#[test]
fn hostile_logs_come_out_inert() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("smsts.log");
    let mut all = String::new();
    for (number, hostile) in crate::inert::HOSTILE.iter().enumerate() {
        for line in [
            format!("Executing command line: {hostile}"),
            "Process completed with exit code 9".to_owned(),
            format!("Start executing an instruction. Instruction name: {hostile}"),
            format!("Failed to run the action: {hostile}."),
            format!("Failed to run the last action: {hostile}. Execution of task sequence failed."),
        ] {
            all.push_str(&format!(
                "<![LOG[{line}]LOG]!><time=\"10:00:00.000+480\" date=\"02-10-2010\" component=\"TSManager\" context=\"\" type=\"3\" thread=\"{number}\" file=\"x.cpp:1\">\r\n"
            ));
        }
        all.push_str(&format!(
            "<![LOG[Found network adapter \"{hostile}\" with IP Address {hostile}.]LOG]!><time=\"10:00:00.000+480\" date=\"02-10-2010\" component=\"TSMBootstrap\" context=\"\" type=\"1\" thread=\"1\" file=\"\">\r\n"
        ));
    }
    std::fs::write(&log, all).unwrap();
    for (format, check) in [
        ("text", crate::inert::text as fn(&str)),
        ("json", crate::inert::nothing_invisible),
        ("markdown", crate::inert::markdown),
    ] {
        let report = run(["diagnose".as_ref(), log.as_os_str(), "-v".as_ref(), "--format".as_ref(), format.as_ref()]);
        assert_eq!(report.code, Some(1), "{format}: {}", report.stderr);
        check(&report.text());
    }
}

#[test]
fn explain_knows_signatures_articles_and_codes() {
    for (id, words) in [
        ("L02", &["0xC0000006 STATUS_IN_PAGE_ERROR", "multi-tier-nic-install-package", "What it is not"][..]),
        ("l31", &["KB978875"]),
        ("multi-tier-nic-install-package", &["L08", "offlineServicing", "Frank Rojas"]),
        ("0x80004005", &["E_FAIL", "L03"]),
        ("80004005", &["E_FAIL"]),
        ("3221225478", &["0xC0000006", "STATUS_IN_PAGE_ERROR", "L02"]),
        ("-2147021886", &["0x80070BC2", "Win32 code 3010"]),
        ("0x80040101", &["in logs of ConfigMgr"]),
        ("0x12345678", &["unknown here"]),
        ("2022", &["Server 2022"]),
    ] {
        let said = run_line(&format!("explain -- {id}"));
        assert_eq!(said.code, Some(0), "{id}: {}", said.stderr);
        for word in words {
            assert!(said.text().contains(word), "{id} does not say {word}:\n{}", said.text());
        }
        let json = run_line(&format!("explain --format json -- {id}"));
        assert!(json.json().is_object(), "{id}");
    }
}

/// The excerpts of the articles, in the forms in which they stand there.
#[test]
fn excerpts_of_articles_give_the_article() {
    for (id, topic) in [
        ("L02", "multi-tier-nic-install-package"),
        ("L08", "multi-tier-nic-install-package"),
        ("L21", "winpe-2-boot-image-for-windows-7"),
        ("L26", "winpe-2-boot-image-for-windows-7"),
        ("L30", "certificate-with-null-in-friendly-name"),
        ("L33", "client-approval"),
        ("L40", "service-account-keys-after-restore"),
        ("L41", "service-account-keys-after-restore"),
        ("L27", "dism-older-than-target"),
        ("L50", "winpe-without-network"),
        ("L55", "winpe-without-network"),
        ("L56", "winpe-without-network"),
        ("L57", "winpe-without-network"),
        ("L58", "winpe-without-address"),
        ("L54", "invalid-inf"),
    ] {
        let files = std::fs::read_dir(fixture(&format!("logs/{id}"))).unwrap();
        for path in
            files.map(|f| f.unwrap().path()).filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("fires-"))
        {
            let report = run(["diagnose".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()]).json();
            let known = items(&report["diagnoses"]).iter().find(|d| text(d, "/state") == "cause-known").unwrap();
            assert_eq!(text(known, "/topic"), topic, "{}", path.display());
            assert!(!items(&known["resolution"]).is_empty() && !items(&known["references"]).is_empty());
        }
    }
}

/// Every log of the fixtures, changed at random and cut off: never a panic, and the same result whatever the blocks are.
#[test]
fn changed_logs_are_read_to_their_end() {
    use wimspect::analysis::diagnosis::{LogRead, SessionReader, Sieve, deployments, tell};
    use wimspect::facts::log::LogReader;
    use wimspect::scan::logs;
    let sieve = Sieve::new(wimspect::inf_db::InfDb::embedded());
    let read = |bytes: &[u8], block: usize| {
        let mut sessions = SessionReader::new(&sieve);
        let reader = LogReader::with_block_size(bytes, block);
        let read = logs::relay(reader, 1, |block| sieve.sift(block), |sifted| sessions.take(&sifted)).unwrap();
        LogRead { path: "log".to_owned(), group: String::new(), summary: read.summary, sessions: sessions.finish() }
    };
    let mut random = 7_u64;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(random >> 33).unwrap() % below.max(1)
    };
    for entry in walkdir::WalkDir::new(fixture("logs")).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let original = std::fs::read(entry.path()).unwrap();
        for _ in 0..4 {
            let mut bytes = original.clone();
            for _ in 0..next(20) {
                let at = next(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(next(256)).unwrap();
                }
            }
            bytes.truncate(next(bytes.len() + 1));
            let logs = [read(&bytes, 1 << 20), read(&bytes, 11)];
            assert_eq!(logs[0].summary, logs[1].summary, "{}", entry.path().display());
            let ids = |log: &LogRead<'_>| -> Vec<String> {
                log.sessions.iter().flat_map(|s| &s.matches).map(|m| m.signature.id.clone()).collect()
            };
            assert_eq!(ids(&logs[0]), ids(&logs[1]), "{}", entry.path().display());
            for run in deployments(&logs) {
                tell(&run, &logs);
            }
        }
    }
}
