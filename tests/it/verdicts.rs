//! `verify` ends in a verdict for each image: fit or not, with reasons in order of weight; and says what kind of image it is.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What is expected of one image: kind, fit, rule of the weightiest reason.
type Expected = (&'static str, Option<bool>, &'static str);

fn verify(image: &str, more: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_wimspect"))
        .current_dir(root.join("fixtures"))
        .args(["verify", &format!("images/{image}.wim"), "--no-progress"])
        .args(more)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn images(image: &str, more: &[&str]) -> Vec<Value> {
    let report: Value = serde_json::from_str(&verify(image, &[more, &["--format", "json"]].concat())).unwrap();
    report["images"].as_array().unwrap().clone()
}

#[test]
fn every_image_has_its_kind_and_verdict() {
    // Image; for each index its kind, whether it is fit, and the weightiest reason.
    let cases: [(&str, &[&str], &[Expected]); 11] = [
        ("6.1.7600-amd64-inbox-monolithic", &[], &[("adk", Some(true), "integrity-table-missing")]),
        ("integrity-table", &[], &[("adk", Some(true), "")]),
        ("6.0.6001-amd64-monolithic", &[], &[("configmgr", Some(true), "boot-image-older-than-deployed-os")]),
        (
            "6.0.6001-amd64-monolithic",
            &["--deploy-os", "6.1.7600"],
            &[("configmgr", Some(false), "boot-image-older-than-deployed-os")],
        ),
        // What a share would do to it is no fault of the image.
        (
            "6.1.7600-amd64-inbox-monolithic",
            &["--drivers", "share/netxtreme2-multitier"],
            &[("adk", Some(true), "integrity-table-missing")],
        ),
        ("mdt", &[], &[("mdt", Some(true), "integrity-table-missing")]),
        ("custom-shell", &[], &[("custom", Some(true), "wpeinit-never-started")]),
        ("no-wpeinit", &[], &[("custom", Some(false), "wpeinit-never-started")]),
        ("no-boot-index", &[], &[("adk", Some(false), "no-bootable-image")]),
        ("not-windows-pe", &[], &[("unknown", Some(false), "no-bootable-image")]),
        (
            "setup-media",
            &[],
            &[
                ("setup-media", Some(true), "integrity-table-missing"),
                ("setup-media", Some(true), "driver-in-one-index-only"),
            ],
        ),
    ];
    for (name, more, expected) in cases {
        let found = images(name, more);
        let found: Vec<(&str, Option<bool>, &str)> = found
            .iter()
            .map(|image| {
                let verdict = &image["verdict"];
                let reason = verdict["reasons"][0]["rule"].as_str().unwrap_or_default();
                (image["kind"].as_str().unwrap(), verdict["fit"].as_bool(), reason)
            })
            .collect();
        assert_eq!(found, expected, "{name} {more:?}");
    }
}

/// What a share would do to an image, and what is wrong with a driver of the share, is no fault of the image.
#[test]
fn no_share_makes_an_image_unfit() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let shares = walkdir::WalkDir::new(&rules).min_depth(3).max_depth(3).sort_by_file_name().into_iter();
    let shares: Vec<_> = shares.map(Result::unwrap).filter(|e| e.file_name() == "share").collect();
    assert!(shares.len() > 50, "{}", shares.len());
    for image in ["6.1.7600-amd64-inbox-monolithic", "6.0.6001-amd64-monolithic", "10.0.19041-amd64-inbox-two-tier"] {
        let alone = images(image, &[]);
        for share in &shares {
            let path = share.path().to_string_lossy();
            for (alone, with) in alone.iter().zip(images(image, &["--drivers", &path])) {
                let rules = |image: &Value| -> Vec<String> {
                    let reasons = image["verdict"]["reasons"].as_array().unwrap();
                    let rules = reasons.iter().filter_map(|r| r["rule"].as_str());
                    // A note that lies in the image; the share's side of it is an error of the share.
                    rules.filter(|r| *r != "monolithic-nic-replaced-by-multi-tier").map(str::to_owned).collect()
                };
                assert_eq!(with["verdict"]["fit"], alone["verdict"]["fit"], "{image} with {path}");
                assert_eq!(rules(&with), rules(alone), "{image} with {path}");
            }
        }
    }
}

#[test]
fn a_verdict_names_its_scope_and_orders_its_reasons_by_weight() {
    let images = images("setup-media", &["--drivers", "share/netxtreme2-multitier"]);
    for image in images {
        let verdict = &image["verdict"];
        assert!(!verdict["scope"].as_array().unwrap().is_empty());
        let weight = |r: &Value| ["info", "warning", "error"].iter().position(|s| r["severity"] == *s).unwrap();
        let weights: Vec<usize> = verdict["reasons"].as_array().unwrap().iter().map(weight).collect();
        assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
    }
}

#[test]
fn the_verdict_opens_the_text_and_what_the_image_consists_of_is_shown() {
    let text = verify("mdt", &[]);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[2], "FIT for distribution: nothing is known that speaks against it");
    for shown in
        ["optional components: WinPE-Scripting, WinPE-WMI", "scratch space 512 MB", "bddrun.exe", "MDT (LiteTouch)"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let image = &images("mdt", &[])[0];
    assert_eq!(image["optional_components"], serde_json::json!(["WinPE-Scripting", "WinPE-WMI"]));
    assert_eq!(image["scratch_space_mb"], 512);
    let text = verify("no-wpeinit", &[]);
    assert!(text.lines().nth(2).unwrap().contains("NOT FIT for distribution: 1 error"), "{text}");
}

#[test]
fn findings_that_are_left_out_do_not_decide() {
    // The guess that a program of its own does not run wpeinit.
    let reasons = |more: &[&str]| images("custom-shell", more)[0]["verdict"]["reasons"].as_array().unwrap().len();
    assert_eq!(reasons(&[]), reasons(&["--min-confidence", "likely"]) + 1);
}

#[test]
fn what_could_not_be_read_is_said_beside_the_verdict() {
    let text = verify("../hostile/damaged-file", &[]);
    assert!(text.contains("NOT FIT for distribution: 1 error"), "{text}");
    let image = &images("../hostile/damaged-file", &[])[0];
    assert_eq!(image["verdict"]["unread"], 1);
    assert_eq!(image["verdict"]["reasons"][0]["rule"], "integrity-broken");
}
