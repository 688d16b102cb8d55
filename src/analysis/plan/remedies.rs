//! Which solutions are offered for an image: the rows of inf-db/remedies.toml whose conditions hold.

use super::KeptOut;
use crate::analysis::classify::role::Role;
use crate::analysis::classify::topology::Topologies;
use crate::analysis::prediction::scenario::{Cell, deploy_class};
use crate::analysis::target::Target;
use crate::analysis::world::DriverIndex;
use crate::inf_db::{DeployOs, InfDb, MultiTier, Remedy, RemedyProblem, RemedyStep};

/// A solution that applies.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its id in inf-db.
    pub id: String,
    /// Its number: `R4`.
    pub name: String,
    /// One line.
    pub title: String,
    /// 1 = a setting, 5 = hardware or an upgrade of the site.
    pub effort: u8,
    /// When it works.
    pub condition: String,
    /// What to do.
    pub steps: Vec<OfferedStep>,
    /// Where it is written.
    pub source: String,
}

/// One step of it.
#[derive(Clone, Debug)]
pub struct OfferedStep {
    /// What to do.
    pub text: String,
    /// Nothing is left to do about it.
    pub done: bool,
}

/// The least effort first.
pub(super) fn offers(
    target: &Target,
    cells: &[Cell],
    package_a: &[KeptOut],
    topologies: &Topologies,
    db: &InfDb,
) -> Vec<Offer> {
    let Some(multi_tier) = target.multi_tier else { return Vec::new() };
    let tiered = |d: DriverIndex| matches!(topologies.roles[d], Role::BusDriver | Role::MiddleDriver);
    let is_multi_tier = |k: &&KeptOut| k.drivers.iter().any(|d| tiered(*d));
    let has = |problem| match problem {
        RemedyProblem::KeptOut => !package_a.is_empty(),
        RemedyProblem::MultiTierKeptOut => package_a.iter().any(|k| is_multi_tier(&k)),
        RemedyProblem::MonolithicReplacedByMultiTier => {
            let mut all = package_a.iter().filter(is_multi_tier).flat_map(|k| &k.twins).peekable();
            all.peek().is_some() && all.all(|t| !tiered(t.driver()))
        }
        RemedyProblem::BootImage2x => {
            multi_tier == MultiTier::SingleEnumeration
                && cells
                    .iter()
                    .any(|c| matches!(deploy_class(c.deploy_os), DeployOs::Version61OrLater | DeployOs::Unknown))
        }
    };
    let offer = |remedy: &Remedy| {
        let effort = *remedy.effort.get(&multi_tier).filter(|_| has(remedy.problem))?;
        Some(Offer {
            id: remedy.id.clone(),
            name: remedy.name.clone(),
            title: remedy.title.clone(),
            effort,
            condition: remedy.condition.clone(),
            steps: remedy
                .steps
                .iter()
                .map(|s| OfferedStep { text: s.text.clone(), done: is_done(s, multi_tier, cells) })
                .collect(),
            source: remedy.source.clone(),
        })
    };
    let mut found: Vec<Offer> = db.remedies().iter().filter_map(offer).collect();
    // What is done already is no solution of anything.
    found.retain(|o| o.steps.iter().any(|s| !s.done));
    found.sort_by(|a, b| (a.effort, &a.name).cmp(&(b.effort, &b.name)));
    found
}

fn is_done(step: &RemedyStep, multi_tier: MultiTier, cells: &[Cell]) -> bool {
    let content = !step.done_content.is_empty() && cells.iter().all(|c| step.done_content.contains(&c.content));
    let source = !step.done_source.is_empty() && cells.iter().all(|c| step.done_source.contains(&c.source));
    step.done_multi_tier.contains(&multi_tier) || content || source
}
