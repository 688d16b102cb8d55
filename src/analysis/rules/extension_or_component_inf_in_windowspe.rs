//! Extension, software component and firmware INFs: no drivers of their own, and harmful where Windows Setup is offered them.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver};
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::selection::models::selected_models;
use crate::analysis::world::Location;
use crate::facts::driver_package::DriverPackage;
use crate::facts::ids::class_guid;

pub(super) const ID: &str = "extension-or-component-inf-in-windowspe";

/// Class Firmware (windows-driver-docs: system-defined-device-setup-classes-available-to-vendors).
const FIRMWARE: &str = "{F2E7DD72-6468-4E36-B6F1-6488F42C1B52}";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for (index, driver) in context.world.drivers.iter().enumerate() {
        let Some(kind) = kind(&driver.package) else { continue };
        for (number, location) in driver.locations.iter().enumerate() {
            // What lies in a boot image is not offered to Setup.
            if !matches!(location, Location::Share { .. }) {
                continue;
            }
            let targets = context.targets.iter().enumerate().filter(|(_, t)| t.named);
            let targets: BTreeSet<usize> =
                targets.filter(|(_, t)| !selected_models(&driver.package, &t.os).is_empty()).map(|(n, _)| n).collect();
            let severity = if targets.is_empty() { Severity::Info } else { Severity::Warning };
            let name = format!("{} ({kind})", driver.inf);
            items.push(Item { targets, name, ..Item::new(context, index, number, severity) });
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "{} is no driver of its own: offered in the windowsPE pass it can make Windows Setup fail (0x80070103 - 0x40031)",
            group.names(),
        );
        let mut finding = group.finding(context, ID, text);
        finding.confidence = Confidence::Guess;
        let report = "reports of users, not a document of Microsoft";
        finding
            .evidence
            .push(Evidence::new("report", report).from_source("GitHub issues ChrisTitusTech/winutil 5101, 5001"));
        findings.push(finding);
    }
}

fn kind(package: &DriverPackage) -> Option<&'static str> {
    let kinds = [
        (class_guid::EXTENSION, "Extension"),
        (class_guid::SOFTWARE_COMPONENT, "SoftwareComponent"),
        (FIRMWARE, "Firmware"),
    ];
    kinds.into_iter().find(|(guid, name)| package.is_class(guid, name)).map(|(_, name)| name)
}
