//! All formats on one rich result: a share, a boot image and a fleet; and what each of them promises.
//!
//! `INSTA_UPDATE=always cargo test --test it formats` accepts what changed; look at the difference before.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Run, items, run, run_line};

/// An error, warnings and notes, a verdict, a prediction that fails, a fleet, and something that could not be read.
const RICH: &str = "audit fixtures/share/netxtreme2-multitier fixtures/share/broken --boot-image \
                    fixtures/images/6.0.6001-amd64-monolithic.wim --fleet fixtures/fleet/models --deploy-os 6.1";
const FORMATS: [&str; 8] = ["text", "json", "ndjson", "sarif", "csv", "junit", "markdown", "html"];

fn rich(format: &str) -> Run {
    let run = run_line(&format!("{RICH} --format {format}"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    run
}

/// What changes with the version or with every word in inf-db stands elsewhere.
fn stable(format: &str, text: &str) -> String {
    let digest = |text: &str| {
        let mut text = text.to_owned();
        while let Some(at) =
            text.find("\"inf_db\":\"").map(|at| at + 10).filter(|at| !text[*at..].starts_with("DIGEST"))
        {
            text.replace_range(at..at + 64, "DIGEST");
        }
        text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    };
    if format == "sarif" {
        let mut log: Value = serde_json::from_str(text).unwrap();
        let rules = log.pointer_mut("/runs/0/tool/driver/rules").unwrap();
        let used = items(rules).iter().filter(|r| r["id"] == "multi-tier-nic-in-windowspe").cloned().collect();
        *rules = Value::Array(used);
        let text = serde_json::to_string_pretty(&log).unwrap();
        return digest(&text.replace("\"inf_db\": \"", "\"inf_db\":\""));
    }
    if format == "html" {
        // Script and style are no result; they change by themselves.
        let mut text = text.to_owned();
        for (open, close) in [("<script>", "</script>"), ("<style>", "</style>")] {
            while let Some(from) = text.find(open).map(|at| at + open.len()) {
                let to = from + text[from..].find(close).unwrap();
                text.replace_range(from..to, "");
                text.replace_range(from - 1..from, " >");
            }
        }
        // The digests of script and style, 44 characters of Base64 each.
        let mut at = 0;
        while let Some(found) = text[at..].find("sha256-").map(|found| at + found + 7) {
            if text.get(found..found + 44).is_some_and(|digest| digest.ends_with('=')) {
                text.replace_range(found..found + 44, "DIGEST");
            }
            at = found;
        }
        let tables = wimspect::inf_db::InfDb::embedded().digest();
        return text.replace(env!("CARGO_PKG_VERSION"), "VERSION").replace(&tables, "DIGEST");
    }
    if matches!(format, "json" | "ndjson") {
        // Drivers, topologies and predictions are held by the schema and by other tests: here only their beginning.
        let is_long = |line: &&str| line.chars().count() > 700;
        let cut = |line: &str| {
            if is_long(&line) { line.chars().take(700).collect::<String>() + "~" } else { line.to_owned() }
        };
        return digest(&text.lines().map(cut).collect::<Vec<_>>().join("\n"));
    }
    digest(text)
}

#[test]
fn one_rich_result_in_all_formats() {
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings.bind(|| {
        for format in FORMATS {
            let text = rich(format).text();
            insta::assert_snapshot!(format!("rich-{format}"), stable(format, &text));
        }
    });
}

#[test]
fn two_runs_give_the_same_bytes_and_several_reports_those_of_single_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments: Vec<String> = RICH.split_whitespace().map(str::to_owned).collect();
    for format in FORMATS {
        let file = folder.path().join(format);
        arguments.extend(["--format".to_owned(), format!("{format}={}", file.display())]);
    }
    let all = run(&arguments);
    assert_eq!(all.code, Some(1), "{}", all.stderr);
    assert!(all.stdout.is_empty());
    for format in FORMATS {
        let file = std::fs::read(folder.path().join(format)).unwrap();
        assert!(file == rich(format).stdout, "{format}");
    }
}

#[test]
fn confidence_and_scope_stand_in_every_format() {
    for format in FORMATS {
        let text = rich(format).text();
        assert!(text.contains("likely"), "{format}: no confidence");
        if matches!(format, "json" | "ndjson") {
            assert!(text.contains("\"scope\":[\"network drivers in the image\""), "{format}: no scope");
        } else {
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("storage drivers and the deployed system are not"), "{format}: no scope");
        }
    }
}

/// Cases of a JUnit report by their outcome.
fn junit(text: &str) -> BTreeMap<&'static str, Vec<String>> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut cases: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let (mut name, mut outcome) = (String::new(), "passed");
    loop {
        let event = reader.read_event().unwrap();
        let (tag, ends) = match &event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(tag) if tag.name().as_ref() == "testcase" => {
                cases.entry(outcome).or_default().push(name.clone());
                continue;
            }
            Event::Eof => return cases,
            _ => continue,
        };
        match tag.name().as_ref() {
            "testcase" => {
                let attribute = tag.try_get_attribute("name").unwrap().unwrap();
                name = attribute.value.into_owned();
                outcome = "passed";
                if ends {
                    cases.entry(outcome).or_default().push(name.clone());
                }
            }
            "failure" => outcome = "failed",
            "error" => outcome = "error",
            "skipped" => outcome = "skipped",
            _ => {}
        }
    }
}

#[test]
fn a_junit_case_fails_when_the_run_does() {
    let share =
        "audit fixtures/share/broken fixtures/share/netxtreme2-multitier --winpe 2.1 --arch amd64 --format junit";
    for (fail_on, code, failed) in [("error", 1, 1), ("warning", 1, 7), ("never", 0, 0)] {
        let run = run_line(&format!("{share} --fail-on {fail_on}"));
        assert_eq!(run.code, Some(code), "{fail_on}");
        let cases = junit(&run.text());
        assert_eq!(cases.get("failed").map_or(0, Vec::len), failed, "{fail_on}: {cases:#?}");
        assert!(run.text().contains(&format!("failures=\"{failed}\"")), "{fail_on}");
    }
    let clean = run_line("audit fixtures/share/intel-like-monolithic --winpe 10-2004 --arch amd64 --format junit");
    assert_eq!(clean.code, Some(0));
    let cases = junit(&clean.text());
    assert!(
        !cases.contains_key("failed") && !cases["passed"].is_empty(),
        "a clean run has a case that passes: {cases:?}"
    );
    let unread = run_line("audit fixtures/share/wlan fixtures/no-such-folder --format junit");
    assert_eq!(unread.code, Some(2));
    assert_eq!(junit(&unread.text())["error"].len(), 1, "an input that could not be read is no passed test");
}

#[test]
fn csv_has_a_row_for_each_finding_and_says_what_was_judged() {
    let text = rich("csv").text();
    let report = rich("json").json();
    let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<BTreeMap<String, String>> =
        reader.records().map(|r| head.iter().cloned().zip(r.unwrap().iter().map(str::to_owned)).collect()).collect();
    let of = |record: &str| rows.iter().filter(|r| r["record"] == record).collect::<Vec<_>>();
    let findings = items(&report["findings"]);
    assert_eq!(of("finding").len(), findings.len());
    for (row, finding) in of("finding").iter().zip(findings) {
        for name in ["rule", "severity", "confidence", "fingerprint"] {
            assert_eq!(finding[name], row[name], "{row:?}");
        }
        assert_eq!(finding["location"]["path"], row["path"]);
    }
    assert_eq!(of("verdict").len(), 1);
    assert_eq!(of("summary").len(), 1);
    assert_eq!(of("problem").len(), items(&report["problems"]).len());
}

#[test]
fn a_format_without_room_for_what_is_said_is_refused() {
    for (line, words) in [
        ("inspect fixtures/share --format sarif", "use one of text, json, ndjson, html"),
        ("inspect fixtures/share/wlan/fxwlan.inf --os 6.1 --format csv", "use one of text, json"),
        ("explain 3.0 --format markdown", "use one of text, json"),
    ] {
        let run = run_line(line);
        assert_eq!(run.code, Some(2), "{line}");
        assert!(run.stderr.contains(words), "{line}: {}", run.stderr);
    }
}

#[test]
fn hyperlinks_are_for_terminals_that_know_them() {
    let line = "audit fixtures/share/netxtreme2-multitier --winpe 2.1 --color always";
    let plain = run_line(line).text();
    assert!(!plain.contains("\u{1b}]8;;"), "no terminal");
    for (force, color, expected) in [("1", "always", true), ("1", "never", false), ("0", "always", false)] {
        let output = crate::support::program()
            .env("FORCE_HYPERLINK", force)
            .args(["audit", "fixtures/share/netxtreme2-multitier", "--winpe", "2.1", "--color", color])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let address = "/fixtures/share/netxtreme2-multitier/bxvbd.inf\u{1b}\\";
        assert_eq!(text.contains("\u{1b}]8;;file:///") && text.contains(address), expected, "{force} {color}: {text}");
    }
}
