//! What a file named .cat is when it is no catalog.

/// Begins of files that people and tools leave under any name.
const BEGINS: &[(&[u8], &str)] = &[
    (b"version https://git-lfs", "a Git LFS pointer: the file itself was not fetched"),
    (b"MZ", "a program or driver (PE)"),
    (b"MSCF", "a cabinet"),
    (b"SZDD", "a compressed file: expand it first"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"-----BEGIN ", "PEM text"),
];

/// How far a text is looked at.
const LOOKED_AT: usize = 64 * 1024;

/// In words, what these bytes are if they cannot be ASN.1 at all; `None` when they can.
pub fn what_it_is(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("an empty file");
    }
    if let Some((_, what)) = BEGINS.iter().find(|(begin, _)| bytes.starts_with(begin)) {
        return Some(what);
    }
    // Every catalog is one SEQUENCE; a text that begins with the digit 0 is told apart by what follows.
    if matches!(bytes, [0x30, 0x80..=0x84, ..]) {
        return None;
    }
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    if head.iter().all(|b| *b == 0) {
        return Some("zero bytes only");
    }
    let Some(text) = text(head) else { return (bytes[0] != 0x30).then_some("binary data that are no ASN.1") };
    let text = text.to_ascii_lowercase();
    let begin = text.trim_start();
    if ["<!doctype html", "<html"].iter().any(|tag| begin.starts_with(tag)) {
        Some("an HTML page")
    } else if begin.starts_with('<') {
        Some("XML or HTML")
    } else if text.lines().any(|line| line.trim() == "[version]") {
        Some("an INF file")
    } else {
        Some("a text")
    }
}

/// The bytes as text if they are one: no control characters but white space and Ctrl-Z; UTF-16 by its BOM.
fn text(bytes: &[u8]) -> Option<String> {
    let decoded = match bytes {
        [0xff, 0xfe, rest @ ..] => super::asn1::utf16le(rest),
        _ => String::from_utf8_lossy(bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes)).into_owned(),
    };
    let readable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1a}');
    decoded.chars().all(readable).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_catalogs_are_named() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"", Some("an empty file")),
            (b"dummy\r\n", Some("a text")),
            (b"; c\r\n [VERSION] \r\nSignature=x\r\n", Some("an INF file")),
            (b"\xff\xfe[\0v\0e\0r\0s\0i\0o\0n\0]\0\r\0\n\0", Some("an INF file")),
            (b"<!DOCTYPE html><html>", Some("an HTML page")),
            (b"<?xml version='1.0'?>", Some("XML or HTML")),
            (
                b"version https://git-lfs.github.com/spec/v1\n",
                Some("a Git LFS pointer: the file itself was not fetched"),
            ),
            (b"MZ\x90\0", Some("a program or driver (PE)")),
            (b"0123", Some("a text")),
            (&[0; 100], Some("zero bytes only")),
            (b"\x01\x02\x03", Some("binary data that are no ASN.1")),
            (b"\x30\x82\x14\x6f", None),
            (b"\x30\x03\x02\x01\x05", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(what_it_is(bytes), *expected, "{bytes:?}");
        }
    }
}
