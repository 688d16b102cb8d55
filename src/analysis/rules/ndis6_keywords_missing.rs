//! The .sys registers as an NDIS 6 miniport, and the INF lacks the keywords without which NDIS does not start it.

use std::collections::BTreeMap;

use super::Context;
use super::folding::{each_loaded, failure};
use crate::analysis::classify::role::Role;
use crate::analysis::evidence::Evidence;
use crate::analysis::finding::{Finding, Severity, driver_identity, other_places};
use crate::analysis::target::folded_names;
use crate::analysis::world::DriverIndex;
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_package::InstallSection;

pub(super) const ID: &str = "ndis6-keywords-missing";

type Row = (Severity, std::collections::BTreeSet<usize>, u32);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut rows: BTreeMap<(DriverIndex, String, String), Row> = BTreeMap::new();
    each_loaded(context, |(index, _, target), section, file| {
        let role = context.topologies.roles[index];
        if matches!(role, Role::Filter | Role::Intermediate | Role::Protocol | Role::BusDriver | Role::MiddleDriver) {
            return;
        }
        // Sections of Windows' own INFs may bring the keywords.
        if !section.includes.is_empty() || !file.binary.is_some_and(is_ndis6_miniport) {
            return;
        }
        let missing = missing(section);
        if missing.is_empty() {
            return;
        }
        let name = section.actual.as_deref().unwrap_or(&section.name).to_owned();
        let text = format!("{} is an NDIS 6 miniport, and [{name}] sets no {}", file.name, missing.join(", "));
        let row = rows.entry((index, text, name)).or_insert((
            Severity::Info,
            std::collections::BTreeSet::new(),
            section.line,
        ));
        row.0 = row.0.max(failure(context, index, target));
        row.1.insert(target);
    });
    // One finding for each driver; a driver often has the same fault in many sections.
    let mut by_driver: BTreeMap<DriverIndex, Vec<(String, Row)>> = BTreeMap::new();
    for ((index, text, _), row) in rows {
        by_driver.entry(index).or_default().push((text, row));
    }
    for (index, rows) in by_driver {
        findings.push(finding(context, index, &rows));
    }
}

fn finding(context: &Context<'_>, index: DriverIndex, rows: &[(String, Row)]) -> Finding {
    let driver = &context.world.drivers[index];
    let targets = rows.iter().flat_map(|(_, (_, targets, _))| targets.iter().copied()).collect();
    let severity = rows.iter().map(|(_, row)| row.0).max().unwrap_or(Severity::Info);
    let more = if rows.len() > 1 { format!(" (and {} more sections)", rows.len() - 1) } else { String::new() };
    let text =
        format!("{}{more}: NDIS does not start the adapter in {}", rows[0].0, folded_names(context.targets, &targets));
    let place = context.world.place(&driver.locations[0], rows[0].1.2);
    let mut finding = Finding::new(ID, severity, place, &[&driver_identity(driver)], text).about_driver(index);
    finding.related = other_places(context.world, index);
    finding.targets = targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    let imports = "imports ndis.sys!NdisMRegisterMiniportDriver: an NDIS 6 miniport";
    let document = "without these keywords NDIS does not call MiniportInitializeEx";
    finding.evidence = vec![
        Evidence::new("binary-imports", imports),
        Evidence::new("document", document)
            .from_source("windows-driver-docs: standardized-inf-keywords-for-network-devices"),
    ];
    finding
}

fn is_ndis6_miniport(binary: &DriverBinary) -> bool {
    let ndis = binary.imports.iter().filter(|i| i.module.eq_ignore_ascii_case("ndis.sys"));
    ndis.flat_map(|i| &i.functions).any(|f| f == "NdisMRegisterMiniportDriver")
}

fn missing(section: &InstallSection) -> Vec<&'static str> {
    let net = &section.net;
    let keywords = [
        ("*IfType", net.if_type.is_none()),
        ("*MediaType", net.media_type.is_none()),
        ("*PhysicalMediaType", net.physical_media_type.is_none()),
    ];
    keywords.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
}
