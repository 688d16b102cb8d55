//! The integration tests: one binary, one file per topic.
#![allow(missing_docs)]

mod conformance;
mod wim_hives;
mod wim_hostile;
