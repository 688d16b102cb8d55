//! A first look at each driver by itself: which buses its ids name, and what its install sections say it does.
//!
//! Tiers come from ids and enumerators, never from names, class or LoadOrderGroup alone (DESIGN.md 5.3).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::facts::driver_package::{DriverPackage, InstallSection, Model};
use crate::facts::ids::{HardwareId, class_guid};
use crate::inf_db::{EnumeratorKind, InfDb};

/// What the enumerator of an id says about the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdKind {
    /// A device on a well-known hardware bus.
    Bus,
    /// A device made by software (`ROOT`, `SWD`).
    Software,
    /// A child of a bus driver that comes with Windows (`MF`, `VMBUS`, Bluetooth).
    InBoxChild,
    /// A child of somebody's own bus driver.
    Private,
    /// No enumerator.
    Bare,
}

/// Tells the kind of an id by the table of well-known buses.
pub fn id_kind(id: &HardwareId, db: &InfDb) -> IdKind {
    let Some(enumerator) = id.enumerator() else { return IdKind::Bare };
    match db.enumerators().get(enumerator).map(|e| e.kind) {
        Some(EnumeratorKind::Bus) => IdKind::Bus,
        Some(EnumeratorKind::Software) => IdKind::Software,
        Some(EnumeratorKind::InBoxChild | EnumeratorKind::Bluetooth) => IdKind::InBoxChild,
        None => IdKind::Private,
    }
}

/// What a device does, as far as its install section tells.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// Wired Ethernet.
    Ethernet,
    /// Wireless LAN.
    Wlan,
    /// Mobile broadband.
    Wwan,
    /// InfiniBand.
    Infiniband,
    /// A filter in the network stack.
    Filter,
    /// iSCSI, FCoE and other storage.
    Storage,
    /// Diagnostics.
    Diagnostic,
    /// Something that is known and none of the above.
    Other,
    /// Nothing tells.
    Unknown,
}

impl Function {
    /// No cable: Windows PE does not start from it.
    pub const fn is_wireless(self) -> bool {
        matches!(self, Self::Wlan | Self::Wwan)
    }
}

/// The network kind of a driver as a whole, by class and NCF flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetKind {
    /// Class Net, an adapter.
    Adapter,
    /// Lightweight filter or NetService component.
    Filter,
    /// Filter intermediate driver.
    Intermediate,
    /// Transport protocol.
    Protocol,
    /// No network class.
    None,
}

/// What the ids and sections of one driver say.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its network kind.
    pub net: NetKind,
    /// Models on hardware buses.
    pub bus_models: usize,
    /// Models on software enumerators.
    pub software_models: usize,
    /// Models on in-box buses.
    pub in_box_models: usize,
    /// Private enumerators, each with its first id and the line of it, and the number of Models lines.
    pub private: BTreeMap<String, PrivateUse>,
    /// Names of function-driver services, lower case.
    pub services: BTreeSet<String>,
    /// File names of function-driver binaries, lower case.
    pub binaries: BTreeSet<String>,
    /// Ids that stand as text in AddReg sections, with their lines.
    pub registry_ids: Vec<(HardwareId, u32)>,
    /// CopyINF file names, lower case, with their lines.
    pub copy_inf: Vec<(String, u32)>,
    /// Most frequent function of its adapters.
    pub function: Function,
}

/// How a driver uses a private enumerator.
#[derive(Clone, Debug)]
pub struct PrivateUse {
    /// First id on it.
    pub first: HardwareId,
    /// Line of that id.
    pub line: u32,
    /// Models lines on it.
    pub models: usize,
    /// All ids on it.
    pub ids: BTreeSet<HardwareId>,
}

/// `NCF_LW_FILTER`.
const NCF_LW_FILTER: u32 = 0x4_0000;
/// `NCF_FILTER`.
const NCF_FILTER: u32 = 0x400;
/// `NCF_NDIS_PROTOCOL`.
const NCF_NDIS_PROTOCOL: u32 = 0x4000;

impl Profile {
    /// Looks at one driver.
    pub fn of(package: &DriverPackage, db: &InfDb) -> Self {
        let mut profile = Self {
            net: net_kind(package),
            bus_models: 0,
            software_models: 0,
            in_box_models: 0,
            private: BTreeMap::new(),
            services: BTreeSet::new(),
            binaries: BTreeSet::new(),
            registry_ids: Vec::new(),
            copy_inf: package.copy_inf.iter().map(|c| (c.value.to_ascii_lowercase(), c.line)).collect(),
            function: Function::Unknown,
        };
        for model in package.models_sections.iter().flat_map(|s| &s.models) {
            profile.count(model, db);
        }
        for section in package.install_sections.iter() {
            profile.read_section(section);
        }
        profile.registry_ids.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        profile.registry_ids.dedup_by(|a, b| a.0 == b.0);
        profile.function = driver_function(package);
        profile
    }

    fn count(&mut self, model: &Model, db: &InfDb) {
        let Some(first) = model.ids.first() else { return };
        match id_kind(first, db) {
            IdKind::Bus => self.bus_models += 1,
            IdKind::Software => self.software_models += 1,
            IdKind::InBoxChild => self.in_box_models += 1,
            IdKind::Bare => {}
            IdKind::Private => {
                let enumerator = first.enumerator().unwrap_or_default().to_owned();
                let used = self.private.entry(enumerator).or_insert_with(|| PrivateUse {
                    first: first.clone(),
                    line: model.line,
                    models: 0,
                    ids: BTreeSet::new(),
                });
                used.models += 1;
                used.ids.insert(first.clone());
            }
        }
    }

    fn read_section(&mut self, section: &InstallSection) {
        for service in section.services.iter().filter(|s| s.associated && !s.name.is_empty()) {
            self.services.insert(service.name.to_ascii_lowercase());
            if let Some(file) = service.binary_file() {
                self.binaries.insert(file.to_ascii_lowercase());
            }
        }
        self.registry_ids.extend(section.registry_ids.iter().map(|r| (r.value.clone(), r.line)));
        for copied in &section.copy_inf {
            let name = copied.value.to_ascii_lowercase();
            if !self.copy_inf.iter().any(|(n, _)| *n == name) {
                self.copy_inf.push((name, copied.line));
            }
        }
    }

    /// Models on private enumerators.
    pub fn private_models(&self) -> usize {
        self.private.values().map(|p| p.models).sum()
    }
}

fn net_kind(package: &DriverPackage) -> NetKind {
    if package.is_class(class_guid::NET_TRANS, "NetTrans") {
        return NetKind::Protocol;
    }
    if package.is_class(class_guid::NET_SERVICE, "NetService") {
        return NetKind::Filter;
    }
    if !package.is_net_class() {
        return NetKind::None;
    }
    let flags = package.install_sections.iter().filter_map(|s| s.net.characteristics.as_ref().map(|c| c.value));
    for flag in flags {
        if flag & NCF_LW_FILTER != 0 {
            return NetKind::Filter;
        }
        if flag & NCF_FILTER != 0 {
            return NetKind::Intermediate;
        }
        if flag & NCF_NDIS_PROTOCOL != 0 {
            return NetKind::Protocol;
        }
    }
    NetKind::Adapter
}

/// What the install section says that the device does (FACTS.md 2.5).
pub fn section_function(section: &InstallSection) -> Function {
    let net = &section.net;
    let flags = net.characteristics.as_ref().map_or(0, |c| c.value);
    if flags & (NCF_LW_FILTER | NCF_FILTER) != 0 {
        return Function::Filter;
    }
    // The lower range may be a list: "wlan,ethernet,vwifi".
    let lower = net.lower_range.as_ref().map(|l| l.value.to_ascii_lowercase()).unwrap_or_default();
    let lower: Vec<&str> = lower.split(',').map(str::trim).collect();
    let if_type = net.if_type.as_ref().map(|v| v.value);
    let physical = net.physical_media_type.as_ref().map(|v| v.value);
    // IF_TYPE_* of ipifcons.h and NDIS_PHYSICAL_MEDIUM of ntddndis.h.
    if if_type == Some(71) || matches!(physical, Some(1 | 9)) || lower.contains(&"wlan") {
        return Function::Wlan;
    }
    // WiMAX (237, 12) and mobile broadband.
    let broadband = matches!(if_type, Some(237 | 243 | 244)) || matches!(physical, Some(8 | 12));
    if broadband || lower.contains(&"ppip") || lower.iter().any(|l| l.starts_with("flpp")) {
        return Function::Wwan;
    }
    if lower.contains(&"ethernet") || (if_type == Some(6) && physical.is_none_or(|p| p == 14)) {
        return Function::Ethernet;
    }
    Function::Unknown
}

fn driver_function(package: &DriverPackage) -> Function {
    let mut counts: BTreeMap<Function, usize> = BTreeMap::new();
    for section in &package.install_sections {
        let function = section_function(section);
        if function != Function::Unknown {
            *counts.entry(function).or_default() += 1;
        }
    }
    // The order of the enumeration breaks ties, so that the answer does not depend on the order of the file.
    counts.into_iter().max_by_key(|(f, n)| (*n, std::cmp::Reverse(*f))).map_or(Function::Unknown, |(f, _)| f)
}
