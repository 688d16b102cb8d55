//! What rules about single drivers share: folding the places of a driver into one finding, and how bad a failure is.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::no_models_for_winpe_release::is_adapter;
use crate::analysis::choices::reaches;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, ImageIndex, Location};

/// Names that a message lists.
const MOST_NAMES: usize = 5;

/// A driver can not work on a target: an error where the target was named and would take the driver for a wired adapter.
pub(super) fn failure(context: &Context<'_>, driver: DriverIndex, target: usize) -> Severity {
    let wired = runs_wired_adapter(context, driver);
    match (context.targets[target].named, wired && context.choices.is_taken(driver, target)) {
        (true, true) => Severity::Error,
        (true, false) => Severity::Warning,
        (false, _) => Severity::Info,
    }
}

/// The driver runs a wired adapter, or carries the one that does.
pub(super) fn runs_wired_adapter(context: &Context<'_>, driver: DriverIndex) -> bool {
    is_adapter(context.topologies.roles[driver]) && !context.profiles[driver].function.is_wireless()
}

/// Named targets that can be reached from a location and on which the driver selects a device.
pub(super) fn named_targets(context: &Context<'_>, driver: DriverIndex, location: &Location) -> BTreeSet<usize> {
    let targets = context.targets.iter().enumerate();
    targets
        .filter(|(n, t)| t.named && reaches(location, t) && context.choices.selects(driver, *n))
        .map(|(n, _)| n)
        .collect()
}

/// Something that is said of one driver at one place.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) driver: DriverIndex,
    /// Index into the driver's locations.
    pub(super) location: usize,
    pub(super) line: u32,
    pub(super) severity: Severity,
    pub(super) targets: BTreeSet<usize>,
    /// What is listed: the INF, or a file of it.
    pub(super) name: String,
}

impl Item {
    pub(super) fn new(context: &Context<'_>, driver: DriverIndex, location: usize, severity: Severity) -> Self {
        let name = context.world.drivers[driver].inf.clone();
        Self { driver, location, line: 0, severity, targets: BTreeSet::new(), name }
    }

    fn at<'c>(&self, context: &'c Context<'_>) -> &'c Location {
        &context.world.drivers[self.driver].locations[self.location]
    }

    fn place(&self, context: &Context<'_>) -> Place {
        context.world.place(self.at(context), self.line)
    }
}

/// Items of one driver in one share or image with the same severity and targets.
pub(super) struct Group {
    pub(super) driver: DriverIndex,
    pub(super) severity: Severity,
    pub(super) targets: BTreeSet<usize>,
    pub(super) items: Vec<Item>,
}

/// Puts the items of one driver together that hold for the same targets: the same driver in many folders is one finding with
/// a list of places. A finding never speaks of two drivers, or one that comes or goes would make it another finding.
pub(super) fn by_driver(context: &Context<'_>, items: Vec<Item>) -> Vec<Group> {
    let shares = context.world.shares.len();
    let mut groups: BTreeMap<(usize, DriverIndex, Severity, BTreeSet<usize>), Vec<Item>> = BTreeMap::new();
    for item in items {
        let container = match item.at(context) {
            Location::Share { share, .. } => *share,
            Location::Image { image, .. } => shares + image,
        };
        groups.entry((container, item.driver, item.severity, item.targets.clone())).or_default().push(item);
    }
    let groups = groups.into_iter();
    groups.map(|((_, driver, severity, targets), items)| Group { driver, severity, targets, items }).collect()
}

impl Group {
    /// `a.inf, b.inf and 3 more`, each name once.
    pub(super) fn names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for item in &self.items {
            if !names.iter().any(|n| n.eq_ignore_ascii_case(&item.name)) {
                names.push(&item.name);
            }
        }
        listed(&names)
    }

    /// The image that holds the items, if they do not lie on a share.
    pub(super) fn image(&self, context: &Context<'_>) -> Option<ImageIndex> {
        self.items.first().and_then(|i| i.at(context).image())
    }

    /// A finding with every place; `text` says what is wrong.
    pub(super) fn finding(&self, context: &Context<'_>, rule: &'static str, text: String) -> Finding {
        let mut places: Vec<Place> = self.items.iter().map(|i| i.place(context)).collect();
        places.sort();
        places.dedup();
        let mut identity: Vec<String> = self.items.iter().map(|i| i.name.to_ascii_lowercase()).collect();
        identity.sort();
        identity.dedup();
        identity.push(driver_identity(&context.world.drivers[self.driver]));
        let mut words: Vec<&str> = identity.iter().map(String::as_str).collect();
        words.extend(self.items.first().into_iter().flat_map(|i| Side::of(i.at(context)).identity()));
        let mut finding = Finding::new(rule, self.severity, places.remove(0), &words, text);
        finding.related = places;
        finding.targets = self.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
        finding.subject.driver = Some(self.driver);
        finding.subject.image = self.image(context);
        finding
    }
}

/// The first few of a list, and how many more there are.
pub(super) fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES { format!("{shown} and {} more", names.len() - MOST_NAMES) } else { shown }
}

/// What most faults lead to.
pub(super) const CAN_NOT_LOAD: &str = "it can not load in";

/// Faults of drivers that differ from target to target, folded by driver and fault.
pub(super) struct Faults {
    rows: BTreeMap<(DriverIndex, String, Confidence, Side), Fault>,
    /// What follows, before the names of the targets.
    outcome: &'static str,
    /// What the severity is held between.
    least: Severity,
    most: Severity,
}

impl Default for Faults {
    fn default() -> Self {
        Self::which(CAN_NOT_LOAD, Severity::Info, Severity::Error)
    }
}

impl Faults {
    /// Faults with another outcome than that the driver does not load, and with bounds for how bad they are.
    pub(super) const fn which(outcome: &'static str, least: Severity, most: Severity) -> Self {
        Self { rows: BTreeMap::new(), outcome, least, most }
    }
}

/// A driver may lie on a share and in images: that it does not load is a fault of the one and of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Share,
    Image,
}

impl Side {
    pub(super) const fn of(location: &Location) -> Self {
        match location {
            Location::Share { .. } => Self::Share,
            Location::Image { .. } => Self::Image,
        }
    }

    /// What tells its findings from those of the other side.
    pub(super) const fn identity(self) -> &'static [&'static str] {
        match self {
            Self::Share => &[],
            Self::Image => &["in an image"],
        }
    }
}

/// The image, when there is one only.
pub(super) fn single(images: &BTreeSet<ImageIndex>) -> Option<ImageIndex> {
    images.first().copied().filter(|_| images.len() == 1)
}

/// One fault of one driver.
#[derive(Default)]
pub(super) struct Fault {
    pub(super) severity: Option<Severity>,
    pub(super) targets: BTreeSet<usize>,
    pub(super) places: BTreeSet<Place>,
    /// Images that hold the driver.
    pub(super) images: BTreeSet<ImageIndex>,
    /// Target by target, for people.
    pub(super) evidence: BTreeSet<Evidence>,
}

impl Faults {
    /// Adds what was seen on one target. `fault` says what is wrong without naming the target.
    pub(super) fn add(
        &mut self,
        context: &Context<'_>,
        (driver, location, target): (DriverIndex, &Location, usize),
        fault: String,
        confidence: Confidence,
        evidence: impl IntoIterator<Item = Evidence>,
    ) {
        let severity = failure(context, driver, target).clamp(self.least, self.most);
        let row = self.rows.entry((driver, fault, confidence, Side::of(location))).or_default();
        row.severity = row.severity.max(Some(severity));
        row.images.extend(location.image());
        row.targets.insert(target);
        row.places.insert(context.world.place(location, 0));
        row.evidence.extend(evidence);
    }

    /// One finding for each driver and fault: `{inf}: {fault}; it does not load in {targets}`.
    pub(super) fn findings(self, context: &Context<'_>, rule: &'static str, findings: &mut Vec<Finding>) {
        let Self { rows, outcome, .. } = self;
        for ((driver, fault, confidence, side), row) in rows {
            let Some(severity) = row.severity else { continue };
            let text = format!("{fault}: {outcome} {}", folded_names(context.targets, &row.targets));
            let identity = [driver_identity(&context.world.drivers[driver]), fault, confidence.name().to_owned()];
            let mut identity: Vec<&str> = identity.iter().map(String::as_str).collect();
            if outcome != CAN_NOT_LOAD {
                identity.push(outcome);
            }
            identity.extend(side.identity());
            let mut places: Vec<Place> = row.places.into_iter().collect();
            let mut finding = Finding::new(rule, severity, places.remove(0), &identity, text).about_driver(driver);
            finding.confidence = confidence;
            finding.related = places;
            finding.targets = row.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
            finding.subject.image = single(&row.images);
            finding.evidence = row.evidence.into_iter().collect();
            findings.push(finding);
        }
    }
}

/// Calls `each` for every driver file that a network driver would load on a target of its architecture:
/// `(driver, location, target)`, the install section and the file.
pub(super) fn each_loaded<'w>(
    context: &Context<'w>,
    mut each: impl FnMut(
        (DriverIndex, &'w Location, usize),
        &'w crate::facts::driver_package::InstallSection,
        &crate::analysis::package_files::LoadedFile<'w>,
    ),
) {
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        for location in &driver.locations {
            // Many targets use the same section: its files are looked up once.
            let mut known: BTreeMap<*const crate::facts::driver_package::InstallSection, Vec<_>> = BTreeMap::new();
            for (target, facts) in context.targets.iter().enumerate() {
                if !reaches(location, facts) || !context.choices.selects(index, target) {
                    continue;
                }
                for section in context.choices.sections(driver, index, target) {
                    let files = known.entry(std::ptr::from_ref(section)).or_insert_with(|| {
                        crate::analysis::package_files::function_drivers(
                            context.files,
                            context.world,
                            location,
                            section,
                            section.arch,
                        )
                    });
                    for file in files.iter() {
                        each((index, location, target), section, file);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_counted() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
    }
}
