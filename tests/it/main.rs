//! All integration tests in one binary, one module per topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests: clippy's allow-unwrap-in-tests sees only functions with #[test]; a skipped test says so"
)]

mod architecture;
mod catalogs;
mod fixtures;
mod licences;
