//! NIC families (`nic-families/<vendor>-<family>.toml`): names, advice, and a link of last resort from a private enumerator
//! to the bus driver behind it.
//!
//! Where the bytes of a driver or the text of its INF give the structure, this table is not needed (DESIGN.md 5.3): it adds
//! names and advice. Nothing in the code knows a vendor.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::facts::ids::HardwareId;

use super::problem::{DataFile, InfDbProblem};
use super::releases::MultiTier;
use super::source::SourceConfidence;
use super::text::{did_you_mean, is_kebab_case, prose, prose_map, prose_option};

/// What a child of a bus driver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChildKind {
    /// A network adapter: the miniport.
    Nic,
    /// iSCSI or FCoE: a sibling, no network breakage.
    Storage,
    /// The vendor's diagnostic driver: a sibling.
    Diagnostic,
    /// InfiniBand.
    Infiniband,
    /// A tier in between, with children of its own.
    Middle,
    /// Something else (audio, modem).
    Other,
}

/// How many tiers the drivers of a family have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FamilyKind {
    /// Bus driver and miniport; no monolithic driver is known.
    MultiTier,
    /// Both kinds of package exist for the same adapters.
    Both,
    /// One driver: listed because it is easily taken for multi-tier.
    Monolithic,
}

/// PCI ids of the adapters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciIds {
    /// Vendor id, 4 upper-case hex digits.
    pub vendor: String,
    /// Device ids, 4 upper-case hex digits each, sorted.
    pub devices: Vec<String>,
    /// Where they come from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well they are known.
    pub confidence: SourceConfidence,
}

/// One tier: a private enumerator and the bus driver that creates its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyLink {
    /// The private enumerator, upper case: `B06BDRV`, `{1A3E09BE-...}`.
    pub enumerator: String,
    /// Service names of the bus driver, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bus_services: Vec<String>,
    /// INF names of the bus driver that were seen, lower case. Vendor and in-box packages differ; evidence of last resort.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bus_infs: Vec<String>,
    /// Where the link comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
    /// What the bus driver creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<FamilyChild>,
}

/// A kind of child on a private enumerator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyChild {
    /// What it is.
    pub kind: ChildKind,
    /// Beginnings of what stands behind the enumerator, upper case: `L2ND`. Empty: not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Service names, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// INF names that were seen, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub infs: Vec<String>,
    /// Where it comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// One family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// `<vendor>-<family>`, the name of its file.
    pub id: String,
    /// For people.
    pub title: String,
    /// Vendors that sold it, oldest first.
    pub vendor: String,
    /// Tiers.
    pub kind: FamilyKind,
    /// Its adapters are wireless: no task sequence runs over them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wireless: bool,
    /// In short.
    #[serde(deserialize_with = "prose")]
    pub summary: String,
    /// What is known about a monolithic driver for these adapters.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub monolithic: Option<String>,
    /// What to do.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What to do where a release treats multi-tier drivers in this way.
    #[serde(default, deserialize_with = "prose_map", skip_serializing_if = "BTreeMap::is_empty")]
    pub advice_where: BTreeMap<MultiTier, String>,
    /// Where the family as a whole comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
    /// Adapters by PCI id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pci: Vec<PciIds>,
    /// Tiers, the bus of the adapter first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<FamilyLink>,
}

impl Family {
    /// What to do on releases that treat multi-tier drivers in these ways, the oldest first.
    pub fn advice_for(&self, behaviours: &BTreeSet<MultiTier>) -> Vec<String> {
        let fitting = self.advice_where.iter().filter(|(behaviour, _)| behaviours.contains(behaviour));
        self.advice.iter().chain(fitting.map(|(_, text)| text)).cloned().collect()
    }

    /// The family has this PCI vendor and device (4 hex digits each, any case).
    pub fn has_pci_device(&self, vendor: &str, device: &str) -> bool {
        self.pci.iter().any(|ids| {
            ids.vendor.eq_ignore_ascii_case(vendor) && ids.devices.iter().any(|d| d.eq_ignore_ascii_case(device))
        })
    }

    /// The link with this enumerator.
    pub fn link(&self, enumerator: &str) -> Option<&FamilyLink> {
        self.links.iter().find(|l| l.enumerator.eq_ignore_ascii_case(enumerator))
    }
}

impl FamilyLink {
    /// The bus driver's service is this one.
    pub fn has_bus_service(&self, service: &str) -> bool {
        self.bus_services.iter().any(|s| s.eq_ignore_ascii_case(service))
    }

    /// What a child with this id (`L2ND&PCI_163914E4`, without the enumerator) is.
    pub fn child(&self, rest: &str) -> Option<&FamilyChild> {
        let starts = |id: &String| rest.get(..id.len()).is_some_and(|start| start.eq_ignore_ascii_case(id));
        self.children.iter().find(|child| child.ids.iter().any(starts))
    }
}

/// Every family, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Families {
    rows: BTreeMap<String, Family>,
}

impl Families {
    /// Reads one file and adds it.
    pub(super) fn load(&mut self, file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> bool {
        let family: toml::Spanned<Family> = match file.parse() {
            Ok(family) => family,
            Err(problem) => {
                problems.push(problem);
                return false;
            }
        };
        let span = family.span();
        let family = family.into_inner();
        check(&family, file, &span, problems);
        // Under another name it would take the place of a family that has a file of its own.
        let usable = family.id == file.stem();
        if usable {
            self.rows.insert(family.id.clone(), family);
        }
        usable
    }

    /// Every family, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Family> {
        self.rows.values()
    }

    /// The family with this id, without case.
    pub fn get(&self, id: &str) -> Option<&Family> {
        self.rows.get(&id.trim().to_ascii_lowercase())
    }

    /// Ids that a mistyped one may have meant.
    pub fn near(&self, text: &str) -> Vec<String> {
        did_you_mean(text, self.rows.keys().map(String::as_str))
    }

    /// The families with this private enumerator, each with the link. Several may share one.
    pub fn by_enumerator<'a>(&'a self, enumerator: &'a str) -> impl Iterator<Item = (&'a Family, &'a FamilyLink)> {
        self.iter().filter_map(move |family| family.link(enumerator).map(|link| (family, link)))
    }

    /// The family of an adapter, by the vendor and device of its PCI id.
    pub fn by_hardware_id(&self, id: &HardwareId) -> Option<&Family> {
        if id.enumerator() != Some("PCI") {
            return None;
        }
        let (vendor, device) = (id.part("VEN_")?, id.part("DEV_")?);
        self.iter().find(|family| family.has_pci_device(vendor, device))
    }
}

/// What the types can not say: file name, forms, order.
fn check(family: &Family, file: &DataFile<'_>, span: &Range<usize>, problems: &mut Vec<InfDbProblem>) {
    let mut wrong = |message: String| problems.push(file.problem(Some(span.clone()), message));
    if family.id != file.stem() || !is_kebab_case(&family.id) {
        wrong(format!("id `{}` must be kebab-case and the name of its file", family.id));
    }
    if (family.kind == FamilyKind::Monolithic) != family.links.is_empty() {
        wrong("a monolithic family has no links, every other one has".to_owned());
    }
    let is_hex = |text: &String| text.len() == 4 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    for ids in &family.pci {
        for id in std::iter::once(&ids.vendor).chain(&ids.devices).filter(|id| !is_hex(id)) {
            wrong(format!("`{id}` is no PCI id of 4 upper-case hex digits"));
        }
        if !ids.devices.is_sorted_by(|a, b| a < b) {
            wrong(format!("the devices of vendor {} must be sorted, each once", ids.vendor));
        }
    }
    for link in &family.links {
        if link.enumerator.is_empty() || link.enumerator.contains('\\') || !is_upper(&link.enumerator) {
            wrong(format!("`{}` is no enumerator in upper case", link.enumerator));
        }
        let names = link.bus_services.iter().chain(&link.bus_infs);
        let names = names.chain(link.children.iter().flat_map(|c| c.services.iter().chain(&c.infs)));
        for name in names.filter(|n| n.bytes().any(|b| b.is_ascii_uppercase())) {
            wrong(format!("`{name}`: services and INF names are written in lower case"));
        }
        for id in link.children.iter().flat_map(|c| &c.ids).filter(|id| !is_upper(id)) {
            wrong(format!("`{id}`: ids are written in upper case"));
        }
    }
}

fn is_upper(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::inf_db::InfDb;

    use super::*;

    #[test]
    fn a_family_is_found_by_enumerator_and_by_adapter() {
        let families = InfDb::embedded().families();
        for (enumerator, expected) in [
            ("b06bdrv", "broadcom-netxtreme2:b06bdrv"),
            ("EBDRV", "broadcom-netxtreme2-10g:ebdrv,ebdrv0"),
            ("MLX4", "mellanox-mlx4:mlx4_bus"),
            ("XENVIF", "xen-pv:xenvif"),
            ("{1a3e09be-1e45-494b-9174-d7385b45bbf5}", "nvidia-nforce:nvnetbus"),
            ("PCI", ""),
        ] {
            let found: Vec<String> = families
                .by_enumerator(enumerator)
                .map(|(f, l)| format!("{}:{}", f.id, l.bus_services.join(",")))
                .collect();
            assert_eq!(found.join(" "), expected, "{enumerator}");
        }
        for (id, expected) in [
            ("PCI\\VEN_14E4&DEV_1639&SUBSYS_02351028&REV_20", Some("broadcom-netxtreme2")),
            ("pci\\ven_14e4&dev_164e", Some("broadcom-netxtreme2-10g")),
            ("PCI\\VEN_14E4&DEV_1698", Some("broadcom-netxtreme")),
            ("PCI\\VEN_15B3&DEV_1013", Some("mellanox-mlx5")),
            ("PCI\\VEN_8086&DEV_100E", None),
            ("PCI\\CC_0200", None),
            ("USB\\VEN_14E4&DEV_1639", None),
        ] {
            let family = families.by_hardware_id(&HardwareId::new(id)).map(|f| f.id.as_str());
            assert_eq!(family, expected, "{id}");
        }
    }

    #[test]
    fn an_adapter_belongs_to_one_family() {
        let mut seen = BTreeMap::new();
        for family in InfDb::embedded().families().iter() {
            for ids in &family.pci {
                for device in &ids.devices {
                    let other = seen.insert((ids.vendor.clone(), device.clone()), family.id.clone());
                    assert_eq!(other, None, "{}:{device} is in {} too", ids.vendor, family.id);
                }
            }
        }
    }

    #[test]
    fn children_are_told_by_the_beginning_of_their_id() {
        let family = InfDb::embedded().families().get("Broadcom-NetXtreme2").expect("family");
        let link = family.link("B06BDRV").expect("link");
        assert!(link.has_bus_service("B06BDRV"));
        for (rest, kind) in [
            ("L2ND&PCI_163914E4", Some(ChildKind::Nic)),
            ("l4sc&pci_164a14e4", Some(ChildKind::Storage)),
            ("DIAG&PCI_164A14E4", Some(ChildKind::Diagnostic)),
            ("L2", None),
        ] {
            assert_eq!(link.child(rest).map(|c| c.kind), kind, "{rest}");
        }
    }

    #[test]
    fn no_private_enumerator_is_a_well_known_one() {
        let db = InfDb::embedded();
        for link in db.families().iter().flat_map(|f| &f.links) {
            assert!(db.enumerators().is_private(&link.enumerator), "{}", link.enumerator);
        }
    }
}
