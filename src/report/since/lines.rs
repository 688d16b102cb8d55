//! Changes as lists of lines: formats differ in how a line looks, not in what it says.

use super::{Comparison, Since};
use crate::analysis::changes::{Changes, ImageChange, Pair};
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{CoverageState, FindingState, ImageDriverState, InputState, PackageState, ReadState};
use crate::report::text::plural;

/// One kind of change.
pub(super) struct Group {
    /// For people.
    pub(super) title: &'static str,
    /// For programs: `new`, `gone`, `package-added`...
    pub(super) id: &'static str,
    /// Whether it is shown at once where others unfold.
    pub(super) open: bool,
    /// Its lines.
    pub(super) lines: Vec<Line>,
}

/// One change.
#[derive(Default)]
pub(super) struct Line {
    /// Of a finding.
    pub(super) severity: Option<Severity>,
    /// Of a finding: it is there now, so that a link leads to it.
    pub(super) fingerprint: Option<String>,
    /// Of a finding: its rule.
    pub(super) rule: Option<String>,
    /// What is meant: title of a rule, name of a package or image.
    pub(super) name: String,
    /// Where.
    pub(super) path: String,
    /// What is different.
    pub(super) text: String,
    /// More about it, line by line.
    pub(super) details: Vec<String>,
}

/// All kinds that there are something of.
pub(super) fn groups(section: &Since<'_>, comparison: &Comparison) -> Vec<Group> {
    let changes = &comparison.changes;
    let group = |title, id, open, lines: Vec<Line>| Group { title, id, open, lines };
    let finding = |f: &FindingState, text: String, is_here: bool| Line {
        severity: Some(f.severity),
        fingerprint: is_here.then(|| f.fingerprint.clone()),
        rule: Some(f.rule.clone()),
        name: section.rule_title(&f.rule).to_owned(),
        path: place(f),
        text,
        details: Vec::new(),
    };
    let with_state = |f: &FindingState| match &f.suppressed {
        None => f.message.clone(),
        Some(s) => format!("{} (not counted: {}, {})", f.message, s.by, s.reason),
    };
    let (counting, silent): (Vec<&FindingState>, Vec<_>) = changes.findings.new.iter().partition(|f| f.counts());
    let new = |all: Vec<&FindingState>| all.into_iter().map(|f| finding(f, with_state(f), true)).collect();
    let gone = changes.findings.gone.iter().map(|f| finding(f, f.message.clone(), false)).collect();
    let changed = changes.findings.changed.iter().map(|c| finding(&c.after, what_changed(c), true)).collect();
    let packages = &changes.packages;
    let package = |p: &PackageState, text: String| Line {
        name: p.inf.clone(),
        path: place_of_package(p),
        text,
        ..Line::default()
    };
    let plain = |all: &[PackageState]| all.iter().map(|p| package(p, version(p))).collect();
    let updated = packages.updated.iter().map(|c| package(&c.after, from_to(&version(&c.before), &version(&c.after))));
    let moved = packages.moved.iter().map(|c| package(&c.after, format!("was {}", place_of_package(&c.before))));
    let groups = [
        group("New findings", "new", true, new(counting)),
        group("Missing inputs", "input-missing", true, changes.inputs.missing.iter().map(input).collect()),
        group("Boot images", "image", true, changes.images.iter().map(image).collect()),
        group("Changed findings", "changed", false, changed),
        group("Findings that are gone", "gone", false, gone),
        group("New findings that do not count", "new-not-counted", false, new(silent)),
        group("Packages added", "package-added", false, plain(&packages.added)),
        group("Packages updated", "package-updated", false, updated.collect()),
        group("Packages moved", "package-moved", false, moved.collect()),
        group("Packages removed", "package-removed", false, plain(&packages.removed)),
        group("Inputs that are back", "input-back", false, changes.inputs.back.iter().map(input).collect()),
        group("Inputs added", "input-added", false, changes.inputs.added.iter().map(input).collect()),
        group(
            "Inputs not asked for any more",
            "input-removed",
            false,
            changes.inputs.removed.iter().map(input).collect(),
        ),
        group("Fleet", "coverage", false, changes.coverage.iter().map(coverage).collect()),
        group("Not looked at", "not-looked-at", false, not_looked_at(changes)),
    ];
    groups.into_iter().filter(|g| !g.lines.is_empty()).collect()
}

fn place(finding: &FindingState) -> String {
    let line = finding.line.filter(|l| *l > 0).map_or_else(String::new, |l| format!(":{l}"));
    format!("{}{line}", finding.path)
}

fn place_of_package(package: &PackageState) -> String {
    format!("{}/{}", package.share.trim_end_matches('/'), package.path)
}

/// `Broadcom, 2010-06-15 5.2.14.0`.
fn version(package: &PackageState) -> String {
    said(package.provider.as_deref(), package.date.as_deref(), package.version.as_deref())
}

fn said(provider: Option<&str>, date: Option<&str>, version: Option<&str>) -> String {
    let number: Vec<&str> = [date, version].into_iter().flatten().collect();
    let parts: Vec<String> =
        provider.map(str::to_owned).into_iter().chain((!number.is_empty()).then(|| number.join(" "))).collect();
    if parts.is_empty() { "says no provider and no version".to_owned() } else { parts.join(", ") }
}

fn from_to(before: &str, after: &str) -> String {
    if before == after {
        format!("{after}: the same version, with another content")
    } else {
        format!("{before} → {after}")
    }
}

fn what_changed(change: &Pair<FindingState>) -> String {
    let (before, after) = (&change.before, &change.after);
    let mut parts = Vec::new();
    if before.severity != after.severity {
        parts.push(format!("{} → {}", before.severity.name(), after.severity.name()));
    }
    match (&before.suppressed, &after.suppressed) {
        (None, Some(s)) => parts.push(format!("does not count any more ({}: {})", s.by, s.reason)),
        (Some(_), None) => parts.push("counts again".to_owned()),
        (Some(a), Some(b)) if a != b => parts.push(format!("not counted for another reason ({}: {})", b.by, b.reason)),
        _ => {}
    }
    if before.confidence != after.confidence {
        parts.push(format!("confidence {} → {}", before.confidence.name(), after.confidence.name()));
    }
    if before.targets != after.targets {
        let without =
            |all: &[String], others: &[String]| all.iter().filter(|t| !others.contains(t)).cloned().collect::<Vec<_>>();
        let (more, fewer) = (without(&after.targets, &before.targets), without(&before.targets, &after.targets));
        for (word, targets) in [("now also for", more), ("no longer for", fewer)] {
            if !targets.is_empty() {
                parts.push(format!("{word} {}", targets.join(", ")));
            }
        }
    }
    if parts.is_empty() { after.message.clone() } else { format!("{}: {}", parts.join("; "), after.message) }
}

/// `boot.wim:1`.
pub(super) fn image_name(change: &ImageChange) -> String {
    let file = change.file.rsplit('/').next().unwrap_or(&change.file);
    format!("{file}:{}", change.index)
}

fn fit(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "fit",
        Some(false) => "not fit",
        None => "not judged",
    }
}

fn image(change: &ImageChange) -> Line {
    let (before, after) = (change.fit.before, change.fit.after);
    let drivers = &change.drivers;
    let mut parts = vec![change.event.name().to_owned()];
    if before != after {
        parts.push(format!("{} → {}", fit(before), fit(after)));
    }
    for (number, what) in
        [(drivers.added.len(), "added"), (drivers.removed.len(), "removed"), (drivers.updated.len(), "updated")]
    {
        if number > 0 {
            parts.push(format!("{} {what}", plural(number, "driver")));
        }
    }
    let nothing = change.facts.is_empty()
        && parts.len() == 1
        && change.components.added.is_empty()
        && change.components.removed.is_empty();
    if nothing && change.event == crate::analysis::changes::ImageEvent::Rebuilt {
        parts.push("the same drivers and components".to_owned());
    }
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let mut details: Vec<String> = Vec::new();
    details.extend(change.facts.iter().map(|f| format!("{}: {} → {}", f.what, known(&f.before), known(&f.after))));
    details.extend(drivers.updated.iter().map(|c| {
        let (a, b) = (driver_version(&c.before), driver_version(&c.after));
        format!("updated: {}, {}", c.after.inf, from_to(&a, &b))
    }));
    details.extend(drivers.added.iter().map(|d| format!("added: {}", driver(d))));
    details.extend(drivers.removed.iter().map(|d| format!("removed: {}", driver(d))));
    details.extend(change.components.added.iter().map(|c| format!("component added: {c}")));
    details.extend(change.components.removed.iter().map(|c| format!("component removed: {c}")));
    Line {
        severity: change.became_unfit().then_some(Severity::Error),
        name: change.name.clone().unwrap_or_else(|| "image".to_owned()),
        path: format!("{}:{}", change.file, change.index),
        text: parts.join(", "),
        details,
        ..Line::default()
    }
}

fn driver_version(driver: &ImageDriverState) -> String {
    said(driver.provider.as_deref(), driver.date.as_deref(), driver.version.as_deref())
}

fn driver(driver: &ImageDriverState) -> String {
    let published = driver.published_name.as_ref().map_or_else(String::new, |name| format!(" as {name}"));
    format!("{}{published} ({}), {}", driver.inf, driver.origin, driver_version(driver))
}

fn input(input: &InputState) -> Line {
    let text = match &input.state {
        ReadState::Missing(why) | ReadState::Earlier(why) => why.clone(),
        ReadState::Read => "was read".to_owned(),
    };
    Line { name: input.kind.clone(), path: input.path.clone(), text, ..Line::default() }
}

fn coverage(change: &Pair<Option<CoverageState>>) -> Line {
    let said = |c: &Option<CoverageState>| {
        c.as_ref().map_or_else(
            || "no fleet".to_owned(),
            |c| {
                format!(
                    "{} of {} run by every target ({})",
                    c.covered,
                    plural(c.adapters, "adapter"),
                    plural(c.machines, "machine")
                )
            },
        )
    };
    let (before, after) = (said(&change.before), said(&change.after));
    let text = if before == after { format!("{after}, others than before") } else { format!("{before} → {after}") };
    Line { name: "coverage".to_owned(), text, ..Line::default() }
}

fn not_looked_at(changes: &Changes) -> Vec<Line> {
    let skipped = changes.not_looked_at;
    let parts: Vec<String> = [
        (skipped.packages, "package"),
        (skipped.images, "image"),
        (skipped.image_drivers, "driver of an image"),
        (skipped.findings, "finding"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, noun)| if noun.contains(' ') { format!("{number} drivers of images") } else { plural(number, noun) })
    .collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let text = format!(
        "{} of the run before could not be looked at, because the inputs that hold them are missing: they are neither gone nor fixed",
        parts.join(", ")
    );
    vec![Line { name: "not looked at".to_owned(), text, ..Line::default() }]
}
