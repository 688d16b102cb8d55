//! An answer file that offers drivers to the running Windows PE as well.

use super::Context;
use super::deployment_files::{because, finding, is_offline, is_windowspe};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "driver-paths-in-windowspe-pass";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let facts = context.db.remedies().answer_file();
    for file in &context.world.deployment.answer_files {
        let offline = file.components.iter().filter(|c| is_offline(c, facts)).flat_map(|c| &c.driver_paths);
        let offline: Vec<String> = offline.filter_map(|p| p.path.as_deref().map(folder)).collect();
        for component in file.components.iter().filter(|c| is_windowspe(c, facts)) {
            for entry in &component.driver_paths {
                let Some(path) = &entry.path else { continue };
                // The same folder, or one around it or in it.
                let same = offline.iter().any(|o| {
                    let here = folder(path);
                    o.starts_with(&here) || here.starts_with(o.as_str())
                });
                let (severity, text) = if same {
                    let text = format!(
                        "\"{path}\" is offered to the running Windows PE, too: the NIC driver is installed there after all"
                    );
                    (Severity::Error, text)
                } else {
                    let text =
                        format!("\"{path}\" is offered to the running Windows PE: the NIC driver must not be in it");
                    (Severity::Warning, text)
                };
                let at = (file.path.as_str(), entry.line);
                let mut found = finding(ID, severity, at, &[&folder(path)], text);
                let why =
                    format!("{} installs drivers into the running Windows PE and the deployed system", component.name);
                found.evidence.push(because(context, why));
                findings.push(found);
            }
        }
    }
}

/// For comparing: small letters, one kind of separator, one at the end.
fn folder(path: &str) -> String {
    let path = path.trim().replace('/', "\\").to_ascii_lowercase();
    format!("{}\\", path.trim_end_matches('\\'))
}
