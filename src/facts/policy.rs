//! A policy file: severities of rules, and findings that a site ignores. What it says, with lines; what that means for the
//! findings is `analysis::policy`'s business.
//!
//! ```ini
//! [severity]
//! catalog-missing = info
//!
//! [ignore lab adapters]
//! rule = multi-tier-nic-in-windowspe
//! inf = bxvbd.inf
//! provider = Broadcom*
//! reason = Only in the lab, never offered in the windowsPE pass
//! until = 2027-03-31
//! ```

use sha2::{Digest, Sha256};

use crate::formats::asn1::hex;
use crate::formats::ini;

/// Section with the severities of rules.
const SEVERITY: &str = "severity";
/// First word of a section that ignores findings.
const IGNORE: &str = "ignore";
/// Keys of such a section that choose findings; each takes a list, separated by commas.
pub const SELECTORS: [&str; 9] =
    ["rule", "package", "path", "hardware-id", "inf", "provider", "driver-version", "boot-image", "fingerprint"];

/// A policy file as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFile {
    /// Rule id and severity, with their line.
    pub severities: Vec<SeverityLine>,
    /// Ignores in the order of the file.
    pub ignores: Vec<Ignore>,
    /// What is wrong with the file.
    pub problems: Vec<PolicyProblem>,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
}

/// `rule = severity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityLine {
    /// Rule id as written.
    pub rule: String,
    /// Severity as written.
    pub severity: String,
    /// 1-based line.
    pub line: u32,
}

/// One section that ignores findings: those for which every selector holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// Name of the section as written.
    pub name: String,
    /// 1-based line of its header.
    pub line: u32,
    /// What it chooses by: key of [`SELECTORS`], and the alternatives.
    pub selectors: Vec<(&'static str, Vec<String>)>,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    pub until: Option<Day>,
}

/// A mistake in a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// 1-based line; 0 = the whole file.
    pub line: u32,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A day of the calendar, `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Year, four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the last day of the month.
    pub day: u8,
}

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        ((1..=12).contains(&month) && day >= 1 && day <= days_of(year, month)).then_some(Self { year, month, day })
    }

    /// The day on which this many seconds have passed since 1970-01-01 00:00 UTC.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        let mut left = seconds / 86_400;
        let mut year: u16 = 1970;
        while year < 9999 && left >= u64::from(days_of_year(year)) {
            left -= u64::from(days_of_year(year));
            year += 1;
        }
        let mut month: u8 = 1;
        while month < 12 && left >= u64::from(days_of(year, month)) {
            left -= u64::from(days_of(year, month));
            month += 1;
        }
        // What is left is less than a month, unless the year was cut off.
        Self { year, month, day: u8::try_from(left + 1).unwrap_or(31).min(days_of(year, month)) }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const fn is_leap(year: u16) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

const fn days_of_year(year: u16) -> u16 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads a policy file. Mistakes are problems with their line, never silence: an ignore that is not understood would let
/// somebody believe that it holds.
pub fn read(bytes: &[u8]) -> PolicyFile {
    let text = ini::decode(bytes);
    let mut file = PolicyFile { digest: hex(&Sha256::digest(bytes)), ..PolicyFile::default() };
    let sections = match ini::sections(&text) {
        Ok(sections) => sections,
        Err(problem) => {
            file.problems.push(PolicyProblem { line: problem.line, message: problem.message });
            return file;
        }
    };
    for section in &sections {
        let name = section.name.trim();
        let (word, title) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        if name.eq_ignore_ascii_case(SEVERITY) {
            severities(section, &mut file);
        } else if word.eq_ignore_ascii_case(IGNORE) {
            ignore(section, title.trim(), &mut file);
        } else {
            let message = format!("no section of a policy is called [{name}]; there are [severity] and [ignore NAME]");
            file.problems.push(PolicyProblem { line: section.line, message });
        }
    }
    file
}

fn severities(section: &ini::Section, file: &mut PolicyFile) {
    for entry in &section.entries {
        let Some(severity) = &entry.value else {
            let message = format!("`{}` has no severity; write `{} = error|warning|info`", entry.key, entry.key);
            file.problems.push(PolicyProblem { line: entry.line, message });
            continue;
        };
        file.severities.push(SeverityLine { rule: entry.key.clone(), severity: severity.clone(), line: entry.line });
    }
}

fn ignore(section: &ini::Section, title: &str, file: &mut PolicyFile) {
    let mut found = Ignore { name: title.to_owned(), line: section.line, ..Ignore::default() };
    let mut wrong = Vec::new();
    let mut problem = |line: u32, message: String| wrong.push(PolicyProblem { line, message });
    if title.is_empty() {
        problem(section.line, "an ignore needs a name: [ignore NAME]".to_owned());
    }
    for entry in &section.entries {
        let key = entry.key.to_ascii_lowercase();
        let value = entry.value.as_deref().unwrap_or("").trim();
        if value.is_empty() {
            problem(entry.line, format!("`{key}` has no value"));
        } else if key == "reason" {
            value.clone_into(&mut found.reason);
        } else if key == "until" {
            found.until = Day::parse(value);
            if found.until.is_none() {
                problem(entry.line, format!("until = {value} is no day; write it as 2027-03-31"));
            }
        } else if let Some(selector) = SELECTORS.iter().find(|s| **s == key) {
            let list = value.split(',').map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
            found.selectors.push((selector, list.collect()));
        } else {
            problem(
                entry.line,
                format!("`{key}` is no key of an ignore; there are {}, reason, until", SELECTORS.join(", ")),
            );
        }
    }
    if found.selectors.is_empty() {
        problem(section.line, "this ignore would match every finding; name at least a rule or an INF".to_owned());
    }
    if found.reason.is_empty() {
        problem(section.line, "an ignore needs a `reason = ...`: whoever reads it in a year has to know".to_owned());
    }
    if found.until.is_none() && !wrong.iter().any(|p: &PolicyProblem| p.message.starts_with("until")) {
        wrong.push(PolicyProblem {
            line: section.line,
            message: "an ignore needs an end: `until = 2027-03-31`; it can be made longer when it is over".to_owned(),
        });
    }
    file.problems.append(&mut wrong);
    file.ignores.push(found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_the_calendar() {
        for good in ["2026-11-21", "2024-02-29", "2000-02-29", "9999-12-31"] {
            assert_eq!(Day::parse(good).map(|d| d.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "",
            "2026-11",
            "2026-13-01",
            "2026-00-10",
            "2023-02-29",
            "1900-02-29",
            "21.11.2026",
            "2026-1-1",
            "+026-01-01",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
        for (seconds, day) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_795_219_199, "2026-11-20")] {
            assert_eq!(Day::from_unix_seconds(seconds).to_string(), day);
        }
        assert_eq!(Day::from_unix_seconds(u64::MAX).to_string(), "9999-12-31");
    }

    #[test]
    fn a_policy_is_read_with_its_lines() {
        let file = read(
            b"; why\r\n[severity]\r\ncatalog-missing = info\r\n\r\n[Ignore Lab NICs]\r\nRule = a-rule, b-rule\r\n\
              hardware-id = PCI\\VEN_14E4&DEV_*\r\nreason = lab; only\r\nuntil = 2027-01-31\r\n",
        );
        assert_eq!(file.problems, []);
        let line = SeverityLine { rule: "catalog-missing".to_owned(), severity: "info".to_owned(), line: 3 };
        assert_eq!(file.severities, [line]);
        let ignore = &file.ignores[0];
        assert_eq!((ignore.name.as_str(), ignore.line, ignore.reason.as_str()), ("Lab NICs", 5, "lab; only"));
        assert_eq!(ignore.selectors[0], ("rule", vec!["a-rule".to_owned(), "b-rule".to_owned()]));
        assert_eq!(ignore.selectors[1], ("hardware-id", vec!["PCI\\VEN_14E4&DEV_*".to_owned()]));
        assert_eq!(ignore.until, Day::parse("2027-01-31"));
    }

    #[test]
    fn what_is_not_understood_is_said_with_its_line() {
        let cases: [(&str, u32, &str); 8] = [
            ("[severities]\n", 1, "no section"),
            ("[severity]\nx\n", 2, "has no severity"),
            ("[ignore]\nrule=x\nreason=y\nuntil=2027-01-01\n", 1, "needs a name"),
            ("[ignore a]\nreason=y\nuntil=2027-01-01\n", 1, "every finding"),
            ("[ignore a]\nrule=x\nuntil=2027-01-01\n", 1, "needs a `reason"),
            ("[ignore a]\nrule=x\nreason=y\n", 1, "needs an end"),
            ("[ignore a]\nrule=x\nreason=y\nuntil=soon\n", 4, "is no day"),
            ("[ignore a]\nrule=x\nids=z\nreason=y\nuntil=2027-01-01\n", 3, "is no key"),
        ];
        for (text, line, says) in cases {
            let problems = read(text.as_bytes()).problems;
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].line == line && problems[0].message.contains(says), "{text}: {problems:?}");
        }
    }
}
