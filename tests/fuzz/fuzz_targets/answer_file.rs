//! Answer files, and with them the XML reader that everything shares: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::answer_file;

fuzz_target!(|bytes: &[u8]| {
    let _ = answer_file::read(bytes);
});
