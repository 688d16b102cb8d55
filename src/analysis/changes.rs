//! Two snapshots compared: what is new, gone, changed; which packages and drivers of images were added, removed, updated.
//!
//! What could not be read this time is neither gone nor removed: it was not looked at, and is counted as such.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::snapshot::{
    CoverageState, FindingState, ImageDriverState, ImageState, InputState, PackageState, ReadState, Snapshot, lies_in,
};

/// What is different in the later of two snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Findings, worst first.
    pub findings: FindingChanges,
    /// Packages of the shares, in the order of their places.
    pub packages: PackageChanges,
    /// Images, in the order of their files.
    pub images: Vec<ImageChange>,
    /// Inputs.
    pub inputs: InputChanges,
    /// The fleet, where it was looked at and its numbers are others.
    pub coverage: Option<Pair<Option<CoverageState>>>,
    /// What the earlier snapshot holds and nobody could look at this time.
    pub not_looked_at: NotLookedAt,
}

/// Before and after.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// Before.
    pub before: T,
    /// After.
    pub after: T,
}

/// Findings that are not what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingChanges {
    /// Not there before.
    pub new: Vec<FindingState>,
    /// Not there any more.
    pub gone: Vec<FindingState>,
    /// Another severity, confidence, message, target or suppression.
    pub changed: Vec<Pair<FindingState>>,
}

/// Packages that are not what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageChanges {
    /// Not there before.
    pub added: Vec<PackageState>,
    /// Not there any more.
    pub removed: Vec<PackageState>,
    /// The same INF, with another content.
    pub updated: Vec<Pair<PackageState>>,
    /// The same content, in another folder.
    pub moved: Vec<Pair<PackageState>>,
}

/// What happened to an image as a whole.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageEvent {
    /// Not there before.
    Added,
    /// Not there any more.
    Removed,
    /// The file is another one (GUID or digest), whatever else is different.
    Rebuilt,
    /// Something in it is different.
    #[default]
    Changed,
}

impl ImageEvent {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Rebuilt => "rebuilt",
            Self::Changed => "changed",
        }
    }
}

/// An image that is not what it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageChange {
    /// The boot file, as it was given.
    pub file: String,
    /// Its index, that of the later snapshot where it has one.
    pub index: u32,
    /// Its name, the same way.
    pub name: Option<String>,
    /// What happened to it.
    pub event: ImageEvent,
    /// What it is said to be, where that is different.
    pub facts: Vec<FactChange>,
    /// Fit for distribution; `None` when it was not judged or is not there.
    pub fit: Pair<Option<bool>>,
    /// Its drivers. Empty for an image that was added or removed: all of them were.
    pub drivers: DriverChanges,
    /// Its optional components.
    pub components: ComponentChanges,
}

impl ImageChange {
    /// It was not unfit before, and is now.
    pub fn became_unfit(&self) -> bool {
        self.fit.after == Some(false) && self.fit.before != Some(false)
    }
}

/// A fact about an image that is different.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactChange {
    /// `index`, `name`, `os-version`, `arch`, `release`, `kind`.
    pub what: &'static str,
    /// Before; `None` = not known.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// Drivers of an image that are not what they were.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriverChanges {
    /// Not there before.
    pub added: Vec<ImageDriverState>,
    /// Not there any more.
    pub removed: Vec<ImageDriverState>,
    /// The same INF of the same provider with another content, or the same content with another origin.
    pub updated: Vec<Pair<ImageDriverState>>,
}

/// Optional components of an image that are not what they were.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComponentChanges {
    /// Not there before.
    pub added: Vec<String>,
    /// Not there any more.
    pub removed: Vec<String>,
}

/// Inputs that are not what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputChanges {
    /// Could not be read this time.
    pub missing: Vec<InputState>,
    /// Could not be read the last time, and was read now.
    pub back: Vec<InputState>,
    /// Was not asked for before.
    pub added: Vec<InputState>,
    /// Is not asked for any more.
    pub removed: Vec<InputState>,
}

/// What nobody could look at.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotLookedAt {
    /// Packages of shares.
    pub packages: usize,
    /// Images.
    pub images: usize,
    /// Drivers of images that were read.
    pub image_drivers: usize,
    /// Findings.
    pub findings: usize,
}

impl Changes {
    /// Compares. Of `before`, what was missing may have been filled from older runs ([`Snapshot::fill_from`]).
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let mut skipped = NotLookedAt::default();
        Self {
            findings: findings(before, after, &mut skipped),
            packages: packages(before, after, &mut skipped),
            images: images(before, after, &mut skipped),
            inputs: inputs(before, after),
            coverage: coverage(before, after),
            not_looked_at: skipped,
        }
    }

    /// Nothing is different, and everything was looked at.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Findings that count now and did not before, or are worse than before: what a run fails for that looks at new ones
    /// only.
    pub fn newly_counting(&self) -> impl Iterator<Item = &FindingState> {
        let worse = |c: &&Pair<FindingState>| !c.before.counts() || c.after.severity > c.before.severity;
        let changed = self.findings.changed.iter().filter(worse).map(|c| &c.after);
        self.findings.new.iter().chain(changed).filter(|f| f.counts())
    }
}

/// Pairs what has the same key, each once and in order; what was paired is taken out of both lists.
fn pair<'a, T, K: Ord>(
    before: &mut Vec<&'a T>,
    after: &mut Vec<&'a T>,
    key: impl Fn(&'a T) -> K,
) -> Vec<(&'a T, &'a T)> {
    let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (at, item) in before.iter().enumerate().rev() {
        waiting.entry(key(item)).or_default().push(at);
    }
    let mut taken = BTreeSet::new();
    let mut pairs = Vec::new();
    after.retain(|item| {
        let Some(at) = waiting.get_mut(&key(item)).and_then(Vec::pop) else { return true };
        taken.insert(at);
        pairs.push((before[at], *item));
        false
    });
    let mut at = 0;
    before.retain(|_| {
        at += 1;
        !taken.contains(&(at - 1))
    });
    pairs
}

fn both<T: Clone>((before, after): (&T, &T)) -> Pair<T> {
    Pair { before: before.clone(), after: after.clone() }
}

fn cloned<T: Clone>(items: Vec<&T>) -> Vec<T> {
    items.into_iter().cloned().collect()
}

/// Whether an input could not be looked at. One that nobody asked for this time was not looked at either.
fn is_unread(after: &Snapshot, input: &str) -> bool {
    after.input(input).is_none_or(|i| !i.is_read())
}

fn packages(before: &Snapshot, after: &Snapshot, skipped: &mut NotLookedAt) -> PackageChanges {
    let mut old: Vec<&PackageState> = before.packages.iter().collect();
    let mut new: Vec<&PackageState> = after.packages.iter().collect();
    pair(&mut old, &mut new, |p| (&p.share, &p.path, &p.driver));
    let all = old.len();
    old.retain(|p| !after.input(&p.share).is_none_or(|i| !i.is_read() || i.is_unread(&p.path)));
    skipped.packages += all - old.len();
    let mut updated = pair(&mut old, &mut new, |p| (&p.share, &p.path));
    // File systems that tell case apart are asked by people who do not.
    updated.extend(pair(&mut old, &mut new, |p| (&p.share, p.path.to_lowercase())));
    updated.sort();
    let moved = pair(&mut old, &mut new, |p| &p.driver);
    // The same content in another spelling of its name is in its place, and is told as moved.
    let (respelled, updated): (Vec<_>, Vec<_>) = updated.into_iter().partition(|(a, b)| a.driver == b.driver);
    let mut moved: Vec<_> = moved.into_iter().chain(respelled).collect();
    moved.sort();
    PackageChanges {
        added: cloned(new),
        removed: cloned(old),
        updated: updated.into_iter().map(both).collect(),
        moved: moved.into_iter().map(both).collect(),
    }
}

fn findings(before: &Snapshot, after: &Snapshot, skipped: &mut NotLookedAt) -> FindingChanges {
    let mut old: Vec<&FindingState> = before.findings.iter().collect();
    let mut new: Vec<&FindingState> = after.findings.iter().collect();
    // Several findings may have one fingerprint: those that say the same in the same place belong together.
    let mut pairs = pair(&mut old, &mut new, |f| (&f.fingerprint, &f.path, &f.message));
    pairs.extend(pair(&mut old, &mut new, |f| (&f.fingerprint, &f.path)));
    pairs.extend(pair(&mut old, &mut new, |f| &f.fingerprint));
    let all = old.len();
    old.retain(|f| !was_not_looked_at(after, f));
    skipped.findings += all - old.len();
    let mut changed: Vec<Pair<FindingState>> = pairs.into_iter().filter(|(a, b)| is_another(a, b)).map(both).collect();
    let mut changes = FindingChanges { new: cloned(new), gone: cloned(old), changed: Vec::new() };
    let weight =
        |f: &FindingState| (std::cmp::Reverse(f.severity), f.path.clone(), f.rule.clone(), f.fingerprint.clone());
    changes.new.sort_by_cached_key(weight);
    changes.gone.sort_by_cached_key(weight);
    changed.sort_by_cached_key(|c| weight(&c.after));
    changes.changed = changed;
    changes
}

/// Not where it lies: a package that moved is told as a package.
fn is_another(before: &FindingState, after: &FindingState) -> bool {
    let said =
        |f: &FindingState| (f.severity, f.confidence, f.message.clone(), f.targets.clone(), f.suppressed.clone());
    said(before) != said(after)
}

/// An input that the finding needs is missing, or its place could not be read.
fn was_not_looked_at(after: &Snapshot, finding: &FindingState) -> bool {
    let place_is_unread = |input: &InputState| {
        let below = finding.path.strip_prefix(&input.name).and_then(|rest| rest.strip_prefix('/'));
        input.is_unread(&finding.path) || below.is_some_and(|path| input.is_unread(path))
    };
    finding.inputs.iter().any(|path| after.input(path).is_none_or(|i| !i.is_read() || place_is_unread(i)))
}

fn images(before: &Snapshot, after: &Snapshot, skipped: &mut NotLookedAt) -> Vec<ImageChange> {
    let mut old: Vec<&ImageState> = before.images.iter().collect();
    let mut new: Vec<&ImageState> = after.images.iter().collect();
    let mut pairs = pair(&mut old, &mut new, |i| (&i.file, i.index, &i.name));
    // An image that was put in front of others moves their indexes.
    pairs.extend(pair(&mut old, &mut new, |i| (&i.file, &i.name)));
    pairs.extend(pair(&mut old, &mut new, |i| (&i.file, i.index)));
    let all = old.len();
    old.retain(|i| !is_unread(after, &i.file));
    skipped.images += all - old.len();
    let mut changes: Vec<ImageChange> = pairs.into_iter().filter_map(|(a, b)| image(a, b, skipped)).collect();
    let whole = |event: ImageEvent, i: &ImageState| ImageChange {
        file: i.file.clone(),
        index: i.index,
        name: i.name.clone(),
        event,
        ..ImageChange::default()
    };
    let fit = |before, after| Pair { before, after };
    changes.extend(new.iter().map(|i| ImageChange { fit: fit(None, i.fit), ..whole(ImageEvent::Added, i) }));
    changes.extend(old.iter().map(|i| ImageChange { fit: fit(i.fit, None), ..whole(ImageEvent::Removed, i) }));
    changes.sort_by(|a, b| (&a.file, a.index, a.event).cmp(&(&b.file, b.index, b.event)));
    changes
}

/// One image before and after; `None` when nothing is different.
fn image(before: &ImageState, after: &ImageState, skipped: &mut NotLookedAt) -> Option<ImageChange> {
    let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    let rebuilt = differs(&before.guid, &after.guid) || differs(&before.sha256, &after.sha256);
    let facts = [
        ("index", Some(before.index.to_string()), Some(after.index.to_string())),
        ("name", before.name.clone(), after.name.clone()),
        ("os-version", before.os_version.clone(), after.os_version.clone()),
        ("arch", before.arch.clone(), after.arch.clone()),
        ("release", before.release.clone(), after.release.clone()),
        ("kind", Some(before.kind.clone()), Some(after.kind.clone())),
    ];
    let facts = facts.into_iter().filter(|(_, a, b)| a != b);
    let change = ImageChange {
        file: after.file.clone(),
        index: after.index,
        name: after.name.clone(),
        event: if rebuilt { ImageEvent::Rebuilt } else { ImageEvent::Changed },
        facts: facts.map(|(what, before, after)| FactChange { what, before, after }).collect(),
        fit: Pair { before: before.fit, after: after.fit },
        drivers: drivers(before, after, skipped),
        components: components(&before.components, &after.components),
    };
    let same = !rebuilt
        && change.facts.is_empty()
        && change.fit.before == change.fit.after
        && change.drivers == DriverChanges::default()
        && change.components == ComponentChanges::default();
    (!same).then_some(change)
}

/// Driver by driver, whatever number the image gave to an injected one.
fn drivers(before: &ImageState, after: &ImageState, skipped: &mut NotLookedAt) -> DriverChanges {
    let mut old: Vec<&ImageDriverState> = before.drivers.iter().collect();
    let mut new: Vec<&ImageDriverState> = after.drivers.iter().collect();
    pair(&mut old, &mut new, |d| (&d.driver, &d.origin, &d.path));
    pair(&mut old, &mut new, |d| (&d.driver, &d.origin));
    let all = old.len();
    old.retain(|d| !lies_in(&after.unread, &d.path));
    skipped.image_drivers += all - old.len();
    let mut updated = pair(&mut old, &mut new, |d| &d.driver);
    let name = |d: &ImageDriverState| (d.inf.to_lowercase(), d.provider.as_deref().map(str::to_lowercase));
    updated.extend(pair(&mut old, &mut new, |d| (name(d), &d.origin)));
    updated.extend(pair(&mut old, &mut new, name));
    updated.sort();
    DriverChanges { added: cloned(new), removed: cloned(old), updated: updated.into_iter().map(both).collect() }
}

fn components(before: &[String], after: &[String]) -> ComponentChanges {
    let without = |all: &[String], others: &[String]| all.iter().filter(|c| !others.contains(c)).cloned().collect();
    ComponentChanges { added: without(after, before), removed: without(before, after) }
}

fn inputs(before: &Snapshot, after: &Snapshot) -> InputChanges {
    let was = |input: &InputState| before.inputs.iter().find(|i| i.path == input.path && i.kind == input.kind);
    let is = |input: &InputState| after.inputs.iter().any(|i| i.path == input.path && i.kind == input.kind);
    let of = |chosen: &dyn Fn(&InputState) -> bool| after.inputs.iter().filter(|i| chosen(i)).cloned().collect();
    InputChanges {
        missing: of(&|i| !i.is_read() && was(i) != Some(i)),
        back: of(&|i| i.is_read() && was(i).is_some_and(|w| !w.is_read())),
        added: of(&|i| was(i).is_none()),
        removed: before.inputs.iter().filter(|i| !is(i)).cloned().collect(),
    }
}

/// A fleet that could not be read has no other numbers.
fn coverage(before: &Snapshot, after: &Snapshot) -> Option<Pair<Option<CoverageState>>> {
    let missing = |s: &Snapshot| s.inputs.iter().any(|i| i.kind != "share" && matches!(i.state, ReadState::Missing(_)));
    let differs = before.coverage != after.coverage && !missing(after);
    differs.then(|| Pair { before: before.coverage.clone(), after: after.coverage.clone() })
}
