//! The JSON Schema of `wimspect/1`, made from the types that are written: docs/wimspect-1.schema.json.
//!
//! `UPDATE=1 cargo test --lib json::tests` writes it anew. tests/it/schemas.rs holds real reports against it.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::lines::{Failed, Head};
use super::{BaselineRecord, InputRecord, ProblemRecord, Tool, coverage, diagnosis, driver, image, judgement};
use crate::facts::os_version::OsVersion;
use crate::report::SCHEMA;
use crate::report::changes::json::Diff;
use crate::report::changes::runs::{PrunedDocument, RunDocument, RunList};
use crate::report::since::json::HistoryRecord;

impl JsonSchema for OsVersion {
    fn schema_name() -> Cow<'static, str> {
        "OsVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]+\\.[0-9]+(\\.[0-9]+(\\.[0-9]+)?)?$",
            "description": "MAJOR.MINOR[.BUILD[.SPBUILD]]",
        })
    }
}

/// The words of an enumeration, for members that hold one as text.
pub(super) fn words<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| name(*value)).collect()
}

/// The same for a member that may be null.
pub(super) fn words_or_null<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<Option<&'static str>> {
    all.iter().map(|value| Some(name(*value))).chain([None]).collect()
}

/// A report of wimspect, `--format json`.
///
/// Members may be added within `wimspect/1`; none is taken away and none changes its meaning. `--format ndjson` writes the
/// records one by one: `#/$defs/Line`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is of use: the report is written member by member")]
struct Document<'a> {
    /// Version of this contract.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    tool: Tool<'a>,
    /// Only in scheduled reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "HistoryRecord<'a>")]
    history: Option<HistoryRecord<'a>>,
    /// The inputs as given.
    inputs: Vec<InputRecord<'a>>,
    images: Vec<image::ImageRecord<'a>>,
    drivers: Vec<driver::DriverRecord<'a>>,
    topologies: Vec<judgement::TopologyRecord<'a>>,
    predictions: Vec<judgement::PredictionRecord<'a>>,
    /// The machines in numbers, with `--fleet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "coverage::FleetRecord<'a>")]
    fleet: Option<coverage::FleetRecord<'a>>,
    /// What runs their adapters, with `--fleet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<coverage::CoverageRecord<'a>>")]
    coverage: Option<Vec<coverage::CoverageRecord<'a>>>,
    /// The logs that `diagnose` read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<diagnosis::LogRecord<'a>>")]
    logs: Option<Vec<diagnosis::LogRecord<'a>>>,
    /// Files that it found and that are no logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    not_logs: Option<usize>,
    /// What `diagnose` found, one for each deployment in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<diagnosis::DiagnosisRecord<'a>>")]
    diagnoses: Option<Vec<diagnosis::DiagnosisRecord<'a>>>,
    /// Worst first.
    findings: Vec<judgement::FindingRecord<'a>>,
    /// With `--baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BaselineRecord<'a>")]
    baseline: Option<BaselineRecord<'a>>,
    /// Inputs that could not be read as a whole, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<&'a str>")]
    failed: Option<Vec<&'a str>>,
    /// What could not be read within an input.
    problems: Vec<ProblemRecord<'a>>,
    summary: judgement::Summary,
}

/// One line of `--format ndjson`: a record, and before its members the word for what it is.
#[derive(JsonSchema)]
#[schemars(tag = "record", rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its shape is of use")]
enum Line<'a> {
    Head(Head<'a>),
    History(HistoryRecord<'a>),
    Input(InputRecord<'a>),
    Failed(Failed<'a>),
    Image(image::ImageRecord<'a>),
    Driver(driver::DriverRecord<'a>),
    Topology(judgement::TopologyRecord<'a>),
    Prediction(judgement::PredictionRecord<'a>),
    Fleet(coverage::FleetRecord<'a>),
    Coverage(coverage::CoverageRecord<'a>),
    Finding(judgement::FindingRecord<'a>),
    Baseline(BaselineRecord<'a>),
    Problem(ProblemRecord<'a>),
    Summary(judgement::Summary),
}

#[test]
fn the_schema_in_docs_is_made_from_the_types() {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.subschema_for::<Line<'_>>();
    // Documents of their own: `wimspect diff`, `wimspect history list`, `show` and `prune`.
    generator.subschema_for::<Diff<'_>>();
    generator.subschema_for::<RunList<'_>>();
    generator.subschema_for::<RunDocument<'_>>();
    generator.subschema_for::<PrunedDocument<'_>>();
    let schema = generator.into_root_schema_for::<Document<'_>>();
    let made = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wimspect-1.schema.json");
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        there == made,
        "docs/wimspect-1.schema.json is not what the types say: UPDATE=1 cargo test --lib json::tests"
    );
}
