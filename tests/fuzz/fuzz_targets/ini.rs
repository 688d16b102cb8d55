//! INI files (`winpeshl.ini`, `wimspect.ini`): never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::ini;

fuzz_target!(|bytes: &[u8]| {
    let text = ini::decode(bytes);
    let _ = ini::parse(&text);
    for line in ini::bare_lines(&text, "LaunchApps") {
        assert!(!line.trim().is_empty());
    }
});
