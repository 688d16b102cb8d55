//! Hardware ids, enumerators, setup classes and processor architectures.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A hardware or compatible id, upper-cased (Windows compares ids without case): `PCI\VEN_14E4&DEV_1639`.
///
/// Cheap to clone: scanning a share meets the same id in many files.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct HardwareId(Arc<str>);

impl HardwareId {
    /// Takes an id as written in an INF, in any case.
    pub fn new(text: &str) -> Self {
        Self::from_trimmed(text.trim())
    }

    /// [`new`](Self::new) for text without blanks around it.
    pub(crate) fn from_trimmed(text: &str) -> Self {
        if !text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Self(Arc::from(text));
        }
        // Ids are short: upper-cased on the stack, they need one allocation only.
        let mut buffer = [0u8; 256];
        if let Some(upper) = buffer.get_mut(..text.len()) {
            upper.copy_from_slice(text.as_bytes());
            upper.make_ascii_uppercase();
            if let Ok(upper) = std::str::from_utf8(upper) {
                return Self(Arc::from(upper));
            }
        }
        Self(Arc::from(text.to_ascii_uppercase()))
    }

    /// Takes text that is already shared, if it holds no lower-case letter.
    pub fn from_shared(text: Arc<str>) -> Self {
        if text.trim().len() == text.len() && !text.bytes().any(|b| b.is_ascii_lowercase()) {
            Self(text)
        } else {
            Self::new(&text)
        }
    }

    /// The whole id, upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text before the first `\`: `PCI`, `B06BDRV`, `{1A3E09BE-...}`. `None` for a bare id (`*PNP0F13`, `VID_..`).
    ///
    /// An id that starts with `\` has no enumerator either.
    pub fn enumerator(&self) -> Option<&str> {
        self.0.split_once('\\').map(|(e, _)| e).filter(|e| !e.is_empty())
    }

    /// The text behind the first `\`, or the whole id when there is none.
    pub fn rest(&self) -> &str {
        self.0.split_once('\\').map_or(&*self.0, |(_, r)| r)
    }

    /// A `&`-separated part with this prefix, without the prefix: `part("VEN_")` of a PCI id is `14E4`.
    pub fn part(&self, prefix: &str) -> Option<&str> {
        self.rest().split('&').find_map(|p| p.strip_prefix(prefix))
    }
}

impl fmt::Display for HardwareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HardwareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl<'de> Deserialize<'de> for HardwareId {
    /// Whatever wrote it, an id is in upper case.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_shared(Arc::deserialize(deserializer)?))
    }
}

/// The ids of one Models line, hardware id first. Nearly every line has one, which needs no list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ModelIds(IdList);

#[derive(Clone, PartialEq, Eq, Hash)]
enum IdList {
    One([HardwareId; 1]),
    Other(Box<[HardwareId]>),
}

impl Deref for ModelIds {
    type Target = [HardwareId];

    fn deref(&self) -> &[HardwareId] {
        match &self.0 {
            IdList::One(one) => one,
            IdList::Other(list) => list,
        }
    }
}

impl From<HardwareId> for ModelIds {
    fn from(id: HardwareId) -> Self {
        Self(IdList::One([id]))
    }
}

impl FromIterator<HardwareId> for ModelIds {
    fn from_iter<I: IntoIterator<Item = HardwareId>>(ids: I) -> Self {
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (Some(one), None) => one.into(),
            (None, _) => Self(IdList::Other(Box::default())),
            (Some(first), Some(second)) => Self(IdList::Other([first, second].into_iter().chain(ids).collect())),
        }
    }
}

impl<'i> IntoIterator for &'i ModelIds {
    type Item = &'i HardwareId;
    type IntoIter = std::slice::Iter<'i, HardwareId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for ModelIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for ModelIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// A processor architecture as INF decorations, WIM XML and PE files name it.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// 32-bit Intel.
    X86,
    /// Itanium.
    Ia64,
    /// 64-bit Intel and AMD ("x64").
    Amd64,
    /// 32-bit ARM.
    Arm,
    /// 64-bit ARM.
    Arm64,
}

impl Arch {
    /// All architectures, in a fixed order.
    pub const ALL: [Arch; 5] = [Arch::X86, Arch::Ia64, Arch::Amd64, Arch::Arm, Arch::Arm64];

    /// The name used in decorations and reports: `amd64`.
    pub const fn name(self) -> &'static str {
        match self {
            Arch::X86 => "x86",
            Arch::Ia64 => "ia64",
            Arch::Amd64 => "amd64",
            Arch::Arm => "arm",
            Arch::Arm64 => "arm64",
        }
    }

    /// Reads a name, also the everyday ones (`x64`, `i386`), without case.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "x86" | "i386" => Arch::X86,
            "ia64" => Arch::Ia64,
            "amd64" | "x64" | "x86_64" => Arch::Amd64,
            "arm" => Arch::Arm,
            "arm64" => Arch::Arm64,
            _ => return None,
        })
    }

    /// `PROCESSOR_ARCHITECTURE_*`, the number in `<ARCH>` of a WIM's XML data (FACTS.md 5.1).
    pub const fn from_wim_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Arch::X86,
            5 => Arch::Arm,
            6 => Arch::Ia64,
            9 => Arch::Amd64,
            12 => Arch::Arm64,
            _ => return None,
        })
    }

    /// `IMAGE_FILE_MACHINE_*` of a PE file's header.
    pub const fn from_pe_machine(machine: u16) -> Option<Self> {
        Some(match machine {
            0x014c => Arch::X86,
            0x0200 => Arch::Ia64,
            0x8664 => Arch::Amd64,
            0x01c0 | 0x01c4 => Arch::Arm,
            0xaa64 => Arch::Arm64,
            _ => return None,
        })
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `Class` names and GUIDs that matter here; the GUID is what counts (FACTS.md 2.2).
pub mod class_guid {
    /// Network adapters.
    pub const NET: &str = "{4D36E972-E325-11CE-BFC1-08002BE10318}";
    /// Network clients.
    pub const NET_CLIENT: &str = "{4D36E973-E325-11CE-BFC1-08002BE10318}";
    /// Network services (filters, intermediate drivers).
    pub const NET_SERVICE: &str = "{4D36E974-E325-11CE-BFC1-08002BE10318}";
    /// Network protocols.
    pub const NET_TRANS: &str = "{4D36E975-E325-11CE-BFC1-08002BE10318}";
    /// System devices: where most NIC bus drivers are found.
    pub const SYSTEM: &str = "{4D36E97D-E325-11CE-BFC1-08002BE10318}";
    /// SCSI and RAID controllers: iSCSI and FCoE siblings of a NIC.
    pub const SCSI_ADAPTER: &str = "{4D36E97B-E325-11CE-BFC1-08002BE10318}";
    /// Extension INFs.
    pub const EXTENSION: &str = "{E2F84CE7-8EFA-411C-AA69-97454CA4CB57}";
    /// Software components.
    pub const SOFTWARE_COMPONENT: &str = "{5C4C3332-344D-483C-8739-259E934C9CC8}";

    /// The name of a class that is known here.
    pub fn name(guid: &str) -> Option<&'static str> {
        // Classes that Windows itself defines; their INFs in the corpus agree.
        let known = [
            (NET, "Net"),
            (NET_CLIENT, "NetClient"),
            (NET_SERVICE, "NetService"),
            (NET_TRANS, "NetTrans"),
            (SYSTEM, "System"),
            (SCSI_ADAPTER, "SCSIAdapter"),
            (EXTENSION, "Extension"),
            (SOFTWARE_COMPONENT, "SoftwareComponent"),
            ("{4D36E966-E325-11CE-BFC1-08002BE10318}", "Computer"),
            ("{4D36E968-E325-11CE-BFC1-08002BE10318}", "Display"),
            ("{4D36E96A-E325-11CE-BFC1-08002BE10318}", "HDC"),
            ("{4D36E96C-E325-11CE-BFC1-08002BE10318}", "MEDIA"),
            ("{4D36E96D-E325-11CE-BFC1-08002BE10318}", "Modem"),
            ("{4D36E96E-E325-11CE-BFC1-08002BE10318}", "Monitor"),
            ("{4D36E970-E325-11CE-BFC1-08002BE10318}", "MTD"),
            ("{4D36E971-E325-11CE-BFC1-08002BE10318}", "MultiFunction"),
            ("{4D36E978-E325-11CE-BFC1-08002BE10318}", "Ports"),
            ("{36FC9E60-C465-11CF-8056-444553540000}", "USB"),
            ("{50127DC3-0F36-415E-A6CC-4CB3BE910B65}", "Processor"),
            ("{50DD5230-BA8A-11D1-BF5D-0000F805F530}", "SmartCardReader"),
            ("{5175D334-C371-4806-B3BA-71FD53C9258D}", "Sensor"),
            ("{6BDD1FC5-810F-11D0-BEC7-08002BE2092F}", "Infrared"),
            ("{6BDD1FC6-810F-11D0-BEC7-08002BE2092F}", "Image"),
            ("{72631E54-78A4-11D0-BCF7-00AA00B7B32A}", "Battery"),
            ("{745A17A0-74D3-11D0-B6FE-00A0C90F57DA}", "HIDClass"),
            ("{CA3E7AB9-B4C3-4AE6-8251-579EF933890F}", "Camera"),
            ("{E0CBF06C-CD8B-4647-BB8A-263B43F0F974}", "Bluetooth"),
        ];
        known.iter().find(|(g, _)| g.eq_ignore_ascii_case(guid)).map(|(_, n)| *n)
    }
}
