//! From an effect to the fate of network and task sequence: the matrix of FACTS.md 6.1, which is data in inf-db.

use super::effect::AdapterEffect;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::target::Target;
use crate::facts::os_version::OsVersion;
use crate::inf_db::{
    ContentAccess, DeployOs, DeploySource, DeployedOsDriver, InfDb, NetworkDuring, NetworkRecovers, ScenarioFacts,
    TaskPhase, TaskResult,
};

/// One cell of the matrix: how the deployment is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Run from the distribution point, or download first.
    pub content: ContentAccess,
    /// Install package or OS image.
    pub source: DeploySource,
    /// The Windows that is deployed, `None` = not said: Vista or newer.
    pub deploy_os: Option<OsVersion>,
    /// A step with this driver (Apply Driver Package, Auto Apply Drivers) is in the task sequence.
    pub driver_step: bool,
    /// What the deployed system has of its own.
    pub deployed_os_driver: DeployedOsDriver,
}

/// Which cells are judged.
#[derive(Clone, Debug)]
pub struct Cells {
    /// `--content`, both when empty.
    pub content: Vec<ContentAccess>,
    /// `--source`, both when empty.
    pub source: Vec<DeploySource>,
    /// `--deploy-os`.
    pub deploy_os: Vec<OsVersion>,
    /// Not `--no-driver-step`.
    pub driver_step: bool,
    /// `--deployed-os-driver`.
    pub deployed_os_driver: DeployedOsDriver,
}

impl Cells {
    /// All cells, in a fixed order.
    pub fn all(&self) -> Vec<Cell> {
        let or_all = |given: &[ContentAccess]| {
            if given.is_empty() { vec![ContentAccess::RunFromDp, ContentAccess::Download] } else { given.to_vec() }
        };
        let contents = or_all(&self.content);
        let sources = if self.source.is_empty() {
            vec![DeploySource::InstallPackage, DeploySource::OsImage]
        } else {
            self.source.clone()
        };
        let systems: Vec<Option<OsVersion>> =
            if self.deploy_os.is_empty() { vec![None] } else { self.deploy_os.iter().copied().map(Some).collect() };
        let mut cells = Vec::new();
        for deploy_os in systems {
            for source in &sources {
                for content in &contents {
                    cells.push(Cell {
                        content: *content,
                        source: *source,
                        deploy_os,
                        driver_step: self.driver_step,
                        deployed_os_driver: self.deployed_os_driver,
                    });
                }
            }
        }
        cells
    }
}

/// What follows in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The network while and after the driver is installed in Windows PE.
    pub during: NetworkDuring,
    /// Whether and when it comes back.
    pub recovers: NetworkRecovers,
    /// The task sequence.
    pub result: TaskResult,
    /// Where it ends.
    pub at: Option<TaskPhase>,
    /// How sure.
    pub confidence: Confidence,
    /// What had to be assumed.
    pub assumes: Vec<String>,
    /// The row of the matrix that decided.
    pub because: Evidence,
}

impl Cell {
    /// The task sequence offers drivers to the running Windows PE: a driver step of an install package of Vista or newer.
    pub fn offers_in_windowspe(&self) -> bool {
        self.driver_step
            && self.source == DeploySource::InstallPackage
            && deploy_class(self.deploy_os) != DeployOs::BeforeVista
    }
}

impl Outcome {
    /// Nothing goes wrong.
    pub fn is_harmless(&self) -> bool {
        self.during == NetworkDuring::Kept && !matches!(self.result, TaskResult::Fails | TaskResult::Unknown)
    }

    /// The network comes back, and the task sequence does not notice: nothing needs to be done about it.
    pub fn is_survived(&self) -> bool {
        self.during == NetworkDuring::Interrupted
            && matches!(self.result, TaskResult::Succeeds | TaskResult::NotAffected)
    }
}

impl Outcome {
    /// What the network does, in words.
    pub const fn network_text(&self) -> &'static str {
        match (self.during, self.recovers) {
            (NetworkDuring::Lost, _) => "network lost for good",
            (NetworkDuring::Interrupted, NetworkRecovers::Seconds) => "network gone for some seconds",
            (NetworkDuring::Interrupted, _) => "network interrupted",
            (NetworkDuring::NeverUp, _) => "network never up",
            (NetworkDuring::Kept, _) => "network kept",
            (NetworkDuring::Unknown, _) => "what the network does is not known",
        }
    }

    /// Where the task sequence ends, as the end of a sentence; empty when it does not.
    pub const fn place_text(&self) -> &'static str {
        match self.at {
            Some(TaskPhase::Boot) => " at boot",
            Some(TaskPhase::DriverStep) => " at the driver step",
            Some(TaskPhase::Setup) => " at Setup windows and ConfigMgr",
            Some(TaskPhase::AfterSetup) => " minutes after Setup",
            Some(TaskPhase::FullOs) => " in the deployed system",
            None => "",
        }
    }

    /// `network lost for good, the task sequence fails at Setup windows and ConfigMgr`.
    pub fn text(&self) -> String {
        let network = self.network_text();
        match self.result {
            TaskResult::Fails => format!("{network}, the task sequence fails{}", self.place_text()),
            TaskResult::Succeeds => format!("{network}, the task sequence succeeds"),
            TaskResult::NotAffected => format!("{network}, the task sequence is not affected"),
            TaskResult::Unknown => format!("{network}, the task sequence: not known"),
        }
    }
}

/// Which class of deployed Windows decides.
pub fn deploy_class(version: Option<OsVersion>) -> DeployOs {
    match version {
        None => DeployOs::Unknown,
        Some(v) if v.major < 6 => DeployOs::BeforeVista,
        Some(v) if v.major_minor() == (6, 0) => DeployOs::Version60,
        Some(_) => DeployOs::Version61OrLater,
    }
}

/// Looks the cell up.
pub fn outcome(db: &InfDb, target: &Target, cell: &Cell, effect: &AdapterEffect) -> Outcome {
    let facts = ScenarioFacts {
        multi_tier: target.multi_tier,
        release_known_bad: target.known_bad.is_some(),
        content: cell.content,
        source: cell.source,
        deploy_os: deploy_class(cell.deploy_os),
        driver_step: cell.driver_step,
        deployed_os_driver: cell.deployed_os_driver,
        before: effect.before,
        effect: effect.effect,
        after: effect.after,
    };
    let row = db.scenarios().decide(&facts);
    let mut assumes = effect.assumes.clone();
    assumes.extend(row.assumes.iter().cloned());
    if cell.deploy_os.is_none() {
        assumes.push("no --deploy-os given: assumes that Windows Vista or newer is deployed".to_owned());
    }
    let confidence = row.confidence.min(effect.confidence);
    Outcome {
        during: row.network_during,
        recovers: row.network_recovers,
        result: row.result,
        at: row.at,
        confidence,
        assumes,
        because: Evidence::new("scenario", row.reason.clone()).from_source(row.source.clone()),
    }
}
