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

/// One section of a file that people write for this program, with the lines that configparser does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Name as written.
    pub name: String,
    /// 1-based line of its header.
    pub line: u32,
    /// Its keys in the order of the file.
    pub entries: Vec<Entry>,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Key as written.
    pub key: String,
    /// Value; `None` where the line has no `=`.
    pub value: Option<String>,
    /// 1-based line.
    pub line: u32,
}

/// Why a text is no INI file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniProblem {
    /// 1-based line.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// Reads a configuration file of this program: `;` and `#` start comment lines, names keep their case and order, nothing may
/// be written twice.
///
/// # Errors
/// The first thing that is no INI, with its line.
pub fn sections(text: &str) -> Result<Vec<Section>, IniProblem> {
    let (found, problems) = sections_and_problems(text);
    problems.into_iter().next().map_or(Ok(found), Err)
}

/// The same, with everything that is wrong: what is no INI is left out, and of what is written twice the first holds.
pub fn sections_and_problems(text: &str) -> (Vec<Section>, Vec<IniProblem>) {
    let text = text.trim_start_matches('\u{FEFF}');
    let (mut found, mut problems) = outline(text);
    let mut defaults = Ini::new_cs().defaults();
    defaults.delimiters = vec!['='];
    defaults.comment_symbols = vec![';', '#'];
    defaults.inline_comment_symbols = Some(Vec::new());
    let lines: Vec<&str> = text.lines().collect();
    for section in &mut found {
        for entry in &mut section.entries {
            // Line by line: of what is written twice configparser would keep the last.
            let line = usize::try_from(entry.line).ok().and_then(|n| lines.get(n.checked_sub(1)?));
            let mut ini = Ini::new_from_defaults(defaults.clone());
            match ini.read(line.map(|l| l.trim().to_owned()).unwrap_or_default()) {
                Ok(_) => entry.value = ini.get("default", &entry.key),
                Err(message) => problems.push(IniProblem { line: entry.line, message }),
            }
        }
    }
    problems.sort_by_key(|p| p.line);
    (found, problems)
}

/// Names and lines.
fn outline(text: &str) -> (Vec<Section>, Vec<IniProblem>) {
    let mut found: Vec<Section> = Vec::new();
    let mut problems = Vec::new();
    // Whether what follows is left out with the header above it.
    let mut skipped = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let mut problem = |message: String| problems.push(IniProblem { line: number, message });
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            skipped = true;
            let Some(name) = header.strip_suffix(']').map(str::trim) else {
                problem(format!("`{line}` is no section: `]` is missing at its end"));
                continue;
            };
            if let Some(first) = found.iter().find(|s| s.name.eq_ignore_ascii_case(name)) {
                problem(format!("[{name}] is there twice, first in line {}", first.line));
                continue;
            }
            skipped = false;
            found.push(Section { name: name.to_owned(), line: number, entries: Vec::new() });
            continue;
        }
        if skipped {
            continue;
        }
        let key = line.split_once('=').map_or(line, |(key, _)| key).trim();
        let Some(section) = found.last_mut() else {
            problem(format!("`{line}` stands before the first [section]"));
            continue;
        };
        if let Some(first) = section.entries.iter().find(|e| e.key.eq_ignore_ascii_case(key)) {
            problem(format!("`{key}` is there twice in [{}], first in line {}", section.name, first.line));
            continue;
        }
        section.entries.push(Entry { key: key.to_owned(), value: None, line: number });
    }
    (found, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keep_lines_case_and_order() {
        let text = "\u{FEFF}# a\r\n[B one]\r\nKey = a = b ; c\r\nbare\r\n\r\n[a]\r\nempty =\r\n";
        let found = sections(text).unwrap();
        let seen: Vec<(&str, u32)> = found.iter().map(|s| (s.name.as_str(), s.line)).collect();
        assert_eq!(seen, [("B one", 2), ("a", 6)]);
        let entry =
            |key: &str, value: Option<&str>, line| Entry { key: key.into(), value: value.map(Into::into), line };
        assert_eq!(found[0].entries, [entry("Key", Some("a = b ; c"), 3), entry("bare", None, 4)]);
        assert_eq!(found[1].entries, [entry("empty", Some(""), 7)]);
    }

    #[test]
    fn what_is_no_ini_is_said_with_its_line() {
        for (text, line) in [("[a\n", 1), ("x = 1\n", 1), ("[a]\n\n[A]\n", 3), ("[a]\nx=1\nX=2\n", 3)] {
            assert_eq!(sections(text).unwrap_err().line, line, "{text}");
        }
        assert_eq!(sections("").unwrap(), []);
    }

    #[test]
    fn everything_that_is_no_ini_is_said_at_once() {
        let (found, problems) = sections_and_problems("x = 1\n[a]\nb = 1\nB = 2\n[c\nd = 1\n[A]\ne = 1\n[f]\ng = 1\n");
        assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), [1, 4, 5, 7]);
        let names: Vec<&str> = found.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["a", "f"]);
        assert_eq!(found[0].entries[0].value.as_deref(), Some("1"), "the first holds");
    }

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
