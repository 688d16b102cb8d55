//! What one INF would do on one Windows: devices, install sections, services, files, registry values. Each value knows its
//! line.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::selection::{SelectedModel, selected_models};
use crate::facts::driver_package::{DriverPackage, InstallDetails, ReadOptions, install_details};
use crate::facts::ids::{Arch, ModelIds};
use crate::facts::os_version::TargetOs;

/// An INF as this Windows sees it.
#[derive(Debug, Serialize)]
pub struct InfModel {
    /// The Windows that was asked for.
    pub target: TargetOs,
    /// Devices that it would install the driver for, in file order.
    pub devices: Vec<ModelDevice>,
    /// Their install sections, each once, in the order of their first device.
    pub install_sections: Vec<InstallDetails>,
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
        devices: selected.iter().map(device).collect(),
        install_sections: install_details(bytes, &wanted, options),
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
