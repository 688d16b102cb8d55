//! A driver for a network adapter that selects nothing on a named target.
//!
//! On a share that is usual (folders for several versions of Windows lie side by side), so it is only said; a driver that
//! was put into the image and selects nothing there is a mistake.

use std::collections::BTreeSet;

use super::Context;
use super::build_decoration_invisible_to_winpe::hidden_by_build;
use super::folding::{Item, by_driver};
use crate::analysis::choices::reaches;
use crate::analysis::classify::role::Role;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::folded_names;
use crate::analysis::world::Location;
use crate::facts::boot_image::DriverOrigin;
use crate::facts::ids::Arch;

pub(super) const ID: &str = "no-models-for-winpe-release";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        if !is_adapter(context.topologies.roles[index]) {
            continue;
        }
        let driver = &context.world.drivers[index];
        for (number, location) in driver.locations.iter().enumerate() {
            let severity = match location {
                Location::Share { .. } => Severity::Info,
                Location::Image { origin: DriverOrigin::Injected, .. } => Severity::Warning,
                // What Windows brings is for itself.
                Location::Image { .. } => continue,
            };
            // A package for another architecture that is judged, too, is where it belongs.
            let archs = driver.package.archs();
            let elsewhere = |arch: Arch| {
                !archs.contains(&arch) && context.targets.iter().any(|t| t.named && archs.contains(&t.os.arch))
            };
            let targets = context.targets.iter().enumerate();
            let targets: BTreeSet<usize> = targets
                .filter(|(n, t)| t.named && reaches(location, t) && !context.choices.selects(index, *n))
                .filter(|(_, t)| !hidden_by_build(&driver.package, &t.os) && !elsewhere(t.os.arch))
                .map(|(n, _)| n)
                .collect();
            if !targets.is_empty() {
                items.push(Item { targets, ..Item::new(context, index, number, severity) });
            }
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "{} has no models for {}: Windows finds no device in it there and does not use it",
            group.names(),
            folded_names(context.targets, &group.targets),
        );
        findings.push(group.finding(context, ID, text));
    }
}

/// It runs or carries a wired adapter.
pub(super) const fn is_adapter(role: Role) -> bool {
    matches!(role, Role::BusDriver | Role::MiddleDriver | Role::Miniport | Role::Monolithic)
}
