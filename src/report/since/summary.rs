//! What a person has to see in five seconds.

use super::{Comparison, Moment, Since};
use crate::analysis::finding::Severity;
use crate::report::changes::summary as all_counts;
use crate::report::text::plural;

/// How it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing that somebody has to look at.
    Calm,
    /// Something to look at.
    Look,
    /// Something got worse.
    Worse,
}

/// One line and what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it sounds.
    pub tone: Tone,
    /// `2 new errors, boot.wim:1 is not fit any more`.
    pub headline: String,
    /// `since run 41 of 2026-11-27 02:00 UTC`.
    pub since: String,
    /// All that is different, in numbers; empty when nothing is.
    pub counts: String,
}

/// Images that are named in the headline.
const MOST_NAMED: usize = 2;

impl Summary {
    /// Of the comparison with the last run.
    pub fn of(section: &Since<'_>) -> Self {
        let mut summary = match section.last() {
            None if section.no_history => Self {
                tone: Tone::Look,
                headline: "What changed is not known".to_owned(),
                since: "because the history can not be read".to_owned(),
                counts: String::new(),
            },
            None => Self {
                tone: Tone::Calm,
                headline: "The first run".to_owned(),
                since: "from the next one on, what changed stands here".to_owned(),
                counts: String::new(),
            },
            Some(comparison) => Self::of_comparison(comparison),
        };
        if let Some(comparison) = section.last() {
            let new = comparison.changes.newly_counting().filter(|f| f.severity == Severity::Error).count();
            let standing = usize::try_from(section.standing_errors()).unwrap_or(usize::MAX).saturating_sub(new);
            if standing > 0 {
                let stand = if standing == 1 { "stands" } else { "stand" };
                summary.since.push_str(&format!("; {} {stand} as before", plural(standing, "error")));
            }
        }
        // Not only in the night in which it vanished: as long as it is missing, nobody looks at it.
        if !section.missing.is_empty() {
            let missing = format!("{} missing", plural(section.missing.len(), "input"));
            let calm = summary.tone == Tone::Calm;
            summary.tone = summary.tone.max(Tone::Look);
            summary.headline = if calm && section.last().is_some() {
                capitalised(&missing)
            } else {
                format!("{}, {missing}", summary.headline)
            };
        }
        summary
    }

    /// Headline and what it is compared with, in one line.
    pub fn line(&self) -> String {
        let between = if self.since.starts_with("from ") { ":" } else { "" };
        format!("{}{between} {}", self.headline, self.since)
    }

    /// Of one comparison.
    pub fn of_comparison(comparison: &Comparison) -> Self {
        let changes = &comparison.changes;
        let count = |severity| changes.newly_counting().filter(|f| f.severity == severity).count();
        let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
        let mut parts: Vec<String> = Vec::new();
        for (number, noun) in [(errors, "new error"), (warnings, "new warning"), (notes, "new note")] {
            if number > 0 {
                parts.push(plural(number, noun));
            }
        }
        let unfit: Vec<String> =
            changes.images.iter().filter(|i| i.became_unfit()).map(super::lines::image_name).collect();
        if !unfit.is_empty() {
            let names = if unfit.len() <= MOST_NAMED { unfit.join(" and ") } else { format!("{} images", unfit.len()) };
            parts.push(format!("{names} {} not fit", if unfit.len() == 1 { "is" } else { "are" }));
        }
        let counts = if changes.is_empty() { String::new() } else { all_counts(changes) };
        let tone = match (errors + unfit.len(), warnings) {
            (1.., _) => Tone::Worse,
            (0, 1..) => Tone::Look,
            _ => Tone::Calm,
        };
        let headline = match (parts.is_empty(), counts.is_empty()) {
            (false, _) => capitalised(&parts.join(", ")),
            (true, false) => "No new findings".to_owned(),
            (true, true) => "Nothing changed".to_owned(),
        };
        Self { tone, headline, since: format!("since {}", Moment::from(&comparison.before)), counts }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
