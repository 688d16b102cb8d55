//! The same INF, byte for byte, in several folders.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::listed;
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::world::{DriverIndex, Location};

pub(super) const ID: &str = "duplicate-package";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // Drivers that lie in the same folders are copies of one package.
    let mut by_folders: BTreeMap<BTreeSet<String>, Vec<DriverIndex>> = BTreeMap::new();
    for index in context.choices.drivers() {
        let locations = context.world.drivers[index].locations.iter();
        let folders: BTreeSet<String> = locations
            .filter_map(|l| match l {
                Location::Share { share, .. } => Some(context.world.share_path(*share, l.folder())),
                Location::Image { .. } => None,
            })
            .collect();
        if folders.len() > 1 {
            by_folders.entry(folders).or_default().push(index);
        }
    }
    for (folders, drivers) in by_folders {
        let infs: Vec<&str> = drivers.iter().map(|d| context.world.drivers[*d].inf.as_str()).collect();
        let text = format!(
            "{} {} byte for byte in {} folders",
            listed(&infs),
            if infs.len() == 1 { "lies" } else { "lie" },
            folders.len(),
        );
        let mut identity: Vec<String> = drivers.iter().map(|d| driver_identity(&context.world.drivers[*d])).collect();
        identity.sort();
        identity.push(folders.len().to_string());
        let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
        let locations = drivers.iter().flat_map(|d| &context.world.drivers[*d].locations);
        let locations = locations.filter(|l| matches!(l, Location::Share { .. }));
        let mut places: Vec<Place> = locations.map(|l| context.world.place(l, 0)).collect();
        let mut finding = Finding::new(ID, Severity::Info, places.remove(0), &identity, text).about_driver(drivers[0]);
        finding.related = places;
        findings.push(finding);
    }
}
