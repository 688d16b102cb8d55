//! `driver_package::read` and the selection for two targets: never a panic, and "fatal" agrees with what Windows refuses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::analysis::selection::rank::{DeviceIds, identifier_score};
use wimspect::analysis::selection::selected_models;
use wimspect::facts::driver_package;
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, TargetOs};
use wimspect::formats::inf::Inf;

fuzz_target!(|bytes: &[u8]| {
    let package = driver_package::read(bytes);
    // setupapi opens an INF for Windows 95; as a driver it is useless all the same.
    let refused = package.problems.iter().any(|p| p.fatal && p.kind != "windows-9x-signature");
    assert_eq!(!refused, Inf::read(bytes).check().is_ok());
    for target in [
        TargetOs::winpe(OsVersion::new(6, 0), Arch::X86),
        TargetOs::winpe(OsVersion::full(10, 0, 19041, 1), Arch::Amd64),
    ] {
        for selected in selected_models(&package, &target) {
            if let Some(id) = selected.model.ids.first() {
                let score = identifier_score(&DeviceIds::from_adapter_id(id), selected.model);
                assert!(score.is_some() || id.as_str().starts_with("PCI\\"));
            }
            if !selected.model.install_section.is_empty() {
                assert!(package.install_section(&selected.model.install_section, target.arch).is_some());
            }
        }
    }
});
