//! Structure comes from bytes and INF text, not from names: without the family table, and with every enumerator, service and
//! file renamed, the same links, roles and predictions are found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Run, copy_tree, finish, fixture, items, program, text};

const IMAGES: [&str; 3] =
    ["6.0.6001-amd64-monolithic.wim", "6.1.7600-amd64-inbox-monolithic.wim", "10.0.19041-amd64-inbox-two-tier.wim"];

fn audit(share: &Path, database: Option<&Path>) -> Value {
    let mut command = program();
    command.arg("audit").arg(share).args(["--format", "json", "--all-facts", "--fail-on", "never"]);
    for image in IMAGES {
        command.arg("--boot-image").arg(fixture("images").join(image));
    }
    if let Some(folder) = database {
        command.arg("--inf-db").arg(folder);
    }
    let run: Run = finish(&mut command);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.json()
}

/// A site's folder in which every family is there in name only.
fn database_without_families(folder: &Path) {
    let target = folder.join("nic-families");
    std::fs::create_dir_all(&target).unwrap();
    let families = Path::new(env!("CARGO_MANIFEST_DIR")).join("inf-db/nic-families");
    let mut count = 0;
    for entry in std::fs::read_dir(families).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(id) = name.strip_suffix(".toml") else { continue };
        let nothing = format!(
            "id = \"{id}\"\ntitle = \"-\"\nvendor = \"-\"\nkind = \"monolithic\"\nsummary = \"-\"\nsource = \"-\"\nconfidence = \"sample\"\n"
        );
        std::fs::write(target.join(&name), nothing).unwrap();
        count += 1;
    }
    assert!(count >= 5);
}

/// Replaces names in a report, so that two can be compared.
type Names = BTreeMap<String, String>;

fn known(names: &Names, name: &str) -> String {
    names.get(&name.to_lowercase()).cloned().unwrap_or_else(|| name.to_lowercase())
}

/// What is structure: every INF of the share with its role and the tier of each of its devices, and every link.
fn structure(report: &Value, names: &Names) -> BTreeSet<String> {
    let drivers: BTreeMap<&str, &Value> = items(&report["drivers"]).iter().map(|d| (text(d, "/id"), d)).collect();
    let place = |id: &str| {
        let paths = items(&drivers[id]["locations"]).iter().map(|l| text(l, "/path"));
        let paths = paths.filter(|p| !p.is_empty());
        paths.map(|p| p.split('/').map(|n| known(names, n)).collect::<Vec<_>>().join("/")).collect::<Vec<_>>().join(" ")
    };
    let mut found = BTreeSet::new();
    for (id, driver) in &drivers {
        if text(driver, "/locations/0/origin") != "share" {
            continue;
        }
        let tiers: Vec<&str> = items(&driver["devices"]).iter().map(|d| text(d, "/tier")).collect();
        found.insert(format!("{}: {} {tiers:?}", place(id), text(driver, "/role")));
    }
    for topology in items(&report["topologies"]) {
        for node in items(&topology["nodes"]) {
            let id = text(node, "/driver");
            found.insert(format!("{} {} {}", text(topology, "/kind"), place(id), text(node, "/tier")));
        }
        for edge in items(&topology["edges"]) {
            let (parent, child) = (place(text(edge, "/parent")), place(text(edge, "/child")));
            found.insert(format!("{parent} -> {child} on {}", known(names, text(edge, "/enumerator"))));
        }
    }
    found
}

/// What is predicted, folder by folder.
fn predictions(report: &Value, names: &Names, of_folder: impl Fn(&str) -> bool) -> Vec<String> {
    let all = items(&report["predictions"]).iter().filter(|p| of_folder(text(p, "/offered/folder")));
    let line = |p: &Value| {
        let name = |pointer: &str| known(names, text(p, pointer));
        format!(
            "{} {} {} {} {} {}: {} {} {} {}, {} -> {}",
            text(p, "/offered/folder"),
            text(p, "/adapter/id"),
            text(p, "/target/image"),
            text(p, "/scenario/content"),
            text(p, "/scenario/source"),
            text(p, "/effect"),
            text(p, "/network/during"),
            text(p, "/network/recovers"),
            text(p, "/task_sequence/result"),
            text(p, "/task_sequence/at"),
            name("/driver_before/inf"),
            name("/driver_after/inf"),
        )
    };
    all.map(line).collect()
}

#[test]
fn the_family_table_is_not_needed_where_bytes_give_the_structure() {
    let folder = tempfile::tempdir().unwrap();
    database_without_families(folder.path());
    for share in ["share", "renamed"] {
        let with = audit(&fixture(share), None);
        let without = audit(&fixture(share), Some(folder.path()));
        assert_ne!(with["tool"]["inf_db"], without["tool"]["inf_db"], "another table was used");
        let named = |report: &Value| items(&report["topologies"]).iter().filter(|t| t["family"].is_string()).count();
        assert_eq!(named(&without), 0, "{share}: no family is known");
        // Driver files inside images are not searched for enumerators: the in-box pair of the 10.0 image needs the table.
        let none = Names::new();
        let of_share = |report: &Value| -> BTreeSet<String> {
            structure(report, &none).into_iter().filter(|line| !line.contains("filerepository/net")).collect()
        };
        assert_eq!(of_share(&with), of_share(&without), "{share}");
        let elsewhere = |report: &Value| -> Vec<String> {
            let all = predictions(report, &none, |_| true);
            all.into_iter().filter(|line| !line.contains(IMAGES[2])).collect()
        };
        assert_eq!(elsewhere(&with), elsewhere(&without), "{share}");
    }
}

/// The fixtures under `renamed/` were made from these sets; which name became which follows from the place in the INF.
fn names_of_the_renamed_fixtures() -> Names {
    let pairs = [("qbrgj.inf", "bxvbd.inf"), ("qrnk.inf", "bxnd.inf"), ("qvenb.inf", "fxmono.inf")];
    let pairs = pairs.into_iter().chain([("qsrzr.inf", "fxbus.inf")]);
    pairs.map(|(new, old)| (new.to_owned(), old.to_owned())).collect()
}

#[test]
fn renamed_fixtures_get_the_predictions_of_their_originals() {
    let sets = ["netxtreme2-multitier", "three-tier"];
    let wanted = |folder: &str| sets.contains(&folder);
    let original = predictions(&audit(&fixture("share"), None), &Names::new(), wanted);
    let renamed = predictions(&audit(&fixture("renamed"), None), &names_of_the_renamed_fixtures(), wanted);
    // 8 adapters and 1, in 3 images and 4 cells.
    assert_eq!(original.len(), 9 * 3 * 4);
    assert_eq!(original, renamed);
}

/// Every name in these sets that a table or a habit could know: enumerators, services, files without extension.
const NAMES: &[&str] = &[
    "B06BDRV", "bxvbda", "bxvbdx", "bxvbd", "bxnd60a", "bxnd60x", "bxnd", "l2nd", "FXBUS", "FXMID", "fxbusa", "fxbusx",
    "fxmida", "fxmidx", "fxneta", "fxnetx", "fxnet",
];

/// Replaces each old name by the new one, whatever its case, as 8-bit and as UTF-16 text. Longer names come first.
fn rename_in(bytes: &mut [u8], pairs: &[(String, String)]) {
    let mut done = vec![false; bytes.len()];
    for (old, new) in pairs {
        for step in [1, 2] {
            let length = old.len() * step;
            for start in 0..bytes.len().saturating_sub(length - 1) {
                let is_here = old.bytes().enumerate().all(|(i, b)| {
                    let at = start + i * step;
                    !done[at] && bytes[at].eq_ignore_ascii_case(&b) && (step == 1 || bytes[at + 1] == 0)
                });
                if !is_here {
                    continue;
                }
                for (i, b) in new.bytes().enumerate() {
                    bytes[start + i * step] = b;
                }
                done[start..start + length].fill(true);
            }
        }
    }
}

/// A copy of two sets under other names; the old name of each new one.
fn renamed_copy<N: AsRef<str>>(target: &Path, fresh: &[N]) -> Names {
    let mut pairs: Vec<(String, String)> =
        NAMES.iter().zip(fresh).map(|(old, new)| ((*old).to_owned(), new.as_ref()[..old.len()].to_owned())).collect();
    pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    let rename_text = |name: &str| {
        let mut bytes = name.as_bytes().to_vec();
        rename_in(&mut bytes, &pairs);
        String::from_utf8(bytes).unwrap()
    };
    let mut names = Names::new();
    for (old, new) in &pairs {
        names.insert(new.to_lowercase(), old.to_lowercase());
    }
    for set in ["netxtreme2-multitier", "three-tier"] {
        let folder = target.join(set);
        copy_tree(&fixture("share").join(set), &folder);
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let old = path.file_name().unwrap().to_string_lossy().into_owned();
            let mut bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            if !old.ends_with(".cat") {
                rename_in(&mut bytes, &pairs);
            }
            let new = rename_text(&old);
            names.insert(new.to_lowercase(), old.to_lowercase());
            if new.ends_with(".inf") {
                bytes.extend_from_slice(b"; changed after signing\r\n");
            }
            std::fs::write(folder.join(new), bytes).unwrap();
        }
    }
    names
}

fn fresh_names() -> impl Strategy<Value = Vec<String>> {
    // Distinct beginnings, so that no name begins like another one; `q` begins no word of an INF.
    proptest::collection::btree_set("q[a-z]{2}", NAMES.len()..=NAMES.len()).prop_flat_map(|starts| {
        let tails = proptest::collection::vec("[a-z0-9]{8}", starts.len());
        tails.prop_map(move |tails| starts.iter().zip(&tails).map(|(start, tail)| format!("{start}{tail}")).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_names_are_the_structure_is_the_same(fresh in fresh_names().prop_shuffle()) {
        let original = tempfile::tempdir().unwrap();
        // Under their own names: the copy is changed after signing, too.
        renamed_copy(original.path(), NAMES);
        let folder = tempfile::tempdir().unwrap();
        let names = renamed_copy(folder.path(), &fresh);
        let none = Names::new();
        let (before, after) = (audit(original.path(), None), audit(folder.path(), None));
        prop_assert_eq!(structure(&before, &none), structure(&after, &names));
        let (before, after) = (predictions(&before, &none, |_| true), predictions(&after, &names, |_| true));
        prop_assert_eq!(before.len(), 9 * 3 * 4);
        prop_assert_eq!(before, after);
    }
}
