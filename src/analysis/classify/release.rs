//! Which WinPE release an image is: from every source, with the disagreements.

use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::facts::boot_image::{BootImage, Reading};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::inf_db::{Classification, InfDb};

/// The release of an image, or why it has none.
#[derive(Clone, Debug)]
pub struct ImageRelease {
    /// The version that was decided on.
    pub os_version: Option<OsVersion>,
    /// The release id of the table, if the version is in it.
    pub release: Option<String>,
    /// `Windows PE 3.0`, or why there is no release.
    pub title: String,
    /// How sure.
    pub confidence: Confidence,
    /// The readings.
    pub evidence: Vec<Evidence>,
    /// Sources that contradict the decided version: (place, what it says).
    pub stale: Vec<(String, OsVersion)>,
    /// The architecture that was decided on.
    pub arch: Option<Arch>,
    /// The XML data name another architecture than the binaries.
    pub arch_disagrees: Option<(Arch, Arch)>,
    /// It is a Windows PE image at all.
    pub is_winpe: bool,
}

/// Decides. System files say what starts, so they outweigh labels: kernel first, then the hive, then the XML data, then the
/// names of servicing packages.
pub fn classify(image: &BootImage, place: &Place, db: &InfDb) -> ImageRelease {
    let readings = readings(image);
    let decided = readings.first().map(|(_, r)| r.value);
    let evidence =
        readings.iter().map(|(kind, r)| Evidence::new(kind, format!("{}: {}", r.place, r.value)).at(place.clone()));
    let evidence: Vec<Evidence> = evidence.collect();
    let stale = decided.map_or_else(Vec::new, |version| {
        let wrong = readings.iter().filter(|(_, r)| disagrees(version, r.value));
        wrong.map(|(_, r)| (r.place.clone(), r.value)).collect()
    });
    let version = decided.map(|v| refine(v, &readings));
    let (release, title) = match version {
        None => (None, "no source names a version: release unknown".to_owned()),
        Some(version) => match db.releases().classify(&version) {
            Classification::Known(release) => (Some(release.id.clone()), release.title.clone()),
            Classification::Generation { reason, .. } | Classification::Unknown { reason } => (None, reason),
            Classification::Newer { last } => (
                None,
                format!("{version} is newer than {}, the last release known here: release unknown, newer", last.title),
            ),
        },
    };
    let binary_arch = image.archs.binaries.first().map(|r| r.value);
    let xml_arch = image.archs.wim_xml.as_ref().map(|r| r.value);
    ImageRelease {
        os_version: version,
        release,
        title,
        confidence: if image.versions.binaries.is_empty() { Confidence::Likely } else { Confidence::Proven },
        evidence,
        stale,
        arch: binary_arch.or(xml_arch),
        arch_disagrees: binary_arch.zip(xml_arch).filter(|(b, x)| b != x),
        is_winpe: !image.winpe_signs.is_empty(),
    }
}

/// All readings, the weightiest first.
fn readings(image: &BootImage) -> Vec<(&'static str, &Reading<OsVersion>)> {
    let v = &image.versions;
    let mut all: Vec<(&'static str, &Reading<OsVersion>)> = v.binaries.iter().map(|r| ("system-file", r)).collect();
    all.extend(v.software_hive.iter().map(|r| ("hive", r)));
    all.extend(v.wim_xml.iter().map(|r| ("wim-xml", r)));
    all.extend(v.servicing.iter().map(|r| ("servicing-package", r)));
    all
}

/// Different MAJOR.MINOR, or different builds where both are named. Service pack builds grow with updates and do not count
/// (IMAGES.md: WinRE keeps UBR 1 while the XML data have the true one).
fn disagrees(a: OsVersion, b: OsVersion) -> bool {
    a.major_minor() != b.major_minor() || matches!((a.build, b.build), (Some(x), Some(y)) if x != y)
}

/// Adds the service-pack build of another source where the decided one has none.
fn refine(mut version: OsVersion, readings: &[(&'static str, &Reading<OsVersion>)]) -> OsVersion {
    let decided = version;
    for (_, reading) in readings.iter().filter(|(_, r)| !disagrees(decided, r.value)) {
        version.build = version.build.or(reading.value.build);
        version.sp_build = version.sp_build.or(reading.value.sp_build);
    }
    version
}
