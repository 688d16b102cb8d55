//! `--fleet` through the command line: what runs the adapters of the machines, what a share does to them, what is refused.

use serde_json::Value;

use crate::support::{finish, fixture, items, json_line, program, run, run_line, text};

const PE3: &str = "fixtures/images/6.1.7600-amd64-inbox-monolithic.wim";
const PE2_NO_NIC: &str = "fixtures/images/6.0.6001-x86-no-nic.wim";
const PE10: &str = "fixtures/images/10.0.19041-amd64-inbox-two-tier.wim";
const NIC: &str = "PCI\\VEN_14E4&DEV_1639";
const RULE: &str = "no-driver-for-fleet-nic";

/// The lines of the coverage table about an adapter.
fn lines<'v>(report: &'v Value, id: &str) -> Vec<&'v Value> {
    items(&report["coverage"]).iter().filter(|line| text(line, "/adapter/id") == id).collect()
}

fn findings<'v>(report: &'v Value, id: &str) -> Vec<&'v Value> {
    let about = |f: &&Value| text(f, "/rule") == RULE && text(f, "/message").starts_with(id);
    items(&report["findings"]).iter().filter(about).collect()
}

struct Case {
    image: &'static str,
    share: &'static str,
    state: &'static str,
    driver: Option<&'static str>,
    network: &'static str,
    threats: &'static [&'static str],
    /// Folder, INF, kind.
    best: Option<(&'static str, &'static str, &'static str)>,
    /// Severity of the finding about the adapter.
    severity: Option<&'static str>,
}

const CASES: &[Case] = &[
    Case {
        image: PE3,
        share: "netxtreme2-multitier",
        state: "runs",
        driver: Some("fxmono.inf"),
        network: "interrupted",
        threats: &["."],
        best: None,
        severity: None,
    },
    Case {
        image: "fixtures/images/6.0.6001-amd64-monolithic.wim",
        share: "netxtreme2-multitier",
        state: "runs",
        driver: Some("fxmono.inf"),
        network: "lost",
        threats: &["."],
        best: None,
        severity: None,
    },
    Case {
        image: PE3,
        share: "netxtreme2-monolithic-newer",
        state: "runs",
        driver: Some("fxmono.inf"),
        network: "kept",
        threats: &[],
        best: None,
        severity: None,
    },
    Case {
        image: PE2_NO_NIC,
        share: "netxtreme2-monolithic",
        state: "no-driver",
        driver: None,
        network: "never-up",
        threats: &[],
        best: Some((".", "fxmono.inf", "monolithic")),
        severity: Some("error"),
    },
    Case {
        image: PE2_NO_NIC,
        share: "netxtreme2-multitier",
        state: "no-driver",
        driver: None,
        network: "never-up",
        threats: &[],
        best: Some((".", "bxvbd.inf", "multi-tier")),
        severity: Some("error"),
    },
    Case {
        image: PE2_NO_NIC,
        share: "intel-like-monolithic",
        state: "no-driver",
        driver: None,
        network: "never-up",
        threats: &[],
        best: None,
        severity: Some("error"),
    },
    Case {
        image: PE10,
        share: "netxtreme2-monolithic",
        state: "runs",
        driver: Some("netbvbda.inf"),
        network: "kept",
        threats: &[],
        best: None,
        severity: None,
    },
];

#[test]
fn what_runs_an_adapter_and_what_a_share_does_to_it() {
    for case in CASES {
        let about = format!("{} with {}", case.image, case.share);
        let line = format!(
            "verify {} --drivers fixtures/share/{} --fleet fixtures/fleet/formats/pnputil-ids.txt --fail-on never",
            case.image, case.share
        );
        let report = json_line(&line, 0);
        let found = lines(&report, NIC);
        assert_eq!(found.len(), 1, "{about}: {found:#?}");
        let found = found[0];
        assert_eq!(text(found, "/state"), case.state, "{about}");
        assert_eq!(found.pointer("/driver/inf").and_then(Value::as_str), case.driver, "{about}");
        assert_eq!(text(found, "/network"), case.network, "{about}");
        let threats: Vec<&str> = items(&found["threats"]).iter().map(|t| text(t, "/folder")).collect();
        assert_eq!(threats, case.threats, "{about}");
        let best = found["share_best"].is_object().then(|| {
            let best = &found["share_best"];
            (text(best, "/folder"), text(best, "/driver/inf"), text(best, "/kind"))
        });
        assert_eq!(best, case.best, "{about}");
        let severity = findings(&report, NIC).first().map(|f| text(f, "/severity"));
        assert_eq!(severity, case.severity, "{about}");
    }
}

#[test]
fn every_format_gives_the_same_answer() {
    let mut command = program();
    command.args(["verify", PE2_NO_NIC, "--drivers", "fixtures/share/netxtreme2-monolithic", "--format", "json"]);
    let folder = fixture("fleet/formats");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        command.arg("--fleet").arg(entry.unwrap().path());
        count += 1;
    }
    let report = finish(&mut command).json();
    let found = lines(&report, NIC);
    assert!(
        found.iter().all(|l| text(l, "/state") == "no-driver" && text(l, "/share_best/driver/inf") == "fxmono.inf")
    );
    // configmgr.csv and tabs.csv name FX11 and FX12, powershell.csv FX01 and FX02.
    let machines = report["fleet"]["machines"].as_u64().unwrap();
    assert_eq!(machines, count + 3);
    assert_eq!(report["fleet"]["targets"][0]["without_network"].as_u64(), Some(machines));
    assert_eq!(findings(&report, NIC).len(), 1, "one finding for one adapter");
}

/// They stand in every list of the class Net, and no boot image has a driver for them.
#[test]
fn bluetooth_and_virtual_wireless_networks_are_no_adapters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("FX61.txt");
    let device =
        |instance: &str| format!("Instance ID:                {instance}\nClass Name:                 Net\n\n");
    let virtual_wifi = "{5d624f94-8850-40c3-a3fa-a4fd2080baf3}\\vwifimp_wfd\\5&1&0&11";
    std::fs::write(&file, device("BTH\\MS_BTHPAN\\6&1&0&2") + &device(virtual_wifi)).unwrap();
    let report = run(["verify", PE2_NO_NIC, "--fleet", file.to_str().unwrap(), "--format", "json"]).json();
    assert_eq!(items(&report["coverage"]), &[] as &[Value]);
    assert_eq!(report["fleet"]["left_out"]["software"], 2);
    assert!(items(&report["findings"]).iter().all(|f| text(f, "/rule") != RULE));
}

#[test]
fn models_come_from_folders_and_columns() {
    let line = format!(
        "verify {PE3} --fleet fixtures/fleet/models --fleet fixtures/fleet/formats/configmgr.csv --fail-on never"
    );
    let report = json_line(&line, 0);
    let mut models: Vec<(&str, u64)> =
        lines(&report, NIC).iter().map(|l| (text(l, "/model"), l["machines"].as_u64().unwrap())).collect();
    models.sort_unstable();
    assert_eq!(models, [("Fx Model 1", 3), ("Fx Model 2", 1), ("Fx Model 2/rack", 1)]);
    assert_eq!(items(&report["problems"]).len(), 1);
    assert_eq!(text(&report["problems"][0], "/path"), "models/Fx Model 2/readme.txt");
    // The machine has another adapter that runs, and a radio needs none.
    let severities =
        |id: &str| findings(&report, id).iter().map(|f| text(f, "/severity").to_owned()).collect::<Vec<_>>();
    assert_eq!(severities("PCI\\VEN_1AF4&DEV_10FE"), ["warning"]);
    assert_eq!(severities("PCI\\VEN_1234&DEV_0280"), ["info"]);
    assert_eq!(severities(NIC), Vec::<String>::new());
}

#[test]
fn an_inventory_without_ids_ends_with_2_and_the_command_to_run() {
    for (name, words) in [
        ("lspci.txt", "lspci -nnk"),
        ("systeminfo.txt", "pnputil /enum-devices"),
        ("driverquery.csv", "driverquery"),
        ("", "no inventory in it"),
    ] {
        let run = run_line(&format!("verify {PE3} --fleet fixtures/fleet/refused/{name}"));
        assert_eq!(run.code, Some(2), "{name}");
        assert!(run.stderr.contains(words), "{name}: {}", run.stderr);
        assert!(!run.stdout.is_empty(), "{name}: the image is reported all the same");
    }
}

#[test]
fn audit_and_verify_agree() {
    let fleet = "--fleet fixtures/fleet/models --fail-on never";
    let audit = json_line(&format!("audit fixtures/share --boot-image {PE3} {fleet}"), 0);
    let verify = json_line(&format!("verify {PE3} --drivers fixtures/share {fleet}"), 0);
    assert_eq!(audit["coverage"], verify["coverage"]);
    assert_eq!(audit["fleet"], verify["fleet"]);
    let without = json_line(&format!("verify {PE3} --fail-on never"), 0);
    assert!(without.get("coverage").is_none(), "no fleet, no table");
}

#[test]
fn the_text_report_has_the_table() {
    let run = run_line(&format!(
        "verify {PE2_NO_NIC} --drivers fixtures/share/netxtreme2-monolithic --fleet fixtures/fleet/models --fail-on never"
    ));
    let text = run.text();
    for words in [
        "Fleet: 3 machines, 2 models",
        "3 without any network",
        "Fx Model 2/rack: PCI\\VEN_14E4&DEV_1639",
        "NO DRIVER in the image; best of the share: . (fxmono.inf)",
        "[wireless]",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}
