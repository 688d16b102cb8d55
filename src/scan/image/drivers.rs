//! The drivers of an image: driver store, Windows/INF and the registry's index joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assemble::Reader;
use super::pick::{DRIVERS, FILE_REPOSITORY, published_infs};
use super::tree::{file_name, folder_of, has_extension};
use crate::facts::boot_image::registry::DriverDatabase;
use crate::facts::boot_image::{DriverOrigin, ImageDriver};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_package::DriverPackage;
use crate::scan::wim::protocol::Entry;

/// Every driver, ordered by path. An INF in the driver store and its copy in Windows/INF are one driver.
pub(super) fn find(reader: &mut Reader<'_>, databases: &[DriverDatabase]) -> Vec<ImageDriver> {
    let tree = reader.tree;
    let windows = reader.windows.clone();
    let published: Vec<&Entry> = published_infs(tree, &windows);
    let mut names_by_key: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in &published {
        names_by_key.entry(reader.contents.key(entry)).or_default().push(entry);
    }
    let in_catroot = catroot_names(reader);
    let store = format!("{windows}/{FILE_REPOSITORY}");
    let mut staged_keys = BTreeSet::new();
    let mut unpublished = Vec::new();
    let mut drivers = Vec::new();
    let packages: Vec<&Entry> = tree.children(&store).filter(|e| e.is_folder()).collect();
    for folder in packages {
        let files: Vec<&Entry> = tree.below(&folder.path).filter(|e| !e.is_folder()).collect();
        for inf in files.iter().filter(|e| folder_of(&e.path) == folder.path && has_extension(&e.path, ".inf")) {
            let key = reader.contents.key(inf);
            let copies = names_by_key.get(&key).map(Vec::as_slice).unwrap_or_default();
            staged_keys.insert(key);
            let Some(facts) = reader.inf(inf) else { continue };
            let published_name = published_name(inf, copies, folder, databases);
            if published_name.is_none() && copies.is_empty() && !is_listed(folder, databases) {
                unpublished.push(inf.path.clone());
            }
            let origin = if published_name.is_some() { DriverOrigin::Injected } else { DriverOrigin::Inbox };
            let prefix = folder.path.len() + 1;
            let mut store_files: Vec<String> = files
                .iter()
                .filter(|f| f.path != inf.path)
                .filter_map(|f| f.path.get(prefix..))
                .map(str::to_lowercase)
                .collect();
            store_files.sort();
            let binaries = binaries(reader, &files, &facts.package);
            drivers.push(ImageDriver {
                inf_sha256: facts.sha256.clone(),
                inf_digests: facts.digests,
                catalogs: Vec::new(),
                inf_name: file_name(&inf.path).to_owned(),
                inf_path: inf.path.clone(),
                catalog_found: catalog_found(&facts.package, &store_files, published_name.as_deref(), &in_catroot),
                published_name,
                origin,
                package: facts.package.clone(),
                store_files,
                binaries,
            });
        }
    }
    report_unpublished(reader, &unpublished);
    for inf in published {
        if staged_keys.contains(&reader.contents.key(inf)) {
            continue;
        }
        drivers.extend(unstaged(reader, inf, &in_catroot));
    }
    drivers.sort_by(|a, b| a.inf_path.cmp(&b.inf_path));
    drivers
}

/// Staged, but neither in Windows/INF nor in the registry's list. Many of them are a property of the image, a few are faults.
fn report_unpublished(reader: &mut Reader<'_>, unpublished: &[String]) {
    const MAX: usize = 10;
    if let [first, .., last] = unpublished
        && unpublished.len() > MAX
    {
        let text =
            format!("{} drivers are staged, but not published in Windows/INF ({first} to {last})", unpublished.len());
        return reader.problem("", &text);
    }
    for path in unpublished {
        reader.problem(path, "staged in the driver store, but not published in Windows/INF");
    }
}

/// `DriverDatabase\DriverInfFiles` names this package.
fn is_listed(folder: &Entry, databases: &[DriverDatabase]) -> bool {
    let key = file_name(&folder.path);
    let mut listed = databases.iter().flat_map(|d| &d.inf_files).flat_map(|f| &f.packages);
    listed.any(|p| p.eq_ignore_ascii_case(key))
}

/// An INF that lies in Windows/INF only.
fn unstaged(reader: &mut Reader<'_>, inf: &Entry, in_catroot: &BTreeSet<String>) -> Option<ImageDriver> {
    let facts = reader.inf(inf)?;
    let name = file_name(&inf.path).to_owned();
    let published_name = is_oem_name(&name).then(|| name.clone());
    let version = &facts.package.version;
    if published_name.is_none() && version.class.is_none() && version.class_guid.is_none() {
        // Security templates, file lists and the like: Windows/INF holds INF files that are no drivers.
        return None;
    }
    Some(ImageDriver {
        inf_sha256: facts.sha256.clone(),
        inf_digests: facts.digests,
        catalogs: Vec::new(),
        inf_name: name,
        inf_path: inf.path.clone(),
        catalog_found: catalog_found(&facts.package, &[], published_name.as_deref(), in_catroot),
        origin: if published_name.is_some() { DriverOrigin::Injected } else { DriverOrigin::Inbox },
        published_name,
        package: facts.package.clone(),
        store_files: Vec::new(),
        binaries: binaries(reader, &[], &facts.package),
    })
}

/// `oemN.inf`, when the driver was added: by an equal file in Windows/INF, else by the registry's index.
fn published_name(inf: &Entry, copies: &[&Entry], folder: &Entry, databases: &[DriverDatabase]) -> Option<String> {
    let by_file = copies.iter().map(|c| file_name(&c.path)).find(|n| is_oem_name(n));
    let key = file_name(&folder.path);
    let by_registry = || {
        let packages = databases.iter().flat_map(|d| &d.packages);
        let package = packages.filter(|p| p.key.eq_ignore_ascii_case(key)).find_map(|p| p.published_name.as_deref());
        let listed = databases.iter().flat_map(|d| &d.inf_files);
        let by_file =
            listed.filter(|f| f.packages.iter().any(|p| p.eq_ignore_ascii_case(key))).map(|f| f.name.as_str());
        package.into_iter().chain(by_file).find(|n| is_oem_name(n))
    };
    let staged_name = file_name(&inf.path);
    by_file
        .or_else(by_registry)
        .filter(|n| !n.eq_ignore_ascii_case(staged_name) || is_oem_name(staged_name))
        .map(str::to_owned)
}

/// `oem` and a number.
fn is_oem_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("oem")
        .and_then(|n| n.strip_suffix(".inf"))
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Lower-case names of the catalogs in CatRoot.
fn catroot_names(reader: &Reader<'_>) -> BTreeSet<String> {
    let files = reader.tree.below(&format!("{}/System32/CatRoot", reader.windows));
    files.filter(|e| !e.is_folder()).map(|e| file_name(&e.path).to_lowercase()).collect()
}

fn catalog_found(
    package: &DriverPackage,
    store_files: &[String],
    published_name: Option<&str>,
    in_catroot: &BTreeSet<String>,
) -> bool {
    let published =
        published_name.and_then(|n| n.to_lowercase().strip_suffix(".inf").map(|stem| format!("{stem}.cat")));
    package.version.catalogs.iter().map(|c| c.file.to_lowercase()).any(|name| {
        store_files.contains(&name)
            || in_catroot.contains(&name)
            || published.as_ref().is_some_and(|p| in_catroot.contains(p))
    })
}

/// The `.sys` files in the store folder; those that the services name and that are not there come from System32/drivers.
fn binaries(reader: &mut Reader<'_>, files: &[&Entry], package: &DriverPackage) -> Vec<(String, Arc<DriverBinary>)> {
    let mut found = Vec::new();
    for file in files.iter().filter(|e| has_extension(&e.path, ".sys")) {
        if let Some(binary) = reader.binary(file) {
            found.push((file_name(&file.path).to_lowercase(), binary));
        }
    }
    let services = package.install_sections.iter().flat_map(|s| &s.services);
    let named: BTreeSet<String> = services.filter_map(|s| s.binary_file()).map(str::to_lowercase).collect();
    for name in named {
        if found.iter().any(|(n, _)| *n == name) || !has_extension(&name, ".sys") {
            continue;
        }
        let tree = reader.tree;
        if let Some(entry) = tree.file(&format!("{}/{DRIVERS}/{name}", reader.windows))
            && let Some(binary) = reader.binary(entry)
        {
            found.push((name, binary));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_names_are_oem_and_a_number() {
        for (name, wanted) in
            [("oem0.inf", true), ("OEM12.INF", true), ("oem.inf", false), ("oemx.inf", false), ("b.inf", false)]
        {
            assert_eq!(is_oem_name(name), wanted, "{name}");
        }
    }
}
