//! `fleet` and `coverage[]`: the machines in numbers, and one record for each target, model and adapter.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::analysis::coverage::table::{self, TableLine};
use crate::analysis::coverage::{Coverage, folder_text};
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::facts::ids::{Arch, HardwareId};
use crate::inf_db::After;
use crate::report::Report;

/// The fleet in numbers.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FleetRecord<'a> {
    machines: usize,
    models: Vec<&'a str>,
    adapters: usize,
    left_out: LeftOut,
    targets: Vec<TargetCounts<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut {
    /// Made by software.
    software: usize,
    /// Made by a bus driver: the adapter behind is another device.
    children: usize,
    /// The inventory does not say what they are, and no network driver knows them.
    unclear: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "FleetTargetCounts"))]
struct TargetCounts<'a> {
    image: &'a str,
    fine: usize,
    at_risk: usize,
    without_network: usize,
    not_judged: usize,
}

impl<'a> FleetRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, coverage: &'a Coverage) -> Self {
        let targets = coverage.by_target.iter().map(|(target, counts)| TargetCounts {
            image: &report.analysis.targets[*target].name,
            fine: counts.fine,
            at_risk: counts.at_risk,
            without_network: counts.without_network,
            not_judged: counts.not_judged,
        });
        Self {
            machines: coverage.machines,
            models: coverage.models.iter().map(String::as_str).collect(),
            adapters: coverage.adapters.kinds(),
            left_out: LeftOut {
                software: coverage.adapters.software,
                children: coverage.adapters.children,
                unclear: coverage.adapters.unclear,
            },
            targets: targets.collect(),
        }
    }
}

/// One line of the table.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CoverageRecord<'a> {
    target: TargetRecord<'a>,
    model: Option<String>,
    adapter: AdapterRecord<'a>,
    machines: u32,
    #[cfg_attr(test, schemars(extend("enum" = ["runs", "no-network", "no-driver", "not-known"])))]
    state: &'static str,
    driver: Option<NamedDriver<'a>>,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::NetworkDuring::ALL, crate::inf_db::NetworkDuring::name))))]
    network: &'static str,
    threats: Vec<ThreatRecord<'a>>,
    share_best: Option<BestRecord<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    does_not_load: &'a BTreeSet<&'static str>,
    confidence: Confidence,
    because: &'a Evidence,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "FleetTarget"))]
struct TargetRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    release: Option<&'a str>,
    arch: Arch,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "FleetAdapter"))]
struct AdapterRecord<'a> {
    id: String,
    /// The ids as the machines report them, each the most specific one.
    ids: Vec<&'a HardwareId>,
    name: Option<&'a str>,
    wireless: bool,
    places: &'a [Place],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "FleetNamedDriver"))]
struct NamedDriver<'a> {
    id: &'a str,
    inf: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ThreatRecord<'a> {
    folder: String,
    topology: &'a str,
    driver: Option<NamedDriver<'a>>,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::NetworkDuring::ALL, crate::inf_db::NetworkDuring::name))))]
    during: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::TaskResult::ALL, crate::inf_db::TaskResult::name))))]
    result: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BestRecord<'a> {
    folder: String,
    driver: NamedDriver<'a>,
    #[cfg_attr(test, schemars(extend("enum" = ["monolithic", "multi-tier", "bus-driver-only", "null-driver"])))]
    kind: &'static str,
}

/// The table, line by line.
pub(super) fn records<'a>(report: &'a Report<'a>, coverage: &'a Coverage) -> impl Iterator<Item = CoverageRecord<'a>> {
    table::lines(coverage).into_iter().map(move |line| record(report, coverage, line))
}

fn record<'a>(report: &'a Report<'a>, coverage: &'a Coverage, line: TableLine) -> CoverageRecord<'a> {
    let analysis = report.analysis;
    let world = &analysis.world;
    let row = &coverage.rows[line.row];
    let target = &analysis.targets[row.target];
    let adapter = &coverage.adapters.all[row.adapter];
    let named = |driver: usize| NamedDriver { id: &world.drivers[driver].id, inf: &world.drivers[driver].inf };
    let threats = row.threats.iter().map(|t| ThreatRecord {
        folder: folder_text(world, &analysis.predictions.offered[t.offered].folder),
        topology: &analysis.topologies.all[t.topology].id,
        driver: t.driver.map(named),
        during: t.worst.during.name(),
        result: t.worst.result.name(),
    });
    let share_best = row.share_best.as_ref().map(|b| BestRecord {
        folder: folder_text(world, &b.folder),
        driver: named(b.driver),
        kind: match b.after {
            After::Monolithic => "monolithic",
            After::MultiTierComplete => "multi-tier",
            After::MultiTierIncomplete => "bus-driver-only",
            After::NullDriver => "null-driver",
        },
    });
    CoverageRecord {
        target: TargetRecord {
            image: target.image().map(|_| target.name.as_str()),
            release: target.release.as_deref(),
            arch: target.os.arch,
        },
        model: Some(line.model).filter(|m| !m.is_empty()),
        adapter: AdapterRecord {
            id: line.id,
            ids: line
                .adapters
                .iter()
                .map(|a| &coverage.adapters.all[*a].id)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            name: adapter.name.as_deref(),
            wireless: adapter.wireless,
            places: &adapter.places,
        },
        machines: line.machines,
        state: row.state.name(),
        driver: row.driver.map(named),
        network: row.during().name(),
        threats: threats.collect(),
        share_best,
        does_not_load: &row.does_not_load,
        confidence: row.confidence,
        because: &row.because,
    }
}
