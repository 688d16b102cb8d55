//! A pattern of a signature against the text of a record.

use std::collections::BTreeMap;
use std::ops::Range;

use smallvec::SmallVec;

use crate::facts::error_code::ErrorCode;
use crate::inf_db::{PatternPart, pattern_parts};

/// What the names of a signature's patterns stand for, so far.
pub(super) type Captures<'d> = BTreeMap<&'d str, String>;

/// Where in a text stands what the names of one pattern stand for; [`value`] reads it.
pub(super) type Names<'d> = SmallVec<[(&'d str, Range<usize>); 2]>;

/// The name that stands for one of the signature's codes.
const CODE: &str = "code";
/// A captured text is kept up to this length.
const LONGEST_CAPTURE: usize = 512;
/// A pattern is tried at so many places of a text.
const MOST_PLACES: usize = 64;

/// A step, ready to be looked for.
#[derive(Debug)]
pub(super) struct Step<'d> {
    components: &'d [String],
    patterns: Vec<Pattern<'d>>,
    whole: bool,
}

/// A pattern: the literal text that it begins with, and the rest.
#[derive(Debug)]
struct Pattern<'d> {
    first: Needle<'d>,
    rest: Vec<Part<'d>>,
}

#[derive(Debug)]
enum Part<'d> {
    Literal(Needle<'d>),
    Any(&'d str),
}

impl<'d> Step<'d> {
    /// For records of these components (none: any) that hold one of the patterns.
    pub(super) fn new(components: &'d [String], any: &'d [String], whole: bool) -> Self {
        let part = |part| match part {
            PatternPart::Literal(text) => Part::Literal(Needle::new(text)),
            PatternPart::Any(name) => Part::Any(name),
        };
        let patterns = any.iter().filter_map(|pattern| {
            let mut parts = pattern_parts(pattern).into_iter().map(part);
            // inf-db sees to it that every pattern begins with literal text.
            let Some(Part::Literal(first)) = parts.next() else { return None };
            Some(Pattern { first, rest: parts.collect() })
        });
        Self { components, patterns: patterns.collect(), whole }
    }

    /// A record of this component can meet the step.
    pub(super) fn takes_component(&self, component: &str) -> bool {
        self.components.is_empty() || self.names_component(component)
    }

    /// It is for records of this component and perhaps a few others.
    pub(super) fn names_component(&self, component: &str) -> bool {
        self.components.iter().any(|c| c.eq_ignore_ascii_case(component))
    }

    /// The literal texts with which its patterns begin.
    pub(super) fn literals(&self) -> impl Iterator<Item = &'d str> {
        self.patterns.iter().map(|pattern| pattern.first.text)
    }

    /// What the names of one of the patterns stand for, when the text meets it at the place where its beginning was found.
    pub(super) fn meets_at(&self, pattern: usize, text: &str, at: usize, codes: &[ErrorCode]) -> Option<Names<'d>> {
        let pattern = self.patterns.get(pattern).filter(|_| at == 0 || !self.whole)?;
        fits(pattern, text, at, self.whole, codes, &Captures::new())
    }

    /// What the names stand for that have no value so far, when the text meets the step.
    pub(super) fn meets(
        &self,
        component: &str,
        text: &str,
        codes: &[ErrorCode],
        so_far: &Captures<'d>,
    ) -> Option<Names<'d>> {
        self.takes_component(component).then_some(())?;
        self.patterns.iter().find_map(|pattern| find(pattern, text, self.whole, codes, so_far))
    }
}

/// The first place at which the pattern fits.
fn find<'d>(
    pattern: &Pattern<'d>,
    text: &str,
    whole: bool,
    codes: &[ErrorCode],
    so_far: &Captures<'d>,
) -> Option<Names<'d>> {
    let mut from = 0;
    for _ in 0..MOST_PLACES {
        let at = from + pattern.first.find(text.get(from..)?)?;
        if whole && at > 0 {
            return None;
        }
        if let Some(names) = fits(pattern, text, at, whole, codes, so_far) {
            return Some(names);
        }
        from = at + 1;
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
    None
}

/// The rest of a pattern whose first literal text stands at `at`. A name takes as little as the next literal text allows.
fn fits<'d>(
    pattern: &Pattern<'d>,
    text: &str,
    at: usize,
    whole: bool,
    codes: &[ErrorCode],
    so_far: &Captures<'d>,
) -> Option<Names<'d>> {
    let mut names = Names::new();
    let mut at = at + pattern.first.text.len();
    let mut rest = text.get(at..)?;
    let mut parts = pattern.rest.iter().peekable();
    while let Some(part) = parts.next() {
        let length = match part {
            Part::Literal(literal) => {
                let head = rest.get(..literal.text.len())?;
                head.eq_ignore_ascii_case(literal.text).then_some(head.len())?
            }
            Part::Any(CODE) => {
                let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
                codes.contains(&ErrorCode::parse(&rest[..length])?).then_some(())?;
                names.push((CODE, at..at + length));
                length
            }
            Part::Any(name) => {
                let length = match parts.peek() {
                    Some(Part::Literal(next)) => next.find(rest)?,
                    _ => memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len()),
                };
                let value = bounded(&rest[..length], LONGEST_CAPTURE);
                let here = names.iter().find(|(known, _)| known == name).and_then(|(_, range)| text.get(range.clone()));
                if let Some(before) = here.or_else(|| so_far.get(name).map(String::as_str)) {
                    before.eq_ignore_ascii_case(value).then_some(())?;
                } else {
                    names.push((name, at..at + value.len()));
                }
                length
            }
        };
        at += length;
        rest = &rest[length..];
    }
    (!whole || rest.trim().is_empty()).then_some(names)
}

/// What a name stands for; codes all in the same form.
pub(super) fn value(name: &str, text: &str, range: Range<usize>) -> String {
    let value = text.get(range).unwrap_or_default();
    let code = ErrorCode::parse(value).filter(|_| name == CODE);
    code.map_or_else(|| value.to_owned(), |code| code.to_string())
}

/// The beginning of a text, at most so many bytes of it.
pub(super) fn bounded(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Letters of logs, the most frequent ones first.
const LETTERS: &[u8] = b"etaoinsrcldmpugfhbyvwkxjzq";

/// Literal text, to be found without regard to the case of ASCII letters.
///
/// It is looked for by its rarest letter: nearly every record of a log is no candidate, and this says so in one fast pass.
#[derive(Debug)]
struct Needle<'d> {
    text: &'d str,
    /// Where its rarest letter stands.
    rare_at: usize,
    lower: u8,
    upper: u8,
}

impl<'d> Needle<'d> {
    fn new(text: &'d str) -> Self {
        let rarity = |byte: u8| LETTERS.iter().position(|letter| *letter == byte.to_ascii_lowercase());
        let rarest = text.bytes().enumerate().max_by_key(|(_, byte)| rarity(*byte));
        let (rare_at, byte) = rarest.unwrap_or((0, 0));
        Self { text, rare_at, lower: byte.to_ascii_lowercase(), upper: byte.to_ascii_uppercase() }
    }

    /// Where it begins in `text`; at a character's boundary.
    fn find(&self, text: &str) -> Option<usize> {
        let (bytes, wanted) = (text.as_bytes(), self.text.as_bytes());
        let last = bytes.len().checked_sub(wanted.len())?;
        let range = bytes.get(self.rare_at..=self.rare_at + last)?;
        memchr::memchr2_iter(self.lower, self.upper, range).find(|at| {
            bytes[*at..*at + wanted.len()].eq_ignore_ascii_case(wanted)
                && text.is_char_boundary(*at)
                && text.is_char_boundary(*at + wanted.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pattern: &str, text: &str) -> Option<String> {
        let any = [pattern.to_owned()];
        let found = Step::new(&[], &any, false).meets("", text, &[ErrorCode(0xC000_0006)], &Captures::new())?;
        let names = found.iter().map(|(name, range)| format!("{name}={}", value(name, text, range.clone())));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Some(names.join(" "))
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
