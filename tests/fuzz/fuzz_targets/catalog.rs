//! Catalogs (PKCS #7 with a list of members): never a panic, and a catalog that is refused says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::catalog;

fuzz_target!(|bytes: &[u8]| {
    if let Err(problem) = catalog::read(bytes) {
        assert!(!problem.is_empty());
    }
});
