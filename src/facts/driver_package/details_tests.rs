//! A driver with everything that an install section can do.

use super::*;
use crate::facts::driver_package::{DriverVer, read};

const BUS: &str = include_str!("../../../fixtures/inf/bus-driver.inf");

#[test]
fn a_bus_driver_is_read_completely() {
    let package = read(BUS.as_bytes());
    assert_eq!(package.problems, []);
    assert_eq!(package.version.provider.as_ref().map(|p| (p.value.as_str(), p.line)), Some(("Test Maker", 5)));
    assert_eq!(package.version.catalogs.len(), 2);
    assert_eq!(package.version.catalogs[0].arch, Some(Arch::Amd64));
    assert_eq!(package.models_sections.len(), 2);
    assert!(package.models_sections[0].models.is_empty());
    assert_eq!(package.copy_inf, [Located { value: "nic.inf".into(), line: 19 }]);

    let bus = package.install_section("bus", Arch::Amd64).expect("the amd64 section");
    assert!(package.install_section("Bus", Arch::X86).is_none(), "no x86 line names it");
    assert_eq!(bus.actual.as_deref(), Some("Bus.NTamd64"));
    assert!(bus.nt_decorated);
    assert_eq!(bus.feature_score, Some(0xFC));
    assert_eq!(bus.driver_ver.as_ref().map(|d| d.value.version), Some([7, 4, 15, 0]));
    assert_eq!(bus.boot_flags, Some(Located { value: 0x80, line: 50 }));
    assert_eq!(bus.kmdf_library.as_ref().map(|k| k.value.as_str()), Some("1.9"));
    assert_eq!(bus.registry_ids.iter().map(|i| i.value.as_str()).collect::<Vec<_>>(), ["TSTBUS\\NIC"]);
    assert_eq!(bus.filters.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["tstflt"]);
    assert_eq!(bus.co_installers.len(), 1);
    let services: Vec<_> = bus
        .services
        .iter()
        .map(|s| (&*s.name, s.associated, s.binary_file(), s.service_type, s.start_type, s.load_order_group.as_deref()))
        .collect();
    assert_eq!(
        services,
        [
            ("tstbus", true, Some("tstbusa.sys"), Some(1), Some(0), Some("System Bus Extender")),
            ("tstflt", false, Some("tstflt.sys"), Some(1), Some(3), None),
        ]
    );
    let files: Vec<_> = bus
        .copy_files
        .iter()
        .map(|f| (&*f.destination, &*f.source, f.source_folder.as_deref(), f.cabinet.as_deref()))
        .collect();
    assert_eq!(
        files,
        [
            ("tstbusa.sys", "busa.sys", Some("drivers/amd64"), None),
            ("extra.dll", "extra.dll", None, None),
            ("tstco.dll", "tstco.dll", Some(""), Some("more.cab")),
        ]
    );
}

#[test]
fn details_hold_every_file_and_value() {
    let details = install_details(BUS.as_bytes(), &[(Arc::from("Bus"), Arch::Amd64)], &ReadOptions::default());
    let bus = &details[0];
    let folders: Vec<_> =
        bus.files.iter().map(|f| (f.destination.as_str(), f.dirid, f.folder.as_deref(), f.flags)).collect();
    assert_eq!(
        folders,
        [
            ("tstbusa.sys", 12, Some("C:\\Windows\\system32\\drivers"), Some(2)),
            ("extra.dll", 12, Some("C:\\Windows\\system32\\drivers"), None),
            ("tstco.dll", 11, Some("C:\\Windows\\system32"), None),
        ]
    );
    let values: Vec<_> = bus.registry.iter().map(|r| (&r.owner, r.name.as_str(), r.kind, r.line)).collect();
    assert_eq!(
        values,
        [
            (&RegistryOwner::Driver, "ChildId", "REG_SZ", 52),
            (&RegistryOwner::Driver, "Path", "REG_SZ", 53),
            (&RegistryOwner::Hardware, "UpperFilters", "REG_MULTI_SZ", 55),
            (&RegistryOwner::CoInstaller, "CoInstallers32", "REG_MULTI_SZ", 57),
            (&RegistryOwner::Service("tstbus".into()), "BootFlags", "REG_DWORD", 50),
            (&RegistryOwner::EventLog("tstbus".into()), "TypesSupported", "REG_DWORD", 48),
        ]
    );
    assert_eq!(bus.other_directives, [Located { value: "DelReg = Gone".into(), line: 22 }]);
}

#[test]
fn architectures_without_a_section_of_their_own_share_one_body() {
    let text = "[Version]\nSignature=$Chicago$\n[Manufacturer]\nM=S,NTx86,NTamd64,NTarm64\n[S.NTx86]\nd=I,A\\B\n[S.NTamd64]\nd=I,A\\B\n[S.NTarm64]\nd=I,A\\B\n[I.NT]\n[I.NTarm64]\nDriverVer=01/02/2020,1.0\n";
    let package = read(text.as_bytes());
    let section = |arch| package.install_section("i", arch).expect("section");
    assert!(Arc::ptr_eq(&section(Arch::X86).body, &section(Arch::Amd64).body));
    assert_eq!(section(Arch::Arm64).actual.as_deref(), Some("I.NTarm64"));
    assert_ne!(section(Arch::Arm64).driver_ver.as_ref().map(|d| d.value), Some(DriverVer::default()));
}
