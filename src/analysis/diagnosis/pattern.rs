//! A pattern of a signature against the text of a record.

use std::collections::BTreeMap;

use crate::facts::error_code::ErrorCode;
use crate::inf_db::{PatternPart, SignatureStep, pattern_parts};

/// What the names of a signature's patterns stand for, so far.
pub(super) type Captures = BTreeMap<String, String>;

/// A captured text is kept up to this length.
const LONGEST_CAPTURE: usize = 512;
/// A pattern is tried at so many places of a text.
const MOST_PLACES: usize = 64;

/// A step, ready to be looked for.
#[derive(Debug)]
pub(super) struct Step<'d> {
    components: &'d [String],
    patterns: Vec<Vec<PatternPart<'d>>>,
    whole: bool,
}

impl<'d> Step<'d> {
    pub(super) fn new(step: &'d SignatureStep) -> Self {
        let patterns = step.any.iter().map(|pattern| pattern_parts(pattern)).collect();
        Self { components: &step.components, patterns, whole: step.whole }
    }

    /// A record of this component can meet the step.
    pub(super) fn takes_component(&self, component: &str) -> bool {
        self.components.is_empty() || self.components.iter().any(|c| c.eq_ignore_ascii_case(component))
    }

    /// The captures with those of this text added, when it meets the step.
    pub(super) fn meets(
        &self,
        component: &str,
        text: &str,
        codes: &[ErrorCode],
        so_far: &Captures,
    ) -> Option<Captures> {
        self.takes_component(component).then_some(())?;
        self.patterns.iter().find_map(|parts| find(parts, text, self.whole, codes, so_far))
    }
}

/// The first place at which the pattern fits.
fn find(
    parts: &[PatternPart<'_>],
    text: &str,
    whole: bool,
    codes: &[ErrorCode],
    so_far: &Captures,
) -> Option<Captures> {
    // inf-db sees to it that every pattern begins with literal text.
    let Some((PatternPart::Literal(first), rest)) = parts.split_first() else { return None };
    let mut from = 0;
    for _ in 0..MOST_PLACES {
        let at = from + find_no_case(text.get(from..)?, first)?;
        if whole && at > 0 {
            return None;
        }
        let after = text.get(at + first.len()..)?;
        if let Some(captures) = fits(rest, after, whole, codes, so_far) {
            return Some(captures);
        }
        from = at + 1;
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
    None
}

/// The rest of a pattern at the beginning of `text`. A name takes as little as the next literal text allows.
fn fits(
    parts: &[PatternPart<'_>],
    text: &str,
    whole: bool,
    codes: &[ErrorCode],
    so_far: &Captures,
) -> Option<Captures> {
    let mut captures = so_far.clone();
    let mut text = text;
    let mut parts = parts.iter();
    while let Some(part) = parts.next() {
        match part {
            PatternPart::Literal(literal) => {
                let head = text.get(..literal.len())?;
                head.eq_ignore_ascii_case(literal).then_some(())?;
                text = &text[literal.len()..];
            }
            PatternPart::Any("code") => {
                let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
                let code = ErrorCode::parse(&text[..length])?;
                codes.contains(&code).then_some(())?;
                captures.insert("code".to_owned(), code.to_string());
                text = &text[length..];
            }
            PatternPart::Any(name) => {
                let length = match parts.clone().next() {
                    Some(PatternPart::Literal(next)) => find_no_case(text, next)?,
                    _ => text.find(['\r', '\n']).unwrap_or(text.len()),
                };
                let value = bounded(&text[..length]);
                if let Some(before) = captures.get(*name) {
                    before.eq_ignore_ascii_case(value).then_some(())?;
                } else {
                    captures.insert((*name).to_owned(), value.to_owned());
                }
                text = &text[length..];
            }
        }
    }
    (!whole || text.trim().is_empty()).then_some(captures)
}

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_CAPTURE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Where `needle` begins in `text`, without regard to the case of ASCII letters; at a character's boundary.
fn find_no_case(text: &str, needle: &str) -> Option<usize> {
    let (bytes, wanted) = (text.as_bytes(), needle.as_bytes());
    let first = *wanted.first()?;
    let last = bytes.len().checked_sub(wanted.len())?;
    let places = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), &bytes[..=last]);
    places.into_iter().find(|at| {
        bytes[*at..*at + wanted.len()].eq_ignore_ascii_case(wanted)
            && text.is_char_boundary(*at)
            && text.is_char_boundary(*at + wanted.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pattern: &str, text: &str) -> Option<String> {
        let step = SignatureStep { any: vec![pattern.to_owned()], ..SignatureStep::default() };
        let found = Step::new(&step).meets("", text, &[ErrorCode(0xC000_0006)], &Captures::new())?;
        Some(found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn names_take_what_stands_between_literal_texts() {
        for (pattern, text, expected) in [
            ("exit code <code>", "Process completed with EXIT CODE 3221225478", Some("code=0xC0000006")),
            ("exit code <code>", "exit code 1, then exit code c0000006.", Some("code=0xC0000006")),
            ("exit code <code>", "exit code 0", None),
            ("adapter \"<name>\" with <ip>.", "adapter \"a b\" with 1.2", Some("ip=1 name=a b")),
            ("file <path>", "file x\r\nnext", Some("path=x")),
            ("file <a> <a>.", "file x x.", Some("a=x")),
            ("file <a> <a>.", "file x y.", None),
            ("<-- it", "<-- it", Some("")),
            ("ends here", "end", None),
            ("wörd", "ein WöRD", Some("")),
        ] {
            assert_eq!(captured(pattern, text).as_deref(), expected, "{pattern} in {text}");
        }
    }
}
