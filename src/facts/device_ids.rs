//! The ids that a device reports to Windows, and which of them follow from the ones that are known.

use serde::{Deserialize, Serialize};

use super::ids::HardwareId;

/// The ids that a device reports, each list best first.
///
/// Where only one id of the device is known, places of the list stay empty, so that the known ones keep the positions
/// that they have on a real device. An empty place matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceIds {
    /// Hardware ids.
    pub hardware: Vec<HardwareId>,
    /// Compatible ids.
    pub compatible: Vec<HardwareId>,
}

impl DeviceIds {
    /// What the bus driver reports for a device that is described by one id.
    ///
    /// PCI (FACTS.md 2.6, FORMATS.md 4a): a device with a subsystem has two hardware ids (`&SUBSYS&REV`, `&SUBSYS`);
    /// `&REV` and `VEN&DEV` are compatible ids. A device whose subsystem is 0 has six hardware ids, among them these two.
    /// Parts that the id does not name are unknown: they give empty places. Any other bus: the id itself.
    pub fn from_adapter_id(id: &HardwareId) -> Self {
        match PciParts::of(id) {
            Some(pci) => pci.device_ids(),
            None => Self { hardware: vec![id.clone()], compatible: Vec::new() },
        }
    }

    /// What the bus driver reports for a device of which an inventory names these lists; `compatible` may be unknown.
    ///
    /// A list that is there is kept as it stands. Of a PCI device whose compatible ids are not named they are derived.
    pub fn from_lists(hardware: Vec<HardwareId>, compatible: Vec<HardwareId>) -> Self {
        if !compatible.is_empty() {
            return Self { hardware, compatible };
        }
        let parts = hardware.first().and_then(PciParts::of);
        let class = hardware.iter().find_map(|id| id.part("CC_"));
        let derived = parts.map(|parts| PciParts { class: parts.class.or(class), ..parts }.device_ids().compatible);
        let compatible = derived.unwrap_or_default();
        Self {
            compatible: if hardware.len() > 1 || !compatible.is_empty() { compatible } else { Vec::new() },
            hardware,
        }
    }

    /// Every known id, hardware ids first; empty places are left out.
    pub fn all(&self) -> impl Iterator<Item = &HardwareId> {
        self.hardware.iter().chain(&self.compatible).filter(|id| !id.as_str().is_empty())
    }

    /// The most specific id that is known.
    pub fn first(&self) -> Option<&HardwareId> {
        self.all().next()
    }

    /// PCI base class and subclass (`0200`), if one of the ids names them.
    pub fn pci_class(&self) -> Option<&str> {
        self.all().filter(|id| id.enumerator() == Some("PCI")).find_map(|id| id.part("CC_")).and_then(|c| c.get(..4))
    }
}

/// The parts of `PCI\VEN_..&DEV_..`.
struct PciParts<'a> {
    vendor: &'a str,
    device: &'a str,
    subsystem: Option<&'a str>,
    revision: Option<&'a str>,
    class: Option<&'a str>,
}

impl<'a> PciParts<'a> {
    fn of(id: &'a HardwareId) -> Option<Self> {
        if id.enumerator() != Some("PCI") {
            return None;
        }
        Some(Self {
            vendor: id.part("VEN_")?,
            device: id.part("DEV_")?,
            subsystem: id.part("SUBSYS_"),
            revision: id.part("REV_"),
            class: id.part("CC_"),
        })
    }

    fn device_ids(&self) -> DeviceIds {
        let base = format!("PCI\\VEN_{}&DEV_{}", self.vendor, self.device);
        let with = |known: Option<String>| known.map_or_else(|| HardwareId::new(""), |t| HardwareId::new(&t));
        let sub = self.subsystem.map(|s| format!("{base}&SUBSYS_{s}"));
        let sub_rev = sub.as_ref().zip(self.revision).map(|(s, r)| format!("{s}&REV_{r}"));
        let rev = self.revision.map(|r| format!("{base}&REV_{r}"));
        // CC_ccsspp (with programming interface) and CC_ccss.
        let class6 = self.class.filter(|c| c.len() == 6);
        let class4 = self.class.and_then(|c| c.get(..4));
        let vendor = format!("PCI\\VEN_{}", self.vendor);
        let class_ids = [
            class6.map(|c| format!("{vendor}&CC_{c}")),
            class4.map(|c| format!("{vendor}&CC_{c}")),
            Some(vendor.clone()),
            class6.map(|c| format!("PCI\\CC_{c}")),
            class4.map(|c| format!("PCI\\CC_{c}")),
        ];
        let zero = self.subsystem.is_some_and(|s| !s.is_empty() && s.bytes().all(|b| b == b'0'));
        if zero {
            DeviceIds {
                hardware: [
                    sub_rev,
                    sub,
                    rev,
                    Some(base.clone()),
                    class6.map(|c| format!("{base}&CC_{c}")),
                    class4.map(|c| format!("{base}&CC_{c}")),
                ]
                .map(with)
                .into(),
                compatible: class_ids.map(with).into(),
            }
        } else {
            DeviceIds {
                hardware: [sub_rev, sub].map(with).into(),
                compatible: [rev, Some(base)].into_iter().chain(class_ids).map(with).collect(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ids: &[HardwareId]) -> Vec<&str> {
        ids.iter().map(HardwareId::as_str).collect()
    }

    #[test]
    fn named_lists_are_kept_and_missing_ones_derived() {
        let id = HardwareId::new;
        let named = DeviceIds::from_lists(vec![id("PCI\\VEN_1234&DEV_0001")], vec![id("PCI\\VEN_1234")]);
        assert_eq!(
            (texts(&named.hardware), texts(&named.compatible)),
            (vec!["PCI\\VEN_1234&DEV_0001"], vec!["PCI\\VEN_1234"])
        );
        let hardware = [
            "PCI\\VEN_1234&DEV_0001&SUBSYS_00021234&REV_03",
            "PCI\\VEN_1234&DEV_0001&SUBSYS_00021234",
            "PCI\\VEN_1234&DEV_0001&CC_020000",
            "PCI\\VEN_1234&DEV_0001&CC_0200",
        ];
        let derived = DeviceIds::from_lists(hardware.map(id).into(), Vec::new());
        assert_eq!(texts(&derived.hardware), hardware);
        assert_eq!(texts(&derived.compatible)[..2], ["PCI\\VEN_1234&DEV_0001&REV_03", "PCI\\VEN_1234&DEV_0001"]);
        assert_eq!(derived.pci_class(), Some("0200"));
        let usb = DeviceIds::from_lists(
            vec![id("USB\\VID_1234&PID_0001&REV_0100"), id("USB\\VID_1234&PID_0001")],
            Vec::new(),
        );
        assert_eq!((usb.hardware.len(), usb.compatible.len()), (2, 0));
    }
}
