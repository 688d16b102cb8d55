//! Machine formats against their schemas: every JSON report against docs/wimspect-1.schema.json, SARIF against the official
//! schema.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{copy_tree, finish, fixture, items, program, run, run_line};

/// Runs that together write every record of the contract.
const RUNS: &[&str] = &[
    "audit fixtures/share",
    "audit fixtures/share --all-facts --winpe 2.1 --winpe 10-2004",
    "audit fixtures/share fixtures/share/broken --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim --fleet fixtures/fleet/models --deploy-os 6.1",
    "audit fixtures/share fixtures/no-such-share",
    "verify fixtures/images/6.1.7600-amd64-inbox-monolithic.wim fixtures/images/stale-xml.wim fixtures/images/unknown-newer.wim",
    "verify fixtures/images/not-windows-pe.wim fixtures/images/split.swm fixtures/images/mdt.wim --drivers fixtures/share",
    "verify fixtures/hostile/names.wim fixtures/hostile/bit-flip.wim",
    "inspect fixtures/share",
    "inspect fixtures/images/device-ids-missing.wim",
    "inspect fixtures/share/netxtreme2-multitier/bxvbd.inf",
    "verify fixtures/images/integrity-table.wim fixtures/images/mdt.wim --integrity",
];

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A schema that is compiled, and what is wrong with a value.
struct Validator {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Validator {
    fn new(schema: Value, pointer: &str) -> Self {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile(&format!("schema.json{pointer}"), &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn complaint(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|e| format!("{e:#}"))
    }
}

/// Members that no type has are mistakes here, though a reader must bear with them.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("oneOf") && !members.contains_key("$ref") {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            members.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

#[test]
fn every_json_report_keeps_the_contract() {
    let published = read("docs/wimspect-1.schema.json");
    let mut closed = published.clone();
    // Lines have a member more than their records.
    closed["$defs"].as_object_mut().unwrap().remove("Line");
    strict(&mut closed);
    let (document, line) = (Validator::new(closed, ""), Validator::new(published, "#/$defs/Line"));
    for arguments in RUNS {
        let report = run_line(&format!("{arguments} --format json --quiet"));
        assert!(report.stdout.is_empty(), "{arguments}: --quiet");
        let report = run_line(&format!("{arguments} --format json")).json();
        assert_eq!(document.complaint(&report), None, "{arguments}");
        let lines = run_line(&format!("{arguments} --format ndjson")).text();
        let mut kinds = std::collections::BTreeMap::<String, usize>::new();
        for text in lines.lines() {
            let record: Value = serde_json::from_str(text).unwrap();
            assert_eq!(line.complaint(&record), None, "{arguments}: {text}");
            assert!(text.starts_with("{\"record\":\""), "{text}");
            *kinds.entry(record["record"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        assert!(lines.starts_with("{\"record\":\"head\",\"schema\":\"wimspect/1\""), "{arguments}");
        for (kind, list) in [
            ("image", "images"),
            ("driver", "drivers"),
            ("topology", "topologies"),
            ("prediction", "predictions"),
            ("coverage", "coverage"),
            ("finding", "findings"),
            ("problem", "problems"),
            ("failed", "failed"),
        ] {
            let expected = report[list].as_array().map_or(0, Vec::len);
            assert_eq!(kinds.get(kind).copied().unwrap_or(0), expected, "{arguments}: {kind}");
        }
    }
}

/// Runs of `diagnose`, which writes no lines.
const DIAGNOSES: &[&str] = &[
    "diagnose fixtures/logs",
    "diagnose fixtures/logs/article-sp1-run-from-dp --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim --drivers fixtures/share",
    "diagnose fixtures/logs/article-sp2-download fixtures/logs/winpe-2-for-windows-7 --drivers fixtures/share --fleet fixtures/fleet/models",
    "diagnose fixtures/logs/damaged fixtures/logs/no-such-log",
];

#[test]
fn every_diagnosis_keeps_the_contract() {
    let mut closed = read("docs/wimspect-1.schema.json");
    closed["$defs"].as_object_mut().unwrap().remove("Line");
    strict(&mut closed);
    let document = Validator::new(closed, "");
    for arguments in DIAGNOSES {
        let report = run_line(&format!("{arguments} --format json")).json();
        assert_eq!(document.complaint(&report), None, "{arguments}");
        assert!(!report["diagnoses"].as_array().unwrap().is_empty(), "{arguments}");
    }
}

#[test]
fn diffs_and_histories_keep_the_contract() {
    let mut closed = read("docs/wimspect-1.schema.json");
    closed["$defs"].as_object_mut().unwrap().remove("Line");
    strict(&mut closed);
    let folder = tempfile::tempdir().unwrap();
    let history = crate::history::three_nights(folder.path()).display().to_string();
    for (line, shape) in [
        ("diff fixtures/share fixtures/share/wlan", "Diff"),
        ("diff fixtures/images/mdt.wim fixtures/images/setup-media.wim", "Diff"),
        ("diff fixtures/images/6.1.7600-amd64-inbox-monolithic.wim fixtures/images/multi-tier-injected.wim", "Diff"),
        ("diff 1 latest --history {}", "Diff"),
        ("history list --history {}", "RunList"),
        ("history show previous --history {}", "RunDocument"),
        ("history prune --keep-runs 9 --history {}", "PrunedDocument"),
    ] {
        let arguments = line.split(' ').map(|word| word.replace("{}", &history));
        let report = run(arguments.chain(["--format".to_owned(), "json".to_owned()])).json();
        let validator = Validator::new(closed.clone(), &format!("#/$defs/{shape}"));
        assert_eq!(validator.complaint(&report), None, "{line}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = Validator::new(read("docs/wimspect-1.schema.json"), "");
    let report = run_line("audit fixtures/share/broken --format json").json();
    assert_eq!(validator.complaint(&report), None);
    for (pointer, value) in [
        ("/schema", json!("wimspect/2")),
        ("/findings", json!(null)),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/location", json!("broken/binary.inf")),
        ("/summary/files", json!("many")),
    ] {
        let mut wrong = report.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert!(validator.complaint(&wrong).is_some(), "{pointer}");
    }
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    let validator = Validator::new(read("tests/schemas/sarif-2.1.0.schema.json"), "");
    for arguments in RUNS.iter().filter(|a| !a.starts_with("inspect")) {
        let log = run_line(&format!("{arguments} --format sarif")).json();
        assert_eq!(validator.complaint(&log), None, "{arguments}");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let report = run_line(&format!("{arguments} --format json")).json();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), report["findings"].as_array().unwrap().len(), "{arguments}");
        for (result, finding) in results.iter().zip(report["findings"].as_array().unwrap()) {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"], "{arguments}");
            assert_eq!(result["ruleId"], finding["rule"], "{arguments}");
            assert_eq!(result["partialFingerprints"]["wimspect/1"], finding["fingerprint"], "{arguments}");
            assert_eq!(result["properties"]["confidence"], finding["confidence"], "{arguments}");
        }
        for rule in rules {
            assert!(rule["help"]["markdown"].as_str().unwrap().contains("## How to fix it"), "{}", rule["id"]);
        }
        let successful = report.get("failed").is_none();
        assert_eq!(run["invocations"][0]["executionSuccessful"], successful, "{arguments}");
        assert!(run["properties"]["scope"].as_str().unwrap().contains("storage drivers"), "{arguments}");
    }
}

/// (arguments, path of the finding in JSON, URI, base)
const ADDRESSES: &[(&str, &str, &str, &str)] = &[
    ("fixtures/share/broken", "text.inf", "fixtures/share/broken/text.inf", "%SRCROOT%"),
    ("fixtures/share/broken/", "text.inf", "fixtures/share/broken/text.inf", "%SRCROOT%"),
    ("./fixtures/share/broken", "text.inf", "fixtures/share/broken/text.inf", "%SRCROOT%"),
    ("{root}/fixtures/share/broken", "text.inf", "text.inf", "SHARE-1"),
    ("fixtures/../fixtures/share/broken", "text.inf", "text.inf", "SHARE-1"),
    ("fixtures/share/broken fixtures/share/wlan", "broken/text.inf", "fixtures/share/broken/text.inf", "%SRCROOT%"),
];

#[test]
fn sarif_names_the_file_that_a_reader_finds() {
    for (shares, path, uri, base) in ADDRESSES {
        let shares = shares.replace("{root}", env!("CARGO_MANIFEST_DIR"));
        let arguments = shares.split(' ').map(str::to_owned);
        let log =
            run(["audit".to_owned()].into_iter().chain(arguments).chain(["--format".into(), "sarif".into()])).json();
        let run = &log["runs"][0];
        let addresses: Vec<&Value> = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| &r["locations"][0]["physicalLocation"]["artifactLocation"])
            .collect();
        let expected = json!({ "uri": uri, "uriBaseId": base });
        assert!(addresses.contains(&&expected), "{shares}: {path} is not {expected}: {addresses:#?}");
        let bases = &run["originalUriBaseIds"];
        assert!(bases.get(*base).is_some(), "{shares}: {bases}");
        if shares.starts_with('/') {
            let address = bases[*base]["uri"].as_str().unwrap();
            assert!(address.starts_with("file:///") && address.ends_with("/fixtures/share/broken/"), "{address}");
        }
    }
}

/// A share with a finding that is ignored, some that are accepted, one that is new, and one that is gone.
fn compared(format: &str) -> crate::support::Run {
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("share");
    copy_tree(&fixture("share/netxtreme2-multitier"), &share.join("multi"));
    copy_tree(&fixture("share/broken"), &share.join("broken"));
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (baseline, policy) = (path("accepted.json"), path("policy.ini"));
    let audit = |more: &[&str]| {
        let mut command = program();
        command.env("XDG_CONFIG_HOME", folder.path()).env("HOME", folder.path()).current_dir(folder.path());
        finish(command.args(["audit", "share", "--winpe", "2.1", "--arch", "amd64"]).args(more))
    };
    let before = audit(&["--write-baseline", &baseline, "--no-policy"]);
    assert_eq!(before.code, Some(1), "{}", before.stderr);
    std::fs::remove_file(share.join("broken/text.inf")).unwrap();
    std::fs::write(share.join("broken/new.inf"), "nothing of an INF").unwrap();
    std::fs::write(
        &policy,
        "[ignore empty]\nrule = inf-unreadable\npath = broken/empty.inf\nreason = <kept> by us\nuntil = 2999-01-01\n",
    )
    .unwrap();
    audit(&["--baseline", &baseline, "--policy", &policy, "--format", format])
}

#[test]
fn what_is_ignored_accepted_new_or_gone_stands_in_every_format() {
    let json = compared("json");
    assert_eq!(json.code, Some(0), "nothing new is an error: {}", json.stderr);
    let report = json.json();
    assert_eq!(Validator::new(read("docs/wimspect-1.schema.json"), "").complaint(&report), None);
    let baseline = &report["baseline"];
    assert_eq!((baseline["new"].as_u64(), items(&baseline["gone"]).len()), (Some(1), 1), "{baseline}");
    let of = |by: &str| items(&report["findings"]).iter().filter(|f| f["suppressed"]["by"] == by).count();
    assert_eq!(of("policy"), 1);
    assert!(of("baseline") > 3);

    let log = compared("sarif").json();
    assert_eq!(Validator::new(read("tests/schemas/sarif-2.1.0.schema.json"), "").complaint(&log), None);
    let results = items(&log["runs"][0]["results"]);
    let state = |state: &str| results.iter().filter(|r| r["baselineState"] == state).count();
    assert_eq!((state("new"), state("absent")), (1, 1));
    assert_eq!(state("new") + state("absent") + state("unchanged"), results.len());
    let suppressed = results.iter().filter(|r| !items(&r["suppressions"]).is_empty()).count();
    assert_eq!(suppressed, of("policy") + of("baseline"));
    assert!(results.iter().any(|r| r["suppressions"][0]["justification"] == "<kept> by us"));

    for (format, words) in [
        ("text", &["1 finding ignored by the policy", "<kept> by us", "Baseline: 1 new", "gone:"][..]),
        ("ndjson", &["{\"record\":\"baseline\",\"new\":1"]),
        ("csv", &[",ignored,<kept> by us,", ",accepted,", ",new,", "\ngone,"]),
        (
            "junit",
            &[
                "ignored by the policy until 2999-01-01: &lt;kept&gt; by us",
                "accepted by the baseline",
                "failures=\"0\"",
            ],
        ),
        ("markdown", &["## Not counted", "&lt;kept&gt; by us", "Baseline: 1 new", "gone: inf-unreadable"]),
    ] {
        let run = compared(format);
        assert_eq!(run.code, Some(0), "{format}: {}", run.stderr);
        for word in words {
            assert!(run.text().contains(word), "{format} does not say {word}:\n{}", run.text());
        }
    }
}
