//! Filters, intermediate drivers and protocols beside drivers for adapters.

use super::Context;
use super::folding::{Item, by_driver, named_targets};
use crate::analysis::classify::role::Role;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::Location;
use crate::facts::boot_image::DriverOrigin;

pub(super) const ID: &str = "filter-or-intermediate-driver";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        let role = context.topologies.roles[index];
        if !matches!(role, Role::Filter | Role::Intermediate | Role::Protocol) {
            continue;
        }
        let driver = &context.world.drivers[index];
        for (number, location) in driver.locations.iter().enumerate() {
            if matches!(location, Location::Image { origin: DriverOrigin::Inbox, .. }) {
                continue;
            }
            let targets = named_targets(context, index, location);
            let severity = if targets.is_empty() { Severity::Info } else { Severity::Warning };
            let name = format!("{} ({})", driver.inf, role.name());
            items.push(Item { targets, name, ..Item::new(context, index, number, severity) });
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "{} is no driver for an adapter: of no use in the windowsPE pass, and the link may drop while it is bound",
            group.names(),
        );
        findings.push(group.finding(context, ID, text));
    }
}
