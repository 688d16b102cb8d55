//! What one INF would do on one Windows: devices, install sections, services, files, registry values. Each value knows its
//! line.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::selection::{SelectedModel, choose_models_section, selected_models};
use crate::facts::driver_package::{DriverPackage, InstallDetails, Manufacturer, ReadOptions, install_details};
use crate::facts::ids::{Arch, ModelIds};
use crate::facts::os_version::TargetOs;

/// An INF as this Windows sees it.
#[derive(Debug, Serialize)]
pub struct InfModel {
    /// The Windows that was asked for.
    pub target: TargetOs,
    /// What is chosen for each `[Manufacturer]` line, in file order.
    pub manufacturers: Vec<ModelChoice>,
    /// Devices that it would install the driver for, in file order.
    pub devices: Vec<ModelDevice>,
    /// Their install sections, each once, in the order of their first device.
    pub install_sections: Vec<InstallDetails>,
}

/// The Models section that counts for one `[Manufacturer]` line.
#[derive(Debug, Serialize)]
pub struct ModelChoice {
    /// Manufacturer after substitution.
    pub manufacturer: String,
    /// 1-based line.
    pub line: u32,
    /// The decoration that was chosen, empty for the undecorated section; `None` when none of the line applies.
    pub decoration: Option<String>,
    /// Name of the Models section; `None` when there is none: the line names one that the file does not have, or none
    /// applies.
    pub models_section: Option<String>,
    /// How many models it has; none means that Windows excludes these devices.
    pub models: usize,
    /// All decorations of the line, as written.
    pub decorations: Vec<String>,
}

/// A device of the Models section that was chosen.
#[derive(Debug, Serialize)]
pub struct ModelDevice {
    /// Description after substitution.
    pub description: Arc<str>,
    /// Hardware id, then compatible ids.
    pub ids: ModelIds,
    /// Manufacturer after substitution.
    pub manufacturer: String,
    /// Name of the Models section.
    pub models_section: String,
    /// Its decoration.
    pub decoration: String,
    /// Install section as the line names it.
    pub install_section: Arc<str>,
    /// 1-based line.
    pub line: u32,
}

/// Reads an INF for one Windows.
pub fn read(bytes: &[u8], package: &DriverPackage, target: &TargetOs, options: &ReadOptions) -> InfModel {
    let selected = selected_models(package, target);
    let mut wanted: Vec<(Arc<str>, Arch)> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for SelectedModel { model, .. } in &selected {
        if !model.install_section.is_empty() && seen.insert(model.install_section.to_ascii_lowercase()) {
            wanted.push((Arc::clone(&model.install_section), target.arch));
        }
    }
    InfModel {
        target: *target,
        manufacturers: package.manufacturers.iter().map(|m| choice(package, m, target)).collect(),
        devices: selected.iter().map(device).collect(),
        install_sections: install_details(bytes, &wanted, options),
    }
}

fn choice(package: &DriverPackage, manufacturer: &Manufacturer, target: &TargetOs) -> ModelChoice {
    let chosen = choose_models_section(manufacturer, target);
    let section = chosen.and_then(|c| c.section).and_then(|n| package.models_sections.get(n as usize));
    ModelChoice {
        manufacturer: manufacturer.name.clone(),
        line: manufacturer.line,
        decoration: chosen.map(|c| c.decoration.text.clone()),
        models_section: section.map(|s| s.name.clone()),
        models: section.map_or(0, |s| s.models.len()),
        decorations: manufacturer.models.iter().map(|m| m.decoration.text.clone()).filter(|d| !d.is_empty()).collect(),
    }
}

fn device(selected: &SelectedModel<'_>) -> ModelDevice {
    ModelDevice {
        description: Arc::clone(&selected.model.description),
        ids: selected.model.ids.clone(),
        manufacturer: selected.manufacturer.name.to_string(),
        models_section: selected.section.name.to_string(),
        decoration: selected.models_ref.decoration.text.to_string(),
        install_section: Arc::clone(&selected.model.install_section),
        line: selected.model.line,
    }
}
