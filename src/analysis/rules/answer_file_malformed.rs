//! An answer file that Windows Setup would not read as one.

use super::Context;
use super::deployment_files::{because, finding};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "answer-file-malformed";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        let at = |line| (file.path.as_str(), line);
        if let Some(problem) = file.problems.first() {
            let text = format!("{} can not be read as XML to its end: {problem}", file.path);
            findings.push(finding(ID, Severity::Error, at(file.line), &["xml"], text));
        }
        if file.namespace.as_deref() != Some(facts.namespace.as_str()) {
            let said = file.namespace.as_deref().map_or_else(|| "none".to_owned(), |n| format!("\"{n}\""));
            let text = format!("the namespace of <{}> is {said}; Setup reads {} only", file.root, facts.namespace);
            let mut found = finding(ID, Severity::Error, at(file.line), &["namespace"], text);
            found
                .evidence
                .push(because(context, format!("the article's file begins with xmlns=\"{}\"", facts.namespace)));
            findings.push(found);
        }
    }
}
