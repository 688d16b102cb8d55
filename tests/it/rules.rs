//! Every rule has a case in which it fires and one in which it is silent (`fixtures/rules`), a document and a way to fix it;
//! and docs/rules.md says what the documents say. `UPDATE=1` writes docs/rules.md anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use wimspect::analysis::rules;
use wimspect::inf_db::{InfDb, RuleDocument};

/// `case.toml`; fixtures/rules/README.md explains it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    args: Vec<String>,
    #[serde(default)]
    count: usize,
    severity: Option<Vec<String>>,
    exit: Option<i32>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never_says: Vec<String>,
    /// Seconds since 1970: the clock of the run.
    now: Option<u64>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn folders(of: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(of).unwrap_or_else(|e| panic!("{}: {e}", of.display()));
    let paths = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    paths.map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), p)).collect()
}

/// Runs one case and says what is not as it should be.
fn run(rule: &str, name: &str, folder: &Path) -> Vec<String> {
    let text = match std::fs::read_to_string(folder.join("case.toml")) {
        Ok(text) => text,
        Err(error) => return vec![format!("case.toml: {error}")],
    };
    let case: Case = match toml::from_str(&text) {
        Ok(case) => case,
        Err(error) => return vec![format!("case.toml: {error}")],
    };
    let mut wrong = Vec::new();
    let mut expect = |ok: bool, what: String| {
        if !ok {
            wrong.push(what);
        }
    };
    expect(!case.why.is_empty(), "`why` is empty".to_owned());
    expect(name.starts_with("fires") == (case.count > 0), format!("the name `{name}` and count = {}", case.count));
    let args = case
        .args
        .iter()
        .map(|a| a.replace("{here}", &folder.to_string_lossy()).replace("{fixtures}", &fixtures().to_string_lossy()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimspect"));
    command.args(args).args(["--format", "json", "--no-progress"]);
    if let Some(now) = case.now {
        command.env("SOURCE_DATE_EPOCH", now.to_string());
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        expect(false, format!("no JSON; exit code {:?}, {stderr}", output.status.code()));
        return wrong;
    };
    if let Some(exit) = case.exit {
        expect(output.status.code() == Some(exit), format!("exit code {:?} instead of {exit}", output.status.code()));
    }
    let all = report["findings"].as_array().unwrap();
    let found: Vec<&Value> = all.iter().filter(|f| f["rule"] == rule).collect();
    let messages: Vec<&str> = found.iter().filter_map(|f| f["message"].as_str()).collect();
    expect(found.len() == case.count, format!("{} findings instead of {}: {messages:#?}", found.len(), case.count));
    if let Some(severity) = &case.severity {
        let have: Vec<&str> = found.iter().filter_map(|f| f["severity"].as_str()).collect();
        expect(have == *severity, format!("severities {have:?} instead of {severity:?}"));
    }
    let texts: String = found.iter().map(|f| format!("{} {} {}\n", f["message"], f["evidence"], f["advice"])).collect();
    for said in &case.says {
        expect(texts.contains(said.as_str()), format!("`{said}` is not said: {texts}"));
    }
    for said in &case.never_says {
        expect(!texts.contains(said.as_str()), format!("`{said}` is said: {texts}"));
    }
    let fingerprints: BTreeSet<&str> = found.iter().filter_map(|f| f["fingerprint"].as_str()).collect();
    expect(fingerprints.len() == found.len(), "two findings of the rule have the same fingerprint".to_owned());
    wrong
}

#[test]
fn every_case_comes_out_as_written() {
    let mut problems = Vec::new();
    for (rule, folder) in folders(&fixtures().join("rules")) {
        for (name, folder) in folders(&folder) {
            problems.extend(run(&rule, &name, &folder).into_iter().map(|p| format!("{rule}/{name}: {p}")));
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_rule_has_cases_a_document_and_a_fix() {
    let with_cases = folders(&fixtures().join("rules"));
    let mut problems = Vec::new();
    for rule in rules::ids() {
        match InfDb::embedded().rules().get(rule) {
            None => problems.push(format!("{rule}: no document in inf-db/rules")),
            Some(document) if document.fix.iter().all(|f| f.trim().is_empty()) => {
                problems.push(format!("{rule}: its document has no fix"));
            }
            Some(_) => {}
        }
        let cases = with_cases.get(rule).map(|f| folders(f)).unwrap_or_default();
        for kind in ["fires", "silent"] {
            if !cases.keys().any(|name| name.starts_with(kind)) {
                problems.push(format!("{rule}: no case in fixtures/rules that is `{kind}`"));
            }
        }
    }
    let registered: BTreeSet<&str> = rules::ids().collect();
    if registered.len() != rules::ids().count() {
        problems.push("a rule is registered twice".to_owned());
    }
    for rule in with_cases.keys().filter(|r| !registered.contains(r.as_str())) {
        problems.push(format!("{rule}: cases in fixtures/rules, and no registered rule"));
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// docs/rules.md as the documents make it.
fn rules_page() -> String {
    let mut page = String::from(
        "# Rules\n\nMade from the documents in `inf-db/rules` (`UPDATE=1 cargo test --test it rules`). \
         `wimspect explain RULE` shows the same.\nThe severity is the one where nothing changes it: only a target that was \
         named makes an error.\n",
    );
    let registered: BTreeSet<&str> = rules::ids().collect();
    let documents: Vec<&RuleDocument> = InfDb::embedded().rules().iter().collect();
    page.push_str("\n| rule | severity | |\n|---|---|---|\n");
    for rule in &documents {
        let note = if registered.contains(rule.id.as_str()) { "" } else { " (not judged yet)" };
        page.push_str(&format!("| [`{0}`](#{0}) | {1} | {2}{note} |\n", rule.id, rule.severity.name(), rule.title));
    }
    for rule in &documents {
        page.push_str(&format!("\n## {}\n\n**{}** ({})\n", rule.id, rule.title, rule.severity.name()));
        page.push_str(&format!("\n{}\n\nWhy it matters: {}\n", rule.summary, rule.why));
        for (head, items) in
            [("How it shows up", &rule.shows_up), ("How to fix it", &rule.fix), ("References", &rule.references)]
        {
            page.push_str(&format!("\n{head}:\n\n"));
            page.extend(items.iter().map(|i| format!("- {}\n", i.replace('\n', " "))));
        }
    }
    page
}

#[test]
fn the_page_of_the_rules_says_what_the_documents_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let page = rules_page();
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(there == page, "docs/rules.md is not what inf-db/rules says: UPDATE=1 cargo test --test it rules");
}
