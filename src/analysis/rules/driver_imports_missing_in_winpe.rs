//! A driver imports functions or modules that the image does not have.

use super::Context;
use super::folding::{Faults, each_loaded, listed};
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::Finding;
use crate::analysis::loadability::{Lack, dotted, first_release_with_ndis};
use crate::analysis::package_files::LoadedFile;
use crate::analysis::world::{Location, World};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::share::folder_of;
use crate::inf_db::{ComponentVersion, InfDb};

pub(super) const ID: &str = "driver-imports-missing-in-winpe";

/// The module whose functions the table knows.
const NDIS: &str = "ndis.sys";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut faults = Faults::default();
    each_loaded(context, |at, section, file| {
        let (_, location, target) = at;
        // A file for another machine has a finding of its own.
        let Some(binary) = file.binary.filter(|b| b.arch == Some(section.arch)) else { return };
        let facts = &context.targets[target];
        match facts.image() {
            Some(image) if context.modules[image].is_complete() => {
                let modules = &context.modules[image];
                for lack in modules.lacks(binary, |module| comes_along(context, location, file, module)) {
                    let evidence = evidence(&lack, &context.world.image_name(image));
                    faults.add(context, at, fault(file, &lack, context.db), Confidence::Proven, [evidence]);
                }
            }
            Some(_) => {}
            None => {
                let row = facts.release.as_deref().and_then(|id| context.db.releases().by_id(id));
                let Some((row, lack)) = row.and_then(|r| Some((r, newer_functions(binary, r.ndis, context.db)?)))
                else {
                    return;
                };
                let text = format!("{} has NDIS {}", row.title, row.ndis);
                let evidence = Evidence::new("release-table", text).from_source("inf-db/ndis-functions.toml");
                faults.add(context, at, fault(file, &lack, context.db), Confidence::Likely, [evidence]);
            }
        }
    });
    faults.findings(context, ID, findings);
}

/// `b.sys imports ndis.sys!NdisMIdleNotificationComplete (NDIS 6.30, Windows PE 4.0 and later), which is not there`.
fn fault(file: &LoadedFile<'_>, lack: &Lack, db: &InfDb) -> String {
    if lack.functions.is_empty() {
        return format!("{} imports from {}, which is not there", file.name, lack.module);
    }
    let mut functions: Vec<String> = lack
        .functions
        .iter()
        .map(|f| {
            let since = if lack.module == NDIS { db.ndis_functions().first_version(f) } else { None };
            let since = since.map(|v| match first_release_with_ndis(v, db) {
                Some(release) => format!(" (NDIS {v}, {} and later)", release.title),
                None => format!(" (NDIS {v})"),
            });
            format!("{}!{f}{}", lack.module, since.unwrap_or_default())
        })
        .collect();
    functions.sort();
    functions.dedup();
    let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
    let verb = if functions.len() == 1 { "is" } else { "are" };
    format!("{} imports {}, which {verb} not there", file.name, listed(&functions))
}

fn evidence(lack: &Lack, image: &str) -> Evidence {
    let version = lack.version.map_or_else(String::new, |v| format!(" {}", dotted(v)));
    let text = if lack.functions.is_empty() {
        format!("{image} has no {}", lack.module)
    } else {
        format!("{image}: {}{version} does not export {}", lack.module, lack.functions.join(", "))
    };
    Evidence::new("binary-imports", text)
}

/// The module is a file of the same driver package.
fn comes_along(context: &Context<'_>, location: &Location, file: &LoadedFile<'_>, module: &str) -> bool {
    match location {
        Location::Share { share, path } => {
            let world: &World = context.world;
            [folder_of(&file.path), folder_of(path)]
                .iter()
                .any(|folder| context.files.in_share(world, *share, folder, module).is_some())
        }
        Location::Image { .. } => context.files.has(context.world, location, "", module),
    }
}

/// Functions that came with a newer NDIS than this one.
fn newer_functions(binary: &DriverBinary, ndis: ComponentVersion, db: &InfDb) -> Option<Lack> {
    let imports = binary.imports.iter().filter(|i| i.module.eq_ignore_ascii_case(NDIS)).flat_map(|i| &i.functions);
    let newer = imports.filter(|f| db.ndis_functions().first_version(f).is_some_and(|v| v > ndis));
    let functions: Vec<String> = newer.cloned().collect();
    (!functions.is_empty()).then(|| Lack { module: NDIS.to_owned(), version: None, functions })
}
