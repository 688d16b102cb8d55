//! `reportingDescriptor`: the document of a rule.

use serde::Serialize;

use super::result::{Message, level};
use crate::inf_db::RuleDocument;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleRecord<'a> {
    id: &'a str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 2],
}

impl<'a> RuleRecord<'a> {
    pub(super) fn of(rule: &'a RuleDocument) -> Self {
        Self {
            id: &rule.id,
            short_description: Message::new(rule.title.clone()),
            full_description: Message::new(rule.summary.clone()),
            help: Help { text: help(rule, ""), markdown: help(rule, "## ") },
            help_uri: rule.references.iter().find_map(|r| url(r)),
            default_configuration: Configuration { level: level(rule.severity) },
            properties: RuleProperties { tags: ["drivers", "winpe"] },
        }
    }
}

/// What `explain` says, with this before each heading.
fn help(rule: &RuleDocument, heading: &str) -> String {
    let mut text = format!("{}\n\n{heading}Why it matters\n\n{}\n", rule.summary, rule.why);
    for (head, items) in
        [("How it shows up", &rule.shows_up), ("How to fix it", &rule.fix), ("References", &rule.references)]
    {
        text.push_str(&format!("\n{heading}{head}\n\n"));
        text.extend(items.iter().map(|item| format!("- {item}\n")));
    }
    text
}

/// The first address in a reference.
fn url(reference: &str) -> Option<&str> {
    let word = reference.split_whitespace().find(|word| word.starts_with("https://") || word.starts_with("http://"))?;
    Some(word.trim_end_matches([',', '.', ';', ')']))
}
