//! A network adapter of the fleet that nothing in a boot image runs. One finding for each adapter, whatever its subsystems.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::coverage::{Coverage, CoverageRow, ShareBest, State, folder_text};
use crate::analysis::evidence::{Confidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::folded_names;
use crate::inf_db::After;

pub(super) const ID: &str = "no-driver-for-fleet-nic";

/// Reasons shown.
const MOST_REASONS: usize = 12;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(coverage) = context.coverage else { return };
    let mut by_id: BTreeMap<String, Vec<&CoverageRow>> = BTreeMap::new();
    for row in coverage.rows.iter().filter(|r| matches!(r.state, State::NoDriver | State::NoNetwork)) {
        by_id.entry(coverage.adapters.all[row.adapter].short_id()).or_default().push(row);
    }
    let stranded = stranded(coverage);
    for (id, rows) in by_id {
        findings.extend(finding(context, coverage, &id, &rows, &stranded));
    }
}

/// Adapter and target of every machine on which no wired adapter runs there.
fn stranded(coverage: &Coverage) -> BTreeSet<(usize, usize)> {
    let mut by_target: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for row in &coverage.rows {
        let running = by_target.entry(row.target).or_default();
        if row.state == State::Runs && !coverage.adapters.all[row.adapter].wireless {
            running.insert(row.adapter);
        }
    }
    let mut found = BTreeSet::new();
    for (target, running) in by_target {
        let without = coverage.adapters.of_machine.iter().filter(|m| !m.iter().any(|a| running.contains(a)));
        found.extend(without.flatten().map(|adapter| (*adapter, target)));
    }
    found
}

fn finding(
    context: &Context<'_>,
    coverage: &Coverage,
    id: &str,
    rows: &[&CoverageRow],
    stranded: &BTreeSet<(usize, usize)>,
) -> Option<Finding> {
    let kinds: BTreeSet<usize> = rows.iter().map(|r| r.adapter).collect();
    let adapters: Vec<_> = kinds.iter().map(|k| &coverage.adapters.all[*k]).collect();
    let first = adapters.first()?;
    let wireless = adapters.iter().all(|a| a.wireless);
    let alone =
        rows.iter().any(|r| !coverage.adapters.all[r.adapter].wireless && stranded.contains(&(r.adapter, r.target)));
    let severity = match (wireless, alone) {
        (true, _) => Severity::Info,
        (false, true) => Severity::Error,
        (false, false) => Severity::Warning,
    };
    let machines: u32 = adapters.iter().map(|a| a.machines()).sum();
    let name = adapters.iter().find_map(|a| a.name.as_deref()).map_or_else(String::new, |n| format!(" ({n})"));
    let targets: BTreeSet<usize> = rows.iter().map(|r| r.target).collect();
    let what = match severity {
        Severity::Info => "wireless, and Windows PE has no wireless network of its own",
        Severity::Error => "there are machines on which no other wired adapter runs",
        Severity::Warning => "these machines have another adapter that runs",
    };
    let text = format!(
        "{id}{name} is in {}{}, and no driver in {} runs it; {what}",
        if machines == 1 { "1 machine".to_owned() } else { format!("{machines} machines") },
        models(&adapters),
        folded_names(context.targets, &targets),
    );
    let place = first.places.first().cloned().unwrap_or_else(|| Place::file("fleet"));
    let mut finding = Finding::new(ID, severity, place, &[id], text);
    finding.confidence = if adapters.iter().any(|a| a.said) { Confidence::Proven } else { Confidence::Likely };
    finding.subject.adapters = adapters.iter().map(|a| a.id.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    finding.targets = targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.related = adapters.iter().flat_map(|a| &a.places).skip(1).take(8).cloned().collect();
    for row in rows {
        if finding.evidence.len() < MOST_REASONS && !finding.evidence.contains(&row.because) {
            finding.evidence.push(row.because.clone());
        }
    }
    finding.advice = advice(context, rows);
    Some(finding)
}

/// ` of model A, B and 3 more`.
fn models(adapters: &[&crate::analysis::coverage::FleetAdapter]) -> String {
    let names: BTreeSet<&str> =
        adapters.iter().flat_map(|a| a.models.keys()).map(String::as_str).filter(|m| !m.is_empty()).collect();
    let shown: Vec<&str> = names.iter().take(5).copied().collect();
    match names.len() {
        0 => String::new(),
        n if n > shown.len() => format!(" of model {} and {} more", shown.join(", "), n - shown.len()),
        _ => format!(" of model {}", shown.join(", ")),
    }
}

/// The share's best package, for each target that has one.
fn advice(context: &Context<'_>, rows: &[&CoverageRow]) -> Vec<String> {
    let mut by_text: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in rows {
        let text = match &row.share_best {
            Some(best) => best_text(context, best),
            None if context.world.shares.is_empty() => {
                "no driver share was given: name one to be told its best package for this adapter".to_owned()
            }
            None => {
                "no driver in the share selects it on this release and architecture: ask the vendor for one".to_owned()
            }
        };
        by_text.entry(text).or_default().insert(row.target);
    }
    let several = by_text.len() > 1;
    by_text
        .into_iter()
        .map(
            |(text, targets)| {
                if several { format!("{}: {text}", folded_names(context.targets, &targets)) } else { text }
            },
        )
        .collect()
}

fn best_text(context: &Context<'_>, best: &ShareBest) -> String {
    let inf = &context.world.drivers[best.driver].inf;
    let folder = folder_text(context.world, &best.folder);
    match best.after {
        After::Monolithic => format!("put {folder} ({inf}) into the boot image"),
        After::MultiTierComplete => {
            format!(
                "the share's best is {folder} ({inf}), a multi-tier driver: put bus driver and miniport into the boot image, and prefer a monolithic one where the vendor has it"
            )
        }
        After::MultiTierIncomplete => {
            format!("the share has {folder} ({inf}) only, a bus driver without its miniport: it gives no network")
        }
        After::NullDriver => {
            format!("the share has {folder} ({inf}) only, whose section for it gives it no driver: it gives no network")
        }
    }
}
