//! What to do about a boot image: which drivers to inject, which to keep out of it, what nobody has a driver for.
//!
//! A plan is a proposal that was tried on paper: the image as it will be and the rest of the share as one offered set are
//! predicted again with the same rules as `audit`, and only what comes out harmless there is promised. Pure computation.

mod adapters;
mod inject;
mod promise;
mod remedies;
mod separate;

use super::evidence::{Confidence, Evidence};
use super::prediction::Inputs;
use super::prediction::effect::{ImageChange, TargetView};
use super::prediction::scenario::Outcome;
use super::run::Analysis;
use super::world::{DriverIndex, Folder};
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, InfDb};

pub use self::inject::{NotRun, Uncovered};
pub use self::promise::{Exception, Promise};
pub use self::remedies::{Offer, OfferedStep};

/// A plan for each image, in the order of the targets.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By image.
    pub images: Vec<ImagePlan>,
}

/// The plan for one image.
#[derive(Clone, Debug)]
pub struct ImagePlan {
    /// Index into the targets.
    pub target: usize,
    /// What must be taken out of it.
    pub removals: Vec<Removal>,
    /// What to inject, by folder.
    pub injections: Vec<Injection>,
    /// Package A: what must not reach Windows PE.
    pub package_a: Vec<KeptOut>,
    /// Other drivers of the adapters of package A: the article wants none of them in the second package. Ordered.
    pub companions: Vec<DriverIndex>,
    /// Drivers that are in neither package.
    pub left_out: Vec<LeftOut>,
    /// Package B: every other driver of the shares, each once, ordered.
    pub package_b: Vec<DriverIndex>,
    /// Adapters that stay without a driver.
    pub uncovered: Vec<Uncovered>,
    /// Adapters that the image runs by itself, before and after.
    pub runs_already: usize,
    /// Adapters that the image runs, too, and that nobody asked about.
    pub runs_others: usize,
    /// What is promised when package B is offered, for each cell of the scenario.
    pub promises: Vec<Promise>,
    /// Solutions, those with the least effort first.
    pub offers: Vec<Offer>,
}

/// A driver to take out of the image.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The driver.
    pub driver: DriverIndex,
    /// `oem1.inf`, by which DISM names it; `None` when it is in the box, or when that is not known.
    pub published_name: Option<String>,
    /// Adapters that it takes.
    pub adapters: Vec<HardwareId>,
    /// How sure.
    pub confidence: Confidence,
    /// Why: what has the adapters now, and what that means in this release.
    pub because: Vec<Evidence>,
}

/// Drivers to inject together.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The driver that claims the adapters, and its children.
    pub drivers: Vec<DriverIndex>,
    /// What runs the adapters then.
    pub after: After,
    /// Adapters that get a driver by it, ordered.
    pub adapters: Vec<HardwareId>,
    /// Machines of the fleet with one of them; 0 without a fleet.
    pub machines: u32,
    /// Adapters that the image runs now, and that this driver would run instead.
    pub takes_over: Vec<HardwareId>,
    /// Those of the drivers that count as unsigned in a 64-bit image: dism.exe refuses them unless it is told otherwise.
    pub unsigned: Vec<DriverIndex>,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub because: Vec<Evidence>,
    /// Findings about it that are no errors here.
    pub cautions: Vec<String>,
}

/// What the driver that keeps an adapter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Twin {
    /// In the image already.
    InImage(DriverIndex),
    /// This plan injects it.
    Injected(DriverIndex),
}

impl Twin {
    /// The driver.
    pub const fn driver(self) -> DriverIndex {
        match self {
            Self::InImage(driver) | Self::Injected(driver) => driver,
        }
    }
}

/// A set of the share that takes adapters away in Windows PE.
#[derive(Clone, Debug)]
pub struct KeptOut {
    /// Index of its topology, `None` for a driver that has none.
    pub topology: Option<usize>,
    /// Its drivers, ordered.
    pub drivers: Vec<DriverIndex>,
    /// Where they lie.
    pub folders: Vec<Folder>,
    /// The adapters.
    pub adapters: Vec<HardwareId>,
    /// The drivers that lose them: what runs them as long as the set is kept out.
    pub twins: Vec<Twin>,
    /// The worst that would follow.
    pub worst: Outcome,
    /// In which cell of the scenario; index into the cells of the predictions.
    pub worst_cell: usize,
    /// Why.
    pub because: Vec<Evidence>,
}

/// A driver of the share that is in neither package, because of what `audit` found.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The driver.
    pub driver: DriverIndex,
    /// What was found, with the rule.
    pub text: String,
}

/// Plans for every image among the targets.
pub fn plan(analysis: &Analysis, db: &InfDb) -> Plan {
    let inputs = Inputs {
        world: &analysis.world,
        profiles: &analysis.profiles,
        topologies: &analysis.topologies,
        targets: &analysis.targets,
        db,
    };
    let images = (0..analysis.targets.len()).filter(|t| analysis.targets[*t].image().is_some());
    Plan { images: images.map(|target| image_plan(analysis, &inputs, target)).collect() }
}

fn image_plan(analysis: &Analysis, inputs: &Inputs<'_>, index: usize) -> ImagePlan {
    let target = &inputs.targets[index];
    let now = TargetView::new(inputs, target);
    let adapters = adapters::collect(analysis, inputs, &now);
    let chosen = inject::choose(analysis, inputs, index, &adapters);
    let change = ImageChange {
        added: chosen.injections.iter().flat_map(|i| &i.drivers).copied().collect(),
        removed: chosen.removals.iter().filter(|r| r.published_name.is_some()).map(|r| r.driver).collect(),
    };
    let then = TargetView::planned(inputs, target, &change);
    let parts = separate::separate(analysis, inputs, &then, &change, &adapters);
    let promises = promise::promises(analysis, inputs, &then, &parts.package_b, &adapters);
    let offers =
        remedies::offers(target, &analysis.predictions.cells, &parts.package_a, &analysis.topologies, inputs.db);
    ImagePlan {
        target: index,
        removals: chosen.removals,
        injections: chosen.injections,
        package_a: parts.package_a,
        companions: parts.companions,
        left_out: parts.left_out,
        package_b: parts.package_b,
        uncovered: chosen.uncovered,
        runs_already: chosen.runs_already,
        runs_others: chosen.runs_others,
        promises,
        offers,
    }
}
