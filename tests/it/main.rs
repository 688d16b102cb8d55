//! All integration tests in one binary, one module per topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "helpers of tests: clippy's allow-unwrap-in-tests sees only functions with #[test]; a skipped test says so"
)]

mod architecture;
mod arguments;
mod bus_evidence;
mod catalogs;
mod changes;
mod cli_docs;
mod conformance;
mod corpus;
mod diagnose;
mod diff;
mod documents;
mod fixtures;
mod fleet;
mod formats;
mod history;
mod history_disk;
mod history_growth;
mod history_kill;
mod hostile;
mod html;
mod incremental;
mod inert;
mod inf_corpus;
mod inf_db;
mod inf_generated;
mod inf_lines;
mod inf_selection;
mod licences;
mod links;
mod log_copies;
mod log_signatures;
mod packages;
mod plan;
mod plan_applied;
mod plan_cases;
mod policy;
mod predictions;
mod releases;
mod renamed;
mod report;
mod rule_counts;
mod rules;
mod schemas;
mod single_files;
mod support;
mod verdicts;
mod wim_hives;
mod wim_hostile;
mod wim_images;
