//! How people name a run: by its number, by a date, or counted from the newest one.

use std::fmt;
use std::str::FromStr;

use super::runs::RunId;
use crate::facts::utc;

/// A run as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunName {
    /// `12`.
    Number(RunId),
    /// `latest` (0), `previous` (1), `latest-2`...
    Back(u32),
    /// `2026-11-28` or `2026-11-28T03:00Z`: the last one that ended by then. With the text for messages.
    By(u64, String),
}

impl FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        if let Ok(number) = text.parse::<u64>() {
            return Ok(Self::Number(RunId(number)));
        }
        match lower.as_str() {
            "latest" => return Ok(Self::Back(0)),
            "previous" => return Ok(Self::Back(1)),
            _ => {}
        }
        if let Some(back) = lower.strip_prefix("latest-").and_then(|n| n.parse().ok()) {
            return Ok(Self::Back(back));
        }
        match utc::last_second(text) {
            Some(second) => Ok(Self::By(second, text.to_owned())),
            None => Err(format!(
                "`{text}` names no run: give its number (`wimspect history list` shows them), `latest`, `previous`, `latest-3`, \
                 or a date in UTC (2026-11-28, 2026-11-28T03:00Z)"
            )),
        }
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(id) => write!(f, "run {id}"),
            Self::Back(0) => f.write_str("the latest run"),
            Self::Back(1) => f.write_str("the run before the latest one"),
            Self::Back(n) => write!(f, "the run {n} before the latest one"),
            Self::By(_, text) => write!(f, "the last run by {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_named_by_number_place_and_date() {
        for (text, expected) in [
            ("12", Some(RunName::Number(RunId(12)))),
            ("latest", Some(RunName::Back(0))),
            ("Previous", Some(RunName::Back(1))),
            ("latest-7", Some(RunName::Back(7))),
            ("1970-01-01", Some(RunName::By(86_399, "1970-01-01".to_owned()))),
            ("-1", None),
            ("latest-", None),
            ("boot.wim", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
