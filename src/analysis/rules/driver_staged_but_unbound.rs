//! A network driver was added to the image's driver store, and no service for its function driver is there.
//!
//! Only added drivers: those that come with Windows PE have their services made when their devices are found.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::selection::selected_models;
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, ImageIndex, Location};
use crate::facts::boot_image::DriverOrigin;

pub(super) const ID: &str = "driver-staged-but-unbound";

/// `SERVICE_BOOT_START`.
const BOOT_START: u32 = 0;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for target in context.targets {
        let Some(image) = target.image() else { continue };
        let Some(services) = &context.world.images[image].facts.services else { continue };
        let known: BTreeSet<String> = services.iter().map(|s| s.name.to_lowercase()).collect();
        let mut by_severity: BTreeMap<Severity, Vec<(DriverIndex, Vec<String>)>> = BTreeMap::new();
        for (index, _, location) in context.world.image_drivers(image) {
            let Location::Image { origin: DriverOrigin::Injected, path, .. } = location else { continue };
            if !context.topologies.roles[index].is_network() || !path.to_lowercase().contains("/filerepository/") {
                continue;
            }
            let wanted = function_services(context, target, index);
            if wanted.is_empty() || wanted.keys().any(|name| known.contains(&name.to_lowercase())) {
                continue;
            }
            // 6.x makes the service of a driver that does not start at boot when its device is found.
            let at_boot = wanted.values().any(|start| *start == Some(BOOT_START));
            let normal = target.os.version.major == 6 && target.os.version.minor < 2 && !at_boot;
            let severity = if normal { Severity::Info } else { Severity::Warning };
            by_severity.entry(severity).or_default().push((index, wanted.into_keys().collect()));
        }
        for (severity, drivers) in by_severity.into_iter().rev() {
            findings.push(finding(context, target, image, severity, &drivers));
        }
    }
}

/// Function services of the sections that select devices on the target, with their start types.
fn function_services(context: &Context<'_>, target: &Target, driver: DriverIndex) -> BTreeMap<String, Option<u32>> {
    let package = &context.world.drivers[driver].package;
    let sections: BTreeSet<&str> =
        selected_models(package, &target.os).iter().map(|s| s.model.install_section.as_ref()).collect();
    let sections = sections.into_iter().filter_map(|name| package.install_section(name, target.os.arch));
    let services = sections.flat_map(|s| s.services.iter()).filter(|s| s.associated && !s.name.is_empty());
    services.map(|s| (s.name.to_string(), s.start_type)).collect()
}

fn finding(
    context: &Context<'_>,
    target: &Target,
    image: ImageIndex,
    severity: Severity,
    drivers: &[(DriverIndex, Vec<String>)],
) -> Finding {
    let world = context.world;
    let name = world.image_name(image);
    let listed: Vec<String> =
        drivers.iter().map(|(d, services)| format!("{} ({})", world.drivers[*d].inf, services.join(", "))).collect();
    let what = match severity {
        Severity::Info => "Windows PE makes the service when the device is found: normal for this release",
        _ => "what starts at boot starts too late or not at all, the rest only when Windows PE installs it by itself",
    };
    let text = format!("{name}: in the driver store, but without its service: {}; {what}", listed.join(", "));
    let mut identity: Vec<String> = drivers.iter().map(|(d, _)| driver_identity(&world.drivers[*d])).collect();
    identity.push(format!("{}/{}", world.images[image].facts.index, target.os.arch));
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut finding = Finding::new(ID, severity, Place::file(&name), &identity, text).about_image(image, name.clone());
    finding.subject.driver = drivers.first().map(|(d, _)| *d);
    finding.confidence = if severity == Severity::Info { Confidence::Likely } else { Confidence::Guess };
    for (driver, services) in drivers {
        let here = world.drivers[*driver].locations.iter();
        let here = here.filter(|l| matches!(l, Location::Image { image: i, .. } if *i == image));
        finding.related.extend(here.map(|l| world.place(l, 0)));
        let text = format!("SYSTEM hive: no service {}", services.join(" or "));
        finding.evidence.push(Evidence::new("service-missing", text).at(Place::file(&name)));
    }
    finding.evidence.push(
        Evidence::new("document", "dism /Add-Driver stages packages and makes no service entries for PnP drivers")
            .from_source("a public script that lists in-box NIC services (FACTS.md 4)"),
    );
    finding
}
