//! The lossless view gives back every byte, and its entries are the lines of the sections.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::inf::lossless::{Document, LineKind};

fuzz_target!(|bytes: &[u8]| {
    let document = Document::read(bytes);
    let mut copy = Vec::new();
    document.write_to(&mut copy);
    assert_eq!(copy, bytes);
    let inf = document.inf();
    let lines: usize = inf.sections().map(|s| s.lines().count()).sum();
    if inf.syntax_errors().is_empty() {
        assert_eq!(lines, document.lines().filter(|l| l.kind == LineKind::Entry).count());
    }
    let strings = inf.strings(0x0409);
    for line in inf.sections().flat_map(|s| s.lines()) {
        for field in line.fields() {
            assert!(field.start as usize <= inf.text().len());
            let _ = strings.expand(field.text.clone());
        }
    }
});
