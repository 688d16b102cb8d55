//! The component that installs drivers offline stands in another pass.

use super::Context;
use super::deployment_files::{because, finding, is_offline};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "answer-file-wrong-pass";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        for component in file.components.iter().filter(|c| is_offline(c, facts)) {
            // The audit pass is the component's other home: its drivers are installed in the running system.
            if component.pass.eq_ignore_ascii_case(&facts.pass) || component.pass.eq_ignore_ascii_case("auditSystem") {
                continue;
            }
            let text = format!(
                "{} stands in the pass \"{}\", where it does nothing; it belongs into \"{}\"",
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
