//! Walking damaged, deep and indefinite ASN.1.

use super::*;

#[test]
fn a_walk_ends_where_the_bytes_are_damaged_and_damage_says_so() {
    let good = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xff];
    let node = first(&good).unwrap();
    assert_eq!(node.children().count(), 2);
    assert_eq!(damage(&node), None);
    let cases: &[(&[u8], usize)] = &[
        (&[0x30, 0x04, 0x02, 0x01, 0x05, 0x04], 1),             // no length
        (&[0x30, 0x05, 0x02, 0x01, 0x05, 0x04, 0x09], 1),       // a length beyond the end
        (&[0x30, 0x05, 0x02, 0x01, 0x05, 0x1f, 0x00], 1),       // a tag of several bytes
        (&[0x30, 0x06, 0x02, 0x81, 0x01, 0x05, 0x04, 0x00], 0), // a length longer than needed
    ];
    for (bytes, walked) in cases {
        let node = first(bytes).unwrap();
        assert_eq!(node.children().count(), *walked, "{bytes:02x?}");
        assert!(damage(&node).is_some(), "{bytes:02x?}");
    }
    for none in [&[][..], &[0x30], &[0x30, 0x02, 0x05], b"[Version]"] {
        assert!(first(none).is_err(), "{none:02x?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = vec![];
    for _ in 0..100 {
        let mut outer = vec![];
        push_element(&mut outer, 0x30, &bytes);
        bytes = outer;
    }
    assert_eq!(damage(&first(&bytes).unwrap()).unwrap(), "nested deeper than 64 levels");
    let endless = [0x30, 0x80].repeat(100_000);
    assert_eq!(with_definite_lengths(&endless), None);
}

#[test]
fn indefinite_lengths_are_put_into_definite_ones() {
    // SEQUENCE { INTEGER 5, OCTET STRING "ab" in two pieces, SEQUENCE { } } and a byte behind it.
    let ber =
        [0x30, 0x80, 0x02, 0x01, 0x05, 0x24, 0x80, 0x04, 0x01, b'a', 0x04, 0x01, b'b', 0, 0, 0x30, 0x00, 0, 0, 0xee];
    let der = [0x30, 0x09, 0x02, 0x01, 0x05, 0x04, 0x02, b'a', b'b', 0x30, 0x00, 0xee];
    assert_eq!(with_definite_lengths(&ber).unwrap().as_ref(), der);
    assert!(matches!(with_definite_lengths(&der), Some(Cow::Borrowed(_))));
    for cut in 1..ber.len() - 1 {
        let part = with_definite_lengths(&ber[..cut]);
        assert!(part.is_none() || cut == 1, "{cut}");
    }
    let long = vec![7u8; 300];
    let mut element = vec![];
    push_element(&mut element, 0x04, &long);
    assert_eq!(first(&element).unwrap().value, long);
}

#[test]
fn times_and_texts_are_read() {
    let node = |tag: u8, value: &[u8]| {
        let mut out = vec![];
        push_element(&mut out, tag, value);
        out
    };
    let times: &[(u8, &[u8], Option<&str>)] = &[
        (0x17, b"091001123456Z", Some("2009-10-01T12:34:56Z")),
        (0x17, b"0910011234Z", Some("2009-10-01T12:34:00Z")),
        (0x17, b"970101000000Z", Some("1997-01-01T00:00:00Z")),
        (0x18, b"20491231235959Z", Some("2049-12-31T23:59:59Z")),
        (0x18, b"20191231235959.123Z", Some("2019-12-31T23:59:59Z")),
        (0x17, b"091001123456+0100", Some("091001123456+0100")),
        (0x17, b"\xff\xff", None),
        (0x04, b"091001123456Z", None),
    ];
    for (tag, value, expected) in times {
        assert_eq!(first(&node(*tag, value)).unwrap().time().as_deref(), *expected, "{value:?}");
    }
    assert_eq!(first(&node(0x1e, &[0, b'O', 0, b'S'])).unwrap().text().unwrap(), "OS");
    assert_eq!(first(&node(0x14, &[b'M', 0xfc])).unwrap().text().unwrap(), "Mü");
    assert_eq!(first(&node(0x04, b"x")).unwrap().text(), None);
    assert_eq!(utf16le(&[b'a', 0, 0x34, 0xd8, b'b', 0, 0, 0, b'c', 0]), "a\u{fffd}b");
    assert_eq!(hex(&[0, 0xab]), "00ab");
}
