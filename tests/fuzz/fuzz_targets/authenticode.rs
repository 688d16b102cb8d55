//! Signatures embedded in PE files, and the digests that they are about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::authenticode;

fuzz_target!(|bytes: &[u8]| {
    let _ = authenticode::read(bytes);
    let _ = authenticode::digests(bytes);
});
