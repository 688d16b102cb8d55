//! The plan as JSON: `wimspect/1`, with `plans` in place of findings. docs/wimspect-plan-1.schema.json is made from these types.

use std::io::{self, Write};

use serde::Serialize;

use super::{PlanReport, first_in_share};
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::plan::{
    Exception, ImagePlan, Injection, KeptOut, LeftOut, NotRun, Offer, Promise, Removal, Twin, Uncovered,
};
use crate::analysis::prediction::scenario::Outcome;
use crate::analysis::world::DriverIndex;
use crate::facts::ids::{Arch, HardwareId};
use crate::facts::os_version::OsVersion;
use crate::inf_db::After;
use crate::report::SCHEMA;
use crate::report::inert::InertJson;
use crate::report::json::{InputRecord, ProblemRecord, Tool};

#[cfg(test)]
mod tests;

/// Writes it, and a final line end.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &PlanReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool::of_program(report.db),
        inputs: report.inputs.iter().map(InputRecord::of).collect(),
        plans: report.plan.images.iter().map(|p| PlanRecord::of(report, p)).collect(),
        problems: report.problems.iter().map(ProblemRecord::of).collect(),
    };
    let mut writer = InertJson(io::BufWriter::new(out));
    serde_json::to_writer_pretty(&mut writer, &document)?;
    writer.write_all(b"\n")?;
    writer.flush()
}

/// A plan of wimspect, `plan --format json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    tool: Tool<'a>,
    inputs: Vec<InputRecord<'a>>,
    /// One for each boot image, index and architecture.
    plans: Vec<PlanRecord<'a>>,
    /// What could not be read within an input.
    problems: Vec<ProblemRecord<'a>>,
}

/// The plan for one image.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlanRecord<'a> {
    /// `boot.wim:1`.
    image: &'a str,
    release: Option<&'a str>,
    arch: Arch,
    /// Adapter ids that the image runs by itself.
    runs_already: usize,
    /// Adapter ids that it runs, too, and that are not planned for.
    runs_others: usize,
    remove: Vec<RemovalRecord<'a>>,
    inject: Vec<InjectionRecord<'a>>,
    /// Package A: kept out of Windows PE.
    keep_out: Vec<KeptOutRecord<'a>>,
    /// Other drivers of the adapters of package A, which go into it, too.
    keep_out_with_them: Vec<DriverName<'a>>,
    /// In neither package.
    left_out: Vec<LeftOutRecord<'a>>,
    /// Package B: the other drivers of the shares, each once.
    offer: Vec<String>,
    without_driver: Vec<UncoveredRecord<'a>>,
    promises: Vec<PromiseRecord<'a>>,
    solutions: Vec<SolutionRecord<'a>>,
}

/// A driver by its id in `wimspect/1` and its place.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DriverName<'a> {
    id: &'a str,
    inf: &'a str,
    /// First copy in a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RemovalRecord<'a> {
    driver: DriverName<'a>,
    /// By which DISM names it; `null` when it can not be taken out.
    published_name: Option<&'a str>,
    adapters: &'a [HardwareId],
    confidence: Confidence,
    because: &'a [Evidence],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct InjectionRecord<'a> {
    drivers: Vec<DriverName<'a>>,
    #[cfg_attr(test, schemars(extend("enum" = crate::inf_db::After::ALL.iter().map(|a| a.name()).collect::<Vec<_>>())))]
    makes: &'static str,
    adapters: &'a [HardwareId],
    machines: u32,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    takes_over: &'a [HardwareId],
    /// Files of those that count as unsigned in a 64-bit image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsigned: Vec<&'a str>,
    confidence: Confidence,
    because: &'a [Evidence],
    cautions: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KeptOutRecord<'a> {
    topology: Option<&'a str>,
    drivers: Vec<DriverName<'a>>,
    folders: Vec<String>,
    adapters: &'a [HardwareId],
    /// What runs the adapters as long as the set is kept out.
    twins: Vec<TwinRecord<'a>>,
    otherwise: OutcomeRecord<'a>,
    /// Number of the promise whose content, source and deployed Windows that is, from 0.
    otherwise_in: usize,
    confidence: Confidence,
    because: &'a [Evidence],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOutRecord<'a> {
    driver: DriverName<'a>,
    /// What audit found.
    because: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TwinRecord<'a> {
    driver: DriverName<'a>,
    #[cfg_attr(test, schemars(extend("enum" = ["in-image", "injected"])))]
    origin: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UncoveredRecord<'a> {
    adapters: &'a [HardwareId],
    machines: u32,
    #[cfg_attr(test, schemars(extend("enum" = ["no-driver", "null-driver", "only-multi-tier", "bus-driver-only", "does-not-load", "outranked"])))]
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<DriverName<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OutcomeRecord<'a> {
    during: &'static str,
    recovers: &'static str,
    result: &'static str,
    at: Option<&'static str>,
    reason: &'a str,
    source: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PromiseRecord<'a> {
    content: &'static str,
    source: &'static str,
    deploy_os: Option<OsVersion>,
    driver_step: bool,
    /// Adapter ids whose network is kept.
    kept: usize,
    not_promised: Vec<ExceptionRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ExceptionRecord<'a> {
    adapters: &'a [HardwareId],
    outcome: OutcomeRecord<'a>,
    confidence: Confidence,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SolutionRecord<'a> {
    id: &'a str,
    name: &'a str,
    title: &'a str,
    /// 1 = a setting, 5 = hardware or an upgrade of the site.
    effort: u8,
    condition: &'a str,
    steps: Vec<StepRecord<'a>>,
    reference: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StepRecord<'a> {
    text: &'a str,
    done: bool,
}

impl<'a> PlanRecord<'a> {
    fn of(report: &'a PlanReport<'a>, plan: &'a ImagePlan) -> Self {
        let target = &report.analysis.targets[plan.target];
        let path = |d: &DriverIndex| {
            first_in_share(&report.analysis.world, *d).map(|p| report.analysis.world.share_path(p.share, p.path))
        };
        Self {
            image: &target.name,
            release: target.release.as_deref(),
            arch: target.os.arch,
            runs_already: plan.runs_already,
            runs_others: plan.runs_others,
            remove: plan.removals.iter().map(|r| removal(report, r)).collect(),
            inject: plan.injections.iter().map(|i| injection(report, i)).collect(),
            keep_out: plan.package_a.iter().map(|k| kept_out(report, k)).collect(),
            keep_out_with_them: plan.companions.iter().map(|d| driver(report, *d)).collect(),
            left_out: plan.left_out.iter().map(|l| left_out(report, l)).collect(),
            offer: plan.package_b.iter().filter_map(path).collect(),
            without_driver: plan.uncovered.iter().map(|u| uncovered(report, u)).collect(),
            promises: plan.promises.iter().map(|p| promise(report, p)).collect(),
            solutions: plan.offers.iter().map(solution).collect(),
        }
    }
}

fn driver<'a>(report: &'a PlanReport<'a>, index: DriverIndex) -> DriverName<'a> {
    let world = &report.analysis.world;
    let facts = &world.drivers[index];
    let path = first_in_share(world, index).map(|p| world.share_path(p.share, p.path));
    DriverName { id: &facts.id, inf: &facts.inf, path }
}

fn removal<'a>(report: &'a PlanReport<'a>, removal: &'a Removal) -> RemovalRecord<'a> {
    RemovalRecord {
        driver: driver(report, removal.driver),
        published_name: removal.published_name.as_deref(),
        adapters: &removal.adapters,
        confidence: removal.confidence,
        because: &removal.because,
    }
}

fn injection<'a>(report: &'a PlanReport<'a>, injection: &'a Injection) -> InjectionRecord<'a> {
    InjectionRecord {
        drivers: injection.drivers.iter().map(|d| driver(report, *d)).collect(),
        makes: After::name(injection.after),
        adapters: &injection.adapters,
        machines: injection.machines,
        takes_over: &injection.takes_over,
        unsigned: injection.unsigned.iter().map(|d| report.analysis.world.drivers[*d].inf.as_str()).collect(),
        confidence: injection.confidence,
        because: &injection.because,
        cautions: &injection.cautions,
    }
}

fn kept_out<'a>(report: &'a PlanReport<'a>, kept: &'a KeptOut) -> KeptOutRecord<'a> {
    let twin = |twin: &Twin| TwinRecord {
        driver: driver(report, twin.driver()),
        origin: match twin {
            Twin::InImage(_) => "in-image",
            Twin::Injected(_) => "injected",
        },
    };
    let world = &report.analysis.world;
    KeptOutRecord {
        topology: kept.topology.map(|t| report.analysis.topologies.all[t].id.as_str()),
        drivers: kept.drivers.iter().map(|d| driver(report, *d)).collect(),
        folders: kept.folders.iter().map(|f| crate::analysis::coverage::folder_text(world, f)).collect(),
        adapters: &kept.adapters,
        twins: kept.twins.iter().map(twin).collect(),
        otherwise: outcome(&kept.worst),
        otherwise_in: kept.worst_cell,
        confidence: kept.worst.confidence,
        because: &kept.because,
    }
}

fn left_out<'a>(report: &'a PlanReport<'a>, left: &'a LeftOut) -> LeftOutRecord<'a> {
    LeftOutRecord { driver: driver(report, left.driver), because: &left.text }
}

fn uncovered<'a>(report: &'a PlanReport<'a>, left: &'a Uncovered) -> UncoveredRecord<'a> {
    let (reason, index, text) = match &left.why {
        NotRun::NoDriver => ("no-driver", None, None),
        NotRun::NullDriver(driver) => ("null-driver", Some(*driver), None),
        NotRun::OnlyMultiTier(driver) => ("only-multi-tier", Some(*driver), None),
        NotRun::BusOnly(driver) => ("bus-driver-only", Some(*driver), None),
        NotRun::DoesNotLoad(driver, text) => ("does-not-load", Some(*driver), Some(text.as_str())),
        NotRun::Outranked(driver) => ("outranked", Some(*driver), None),
    };
    UncoveredRecord {
        adapters: &left.adapters,
        machines: left.machines,
        reason,
        driver: index.map(|d| driver(report, d)),
        text,
    }
}

fn outcome(outcome: &Outcome) -> OutcomeRecord<'_> {
    OutcomeRecord {
        during: outcome.during.name(),
        recovers: outcome.recovers.name(),
        result: outcome.result.name(),
        at: outcome.at.map(|at| at.name()),
        reason: &outcome.because.text,
        source: outcome.because.source.as_deref(),
    }
}

fn promise<'a>(report: &'a PlanReport<'a>, promise: &'a Promise) -> PromiseRecord<'a> {
    let cell = &report.analysis.predictions.cells[promise.cell];
    let exception = |e: &'a Exception| ExceptionRecord {
        adapters: &e.adapters,
        outcome: outcome(&e.outcome),
        confidence: e.outcome.confidence,
    };
    PromiseRecord {
        content: cell.content.name(),
        source: cell.source.name(),
        deploy_os: cell.deploy_os,
        driver_step: cell.driver_step,
        kept: promise.kept.len(),
        not_promised: promise.exceptions.iter().map(exception).collect(),
    }
}

fn solution(offer: &Offer) -> SolutionRecord<'_> {
    SolutionRecord {
        id: &offer.id,
        name: &offer.name,
        title: &offer.title,
        effort: offer.effort,
        condition: &offer.condition,
        steps: offer.steps.iter().map(|s| StepRecord { text: &s.text, done: s.done }).collect(),
        reference: &offer.source,
    }
}
