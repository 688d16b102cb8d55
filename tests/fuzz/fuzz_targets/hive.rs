//! Registry hives: all keys and values that can be reached. nt-hive may panic on damaged files; that must stay inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::hive::{self, Key};

fuzz_target!(|bytes: &[u8]| {
    let read = hive::read(bytes, |root| walk(root, 0));
    assert!(read.value.is_some() || !read.problems.is_empty());
});

fn walk(key: &Key<'_, '_>, depth: u32) {
    let _ = key.name();
    for name in key.value_names().into_iter().take(64) {
        let _ = (key.bytes(&name), key.text(&name), key.texts(&name), key.number(&name));
    }
    if depth < 4 {
        for below in key.subkeys().into_iter().take(64) {
            walk(&below, depth + 1);
        }
    }
}
