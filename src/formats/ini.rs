//! INI files as Windows reads them (winpeshl.ini, TsmBootstrap.ini, wimspect.ini): configparser with its defaults changed,
//! and the ordered bare lines of `[LaunchApps]`, which no INI parser keeps.

use configparser::ini::Ini;
use encoding_rs::{UTF_8, WINDOWS_1252};

use super::text::{self, TextEncoding};

/// Text of a small configuration file: by its byte order mark, else UTF-8 when it is valid, else Windows-1252.
pub fn decode(bytes: &[u8]) -> String {
    let encoding = text::detect(bytes);
    let eight_bit = if encoding == TextEncoding::Utf8NoBom { UTF_8 } else { WINDOWS_1252 };
    text::decode(bytes, encoding, eight_bit).into_owned()
}

/// Sections and keys without case; `:`, `#` and inline `;` are ordinary characters. `Err` names what is no INI text.
pub fn parse(text: &str) -> Result<Ini, String> {
    let mut defaults = Ini::new().defaults();
    defaults.delimiters = vec!['='];
    defaults.comment_symbols = vec![';'];
    defaults.inline_comment_symbols = Some(Vec::new());
    let mut ini = Ini::new_from_defaults(defaults);
    ini.read(text.trim_start_matches('\u{FEFF}').to_owned())?;
    Ok(ini)
}

/// The lines of a section in order, as they stand, without comments and empty lines: `[LaunchApps]` runs them one after the other.
pub fn bare_lines(text: &str, section: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.trim_start_matches('\u{FEFF}').lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            inside = name.trim_end_matches(']').trim().eq_ignore_ascii_case(section);
        } else if inside && !line.is_empty() && !line.starts_with(';') {
            lines.push(line.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_what_windows_keeps() {
        let ini =
            parse("\u{FEFF}[LaunchApp]\r\nAppPath = X:\\sms\\bin\\x64\\TsmBootstrap.exe;a#b\r\n; comment\r\n").unwrap();
        assert_eq!(ini.get("launchapp", "apppath").as_deref(), Some("X:\\sms\\bin\\x64\\TsmBootstrap.exe;a#b"));
        assert!(parse("[A").is_err());
    }

    #[test]
    fn launch_apps_keep_order_and_equal_signs() {
        let text = "[LaunchApp]\nAppPath=a.exe\n[LAUNCHAPPS]\n%SYSTEMDRIVE%\\b.exe, /x\nwpeinit.exe /unattend=x.xml\n;no\n\nb.exe\nb.exe\n[other]\nc";
        assert_eq!(
            bare_lines(text, "LaunchApps"),
            ["%SYSTEMDRIVE%\\b.exe, /x", "wpeinit.exe /unattend=x.xml", "b.exe", "b.exe"]
        );
    }

    #[test]
    fn encodings_of_small_files() {
        let utf16: Vec<u8> = "[a]".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in
            [b"[a]".to_vec(), [&[0xFF, 0xFE], utf16.as_slice()].concat(), utf16.clone(), b"\xEF\xBB\xBF[a]".to_vec()]
        {
            assert_eq!(decode(&bytes), "[a]", "{bytes:?}");
        }
        assert_eq!(decode(b"\xE4"), "ä");
    }
}
