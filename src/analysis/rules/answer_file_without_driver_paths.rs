//! An answer file that offers no drivers to the deployed system.

use super::Context;
use super::deployment_files::{because, finding, is_offline};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "answer-file-without-driver-paths";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        let mut components = file.components.iter().filter(|c| is_offline(c, facts)).peekable();
        if components.peek().is_none() {
            let text = format!("{} has no component {}: no driver is installed offline", file.path, facts.component);
            let mut found = finding(ID, Severity::Error, (&file.path, file.line), &["component"], text);
            found.evidence.push(because(context, format!("solution 4 needs {} in {}", facts.component, facts.pass)));
            findings.push(found);
        }
        for component in components.filter(|c| c.driver_paths.iter().all(|p| p.path.is_none())) {
            let text = format!(
                "{} in \"{}\" names no folder: <DriverPaths> with <PathAndCredentials> and <Path> is missing",
                component.name, component.pass
            );
            let at = (file.path.as_str(), component.line);
            findings.push(finding(ID, Severity::Error, at, &["path", &component.pass], text));
        }
    }
}
