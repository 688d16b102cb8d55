//! A compressed file that is named as if it were not.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver, failure};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::Location;
use crate::facts::share::{file_name_of, folder_of};

pub(super) const ID: &str = "compressed-source-under-plain-name";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for (path, file) in &context.world.driver_files {
        if !file.facts.as_ref().is_ok_and(|f| f.compressed) {
            continue;
        }
        for index in file.owners.iter().filter(|d| context.choices.is_network(**d)) {
            // The INF lies in the same folder or above.
            let above = |inf: &str| {
                let folder = folder_of(inf);
                folder.is_empty() || path.path.strip_prefix(folder).is_some_and(|r| r.starts_with('/'))
            };
            let locations = context.world.drivers[*index].locations.iter().enumerate();
            let near = locations.filter(
                |(_, l)| matches!(l, Location::Share { share, path: inf } if *share == path.share && above(inf)),
            );
            let Some((number, _)) = near.max_by_key(|(_, l)| l.folder().len()) else { continue };
            let taken: BTreeSet<usize> = (0..context.targets.len())
                .filter(|t| context.targets[*t].named && context.choices.selects(*index, *t))
                .collect();
            let severity = taken.iter().map(|t| failure(context, *index, *t)).max().unwrap_or(Severity::Warning);
            let name = file_name_of(&path.path).to_owned();
            items.push(Item { targets: taken, name, ..Item::new(context, *index, number, severity) });
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "compressed under the plain name: {}; Windows copies such a file as it is, and it does not load",
            group.names(),
        );
        findings.push(group.finding(context, ID, text));
    }
}
