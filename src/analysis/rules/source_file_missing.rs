//! A file that `CopyFiles` names is not in the package: Windows does not stage such a package.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::{Group, Item, by_driver, failure, listed};
use crate::analysis::choices::reaches;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::package_files::join;
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::boot_image::DriverOrigin;
use crate::facts::driver_package::{CopiedFile, InstallSection};

pub(super) const ID: &str = "source-file-missing";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let bare = bare_shares(context);
    for share in &bare {
        findings.push(bare_share(context, *share));
    }
    for group in packages_lacking(context, &bare, Presence::Missing) {
        let text = format!("{}: {}", group.names(), consequence(context, &group));
        findings.push(group.finding(context, ID, text));
    }
}

fn consequence(context: &Context<'_>, group: &Group) -> String {
    let one = "the file is not there, and Windows does not take the package into the driver store";
    let several = "the files are not there, and Windows does not take the package into the driver store";
    let what = if group.items.len() == 1 { one } else { several };
    if group.targets.is_empty() {
        return what.to_owned();
    }
    format!("{what} of {}", folded_names(context.targets, &group.targets))
}

/// Shares that hold INF files with drivers and no driver file at all: somebody left the binaries out.
pub(super) fn bare_shares(context: &Context<'_>) -> BTreeSet<usize> {
    let shares = context.world.shares.iter().enumerate();
    let is_driver_file = |name: &String| {
        let name = name.to_ascii_lowercase();
        [".sys", ".sy_", ".dll", ".cab"].iter().any(|x| name.ends_with(x))
    };
    shares
        .filter(|(_, s)| !s.infs.is_empty() && !s.folders.values().flatten().any(is_driver_file))
        .filter(|(n, _)| {
            let mut drivers = context.choices.drivers().map(|d| &context.world.drivers[d]);
            drivers.any(|d| {
                d.locations.iter().any(|l| matches!(l, Location::Share { share, .. } if share == n))
                    && d.package.install_sections.iter().any(|s| s.copy_files.iter().any(|c| c.source_folder.is_some()))
            })
        })
        .map(|(n, _)| n)
        .collect()
}

fn bare_share(context: &Context<'_>, share: usize) -> Finding {
    let facts = &context.world.shares[share];
    let text = format!(
        "the share holds {} INF files and no driver file (.sys) at all: no package in it is complete, and what drivers \
         import and need was not judged",
        facts.infs.len()
    );
    // The first INF stands for the share.
    let first = facts.infs.first().map_or("", |i| i.path.as_str());
    let place = Place::file(context.world.share_path(share, first));
    Finding::new(ID, Severity::Warning, place, &["no driver files", &share.to_string()], text)
}

/// Where a file that the INF names is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Under its name, its compressed name, or in its cabinet.
    There,
    /// Under the name that it gets when it is installed.
    Renamed,
    /// Nowhere.
    Missing,
}

fn presence(context: &Context<'_>, location: &Location, copied: &CopiedFile, below: &str) -> Presence {
    let has = |name: &str| context.files.has(context.world, location, below, name);
    if has(&copied.source) || compressed_name(&copied.source).is_some_and(|name| has(&name)) {
        return Presence::There;
    }
    if let Some(cabinet) = &copied.cabinet
        && ["", below].iter().any(|folder| context.files.has(context.world, location, folder, cabinet))
    {
        return Presence::There;
    }
    let renamed = !copied.destination.eq_ignore_ascii_case(&copied.source) && has(&copied.destination);
    if renamed { Presence::Renamed } else { Presence::Missing }
}

/// `driver.sy_` of `driver.sys`; `readme._` of a name without extension does not occur.
fn compressed_name(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let end = extension.char_indices().nth(2).map_or(extension.len(), |(at, _)| at);
    Some(format!("{stem}.{}_", &extension[..end]))
}

/// Packages of which a file is not where the INF says, folded by driver.
pub(super) fn packages_lacking(context: &Context<'_>, bare: &BTreeSet<usize>, wanted: Presence) -> Vec<Group> {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        if driver.package.version.has_layout_file {
            continue;
        }
        for (number, location) in driver.locations.iter().enumerate() {
            let complete = match location {
                Location::Share { share, .. } => !bare.contains(share),
                Location::Image { path, origin, .. } => {
                    *origin == DriverOrigin::Injected && path.to_ascii_lowercase().contains("/filerepository/")
                }
            };
            if complete {
                items.extend(item(context, index, (number, location), wanted));
            }
        }
    }
    by_driver(context, items)
}

fn item(
    context: &Context<'_>,
    index: DriverIndex,
    (number, location): (usize, &Location),
    wanted: Presence,
) -> Option<Item> {
    let driver = &context.world.drivers[index];
    // Sections share their lists: a file is looked for once.
    let mut known: BTreeMap<(&str, &str), Presence> = BTreeMap::new();
    let mut files: BTreeMap<String, u32> = BTreeMap::new();
    let mut sections: Vec<&InstallSection> = Vec::new();
    for section in driver.package.install_sections.iter().filter(|s| s.actual.is_some()) {
        let mut lacks = false;
        for copied in section.copy_files.iter() {
            // Without an entry in SourceDisksFiles the file is one of Windows.
            let Some(below) = copied.source_folder.as_deref() else { continue };
            let found =
                known.entry((&copied.source, below)).or_insert_with(|| presence(context, location, copied, below));
            if *found == wanted {
                lacks = true;
                let name = match wanted {
                    Presence::Renamed => format!("{} as {}", copied.source, copied.destination),
                    _ => join(below, &copied.source),
                };
                files.entry(name).or_insert(copied.line);
            }
        }
        if lacks {
            sections.push(section);
        }
    }
    let line = *files.values().min()?;
    let used = |target: usize| {
        context.choices.sections(driver, index, target).any(|s| sections.iter().any(|w| std::ptr::eq(*w, s)))
    };
    let targets = context.targets.iter().enumerate();
    let targets: BTreeSet<usize> =
        targets.filter(|(n, t)| t.named && reaches(location, t) && used(*n)).map(|(n, _)| n).collect();
    let severity = targets.iter().map(|t| failure(context, index, *t)).max().unwrap_or(Severity::Warning);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let name = format!("{} ({})", driver.inf, listed(&names));
    Some(Item { line, severity, targets, name, ..Item::new(context, index, number, severity) })
}

/// Evidence for a file that has the name of its destination.
pub(super) fn renamed_evidence() -> Evidence {
    Evidence::new(
        "file-name",
        "a copy of the installed state has the names of the destination, not those of the package",
    )
}
