//! `drivers[]`: one driver with its devices and locations.

use serde::Serialize;

use crate::analysis::classify::profile::{Function, IdKind, id_kind, section_function};
use crate::analysis::classify::role::Role;
use crate::analysis::evidence::Place;
use crate::analysis::package_signing::SignatureSummary;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::driver_package::{DriverPackage, DriverVer, Model, ModelsRef};
use crate::facts::ids::{Arch, HardwareId, class_guid};
use crate::inf_db::ChildKind;
use crate::report::Report;

/// One driver.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct DriverRecord<'a> {
    id: &'a str,
    inf: &'a str,
    locations: Vec<LocationRecord>,
    class: Option<&'a str>,
    class_guid: Option<&'a str>,
    provider: Option<&'a str>,
    driver_ver: Option<DriverVerRecord>,
    catalog: Option<&'a str>,
    arches: Vec<Arch>,
    role: Role,
    /// Models lines; `devices` lists them only for drivers that matter, or with `--all-facts`.
    device_count: usize,
    devices: Vec<DeviceRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LocationRecord {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[cfg_attr(test, schemars(extend("enum" = ["share", "inbox", "injected"])))]
    origin: &'static str,
    /// What signs it here; of network drivers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<SignatureRecord>,
}

/// What signs a driver at one location.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SignatureRecord {
    #[cfg_attr(test, schemars(extend("enum" = ["signed", "in-box", "changed", "not-in-catalog", "catalog-not-signed", "no-catalog", "unknown"])))]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    signers: Vec<SignerRecord>,
}

/// Who signed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SignerRecord {
    name: String,
    /// A row of signers.toml, or `authenticode`.
    kind: String,
    digest: &'static str,
}

impl SignatureRecord {
    fn of(summary: &SignatureSummary) -> Self {
        let signers = summary.signers.iter();
        let signers = signers.map(|(name, kind, digest)| SignerRecord {
            name: name.clone(),
            kind: kind.clone(),
            digest: digest.name(),
        });
        Self {
            state: summary.state,
            catalog: summary.catalog.clone(),
            note: summary.note.clone(),
            signers: signers.collect(),
        }
    }
}

/// `DriverVer` on the wire.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct DriverVerRecord {
    date: String,
    version: String,
}

impl DriverVerRecord {
    fn of(ver: DriverVer) -> Self {
        let date = ver.date;
        Self { date: format!("{:04}-{:02}-{:02}", date.year, date.month, date.day), version: ver.version_text() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DeviceRecord<'a> {
    id: &'a HardwareId,
    #[cfg_attr(test, schemars(extend("enum" = ["root", "bus", "middle", "leaf", "none"])))]
    tier: &'static str,
    function: Function,
    description: &'a str,
    decoration: &'a str,
    install_section: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary: Option<&'a str>,
    location: LineRecord,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LineRecord {
    line: u32,
}

impl<'a> DriverRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, index: DriverIndex, with_devices: bool) -> Self {
        let driver = &report.analysis.world.drivers[index];
        let version = &driver.package.version;
        Self {
            id: &driver.id,
            inf: &driver.inf,
            locations: driver
                .locations
                .iter()
                .enumerate()
                .map(|(n, l)| LocationRecord::of(report, index, n, l))
                .collect(),
            class: version.class.as_ref().map(|c| c.value.as_str()),
            class_guid: version.class_guid.as_ref().map(|c| c.value.as_str()),
            provider: version.provider.as_ref().map(|p| p.value.as_str()),
            driver_ver: version.driver_ver.as_ref().map(|v| DriverVerRecord::of(v.value)),
            catalog: version.catalogs.first().map(|c| c.file.as_str()),
            arches: driver.package.archs().into_iter().collect(),
            role: report.analysis.topologies.roles[index],
            device_count: driver.package.models_sections.iter().map(|s| s.models.len()).sum(),
            devices: if with_devices { devices(report, index) } else { Vec::new() },
        }
    }
}

impl LocationRecord {
    fn of(report: &Report<'_>, driver: DriverIndex, number: usize, location: &Location) -> Self {
        let world = &report.analysis.world;
        let signature = report.analysis.signatures.get(&driver).and_then(|all| all.get(number));
        let signature = signature.map(SignatureRecord::of);
        match location {
            Location::Share { share, path } => {
                Self { path: world.share_path(*share, path), image: None, index: None, origin: "share", signature }
            }
            Location::Image { image, path, origin, .. } => Self {
                path: path.clone(),
                image: Some(world.image_name(*image)),
                index: Some(world.images[*image].facts.index),
                origin: match origin {
                    crate::facts::boot_image::DriverOrigin::Inbox => "inbox",
                    crate::facts::boot_image::DriverOrigin::Injected => "injected",
                },
                signature,
            },
        }
    }
}

/// Every Models line under every decoration that names its section.
fn devices<'a>(report: &'a Report<'a>, index: DriverIndex) -> Vec<DeviceRecord<'a>> {
    let package = &report.analysis.world.drivers[index].package;
    let mut records = Vec::new();
    for models in package.manufacturers.iter().flat_map(|m| &m.models) {
        let Some(section) = models.section.and_then(|s| package.models_sections.get(s as usize)) else { continue };
        for model in &section.models {
            if let Some(id) = model.ids.first() {
                records.push(device(report, index, models, model, id));
            }
        }
    }
    records
}

fn device<'a>(
    report: &'a Report<'a>,
    index: DriverIndex,
    models: &'a ModelsRef,
    model: &'a Model,
    id: &'a HardwareId,
) -> DeviceRecord<'a> {
    let package = &report.analysis.world.drivers[index].package;
    let arch = models.decoration.parts.map_or(Arch::Amd64, |p| p.arch.unwrap_or(Arch::X86));
    let install = package.install_section(&model.install_section, arch);
    let service = install.and_then(|s| s.services.iter().find(|s| s.associated && !s.name.is_empty()));
    DeviceRecord {
        id,
        tier: tier(report, index, id),
        function: function(report, package, id, install.map_or(Function::Unknown, section_function)),
        description: &model.description,
        decoration: &models.decoration.text,
        install_section: &model.install_section,
        service: service.map(|s| &*s.name),
        binary: service.and_then(|s| s.binary_file()),
        location: LineRecord { line: model.line },
    }
}

/// The tier of one device: by its enumerator, and by the links of its driver.
fn tier(report: &Report<'_>, index: DriverIndex, id: &HardwareId) -> &'static str {
    let role = report.analysis.topologies.roles[index];
    let net = matches!(role, Role::Monolithic | Role::Miniport | Role::Wlan | Role::Virtual);
    match (id_kind(id, report.db), role) {
        (IdKind::Bus, Role::BusDriver | Role::MiddleDriver) => "bus",
        (IdKind::Private, Role::BusDriver | Role::MiddleDriver) => "middle",
        (IdKind::Bus, _) if net => "root",
        (IdKind::Private | IdKind::InBoxChild, _) if net => "leaf",
        (IdKind::Private, _) if is_sibling(report, index) => "leaf",
        _ => "none",
    }
}

fn is_sibling(report: &Report<'_>, index: DriverIndex) -> bool {
    report.analysis.topologies.all.iter().any(|t| t.siblings.contains(&index))
}

/// What the section says; where it says nothing, the class and the family table.
fn function(report: &Report<'_>, package: &DriverPackage, id: &HardwareId, said: Function) -> Function {
    if said != Function::Unknown {
        return said;
    }
    if package.is_class(class_guid::SCSI_ADAPTER, "SCSIAdapter") {
        return Function::Storage;
    }
    let enumerator = id.enumerator().unwrap_or_default();
    let child =
        report.db.families().by_enumerator(enumerator).find_map(|(_, link)| link.child(id.rest()).map(|c| c.kind));
    match child {
        Some(ChildKind::Storage) => Function::Storage,
        Some(ChildKind::Diagnostic) => Function::Diagnostic,
        Some(ChildKind::Infiniband) => Function::Infiniband,
        Some(ChildKind::Middle | ChildKind::Other) => Function::Other,
        Some(ChildKind::Nic) | None => Function::Unknown,
    }
}

/// A place of a driver for other records.
pub(super) fn first_place(report: &Report<'_>, index: DriverIndex) -> Place {
    let world = &report.analysis.world;
    world.drivers[index].locations.first().map_or_else(Place::default, |l| world.place(l, 0))
}
