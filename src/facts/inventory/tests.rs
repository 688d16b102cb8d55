//! From files to machines: names, models, ids as Windows gives them, what is a network adapter.

use std::path::Path;

use super::*;

fn fixture(name: &str) -> InventoryFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet/formats").join(name);
    read(&std::fs::read(path).unwrap(), name, "FILE", Some("FOLDER"))
}

fn nic(file: &InventoryFile) -> &FleetDevice {
    let is_nic = |d: &&FleetDevice| d.ids.first().is_some_and(|id| id.as_str().starts_with("PCI\\VEN_14E4&DEV_1639"));
    file.machines.iter().flat_map(|m| &m.devices).find(is_nic).unwrap()
}

#[test]
fn every_format_gives_the_ids_that_windows_would_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet/formats");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let file = fixture(&name);
        let nic = nic(&file);
        let position = |id: &str, list: &[HardwareId]| list.iter().position(|i| i.as_str() == id);
        if name != "lspci-nn.txt" {
            assert_eq!(position("PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028&REV_20", &nic.ids.hardware), Some(0), "{name}");
            assert_eq!(position("PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028", &nic.ids.hardware), Some(1), "{name}");
        }
        assert_eq!(position("PCI\\VEN_14E4&DEV_1639&REV_20", &nic.ids.compatible), Some(0), "{name}: {nic:#?}");
        assert_eq!(position("PCI\\VEN_14E4&DEV_1639", &nic.ids.compatible), Some(1), "{name}");
        assert_ne!(nic.is_network, Some(false), "{name}");
    }
}

#[test]
fn machines_models_and_devices() {
    for (name, machines, kept, others) in [
        ("powershell.csv", vec![("FX01", Some("FOLDER")), ("FX02", Some("FOLDER"))], 2, 2),
        ("configmgr.csv", vec![("FX11", Some("Fx Model 1")), ("FX12", Some("Fx Model 2"))], 3, 0),
        ("pnputil.txt", vec![("FILE", Some("FOLDER"))], 2, 1),
        ("wmi-list.txt", vec![("FX-WMI", Some("FOLDER"))], 2, 0),
        ("lspci-nnk.txt", vec![("FILE", Some("FOLDER"))], 2, 2),
        ("dxdiag.txt", vec![("FX-DXDIAG", Some("Fx Model 1"))], 3, 0),
    ] {
        let file = fixture(name);
        let said: Vec<(&str, Option<&str>)> =
            file.machines.iter().map(|m| (m.name.as_str(), m.model.as_deref())).collect();
        assert_eq!(said, machines, "{name}");
        assert_eq!(file.machines.iter().map(|m| m.devices.len()).sum::<usize>(), kept, "{name}");
        assert_eq!(file.machines.iter().map(|m| m.other_devices).sum::<u32>(), others, "{name}");
        assert!(file.machines.iter().all(|m| &*m.source == name));
    }
}

#[test]
fn what_is_a_network_adapter() {
    for (name, expected) in [
        ("pnputil.txt", Some(true)),
        ("pnputil-ids.txt", Some(true)),
        ("lspci-nnk.txt", Some(true)),
        ("msinfo.txt", Some(true)),
        ("hardware-ids.txt", Some(true)),
        ("configmgr.csv", None),
        ("devcon-find.txt", None),
    ] {
        assert_eq!(nic(&fixture(name)).is_network, expected, "{name}");
    }
    let text = "Instance ID:    PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028&REV_20\\4&1\nClass GUID:    {4d36e97d-e325-11ce-bfc1-08002be10318}\n";
    let bus = read(text.as_bytes(), "s", "m", None);
    assert_eq!(nic(&bus).is_network, None, "a bus driver of a NIC has class System");
}

#[test]
fn a_subsystem_of_zero_makes_six_hardware_ids() {
    let file = read(b"PCI\\VEN_1AF4&DEV_10F1&SUBSYS_00000000&REV_00\\3&1", "s", "m", None);
    let ids = &file.machines[0].devices[0].ids;
    assert_eq!(ids.hardware[3].as_str(), "PCI\\VEN_1AF4&DEV_10F1");
}
