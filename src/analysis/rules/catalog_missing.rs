//! The catalog of a network driver is not in its folder, or its INF names none.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_folder, named_targets};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::package_signing::for_arch;
use crate::analysis::target::folded_names;
use crate::analysis::world::Location;
use crate::facts::driver_package::CatalogRef;

pub(super) const ID: &str = "catalog-missing";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // Those that name a catalog, and those that name none.
    let (mut lost, mut without) = (Vec::new(), Vec::new());
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        let version = &driver.package.version;
        // An INF of Windows itself: its catalog is a component's.
        if version.has_layout_file && version.catalogs.is_empty() {
            continue;
        }
        for (number, location) in driver.locations.iter().enumerate() {
            // Images have theirs in CatRoot.
            if !matches!(location, Location::Share { .. }) {
                continue;
            }
            let there = |c: &CatalogRef| context.files.has(context.world, location, "", &c.file);
            let named: BTreeSet<usize> = named_targets(context, index, location);
            let hit: BTreeSet<usize> =
                named.into_iter().filter(|t| !for_arch(version, context.targets[*t].os.arch).any(there)).collect();
            let none_at_all = !version.catalogs.iter().any(there);
            if hit.is_empty() && !none_at_all {
                continue;
            }
            let severity = if hit.is_empty() { Severity::Info } else { Severity::Warning };
            let line = version.catalogs.first().map_or(0, |c| c.line);
            let items = if version.catalogs.is_empty() { &mut without } else { &mut lost };
            items.push(Item { targets: hit, line, ..Item::new(context, index, number, severity) });
        }
    }
    for (items, fault) in [(lost, "no catalog lies beside"), (without, "no catalog is named by")] {
        for group in by_folder(context, items) {
            let counts = group.verb("it counts", "they count");
            let mut text = format!("{fault} {}: {counts} as unsigned", group.names());
            if !group.targets.is_empty() {
                text = format!("{text} in {}", folded_names(context.targets, &group.targets));
            }
            findings.push(group.finding(context, ID, text));
        }
    }
}
