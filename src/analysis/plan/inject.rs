//! Which drivers of the share to inject, and which of the image to take out, so that every wanted adapter has a network.
//!
//! Monolithic drivers first: they work in every release. A multi-tier set only where the release has such drivers in the box.
//! Of several drivers for the same adapters the one that serves most of them is taken, so that few packages are injected;
//! between equals decides what decides in Windows: date, then version.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::adapters::{Adapter, lies_in_share, of_shares};
use super::{Injection, Removal};
use crate::analysis::classify::topology::TopologyKind;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::prediction::effect::{ImageChange, NetworkCandidate, TargetView};
use crate::analysis::prediction::{Inputs, Resident};
use crate::analysis::run::Analysis;
use crate::analysis::selection::rank::compare;
use crate::analysis::target::{Target, folded_names};
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::ids::{Arch, HardwareId};
use crate::inf_db::{
    After, Before, ContentAccess, DeployOs, DeploySource, DeployedOsDriver, Effect, MultiTier, PlanFinding,
    ScenarioFacts,
};

/// Why an adapter has no network in the planned image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotRun {
    /// No driver of share or image selects it here.
    NoDriver,
    /// The share has an INF that names the adapter and gives it no driver.
    NullDriver(DriverIndex),
    /// The bus driver is there, a miniport for this Windows and architecture is not.
    BusOnly(DriverIndex),
    /// The share has a multi-tier driver only, which this release can not run (or is not known to).
    OnlyMultiTier(DriverIndex),
    /// The share's driver does not load here, or can not be injected: what the findings say.
    DoesNotLoad(DriverIndex, String),
    /// A driver of the image that gives no network ranks before what the share has.
    Outranked(DriverIndex),
}

/// Adapters that stay without a driver for the same reason.
#[derive(Clone, Debug)]
pub struct Uncovered {
    /// Why.
    pub why: NotRun,
    /// The adapters, ordered.
    pub adapters: Vec<HardwareId>,
    /// Machines of the fleet with one of them.
    pub machines: u32,
}

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) removals: Vec<Removal>,
    pub(super) injections: Vec<Injection>,
    pub(super) uncovered: Vec<Uncovered>,
    pub(super) runs_already: usize,
    pub(super) runs_others: usize,
}

/// Decides for one target.
pub(super) fn choose(analysis: &Analysis, inputs: &Inputs<'_>, index: usize, adapters: &[Adapter]) -> Chosen {
    let target = &inputs.targets[index];
    let residents: Vec<&Resident> =
        analysis.predictions.residents.iter().filter(|r| r.target == index && is_in_the_way(r, target)).collect();
    let chooser = Chooser { analysis, inputs, target, adapters };
    let all = chooser.with(&residents);
    // What is not known to fail goes only where something better takes its place.
    let certain = |r: &&&Resident| r.state == Before::None || target.multi_tier == Some(MultiTier::SingleEnumeration);
    let replaced = residents.iter().filter(|r| certain(r) || chooser.is_replaced(&all, r)).copied().collect::<Vec<_>>();
    if replaced.len() == residents.len() { all } else { chooser.with(&replaced) }
}

/// A multi-tier driver of the image that gives no network, or is not known to.
fn is_in_the_way(resident: &Resident, target: &Target) -> bool {
    resident.state == Before::None || target.multi_tier != Some(MultiTier::InBox)
}

/// Whether this runs an adapter here.
pub(super) fn runs(before: Before, target: &Target) -> bool {
    match before {
        Before::Monolithic => true,
        Before::MultiTier => target.multi_tier == Some(MultiTier::InBox),
        Before::None | Before::Assumed => false,
    }
}

struct Chooser<'a> {
    analysis: &'a Analysis,
    inputs: &'a Inputs<'a>,
    target: &'a Target,
    adapters: &'a [Adapter],
}

/// A driver that could be injected, with the adapters (by position) that it would serve.
struct Unit {
    drivers: Vec<DriverIndex>,
    after: After,
    serves: BTreeMap<usize, NetworkCandidate>,
}

impl Chooser<'_> {
    fn with(&self, residents: &[&Resident]) -> Chosen {
        let removals = self.removals(residents);
        let removed: BTreeSet<DriverIndex> =
            removals.iter().filter(|r| r.published_name.is_some()).map(|r| r.driver).collect();
        let change = ImageChange { added: BTreeSet::new(), removed };
        let without = TargetView::planned(self.inputs, self.target, &change);
        let state = |a: &Adapter| without.now_on(&a.ids, &a.id).0;
        let (running, needy): (Vec<usize>, Vec<usize>) =
            (0..self.adapters.len()).partition(|a| runs(state(&self.adapters[*a]), self.target));
        let needy: Vec<usize> = needy.into_iter().filter(|a| self.adapters[*a].wanted).collect();
        let (units, mut why) = self.units(&without, &needy);
        let injections = self.cover(units, &needy);
        let then = ImageChange { added: injections.iter().flat_map(|i| &i.drivers).copied().collect(), ..change };
        let then = TargetView::planned(self.inputs, self.target, &then);
        let injections: Vec<Injection> =
            injections.into_iter().map(|i| self.with_takeovers(i, &without, &then, &running)).collect();
        let mut left: BTreeMap<NotRun, Uncovered> = BTreeMap::new();
        for position in needy {
            let adapter = &self.adapters[position];
            let (before, driver, _) = then.now_on(&adapter.ids, &adapter.id);
            if runs(before, self.target) {
                continue;
            }
            let reason = match (why.remove(&position), driver) {
                (Some(reason), _) => reason,
                (None, Some(driver)) => NotRun::Outranked(driver),
                (None, None) => NotRun::NoDriver,
            };
            let entry = left.entry(reason.clone());
            let entry = entry.or_insert(Uncovered { why: reason, adapters: Vec::new(), machines: 0 });
            entry.adapters.push(adapter.id.clone());
            entry.machines += adapter.machines;
        }
        let runs_already = running.iter().filter(|a| self.adapters[**a].wanted).count();
        let runs_others = running.len() - runs_already;
        Chosen { removals, injections, uncovered: left.into_values().collect(), runs_already, runs_others }
    }

    /// The drivers of these topologies that were injected; what is in the box can not be taken out.
    fn removals(&self, residents: &[&Resident]) -> Vec<Removal> {
        let mut found: BTreeMap<DriverIndex, Removal> = BTreeMap::new();
        for resident in residents {
            for (driver, _) in &self.inputs.topologies.all[resident.topology].nodes {
                let Some(published_name) = self.published_name(*driver) else { continue };
                found.entry(*driver).or_insert_with(|| Removal {
                    driver: *driver,
                    published_name,
                    adapters: resident.adapters.clone(),
                    confidence: self.removal_confidence(resident),
                    because: vec![resident.because.clone(), self.why_in_the_way(resident)],
                });
            }
        }
        found.into_values().collect()
    }

    /// What the release makes of a multi-tier driver is a document's word for 2.x; for 3.x the documents disagree.
    fn removal_confidence(&self, resident: &Resident) -> Confidence {
        match self.target.multi_tier {
            _ if resident.state == Before::None => Confidence::Likely,
            Some(MultiTier::SingleEnumeration) => Confidence::Likely,
            _ => Confidence::Guess,
        }
    }

    /// Why it goes, by the row of the scenario table that stands for it.
    fn why_in_the_way(&self, resident: &Resident) -> Evidence {
        let cell = self.analysis.predictions.cells.first();
        let facts = ScenarioFacts {
            multi_tier: self.target.multi_tier,
            release_known_bad: self.target.known_bad.is_some(),
            content: cell.map_or(ContentAccess::RunFromDp, |c| c.content),
            source: DeploySource::InstallPackage,
            deploy_os: DeployOs::Unknown,
            driver_step: true,
            deployed_os_driver: DeployedOsDriver::Unknown,
            before: resident.state,
            effect: Effect::None,
            after: After::MultiTierComplete,
        };
        let row = self.inputs.db.scenarios().decide(&facts);
        Evidence::new("scenario", row.reason.clone()).from_source(row.source.clone())
    }

    /// `None` when the image does not hold the driver; the inner one when DISM can not take it out.
    fn published_name(&self, driver: DriverIndex) -> Option<Option<String>> {
        use crate::facts::boot_image::DriverOrigin;
        let image = self.target.image()?;
        let here = self.inputs.world.drivers[driver].locations.iter().find_map(|l| match l {
            Location::Image { image: i, origin, entry, .. } if *i == image => Some((*origin, *entry)),
            _ => None,
        });
        let (origin, entry) = here?;
        let published = self.inputs.world.images[image].facts.drivers.get(entry)?.published_name.clone();
        Some(published.filter(|_| origin == DriverOrigin::Injected))
    }

    /// Every adapter of the resident has another driver afterwards.
    fn is_replaced(&self, chosen: &Chosen, resident: &Resident) -> bool {
        let change = ImageChange {
            added: chosen.injections.iter().flat_map(|i| &i.drivers).copied().collect(),
            removed: chosen.removals.iter().filter(|r| r.published_name.is_some()).map(|r| r.driver).collect(),
        };
        let then = TargetView::planned(self.inputs, self.target, &change);
        let now = |id| then.now(id).map_or(Before::None, |(_, before, _)| before);
        resident.adapters.iter().all(|id| runs(now(id), self.target))
    }

    /// What could serve the adapters, and for those that nothing can serve: why not.
    fn units(&self, view: &TargetView<'_>, needy: &[usize]) -> (Vec<Unit>, BTreeMap<usize, NotRun>) {
        let share = of_shares(self.inputs, view);
        let mut units: BTreeMap<DriverIndex, Unit> = BTreeMap::new();
        let mut why: BTreeMap<usize, NotRun> = BTreeMap::new();
        for position in needy {
            let adapter = &self.adapters[*position];
            let mut reasons: Vec<NotRun> = Vec::new();
            let mut served = false;
            for candidate in view.candidates(&share, &adapter.ids).into_iter().filter(|c| !c.wireless) {
                match self.drivers_of(&candidate) {
                    Ok(drivers) => {
                        served = true;
                        let unit = units.entry(candidate.driver);
                        let after = candidate.after;
                        let unit = unit.or_insert_with(|| Unit { drivers, after, serves: BTreeMap::new() });
                        unit.serves.insert(*position, candidate);
                    }
                    Err(reason) => reasons.push(reason),
                }
            }
            if !served {
                // The nearest miss says most: it is the last one in the order of the reasons.
                let reason = reasons.into_iter().max().unwrap_or(NotRun::NoDriver);
                why.insert(*position, reason);
            }
        }
        (units.into_values().collect(), why)
    }

    /// What to inject for a candidate, or why that would not help.
    fn drivers_of(&self, candidate: &NetworkCandidate) -> Result<Vec<DriverIndex>, NotRun> {
        let driver = candidate.driver;
        let drivers = match candidate.after {
            After::Monolithic => vec![driver],
            After::NullDriver => return Err(NotRun::NullDriver(driver)),
            After::MultiTierIncomplete => return Err(NotRun::BusOnly(driver)),
            After::MultiTierComplete if self.target.multi_tier != Some(MultiTier::InBox) => {
                return Err(NotRun::OnlyMultiTier(driver));
            }
            After::MultiTierComplete => {
                let own = |t: &&crate::analysis::classify::topology::Topology| {
                    t.kind == TopologyKind::MultiTier && t.root() == Some(driver)
                };
                let nodes = self.inputs.topologies.all.iter().filter(own).flat_map(|t| &t.nodes).map(|(d, _)| *d);
                let all: BTreeSet<DriverIndex> =
                    nodes.chain([driver]).filter(|d| lies_in_share(self.inputs, *d)).collect();
                all.into_iter().collect()
            }
        };
        match drivers.iter().find_map(|d| self.error_about(*d).map(|text| (*d, text))) {
            Some((driver, text)) => Err(NotRun::DoesNotLoad(driver, text)),
            None => Ok(drivers),
        }
    }

    /// What the rules found about a driver that speaks against injecting it: errors on this target, and what holds anywhere.
    fn error_about(&self, driver: DriverIndex) -> Option<String> {
        let error = self.findings(driver).find(|f| f.severity == Severity::Error);
        let meant = || {
            let mut all = findings_about(self.analysis, self.target, driver);
            all.find(|f| self.meaning(f).is_some_and(|m| m.not_injected))
        };
        error.or_else(meant).map(|f| self.text(f))
    }

    fn text(&self, finding: &Finding) -> String {
        finding_text(self.analysis, self.target, finding)
    }

    /// What a finding means for the plan.
    fn meaning(&self, finding: &Finding) -> Option<&PlanFinding> {
        self.inputs.db.remedies().finding(finding.rule)
    }

    /// Findings about a driver on this target, other than that it is multi-tier: that is what the plan is about.
    fn findings(&self, driver: DriverIndex) -> impl Iterator<Item = &Finding> + '_ {
        const OF_THE_PLAN: [&str; 2] = ["multi-tier-nic-in-windowspe", "monolithic-nic-replaced-by-multi-tier"];
        let all = findings_about(self.analysis, self.target, driver);
        all.filter(|f| !f.targets.is_empty() && !OF_THE_PLAN.contains(&f.rule))
    }

    /// dism.exe refuses a driver without a signature for a 64-bit image, and with it everything else would be discarded.
    fn needs_force(&self, driver: DriverIndex) -> bool {
        self.target.os.arch != Arch::X86
            && self.findings(driver).any(|f| self.meaning(f).is_some_and(|m| m.force_unsigned))
    }

    /// The fewest units that serve every adapter, monolithic ones first: always the one that serves most of those left.
    fn cover(&self, units: Vec<Unit>, needy: &[usize]) -> Vec<Injection> {
        let mut left: BTreeSet<usize> = needy.iter().copied().collect();
        let mut chosen = Vec::new();
        for after in [After::Monolithic, After::MultiTierComplete] {
            loop {
                let of_kind = units.iter().filter(|u| u.after == after);
                let best = of_kind.filter(|u| u.count(&left) > 0).max_by(|a, b| a.better(b, &left));
                let Some(best) = best else { break };
                let serves: Vec<usize> = best.serves.keys().copied().filter(|p| left.remove(p)).collect();
                chosen.push(self.injection(best, &serves));
            }
        }
        chosen.sort_by(|a, b| a.drivers.cmp(&b.drivers));
        chosen
    }

    fn injection(&self, unit: &Unit, serves: &[usize]) -> Injection {
        let because = serves.first().and_then(|p| unit.serves.get(p)).map(|c| c.because.clone());
        let mut cautions: Vec<String> =
            unit.drivers.iter().flat_map(|d| self.findings(*d)).map(|f| self.text(f)).collect();
        cautions.sort();
        cautions.dedup();
        let mut because: Vec<Evidence> = because.into_iter().collect();
        if unit.after == After::MultiTierComplete {
            let release = self.target.release.as_deref().and_then(|id| self.inputs.db.releases().by_id(id));
            let release = release.map_or(self.target.title.as_str(), |r| r.title.as_str());
            let text = format!("{release} has multi-tier network drivers in the box, so both tiers start there");
            because.push(Evidence::new("document", text));
        }
        Injection {
            drivers: unit.drivers.clone(),
            after: unit.after,
            adapters: serves.iter().map(|p| self.adapters[*p].id.clone()).collect(),
            machines: serves.iter().map(|p| self.adapters[*p].machines).sum(),
            takes_over: Vec::new(),
            unsigned: unit.drivers.iter().copied().filter(|d| self.needs_force(*d)).collect(),
            confidence: if cautions.is_empty() { Confidence::Likely } else { Confidence::Guess },
            because,
            cautions,
        }
    }

    /// Notes the adapters that had a driver and get this one instead.
    fn with_takeovers(
        &self,
        mut injection: Injection,
        before: &TargetView<'_>,
        after: &TargetView<'_>,
        running: &[usize],
    ) -> Injection {
        for adapter in running.iter().map(|p| &self.adapters[*p]) {
            let new = after.now_on(&adapter.ids, &adapter.id).1;
            if new.is_some_and(|n| injection.drivers.contains(&n)) && before.now_on(&adapter.ids, &adapter.id).1 != new
            {
                injection.takes_over.push(adapter.id.clone());
            }
        }
        injection
    }
}

/// Findings about a driver on a target, and those that are about the package as such and name no target.
pub(super) fn findings_about<'a>(
    analysis: &'a Analysis,
    target: &'a Target,
    driver: DriverIndex,
) -> impl Iterator<Item = &'a Finding> {
    let about = analysis.findings.iter().filter(move |f| f.counts() && f.subject.driver == Some(driver));
    about.filter(|f| f.targets.is_empty() || f.targets.contains(&target.name))
}

/// Its message and its rule. A message names every target that it is about; here one is spoken of.
pub(super) fn finding_text(analysis: &Analysis, target: &Target, finding: &Finding) -> String {
    let names = |chosen: &dyn Fn(&Target) -> bool| {
        let all = analysis.targets.iter().enumerate().filter(|(_, t)| chosen(t)).map(|(n, _)| n);
        folded_names(&analysis.targets, &all.collect())
    };
    let all = names(&|t| finding.targets.contains(&t.name));
    let message = if all.is_empty() {
        finding.message.clone()
    } else {
        finding.message.replace(&all, &names(&|t| t.name == target.name))
    };
    format!("{message} ({})", finding.rule)
}

impl Unit {
    fn count(&self, left: &BTreeSet<usize>) -> usize {
        self.serves.keys().filter(|p| left.contains(p)).count()
    }

    /// More adapters, then what Windows prefers for the first one that both serve, then the first in the order of the share.
    fn better(&self, other: &Self, left: &BTreeSet<usize>) -> Ordering {
        let count = self.count(left).cmp(&other.count(left));
        let both = self.serves.iter().find_map(|(p, c)| other.serves.get(p).map(|o| (c, o)));
        let preferred = both.map_or(Ordering::Equal, |(a, b)| compare(&b.candidate, &a.candidate).ordering);
        count.then(preferred).then(other.drivers.cmp(&self.drivers))
    }
}
