//! The image's registry lists a network driver, but none of its device ids: Plug and Play can not find it.

use std::collections::BTreeSet;

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::selection::selected_models;
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, ImageIndex, Location};
use crate::facts::boot_image::BootImage;
use crate::facts::boot_image::registry::StagedPackage;
use crate::facts::ids::HardwareId;
use crate::facts::share::file_name_of;

pub(super) const ID: &str = "driver-database-without-device-ids";

/// The hives that hold a DriverDatabase (Windows 8 and later).
const HIVES: [&str; 2] = ["system", "drivers"];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for target in context.targets {
        let Some(image) = target.image() else { continue };
        let facts = &context.world.images[image].facts;
        // What a hive that could not be read would say is not known.
        let unread = facts.details.hives.iter().any(|h| !h.readable && HIVES.contains(&hive_name(&h.path).as_str()));
        if facts.details.driver_databases.is_empty() || unread {
            continue;
        }
        let hidden: Vec<DriverIndex> = context
            .world
            .image_drivers(image)
            .filter(|(index, _, location)| {
                context.topologies.roles[*index].is_network() && is_hidden(context, target, facts, *index, location)
            })
            .map(|(index, ..)| index)
            .collect();
        if !hidden.is_empty() {
            findings.push(finding(context, target, image, &hidden));
        }
    }
}

fn hive_name(path: &str) -> String {
    file_name_of(path).to_lowercase()
}

/// The package is listed, its INF selects devices here, and none of their ids leads to it.
fn is_hidden(
    context: &Context<'_>,
    target: &Target,
    facts: &BootImage,
    driver: DriverIndex,
    location: &Location,
) -> bool {
    let databases = &facts.details.driver_databases;
    let key = file_name_of(location.folder());
    let packages = databases.iter().flat_map(|d| &d.packages);
    let Some(package) = packages.filter(|p| p.key.eq_ignore_ascii_case(key)).max_by_key(|p| p.published_name.is_some())
    else {
        return false;
    };
    let inf = published(package, key);
    let ids: BTreeSet<&HardwareId> = selected_models(&context.world.drivers[driver].package, &target.os)
        .iter()
        .flat_map(|s| s.model.ids.iter())
        .filter(|id| !id.as_str().is_empty())
        .collect();
    let mut entries = databases.iter().flat_map(|d| &d.device_ids);
    !ids.is_empty() && !entries.any(|e| e.inf.eq_ignore_ascii_case(&inf) && ids.contains(&e.id))
}

/// The name under which ids lead to a package: its published name, else the part of its key before the architecture.
fn published(package: &StagedPackage, key: &str) -> String {
    let by_key = || {
        let end = key.to_lowercase().find(".inf").map_or(key.len(), |at| at + ".inf".len());
        key.get(..end).unwrap_or(key).to_owned()
    };
    package.published_name.clone().unwrap_or_else(by_key)
}

fn finding(context: &Context<'_>, target: &Target, image: ImageIndex, drivers: &[DriverIndex]) -> Finding {
    let world = context.world;
    let facts = &world.images[image].facts;
    let name = world.image_name(image);
    let infs: Vec<&str> = drivers.iter().map(|d| world.drivers[*d].inf.as_str()).collect();
    let text = format!(
        "{name}: DriverDatabase lists {}, but none of the device ids that they claim leads to them: DISM shows these drivers, \
         Plug and Play does not find them",
        infs.join(", ")
    );
    let dirty = facts.details.hives.iter().any(|h| h.dirty && HIVES.contains(&hive_name(&h.path).as_str()));
    // Hives whose logs were not replayed may lack what was written last.
    let (severity, confidence) =
        if dirty { (Severity::Warning, Confidence::Guess) } else { (Severity::Error, Confidence::Likely) };
    let mut identity: Vec<String> = drivers.iter().map(|d| driver_identity(&world.drivers[*d])).collect();
    identity.push(format!("{}/{}", facts.index, target.os.arch));
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let mut finding = Finding::new(ID, severity, Place::file(&name), &identity, text).about_image(image, name.clone());
    finding.subject.driver = drivers.first().copied();
    finding.confidence = confidence;
    for driver in drivers {
        let here = world.drivers[*driver].locations.iter();
        let here = here.filter(|l| matches!(l, Location::Image { image: i, .. } if *i == image));
        finding.related.extend(here.map(|l| world.place(l, 0)));
    }
    let counts: Vec<String> = facts
        .details
        .driver_databases
        .iter()
        .map(|d| format!("{}: {} DeviceIds", d.hive, d.device_ids.len()))
        .collect();
    finding.evidence.push(Evidence::new("driver-database", counts.join(", ")).at(Place::file(&name)));
    finding.evidence.push(
        Evidence::new(
            "document",
            "DISM needs only Version of a package to list it; DeviceIds are not rebuilt by adding it again",
        )
        .from_source("public ablation study of the driver metadata that DISM uses (FACTS.md 5.2)"),
    );
    finding
}
