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
mod conformance;
mod documents;
mod fixtures;
mod inf_corpus;
mod inf_db;
mod licences;
mod rules;
mod verdicts;
mod wim_hives;
mod wim_hostile;
mod wim_images;
