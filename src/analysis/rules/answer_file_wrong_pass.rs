//! The component that installs drivers offline stands in another pass.

use super::Context;
use super::deployment_files::{because, finding, is_offline};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::answer_file::AnswerComponent;

pub(super) const ID: &str = "answer-file-wrong-pass";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        let components: Vec<_> = file.components.iter().filter(|c| is_offline(c, facts)).collect();
        let offline = |c: &&&AnswerComponent| c.pass.eq_ignore_ascii_case(&facts.pass);
        for component in components.iter().filter(|c| !offline(c)) {
            // The audit pass is the component's other home, but no task sequence goes through it: once more there is no harm.
            let audit = component.pass.eq_ignore_ascii_case(&facts.audit_pass);
            if audit && components.iter().filter(offline).any(|c| c.arch == component.arch) {
                continue;
            }
            let why = if audit { "which a task sequence does not go through" } else { "where it does nothing" };
            let text = format!(
                "{} stands in the pass \"{}\", {why}; it belongs in \"{}\"",
                component.name, component.pass, facts.pass
            );
            let at = (file.path.as_str(), component.line);
            let mut found = finding(ID, Severity::Error, at, &[&component.pass], text);
            found
                .evidence
                .push(because(context, format!("solution 4 installs the NIC driver in the pass {}", facts.pass)));
            findings.push(found);
        }
    }
}
