//! Drivers for Remote NDIS: connections that a phone or gadget shares over USB.

use super::Context;
use super::folding::{Item, by_driver};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::driver_package::DriverPackage;

pub(super) const ID: &str = "usb-tethering-driver";

/// The INF of Windows that INFs for RNDIS devices include (windows-driver-docs: remote-ndis-inf-template).
const INCLUDED: &str = "netrndis.inf";
/// Compatible ids of RNDIS devices (windows-driver-docs: usb-device-class-drivers-included-in-windows; MS_COMP is the form
/// of an id that the device's Microsoft OS descriptor names).
const IDS: [&str; 2] = ["USB\\MS_COMP_RNDIS", "USB\\CLASS_EF&SUBCLASS_04&PROT_01"];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        if is_rndis(&driver.package) {
            let shares = driver.locations.iter().enumerate();
            let shares = shares.filter(|(_, l)| matches!(l, crate::analysis::world::Location::Share { .. }));
            items.extend(shares.map(|(number, _)| Item::new(context, index, number, Severity::Info)));
        }
    }
    for group in by_driver(context, items) {
        let text = format!("{} drives connections that a phone or gadget shares over USB (RNDIS)", group.names());
        findings.push(group.finding(context, ID, text));
    }
}

fn is_rndis(package: &DriverPackage) -> bool {
    let includes = package.install_sections.iter().flat_map(|s| &s.includes);
    let mut ids = package.models_sections.iter().flat_map(|s| &s.models).flat_map(|m| &m.ids);
    includes.into_iter().any(|i| i.eq_ignore_ascii_case(INCLUDED))
        || ids.any(|id| IDS.iter().any(|known| id.as_str().starts_with(known)))
}
