//! What an offered set does to each NetXtreme II adapter of a boot image: every row of the matrix of FACTS.md 6.1, through the
//! command line, with the drivers before and after by name.

use std::path::Path;

use serde_json::Value;

use crate::support::{copy_tree, finish, fixture, items, json_line, program, run_line, sign_again, text};

/// All NetXtreme II adapters with 1 GbE.
const ADAPTERS: [&str; 8] = ["1639", "163A", "163B", "163C", "164A", "164C", "16AA", "16AC"];

const PE2: &str = "6.0.6001-amd64-monolithic.wim";
const PE3: &str = "6.1.7600-amd64-inbox-monolithic.wim";
const PE2_NO_NIC: &str = "6.0.6001-amd64-no-nic.wim";
const PE10: &str = "10.0.19041-amd64-inbox-two-tier.wim";

const MULTI: &str = "netxtreme2-multitier";
const OLDER: &str = "netxtreme2-multitier-older";
const NEWER: &str = "netxtreme2-monolithic-newer";
const MONO: &str = "netxtreme2-monolithic";
/// Made by [`newer_set`]: `renamed/netxtreme2-multitier` of 2019.
const MULTI_2019: &str = "multitier-2019";

/// (during, recovers, result, at)
type Fate = (&'static str, &'static str, &'static str, Option<&'static str>);

const NOT_AFFECTED: Fate = ("kept", "not-needed", "not-affected", None);
const NEVER_UP: Fate = ("never-up", "never", "fails", Some("boot"));

struct Case {
    /// Row of FACTS.md 6.1, or what it is about.
    name: &'static str,
    folder: &'static str,
    image: &'static str,
    flags: &'static str,
    effect: &'static str,
    fate: Fate,
    before: Option<&'static str>,
    /// `None` = nothing is said: in that cell nothing is installed into Windows PE.
    after: Option<&'static str>,
}

const RUN: &str = "--content run-from-dp --source install-package";
const LOAD: &str = "--content download --source install-package";

const CASES: &[Case] = &[
    Case {
        name: "row 1",
        folder: MULTI,
        image: PE2,
        flags: RUN,
        effect: "replaces",
        fate: ("lost", "never", "fails", Some("setup")),
        before: Some("fxmono.inf"),
        after: Some("bxvbd.inf"),
    },
    Case {
        name: "row 2",
        folder: MULTI,
        image: PE3,
        flags: RUN,
        effect: "replaces",
        fate: ("interrupted", "seconds", "fails", Some("setup")),
        before: Some("fxmono.inf"),
        after: Some("bxvbd.inf"),
    },
    Case {
        name: "row 3",
        folder: MULTI,
        image: PE2,
        flags: LOAD,
        effect: "replaces",
        fate: ("lost", "never", "fails", Some("after-setup")),
        before: Some("fxmono.inf"),
        after: Some("bxvbd.inf"),
    },
    Case {
        name: "row 3, Windows 7 is deployed",
        folder: MULTI,
        image: PE2,
        flags: "--content download --source install-package --deploy-os 6.1.7600",
        effect: "replaces",
        fate: ("lost", "never", "fails", Some("after-setup")),
        before: Some("fxmono.inf"),
        after: Some("bxvbd.inf"),
    },
    Case {
        name: "row 4",
        folder: MULTI,
        image: PE3,
        flags: LOAD,
        effect: "replaces",
        fate: ("interrupted", "seconds", "succeeds", None),
        before: Some("fxmono.inf"),
        after: Some("bxvbd.inf"),
    },
    Case {
        name: "row 5",
        folder: MULTI,
        image: PE2,
        flags: "--content run-from-dp --source os-image",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 6",
        folder: MULTI,
        image: PE2,
        flags: "--content download --source os-image --deploy-os 6.0.6001",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 7",
        folder: MULTI,
        image: PE3,
        flags: "--content run-from-dp --source os-image",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 8",
        folder: MULTI,
        image: PE3,
        flags: "--content download --source os-image --deploy-os 6.1.7600",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 9",
        folder: MULTI,
        image: PE2,
        flags: "--content run-from-dp --source os-image --deploy-os 6.1.7600",
        effect: "none",
        fate: ("kept", "not-needed", "fails", Some("driver-step")),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 9, downloaded, Windows 10",
        folder: MULTI,
        image: PE2,
        flags: "--content download --source os-image --deploy-os 10.0.19041",
        effect: "none",
        fate: ("kept", "not-needed", "fails", Some("driver-step")),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 10, 2.1",
        folder: MULTI,
        image: PE2,
        flags: "--content run-from-dp --source install-package --no-driver-step --deployed-os-driver none",
        effect: "none",
        fate: ("kept", "not-needed", "fails", Some("full-os")),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 10, 3.0",
        folder: MULTI,
        image: PE3,
        flags: "--content download --source install-package --no-driver-step --deployed-os-driver none",
        effect: "none",
        fate: ("kept", "not-needed", "fails", Some("full-os")),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 11, 2.1",
        folder: MULTI,
        image: PE2,
        flags: "--content run-from-dp --source install-package --no-driver-step --deployed-os-driver inbox",
        effect: "none",
        fate: ("kept", "not-needed", "succeeds", None),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 11, 3.0",
        folder: MULTI,
        image: PE3,
        flags: "--content download --source install-package --no-driver-step --deployed-os-driver inbox",
        effect: "none",
        fate: ("kept", "not-needed", "succeeds", None),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "between rows 10 and 11: nobody knows what the deployed system has",
        folder: MULTI,
        image: PE3,
        flags: "--content download --source install-package --no-driver-step",
        effect: "none",
        fate: ("kept", "not-needed", "unknown", Some("full-os")),
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "row 12",
        folder: MULTI,
        image: PE2_NO_NIC,
        flags: RUN,
        effect: "none",
        fate: NEVER_UP,
        before: None,
        after: None,
    },
    Case {
        name: "row 12, downloaded OS image",
        folder: MULTI,
        image: PE2_NO_NIC,
        flags: "--content download --source os-image",
        effect: "none",
        fate: NEVER_UP,
        before: None,
        after: None,
    },
    Case {
        name: "row 12, the right driver is offered too late",
        folder: MONO,
        image: PE2_NO_NIC,
        flags: LOAD,
        effect: "none",
        fate: NEVER_UP,
        before: None,
        after: None,
    },
    Case {
        name: "row 13",
        folder: MULTI_2019,
        image: PE10,
        flags: LOAD,
        effect: "replaces",
        fate: ("interrupted", "seconds", "succeeds", None),
        before: Some("netbvbda.inf"),
        after: Some("qbrgj.inf"),
    },
    Case {
        name: "row 13, run from DP",
        folder: MULTI_2019,
        image: PE10,
        flags: RUN,
        effect: "replaces",
        fate: ("interrupted", "seconds", "succeeds", None),
        before: Some("netbvbda.inf"),
        after: Some("qbrgj.inf"),
    },
    Case {
        name: "older than the in-box two-tier driver",
        folder: MULTI,
        image: PE10,
        flags: RUN,
        effect: "loses-rank",
        fate: NOT_AFFECTED,
        before: Some("netbvbda.inf"),
        after: Some("netbvbda.inf"),
    },
    Case {
        name: "older than the injected driver",
        folder: OLDER,
        image: PE2,
        flags: RUN,
        effect: "loses-rank",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: Some("fxmono.inf"),
    },
    Case {
        name: "older than the in-box driver",
        folder: OLDER,
        image: PE3,
        flags: LOAD,
        effect: "loses-rank",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: Some("fxmono.inf"),
    },
    Case {
        name: "the name of the loaded driver, 2.1",
        folder: NEWER,
        image: PE2,
        flags: RUN,
        effect: "ignored-same-name",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: Some("fxmono.inf"),
    },
    Case {
        name: "the name of the loaded driver, 3.0",
        folder: NEWER,
        image: PE3,
        flags: LOAD,
        effect: "ignored-same-name",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: Some("fxmono.inf"),
    },
    Case {
        name: "the driver that is there already",
        folder: MONO,
        image: PE2,
        flags: RUN,
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: Some("fxmono.inf"),
    },
    Case {
        name: "XP has no windowsPE pass, 2.1",
        folder: MULTI,
        image: PE2,
        flags: "--content run-from-dp --source install-package --deploy-os 5.1",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
    Case {
        name: "XP has no windowsPE pass, 3.0",
        folder: MULTI,
        image: PE3,
        flags: "--content download --source install-package --deploy-os 5.1",
        effect: "none",
        fate: NOT_AFFECTED,
        before: Some("fxmono.inf"),
        after: None,
    },
];

/// The renamed multi-tier set as its vendor would offer it after the in-box driver of the 10.0 image.
fn newer_set(share: &Path) {
    let folder = share.join(MULTI_2019);
    copy_tree(&fixture("renamed/netxtreme2-multitier"), &folder);
    for stem in ["qbrgj", "qrnk"] {
        let (inf, catalog) = (folder.join(format!("{stem}.inf")), folder.join(format!("{stem}.cat")));
        let content = std::fs::read_to_string(&inf).unwrap();
        let newer: Vec<String> = content
            .split_inclusive('\n')
            .map(|line| match line.starts_with("DriverVer") {
                true => "DriverVer = 05/06/2019,9.0.0.0\r\n".to_owned(),
                false => line.to_owned(),
            })
            .collect();
        let change = (content.clone().into_bytes(), newer.concat().into_bytes());
        std::fs::write(&inf, &change.1).unwrap();
        let signed = sign_again(&std::fs::read(&catalog).unwrap(), &[change]);
        std::fs::write(&catalog, signed).unwrap();
    }
}

fn audit(share: &Path, image: &str, flags: &str) -> Value {
    let mut command = program();
    command.arg("audit").arg(share).arg("--boot-image").arg(fixture("images").join(image));
    let run = finish(command.args(flags.split_whitespace()).args(["--format", "json"]));
    assert!(matches!(run.code, Some(0 | 1)), "{flags}: {}", run.stderr);
    run.json()
}

fn name(driver: &Value) -> Option<&str> {
    driver.get("inf").and_then(Value::as_str)
}

#[test]
fn every_row_of_the_matrix_for_every_adapter() {
    let made = tempfile::tempdir().unwrap();
    newer_set(made.path());
    let ids: Vec<String> = ADAPTERS.iter().map(|device| format!(r"PCI\VEN_14E4&DEV_{device}")).collect();
    // Every image has a twin for the other architecture: drivers and outcome are the same.
    let both = CASES.iter().flat_map(|case| ["amd64", "x86"].map(|arch| (case, case.image.replace("amd64", arch))));
    for (case, image) in both {
        let share = if case.folder == MULTI_2019 { made.path().to_owned() } else { fixture("share") };
        let report = audit(&share, &image, case.flags);
        let of_folder = |p: &&Value| text(p, "/offered/folder") == case.folder;
        let predictions: Vec<&Value> = items(&report["predictions"]).iter().filter(of_folder).collect();
        let found: Vec<&str> = predictions.iter().map(|p| text(p, "/adapter/id")).collect();
        assert_eq!(found, ids, "{} in {image}", case.name);
        for prediction in predictions {
            let (network, sequence) = (&prediction["network"], &prediction["task_sequence"]);
            let fate = (
                text(network, "/during"),
                text(network, "/recovers"),
                text(sequence, "/result"),
                sequence["at"].as_str(),
            );
            assert_eq!(fate, case.fate, "{} in {image}: {prediction}", case.name);
            assert_eq!(text(prediction, "/effect"), case.effect, "{} in {image}", case.name);
            assert_eq!(name(&prediction["driver_before"]), case.before, "{} in {image}", case.name);
            if case.after.is_some() {
                assert_eq!(name(&prediction["driver_after"]), case.after, "{}", case.name);
            }
            assert!(!items(&prediction["because"]).is_empty(), "{}: no reason", case.name);
        }
    }
}

#[test]
fn what_breaks_in_a_named_target_is_an_error_and_the_rest_is_none() {
    let cases = [
        (MULTI, PE2, RUN, Some("error")),
        (MULTI, PE2, LOAD, Some("error")),
        (MULTI, PE3, RUN, Some("error")),
        (MULTI, PE3, "--source os-image", None),
        (MULTI, PE3, "--deploy-os 5.1", None),
        (MULTI, PE10, "", None),
        (OLDER, PE2, "", None),
        (NEWER, PE2, "", None),
        (MONO, PE2, "", None),
    ];
    for (folder, image, flags, severity) in cases {
        let report = audit(&fixture("share").join(folder), image, flags);
        let finding = items(&report["findings"]).iter().find(|f| text(f, "/rule") == "multi-tier-nic-in-windowspe");
        assert_eq!(finding.map(|f| text(f, "/severity")), severity, "{folder} {image} {flags}");
    }
}

#[test]
fn an_old_boot_image_and_a_lost_network_are_both_said() {
    let report = audit(&fixture("share").join(MULTI), PE2, "--source install-package --deploy-os 6.1.7600");
    let errors = items(&report["findings"]).iter().filter(|f| text(f, "/severity") == "error");
    let mut found: Vec<&str> = errors.map(|f| text(f, "/rule")).collect();
    found.sort_unstable();
    assert_eq!(found, ["boot-image-older-than-deployed-os", "multi-tier-nic-in-windowspe"]);
}

#[test]
fn each_image_of_a_file_is_a_target_of_its_own() {
    let report = audit(&fixture("share").join(MULTI), "setup-media.wim", RUN);
    let fate = |image: &str| {
        let of = items(&report["predictions"]).iter().filter(|p| text(p, "/target/image") == image);
        of.map(|p| text(p, "/network/during")).collect::<Vec<_>>()
    };
    assert_eq!(fate("setup-media.wim:1"), ["interrupted"; 8], "its driver was injected into image 1");
    assert_eq!(fate("setup-media.wim:2"), ["never-up"; 8]);
}

#[test]
fn audit_and_verify_say_the_same() {
    for image in [PE2, PE3, PE10] {
        let audit = run_line(&format!("audit fixtures/share --boot-image fixtures/images/{image} --format json"));
        let verify = run_line(&format!("verify fixtures/images/{image} --drivers fixtures/share --format json"));
        assert_eq!(audit.code, verify.code, "{image}");
        let (audit, verify) = (audit.json(), verify.json());
        for part in ["predictions", "topologies", "findings", "drivers", "images", "problems", "summary"] {
            assert!(audit[part] == verify[part], "{image}: {part}");
        }
    }
}

#[test]
fn a_package_is_offered_as_a_whole() {
    let line = "audit fixtures/share --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim --format json";
    for named in ["netxtreme2-multitier", "./netxtreme2-multitier/", "fixtures/share/netxtreme2-multitier"] {
        let report = run_line(&format!("{line} --package {named}")).json();
        let folders: Vec<&str> = items(&report["predictions"]).iter().map(|p| text(p, "/offered/folder")).collect();
        assert_eq!(folders, ["netxtreme2-multitier"; 32], "{named}: 8 adapters in 4 cells");
    }
}

#[test]
fn what_is_named_twice_is_judged_once() {
    let image = "--boot-image fixtures/images/6.0.6001-amd64-monolithic.wim";
    let share = "fixtures/share/netxtreme2-multitier";
    let cases = [
        (format!("audit {share} {image}"), format!("audit {share} {share} {image} {image}")),
        (
            format!("audit {share} --winpe 2.1 --winpe 3.0 --winpe 10.0.19041"),
            format!("audit {share} --winpe 2.1 --winpe 3.0 --winpe 2.1 --winpe 10.0.19041 --winpe 3.0"),
        ),
    ];
    for (once, twice) in cases {
        let (once, twice) = (json_line(&once, 1), json_line(&twice, 1));
        for part in ["inputs", "images", "drivers", "predictions", "findings", "summary"] {
            assert!(once[part] == twice[part], "{part}");
        }
    }
}

#[test]
fn a_package_is_found_although_another_share_is_missing() {
    let line = "audit fixtures/none fixtures/share --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim";
    let run = run_line(&format!("{line} --package netxtreme2-multitier --format json"));
    assert_eq!(run.code, Some(2));
    assert_eq!(items(&run.json()["predictions"]).len(), 32);
}

#[test]
fn a_bus_driver_of_an_unknown_family_is_known_by_the_adapter_that_it_claims() {
    // The renamed set without its miniport: no table and no child tell, the monolithic driver in the image does.
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("renamed/netxtreme2-multitier")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_child =
            std::fs::read(&path).is_ok_and(|b| name.ends_with(".inf") && String::from_utf8_lossy(&b).contains("Ndi"));
        if !is_child {
            std::fs::copy(&path, folder.path().join(name)).unwrap();
        }
    }
    let report = audit(folder.path(), PE2, RUN);
    let errors = items(&report["findings"]).iter().filter(|f| text(f, "/severity") == "error");
    let mut rules: Vec<&str> = errors.map(|f| text(f, "/rule")).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["bus-driver-without-miniport", "multi-tier-nic-in-windowspe"]);
}

#[test]
fn what_came_with_windows_ranks_before_what_vendors_signed_in_6_0_only() {
    let cases = [
        ("6.0.6001-amd64-inbox-monolithic.wim", "loses-rank", "better signature"),
        // The same driver, injected: both are signed by a vendor, and the date decides.
        (PE2, "replaces", "its DriverVer date"),
        (PE3, "replaces", "its DriverVer date"),
    ];
    for (image, effect, because) in cases {
        let report = audit(&fixture("share/netxtreme2-multitier"), image, RUN);
        let predictions = items(&report["predictions"]);
        assert!(!predictions.is_empty(), "{image}");
        for prediction in predictions {
            assert_eq!(text(prediction, "/effect"), effect, "{image}: {prediction}");
            let reasons = prediction["because"].to_string();
            assert!(reasons.contains(because), "{image}: {reasons}");
        }
    }
}

#[test]
fn an_unsigned_set_loses_against_every_signed_driver() {
    let share = tempfile::tempdir().unwrap();
    copy_tree(&fixture("share/netxtreme2-multitier"), share.path());
    for catalog in ["bxvbd.cat", "bxnd.cat"] {
        std::fs::remove_file(share.path().join(catalog)).unwrap();
    }
    for prediction in items(&audit(share.path(), PE3, RUN)["predictions"]) {
        assert_eq!(text(prediction, "/effect"), "loses-rank", "{prediction}");
    }
}
