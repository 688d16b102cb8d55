//! The rank of a driver for a device, 0xSSGGTHHH: signature score, feature score, identifier score; the lowest wins
//! (FACTS.md 2.6). And who wins against whom, with the reason.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

use crate::facts::driver_package::{DriverVer, Model};
use crate::facts::os_version::OsVersion;

pub use crate::facts::device_ids::DeviceIds;

/// Feature score of a driver that names none.
pub const DEFAULT_FEATURE_SCORE: u8 = 0xFF;

/// The lowest identifier score (`0xTHHH`) of a model for a device, `None` when none of its ids matches.
///
/// Hardware id against hardware id: its position in the device's list. Device hardware id against compatible id of the
/// INF: 0x1000 + position. Device compatible id against hardware id of the INF: 0x2000 + position. Compatible against
/// compatible: 0x3000 + position + 0x100 for each place in the INF's list. A line may leave its hardware id empty.
pub fn identifier_score(device: &DeviceIds, model: &Model) -> Option<u16> {
    let mut best: Option<u16> = None;
    let first = usize::from(model.compatible_only);
    for (k, id) in (first..).zip(model.ids.iter()) {
        if id.as_str().is_empty() {
            continue;
        }
        let (hardware, compatible) = match k {
            0 => (0x0000, 0x2000),
            _ => (0x1000, 0x3000 + 0x100 * (k - 1)),
        };
        let in_hardware = device.hardware.iter().position(|d| d == id).map(|i| hardware + i);
        let in_compatible = || device.compatible.iter().position(|d| d == id).map(|j| compatible + j);
        if let Some(score) = in_hardware.or_else(in_compatible) {
            let score = u16::try_from(score).unwrap_or(u16::MAX);
            best = Some(best.map_or(score, |b| b.min(score)));
        }
    }
    best
}

/// What a release makes of a driver's signature (the SS of the rank). FACTS.md 2.6 names four classes; the numbers are
/// those that setup logs show (`0x00ff0001` trusted, `0x80ff0001` not signed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureScore {
    /// In-box, WHQL or another signature that Microsoft made.
    MicrosoftSigned,
    /// Authenticode by a trusted publisher. Equal to the first unless the release puts Microsoft's signatures first.
    Authenticode,
    /// Not signed, install section with `.NT` or `.NT<arch>`.
    UnsignedNt,
    /// Not signed, install section without such a decoration.
    Unsigned,
    /// Nothing is known.
    Unknown,
}

impl SignatureScore {
    /// The byte SS. `all_signing_equal`: trusted signatures tie (the default since Windows 7).
    ///
    /// 0x00, 0x80 and 0xFF are documented or seen in logs; 0x0F and 0xC0 only keep the documented order of the classes.
    pub const fn score(self, all_signing_equal: bool) -> u8 {
        match self {
            SignatureScore::MicrosoftSigned => 0x00,
            SignatureScore::Authenticode if all_signing_equal => 0x00,
            SignatureScore::Authenticode => 0x0F,
            SignatureScore::UnsignedNt => 0x80,
            SignatureScore::Unsigned => 0xC0,
            SignatureScore::Unknown => 0xFF,
        }
    }
}

/// `AllSigningEqual` as a release sets it by default: off in 6.0 (Windows PE 2.x), on from 6.1.
pub fn all_signing_equal(version: OsVersion) -> bool {
    version.major_minor() >= (6, 1)
}

/// A rank, 0xSSGGTHHH. Lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u32);

impl Rank {
    /// Puts the three scores together.
    pub const fn new(signature: u8, feature: u8, identifier: u16) -> Self {
        Self((signature as u32) << 24 | (feature as u32) << 16 | identifier as u32)
    }

    /// SS.
    pub const fn signature(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// GG.
    pub const fn feature(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// THHH.
    pub const fn identifier(self) -> u16 {
        self.0 as u16
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

impl Serialize for Rank {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A driver that wants a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What to call it in an explanation: `bxvbd.inf`.
    pub name: String,
    /// Its rank for the device.
    pub rank: Rank,
    /// Its `DriverVer`: of the install section, else of `[Version]`. The default (no date) loses against any date.
    pub driver_ver: DriverVer,
}

/// Why one of two drivers is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// The lower rank.
    Rank,
    /// Equal ranks: the newer date of `DriverVer`.
    Date,
    /// Equal ranks and dates: the higher version of `DriverVer`.
    Version,
    /// Equal in everything: Windows takes either.
    Nothing,
}

/// The outcome of a comparison. `Display` says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'c> {
    /// `Less`: the first one is chosen, as in a sorted list; `Equal`: nothing decides.
    pub ordering: Ordering,
    /// What decided.
    pub decider: Decider,
    /// The one that is chosen (the first one when nothing decides).
    pub winner: &'c Candidate,
    /// The other one.
    pub loser: &'c Candidate,
}

/// Compares two drivers for the same device: rank, then date, then version (FACTS.md 2.6).
pub fn compare<'c>(a: &'c Candidate, b: &'c Candidate) -> Comparison<'c> {
    let by_rank = a.rank.cmp(&b.rank);
    let by_date = b.driver_ver.date.cmp(&a.driver_ver.date);
    let by_version = b.driver_ver.version.cmp(&a.driver_ver.version);
    let (ordering, decider) = if by_rank.is_ne() {
        (by_rank, Decider::Rank)
    } else if by_date.is_ne() {
        (by_date, Decider::Date)
    } else if by_version.is_ne() {
        (by_version, Decider::Version)
    } else {
        (Ordering::Equal, Decider::Nothing)
    };
    let (winner, loser) = if ordering == Ordering::Greater { (b, a) } else { (a, b) };
    Comparison { ordering, decider, winner, loser }
}

impl Comparison<'_> {
    /// The part of the rank that decided, in words.
    fn rank_part(&self) -> &'static str {
        let (w, l) = (self.winner.rank, self.loser.rank);
        if w.signature() != l.signature() {
            "better signature"
        } else if w.feature() != l.feature() {
            "better feature score"
        } else if w.identifier() >> 12 != l.identifier() >> 12 {
            "better kind of id match"
        } else {
            "more specific id"
        }
    }
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (w, l) = (self.winner, self.loser);
        match self.decider {
            Decider::Rank => write!(
                f,
                "{} beats {} because its rank {} is lower than {} ({})",
                w.name,
                l.name,
                w.rank,
                l.rank,
                self.rank_part()
            ),
            Decider::Date => write!(
                f,
                "{} beats {} because both have rank {} and its DriverVer date {} is newer than {}",
                w.name, l.name, w.rank, w.driver_ver.date, l.driver_ver.date
            ),
            Decider::Version => write!(
                f,
                "{} beats {} because both have rank {} and date {} and its version {} is higher than {}",
                w.name,
                l.name,
                w.rank,
                w.driver_ver.date,
                dotted(w.driver_ver.version),
                dotted(l.driver_ver.version)
            ),
            Decider::Nothing => write!(
                f,
                "nothing decides between {} and {}: both have rank {}, date {} and version {}",
                w.name,
                l.name,
                w.rank,
                w.driver_ver.date,
                dotted(w.driver_ver.version)
            ),
        }
    }
}

fn dotted(version: [u16; 4]) -> String {
    version.map(|n| n.to_string()).join(".")
}

#[cfg(test)]
#[path = "rank_tests.rs"]
mod tests;
