//! A file of the package has the name that it gets when it is installed, not the one by which the INF finds it.

use super::Context;
use super::source_file_missing::{Presence, bare_shares, packages_lacking, renamed_evidence};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Finding;

pub(super) const ID: &str = "file-renamed-on-share";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for group in packages_lacking(context, &bare_shares(context), Presence::Renamed) {
        let text = format!(
            "{}: under the name of the destination Windows finds nothing, and does not take the package into the driver store",
            group.names(),
        );
        let mut finding = group.finding(context, ID, text);
        // That it is the same file is not proven.
        finding.confidence = Confidence::Likely;
        finding.evidence.push(renamed_evidence());
        findings.push(finding);
    }
}
