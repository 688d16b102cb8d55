//! `images[]`: one image of a boot file.

use serde::Serialize;

use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::verdict::{self, Verdict};
use crate::facts::boot_image::{Compression, Integrity, Reading};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::report::Report;

/// One image.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ImageRecord<'a> {
    id: String,
    path: &'a str,
    index: u32,
    name: Option<&'a str>,
    boot_index: bool,
    os_version: Option<OsVersion>,
    arch: Option<Arch>,
    winpe: WinpeRecord<'a>,
    kind: &'a str,
    kind_evidence: &'a [Evidence],
    is_winpe: bool,
    winpe_signs: &'a [String],
    sources: SourcesRecord<'a>,
    wim: Option<WimRecord<'a>>,
    file_count: u64,
    total_bytes: u64,
    optional_components: Vec<&'a str>,
    scratch_space_mb: Option<u32>,
    starts: Vec<&'a str>,
    drivers: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VerdictRecord<'a> {
    fit: bool,
    scope: Vec<&'static str>,
    unread: usize,
    reasons: Vec<ReasonRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReasonRecord<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    fingerprint: &'a str,
}

impl<'a> VerdictRecord<'a> {
    fn of(verdict: Verdict<'a>) -> Self {
        let reason = |f: &&'a Finding| ReasonRecord {
            rule: f.rule,
            severity: f.severity,
            confidence: f.confidence,
            message: &f.message,
            fingerprint: &f.fingerprint,
        };
        Self {
            fit: verdict.fit,
            scope: verdict.scope,
            unread: verdict.unread,
            reasons: verdict.reasons.iter().map(reason).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WinpeRecord<'a> {
    release: Option<&'a str>,
    title: &'a str,
    confidence: Confidence,
    evidence: &'a [Evidence],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SourcesRecord<'a> {
    wim_xml: Option<&'a Reading<OsVersion>>,
    hive: Option<&'a Reading<OsVersion>>,
    binaries: &'a [Reading<OsVersion>],
    servicing: &'a [Reading<OsVersion>],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WimRecord<'a> {
    compression: Compression,
    solid: bool,
    size: u64,
    has_integrity_table: bool,
    pipable: bool,
    parts: u16,
    /// Only with `--integrity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    integrity: Option<IntegrityRecord<'a>>,
}

/// What a check of all data gave.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IntegrityRecord<'a> {
    /// `null`: there is none.
    table: Option<&'static str>,
    streams: &'static str,
    messages: Vec<&'a str>,
}

impl<'a> IntegrityRecord<'a> {
    fn of(integrity: &'a Integrity) -> Self {
        let word = |result: &Result<(), String>| if result.is_ok() { "ok" } else { "broken" };
        let results = integrity.table.iter().chain([&integrity.streams]);
        Self {
            table: integrity.table.as_ref().map(word),
            streams: word(&integrity.streams),
            messages: results.filter_map(|r| r.as_ref().err().map(String::as_str)).collect(),
        }
    }
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
            kind: &report.analysis.kinds[index].id,
            kind_evidence: &report.analysis.kinds[index].evidence,
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
                integrity: file.integrity.as_ref().map(IntegrityRecord::of),
            }),
            file_count: facts.file_count,
            total_bytes: facts.total_bytes,
            optional_components: facts.details.optional_components(),
            scratch_space_mb: facts.details.scratch_space_mb,
            starts: facts.details.startup.commands(),
            drivers: world.image_drivers(index).map(|(_, driver, _)| driver.id.as_str()).collect(),
            verdict: report
                .verdicts
                .then(|| verdict::of_image(report.analysis, index))
                .flatten()
                .map(VerdictRecord::of),
        }
    }
}
