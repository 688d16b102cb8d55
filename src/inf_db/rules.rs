//! Rule documents (`rules/<rule-id>.toml`): what a finding means, why it matters, how it shows up, how to fix it.
//!
//! Everything that explains a rule (`explain`, docs/rules.md, SARIF help) is made from these. Whether a rule fires is decided
//! in [`crate::analysis`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::text::{did_you_mean, is_kebab_case, prose, prose_list};

/// How bad a finding is.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// May break a deployment.
    Warning,
    /// Breaks a deployment.
    Error,
}

impl Severity {
    /// By the word, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|s| s.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The document of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDocument {
    /// Names the fault, kebab-case; the name of its file.
    pub id: String,
    /// One line.
    pub title: String,
    /// The severity where nothing changes it.
    pub severity: Severity,
    /// What it means.
    #[serde(deserialize_with = "prose")]
    pub summary: String,
    /// Why it matters.
    #[serde(deserialize_with = "prose")]
    pub why: String,
    /// How it shows up: log lines and codes.
    #[serde(deserialize_with = "prose_list")]
    pub shows_up: Vec<String>,
    /// How to fix it, step by step or as alternatives.
    #[serde(deserialize_with = "prose_list")]
    pub fix: Vec<String>,
    /// Where it is written: documents, articles, issues.
    #[serde(deserialize_with = "prose_list")]
    pub references: Vec<String>,
}

/// Every rule document, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rows: BTreeMap<String, RuleDocument>,
}

impl Rules {
    /// Reads one file and adds it.
    pub(super) fn load(&mut self, file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> bool {
        let rule: toml::Spanned<RuleDocument> = match file.parse() {
            Ok(rule) => rule,
            Err(problem) => {
                problems.push(problem);
                return false;
            }
        };
        let span = rule.span();
        let rule = rule.into_inner();
        if rule.id != file.stem() || !is_kebab_case(&rule.id) {
            let message = format!("id `{}` must be kebab-case and the name of its file", rule.id);
            problems.push(file.problem(Some(span.clone()), message));
        }
        let texts = [("title", &rule.title), ("summary", &rule.summary), ("why", &rule.why)];
        let lists = [("shows_up", &rule.shows_up), ("fix", &rule.fix), ("references", &rule.references)];
        let empty = texts.iter().filter(|(_, text)| text.is_empty()).map(|(key, _)| key);
        for key in empty.chain(lists.iter().filter(|(_, list)| list.is_empty()).map(|(key, _)| key)) {
            problems.push(file.problem(Some(span.clone()), format!("`{key}` is empty")));
        }
        // Under another name it would take the place of a rule that has a file of its own.
        let usable = rule.id == file.stem();
        if usable {
            self.rows.insert(rule.id.clone(), rule);
        }
        usable
    }

    /// Every document, by id.
    pub fn iter(&self) -> impl Iterator<Item = &RuleDocument> {
        self.rows.values()
    }

    /// The document of a rule, without case.
    pub fn get(&self, id: &str) -> Option<&RuleDocument> {
        self.rows.get(&id.trim().to_ascii_lowercase())
    }

    /// Ids that a mistyped one may have meant.
    pub fn near(&self, text: &str) -> Vec<String> {
        did_you_mean(text, self.rows.keys().map(String::as_str))
    }
}
