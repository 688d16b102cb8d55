//! The catalog of a network driver is not in its folder, or its INF names none.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver, named_targets, runs_wired_adapter};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::package_signing::for_arch;
use crate::analysis::target::folded_names;
use crate::analysis::world::Location;
use crate::facts::driver_package::CatalogRef;
use crate::facts::ids::Arch;
use crate::inf_db::X86Signing;

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
            // What runs no wired adapter is of no use in the windowsPE pass anyway.
            let matters = runs_wired_adapter(context, index) && hit.iter().any(|t| enforces(context, *t));
            let severity = if matters { Severity::Warning } else { Severity::Info };
            let line = version.catalogs.first().map_or(0, |c| c.line);
            let items = if version.catalogs.is_empty() { &mut without } else { &mut lost };
            items.push(Item { targets: hit, line, ..Item::new(context, index, number, severity) });
        }
    }
    for (items, fault) in [(lost, "no catalog lies beside"), (without, "no catalog is named by")] {
        for group in by_driver(context, items) {
            let mut text = format!("{fault} {}: it counts as unsigned", group.names());
            if !group.targets.is_empty() {
                text = format!("{text} in {}", folded_names(context.targets, &group.targets));
            }
            findings.push(group.finding(context, ID, text));
        }
    }
}

/// The target refuses unsigned kernel drivers, on some machines at least: every 64-bit Windows since Vista does.
fn enforces(context: &Context<'_>, target: usize) -> bool {
    let target = &context.targets[target];
    let release = target.release.as_deref().and_then(|id| context.db.releases().by_id(id));
    target.os.arch != Arch::X86 || release.is_some_and(|r| r.x86_signing != X86Signing::Never)
}
