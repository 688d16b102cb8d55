//! A client of NetAdapterCx where there is no NetAdapterCx, or an older one than it was built for.

use super::Context;
use super::folding::{Faults, each_loaded};
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::Finding;
use crate::analysis::loadability::{Has, net_adapter_cx};
use crate::analysis::package_files::LoadedFile;
use crate::facts::driver_package::InstallSection;
use crate::inf_db::ComponentVersion;

pub(super) const ID: &str = "netadaptercx-not-in-winpe";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let has: Vec<Has> =
        context.targets.iter().map(|t| net_adapter_cx(t, context.world, context.modules, context.db)).collect();
    let mut faults = Faults::default();
    each_loaded(context, |at, section, file| {
        let Some(need) = need(section, file) else { return };
        let (what, sure) = match &has[at.2] {
            Has::Version(version, what, sure) if need.version.is_some_and(|n| n > *version) => (what.clone(), *sure),
            Has::Nothing(what, sure) => (what.clone(), *sure),
            _ => return,
        };
        let evidence = [need.evidence, Evidence::new("framework-version", what)];
        faults.add(context, at, need.text, sure.min(need.confidence), evidence);
    });
    faults.findings(context, ID, findings);
}

/// What a driver asks of NetAdapterCx.
pub(super) struct Need {
    /// The version, when the driver file tells it.
    pub(super) version: Option<ComponentVersion>,
    /// `x.sys is a client of NetAdapterCx 2.2`.
    pub(super) text: String,
    confidence: Confidence,
    pub(super) evidence: Evidence,
}

/// By the class that the driver file binds to; without that by what only INFs of such clients have.
pub(super) fn need(section: &InstallSection, file: &LoadedFile<'_>) -> Option<Need> {
    if let Some((major, minor)) = file.binary.and_then(|b| b.net_adapter_cx) {
        let version = ComponentVersion { major: u16::try_from(major).ok()?, minor: u16::try_from(minor).ok()? };
        let text = format!("{} is a client of NetAdapterCx {version}", file.name);
        let evidence = Evidence::new("binary-class-bind", format!("{} binds to NetAdapterCx {version}", file.path));
        return Some(Need { version: Some(version), text, confidence: Confidence::Proven, evidence });
    }
    if !section.net.net_adapter_cx || file.imports_ndis() {
        return None;
    }
    let text = format!("{} is a client of NetAdapterCx, by its INF", file.name);
    let name = section.actual.as_deref().unwrap_or(&section.name);
    let said = format!("[{name}] has keywords that only such clients have (*IfConnectorPresent and the like)");
    let evidence = Evidence::new("inf-keywords", said)
        .from_source("windows-driver-docs: inf-files-for-netadaptercx-client-drivers");
    Some(Need { version: None, text, confidence: Confidence::Likely, evidence })
}
