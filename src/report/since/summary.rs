//! What a person has to see in five seconds.

use super::{Comparison, Since};
use crate::analysis::changes::{Changes, ImageEvent};
use crate::analysis::finding::Severity;
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
    /// What else is different: `3 findings gone`, `4 packages added`.
    pub others: Vec<String>,
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
                others: Vec::new(),
            },
            None => Self {
                tone: Tone::Calm,
                headline: "The first run".to_owned(),
                since: "from the next one on, what changed stands here".to_owned(),
                others: Vec::new(),
            },
            Some(comparison) => Self::of_comparison(comparison),
        };
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
        let others = others(changes);
        let tone = match (errors + unfit.len(), warnings) {
            (1.., _) => Tone::Worse,
            (0, 1..) => Tone::Look,
            _ => Tone::Calm,
        };
        let headline = match (parts.is_empty(), others.is_empty()) {
            (false, _) => capitalised(&parts.join(", ")),
            (true, false) => "No new findings".to_owned(),
            (true, true) => "Nothing changed".to_owned(),
        };
        Self { tone, headline, since: format!("since {}", comparison.before), others }
    }
}

/// Everything that is not in the headline, in numbers.
fn others(changes: &Changes) -> Vec<String> {
    let mut parts = Vec::new();
    let mut some = |number: usize, one: &str, many: &str| {
        if number > 0 {
            parts.push(format!("{number} {}", if number == 1 { one } else { many }));
        }
    };
    let newly = changes.newly_counting().count();
    let silent = (changes.findings.new.len() + changes.findings.changed.len()).saturating_sub(newly);
    some(changes.findings.gone.len(), "finding gone", "findings gone");
    some(silent, "finding changed or not counted", "findings changed or not counted");
    let packages = &changes.packages;
    some(packages.added.len(), "package added", "packages added");
    some(packages.removed.len(), "package removed", "packages removed");
    some(packages.updated.len(), "package updated", "packages updated");
    some(packages.moved.len(), "package moved", "packages moved");
    for (event, one, many) in [
        (ImageEvent::Added, "image added", "images added"),
        (ImageEvent::Removed, "image removed", "images removed"),
        (ImageEvent::Rebuilt, "image rebuilt", "images rebuilt"),
        (ImageEvent::Changed, "image changed", "images changed"),
    ] {
        some(changes.images.iter().filter(|i| i.event == event).count(), one, many);
    }
    let inputs = &changes.inputs;
    some(inputs.missing.len(), "input newly missing", "inputs newly missing");
    some(inputs.back.len(), "input back", "inputs back");
    some(inputs.added.len(), "input added", "inputs added");
    some(inputs.removed.len(), "input not asked for any more", "inputs not asked for any more");
    some(usize::from(changes.coverage.is_some()), "change of the fleet's coverage", "");
    parts
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
