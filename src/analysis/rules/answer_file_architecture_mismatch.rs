//! A component for another architecture than that of the deployed Windows: Setup ignores it.

use super::Context;
use super::deployment_files::{finding, is_offline};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::ids::Arch;

pub(super) const ID: &str = "answer-file-architecture-mismatch";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    let deployment = &context.world.deployment;
    for file in &deployment.answer_files {
        let components: Vec<_> = file.components.iter().filter(|c| is_offline(c, facts)).collect();
        for component in &components {
            // The word is compared as it stands: Setup knows `amd64` and not `x64`.
            let said = component.arch.as_deref().unwrap_or_default();
            let known = Arch::ALL.iter().find(|a| a.name() == said);
            let at = (file.path.as_str(), component.line);
            let text = match known {
                None if said.is_empty() => format!("{} has no processorArchitecture", component.name),
                None => {
                    format!("processorArchitecture=\"{said}\" is no architecture that Setup knows (x86, amd64, arm64)")
                }
                Some(_) => continue,
            };
            findings.push(finding(ID, Severity::Error, at, &[said], text));
        }
        for arch in &deployment.archs {
            if components.is_empty() || components.iter().any(|c| c.arch.as_deref() == Some(arch.name())) {
                continue;
            }
            let said: Vec<&str> = components.iter().filter_map(|c| c.arch.as_deref()).collect();
            let text = format!(
                "the deployed Windows is {arch}, and {} is there for {} only: Setup ignores it",
                facts.component,
                said.join(", ")
            );
            let at = (file.path.as_str(), components[0].line);
            findings.push(finding(ID, Severity::Error, at, &["deployed", arch.name()], text));
        }
    }
}
