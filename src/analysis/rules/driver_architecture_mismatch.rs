//! A .sys was built for another machine than the architecture of the install section that loads it.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::failure;
use crate::analysis::choices::reaches;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::package_files::function_drivers;
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::driver_package::InstallSection;

pub(super) const ID: &str = "driver-architecture-mismatch";

/// What one driver does wrong.
#[derive(Default)]
struct Mismatch {
    places: BTreeSet<Place>,
    targets: BTreeSet<usize>,
    severity: Option<Severity>,
    evidence: BTreeSet<Evidence>,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        // By what is wrong: the same INF may lie beside other files elsewhere.
        let mut rows: BTreeMap<Vec<String>, Mismatch> = BTreeMap::new();
        for location in &driver.locations {
            let mut wrong: BTreeMap<String, Evidence> = BTreeMap::new();
            let mut sections = Vec::new();
            for section in driver.package.install_sections.iter().filter(|s| s.actual.is_some()) {
                let found = mismatches(context, location, section);
                if !found.is_empty() {
                    sections.push(section);
                }
                wrong.extend(found);
            }
            if wrong.is_empty() {
                continue;
            }
            let row = rows.entry(wrong.keys().cloned().collect()).or_default();
            row.places.insert(context.world.place(location, 0));
            row.evidence.extend(wrong.into_values());
            for target in hit(context, index, location, &sections) {
                row.targets.insert(target);
                row.severity = row.severity.max(Some(failure(context, index, target)));
            }
        }
        findings.extend(rows.into_iter().map(|(wrong, row)| finding(context, index, &wrong, row)));
    }
}

/// Files of a section that were built for another machine: what is wrong, and the reason.
fn mismatches(context: &Context<'_>, location: &Location, section: &InstallSection) -> Vec<(String, Evidence)> {
    let files = function_drivers(context.files, context.world, location, section, section.arch);
    let wrong = files.iter().filter_map(|file| {
        let binary = file.binary?;
        if binary.arch == Some(section.arch) {
            return None;
        }
        let machine = binary.arch.map_or_else(|| format!("machine 0x{:04x}", binary.machine), |a| a.to_string());
        let name = section.actual.as_deref().unwrap_or(&section.name);
        let reason = format!("{}: machine 0x{:04x}; [{name}] loads it on {}", file.name, binary.machine, section.arch);
        Some((
            format!("{} is a file for {machine} and is loaded on {}", file.name, section.arch),
            Evidence::new("binary-machine", reason),
        ))
    });
    wrong.collect()
}

/// Targets on which one of these sections is used.
fn hit(context: &Context<'_>, index: DriverIndex, location: &Location, sections: &[&InstallSection]) -> Vec<usize> {
    let driver = &context.world.drivers[index];
    let used = |target: usize| {
        context.choices.sections(driver, index, target).any(|s| sections.iter().any(|w| std::ptr::eq(*w, s)))
    };
    (0..context.targets.len()).filter(|t| reaches(location, &context.targets[*t]) && used(*t)).collect()
}

fn finding(context: &Context<'_>, index: DriverIndex, wrong: &[String], row: Mismatch) -> Finding {
    let driver = &context.world.drivers[index];
    let mut text = wrong.join(", ");
    if !row.targets.is_empty() {
        let names = folded_names(context.targets, &row.targets);
        text = format!("{text}: it can not load in {names}");
    }
    let mut identity = vec![driver_identity(driver)];
    identity.extend(wrong.iter().cloned());
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut places: Vec<Place> = row.places.into_iter().collect();
    // Two files that changed places are a fault of the package, whatever is judged.
    let severity = row.severity.map_or(Severity::Warning, |s| s.max(Severity::Warning));
    let mut finding = Finding::new(ID, severity, places.remove(0), &identity, text).about_driver(index);
    finding.related = places;
    finding.targets = row.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.evidence = row.evidence.into_iter().collect();
    finding
}
