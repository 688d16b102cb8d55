//! Packages of a share between which nothing decides for an adapter: Windows takes either.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::prediction::Inputs;
use crate::analysis::prediction::rivals::rivals;
use crate::analysis::target::folded_names;
use crate::analysis::world::DriverIndex;
use crate::facts::ids::HardwareId;

pub(super) const ID: &str = "equal-rank-conflict";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let inputs = Inputs {
        world: context.world,
        profiles: context.profiles,
        topologies: context.topologies,
        targets: context.targets,
        db: context.db,
    };
    let mut folded: BTreeMap<Vec<DriverIndex>, (BTreeSet<usize>, BTreeSet<HardwareId>)> = BTreeMap::new();
    // A share for many releases holds much that ties on some of them: only what was named counts.
    for (index, target) in context.targets.iter().enumerate().filter(|(_, t)| t.named) {
        for (drivers, adapters) in rivals(&inputs, target) {
            if is_one_package(context, &drivers) {
                continue;
            }
            let entry = folded.entry(drivers).or_default();
            entry.0.insert(index);
            entry.1.extend(adapters);
        }
    }
    for (drivers, (targets, adapters)) in folded {
        findings.push(finding(context, &drivers, &targets, adapters));
    }
}

/// The same INF once more, edited or re-encoded: it does not matter which copy is taken.
fn is_one_package(context: &Context<'_>, drivers: &[DriverIndex]) -> bool {
    let names: BTreeSet<String> = drivers.iter().map(|d| context.world.drivers[*d].inf.to_lowercase()).collect();
    names.len() < 2
}

fn finding(
    context: &Context<'_>,
    drivers: &[DriverIndex],
    targets: &BTreeSet<usize>,
    adapters: BTreeSet<HardwareId>,
) -> Finding {
    let world = context.world;
    let infs: BTreeSet<&str> = drivers.iter().map(|d| world.drivers[*d].inf.as_str()).collect();
    let count = if adapters.len() == 1 { "1 adapter id".to_owned() } else { format!("{} adapter ids", adapters.len()) };
    let text = format!(
        "nothing decides between {} for {count} on {}: equal in rank, date and version, Windows takes either",
        infs.iter().copied().collect::<Vec<_>>().join(", "),
        folded_names(context.targets, targets)
    );
    let identity: BTreeSet<String> = drivers.iter().map(|d| driver_identity(&world.drivers[*d])).collect();
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let place = world.place(&world.drivers[drivers[0]].locations[0], 0);
    let mut finding = Finding::new(ID, Severity::Warning, place, &identity, text).about_driver(drivers[0]);
    // The signatures are taken as equal: a catalog that lies beside the INF counts as good.
    finding.confidence = Confidence::Likely;
    finding.targets = targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.related = drivers[1..].iter().map(|d| world.place(&world.drivers[*d].locations[0], 0)).collect();
    for driver in drivers {
        let version = world.drivers[*driver].package.version.driver_ver.as_ref();
        let version = version.map_or_else(
            || "no DriverVer".to_owned(),
            |v| format!("DriverVer {}, {}", v.value.date, v.value.version.map(|n| n.to_string()).join(".")),
        );
        let text = format!("{}: {version}", world.drivers[*driver].inf);
        finding
            .evidence
            .push(Evidence::new("driver-version", text).at(world.place(&world.drivers[*driver].locations[0], 0)));
    }
    finding.subject.adapters = adapters.into_iter().collect();
    finding
}
