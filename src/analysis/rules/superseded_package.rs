//! A newer version of the same driver lies on the share, where it wins wherever both are offered, or in the same image.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::{Item, by_driver};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::{Driver, DriverIndex, ImageIndex, Location};
use crate::facts::driver_package::DriverVer;
use crate::facts::ids::{Arch, HardwareId};

pub(super) const ID: &str = "superseded-package";

/// Where a driver claims a device: architecture, lowest version of Windows, id.
type Claim<'w> = (Option<Arch>, (u16, u16, u32), &'w HardwareId);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    on_shares(context, findings);
    in_images(context, findings);
}

/// Only what the newer one replaces whole: a share may hold versions for different devices and releases.
fn on_shares(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<(String, String), Vec<DriverIndex>> = BTreeMap::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        if driver.locations.iter().any(|l| matches!(l, Location::Share { .. })) {
            by_name.entry(name_and_provider(driver)).or_default().push(index);
        }
    }
    let mut items = Vec::new();
    for drivers in by_name.values().filter(|d| d.len() > 1) {
        let claims: Vec<BTreeSet<Claim<'_>>> = drivers.iter().map(|d| claims(&context.world.drivers[*d])).collect();
        for (n, older) in drivers.iter().enumerate() {
            let driver = &context.world.drivers[*older];
            let Some(version) = version(driver) else { continue };
            let newer = drivers.iter().enumerate().filter(|(m, other)| {
                let newer = self::version(&context.world.drivers[**other]).is_some_and(|v| v > version);
                newer && !claims[n].is_empty() && claims[n].is_subset(&claims[*m])
            });
            // The newest one.
            let newer = newer.max_by_key(|(_, other)| self::version(&context.world.drivers[**other]));
            let Some((_, newer)) = newer else { continue };
            let by = self::version(&context.world.drivers[*newer]).map(written).unwrap_or_default();
            for (number, location) in driver.locations.iter().enumerate() {
                if matches!(location, Location::Share { .. }) {
                    let name = format!("{} {} (by {by})", driver.inf, written(version));
                    items.push(Item { name, ..Item::new(context, *older, number, Severity::Info) });
                }
            }
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "{}: a newer version with the same ids lies on the share and wins wherever both are offered",
            group.names()
        );
        let mut finding = group.finding(context, ID, text);
        // Where both are signed alike.
        finding.confidence = Confidence::Likely;
        findings.push(finding);
    }
}

/// Every version but the newest of each image: all of them are staged, whatever they claim.
fn in_images(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut newest: BTreeMap<(ImageIndex, (String, String)), DriverVer> = BTreeMap::new();
    let mut all = Vec::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        let Some(version) = version(driver) else { continue };
        for (number, location) in driver.locations.iter().enumerate() {
            let Some(image) = location.image() else { continue };
            let key = (image, name_and_provider(driver));
            let newer = newest.entry(key.clone()).or_insert(version);
            *newer = version.max(*newer);
            all.push((key, index, number, version));
        }
    }
    let mut items = Vec::new();
    for (key, driver, number, version) in all {
        let Some(newer) = newest.get(&key).filter(|newer| **newer > version) else { continue };
        let name = format!("{} {} beside {}", context.world.drivers[driver].inf, written(version), written(*newer));
        items.push(Item { name, ..Item::new(context, driver, number, Severity::Info) });
    }
    for group in by_driver(context, items) {
        let image = group.image(context).map(|i| context.world.image_name(i)).unwrap_or_default();
        let text = format!(
            "{image} holds two versions of a driver, {}: where both claim an adapter, the better rank and then the newer date \
             wins",
            group.names()
        );
        findings.push(group.finding(context, ID, text));
    }
}

fn name_and_provider(driver: &Driver) -> (String, String) {
    let provider = driver.package.version.provider.as_ref().map_or("", |p| p.value.as_str());
    (driver.inf.to_lowercase(), provider.to_lowercase())
}

fn version(driver: &Driver) -> Option<DriverVer> {
    driver.package.version.driver_ver.as_ref().map(|v| v.value)
}

fn written(version: DriverVer) -> String {
    format!("{} of {}", version.version_text(), version.date)
}

/// Everything that a driver claims, by decoration.
fn claims(driver: &Driver) -> BTreeSet<Claim<'_>> {
    let package = &driver.package;
    let mut claims = BTreeSet::new();
    for models_ref in package.manufacturers.iter().flat_map(|m| &m.models) {
        let Some(parts) = models_ref.decoration.parts else { continue };
        let section = models_ref.section.and_then(|n| package.models_sections.get(n as usize));
        let version = (parts.major.unwrap_or(0), parts.minor.unwrap_or(0), parts.build.unwrap_or(0));
        for id in section.iter().flat_map(|s| &s.models).filter_map(|m| m.ids.first()) {
            claims.insert((parts.arch, version, id));
        }
    }
    claims
}
