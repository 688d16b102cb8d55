//! What rules about single drivers share: folding many drivers into few findings, and how bad a failure is.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::no_models_for_winpe_release::is_adapter;
use crate::analysis::choices::reaches;
use crate::analysis::classify::profile::Function;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::target::{TargetKind, folded_names};
use crate::analysis::world::{DriverIndex, Location};

/// Of one rule and severity a share gives at most so many findings: folders are folded into the ones above them.
const MOST_FOLDERS: usize = 25;
/// Names that a message lists.
const MOST_NAMES: usize = 5;

/// A driver can not work on a target: an error where the target was named and would take the driver for a wired adapter.
pub(super) fn failure(context: &Context<'_>, driver: DriverIndex, target: usize) -> Severity {
    let wired = is_adapter(context.topologies.roles[driver]) && context.profiles[driver].function != Function::Wlan;
    match (context.targets[target].named, wired && context.choices.is_taken(driver, target)) {
        (true, true) => Severity::Error,
        (true, false) => Severity::Warning,
        (false, _) => Severity::Info,
    }
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

    fn place(&self, context: &Context<'_>) -> Place {
        context.world.place(&context.world.drivers[self.driver].locations[self.location], self.line)
    }
}

/// Items of one folder (or of the folders below one) with the same severity and targets.
pub(super) struct Group {
    pub(super) severity: Severity,
    pub(super) targets: BTreeSet<usize>,
    pub(super) items: Vec<Item>,
}

/// Items of one severity in one share or image, by targets and folder.
type Folders = BTreeMap<(BTreeSet<usize>, String), Vec<Item>>;

/// Puts items together that lie in one folder. Where a share has very many such folders, those below a common one are put
/// together, so that the report stays readable.
pub(super) fn by_folder(context: &Context<'_>, items: Vec<Item>) -> Vec<Group> {
    let mut containers: BTreeMap<(Severity, usize), Folders> = BTreeMap::new();
    for item in items {
        let (container, folder) = match &context.world.drivers[item.driver].locations[item.location] {
            location @ Location::Share { share, .. } => (*share, location.folder().to_owned()),
            // An image is one folder.
            Location::Image { image, .. } => (context.world.shares.len() + image, String::new()),
        };
        let folders = containers.entry((item.severity, container)).or_default();
        folders.entry((item.targets.clone(), folder)).or_default().push(item);
    }
    let mut found = Vec::new();
    for ((severity, _), mut folders) in containers {
        while folders.len() > MOST_FOLDERS {
            let Some(fewer) = one_level_up(&mut folders) else { break };
            folders = fewer;
        }
        found.extend(folders.into_iter().map(|((targets, _), items)| Group { severity, targets, items }));
    }
    found
}

/// The deepest folders are folded into the ones above them; `None` when only the root is left.
fn one_level_up(folders: &mut Folders) -> Option<Folders> {
    let depth = |folder: &str| if folder.is_empty() { 0 } else { folder.matches('/').count() + 1 };
    let deepest = folders.keys().map(|(_, f)| depth(f)).max().filter(|d| *d > 0)?;
    let mut above = Folders::new();
    for ((targets, folder), items) in std::mem::take(folders) {
        let folder = if depth(&folder) < deepest { &folder } else { folder.rsplit_once('/').map_or("", |(a, _)| a) };
        above.entry((targets, folder.to_owned())).or_default().extend(items);
    }
    Some(above)
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

    /// One or several.
    pub(super) fn verb<'t>(&self, one: &'t str, several: &'t str) -> &'t str {
        let first = self.items.first();
        let all_the_same = self.items.iter().all(|i| first.is_some_and(|f| f.name.eq_ignore_ascii_case(&i.name)));
        if all_the_same { one } else { several }
    }

    /// A finding with every place; `text` says what is wrong.
    pub(super) fn finding(&self, context: &Context<'_>, rule: &'static str, text: String) -> Finding {
        let mut places: Vec<Place> = self.items.iter().map(|i| i.place(context)).collect();
        places.sort();
        places.dedup();
        let mut identity: Vec<String> = self
            .items
            .iter()
            .map(|i| format!("{}|{}", driver_identity(&context.world.drivers[i.driver]), i.name.to_ascii_lowercase()))
            .collect();
        identity.sort();
        identity.dedup();
        identity.push(self.severity.name().to_owned());
        identity.extend(self.targets.iter().map(|t| context.targets[*t].name.clone()));
        let words: Vec<&str> = identity.iter().map(String::as_str).collect();
        let mut finding = Finding::new(rule, self.severity, places.remove(0), &words, text);
        finding.related = places;
        finding.targets = self.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
        let drivers: BTreeSet<DriverIndex> = self.items.iter().map(|i| i.driver).collect();
        if let (1, Some(driver)) = (drivers.len(), drivers.first()) {
            finding.subject.driver = Some(*driver);
        }
        finding.subject.image = self.targets.first().and_then(|t| context.targets[*t].image());
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
    rows: BTreeMap<(DriverIndex, String, Confidence), Fault>,
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

/// One fault of one driver.
pub(super) struct Fault {
    pub(super) severity: Severity,
    pub(super) targets: BTreeSet<usize>,
    pub(super) places: BTreeSet<Place>,
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
        let row = self.rows.entry((driver, fault, confidence)).or_insert_with(|| Fault {
            severity,
            targets: BTreeSet::new(),
            places: BTreeSet::new(),
            evidence: BTreeSet::new(),
        });
        row.severity = row.severity.max(severity);
        row.targets.insert(target);
        row.places.insert(context.world.place(location, 0));
        row.evidence.extend(evidence);
    }

    /// One finding for each driver and fault: `{inf}: {fault}; it does not load in {targets}`.
    pub(super) fn findings(self, context: &Context<'_>, rule: &'static str, findings: &mut Vec<Finding>) {
        let Self { rows, outcome, .. } = self;
        for ((driver, fault, confidence), row) in rows {
            let text = format!("{fault}: {outcome} {}", folded_names(context.targets, &row.targets));
            let identity = [driver_identity(&context.world.drivers[driver]), fault, confidence.name().to_owned()];
            let mut identity: Vec<&str> = identity.iter().map(String::as_str).collect();
            if outcome != CAN_NOT_LOAD {
                identity.push(outcome);
            }
            let mut places: Vec<Place> = row.places.into_iter().collect();
            let mut finding = Finding::new(rule, row.severity, places.remove(0), &identity, text).about_driver(driver);
            finding.confidence = confidence;
            finding.related = places;
            finding.targets = row.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
            let mut images = row.targets.iter().map(|t| &context.targets[*t].kind);
            if let (Some(TargetKind::Image(image)), None) = (images.next(), images.next()) {
                finding.subject.image = Some(*image);
            }
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

    fn item(driver: DriverIndex) -> Item {
        let (targets, name) = (BTreeSet::new(), format!("{driver}.inf"));
        Item { driver, location: 0, line: 0, severity: Severity::Info, targets, name }
    }

    #[test]
    fn the_deepest_folders_are_folded_first_and_nothing_is_lost() {
        let paths = ["", "a", "a/b/c", "a/b/d", "e/f"];
        let mut folders = Folders::new();
        for (driver, path) in paths.iter().enumerate() {
            folders.insert((BTreeSet::new(), (*path).to_owned()), vec![item(driver)]);
        }
        let wanted: [&[&str]; 3] = [&["", "a", "a/b", "e/f"], &["", "a", "e"], &[""]];
        for names in wanted {
            folders = one_level_up(&mut folders).expect("there is a level above");
            let found: Vec<&str> = folders.keys().map(|(_, f)| f.as_str()).collect();
            assert_eq!(found, names);
            assert_eq!(folders.values().map(Vec::len).sum::<usize>(), paths.len());
        }
        assert!(one_level_up(&mut folders).is_none(), "the root has nothing above");
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
    }
}
