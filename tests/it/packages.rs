//! The packages of winpe-tools (scripts that make driver packages, not part of this project): each has the verdict that its
//! name says, in every release. They are made anew when `WIMSPECT_SHARED` names the folder with the scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wimspect::facts::ids::Arch;
use wimspect::inf_db::{InfDb, Release};

use crate::support::{fixture, items, run, text};

/// The packages, or why there are none.
fn packages(folder: &Path) -> Result<PathBuf, String> {
    let shared = std::env::var_os("WIMSPECT_SHARED").ok_or("WIMSPECT_SHARED names no folder")?;
    let script = PathBuf::from(shared).join("winpe-tools/mkpackages.sh");
    let made = folder.join("packages");
    let output = Command::new(&script).arg(&made).arg(folder.join("keys")).output();
    let output = output.map_err(|e| format!("{}: {e}", script.display()))?;
    if output.status.success() {
        return Ok(made);
    }
    Err(format!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr).trim()))
}

/// On which targets a rule must fire.
type Where = fn(&Release, Arch) -> bool;

const EVERYWHERE: Where = |_, _| true;
const AMD64: Where = |_, arch| arch == Arch::Amd64;
const FROM_10: Where = |r, _| r.major >= 10;
const BEFORE_NDIS_6_30: Where = |r, _| (r.major, r.minor) < (6, 2);
const REFUSES_SHA2: Where = |r, arch| arch == Arch::Amd64 && ["2.0", "2.1", "2.2", "3.0"].contains(&r.id.as_str());
const SHA2_WITH_UPDATE: Where = |r, arch| arch == Arch::Amd64 && r.id == "3.1";
/// Said once, of no target.
const SAID: Where = |_, _| false;

/// Package, and what is found in it: rule, severity, where, and a text that is said.
type Expected = (&'static str, &'static [(&'static str, &'static str, Where, &'static str)]);

const PACKAGES: &[Expected] = &[
    ("co-installer", &[("co-installer-required", "info", SAID, "conicco.dll")]),
    ("extension", &[("extension-or-component-inf-in-windowspe", "warning", FROM_10, "e1ext.inf")]),
    ("filter", &[("filter-or-intermediate-driver", "warning", EVERYWHERE, "testlwf.inf")]),
    (
        "intel-monolithic",
        &[
            ("sha2-only-signature", "error", REFUSES_SHA2, "is signed with SHA-256 only"),
            ("sha2-only-signature", "warning", SHA2_WITH_UPDATE, "only with an update"),
        ],
    ),
    ("missing-file", &[("source-file-missing", "error", AMD64, "nofilea.sys")]),
    (
        "ndis-too-new",
        &[("driver-imports-missing-in-winpe", "error", BEFORE_NDIS_6_30, "NdisMIdleNotificationComplete (NDIS 6.30")],
    ),
    ("netxtreme2-monolithic", &[]),
    ("netxtreme2-monolithic-newer", &[]),
    ("netxtreme2-multitier", &[("multi-tier-nic-in-windowspe", "error", EVERYWHERE, "bxvbd.inf + bxnd.inf")]),
    ("netxtreme2-multitier-older", &[("multi-tier-nic-in-windowspe", "error", EVERYWHERE, "bxvbd.inf + bxnd.inf")]),
    (
        "sha2-only",
        &[
            ("sha2-only-signature", "error", REFUSES_SHA2, "sha2nica.sys is signed with SHA-256 only"),
            ("sha2-only-signature", "warning", SHA2_WITH_UPDATE, "KB4474419"),
        ],
    ),
    (
        "three-tier",
        &[
            ("multi-tier-nic-in-windowspe", "error", EVERYWHERE, "ttbus.inf + ttmid.inf + ttnet.inf"),
            ("sha2-only-signature", "error", REFUSES_SHA2, "ttneta.sys"),
            ("sha2-only-signature", "warning", SHA2_WITH_UPDATE, "ttbusa.sys"),
        ],
    ),
    ("wlan", &[("wlan-driver", "info", SAID, "testwlan.inf")]),
    ("wrong-arch", &[("driver-architecture-mismatch", "error", EVERYWHERE, "swappeda.sys is a file for x86")]),
];

/// What is said of releases, and of catalogs that are made for some of them: true of every package.
const OF_NO_PACKAGE: [&str; 2] = ["winpe-release-known-bad", "catalog-os-attribute-mismatch"];

fn targets(holds: Where) -> BTreeSet<String> {
    let all = InfDb::embedded().releases().iter().flat_map(|r| r.archs.iter().map(move |a| (r, *a)));
    let judged = all.filter(|(r, a)| r.wim && matches!(a, Arch::X86 | Arch::Amd64 | Arch::Arm64));
    judged.filter(|(r, a)| *a != Arch::Arm64 && holds(r, *a)).map(|(r, a)| format!("{}/{a}", r.id)).collect()
}

/// By rule and severity: targets, and all texts.
fn found(report: &Value) -> BTreeMap<(String, String), (BTreeSet<String>, String)> {
    let mut found: BTreeMap<_, (BTreeSet<String>, String)> = BTreeMap::new();
    for finding in items(&report["findings"]).iter().filter(|f| !OF_NO_PACKAGE.contains(&text(f, "/rule"))) {
        let key = (text(finding, "/rule").to_owned(), text(finding, "/severity").to_owned());
        let (targets, said) = found.entry(key).or_default();
        let named = items(&finding["targets"]).iter().filter_map(Value::as_str);
        targets.extend(named.filter(|t| !t.ends_with("/arm64")).map(str::to_owned));
        said.push_str(&format!("{} {}\n", finding["message"], finding["evidence"]));
    }
    found
}

#[test]
fn every_package_of_winpe_tools_is_judged_right_in_every_release() {
    let folder = tempfile::tempdir().unwrap();
    let made = match packages(folder.path()) {
        Ok(made) => made,
        Err(why) => return eprintln!("skipped: packages of winpe-tools ({why})"),
    };
    let mut wrong = Vec::new();
    for (package, expected) in PACKAGES {
        let share = made.join(package);
        let arguments = [Path::new("audit"), &share, Path::new("--winpe"), Path::new("all"), Path::new("--format")];
        let report = run(arguments.iter().map(|a| a.as_os_str()).chain([Path::new("json").as_os_str()])).json();
        let mut found = found(&report);
        for (rule, severity, holds, says) in *expected {
            match found.remove(&((*rule).to_owned(), (*severity).to_owned())) {
                None => wrong.push(format!("{package}: {rule} is no {severity}")),
                Some((on, said)) => {
                    if on != targets(*holds) {
                        wrong.push(format!("{package}: {rule} ({severity}) on {on:?}"));
                    }
                    if !said.contains(says) {
                        wrong.push(format!("{package}: {rule}: `{says}` is not said: {said}"));
                    }
                }
            }
        }
        wrong.extend(found.keys().map(|key| format!("{package}: {key:?} too much")));
        println!("{package}: {} as expected", if wrong.is_empty() { "all" } else { "NOT all" });
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    let folders = std::fs::read_dir(&made).unwrap().count();
    assert_eq!(folders, PACKAGES.len(), "packages that are judged");
}

/// Image, package, and what is found: severity and rule.
type Meeting = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

#[test]
fn packages_meet_the_drivers_of_an_image() {
    let folder = tempfile::tempdir().unwrap();
    let made = match packages(folder.path()) {
        Ok(made) => made,
        Err(why) => return eprintln!("skipped: packages of winpe-tools ({why})"),
    };
    let old = "6.0.6001-amd64-monolithic.wim";
    let seven = "6.1.7600-amd64-inbox-monolithic.wim";
    let ten = "10.0.19041-amd64-inbox-two-tier.wim";
    let cases: &[Meeting] = &[
        (
            old,
            "netxtreme2-multitier",
            &[("error", "multi-tier-nic-in-windowspe"), ("info", "monolithic-nic-replaced-by-multi-tier")],
        ),
        (
            seven,
            "netxtreme2-multitier",
            &[("error", "multi-tier-nic-in-windowspe"), ("info", "monolithic-nic-replaced-by-multi-tier")],
        ),
        (ten, "netxtreme2-multitier", &[("info", "older-than-inbox")]),
        (old, "ndis-too-new", &[("error", "driver-imports-missing-in-winpe")]),
        (seven, "ndis-too-new", &[("error", "driver-imports-missing-in-winpe")]),
        (ten, "ndis-too-new", &[]),
        (old, "sha2-only", &[("error", "sha2-only-signature")]),
        (seven, "sha2-only", &[("error", "sha2-only-signature")]),
        (ten, "sha2-only", &[]),
    ];
    // What is said of the image alone.
    let of_image = ["integrity-table-missing", "boot-image-older-than-deployed-os"];
    for (image, package, expected) in cases {
        let arguments =
            [Path::new("audit"), &made.join(package), Path::new("--boot-image"), &fixture("images").join(image)]
                .map(|a| a.as_os_str().to_owned());
        let report = run(arguments.into_iter().chain(["--format", "json"].map(Into::into))).json();
        let all = items(&report["findings"]).iter().map(|f| (text(f, "/severity"), text(f, "/rule")));
        let kept = all.filter(|(_, r)| !OF_NO_PACKAGE.contains(r) && !of_image.contains(r));
        let found: BTreeSet<(&str, &str)> = kept.collect();
        assert_eq!(found, expected.iter().copied().collect(), "{package} in {image}");
    }
}
