//! The integration tests: one binary, one file per topic.
#![allow(missing_docs)]

mod conformance;
mod inf_corpus;
mod inf_generated;
mod inf_lines;
mod inf_selection;
