//! A driver path that is not the folder into which the task sequence moves package A.

use super::Context;
use super::deployment_files::{because, finding, is_offline};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "answer-file-driver-path-mismatch";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        let offline = file.components.iter().filter(|c| is_offline(c, facts));
        let paths: Vec<_> = offline.flat_map(|c| &c.driver_paths).filter(|p| p.path.is_some()).collect();
        // Other folders may stand beside it.
        let is_it = |path: &str| is_folder(path, &facts.folder);
        if paths.iter().filter_map(|p| p.path.as_deref()).any(is_it) {
            continue;
        }
        for entry in paths {
            let path = entry.path.as_deref().unwrap_or_default();
            let (severity, text) = if path.to_ascii_lowercase().starts_with("%_smstsmdatapath%") {
                let text = format!(
                    "the path \"{path}\" holds a variable of the task sequence; the article writes what it stands for: {}",
                    facts.path
                );
                (Severity::Warning, text)
            } else {
                let text = format!(
                    "the path \"{path}\" is not the folder into which the task sequence moves the NIC's drivers: {}",
                    facts.path
                );
                (Severity::Error, text)
            };
            let at = (file.path.as_str(), entry.line);
            let mut found = finding(ID, severity, at, &[&path.to_ascii_lowercase()], text);
            found.evidence.push(because(
                context,
                "%_SMSTSMDataPath%\\Drivers2 after the step Rename Drivers Directory".to_owned(),
            ));
            findings.push(found);
        }
    }
}

/// `D:\_SMSTaskSequence\Drivers2\` is the folder, too: the task sequence chooses the drive.
fn is_folder(path: &str, folder: &str) -> bool {
    let path = path.replace('/', "\\");
    let path = path.trim_end_matches('\\');
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    drive && path.get(2..).and_then(|p| p.strip_prefix('\\')).is_some_and(|p| p.eq_ignore_ascii_case(folder))
}
