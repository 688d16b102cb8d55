//! Operating system versions as numbers, and what a driver is selected for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::Arch;

/// `MAJOR.MINOR[.BUILD[.SPBUILD]]`, e.g. `6.0.6001.18000`. Parts that a source does not name are `None`, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OsVersion {
    /// 5, 6 or 10.
    pub major: u16,
    /// 0 to 3.
    pub minor: u16,
    /// Build number: 6001, 7600, 19041.
    pub build: Option<u32>,
    /// The fourth part: service pack build or update build revision (18000, 16385, 418).
    pub sp_build: Option<u32>,
}

impl OsVersion {
    /// `MAJOR.MINOR` without builds.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, build: None, sp_build: None }
    }

    /// All four parts.
    pub const fn full(major: u16, minor: u16, build: u32, sp_build: u32) -> Self {
        Self { major, minor, build: Some(build), sp_build: Some(sp_build) }
    }

    /// `(MAJOR, MINOR)`: what decides first, everywhere.
    pub const fn major_minor(self) -> (u16, u16) {
        (self.major, self.minor)
    }
}

impl fmt::Display for OsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if let Some(build) = self.build {
            write!(f, ".{build}")?;
            if let Some(sp) = self.sp_build {
                write!(f, ".{sp}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for OsVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        // A text would lose a fourth part without a third one.
        (self.major, self.minor, self.build, self.sp_build).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OsVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (major, minor, build, sp_build) = Deserialize::deserialize(deserializer)?;
        Ok(Self { major, minor, build, sp_build })
    }
}

/// Why a text is no OS version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOsVersion;

impl fmt::Display for BadOsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OS version is written MAJOR.MINOR[.BUILD[.SPBUILD]], for example 6.1.7601")
    }
}

impl std::error::Error for BadOsVersion {}

impl FromStr for OsVersion {
    type Err = BadOsVersion;

    fn from_str(text: &str) -> Result<Self, BadOsVersion> {
        let mut parts = text.trim().split('.');
        let mut next = || parts.next().map(|p| p.parse::<u32>().map_err(|_| BadOsVersion)).transpose();
        let major = next()?.ok_or(BadOsVersion)?;
        let minor = next()?.ok_or(BadOsVersion)?;
        let build = next()?;
        let sp_build = next()?;
        if next()?.is_some() {
            return Err(BadOsVersion);
        }
        Ok(Self {
            major: u16::try_from(major).map_err(|_| BadOsVersion)?,
            minor: u16::try_from(minor).map_err(|_| BadOsVersion)?,
            build,
            sp_build,
        })
    }
}

/// `VER_NT_*`: which kind of Windows asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductType {
    /// 1, `WinNT`. What Windows PE reports (FACTS.md 2.3).
    Workstation,
    /// 2, `LanmanNT`.
    DomainController,
    /// 3, `ServerNT`.
    Server,
}

impl ProductType {
    /// The number used in TargetOSVersion decorations.
    pub const fn number(self) -> u32 {
        match self {
            ProductType::Workstation => 1,
            ProductType::DomainController => 2,
            ProductType::Server => 3,
        }
    }

    /// From the number used in decorations.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => ProductType::Workstation,
            2 => ProductType::DomainController,
            3 => ProductType::Server,
            _ => return None,
        })
    }
}

/// The Windows that a driver is selected for: what decides on Models sections and install sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct TargetOs {
    /// Version of the running Windows.
    pub version: OsVersion,
    /// Its architecture.
    pub arch: Arch,
    /// Its product type; Windows PE is a workstation.
    pub product_type: ProductType,
    /// `VER_SUITE_*` bits.
    pub suite_mask: u32,
}

impl TargetOs {
    /// A Windows PE of this version: workstation, no suites.
    pub const fn winpe(version: OsVersion, arch: Arch) -> Self {
        Self { version, arch, product_type: ProductType::Workstation, suite_mask: 0 }
    }
}
