//! Drivers for wireless adapters: WLAN, WiMAX, mobile broadband.

use super::Context;
use super::folding::{Item, by_driver};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::Location;
use crate::facts::boot_image::DriverOrigin;

pub(super) const ID: &str = "wlan-driver";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        if !context.profiles[index].function.is_wireless() {
            continue;
        }
        for (number, location) in context.world.drivers[index].locations.iter().enumerate() {
            if !matches!(location, Location::Image { origin: DriverOrigin::Inbox, .. }) {
                items.push(Item::new(context, index, number, Severity::Info));
            }
        }
    }
    for group in by_driver(context, items) {
        let text = format!("{} drives wireless adapters: of no use in the windowsPE pass", group.names());
        findings.push(group.finding(context, ID, text));
    }
}
