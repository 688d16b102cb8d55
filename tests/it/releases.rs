//! Acceptance of `verify`: what each boot image is, whatever it is packed in, and what can not be known is said.

use serde_json::Value;

use crate::support::{items, json_line, rules, text};

/// (image, release, architecture, OS version)
const RELEASES: &[(&str, &str, &str, &str)] = &[
    ("6.0.6001-amd64-monolithic.wim", "2.1", "amd64", "6.0.6001.18000"),
    ("6.0.6001-x86-no-nic.wim", "2.1", "x86", "6.0.6001.18000"),
    ("6.1.7600-amd64-inbox-monolithic.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("6.1.7600-x86-inbox-monolithic.wim", "3.0", "x86", "6.1.7600.16385"),
    ("10.0.19041-amd64-inbox-two-tier.wim", "10-2004", "amd64", "10.0.19041.1"),
    ("multi-tier-injected.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("staged-only.wim", "10-2004", "amd64", "10.0.19041.1"),
    ("stale-xml.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("no-windows-element.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("integrity-table.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("packed-none.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("packed-xpress.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("packed-lzms.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("packed-solid.wim", "3.0", "amd64", "6.1.7600.16385"),
    ("packed-pipable.wim", "3.0", "amd64", "6.1.7600.16385"),
];

#[test]
fn every_release_is_told_from_the_bytes() {
    for (image, release, arch, version) in RELEASES {
        let report = json_line(&format!("verify fixtures/images/{image}"), 0);
        let images = items(&report["images"]);
        assert_eq!(images.len(), 1, "{image}");
        let found = &images[0];
        assert_eq!(
            (text(found, "/winpe/release"), text(found, "/arch"), text(found, "/os_version")),
            (*release, *arch, *version),
            "{image}"
        );
        assert_eq!(found["is_winpe"], true, "{image}");
        assert_eq!(found["boot_index"], true, "{image}");
        assert_eq!(text(found, "/winpe/confidence"), "proven", "{image}");
    }
}

#[test]
fn one_image_says_the_same_however_it_is_packed() {
    let facts = |report: &Value| {
        let mut image = items(&report["images"])[0].clone();
        for own in ["id", "path", "wim", "boot_index", "verdict"] {
            image.as_object_mut().unwrap().remove(own);
        }
        // Places in the evidence begin with the file's name.
        let image = image.to_string().replace(text(report, "/images/0/id"), "IMAGE");
        let drivers: Vec<&str> = items(&report["drivers"]).iter().map(|d| text(d, "/id")).collect();
        (image, format!("{drivers:?}"))
    };
    let original = facts(&json_line("verify fixtures/images/6.1.7600-amd64-inbox-monolithic.wim", 0));
    for packed in ["none", "xpress", "lzms", "solid", "pipable"] {
        let report = json_line(&format!("verify fixtures/images/packed-{packed}.wim"), 0);
        assert_eq!(facts(&report), original, "{packed}");
    }
    let report = json_line("verify fixtures/images/integrity-table.wim", 0);
    assert_eq!(facts(&report), original, "integrity table");
    // Splitting leaves boot index 0: that, and nothing else, is found.
    let report = json_line("verify fixtures/images/split.swm", 1);
    assert_eq!(facts(&report), original, "split");
    assert_eq!(rules(&report), ["no-bootable-image", "integrity-table-missing"]);
}

#[test]
fn the_container_is_described() {
    let cases = [
        ("6.1.7600-amd64-inbox-monolithic.wim", "LZX, "),
        ("packed-none.wim", "not compressed, "),
        ("packed-xpress.wim", "XPRESS, "),
        ("packed-lzms.wim", "LZMS, 16 KB"),
        ("packed-solid.wim", "LZMS, solid, "),
        ("packed-pipable.wim", ", pipable"),
        ("integrity-table.wim", "with integrity table"),
        ("packed-none.wim", "no integrity table"),
        ("no-boot-index.wim", "no boot index"),
        ("setup-media.wim", "2 images, LZX"),
        ("setup-media.wim", "boot index 2"),
    ];
    for (image, expected) in cases {
        let shown = crate::support::run_line(&format!("verify fixtures/images/{image}")).text();
        let first = shown.lines().next().unwrap_or("");
        assert!(first.contains(expected), "{image}: {first}");
    }
}

#[test]
fn every_image_of_a_file_is_looked_at() {
    let report = json_line("verify fixtures/images/setup-media.wim", 0);
    let images: Vec<(u64, bool)> = items(&report["images"])
        .iter()
        .map(|i| (i["index"].as_u64().unwrap(), i["boot_index"].as_bool().unwrap()))
        .collect();
    assert_eq!(images, [(1, false), (2, true)]);
    let has_nic = |image: &Value| {
        let ids = items(&image["drivers"]);
        let nics = items(&report["drivers"]).iter().filter(|d| text(d, "/role") == "monolithic");
        nics.map(|d| &d["id"]).any(|id| ids.contains(id))
    };
    let nics: Vec<bool> = items(&report["images"]).iter().map(has_nic).collect();
    assert_eq!(nics, [true, false], "the driver was injected into image 1 only");
}

#[test]
fn origins_of_drivers_are_told() {
    let cases = [
        ("6.0.6001-amd64-monolithic.wim", &[("fxmono.inf", "monolithic", "injected")][..]),
        ("6.1.7600-amd64-inbox-monolithic.wim", &[("fxmono.inf", "monolithic", "inbox")]),
        ("6.0.6001-x86-no-nic.wim", &[]),
        (
            "10.0.19041-amd64-inbox-two-tier.wim",
            &[("netbvbda.inf", "bus-driver", "inbox"), ("netbxnda.inf", "miniport", "inbox")],
        ),
        ("multi-tier-injected.wim", &[("bxnd.inf", "miniport", "injected"), ("bxvbd.inf", "bus-driver", "injected")]),
    ];
    for (image, expected) in cases {
        let report = json_line(&format!("verify fixtures/images/{image}"), 0);
        let nics = items(&report["drivers"]).iter().filter(|d| text(d, "/role") != "protocol");
        let mut found: Vec<_> =
            nics.map(|d| (text(d, "/inf"), text(d, "/role"), text(d, "/locations/0/origin"))).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{image}");
    }
}

#[test]
fn what_can_not_be_known_is_said() {
    let cases = [
        ("verify fixtures/images/unknown-newer.wim", 0, "winpe-release-unknown", "10.0.60000.1"),
        ("verify fixtures/images/stale-xml.wim", 0, "boot-version-disagrees", "6.0.6001.18000"),
        ("verify fixtures/images/no-boot-index.wim", 1, "no-bootable-image", "boot index 0"),
        ("verify fixtures/images/not-windows-pe.wim", 1, "no-bootable-image", "not-windows-pe.wim"),
        ("verify fixtures/images/split.swm", 1, "no-bootable-image", "split.swm"),
    ];
    for (line, code, rule, words) in cases {
        let report = json_line(line, code);
        let finding = items(&report["findings"]).iter().find(|f| text(f, "/rule") == rule);
        let message = finding.map_or_else(|| panic!("{line}: no {rule}"), |f| text(f, "/message"));
        assert!(message.contains(words), "{line}: {message}");
    }
    let report = json_line("verify fixtures/images/not-windows-pe.wim", 1);
    assert_eq!(report["images"][0]["is_winpe"], false);
    let report = json_line("verify fixtures/images/unknown-newer.wim", 0);
    assert_eq!(report["images"][0]["winpe"]["release"], Value::Null, "not guessed");
}

#[test]
fn a_boot_image_older_than_what_it_deploys_is_found() {
    let image = "verify fixtures/images/6.0.6001-amd64-monolithic.wim";
    let cases = [
        ("", 0, Some("info")),
        ("--deploy-os 6.1.7600", 1, Some("error")),
        ("--deploy-os 10.0", 1, Some("error")),
        ("--deploy-os 6.0.6001", 0, None),
        ("--deploy-os 5.1", 0, None),
    ];
    for (flags, code, severity) in cases {
        let report = json_line(&format!("{image} {flags}"), code);
        let finding =
            items(&report["findings"]).iter().find(|f| text(f, "/rule") == "boot-image-older-than-deployed-os");
        assert_eq!(finding.map(|f| text(f, "/severity")), severity, "{flags}");
    }
    let newer = json_line("verify fixtures/images/6.1.7600-amd64-inbox-monolithic.wim --deploy-os 6.1.7600", 0);
    assert_eq!(rules(&newer), ["integrity-table-missing"]);
}
