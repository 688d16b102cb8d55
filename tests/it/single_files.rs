//! `inspect` of one driver file, catalog or hive; what the JSON of `verify` names; and real driver files of package registries
//! against figures that independent readers gave.

use sha2::{Digest, Sha256};

use crate::support::{fixture, items, json_line, run, run_line, text};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_driver_file_says_what_it_is_and_who_signed_it() {
    let folder = "fixtures/rules/sha2-only-signature/silent/share";
    let report = json_line(&format!("inspect {folder}/fxduala.sys"), 0);
    assert_eq!(text(&report, "/kind"), "driver-file");
    let whole = std::fs::read(fixture("rules/sha2-only-signature/silent/share/fxduala.sys")).unwrap();
    assert_eq!(text(&report, "/digests/sha256"), hex(&Sha256::digest(&whole)));
    let binary = &report["driver-file"];
    assert_eq!((text(binary, "/arch"), &binary["machine"]), ("amd64", &serde_json::json!(0x8664)));
    assert_eq!(binary["imports"][0]["module"], "NDIS.SYS");
    let signatures = items(&binary["signing"]["embedded"]["signatures"]);
    assert_eq!(signatures.len(), 1, "{binary}");
    assert_eq!(text(&signatures[0], "/signer"), "wimspect fixtures signer");
    assert_eq!(signatures[0]["file_matches"], true);
    // The catalog names the file by the same digest, without what signing changes.
    let catalog = json_line(&format!("inspect {folder}/fxdual.cat"), 0);
    assert_eq!(text(&catalog, "/kind"), "catalog");
    let members = items(&catalog["catalog"]["members"]);
    let named = members.iter().find(|m| text(m, "/file") == "fxduala.sys").unwrap();
    assert_eq!(named["digests"][0]["value"], binary["signing"]["digests"]["sha256"]);
    let shown = run_line(&format!("inspect {folder}/fxduala.sys")).text();
    for said in ["machine  0x8664 (amd64)", "NDIS.SYS: ", "the file has it", "SHA-1 by wimspect fixtures signer"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn hives_are_known_by_their_content() {
    for (hive, said) in [
        ("10.0.19041-SYSTEM", "registry hive, SYSTEM"),
        ("10.0.19041-SOFTWARE", "registry hive, SOFTWARE"),
        ("6.1.7600-SYSTEM", "kernel-driver services"),
    ] {
        let line = format!("inspect fixtures/hives/{hive}");
        let shown = run_line(&line).text();
        assert!(shown.contains(said), "{hive}: {shown}");
        let report = json_line(&line, 0);
        assert_eq!(text(&report, "/kind"), "hive");
        assert_eq!(report["hive"]["system"].is_object(), hive.ends_with("SYSTEM"), "{hive}");
    }
}

#[test]
fn what_a_file_is_instead_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, said) in [
        ("a.cat", &b"dummy\r\n"[..], "no catalog: a text"),
        ("b.cat", b"", "no catalog: an empty file"),
        ("c.sys", b"SZDD", "PE"),
        ("d.sys", b"MZ", "PE"),
        ("HIVE", b"regf", "truncated hive"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let run = run([std::ffi::OsStr::new("inspect"), path.as_os_str()]);
        assert_eq!(run.code, Some(2), "{name}");
        assert!(run.stderr.contains(said) && run.text().is_empty(), "{name}: {}", run.stderr);
    }
}

#[test]
fn the_json_names_what_was_checked() {
    let report = json_line("verify fixtures/images/integrity-table.wim --integrity", 0);
    let input = &report["inputs"][0];
    let whole = std::fs::read(fixture("images/integrity-table.wim")).unwrap();
    assert_eq!(text(input, "/sha256"), hex(&Sha256::digest(&whole)));
    assert_eq!(text(input, "/guid").len(), 32);
    assert_eq!(text(&report, "/tool/inf_db").len(), 64);
    assert_eq!(text(&report, "/tool/version"), env!("CARGO_PKG_VERSION"));
    let checked = &report["images"][0]["wim"]["integrity"];
    assert_eq!((text(checked, "/table"), text(checked, "/streams")), ("ok", "ok"));
    let scope = report["images"][0]["verdict"]["scope"].to_string();
    assert!(scope.contains("all data of the WIM"), "{scope}");
}

#[test]
fn every_location_of_a_network_driver_says_what_signs_it() {
    let of = |line: &str| {
        let report = json_line(line, 1);
        items(&report["drivers"]).iter().map(|d| d["locations"][0]["signature"].clone()).collect::<Vec<_>>()
    };
    let changed = of("audit fixtures/rules/inf-changed-after-signing/fires/share --winpe 3.0");
    assert_eq!(text(&changed[0], "/state"), "changed");
    assert_eq!(text(&changed[0], "/catalog"), "fxedit.cat");
    let signed = of("audit fixtures/share/netxtreme2-multitier --winpe 3.0");
    assert!(signed.iter().all(|s| text(s, "/state") == "signed"), "{signed:?}");
    assert_eq!(text(&signed[0], "/signers/0/kind"), "authenticode");
    let none = of("audit fixtures/rules/unsigned-driver/fires/share --winpe 3.0");
    let states: Vec<&str> = none.iter().map(|s| text(s, "/state")).collect();
    assert_eq!(states, ["no-catalog", "catalog-not-signed"]);
}
