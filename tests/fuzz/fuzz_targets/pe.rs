//! PE files: imports, exports, versions, and the texts that name enumerators.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::pe;

fuzz_target!(|bytes: &[u8]| {
    let _ = pe::read(bytes, true);
    let _ = pe::read(bytes, false);
    for word in pe::utf16_words_before_backslash(bytes) {
        assert!(pe::contains_utf16(bytes, &word), "{word}");
    }
});
