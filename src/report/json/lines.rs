//! `ndjson`: the records of the JSON contract, one on each line. A reader takes what it needs and never
//! holds the whole.

use std::io::{self, Write};

use serde::Serialize;

use super::{BaselineRecord, InputRecord, ProblemRecord, Tool, coverage, driver, image, judgement, shown_drivers};
use crate::report::inert::InertJson;
use crate::report::{Report, SCHEMA, since};

/// A record, and before its members the word for what it is. Not `kind`: inputs, images and topologies have a kind already.
#[derive(Serialize)]
pub(in crate::report) struct Line<T> {
    pub(in crate::report) record: &'static str,
    #[serde(flatten)]
    pub(in crate::report) members: T,
}

/// The first line.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Head<'a> {
    pub(super) schema: &'static str,
    pub(super) tool: Tool<'a>,
}

/// An input that could not be read as a whole.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Failed<'a> {
    pub(super) message: &'a str,
}

/// Writes the report line by line.
///
/// # Errors
/// Those of the writer.
pub fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let shown = shown_drivers(report);
    let mut lines = Lines(InertJson(io::BufWriter::new(&mut *out)));
    lines.one("head", Head { schema: SCHEMA, tool: Tool::of(report) })?;
    if report.scheduled {
        writeln!(lines.0, "{}", since::MARK)?;
    }
    lines.all("input", report.inputs.iter().map(InputRecord::of))?;
    lines.all("failed", report.failed.iter().map(|message| Failed { message }))?;
    lines.all("image", (0..analysis.world.images.len()).map(|i| image::ImageRecord::of(report, i)))?;
    let drivers = 0..analysis.world.drivers.len();
    lines.all("driver", drivers.map(|d| driver::DriverRecord::of(report, d, shown.contains(&d))))?;
    let topologies = analysis.topologies.all.iter();
    lines.all("topology", topologies.map(|t| judgement::TopologyRecord::of(report, t)))?;
    lines.all("prediction", judgement::predictions(report))?;
    if let Some(found) = &analysis.coverage {
        lines.one("fleet", coverage::FleetRecord::of(report, found))?;
        lines.all("coverage", coverage::records(report, found))?;
    }
    lines.all("finding", analysis.findings.iter().map(|f| judgement::FindingRecord::of(report, f)))?;
    if let Some(baseline) = report.baseline {
        lines.one("baseline", BaselineRecord::of(baseline))?;
    }
    lines.all("problem", report.problems.iter().map(ProblemRecord::of))?;
    lines.one("summary", judgement::Summary::of(report))?;
    lines.0.flush()
}

struct Lines<W>(InertJson<W>);

impl<W: Write> Lines<W> {
    fn one<T: Serialize>(&mut self, record: &'static str, members: T) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, &Line { record, members }).map_err(io::Error::from)?;
        self.0.write_all(b"\n")
    }

    fn all<T: Serialize>(&mut self, record: &'static str, mut all: impl Iterator<Item = T>) -> io::Result<()> {
        all.try_for_each(|members| self.one(record, members))
    }
}
