//! The file of an output: `reports/drivers-{date}.html`.

use std::path::{Path, PathBuf};

use crate::facts::policy::Day;

/// The day of the run in UTC, `2026-11-28`.
const DATE: &str = "{date}";
/// The number of the run.
const RUN: &str = "{run}";

/// A path whose file name may hold `{date}` and `{run}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePattern {
    folder: PathBuf,
    name: String,
}

impl FilePattern {
    /// Reads what a configuration says.
    ///
    /// # Errors
    /// What is wrong with it, and the remedy.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|_| !text.ends_with(['/', '\\'])) else {
            return Err(format!(
                "`{text}` names no file; write the name of one, for example reports/report-{{date}}.html"
            ));
        };
        let folder = path.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
        if folder.to_string_lossy().contains(['{', '}']) {
            return Err(format!("{DATE} and {RUN} may stand in the name of the file only, not in its folder"));
        }
        let left = name.replace(DATE, "").replace(RUN, "");
        if left.contains(['{', '}']) {
            return Err(format!(
                "only {DATE} and {RUN} stand for something in the name of a file; `{name}` has other braces"
            ));
        }
        Ok(Self { folder, name: name.to_owned() })
    }

    /// The file of one run.
    pub fn of_run(&self, day: Day, run: u64) -> PathBuf {
        self.folder.join(self.name.replace(DATE, &day.to_string()).replace(RUN, &run.to_string()))
    }

    /// The folder that the files lie in; never empty.
    pub fn folder(&self) -> &Path {
        if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder }
    }

    /// Whether each run, or at least each day, gets a file of its own.
    pub fn varies(&self) -> bool {
        self.name.contains(DATE) || self.name.contains(RUN)
    }

    /// What tells the files of this pattern apart, where `name` is one of them: newer ones sort later.
    pub fn rank(&self, name: &str) -> Option<(Vec<Day>, Vec<u64>)> {
        let (mut days, mut runs) = (Vec::new(), Vec::new());
        let (mut rest, mut pattern) = (name, self.name.as_str());
        loop {
            if let Some(after) = pattern.strip_prefix(DATE) {
                let day = rest.get(..10)?;
                days.push(Day::parse(day)?);
                (rest, pattern) = (&rest[10..], after);
            } else if let Some(after) = pattern.strip_prefix(RUN) {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                runs.push(rest[..digits].parse().ok()?);
                (rest, pattern) = (&rest[digits..], after);
            } else if let Some(expected) = pattern.chars().next() {
                rest = rest.strip_prefix(expected)?;
                pattern = &pattern[expected.len_utf8()..];
            } else {
                return rest.is_empty().then_some((days, runs));
            }
        }
    }
}

impl std::fmt::Display for FilePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.folder.join(&self.name).display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn date_and_run_stand_in_the_name_of_the_file() {
        for (text, file) in [
            ("out/{date}.html", "out/2026-11-28.html"),
            ("r-{run}-{date}.json", "r-7-2026-11-28.json"),
            ("latest.html", "latest.html"),
        ] {
            let pattern = FilePattern::parse(text).unwrap();
            assert_eq!(pattern.of_run(day("2026-11-28"), 7), Path::new(file));
            assert_eq!(pattern.varies(), text.contains('{'));
        }
        for wrong in ["out/", "", "{date}/report.html", "{time}.html", "a{.html", "..", "{date"] {
            assert!(FilePattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_of_a_pattern_are_known_again_and_nothing_else_is() {
        let pattern = FilePattern::parse("out/r-{date}-{run}.html").unwrap();
        let rank = pattern.rank("r-2026-11-28-12.html").unwrap();
        assert!(
            rank > pattern.rank("r-2026-11-28-9.html").unwrap() && rank > pattern.rank("r-2026-11-27-99.html").unwrap()
        );
        for other in [
            "r-2026-11-28-.html",
            "r-2026-13-28-1.html",
            "r-2026-11-28-1.html.bak",
            "r-2026-11-28-1",
            "",
            "r-ä026-11-28-1.html",
        ] {
            assert_eq!(pattern.rank(other), None, "{other}");
        }
    }
}
