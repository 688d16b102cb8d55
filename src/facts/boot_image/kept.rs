//! The form in which the images of one boot image file are kept for the next run.
//!
//! Images of one WIM share most of their drivers, modules and catalogs, and one catalog may belong to hundreds of drivers:
//! each stands once, in a table, and is named by its number. Reading it back gives equal facts that share as much.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BootImage, DriverOrigin, ImageCatalog, ImageDriver};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_package::{DriverPackage, KeptPackage};
use crate::facts::signature::{CatalogFacts, InfDigests};

/// The images with their tables.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptImages<'a> {
    #[serde(borrow)]
    packages: Vec<KeptPackage<'a>>,
    binaries: Vec<Arc<DriverBinary>>,
    catalogs: Vec<Arc<CatalogFacts>>,
    images: Vec<KeptImage>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptImage {
    /// Without drivers and system binaries, which serde leaves out.
    rest: BootImage,
    drivers: Vec<KeptDriver>,
    system_binaries: Vec<(String, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptDriver {
    inf_sha256: String,
    inf_digests: InfDigests,
    inf_name: String,
    inf_path: String,
    published_name: Option<String>,
    origin: DriverOrigin,
    package: u32,
    store_files: Vec<String>,
    catalog_found: bool,
    catalogs: Vec<KeptCatalog>,
    binaries: Vec<(String, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptCatalog {
    path: String,
    named: bool,
    facts: Result<u32, String>,
}

/// Numbers for values that are shared.
struct Table<'a, T> {
    list: Vec<&'a Arc<T>>,
    numbers: HashMap<*const T, u32>,
}

impl<'a, T> Table<'a, T> {
    fn new() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, value: &'a Arc<T>) -> u32 {
        *self.numbers.entry(Arc::as_ptr(value)).or_insert_with(|| {
            self.list.push(value);
            u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn named(&mut self, values: &'a [(String, Arc<T>)]) -> Vec<(String, u32)> {
        values.iter().map(|(name, value)| (name.clone(), self.number(value))).collect()
    }
}

impl<'a> KeptImages<'a> {
    /// The form to be kept; `None` when it holds a driver that can not be kept ([`KeptPackage::of`]).
    pub fn of(images: &'a [BootImage]) -> Option<Self> {
        let mut packages: Table<'a, DriverPackage> = Table::new();
        let mut binaries: Table<'a, DriverBinary> = Table::new();
        let mut catalogs: Table<'a, CatalogFacts> = Table::new();
        let images = images.iter().map(|image| {
            let drivers = image.drivers.iter().map(|driver| KeptDriver {
                inf_sha256: driver.inf_sha256.clone(),
                inf_digests: driver.inf_digests,
                inf_name: driver.inf_name.clone(),
                inf_path: driver.inf_path.clone(),
                published_name: driver.published_name.clone(),
                origin: driver.origin,
                package: packages.number(&driver.package),
                store_files: driver.store_files.clone(),
                catalog_found: driver.catalog_found,
                catalogs: (driver.catalogs.iter())
                    .map(|catalog| KeptCatalog {
                        path: catalog.path.clone(),
                        named: catalog.named,
                        facts: catalog.facts.as_ref().map(|facts| catalogs.number(facts)).map_err(Clone::clone),
                    })
                    .collect(),
                binaries: binaries.named(&driver.binaries),
            });
            let drivers = drivers.collect();
            KeptImage { system_binaries: binaries.named(&image.details.system_binaries), rest: rest_of(image), drivers }
        });
        let images = images.collect();
        let packages = packages.list.into_iter().map(|package| KeptPackage::of(package));
        Some(Self {
            packages: packages.collect::<Option<Vec<_>>>()?,
            binaries: binaries.list.into_iter().cloned().collect(),
            catalogs: catalogs.list.into_iter().cloned().collect(),
            images,
        })
    }

    /// The images; `None` when a number leads nowhere: the bytes were not written by [`KeptImages::of`].
    pub fn images(self) -> Option<Vec<BootImage>> {
        let packages = self.packages.into_iter().map(|package| package.package().map(Arc::new));
        let packages = packages.collect::<Option<Vec<_>>>()?;
        let named = |values: Vec<(String, u32)>| {
            let values = values.into_iter().map(|(name, number)| Some((name, shared(&self.binaries, number)?)));
            values.collect::<Option<Vec<_>>>()
        };
        let catalog = |catalog: KeptCatalog| {
            let facts = match catalog.facts {
                Ok(number) => Ok(shared(&self.catalogs, number)?),
                Err(message) => Err(message),
            };
            Some(ImageCatalog { path: catalog.path, named: catalog.named, facts })
        };
        let driver = |driver: KeptDriver| {
            Some(ImageDriver {
                inf_sha256: driver.inf_sha256,
                inf_digests: driver.inf_digests,
                inf_name: driver.inf_name,
                inf_path: driver.inf_path,
                published_name: driver.published_name,
                origin: driver.origin,
                package: shared(&packages, driver.package)?,
                store_files: driver.store_files,
                catalog_found: driver.catalog_found,
                catalogs: driver.catalogs.into_iter().map(catalog).collect::<Option<Vec<_>>>()?,
                binaries: named(driver.binaries)?,
            })
        };
        let images = self.images.into_iter().map(|kept| {
            let mut image = kept.rest;
            image.drivers = kept.drivers.into_iter().map(driver).collect::<Option<Vec<_>>>()?;
            image.details.system_binaries = named(kept.system_binaries)?;
            Some(image)
        });
        images.collect()
    }
}

fn shared<T>(table: &[Arc<T>], number: u32) -> Option<Arc<T>> {
    table.get(number as usize).cloned()
}

/// Everything but drivers and system binaries.
fn rest_of(image: &BootImage) -> BootImage {
    BootImage {
        drivers: Vec::new(),
        xml: image.xml.clone(),
        windows_folder: image.windows_folder.clone(),
        winpe_signs: image.winpe_signs.clone(),
        versions: image.versions.clone(),
        archs: image.archs.clone(),
        services: image.services.clone(),
        markers: image.markers.clone(),
        details: image.details.clone(),
        problems: image.problems.clone(),
        ..*image
    }
}
