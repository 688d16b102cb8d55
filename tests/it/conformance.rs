//! Runs a file of INF conformance cases: our own copy, or the one that `WIMSPECT_CONFORMANCE` names.
//!
//! `WIMSPECT_CONFORMANCE=FILE cargo test conformance -- --nocapture` prints `N passed, N failed` and each failure with
//! what was expected and what came out. The operations are those of Windows' setup library.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use wimspect::analysis::selection::rank::{DeviceIds, identifier_score};
use wimspect::analysis::selection::{choose_models_section, selected_models};
use wimspect::facts::driver_package::{self, DriverPackage};
use wimspect::facts::ids::{Arch, HardwareId};
use wimspect::facts::os_version::{OsVersion, ProductType, TargetOs};
use wimspect::formats::inf::{DEFAULT_LANGUAGE, Inf, Line, Strings, value};

const OWN_CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/conformance/inf.json");

#[test]
fn conformance() {
    let file = std::env::var("WIMSPECT_CONFORMANCE").unwrap_or_else(|_| OWN_CASES.to_owned());
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let cases: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
    let cases = cases["cases"].as_array().cloned().unwrap_or_default();
    let mut failed = Vec::new();
    for case in &cases {
        let expected = &case["expected"];
        let got = match run(case) {
            Ok(got) => got,
            Err(message) => json!({ "runner": message }),
        };
        let accepted = |wanted: &Value| agrees(case["query"]["op"].as_str().unwrap_or(""), wanted, &got);
        if !accepted(expected) && !case.get("also_accept").is_some_and(accepted) {
            failed.push(format!("{}\n  expected {expected}\n  got      {got}", case["name"].as_str().unwrap_or("?")));
        }
    }
    println!("{} passed, {} failed ({file})", cases.len() - failed.len(), failed.len());
    for failure in &failed {
        println!("{failure}");
    }
    assert!(!cases.is_empty(), "{file} holds no cases");
    assert!(failed.is_empty(), "{} of {} cases failed", failed.len(), cases.len());
}

/// What was expected agrees with what came out: section names without case, objects by the keys that are expected.
fn agrees(op: &str, expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(wanted), Value::Object(_)) => wanted.iter().all(|(k, v)| agrees(op, v, &got[k])),
        (Value::Array(wanted), Value::Array(items)) if op == "sections" => {
            let sorted = |list: &[Value]| {
                let mut names: Vec<String> = list.iter().map(|v| v.as_str().unwrap_or("").to_lowercase()).collect();
                names.sort();
                names
            };
            sorted(wanted) == sorted(items)
        }
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.len() == items.len() && wanted.iter().zip(items).all(|(w, g)| agrees(op, w, g))
        }
        (Value::String(wanted), Value::String(text))
            if matches!(op, "actual_section" | "models_section" | "inf_class") =>
        {
            wanted.to_lowercase() == text.to_lowercase()
        }
        _ => expected == got,
    }
}

fn run(case: &Value) -> Result<Value, String> {
    let bytes = unhex(case["input_hex"].as_str().unwrap_or(""))?;
    let query = &case["query"];
    let inf = Inf::read(&bytes);
    let strings = inf.strings(DEFAULT_LANGUAGE);
    let arch = query["arch"].as_str().and_then(Arch::from_name).unwrap_or(Arch::Amd64);
    let section = query["section"].as_str().unwrap_or("");
    match query["op"].as_str().unwrap_or("") {
        "open" => Ok(open(&inf, query["style"].as_str().unwrap_or("win4"))),
        "section_exists" => Ok(json!(inf.section(section).is_some())),
        "sections" => Ok(json!(inf.sections().map(|s| s.name()).collect::<Vec<_>>())),
        "first_line" => Ok(match lines(&inf, section).first() {
            Some(line) => json!({ "key": key(line, &strings), "fields": fields(line, &strings) }),
            None => Value::Null,
        }),
        "find_key" => Ok(json!(find(&inf, &strings, section, &query["key"]).is_some())),
        "line_count" => Ok(inf.section(section).map_or(json!(-1), |s| json!(s.lines().count()))),
        "int_field" => Ok(int_field(&inf, &strings, query)),
        "binary_field" => Ok(binary_field(&inf, &strings, query)),
        "actual_section" => Ok(json!(driver_package::actual_section_name(&inf, section, arch))),
        "models_section" => Ok(models_section(&bytes, query)),
        "identifier_score" | "compatible_drivers" | "best_driver" => {
            let drivers = drivers(&driver_package::read(&bytes), query, arch);
            Ok(match query["op"].as_str() {
                Some("compatible_drivers") => json!(drivers),
                Some("identifier_score") => {
                    drivers.iter().map(|d| d["rank"].clone()).min_by_key(Value::as_u64).unwrap_or(Value::Null)
                }
                _ => {
                    drivers.iter().min_by_key(|d| d["rank"].as_u64()).map_or(Value::Null, |d| d["description"].clone())
                }
            })
        }
        "inf_class" => Ok(match driver_package::inf_class(&inf, &strings) {
            Some(class) => json!({ "ok": true, "class": class }),
            None => json!({ "ok": false }),
        }),
        "source_location" => {
            let file = query["file"].as_str().unwrap_or("");
            Ok(match driver_package::source_file(&inf, &strings, file, arch) {
                Some(found) => json!({ "disk_id": number(&found.disk), "path": found.subfolder }),
                None => Value::Null,
            })
        }
        "source_info" => {
            let disk = query["disk_id"].as_i64().unwrap_or(0);
            Ok(match driver_package::source_disk(&inf, &strings, disk, arch) {
                Some(found) => json!({ "description": found.description, "tagfile": found.tag, "path": found.path }),
                None => Value::Null,
            })
        }
        "target_dir" => {
            let target = driver_package::destination_dir(&inf, &strings, query["section"].as_str());
            Ok(json!({ "dirid": target.dirid, "subdir": target.subfolder }))
        }
        other => Err(format!("unknown operation {other}")),
    }
}

fn number(text: &str) -> Value {
    value::integer(text).map_or(Value::Null, |n| json!(n))
}

fn open(inf: &Inf<'_>, style: &str) -> Value {
    let result = if style.eq_ignore_ascii_case("oldnt") { inf.check_syntax() } else { inf.check() };
    match result {
        Ok(()) => json!({ "ok": true, "error": null, "error_line": null }),
        Err(e) => json!({ "ok": false, "error": e.kind.code_name(), "error_line": e.line }),
    }
}

fn lines<'i>(inf: &'i Inf<'_>, section: &str) -> Vec<Line<'i>> {
    inf.section(section).map(|s| s.lines().collect()).unwrap_or_default()
}

/// Substitution as setup does it, with directory ids.
fn expand(text: &str, strings: &Strings<'_>) -> String {
    strings.expand_with(text.to_owned().into(), value::default_folder, |_| {}).into_owned()
}

fn key(line: &Line<'_>, strings: &Strings<'_>) -> Option<String> {
    line.key().map(|k| expand(k, strings))
}

fn fields(line: &Line<'_>, strings: &Strings<'_>) -> Vec<String> {
    line.fields().iter().map(|f| expand(f.as_str(), strings)).collect()
}

fn find<'i>(inf: &'i Inf<'_>, strings: &Strings<'_>, section: &str, wanted: &Value) -> Option<Line<'i>> {
    let wanted = wanted.as_str();
    lines(inf, section)
        .into_iter()
        .find(|l| wanted.is_none_or(|w| key(l, strings).is_some_and(|k| k.to_lowercase() == w.to_lowercase())))
}

fn int_field(inf: &Inf<'_>, strings: &Strings<'_>, query: &Value) -> Value {
    let Some(line) = find(inf, strings, query["section"].as_str().unwrap_or(""), &query["key"]) else {
        return json!({ "error": "ERROR_LINE_NOT_FOUND" });
    };
    let index = query["index"].as_u64().unwrap_or(0) as usize;
    let text = match index {
        0 => key(&line, strings),
        n => fields(&line, strings).get(n - 1).cloned(),
    };
    match text.map(|t| value::integer(&t)) {
        None => json!({ "error": "ERROR_INVALID_PARAMETER" }),
        Some(None) => json!({ "error": "ERROR_INVALID_DATA" }),
        Some(Some(n)) => json!(n),
    }
}

fn binary_field(inf: &Inf<'_>, strings: &Strings<'_>, query: &Value) -> Value {
    let Some(line) = find(inf, strings, query["section"].as_str().unwrap_or(""), &query["key"]) else {
        return json!({ "error": "ERROR_LINE_NOT_FOUND" });
    };
    let index = query["index"].as_u64().unwrap_or(0) as usize;
    let fields = fields(&line, strings);
    if index == 0 || index > fields.len() {
        return json!({ "error": "ERROR_INVALID_PARAMETER" });
    }
    let bytes: Option<Vec<u8>> = fields[index - 1..].iter().map(|f| value::binary_byte(f)).collect();
    match bytes {
        Some(bytes) => json!(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        None => json!({ "error": "ERROR_INVALID_DATA" }),
    }
}

fn models_section(bytes: &[u8], query: &Value) -> Value {
    let os = &query["os"];
    let version = os["version"].as_str().unwrap_or("10.0").parse::<OsVersion>().unwrap_or(OsVersion::new(10, 0));
    let build = os["build"].as_u64().map(|b| b as u32);
    let target = TargetOs {
        version: OsVersion { build: build.or(version.build), ..version },
        arch: os["arch"].as_str().and_then(Arch::from_name).unwrap_or(Arch::Amd64),
        product_type: os["product_type"]
            .as_u64()
            .and_then(|n| ProductType::from_number(n as u32))
            .unwrap_or(ProductType::Workstation),
        suite_mask: os["suite_mask"].as_u64().unwrap_or(0) as u32,
    };
    let package = driver_package::read(bytes);
    let wanted = query["manufacturer"].as_str().unwrap_or("");
    let line = package.manufacturers.iter().find(|m| m.name.eq_ignore_ascii_case(wanted));
    let chosen = line.and_then(|m| choose_models_section(m, &target));
    let section = chosen.and_then(|c| c.section).and_then(|n| package.models_sections.get(n as usize));
    section.map_or(Value::Null, |s| json!(s.name))
}

fn drivers(package: &DriverPackage, query: &Value, arch: Arch) -> Vec<Value> {
    let ids = |name: &str| -> Vec<HardwareId> {
        let list = query["device"][name].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(HardwareId::new).collect()
    };
    let device = DeviceIds { hardware: ids("hardware_ids"), compatible: ids("compatible_ids") };
    let target = TargetOs::winpe(OsVersion::new(10, 0), arch);
    let selected = selected_models(package, &target);
    selected
        .iter()
        .filter_map(|s| {
            let rank = identifier_score(&device, s.model)?;
            Some(json!({
                "description": &*s.model.description,
                "manufacturer": s.manufacturer.name,
                "section": &*s.model.install_section,
                "rank": rank,
            }))
        })
        .collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|d| u8::from_str_radix(&String::from_utf8_lossy(d), 16).map_err(|e| e.to_string())).collect()
}
