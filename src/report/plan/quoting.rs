//! File names of a share as parts of scripts: inert, or refused.
//!
//! A name comes from whoever filled the share. In a batch file everything is written between double quotes with delayed
//! expansion switched off: there `& ^ ! ( ) | < >` and blanks are plain text, and only `%` (doubled) and `"` mean something.
//! In PowerShell everything is a single-quoted literal, in which only the single quotes mean something; PowerShell takes the
//! typographic ones for such, too. Control characters and what can not be seen are refused in both: nobody could tell what a
//! line says.

use crate::report::inert::is_invisible;

/// The longest command line that cmd.exe takes has 8191 characters; a script's other words need some of them.
const LONGEST: usize = 4096;

/// A path below a share, as Windows writes it.
pub(super) fn windows_path(path: &str) -> String {
    path.replace('/', "\\")
}

/// Whether a name can stand in a script at all: what Windows itself does not allow in names can only come from another
/// system, and may mean something else there.
fn is_plain(text: &str) -> bool {
    let wrong = |c: char| is_invisible(c) || matches!(c, '"' | '<' | '>' | '|' | '?' | '*');
    // A part that ends with a blank or a dot is another name to Windows.
    let part = |p: &str| p == "." || p == ".." || !(p.ends_with(' ') || p.ends_with('.') || is_device(p));
    // A colon stands after a drive letter; anywhere else it would name a stream.
    let below_drive = text.get(1..2).filter(|c| *c == ":").map_or(text, |_| &text[2..]);
    text.len() <= LONGEST && !text.chars().any(wrong) && !below_drive.contains(':') && below_drive.split('\\').all(part)
}

/// `CON`, `nul.txt`, `com1`: Windows takes these for devices, whatever comes after the first dot.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        other => ["COM", "LPT"].iter().any(|port| {
            other.strip_prefix(port).is_some_and(|n| {
                let mut digits = n.chars();
                matches!((digits.next(), digits.next()), (Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None))
            })
        }),
    }
}

/// Text that stands between double quotes in a batch file; `None` when that can not be done safely.
pub(super) fn batch(text: &str) -> Option<String> {
    is_plain(text).then(|| text.replace('%', "%%"))
}

/// A PowerShell literal with its quotes; `None` when that can not be done safely.
pub(super) fn powershell(text: &str) -> Option<String> {
    is_plain(text).then(|| literal(text))
}

/// A PowerShell literal of a sentence of our own.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        literal.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            literal.push(c);
        }
    }
    literal.push('\'');
    literal
}

/// A word for names of our own making: letters, digits, `-`, `_` and `.`; never empty, never only dots.
pub(super) fn slug(text: &str) -> String {
    const MOST: usize = 60;
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let word: String = text.chars().take(MOST).map(allowed).collect();
    if word.chars().all(|c| matches!(c, '.' | '_')) { format!("image{word}") } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: [&str; 14] = [
        "a b",
        "a&calc",
        "100%",
        "%PATH%",
        "a^b",
        "wow!x!",
        "(x)",
        "it's",
        "\u{2019}; calc; \u{2018}",
        "$(calc)",
        "`n`$x",
        "[x]{y}",
        "ä ß 日本",
        "a;b,c=d@e#f~g",
    ];

    /// What cmd.exe makes of a quoted text with delayed expansion off: `%%` is `%`, a single `%` would expand.
    fn read_batch(text: &str) -> Option<String> {
        if text.contains('"') || text.contains(['\r', '\n']) {
            return None;
        }
        let parts: Vec<&str> = text.split("%%").collect();
        (!parts.iter().any(|p| p.contains('%'))).then(|| parts.join("%"))
    }

    /// What PowerShell makes of a literal (ScanStringLiteral of its tokenizer): a quote followed by a quote is the second one.
    fn read_powershell(literal: &str) -> Option<String> {
        let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        let mut chars = literal.chars().peekable();
        chars.next().filter(|c| is_quote(*c))?;
        let mut text = String::new();
        while let Some(c) = chars.next() {
            if is_quote(c) {
                match chars.peek() {
                    None => return Some(text),
                    Some(next) if is_quote(*next) => text.push(chars.next()?),
                    Some(_) => return None,
                }
            } else {
                text.push(c);
            }
        }
        None
    }

    #[test]
    fn names_come_through_unchanged() {
        for name in NASTY {
            assert_eq!(batch(name).and_then(|t| read_batch(&t)).as_deref(), Some(name), "batch: {name}");
            assert_eq!(powershell(name).and_then(|t| read_powershell(&t)).as_deref(), Some(name), "PowerShell: {name}");
        }
    }

    #[test]
    fn what_can_not_be_said_safely_is_refused() {
        for name in [
            "a\"b",
            "a\nb",
            "a\r\nb",
            "a\tb",
            "a\0b",
            "\u{202e}fni.x",
            "a\u{200b}b",
            "a|b",
            "a<b>c",
            "a?*",
            "x \\y",
            "x.",
            "CON",
            "a\\nul.txt\\b.inf",
            "drivers\\com1\\net.inf",
            "LPT\u{b9}.inf",
            "aux .inf",
            "net.inf:stream",
            "C:\\a:b",
        ] {
            assert_eq!((batch(name), powershell(name)), (None, None), "{name:?}");
        }
        assert_eq!(batch(&"x".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn names_that_only_begin_like_a_device_are_names() {
        for name in ["console", "com10\\x.inf", "nullable.inf", "com", "D:\\drivers\\a.inf", "\\\\server\\share"] {
            assert!(batch(name).is_some(), "{name}");
        }
    }

    #[test]
    fn slugs_name_files_of_ours() {
        for (text, expected) in [
            ("boot.wim-1-amd64", "boot.wim-1-amd64"),
            ("../../x y.wim", ".._.._x_y.wim"),
            ("..", "image.."),
            ("", "image"),
            ("日本.wim", "__.wim"),
        ] {
            assert_eq!(slug(text), expected, "{text}");
        }
        assert_eq!(slug(&"a".repeat(100)).len(), 60);
    }

    proptest::proptest! {
        #[test]
        fn every_name_is_itself_or_refused(name in "\\PC{0,40}") {
            if let Some(text) = batch(&name) {
                proptest::prop_assert_eq!(read_batch(&text), Some(name.clone()));
            }
            if let Some(text) = powershell(&name) {
                proptest::prop_assert_eq!(read_powershell(&text), Some(name));
            }
        }
    }
}
