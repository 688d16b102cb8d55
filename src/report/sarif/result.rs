//! `result`: one finding.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Files;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::report::GoneFinding;
use crate::report::inert::{clipped, harmless};

/// Characters of one message: what is longer comes from a hostile file, and the properties have it whole.
const MOST_CHARS: usize = 4_000;
/// Further locations of one result: GitHub shows 100.
const MOST_RELATED: usize = 100;

#[derive(Serialize)]
pub(super) struct Message {
    text: String,
}

impl Message {
    /// Text from a finding; what SARIF would read as a link or a placeholder is taken apart.
    pub(super) fn new(text: String) -> Self {
        Self { text: without_markup(&text) }
    }
}

/// In SARIF `[text](target)` is a link and `{0}` an argument.
fn without_markup(text: &str) -> String {
    let text = text.replace("](", "] (");
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        clean.push_str(before);
        let digits = from[1..].bytes().take_while(u8::is_ascii_digit).count();
        let is_placeholder = digits > 0 && from.as_bytes().get(digits + 1) == Some(&b'}');
        // As the standard has it: `{{0}}` is the text `{0}`.
        clean.push_str(if is_placeholder { "{{" } else { "{" });
        if is_placeholder {
            clean.push_str(&from[1..=digits]);
            clean.push_str("}}");
        }
        rest = &from[if is_placeholder { digits + 2 } else { 1 }..];
    }
    clean.push_str(rest);
    clean
}

pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultRecord<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<SuppressionRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties<'a>>,
}

#[derive(Serialize)]
struct SuppressionRecord<'a> {
    kind: &'static str,
    status: &'static str,
    justification: String,
    properties: SuppressionProperties<'a>,
}

#[derive(Serialize)]
struct SuppressionProperties<'a> {
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct Properties<'a> {
    confidence: Confidence,
    targets: &'a [String],
    advice: &'a [String],
    evidence: &'a [Evidence],
}

impl<'a> ResultRecord<'a> {
    pub(super) fn of(finding: &'a Finding, rules: &[&str], files: &Files<'_>) -> Self {
        let advice = finding.advice.first().map_or_else(String::new, |a| format!(" Fix: {a}."));
        let said = finding.whole_message();
        let text = format!("{}. Confidence: {}.{advice}", said.trim_end_matches('.'), finding.confidence.name());
        let suppressions = finding.suppressed.iter().map(|s| SuppressionRecord {
            kind: "external",
            status: "accepted",
            justification: harmless(&s.reason),
            properties: SuppressionProperties { by: s.by.name(), until: s.until.as_deref() },
        });
        Self {
            rule_id: finding.rule,
            rule_index: rules.iter().position(|r| *r == finding.rule),
            level: level(finding.severity),
            message: Message::new(clipped(&text, MOST_CHARS)),
            locations: [files.location(&finding.location)],
            related_locations: related(finding, files),
            partial_fingerprints: BTreeMap::from([("wimspect/1", finding.fingerprint.as_str())]),
            baseline_state: finding.known.map(|known| if known { "unchanged" } else { "new" }),
            suppressions: suppressions.collect(),
            properties: Some(Properties {
                confidence: finding.confidence,
                targets: &finding.targets,
                advice: &finding.advice,
                evidence: &finding.evidence,
            }),
        }
    }

    /// What the baseline knew and is not there any more.
    pub(super) fn of_gone(gone: &'a GoneFinding, rules: &[&str], files: &Files<'_>) -> Self {
        Self {
            rule_id: &gone.rule,
            rule_index: rules.iter().position(|r| *r == gone.rule),
            level: "none",
            message: Message::new(clipped(&gone.message, MOST_CHARS)),
            locations: [files.location(&Place::file(gone.path.clone()))],
            related_locations: Vec::new(),
            partial_fingerprints: BTreeMap::from([("wimspect/1", gone.fingerprint.as_str())]),
            baseline_state: Some("absent"),
            suppressions: Vec::new(),
            properties: None,
        }
    }
}

/// Further places, and those of the evidence, each once.
fn related(finding: &Finding, files: &Files<'_>) -> Vec<Location> {
    let mut seen: BTreeSet<&Place> = BTreeSet::from([&finding.location]);
    let places = finding.related.iter().map(|place| (place, None));
    let reasons = finding.evidence.iter().filter_map(|e| e.location.as_ref().map(|place| (place, Some(&e.text))));
    let new = reasons.chain(places).filter(|(place, _)| seen.insert(place));
    let numbered = new.take(MOST_RELATED).enumerate().map(|(index, (place, text))| {
        let mut location = files.location(place);
        location.id = Some(index + 1);
        location.message = text.map(|t| Message::new(clipped(t, MOST_CHARS)));
        location
    });
    numbered.collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

impl Location {
    /// `member` is what lies in the file of the URI; then line and column are its own, and stand with its name.
    pub(super) fn new(uri: String, base: Option<String>, member: Option<String>, place: &Place) -> Self {
        let inside = member.is_some();
        let logical = member.map(|member| {
            let line = place.line.map_or_else(String::new, |l| format!(":{l}"));
            LogicalLocation { fully_qualified_name: format!("{}{line}", harmless(&member)), kind: "resource" }
        });
        Self {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri, uri_base_id: base },
                region: Region {
                    start_line: if inside { 1 } else { place.line.unwrap_or(1).max(1) },
                    start_column: place.column.filter(|c| *c > 0 && !inside),
                },
            },
            logical_locations: logical.into_iter().collect(),
            message: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_markup;

    #[test]
    fn links_and_placeholders_are_taken_apart() {
        for (text, expected) in [
            ("plain", "plain"),
            ("[x](https://example.com)", "[x] (https://example.com)"),
            ("{0} and {12}", "{{0}} and {{12}}"),
            ("{4d36e972-e325} {} {", "{4d36e972-e325} {} {"),
        ] {
            assert_eq!(without_markup(text), expected);
        }
    }
}
