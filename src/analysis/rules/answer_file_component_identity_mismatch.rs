//! The component has the right name, and another identity than Setup's own: Setup passes it over.

use super::Context;
use super::deployment_files::{because, finding, is_offline};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "answer-file-component-identity-mismatch";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        for component in file.components.iter().filter(|c| is_offline(c, facts)) {
            for (name, said, expected) in [
                ("publicKeyToken", &component.public_key_token, &facts.public_key_token),
                ("language", &component.language, &facts.language),
                ("versionScope", &component.version_scope, &facts.version_scope),
            ] {
                let said = said.as_deref().unwrap_or_default();
                if said.eq_ignore_ascii_case(expected) {
                    continue;
                }
                let text = format!("{} has {name}=\"{said}\"; Setup's component has \"{expected}\"", component.name);
                let at = (file.path.as_str(), component.line);
                let mut found = finding(ID, Severity::Error, at, &[&component.pass, name, said], text);
                found.evidence.push(because(context, format!("the article's file has {name}=\"{expected}\"")));
                findings.push(found);
            }
        }
    }
}
