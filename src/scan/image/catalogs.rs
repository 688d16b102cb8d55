//! The catalogs of an image joined to its drivers: those that the INF names, and those that hold one of its files.
//!
//! Injected drivers have a catalog of their own in the driver store, and its copy under the published name in CatRoot.
//! What came with Windows is signed by the catalogs of its components; which one that is only digests tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::assemble::Reader;
use super::pick;
use super::tree::{file_name, folder_of, has_extension};
use crate::facts::boot_image::{ImageCatalog, ImageDriver};
use crate::facts::signature::{CatalogFacts, CatalogIndex};
use crate::scan::wim::protocol::Entry;

/// Fills [`ImageDriver::catalogs`].
pub(super) fn attach(reader: &mut Reader<'_>, drivers: &mut [ImageDriver]) {
    if drivers.is_empty() {
        return;
    }
    let windows = reader.windows.clone();
    let in_catroot: Vec<(&Entry, Result<Arc<CatalogFacts>, String>)> =
        pick::catroot(reader.tree, &windows).into_iter().map(|entry| (entry, reader.catalog(entry))).collect();
    let readable: Vec<(&Entry, &Arc<CatalogFacts>)> =
        in_catroot.iter().filter_map(|(entry, facts)| Some((*entry, facts.as_ref().ok()?))).collect();
    let index = CatalogIndex::new(readable.iter().map(|(_, facts)| &***facts));
    for driver in drivers {
        let names = Names::of(driver);
        let mut found = if driver.store_files.is_empty() { Vec::new() } else { in_store(reader, driver, &names) };
        let named = in_catroot.iter().filter(|(entry, _)| names.in_catroot(entry));
        found.extend(named.map(|(entry, facts)| catalog(entry, true, facts.clone())));
        let files = driver.binaries.iter().filter_map(|(_, b)| b.signing.as_ref()).map(|s| s.digests);
        let mut hits: BTreeSet<usize> = BTreeSet::new();
        for digests in files.chain([driver.inf_digests.stored]) {
            hits.extend(index.find(&digests).into_iter().map(|(position, _)| position));
        }
        let holding = hits.into_iter().filter_map(|position| readable.get(position));
        let holding = holding.filter(|(entry, _)| !names.in_catroot(entry));
        found.extend(holding.map(|(entry, facts)| catalog(entry, false, Ok(Arc::clone(facts)))));
        driver.catalogs = found;
    }
}

fn catalog(entry: &Entry, named: bool, facts: Result<Arc<CatalogFacts>, String>) -> ImageCatalog {
    ImageCatalog { path: entry.path.clone(), named, facts }
}

/// The catalogs beside the INF in the driver store that it names.
fn in_store(reader: &mut Reader<'_>, driver: &ImageDriver, names: &Names) -> Vec<ImageCatalog> {
    let tree = reader.tree;
    let beside =
        tree.children(folder_of(&driver.inf_path)).filter(|e| !e.is_folder() && has_extension(&e.path, ".cat"));
    let named = beside.filter(|e| names.written.contains(&file_name(&e.path).to_lowercase()));
    named.map(|entry| catalog(entry, true, reader.catalog(entry))).collect()
}

/// What the catalogs of a driver may be called, in lower case.
struct Names {
    /// As the INF has them.
    written: BTreeSet<String>,
    /// `oem3.cat`, for a driver that was added as `oem3.inf`.
    published: Option<String>,
}

impl Names {
    fn of(driver: &ImageDriver) -> Self {
        let published = driver.published_name.as_deref().map(str::to_lowercase);
        Self {
            written: driver.package.version.catalogs.iter().map(|c| c.file.to_lowercase()).collect(),
            published: published.and_then(|n| n.strip_suffix(".inf").map(|stem| format!("{stem}.cat"))),
        }
    }

    fn in_catroot(&self, entry: &Entry) -> bool {
        let name = file_name(&entry.path).to_lowercase();
        // An added driver's catalog is renamed with it; another one of the name that it had belongs to somebody else.
        match &self.published {
            Some(published) => *published == name,
            None => self.written.contains(&name),
        }
    }
}
