//! FACTS + TABLES → CONCLUSIONS and FINDINGS. Deterministic, no I/O.
//!
//! The order of work: [`world`] joins shares and images, [`classify`] tells tiers, topologies and releases,
//! [`selection`] says which driver Windows would take, [`prediction`] what that means for a deployment,
//! [`rules`] turns all of it into findings. `run` is the one way through.

pub mod baseline;
pub mod changes;
pub mod choices;
pub mod classify;
pub mod coverage;
pub mod diagnosis;
pub mod evidence;
pub mod finding;
pub mod inf_model;
pub mod loadability;
pub mod package_files;
pub mod package_signing;
pub mod plan;
pub mod policy;
pub mod prediction;
pub mod rules;
mod run;
pub mod selection;
pub mod signing;
pub mod snapshot;
pub mod target;
pub mod trends;
pub mod verdict;
mod wanted_files;
pub mod world;

pub use run::{Analysis, Answers, Asked, Request, analyse, ask};
