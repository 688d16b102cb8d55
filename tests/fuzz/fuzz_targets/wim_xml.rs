//! The XML data of a WIM, as it stands in the file (UTF-16 with or without mark, UTF-8): never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wimspect::formats::wim_xml;

fuzz_target!(|bytes: &[u8]| {
    let xml = wim_xml::read(bytes);
    for image in &xml.images {
        let _ = (image.text("DISPLAYNAME"), image.number("WINDOWS/ARCH"), image.has("WINDOWS"));
    }
});
