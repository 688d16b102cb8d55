//! `wimspect plan --check`: answer files and task sequences against solution 4 of the ConfigMgr article. The findings go through
//! the same reports as those of `audit`. What is broken off is judged as far as it goes, and fails the call.

use anyhow::Result;

use super::args::PlanArgs;
use crate::analysis::world::World;
use crate::analysis::{Answers, Request, analyse, ask};
use crate::cli::ExitStatus;
use crate::cli::args::Common;
use crate::cli::output::{self, Kind};
use crate::cli::pipeline::{self, Outcome};
use crate::facts::deployment::{DeploymentFile, DeploymentFiles};
use crate::inf_db::InfDb;
use crate::scan::deployment_file::read_deployment_file;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &PlanArgs, common: &Common, db: &InfDb) -> Result<ExitStatus> {
    let files = pipeline::once(&args.check);
    let mut deployment = DeploymentFiles { archs: args.arch.clone(), ..DeploymentFiles::default() };
    let (mut inputs, mut failed) = (Vec::new(), Vec::new());
    for (path, name) in files.iter().zip(pipeline::short_names(&files)) {
        match read_deployment_file(path, &name) {
            Ok(DeploymentFile::Answers(file)) => {
                inputs.push(pipeline::input("answer-file", path));
                deployment.answer_files.push(file);
            }
            Ok(DeploymentFile::Steps(sequence)) => {
                inputs.push(pipeline::input("task-sequence", path));
                // Steps that are not read can be those that are wrong: the check as a whole has failed.
                failed.extend(
                    sequence.problems.iter().map(|p| format!("{name}: {p}; what comes after that was not judged")),
                );
                deployment.task_sequences.push(sequence);
            }
            Err(error) => failed.push(error.to_string()),
        }
    }
    let request = Request {
        releases: Vec::new(),
        archs: Vec::new(),
        all_releases: false,
        packages: Vec::new(),
        cells: pipeline::cells(&args.scenario),
    };
    let mut world = World::default();
    world.deployment = deployment;
    let asked = ask(&world, db);
    let analysis = analyse(world, asked, Answers::default(), &request, db);
    let policy = crate::cli::policy::find(common, &files, db)?;
    output::finish(
        Outcome { analysis, inputs, problems: Vec::new(), failed, states: Vec::new() },
        Kind::Full,
        policy.as_ref(),
        common,
        db,
    )
}
