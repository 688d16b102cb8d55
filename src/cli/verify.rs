//! `wimspect verify`: what is in a boot image, and is it fit for distribution.

use anyhow::Result;

use super::ExitStatus;
use super::args::{Common, VerifyArgs};
use super::output::{self, Kind};
use super::pipeline::{self, Inputs};
use crate::analysis::Request;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &VerifyArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let request = Request {
        releases: Vec::new(),
        archs: Vec::new(),
        all_releases: false,
        packages: Vec::new(),
        cells: pipeline::cells(&args.scenario),
    };
    let inputs = Inputs {
        shares: &args.drivers,
        images: &args.images,
        fleet: &args.fleet,
        integrity: args.integrity,
        ..Inputs::default()
    };
    let policy = super::policy::find(common, &[args.images.as_slice(), &args.drivers].concat(), &db)?;
    let outcome = pipeline::run(&inputs, &request, common, &db)?;
    output::finish(outcome, Kind::Full, policy.as_ref(), common, &db)
}
