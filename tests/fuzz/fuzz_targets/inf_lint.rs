//! `driver_package::lint`: never a panic, ordered, and every kind is a known one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::facts::driver_package::{LINT_KINDS, lint};

fuzz_target!(|bytes: &[u8]| {
    let remarks = lint(bytes);
    assert!(remarks.is_sorted_by_key(|r| (r.line, r.column)));
    for remark in remarks {
        assert!(LINT_KINDS.iter().any(|(id, _)| *id == remark.kind), "{}", remark.kind);
    }
});
