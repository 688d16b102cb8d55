//! A signed catalog does not hold the INF that names it, or a driver file of that INF.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{CAN_NOT_LOAD, Faults, Item, by_driver, named_targets, runs_wired_adapter};
use super::signatures::each_signed;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::package_signing::{InfSignature, PackageSigning};
use crate::analysis::signing::Acceptance;
use crate::facts::share::file_name_of;

pub(super) const ID: &str = "file-not-in-catalog";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    driver_files(context, findings);
    inf_files(context, findings);
}

/// Driver files: where nothing else signs them, they do not load.
fn driver_files(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut refused = Faults::which(CAN_NOT_LOAD, Severity::Warning, Severity::Error);
    let mut staged = Faults::which("its package is not accepted as signed in", Severity::Info, Severity::Warning);
    each_signed(context, |signed| {
        let Some(catalog) = signed.package.signed_catalog() else { return };
        if signed.found.in_catalog || signed.package.is_unknown() {
            return;
        }
        let name = file_name_of(&catalog.path);
        let fault =
            format!("{} is not in {name}: it was exchanged, changed, or is of another version", signed.file.name);
        let evidence = Evidence::new("catalog", format!("{name} is signed and has no digest of this file"));
        let loads = signed.answer.as_ref().is_some_and(|a| a.acceptance != Acceptance::RefusedUnsigned);
        let faults = if loads { &mut staged } else { &mut refused };
        let own = signed.found.signatures.first().map(|s| Evidence::new("signature", s.describe()).at(s.place.clone()));
        let evidence = [Some(evidence.at(catalog.clone())), own].into_iter().flatten();
        faults.add(context, signed.at, fault, Confidence::Proven, evidence);
    });
    refused.findings(context, ID, findings);
    staged.findings(context, ID, findings);
}

/// INF files that their catalog does not know at all; those that it knows with another digest have a rule of their own.
fn inf_files(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // Those that a catalog with names does not name, and those of catalogs without names.
    let (mut unlisted, mut nameless) = (Vec::new(), Vec::new());
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        for (number, location) in driver.locations.iter().enumerate() {
            let archs: BTreeSet<_> = driver.package.install_sections.iter().map(|s| s.arch).collect();
            let state = archs.into_iter().find_map(|arch| {
                let package = PackageSigning::of(context.world, context.files, driver, location, arch);
                match package.inf() {
                    InfSignature::NotInCatalog { names_others, .. } if !package.in_box => Some(names_others),
                    _ => None,
                }
            });
            let Some(names_others) = state else { continue };
            let targets = named_targets(context, index, location);
            let matters = !targets.is_empty() && runs_wired_adapter(context, index);
            let severity = if matters { Severity::Warning } else { Severity::Info };
            let line = driver.package.version.catalogs.first().map_or(0, |c| c.line);
            let items = if names_others { &mut unlisted } else { &mut nameless };
            items.push(Item { targets, line, ..Item::new(context, index, number, severity) });
        }
    }
    for (items, fault) in [
        (unlisted, "the catalog of another version or driver lies beside"),
        (nameless, "the catalog, which names none of its members, has no digest of"),
    ] {
        for group in by_driver(context, items) {
            let text = format!("{fault} {}: it counts as unsigned", group.names());
            findings.push(group.finding(context, ID, text));
        }
    }
}
