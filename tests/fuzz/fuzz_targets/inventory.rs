//! Lists of devices in all the forms that are read: never a panic, and no id with blanks around it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::facts::inventory;

fuzz_target!(|bytes: &[u8]| {
    let file = inventory::read(bytes, "list", "machine", None);
    for id in file.machines.iter().flat_map(|m| &m.devices).flat_map(|d| d.ids.all()) {
        assert_eq!(id.as_str().trim(), id.as_str());
    }
});
