//! What is wrong with an INF as a whole or with a line, as data. The ids of the kinds are stable.

use super::InfProblem;
use crate::formats::inf::{Inf, SyntaxErrorKind};
use crate::formats::text::TextEncoding;

/// At most this many problems are kept for one file; a file with more is not an INF with mistakes but something else.
pub(super) const MAX_PROBLEMS: usize = 100;

/// Adds a problem unless the file has too many already.
pub(super) fn push(problems: &mut Vec<InfProblem>, line: u32, kind: &'static str, message: String) {
    if problems.len() < MAX_PROBLEMS {
        problems.push(InfProblem { line, column: 0, kind, message, fatal: false });
    }
}

fn fatal(problems: &mut Vec<InfProblem>, line: u32, kind: &'static str, message: String) {
    problems.push(InfProblem { line, column: 0, kind, message, fatal: true });
}

/// Looks at the file as a whole. `signature` is the substituted value of `Signature`, if there is one.
pub(super) fn check_file(inf: &Inf<'_>, bytes: &[u8], signature: Option<(&str, bool)>, problems: &mut Vec<InfProblem>) {
    if inf.text()[..inf.end()].chars().all(|c| c.is_whitespace() || c == '\0') {
        return fatal(problems, 0, "empty-file", "the file is empty".into());
    }
    if inf.is_truncated() {
        push(problems, 0, "file-too-large", "only the first gigabyte of the file was read".into());
    }
    check_encoding(inf, problems);
    match signature {
        _ if inf.section("Version").is_none() && is_binary(inf, bytes) => {
            return fatal(problems, 0, "not-an-inf", "the file holds no text: it is no INF".into());
        }
        _ if inf.section("Version").is_none() => {
            fatal(
                problems,
                0,
                "no-version-section",
                "there is no [Version] section: Windows takes the file for no INF".into(),
            );
        }
        None => {
            fatal(problems, 0, "no-signature", "[Version] has no Signature: Windows takes the file for no INF".into())
        }
        Some((text, false)) => {
            let line = inf.section("Version").map_or(0, |v| v.line());
            let message = format!(
                "Signature \"{text}\" is neither $Windows NT$ nor $Chicago$: Windows takes the file for no INF"
            );
            fatal(problems, line, "unknown-signature", message);
        }
        // setupapi opens such a file, but the documents know two signatures for a driver (FACTS.md 2.2).
        Some((text, true)) if text.eq_ignore_ascii_case("$Windows 95$") => {
            let line = inf.section("Version").map_or(0, |v| v.line());
            let message =
                "Signature \"$Windows 95$\" is for Windows 95 and 98 only: no later Windows installs drivers from it"
                    .into();
            fatal(problems, line, "windows-9x-signature", message);
        }
        Some((_, true)) => {}
    }
    for error in inf.syntax_errors() {
        let (kind, message) = match error.kind {
            SyntaxErrorKind::TextBeforeFirstSection => {
                ("text-before-first-section", "text in front of the first section".to_owned())
            }
            SyntaxErrorKind::UnclosedSectionName => {
                ("unclosed-section-name", "a section name without \"]\"".to_owned())
            }
            SyntaxErrorKind::SectionNameTooLong => {
                ("section-name-too-long", "a section name of more than 255 characters".to_owned())
            }
            SyntaxErrorKind::WrongStyle => continue,
        };
        if inf.is_forgiven(error) {
            push(problems, error.line, kind, message);
        } else {
            let code = error.kind.code_name();
            fatal(problems, error.line, kind, format!("{message}: Windows refuses the file ({code})"));
        }
    }
}

fn check_encoding(inf: &Inf<'_>, problems: &mut Vec<InfProblem>) {
    if inf.encoding() == TextEncoding::Utf8NoBom {
        let message = "UTF-8 without byte order mark: Windows reads it in the ANSI code page".into();
        push(problems, 0, "utf-8-without-bom", message);
    }
    if inf.encoding() == TextEncoding::Ascii {
        return;
    }
    if let Some(at) = memchr::memmem::find(inf.text().as_bytes(), "\u{FFFD}".as_bytes()) {
        let line = 1 + memchr::memchr_iter(b'\n', &inf.text().as_bytes()[..at]).count() as u32;
        let message = "bytes that mean nothing in the file's encoding were replaced".into();
        push(problems, line, "undecodable-bytes", message);
    }
}

/// A file that is no text at all: control characters that no INF holds.
fn is_binary(inf: &Inf<'_>, bytes: &[u8]) -> bool {
    let odd = |b: &u8| *b == 0 || (*b < 0x20 && !b"\t\n\r\x0b\x0c\x1a".contains(b));
    let sample = if inf.encoding().is_utf16() { inf.text().as_bytes() } else { bytes };
    let sample = &sample[..sample.len().min(4096)];
    sample.iter().filter(|b| odd(b)).count() * 50 > sample.len()
}
