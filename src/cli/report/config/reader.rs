//! Values of one section: each is checked, and what is wrong is said with its line and what to write instead.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::Mistake;
use crate::facts::report_config::{Section, Value};
use crate::inf_db::did_you_mean;

/// One section, and where its mistakes go.
pub(super) struct Reader<'a> {
    section: Option<&'a Section>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// A section that is not there has no values.
    pub(super) fn new(section: Option<&'a Section>, mistakes: &'a mut Vec<Mistake>) -> Self {
        Self { section, mistakes }
    }

    /// The value as written.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.section.and_then(|s| s.get(key))
    }

    /// The line of a key; 0 where it is not there.
    pub(super) fn line(&self, key: &str) -> u32 {
        self.value(key).map_or(0, |v| v.line)
    }

    /// Says what is wrong with a key.
    pub(super) fn wrong(&mut self, key: &str, message: String) {
        self.mistakes.push((self.line(key), message));
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.value(key).map(|v| v.text.clone())
    }

    /// A path. `%WINDIR%` and `$HOME` are names like any other, so nobody should believe that they are replaced.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let text = self.text(key)?;
        let variable =
            text.starts_with("~/") || text.contains("${") || text.matches('%').count() >= 2 || text.starts_with('$');
        if variable {
            self.wrong(key, format!("`{text}`: variables of the environment are not replaced; write the path itself"));
        } else if text.starts_with('"') || text.ends_with('"') {
            self.wrong(key, format!("{text}: a path stands without quotation marks, also with blanks in it"));
        }
        Some(PathBuf::from(text))
    }

    /// The parts of a list, separated by commas.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let text = self.value(key).map_or("", |v| v.text.as_str());
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn yes_no(&mut self, key: &str, default: bool) -> bool {
        self.word(key, &[(true, "yes"), (false, "no")]).unwrap_or(default)
    }

    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u32>, what: &str) -> Option<u32> {
        let text = self.text(key)?;
        let number = text.parse::<u32>().ok().filter(|n| range.contains(n));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.wrong(key, format!("{key} = {text}: write a number from {least} to {most} ({what})"));
        }
        number
    }

    /// One word of several.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(T, &str)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(_, word)| word.eq_ignore_ascii_case(&text)).map(|(value, _)| *value);
        if found.is_none() {
            self.not_one_of(key, &text, &words.iter().map(|(_, word)| *word).collect::<Vec<_>>());
        }
        found
    }

    /// A list of such words; each once.
    pub(super) fn words<T: Copy + PartialEq>(&mut self, key: &str, words: &[(T, &str)]) -> Vec<T> {
        self.each(key, |reader, text| {
            let found = words.iter().find(|(_, word)| word.eq_ignore_ascii_case(text)).map(|(value, _)| *value);
            if found.is_none() {
                reader.not_one_of(key, text, &words.iter().map(|(_, word)| *word).collect::<Vec<_>>());
            }
            found
        })
    }

    /// Reads each part of a list; each value once.
    pub(super) fn each<T: PartialEq>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Self, &str) -> Option<T>,
    ) -> Vec<T> {
        let mut found: Vec<T> = Vec::new();
        for part in self.list(key) {
            if let Some(value) = read(self, &part)
                && !found.contains(&value)
            {
                found.push(value);
            }
        }
        found
    }

    pub(super) fn not_one_of(&mut self, key: &str, text: &str, words: &[&str]) {
        let near = did_you_mean(text, words.iter().copied()).into_iter().next();
        let hint = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        let one = if words.len() == 2 { words.join(" or ") } else { format!("one of {}", words.join(", ")) };
        self.wrong(key, format!("{key} = {text}: write {one}{hint}"));
    }
}
