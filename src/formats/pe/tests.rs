//! What is read from PE files and found in their bytes.

use super::*;

#[test]
fn what_is_no_pe_file_is_said() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "an empty file"),
        (b"[Version]", "does not begin with MZ"),
        (b"MZ", "no readable PE file"),
        (&[b'M', b'Z', 0, 0, 0, 0], "no readable PE file"),
        (&[0; 100], "does not begin with MZ"),
    ];
    for (bytes, wanted) in cases {
        let got = read(bytes, true).unwrap_err();
        assert!(got.contains(wanted), "{bytes:?}: {got}");
    }
}

#[test]
fn utf16_text_is_found_in_any_case_and_at_any_offset() {
    let hay = |text: &str, before: usize| [vec![0x41; before], utf16le(text), vec![0; 3]].concat();
    let cases = [
        ("B06BDRV", "b06bdrv", 0, true),
        ("B06BDRV", "b06bdrv", 1, true),
        ("b06bDRV\\L2ND", "B06BDRV", 5, true),
        ("{1A3E09BE", "{1a3e09be", 2, true),
        ("B06BDR", "b06bdrv", 0, false),
        ("", "x", 0, false),
        ("x", "", 0, false),
        ("bb06bdrv", "B06BDRV", 0, true),
    ];
    for (text, needle, before, wanted) in cases {
        assert_eq!(contains_utf16(&hay(text, before), needle), wanted, "{text} {needle} {before}");
    }
    assert!(!contains_utf16(b"B06BDRV", "B06BDRV"), "8-bit text is not UTF-16 text");
}

#[test]
fn guids_have_one_byte_order() {
    let raw = [0xBE, 0x09, 0x3E, 0x1A, 0x45, 0x1E, 0x4B, 0x49, 0x91, 0x74, 0xD7, 0x38, 0x5B, 0x45, 0xBB, 0xF5];
    assert_eq!(guid_bytes("{1A3E09BE-1E45-494B-9174-D7385B45BBF5}"), Some(raw));
    assert_eq!(guid_bytes("1a3e09be-1e45-494b-9174-d7385b45bbf5"), Some(raw));
    for bad in ["", "{}", "{1A3E09BE-1E45-494B-9174-D7385B45BBF}", "{+A3E09BE-1E45-494B-9174-D7385B45BBF5}"] {
        assert_eq!(guid_bytes(bad), None, "{bad}");
    }
    assert!(contains_guid(&[&[1, 2, 3][..], &raw, &[4]].concat(), "{1A3E09BE-1E45-494B-9174-D7385B45BBF5}"));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(tail in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        let _ = read(&[b"MZ".as_slice(), &tail].concat(), true);
    }
}
