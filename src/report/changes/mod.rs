//! What is different between two runs, two shares or two boot images, and how the runs went: for the first section of every
//! report, for `wimspect diff` and for `wimspect history`.

pub mod json;
pub mod runs;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trends;

use crate::analysis::changes::{Changes, ImageChange, ImageEvent as Event};
use crate::analysis::snapshot::{ImageDriverState, PackageState};
use crate::analysis::trends::TrendPoint;
use crate::facts::utc;

/// Two sides and what is different.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The earlier one.
    pub before: Side<'a>,
    /// The later one.
    pub after: Side<'a>,
    /// What is different in the later one.
    pub changes: &'a Changes,
}

/// What was compared.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// A driver share, as it was given.
    Share(&'a str),
    /// A boot image, as it was given.
    BootImage(&'a str),
    /// A run of the history.
    Run(&'a TrendPoint),
}

impl Side<'_> {
    /// The word used in reports.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Share(_) => "share",
            Self::BootImage(_) => "boot-image",
            Self::Run(_) => "run",
        }
    }

    /// `run 12 of 2026-11-28T03:00:00Z`, or the path.
    pub fn text(&self) -> String {
        match self {
            Self::Share(path) | Self::BootImage(path) => (*path).to_owned(),
            Self::Run(point) => format!("run {} of {}", point.run, utc::text(point.finished)),
        }
    }
}

/// The whole in one line: `2 findings new, 1 gone; 3 packages updated; 1 image rebuilt`, or `no difference`.
pub fn summary(changes: &Changes) -> String {
    let images = |chosen: fn(&ImageChange) -> bool| changes.images.iter().filter(|i| chosen(i)).count();
    let (findings, packages, inputs) = (&changes.findings, &changes.packages, &changes.inputs);
    let groups = [
        (
            "finding",
            [(findings.new.len(), "new"), (findings.gone.len(), "gone"), (findings.changed.len(), "changed"), (0, "")],
        ),
        (
            "package",
            [
                (packages.added.len(), "added"),
                (packages.removed.len(), "removed"),
                (packages.updated.len(), "updated"),
                (packages.moved.len(), "moved"),
            ],
        ),
        (
            "image",
            [
                (images(|i| i.event == Event::Added), "added"),
                (images(|i| i.event == Event::Removed), "removed"),
                (images(|i| i.event == Event::Rebuilt), "rebuilt"),
                (images(|i| i.event == Event::Changed), "changed"),
            ],
        ),
        (
            "input",
            [
                (inputs.missing.len(), "missing"),
                (inputs.back.len(), "back"),
                (inputs.added.len(), "added"),
                (inputs.removed.len(), "removed"),
            ],
        ),
    ];
    let mut parts: Vec<String> = groups.iter().filter_map(|(noun, counts)| group(noun, counts)).collect();
    if changes.coverage.is_some() {
        parts.push("the fleet's coverage changed".to_owned());
    }
    if parts.is_empty() { "no difference".to_owned() } else { parts.join("; ") }
}

/// `2 findings new, 1 gone`.
fn group(noun: &str, counts: &[(usize, &str)]) -> Option<String> {
    let mut text = String::new();
    for (count, word) in counts.iter().filter(|(count, _)| *count > 0) {
        if text.is_empty() {
            text = format!("{} {word}", super::text::plural(*count, noun));
        } else {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    (!text.is_empty()).then_some(text)
}

/// `7.4.14.0 of 2012-02-01`.
fn version_text(version: Option<&str>, date: Option<&str>) -> String {
    match (version, date) {
        (Some(version), Some(date)) => format!("{version} of {date}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "no version".to_owned(),
    }
}

fn package_version(package: &PackageState) -> String {
    version_text(package.version.as_deref(), package.date.as_deref())
}

fn driver_version(driver: &ImageDriverState) -> String {
    version_text(driver.version.as_deref(), driver.date.as_deref())
}

/// Fit for distribution, in words.
const fn fit_text(fit: Option<bool>) -> &'static str {
    match fit {
        Some(true) => "FIT",
        Some(false) => "NOT FIT",
        None => "not judged",
    }
}
