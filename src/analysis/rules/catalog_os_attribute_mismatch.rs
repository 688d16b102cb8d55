//! The catalog of a signed driver names other Windows versions than the one that is judged.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver};
use crate::analysis::choices::reaches;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::package_signing::{InfSignature, PackageSigning, microsoft};
use crate::analysis::signing::os_attributes_cover;
use crate::analysis::target::folded_names;

pub(super) const ID: &str = "catalog-os-attribute-mismatch";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        for (number, location) in driver.locations.iter().enumerate() {
            // Only what was named: a catalog is made for the versions of its time, and no release is asked here otherwise.
            let targets = context.targets.iter().enumerate();
            let targets =
                targets.filter(|(n, t)| t.named && reaches(location, t) && context.choices.selects(index, *n));
            let (mut ranks_lower, mut the_same) = (BTreeSet::new(), BTreeSet::new());
            for (target, facts) in targets {
                let package = PackageSigning::of(context.world, context.files, driver, location, facts.os.arch);
                let InfSignature::Signed { signatures, os_attributes } = package.inf() else { continue };
                let covered = os_attributes_cover(os_attributes.iter().map(String::as_str), &facts.os.version);
                if package.in_box || covered != Some(false) {
                    continue;
                }
                // Where all trusted signatures count the same, nothing changes; nor for a vendor's own signature.
                let by_microsoft = signatures.iter().any(|s| microsoft(s, context.db).is_some());
                let lower = by_microsoft && !facts.all_signing_equal;
                if lower { &mut ranks_lower } else { &mut the_same }.insert(target);
            }
            let line = driver.package.version.catalogs.first().map_or(0, |c| c.line);
            for (targets, severity) in [(ranks_lower, Severity::Warning), (the_same, Severity::Info)] {
                if !targets.is_empty() {
                    items.push(Item { targets, line, ..Item::new(context, index, number, severity) });
                }
            }
        }
    }
    for group in by_driver(context, items) {
        let targets = folded_names(context.targets, &group.targets);
        let follows = match group.severity {
            Severity::Warning => "the signature counts as plain Authenticode there and ranks behind those of Microsoft",
            _ => "nothing follows there, but tools of that time may refuse to import it",
        };
        let text =
            format!("the catalog of {} is made for other Windows versions than {targets}: {follows}", group.names());
        findings.push(group.finding(context, ID, text));
    }
}
