//! Identifier scores, device id lists and comparisons.

use std::sync::Arc;

use super::*;
use crate::facts::driver_package::DriverDate;
use crate::facts::ids::HardwareId;

fn model(ids: &[&str]) -> Model {
    Model {
        description: Arc::from("d"),
        install_section: Arc::from("i"),
        ids: ids.iter().filter(|i| !i.is_empty()).map(|i| HardwareId::new(i)).collect(),
        compatible_only: ids.first().is_some_and(|i| i.is_empty()),
        line: 1,
    }
}

fn ids(texts: &[&str]) -> Vec<HardwareId> {
    texts.iter().map(|t| HardwareId::new(t)).collect()
}

#[test]
fn identifier_scores_follow_the_documented_classes() {
    let device = DeviceIds { hardware: ids(&["H0", "H1"]), compatible: ids(&["C0", "C1"]) };
    for (model_ids, expected) in [
        (&["h0"][..], Some(0)),
        (&["h1"], Some(1)),
        (&["x", "h1"], Some(0x1001)),
        (&["c1"], Some(0x2001)),
        (&["x", "c1"], Some(0x3001)),
        (&["x", "y", "c0"], Some(0x3100)),
        (&["c0", "h1"], Some(0x1001)),
        // No hardware id: all are compatible ids.
        (&["", "h1"], Some(0x1001)),
        (&["", "c1"], Some(0x3001)),
        (&["x"], None),
        (&[], None),
    ] {
        assert_eq!(identifier_score(&device, &model(model_ids)), expected, "{model_ids:?}");
    }
}

#[test]
fn pci_devices_report_their_ids_by_subsystem() {
    let score = |adapter: &str, inf: &str| {
        identifier_score(&DeviceIds::from_adapter_id(&HardwareId::new(adapter)), &model(&[inf]))
    };
    let full = "PCI\\VEN_14E4&DEV_1639&SUBSYS_02371028&REV_20";
    assert_eq!(score(full, full), Some(0));
    assert_eq!(score(full, "PCI\\VEN_14E4&DEV_1639&SUBSYS_02371028"), Some(1));
    assert_eq!(score(full, "PCI\\VEN_14E4&DEV_1639&REV_20"), Some(0x2000));
    assert_eq!(score(full, "PCI\\VEN_14E4&DEV_1639"), Some(0x2001));
    // Only vendor and device known: the same position, on a device with some subsystem.
    assert_eq!(score("PCI\\VEN_14E4&DEV_1639", "PCI\\VEN_14E4&DEV_1639"), Some(0x2001));
    assert_eq!(score("PCI\\VEN_14E4&DEV_1639&SUBSYS_02371028", "PCI\\VEN_14E4&DEV_1639&SUBSYS_02371028"), Some(1));
    assert_eq!(score("PCI\\VEN_14E4&DEV_1639&CC_020000", "PCI\\CC_0200"), Some(0x2006));
    // Subsystem 0: six hardware ids.
    let bare = "PCI\\VEN_80EE&DEV_CAFE&SUBSYS_00000000&REV_00";
    assert_eq!(score(bare, "PCI\\VEN_80EE&DEV_CAFE"), Some(3));
    assert_eq!(score(bare, "PCI\\VEN_80EE&DEV_CAFE&REV_00"), Some(2));
    // Another bus: the id itself.
    assert_eq!(score("b06bdrv\\l2nd&pci_163914e4", "B06BDRV\\L2ND&PCI_163914E4"), Some(0));
}

#[test]
fn comparisons_explain_themselves() {
    let ver =
        |day: u8, last: u16| DriverVer { date: DriverDate { year: 2012, month: 2, day }, version: [7, 4, 14, last] };
    let candidate = |name: &str, rank: u32, driver_ver| Candidate { name: name.into(), rank: Rank(rank), driver_ver };
    let a = candidate("a.inf", 0x00FF_0001, ver(1, 0));
    for (b, decider, text) in [
        (
            candidate("b.inf", 0x00FF_2001, ver(9, 9)),
            Decider::Rank,
            "a.inf beats b.inf because its rank 00FF0001 is lower than 00FF2001 (better kind of id match)",
        ),
        (
            candidate("b.inf", 0x00FF_0001, ver(2, 0)),
            Decider::Date,
            "b.inf beats a.inf because both have rank 00FF0001 and its DriverVer date 2012-02-02 is newer than 2012-02-01",
        ),
        (
            candidate("b.inf", 0x00FF_0001, ver(1, 5)),
            Decider::Version,
            "b.inf beats a.inf because both have rank 00FF0001 and date 2012-02-01 and its version 7.4.14.5 is higher than 7.4.14.0",
        ),
        (
            candidate("b.inf", 0x00FF_0001, ver(1, 0)),
            Decider::Nothing,
            "nothing decides between a.inf and b.inf: both have rank 00FF0001, date 2012-02-01 and version 7.4.14.0",
        ),
    ] {
        let result = compare(&a, &b);
        assert_eq!(result.decider, decider);
        assert_eq!(result.to_string(), text);
    }
}

#[test]
fn signatures_tie_only_where_the_release_says_so() {
    let (microsoft, own) = (SignatureScore::MicrosoftSigned, SignatureScore::Authenticode);
    assert!(!all_signing_equal(OsVersion::new(6, 0)));
    assert!(microsoft.score(false) < own.score(false));
    assert!(all_signing_equal(OsVersion::new(6, 1)));
    assert_eq!(microsoft.score(true), own.score(true));
    assert!(own.score(true) < SignatureScore::UnsignedNt.score(true));
}
