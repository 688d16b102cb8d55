//! Exit codes, HRESULTs and NTSTATUS values in every spelling that logs have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of 32 bits, whatever it was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ErrorCode(pub u32);

impl ErrorCode {
    /// Reads one code: decimal unsigned (`3221225478`) or signed (`-2147021886`), hex with `0x` in either case and with
    /// parentheses (`0x(80070057)`), hex without it (`80070490`: eight digits that begin with 8 or above, or hold a letter).
    ///
    /// Ten digits are decimal, eight digits that could be both are hex, as `HRESULT=80004005` is written; a shorter number is
    /// decimal. `None` for what is no code or does not fit into 32 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // `0x(80070057)` and `(80070057)`.
        let (prefix, inner) = match text.strip_suffix(')') {
            Some(open) => open.split_once('(')?,
            None => ("", text),
        };
        match prefix.to_ascii_lowercase().as_str() {
            "" => Self::bare(inner),
            "0x" => Self::hex(inner),
            _ => None,
        }
    }

    fn bare(text: &str) -> Option<Self> {
        if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            return Self::hex(hex);
        }
        if let Some(digits) = text.strip_prefix('-') {
            let value: i64 = Self::digits(digits)?.parse().ok()?;
            return i32::try_from(-value).ok().map(|v| Self(v.cast_unsigned()));
        }
        let decimal = text.bytes().all(|b| b.is_ascii_digit());
        if decimal && text.len() != 8 { Self::digits(text)?.parse().ok().map(Self) } else { Self::without_prefix(text) }
    }

    fn digits(text: &str) -> Option<&str> {
        (!text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
    }

    fn without_prefix(text: &str) -> Option<Self> {
        if text.len() == 8 { Self::hex(text) } else { None }
    }

    fn hex(text: &str) -> Option<Self> {
        let valid = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then_some(())?;
        u32::from_str_radix(text, 16).ok().map(Self)
    }

    /// The Win32 code that an HRESULT wraps (`0x80070002` is 2).
    pub const fn win32(self) -> Option<u32> {
        if self.0 >> 16 == 0x8007 { Some(self.0 & 0xFFFF) } else { None }
    }

    /// An HRESULT of FACILITY_ITF (`0x8004....`): every interface has its own meanings, so a name from elsewhere is wrong.
    pub const fn is_interface_specific(self) -> bool {
        self.0 >> 16 == 0x8004
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

impl TryFrom<String> for ErrorCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no code of 32 bits"))
    }
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_code() {
        for (text, expected) in [
            ("0", Some(0)),
            ("2", Some(2)),
            ("3221225478", Some(0xC000_0006)),
            ("2147500037", Some(0x8000_4005)),
            ("-2147021886", Some(0x8007_0BC2)),
            ("0x80070005", Some(0x8007_0005)),
            ("0X80070057", Some(0x8007_0057)),
            ("0x(80070057)", Some(0x8007_0057)),
            ("(80070057)", Some(0x8007_0057)),
            ("80004005", Some(0x8000_4005)),
            ("80072ee7", Some(0x8007_2EE7)),
            ("00000000", Some(0)),
            ("0x0", Some(0)),
            (" 0xC0000006 ", Some(0xC000_0006)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("-2147483649", None),
            ("0x123456789", None),
            ("", None),
            ("-", None),
            ("0x", None),
            ("80070057x", None),
            ("setup.exe", None),
            ("1/2", None),
            ("code(5)", None),
        ] {
            assert_eq!(ErrorCode::parse(text).map(|c| c.0), expected, "{text}");
        }
    }

    #[test]
    fn facilities() {
        assert_eq!(ErrorCode(0x8007_0002).win32(), Some(2));
        assert_eq!(ErrorCode(0x8004_0101).win32(), None);
        assert!(ErrorCode(0x8004_0101).is_interface_specific() && !ErrorCode(0x8000_4005).is_interface_specific());
    }
}
