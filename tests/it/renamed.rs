//! Structure comes from bytes and INF text: with an empty family table, and with every enumerator, service, file and GUID under
//! another name, the same topologies are found and the same outcomes predicted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::empty_families;

/// The sets that are renamed.
const SETS: [&str; 4] = ["netxtreme2-multitier", "three-tier", "guid-enumerator", "storage-sibling"];

/// Every name that a table could know.
const NAMES: &str = "B06BDRV EBDRV L2ND L4SC FCOE bxvbd bxvbda bxvbdx bxnd bxnd60a bxnd60x evbd evbda bxois bxfcoe FXBUS FXMID \
                     fxbusa fxbusx fxmida fxmidx fxnet fxneta fxnetx FX0001 fxgbus fxgbusa fxgbusx fxgnet fxgneta fxgnetx FXNET_DEV";

/// The GUID that is an enumerator, as text and as it lies in the bus driver.
const GUID: (&str, [u8; 16]) = (
    "6C2F61D5-2B0E-4C7C-9F4E-5A1D0C3B7E11",
    [0xD5, 0x61, 0x2F, 0x6C, 0x0E, 0x2B, 0x7C, 0x4C, 0x9F, 0x4E, 0x5A, 0x1D, 0x0C, 0x3B, 0x7E, 0x11],
);

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Byte strings and what takes their place, longest first: every name in both cases, as ASCII and as UTF-16.
struct Renaming(Vec<(Vec<u8>, Vec<u8>)>);

impl Renaming {
    fn new(seed: u64) -> Self {
        let mut pairs = Vec::new();
        for name in NAMES.split_whitespace() {
            let digest = Sha256::digest(format!("{seed}:{}", name.to_lowercase()));
            // `z` first: no enumerator of Windows begins with it.
            let other: String =
                std::iter::once('z').chain(digest.iter().map(|b| char::from(b'a' + b % 26))).take(name.len()).collect();
            for (old, new) in [(name.to_lowercase(), other.clone()), (name.to_uppercase(), other.to_uppercase())] {
                pairs.push((utf16(&old), utf16(&new)));
                pairs.push((old.into_bytes(), new.into_bytes()));
            }
        }
        let digest = Sha256::digest(seed.to_le_bytes());
        let mut guid = [0; 16];
        guid.copy_from_slice(&digest[..16]);
        let text = guid_text(&guid);
        pairs.push((GUID.0.to_lowercase().into_bytes(), text.to_lowercase().into_bytes()));
        pairs.push((GUID.0.as_bytes().to_vec(), text.into_bytes()));
        pairs.push((GUID.1.to_vec(), guid.to_vec()));
        pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Self(pairs)
    }

    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            match self.0.iter().find(|(old, _)| bytes[at..].starts_with(old)) {
                Some((old, new)) => {
                    out.extend_from_slice(new);
                    at += old.len();
                }
                None => {
                    out.push(bytes[at]);
                    at += 1;
                }
            }
        }
        out
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn guid_text(bytes: &[u8; 16]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (place, index) in order.into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            text.push('-');
        }
        let _ = write!(text, "{:02X}", bytes[index]);
    }
    text
}

/// Drivers of the year after the in-box drivers of the images of Windows 10: these are replaced.
fn newer(inf: &[u8]) -> Vec<u8> {
    let dated = |line: &str| match line.starts_with("DriverVer") {
        true => "DriverVer = 05/06/2020,99.0.0.0\r\n".to_owned(),
        false => line.to_owned(),
    };
    String::from_utf8_lossy(inf).split_inclusive('\n').map(dated).collect::<String>().into_bytes()
}

/// The sets in a fresh folder, renamed if asked.
fn share(renaming: Option<&Renaming>) -> tempfile::TempDir {
    share_with(renaming, <[u8]>::to_vec)
}

/// The same, their INFs changed, too.
fn share_with(renaming: Option<&Renaming>, change: fn(&[u8]) -> Vec<u8>) -> tempfile::TempDir {
    let share = tempfile::tempdir().unwrap();
    for set in SETS {
        let folder = share.path().join(set);
        std::fs::create_dir(&folder).unwrap();
        let entries = std::fs::read_dir(fixtures().join("share").join(set)).unwrap();
        let files: Vec<(String, Vec<u8>)> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
            .collect();
        let new = |bytes: &[u8]| renaming.map_or_else(|| bytes.to_vec(), |r| r.apply(bytes));
        let content = |name: &str, bytes: &[u8]| match name.ends_with(".inf") {
            true => change(&new(bytes)),
            false => new(bytes),
        };
        let changes: Vec<_> = files.iter().map(|(name, bytes)| (bytes.clone(), content(name, bytes))).collect();
        for (name, bytes) in &files {
            let mut made = content(name, bytes);
            if name.ends_with(".cat") {
                made = crate::support::sign_again(&made, &changes);
            }
            std::fs::write(folder.join(String::from_utf8(new(name.as_bytes())).unwrap()), made).unwrap();
        }
    }
    share
}

/// What an audit says, without any name: topologies and predictions.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    topologies: BTreeSet<String>,
    predictions: BTreeMap<String, String>,
    families: usize,
}

/// Images that hold no multi-tier driver of their own, for both architectures: rows 1 to 12 of the matrix (FACTS.md 6.1).
const IMAGES: [&str; 6] = [
    "6.0.6001-amd64-monolithic.wim",
    "6.0.6001-x86-monolithic.wim",
    "6.0.6001-amd64-no-nic.wim",
    "6.0.6001-x86-no-nic.wim",
    "6.1.7600-amd64-inbox-monolithic.wim",
    "6.1.7600-x86-inbox-monolithic.wim",
];

/// Images whose adapters have a multi-tier driver in the box: row 13.
const TWO_TIER: [&str; 2] = ["10.0.19041-amd64-inbox-two-tier.wim", "10.0.19041-x86-inbox-two-tier.wim"];

fn audit(share: &Path, inf_db: Option<&Path>) -> Outcome {
    audit_with(share, inf_db, &IMAGES)
}

fn audit_with(share: &Path, inf_db: Option<&Path>, images_used: &[&str]) -> Outcome {
    let images = fixtures().join("images");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimspect"));
    command.arg("audit").arg(share).args(["--format", "json", "--winpe", "3.0"]);
    for image in images_used {
        command.arg("--boot-image").arg(images.join(image));
    }
    if let Some(folder) = inf_db {
        command.arg("--inf-db").arg(folder);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    outcome(&serde_json::from_slice(&output.stdout).unwrap())
}

/// Only what differs, one line each.
fn differences(a: &Outcome, b: &Outcome) -> Vec<String> {
    let mut found: Vec<String> = a.topologies.symmetric_difference(&b.topologies).cloned().collect();
    let about: BTreeSet<&String> = a.predictions.keys().chain(b.predictions.keys()).collect();
    for key in about {
        let (one, other) = (a.predictions.get(key), b.predictions.get(key));
        if one != other {
            found.push(format!("{key}: {one:?} / {other:?}"));
        }
    }
    found
}

fn outcome(report: &Value) -> Outcome {
    let topologies = report["topologies"].as_array().unwrap();
    let from_share: BTreeSet<&str> = report["drivers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["locations"].as_array().unwrap().iter().any(|l| l["origin"] == "share"))
        .map(|d| d["id"].as_str().unwrap())
        .collect();
    let in_share =
        |t: &&Value| t["nodes"].as_array().unwrap().iter().any(|n| from_share.contains(n["driver"].as_str().unwrap()));
    let shapes = topologies.iter().filter(in_share).map(shape).collect();
    let predictions = report["predictions"].as_array().unwrap().iter().map(|p| {
        let about = format!("{} {} {} {}", p["offered"]["folder"], p["adapter"]["id"], p["target"], p["scenario"]);
        (about, format!("{} {} {} {}", p["effect"], p["network"], p["task_sequence"], p["confidence"]))
    });
    let families = topologies.iter().filter(|t| !t["family"].is_null()).count();
    Outcome { topologies: shapes, predictions: predictions.collect(), families }
}

/// A topology without names: its kind, the ids of its roots, its tiers, and between which tiers it has edges of which confidence.
fn shape(topology: &Value) -> String {
    let nodes = topology["nodes"].as_array().unwrap();
    let tier_of =
        |driver: &Value| nodes.iter().find(|n| n["driver"] == *driver).map_or("?", |n| n["tier"].as_str().unwrap());
    let mut edges: Vec<String> = topology["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| format!("{}-{} {}", tier_of(&e["parent"]), tier_of(&e["child"]), e["confidence"]))
        .collect();
    edges.sort();
    let mut tiers: Vec<&str> = nodes.iter().map(|n| n["tier"].as_str().unwrap()).collect();
    tiers.sort_unstable();
    let siblings = topology["siblings"].as_array().unwrap().len();
    format!("{} {} {tiers:?} {edges:?} {siblings} siblings", topology["kind"], topology["root_ids"])
}

#[test]
fn the_family_table_adds_names_only() {
    let (share, empty) = (share(None), empty_families());
    let (with, without) = (audit(share.path(), None), audit(share.path(), Some(empty.path())));
    assert!(with.families >= 3, "{}", with.families);
    assert_eq!(without.families, 0);
    assert!(with.predictions.len() > 100);
    let found = differences(&with, &without);
    assert!(found.is_empty(), "with the table / without:\n{}", found.join("\n"));
    let multi_tier = with.topologies.iter().filter(|t| t.starts_with("\"multi-tier\"")).count();
    assert_eq!(multi_tier, SETS.len(), "{:#?}", with.topologies);
}

#[test]
fn drivers_inside_an_image_need_no_table_either() {
    let (share, empty) = (share(None), empty_families());
    let images = [IMAGES[0], "10.0.19041-amd64-inbox-two-tier.wim"];
    let (with, without) =
        (audit_with(share.path(), None, &images), audit_with(share.path(), Some(empty.path()), &images));
    let found = differences(&with, &without);
    assert!(found.is_empty(), "with the table / without:\n{}", found.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_do_not_matter(seed in any::<u64>()) {
        let empty = empty_families();
        let plain = audit(share(None).path(), Some(empty.path()));
        let renamed = audit(share(Some(&Renaming::new(seed))).path(), Some(empty.path()));
        let found = differences(&plain, &renamed);
        prop_assert!(found.is_empty(), "as they are / renamed:\n{}", found.join("\n"));
    }

    #[test]
    fn nor_beside_a_two_tier_driver_in_the_box(seed in any::<u64>()) {
        let empty = empty_families();
        let outcome = |seed: u64| {
            let share = share_with(Some(&Renaming::new(seed)), newer);
            audit_with(share.path(), Some(empty.path()), &TWO_TIER)
        };
        let (one, other) = (outcome(seed), outcome(seed.wrapping_add(1)));
        let found = differences(&one, &other);
        prop_assert!(found.is_empty(), "one name / another:\n{}", found.join("\n"));
        // Row 13: run from the distribution point or downloaded, the network comes back.
        let of_set = |key: &&String| key.contains("\"netxtreme2-multitier\"") && key.contains("\"install-package\"");
        let rows: Vec<&String> = one.predictions.keys().filter(of_set).collect();
        prop_assert!(!rows.is_empty(), "{:#?}", one.predictions.keys());
        for row in rows.into_iter().filter(|r| r.contains("\"driver_step\":true")) {
            let said = &one.predictions[row];
            prop_assert!(said.contains("replaces") && said.contains("interrupted"), "{row}: {said}");
        }
    }
}
