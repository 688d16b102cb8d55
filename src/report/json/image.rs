//! `images[]`: one image of a boot file.

use serde::Serialize;

use crate::analysis::evidence::{Confidence, Evidence};
use crate::facts::boot_image::{Compression, Reading};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::report::Report;

/// One image.
#[derive(Serialize)]
pub(super) struct ImageRecord<'a> {
    id: String,
    path: &'a str,
    index: u32,
    name: Option<&'a str>,
    boot_index: bool,
    os_version: Option<OsVersion>,
    arch: Option<Arch>,
    winpe: WinpeRecord<'a>,
    kind: &'static str,
    is_winpe: bool,
    winpe_signs: &'a [String],
    sources: SourcesRecord<'a>,
    wim: Option<WimRecord>,
    file_count: u64,
    total_bytes: u64,
    drivers: Vec<&'a str>,
}

#[derive(Serialize)]
struct WinpeRecord<'a> {
    release: Option<&'a str>,
    title: &'a str,
    confidence: Confidence,
    evidence: &'a [Evidence],
}

#[derive(Serialize)]
struct SourcesRecord<'a> {
    wim_xml: Option<&'a Reading<OsVersion>>,
    hive: Option<&'a Reading<OsVersion>>,
    binaries: &'a [Reading<OsVersion>],
    servicing: &'a [Reading<OsVersion>],
}

#[derive(Serialize)]
struct WimRecord {
    compression: Compression,
    solid: bool,
    size: u64,
    has_integrity_table: bool,
    pipable: bool,
    parts: u16,
}

impl<'a> ImageRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, index: usize) -> Self {
        let world = &report.analysis.world;
        let image = &world.images[index];
        let file = &world.boot_files[image.boot_file];
        let release = &report.analysis.releases[index];
        let facts = &image.facts;
        Self {
            id: world.image_name(index),
            path: &file.path,
            index: facts.index,
            name: facts.xml.name.as_deref(),
            boot_index: facts.boot_index,
            os_version: release.os_version,
            arch: release.arch,
            winpe: WinpeRecord {
                release: release.release.as_deref(),
                title: &release.title,
                confidence: release.confidence,
                evidence: &release.evidence,
            },
            kind: "unknown",
            is_winpe: release.is_winpe,
            winpe_signs: &facts.winpe_signs,
            sources: SourcesRecord {
                wim_xml: facts.versions.wim_xml.as_ref(),
                hive: facts.versions.software_hive.as_ref(),
                binaries: &facts.versions.binaries,
                servicing: &facts.versions.servicing,
            },
            wim: file.wim.as_ref().map(|w| WimRecord {
                compression: w.compression,
                solid: w.solid,
                size: w.size,
                has_integrity_table: w.has_integrity_table,
                pipable: w.pipable,
                parts: w.total_parts,
            }),
            file_count: facts.file_count,
            total_bytes: facts.total_bytes,
            drivers: world.image_drivers(index).map(|(_, driver, _)| driver.id.as_str()).collect(),
        }
    }
}
