//! Small text helpers of the data tables: prose, names that are nearly right, checks of written forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads a text that is wrapped in the file: lines of a paragraph are joined by a blank, an empty line separates
/// paragraphs (`\n\n` in the value). So texts can be wrapped for reading in a diff and are laid out anew when shown.
pub(super) fn prose<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| unwrap_lines(&text))
}

/// [`prose`] for a key that may be missing.
pub(super) fn prose_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    prose(deserializer).map(Some)
}

/// [`prose`] for the values of a table.
pub(super) fn prose_map<'de, D, K>(deserializer: D) -> Result<BTreeMap<K, String>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
{
    let map = BTreeMap::<K, String>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(key, text)| (key, unwrap_lines(&text))).collect())
}

/// [`prose`] for a list.
pub(super) fn prose_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Vec::<String>::deserialize(deserializer).map(|list| list.iter().map(|text| unwrap_lines(text)).collect())
}

fn unwrap_lines(text: &str) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut fresh = true;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            fresh = true;
        } else if fresh {
            paragraphs.push(line.to_owned());
            fresh = false;
        } else if let Some(paragraph) = paragraphs.last_mut() {
            paragraph.push(' ');
            paragraph.push_str(line);
        }
    }
    paragraphs.join("\n\n")
}

/// The names that a mistyped one may have meant, best first, at most three.
///
/// Near means: one is the beginning of the other, or at most a third of the letters (at least two) differ.
pub fn did_you_mean<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    // Nobody mistypes a longer name; bounds the work on whatever stands on a command line.
    const LONGEST: usize = 64;
    let typed = typed.trim().to_ascii_lowercase();
    if typed.is_empty() || typed.len() > LONGEST {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let lower = name.to_ascii_lowercase();
            if lower.starts_with(&typed) || typed.starts_with(&lower) {
                return Some((0, name));
            }
            let distance = edit_distance(&typed, &lower);
            (distance <= (lower.len() / 3).max(1)).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Insertions, deletions and substitutions between two short texts, by bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let next = (diagonal + usize::from(x != y)).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = next;
            left = next;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Kebab-case: small letters, digits and single hyphens.
pub(super) fn is_kebab_case(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        assert_eq!(unwrap_lines("\none\n  two\n\n\nthree \n"), "one two\n\nthree");
        assert_eq!(unwrap_lines("  \n"), "");
    }

    #[test]
    fn near_names_are_offered_best_first() {
        let names = ["3.0", "3.1", "10-2004", "10-1809", "11-24H2"];
        for (typed, expected) in [
            ("3", vec!["3.0", "3.1"]),
            ("10-20o4", vec!["10-2004"]),
            ("11-24h2", vec!["11-24H2"]),
            ("11-24h3", vec!["11-24H2"]),
            ("vista", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(did_you_mean(typed, names.into_iter()), expected, "{typed}");
        }
        assert!(did_you_mean(&"x".repeat(10_000), names.into_iter()).is_empty());
    }

    #[test]
    fn edit_distance_counts_single_changes() {
        for (a, b, expected) in [("", "", 0), ("abc", "abc", 0), ("abc", "axc", 1), ("abc", "ab", 1), ("", "ab", 2)] {
            assert_eq!(edit_distance(a, b), expected, "{a} {b}");
            assert_eq!(edit_distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn kebab_case() {
        for (text, expected) in
            [("inf-unreadable", true), ("ndis6-x", true), ("", false), ("a--b", false), ("A-b", false)]
        {
            assert_eq!(is_kebab_case(text), expected, "{text}");
        }
    }
}
