//! Every format is told by its content, gives the same adapter, and never fails.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet").join(name)
}

fn fixture(name: &str) -> Inventory {
    let path = folder("formats").join(name);
    read(&std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

const NIC: &str = "PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028&REV_20";
const AT: &str = "PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028&REV_20\\4&1A2B3C4D&0&0008";

/// File, format, devices in it, hardware and compatible ids of the adapter.
const FORMATS: &[(&str, InventoryFormat, usize, usize, usize)] = &[
    ("hardware-ids.txt", InventoryFormat::HardwareIds, 2, 0, 0),
    ("powershell.csv", InventoryFormat::Csv, 4, 4, 7),
    ("get-pnpdevice.csv", InventoryFormat::Csv, 1, 0, 0),
    ("configmgr.csv", InventoryFormat::Csv, 3, 0, 0),
    ("tabs.csv", InventoryFormat::Csv, 3, 0, 0),
    ("wmic.csv", InventoryFormat::Csv, 1, 4, 0),
    ("no-header.csv", InventoryFormat::Csv, 1, 0, 0),
    ("pnputil.txt", InventoryFormat::PnpUtil, 3, 0, 0),
    ("pnputil-ids.txt", InventoryFormat::PnpUtil, 3, 4, 7),
    ("pnputil-ids-german.txt", InventoryFormat::PnpUtil, 3, 4, 7),
    ("pnputil-ids-french.txt", InventoryFormat::PnpUtil, 3, 4, 7),
    ("pnputil-french.txt", InventoryFormat::PnpUtil, 1, 0, 0),
    ("powershell-table.txt", InventoryFormat::Table, 3, 0, 0),
    ("net-adapter.txt", InventoryFormat::FormatList, 2, 0, 0),
    ("pnputil-properties.txt", InventoryFormat::PnpUtil, 1, 4, 0),
    ("wmi-list.txt", InventoryFormat::FormatList, 3, 4, 7),
    ("format-list.txt", InventoryFormat::FormatList, 1, 4, 0),
    ("format-list-wrapped.txt", InventoryFormat::FormatList, 1, 4, 4),
    ("msinfo.nfo", InventoryFormat::MsinfoNfo, 2, 0, 0),
    ("msinfo.txt", InventoryFormat::MsinfoText, 3, 0, 0),
    ("msinfo-lf.txt", InventoryFormat::MsinfoText, 3, 0, 0),
    ("dxdiag.txt", InventoryFormat::DxDiag, 3, 0, 0),
    ("devcon-hwids.txt", InventoryFormat::Devcon, 2, 4, 7),
    ("devcon-find.txt", InventoryFormat::Devcon, 2, 0, 0),
    ("lspci-nnk.txt", InventoryFormat::Lspci, 4, 0, 0),
    ("lspci-forum.txt", InventoryFormat::Lspci, 4, 0, 0),
    ("lspci-nn.txt", InventoryFormat::Lspci, 4, 0, 0),
    ("lspci-nv.txt", InventoryFormat::Lspci, 2, 0, 0),
    ("lspci-nnmm.txt", InventoryFormat::LspciMachine, 2, 0, 0),
    ("lspci-nnvmm.txt", InventoryFormat::LspciMachine, 2, 0, 0),
    ("lspci-nnvmm-copy.txt", InventoryFormat::LspciMachine, 2, 0, 0),
    ("ztidrivers.log", InventoryFormat::ZtiDrivers, 3, 0, 0),
    ("setupapi.dev.log", InventoryFormat::SetupApi, 2, 4, 7),
];

fn is_nic(device: &RawDevice) -> bool {
    let named = device.instance_id.iter().chain(&device.hardware_ids).chain(&device.other_ids);
    let starts = |id: &String| id.to_ascii_uppercase().starts_with("PCI\\VEN_14E4&DEV_1639");
    named.clone().any(starts) || device.pci.is_some_and(|p| (p.vendor, p.device) == (0x14E4, 0x1639))
}

#[test]
fn every_format_gives_the_adapter() {
    for (name, format, count, hardware, compatible) in FORMATS {
        let inventory = fixture(name);
        assert_eq!(inventory.format, *format, "{name}");
        assert_eq!(inventory.problems, [], "{name}");
        assert_eq!(inventory.devices.len(), *count, "{name}: {:#?}", inventory.devices);
        let nic = inventory.devices.iter().find(|d| is_nic(d)).unwrap_or_else(|| panic!("{name}: no adapter"));
        assert_eq!((nic.hardware_ids.len(), nic.compatible_ids.len()), (*hardware, *compatible), "{name}: {nic:#?}");
        let ids = nic.instance_id.iter().chain(&nic.hardware_ids).chain(&nic.other_ids);
        for id in ids.clone() {
            assert!(!id.contains(";") && !id.contains("&amp") && !id.contains(['"', '{', '}']), "{name}: {id}");
        }
        assert!(nic.line > 0, "{name}");
        if let Some(instance) = &nic.instance_id {
            assert!(instance.eq_ignore_ascii_case(AT), "{name}: {instance}");
        } else if nic.pci.is_none() {
            assert!(ids.clone().any(|id| id == NIC), "{name}: {nic:#?}");
        }
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    let mut files: Vec<String> = std::fs::read_dir(folder("formats"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut known: Vec<&str> = FORMATS.iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    assert_eq!(files, known);
}

#[test]
fn files_without_ids_are_refused_with_the_command_to_run() {
    for (name, words) in [
        ("lspci.txt", "lspci -nnk"),
        ("lspci-mm.txt", "lspci -nnk"),
        ("systeminfo.txt", "systeminfo"),
        ("driverquery.csv", "driverquery"),
        ("driverquery-si.csv", "driverquery /si"),
        ("not-joined.csv", "-join ';'"),
        ("letter.txt", "pnputil /enum-devices"),
        ("empty.txt", "is empty"),
    ] {
        let inventory = read(&std::fs::read(folder("refused").join(name)).unwrap());
        assert_eq!(inventory.format, InventoryFormat::WithoutIds, "{name}");
        assert_eq!(inventory.devices, [], "{name}");
        assert!(inventory.problems[0].message.contains(words), "{name}: {}", inventory.problems[0].message);
    }
}

#[test]
fn lspci_numbers() {
    let subsystem = Some((0x1028, 0x0235));
    for (name, subsystem) in [
        ("lspci-nnk.txt", subsystem),
        ("lspci-forum.txt", subsystem),
        ("lspci-nn.txt", None),
        ("lspci-nv.txt", subsystem),
        ("lspci-nnmm.txt", subsystem),
        ("lspci-nnvmm.txt", subsystem),
        ("lspci-nnvmm-copy.txt", subsystem),
    ] {
        let inventory = fixture(name);
        let nic = inventory.devices.iter().find(|d| is_nic(d)).unwrap();
        let expected =
            PciNumbers { vendor: 0x14E4, device: 0x1639, subsystem, revision: Some(0x20), class: Some(0x0200) };
        assert_eq!(nic.pci, Some(expected), "{name}");
    }
    let without = fixture("lspci-nnk.txt").devices[2].pci.unwrap();
    assert_eq!((without.subsystem, without.class), (Some((0, 0)), Some(0x0280)), "no Subsystem line in a verbose list");
}

#[test]
fn what_files_say_beside_the_ids() {
    let nic = |name: &str| fixture(name).devices.into_iter().find(is_nic).unwrap();
    let net = "{4d36e972-e325-11ce-bfc1-08002be10318}";
    for (name, machine, model, class_guid, problem, network) in [
        ("powershell.csv", Some("FX01"), None, Some(net), Some(0), false),
        ("get-pnpdevice.csv", None, None, None, Some(0), false),
        ("configmgr.csv", Some("FX11"), Some("Fx Model 1"), None, None, false),
        ("wmic.csv", Some("FX21"), None, None, None, false),
        ("pnputil.txt", None, None, Some(net), Some(52), false),
        ("pnputil-ids-german.txt", None, None, Some(net), Some(52), false),
        ("pnputil-ids-french.txt", None, None, Some(net), Some(52), false),
        ("net-adapter.txt", None, None, None, None, true),
        ("wmi-list.txt", Some("FX-WMI"), None, Some(net), Some(0), false),
        ("format-list.txt", Some("FX31"), None, Some(net), None, false),
        ("format-list-wrapped.txt", None, None, Some(net), Some(0), false),
        ("msinfo.txt", None, None, None, None, true),
        ("msinfo.nfo", None, None, None, None, true),
        ("dxdiag.txt", Some("FX-DXDIAG"), Some("Fx Model 1"), None, None, false),
        ("setupapi.dev.log", None, None, None, Some(0), false),
    ] {
        let device = nic(name);
        let said = (device.machine.as_deref(), device.model.as_deref(), device.class_guid.as_deref(), device.problem);
        assert_eq!(said, (machine, model, class_guid, problem), "{name}");
        assert_eq!(device.has_network_fields, network, "{name}");
    }
    assert_eq!(nic("msinfo.nfo").name.as_deref(), Some("fx gigabit adapter"));
    assert_eq!(nic("net-adapter.txt").name.as_deref(), Some("fx gigabit adapter"));
    let table = nic("powershell-table.txt");
    assert_eq!((table.class.as_deref(), table.name.as_deref()), (Some("Net"), Some("fx gigabit adapter")));
    assert_eq!(
        fixture("powershell-table.txt").devices[2].other_ids,
        ["PCI\\VEN_1AF4&DEV_10F1"],
        "half a subsystem is none"
    );
    assert_eq!(nic("devcon-find.txt").name.as_deref(), Some("fx netwerkadapter: eerste"));
    assert_eq!(nic("lspci-nnk.txt").name.as_deref(), Some("Fx Corporation [Fx] Gigabit [NIC]"));
    assert_eq!(fixture("powershell.csv").devices[1].name.as_deref(), Some("fx \"display\", first"));
    assert_eq!(fixture("setupapi.dev.log").devices[1].problem, Some(28));
}

#[test]
fn ids_in_text() {
    let cases: &[(&str, &[&str])] = &[
        ("PCI\\VEN_8086&DEV_1502", &["PCI\\VEN_8086&DEV_1502"]),
        ("x pci\\ven_8086&amp;dev_1502&amp;rev_04; y", &["pci\\ven_8086&amp;dev_1502&amp;rev_04"]),
        ("\"PCI\\\\VEN_8086&DEV_1502\\\\3&1&0\"", &["PCI\\\\VEN_8086&DEV_1502\\\\3&1&0"]),
        ("{PCI\\VEN_1&DEV_2, PCI\\VEN_1}", &["PCI\\VEN_1&DEV_2", "PCI\\VEN_1"]),
        ("Enum\\PCI\\VEN_1&DEV_2\\x", &["PCI\\VEN_1&DEV_2\\x"]),
        ("VMBUS\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\5&1", &["VMBUS\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\5&1"]),
        (
            "PCI\\VEN_1&DEV_2&SUBSYS_0003... PCI\\VEN_1&DEV_2&REV_01\\3&11…",
            &["PCI\\VEN_1&DEV_2", "PCI\\VEN_1&DEV_2&REV_01"],
        ),
        ("PCI\\VEN_80...", &[]),
        ("C:\\PCI\\x.inf XPCI\\VEN_1 \\\\srv\\USB\\a PCI\\ USB\\ROOT_HUB20", &[]),
    ];
    for (text, expected) in cases {
        let found: Vec<&str> = id::find(text).collect();
        assert_eq!(&found, expected, "{text}");
    }
    assert_eq!(id::clean("\"PCI\\\\VEN_8086&amp;DEV_1502\""), "PCI\\VEN_8086&DEV_1502");
}

#[test]
fn a_row_with_several_adapters_gives_several_devices() {
    let text =
        "Computer,NIC1,NIC2\nFX01,PCI\\VEN_1AF4&DEV_10F0&SUBSYS_00011AF4&REV_00\\1&0,PCI\\VEN_1AF4&DEV_10F1\\2&0\n";
    let inventory = read(text.as_bytes());
    assert_eq!(inventory.devices.len(), 2, "{:#?}", inventory.devices);
    assert!(inventory.devices.iter().all(|d| d.machine.as_deref() == Some("FX01")));
}

fn formats() -> Vec<Vec<u8>> {
    FORMATS.iter().map(|(name, ..)| std::fs::read(folder("formats").join(name)).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes);
    }

    #[test]
    fn any_text_of_the_right_words_is_read(words in proptest::collection::vec(prop_oneof![
        Just("PCI\\VEN_14E4&DEV_1639".to_owned()), Just("\\".to_owned()), Just("\t".to_owned()), Just("\n".to_owned()),
        Just("00:00.0 ".to_owned()), Just("[0200]: ".to_owned()), Just("Instance ID:   ".to_owned()), Just("=".to_owned()),
        Just("[Device Install Log]".to_owned()), Just("\"".to_owned()), Just(",".to_owned()), Just(";".to_owned()),
        Just("&amp;".to_owned()), Just("<MsInfo>".to_owned()), Just("<Data>".to_owned()), Just("{".to_owned()), Just("é".to_owned()),
        "[ -~]{0,8}",
    ], 0..60)) {
        read(words.concat().as_bytes());
    }

    #[test]
    fn damaged_files_are_read(which in 0usize..64, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let all = formats();
        let mut bytes = all[which % all.len()].clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        read(&bytes);
    }
}
