//! inf-db as a user of the library sees it: what lies in the folder is what was built in, every rule has its document, and
//! a site's folder can be laid over it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use wimspect::inf_db::{Classification, InfDb};

fn stems(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("inf-db").join(folder);
    let mut stems = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("folder of inf-db") {
        let path = entry.expect("entry").path();
        stems.insert(path.file_stem().expect("name").to_string_lossy().into_owned());
    }
    stems
}

#[test]
fn what_lies_in_the_folder_is_built_in() {
    let db = InfDb::embedded();
    assert_eq!(db.rules().iter().map(|r| r.id.clone()).collect::<BTreeSet<_>>(), stems("rules"));
    assert_eq!(db.families().iter().map(|f| f.id.clone()).collect::<BTreeSet<_>>(), stems("nic-families"));
}

#[test]
fn every_rule_has_its_document() {
    let expected: BTreeSet<String> = wimspect::analysis::rules::ids().map(str::to_owned).collect();
    let found: BTreeSet<String> = InfDb::embedded().rules().iter().map(|r| r.id.clone()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_site_adds_a_family_and_replaces_a_rule() {
    let family = "id = \"acme-x1\"\ntitle = \"Acme X1\"\nvendor = \"Acme\"\nkind = \"multi-tier\"\nsummary = \"s\"\n\
                  source = \"our own\"\nconfidence = \"sample\"\n[[links]]\nenumerator = \"ACMEBUS\"\n\
                  bus_services = [\"acmebus\"]\nsource = \"our own\"\nconfidence = \"sample\"\n";
    let rule = "id = \"wlan-driver\"\ntitle = \"No WLAN here\"\nseverity = \"error\"\nsummary = \"s\"\nwhy = \"w\"\n\
                shows_up = [\"s\"]\nfix = [\"f\"]\nreferences = [\"site handbook\"]\n";
    let files = [("nic-families/acme-x1.toml", family), ("rules/wlan-driver.toml", rule)];
    let (db, problems) = InfDb::with_overlay(files.map(|(path, text)| (path.to_owned(), text.to_owned())));
    assert_eq!(problems, []);
    assert_eq!(db.families().by_enumerator("acmebus").next().map(|(f, _)| f.id.as_str()), Some("acme-x1"));
    assert_eq!(db.rules().get("wlan-driver").map(|r| r.title.as_str()), Some("No WLAN here"));
    assert_eq!(db.rules().iter().count(), InfDb::embedded().rules().iter().count());
    assert_ne!(db.digest(), InfDb::embedded().digest());
}

#[test]
fn a_release_of_a_site_is_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("inf-db/winpe/releases.toml");
    let table = std::fs::read_to_string(folder).expect("table");
    // The row of 26H1 once more, as if the next release had come out.
    let last = table.rfind("[[release]]").expect("row");
    let next = table[last..].replace("11-26H1", "11-next").replace("build = 28000", "build = 29000");
    let (db, problems) = InfDb::with_overlay([("winpe/releases.toml".to_owned(), format!("{table}\n{next}"))]);
    assert_eq!(problems, []);
    let version = "10.0.29001.5".parse().expect("version");
    assert!(matches!(db.releases().classify(&version), Classification::Newer { last } if last.id == "11-next"));
    let version = "10.0.28500.1".parse().expect("version");
    assert_eq!(db.releases().classify(&version).release().map(|r| r.id.as_str()), Some("11-26H1"));
}
