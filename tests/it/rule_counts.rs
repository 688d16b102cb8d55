//! How many findings each rule makes on whole shares, kept in `rule-counts.txt`: every later change of a heuristic shows.
//! `UPDATE=1 cargo test --test it rule_counts` writes the file anew. The parts on real material are compared where it is
//! there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use crate::support::{corpus, fixture, run};

#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    severity: String,
}

/// Name of the part, and the arguments; `None` where the material is not there.
fn parts() -> Vec<(&'static str, Option<Vec<String>>)> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let line = |words: &str, path: PathBuf| {
        words.split(' ').map(|w| if w == "SHARE" { text(path.clone()) } else { w.to_owned() }).collect()
    };
    let shared = std::env::var_os("WIMSPECT_SHARED").map(PathBuf::from);
    let packages = shared.map(|s| s.join("winpe-tools/packages")).filter(|p| p.is_dir());
    let inf = corpus("counts of findings by rule").map(|c| c.join("inf"));
    let every = "audit SHARE --winpe all";
    let three = "audit SHARE --winpe 2.1 --winpe 3.0 --winpe 10-2004";
    vec![
        ("fixtures/share", Some(line(every, fixture("share")))),
        ("corpus, 2.1, 3.0 and 10-2004", inf.clone().map(|i| line(three, i))),
        ("corpus, no target", inf.map(|i| line("audit SHARE", i))),
        ("INFs of winpe-tools", packages.map(|p| line(every, p))),
    ]
}

fn counts(arguments: &[String]) -> String {
    let run = run(arguments.iter().map(String::as_str).chain(["--format", "json"]));
    assert!(matches!(run.code, Some(0 | 1)), "{arguments:?}: {}", run.stderr);
    let report: Report = serde_json::from_slice(&run.stdout).unwrap();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in report.findings {
        *counts.entry((finding.rule, finding.severity)).or_default() += 1;
    }
    let mut table = String::new();
    for ((rule, severity), count) in counts {
        writeln!(table, "{rule:<44} {severity:<8} {count:>5}").unwrap();
    }
    table
}

/// `== name` and the table below it.
fn sections(text: &str) -> BTreeMap<String, String> {
    let parts = text.split("== ").skip(1).filter_map(|part| part.split_once('\n'));
    parts.map(|(name, table)| (name.to_owned(), table.trim_end().to_owned())).collect()
}

#[test]
fn each_rule_finds_as_much_as_before() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/rule-counts.txt");
    let kept = sections(&std::fs::read_to_string(&path).unwrap_or_default());
    let mut now = kept.clone();
    for (name, arguments) in parts() {
        if let Some(arguments) = arguments {
            now.insert(name.to_owned(), counts(&arguments).trim_end().to_owned());
        }
    }
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        let text: Vec<String> = now.iter().map(|(name, table)| format!("== {name}\n{table}\n")).collect();
        std::fs::write(&path, text.join("\n")).unwrap();
        return;
    }
    for (name, table) in &now {
        let before = kept.get(name).map_or("", String::as_str);
        assert!(before == table, "{name}: was\n{before}\n\nis\n{table}\n\nUPDATE=1 cargo test --test it rule_counts");
    }
}
