//! By which evidence the bus of each private enumerator is found on the corpus, how sure that is, and what of it hangs on the
//! family table alone: kept in `bus-evidence.txt`, so that every change of the linking shows. And: every device of a Net-class
//! driver on a private enumerator is a child, device by device. `UPDATE=1 cargo test --test it bus_evidence` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{corpus, empty_families, items, run, text};

const NET: &str = "{4d36e972-e325-11ce-bfc1-08002be10318}";

fn audit(corpus: &Path, inf_db: Option<&Path>) -> Value {
    let inf = corpus.join("inf");
    let mut arguments = vec!["audit".into(), inf.into_os_string()];
    arguments.extend(["--include-templates", "--all-facts", "--format", "json"].map(Into::into));
    arguments.extend(inf_db.into_iter().flat_map(|folder| ["--inf-db".into(), folder.as_os_str().to_owned()]));
    run(arguments).json()
}

fn enumerator(id: &str) -> Option<String> {
    id.split_once('\\').map(|(enumerator, _)| enumerator.to_uppercase())
}

/// Enumerator → evidence and confidence → links.
fn links(report: &Value) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut table: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let edges = items(&report["topologies"]).iter().flat_map(|t| items(&t["edges"]));
    for edge in edges {
        let kinds: BTreeSet<&str> = items(&edge["evidence"]).iter().map(|e| text(e, "/kind")).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" + ");
        let row = format!("{kinds}: {}", text(edge, "/confidence"));
        *table.entry(text(edge, "/enumerator").to_uppercase()).or_default().entry(row).or_default() += 1;
    }
    table
}

/// Enumerators of children, with the number of drivers that have such devices.
fn children(report: &Value) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for driver in items(&report["drivers"]) {
        let devices = items(&driver["devices"]).iter();
        let of_children = devices.filter(|d| matches!(text(d, "/tier"), "leaf" | "middle"));
        let enumerators: BTreeSet<String> = of_children.filter_map(|d| enumerator(text(d, "/id"))).collect();
        for enumerator in enumerators {
            *found.entry(enumerator).or_default() += 1;
        }
    }
    found
}

fn table(with: &Value, without: &Value) -> String {
    let (linked, bare) = (links(with), links(without));
    let mut out = String::new();
    for (enumerator, drivers) in children(with) {
        writeln!(out, "{enumerator} ({drivers} drivers with children)").unwrap();
        for (name, table) in [("with the family table", &linked), ("without", &bare)] {
            match table.get(&enumerator) {
                None => writeln!(out, "  {name:<22} no bus").unwrap(),
                Some(rows) => {
                    for (row, count) in rows {
                        writeln!(out, "  {name:<22} {count:>3} links by {row}").unwrap();
                    }
                }
            }
        }
    }
    out
}

#[test]
fn the_evidence_for_every_bus_is_as_before() {
    let Some(corpus) = corpus("evidence for buses") else { return };
    let empty = empty_families();
    let (with, without) = (audit(&corpus, None), audit(&corpus, Some(empty.path())));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/bus-evidence.txt");
    let now = table(&with, &without);
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(before == now, "was\n{before}\nis\n{now}\nUPDATE=1 cargo test --test it bus_evidence");
}

#[test]
fn every_device_of_a_net_driver_on_a_private_enumerator_is_a_child() {
    let Some(corpus) = corpus("children on private enumerators") else { return };
    let text_of_table = include_str!("../../inf-db/enumerators.toml");
    let known: toml::Table = toml::from_str(text_of_table).unwrap();
    let rows: Vec<&toml::Value> = known["enumerator"].as_array().unwrap().iter().collect();
    let is_known = |name: &str| {
        rows.iter().any(|row| {
            let pattern = row["name"].as_str().unwrap().to_uppercase();
            if row["match"].as_str() == Some("prefix") { name.starts_with(&pattern) } else { name == pattern }
        })
    };
    let report = audit(&corpus, None);
    let (mut seen, mut wrong) = (0, Vec::new());
    for driver in items(&report["drivers"])
        .iter()
        .filter(|d| d["class_guid"].as_str().is_some_and(|g| g.eq_ignore_ascii_case(NET)))
    {
        for device in items(&driver["devices"]) {
            let Some(name) = enumerator(text(device, "/id")).filter(|name| !is_known(name)) else { continue };
            seen += 1;
            if !matches!(text(device, "/tier"), "leaf" | "middle") {
                wrong.push(format!("{} {name} {device}", driver["inf"]));
            }
        }
    }
    assert!(seen > 1_000, "{seen} devices on private enumerators");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
