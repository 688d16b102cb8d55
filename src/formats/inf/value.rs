//! Numbers, binary data and directory ids, as Windows reads them from the fields of an INF.

use std::borrow::Cow;

/// An integer field: decimal or `0x` hexadecimal with an optional sign; an empty field is 0. `None` for other text.
///
/// Values up to 0xFFFFFFFF are taken and given as the 32 bits that Windows stores.
pub fn integer(text: &str) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse::<u32>().ok()?,
    };
    Some(if negative { value.wrapping_neg() as i32 } else { value as i32 })
}

/// The same as 32 bits without sign: flags, types, masks. `None` for an empty field, which says nothing.
pub fn flags(text: &str) -> Option<u32> {
    if text.trim().is_empty() { None } else { integer(text).map(|n| n as u32) }
}

/// One byte of a binary value: hexadecimal without prefix, leading zeros and `0x` allowed; an empty field is 0.
pub fn binary_byte(text: &str) -> Option<u8> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().and_then(|n| u8::try_from(n).ok())
}

/// The folder of a directory id on a Windows that is installed in `C:\Windows` (WDD using-dirids). `None` for ids that
/// depend on the driver package or on a user.
pub fn default_folder(dirid: u32) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match dirid {
        10 => r"C:\Windows",
        11 => r"C:\Windows\system32",
        12 => r"C:\Windows\system32\drivers",
        17 => r"C:\Windows\inf",
        18 => r"C:\Windows\help",
        20 => r"C:\Windows\Fonts",
        21 => r"C:\Windows\system32\viewers",
        23 => r"C:\Windows\system32\spool\drivers\color",
        24 | 30 => r"C:\",
        25 => r"C:\Windows",
        50 => r"C:\Windows\system",
        51 => r"C:\Windows\system32\spool",
        52 => r"C:\Windows\system32\spool\drivers",
        54 => r"C:\",
        16422 => r"C:\Program Files",
        16427 => r"C:\Program Files\Common Files",
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_decimal_or_hexadecimal() {
        for (text, expected) in [
            ("48", Some(48)),
            ("0x4", Some(4)),
            ("0X1F", Some(31)),
            ("010", Some(10)),
            (" 7 ", Some(7)),
            ("", Some(0)),
            // Blanks in quotes are a field, and no number.
            (" ", None),
            ("-1", Some(-1)),
            ("0xFFFFFFFF", Some(-1)),
            ("Word1", None),
            ("12a", None),
            ("0x", None),
            ("--1", None),
            ("4294967296", None),
        ] {
            assert_eq!(integer(text), expected, "{text:?}");
        }
        assert_eq!(flags(""), None);
        assert_eq!(flags("0x80000000"), Some(0x8000_0000));
    }

    #[test]
    fn binary_bytes_are_hexadecimal() {
        for (text, expected) in
            [("11", Some(0x11)), ("022", Some(0x22)), ("0x0Ff", Some(0xFF)), ("", Some(0)), ("123", None), ("zz", None)]
        {
            assert_eq!(binary_byte(text), expected, "{text:?}");
        }
    }
}
