//! What ties a child to its bus driver where a share holds INFs without their driver files.

use std::path::Path;

use serde_json::Value;

use crate::support::{fixture, items, run, text};

/// The multi-tier fixture under names that no table knows; with or without its driver files, and perhaps another provider
/// for the bus driver.
fn share(to: &Path, with_files: bool, other_provider: bool) {
    let from = fixture("share/netxtreme2-multitier");
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        if name.ends_with(".inf") {
            let inf = String::from_utf8_lossy(&bytes).replace("b06bdrv", "acmebus").replace("B06BDRV", "ACMEBUS");
            // Adapters that no family knows.
            let inf = inf.replace("VEN_14E4", "VEN_FFF0").replace("ven_14e4", "ven_fff0");
            let other = other_provider && name.starts_with("bxvbd");
            let inf = if other { inf.replace("%Maker%", "\"Somebody else\"") } else { inf };
            std::fs::write(to.join(name), inf).unwrap();
        } else if with_files {
            std::fs::write(to.join(name), bytes).unwrap();
        }
    }
}

fn edges(folder: &Path) -> Vec<Value> {
    let folder = folder.to_string_lossy().into_owned();
    let run = run(["audit", &folder, "--format", "json"]);
    let report = run.json();
    items(&report["topologies"]).iter().flat_map(|t| items(&t["edges"]).to_vec()).collect()
}

#[test]
fn a_service_with_the_enumerators_name_is_a_guess_where_nothing_else_speaks() {
    for (with_files, other_provider, linked) in [(false, false, true), (false, true, false), (true, false, false)] {
        let folder = tempfile::tempdir().unwrap();
        share(folder.path(), with_files, other_provider);
        let edges = edges(folder.path());
        let case = format!("driver files: {with_files}, other provider: {other_provider}: {edges:?}");
        assert_eq!(!edges.is_empty(), linked, "{case}");
        for edge in &edges {
            assert_eq!(text(edge, "/enumerator"), "ACMEBUS", "{case}");
            assert_eq!(text(edge, "/confidence"), "guess", "{case}");
            assert_eq!(text(edge, "/evidence/0/kind"), "service-name", "{case}");
        }
    }
}
