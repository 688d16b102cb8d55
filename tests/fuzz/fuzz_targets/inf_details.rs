//! `driver_package::install_details` of every install section: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::facts::driver_package::{ReadOptions, install_details, read};

fuzz_target!(|bytes: &[u8]| {
    let package = read(bytes);
    let wanted: Vec<_> = package.install_sections.iter().map(|s| (s.name.clone(), s.arch)).collect();
    let details = install_details(bytes, &wanted, &ReadOptions::default());
    for (section, details) in package.install_sections.iter().zip(details) {
        assert_eq!(*section, details.install);
    }
});
