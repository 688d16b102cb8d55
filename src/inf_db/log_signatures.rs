//! What lines of a log mean (`log-signatures/<topic>.toml`): patterns, what they need beside them, cause and resolution.
//!
//! Which records meet a pattern is decided in [`crate::analysis`]; this is the data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::{is_kebab_case, prose, prose_list};
use crate::facts::error_code::ErrorCode;

/// What a signature says about the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureRole {
    /// Where it went wrong.
    Cause,
    /// Follows from a cause further up.
    Consequence,
    /// Says how the deployment was set up; no error.
    Context,
    /// The last line of a part that went well.
    LastGood,
    /// Something worked.
    Success,
}

impl SignatureRole {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            SignatureRole::Cause => "cause",
            SignatureRole::Consequence => "consequence",
            SignatureRole::Context => "context",
            SignatureRole::LastGood => "last-good",
            SignatureRole::Success => "success",
        }
    }
}

/// One record that a signature needs.
///
/// A pattern is literal text without case; `<name>` stands for any text, and the same name in a later step for the same text.
/// `<code>` stands for a code in any spelling, and must be one of the signature's `codes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureStep {
    /// Components that may have written it; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Patterns of which one has to be in the record's text.
    pub any: Vec<String>,
    /// The pattern is the text as a whole, not a part of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSignature {
    /// `L02`.
    pub id: String,
    /// What happened, one line.
    pub title: String,
    /// What it says about the deployment.
    pub role: SignatureRole,
    /// Names of log formats; empty: it shows up in no log (`seen_in` says where).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// Where to look: names of logs, or what else shows it.
    pub seen_in: String,
    /// Codes that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<ErrorCode>,
    /// How many lines may lie between the first step and the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_lines: Option<u32>,
    /// How many minutes may lie between them, where the log has times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_minutes: Option<u32>,
    /// Signatures that are this one's cause where both are found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<String>,
    /// What it is not: the traps, for people.
    #[serde(default, deserialize_with = "prose_list", skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
    /// How well it is known.
    pub confidence: SourceConfidence,
    /// Records that have to be there, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step: Vec<SignatureStep>,
    /// Records that silence it, between the first step and `within_lines` after the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<SignatureStep>,
    /// Records at which a new session begins: what was found before is judged then, what is half found is dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<SignatureStep>,
}

impl LogSignature {
    /// Every step of every kind.
    pub fn all_steps(&self) -> impl Iterator<Item = &SignatureStep> {
        self.step.iter().chain(&self.unless).chain(&self.until)
    }
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternPart<'a> {
    /// Text that has to be there, in any case of its letters.
    Literal(&'a str),
    /// `<name>`: any text.
    Any(&'a str),
}

/// The pieces of a pattern; `<` that no name of small letters and `>` follow is literal text.
pub fn pattern_parts(pattern: &str) -> Vec<PatternPart<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(open) = pattern[at..].find('<').map(|i| at + i) {
        at = open + 1;
        let Some(length) = pattern[at..].find('>') else { break };
        let name = &pattern[at..at + length];
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase()) {
            continue;
        }
        if open > start {
            parts.push(PatternPart::Literal(&pattern[start..open]));
        }
        parts.push(PatternPart::Any(name));
        at += length + 1;
        start = at;
    }
    if start < pattern.len() {
        parts.push(PatternPart::Literal(&pattern[start..]));
    }
    parts
}

/// One article: what its signatures have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureTopic {
    /// Kebab-case; the name of its file.
    pub id: String,
    /// One line.
    pub title: String,
    /// Why it happens.
    #[serde(deserialize_with = "prose")]
    pub cause: String,
    /// What to do, alternatives or steps.
    #[serde(deserialize_with = "prose_list")]
    pub resolution: Vec<String>,
    /// Where it is written.
    #[serde(deserialize_with = "prose_list")]
    pub references: Vec<String>,
    /// Its signatures, in the order of the article.
    pub signature: Vec<LogSignature>,
}

/// Every topic, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSignatures {
    topics: BTreeMap<String, SignatureTopic>,
}

/// No signature needs more.
const MOST_STEPS: usize = 8;

impl LogSignatures {
    /// Reads one file and adds it.
    pub(super) fn load(&mut self, file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> bool {
        let topic: toml::Spanned<SignatureTopic> = match file.parse() {
            Ok(topic) => topic,
            Err(problem) => {
                problems.push(problem);
                return false;
            }
        };
        let span = topic.span();
        let topic = topic.into_inner();
        let mut wrong = |message: String| problems.push(file.problem(Some(span.clone()), message));
        if topic.id != file.stem() || !is_kebab_case(&topic.id) {
            wrong(format!("id `{}` must be kebab-case and the name of its file", topic.id));
        }
        if topic.cause.is_empty() || topic.resolution.is_empty() || topic.references.is_empty() {
            wrong("`cause`, `resolution` or `references` is empty".to_owned());
        }
        let mut usable = topic.id == file.stem();
        for signature in &topic.signature {
            let twice = self.get(&signature.id).is_some_and(|(other, _)| other.id != topic.id)
                || topic.signature.iter().filter(|s| s.id.eq_ignore_ascii_case(&signature.id)).count() > 1;
            if twice {
                wrong(format!("signature `{}` is there twice", signature.id));
            }
            if let Some(message) = mistake(signature) {
                wrong(format!("signature `{}`: {message}", signature.id));
                usable = false;
            }
        }
        if usable {
            self.topics.insert(topic.id.clone(), topic);
        }
        usable
    }

    /// Every topic, by id.
    pub fn topics(&self) -> impl Iterator<Item = &SignatureTopic> {
        self.topics.values()
    }

    /// Every signature with its topic.
    pub fn iter(&self) -> impl Iterator<Item = (&SignatureTopic, &LogSignature)> {
        self.topics.values().flat_map(|topic| topic.signature.iter().map(move |signature| (topic, signature)))
    }

    /// A signature and its topic by the signature's id, without case.
    pub fn get(&self, id: &str) -> Option<(&SignatureTopic, &LogSignature)> {
        self.iter().find(|(_, signature)| signature.id.eq_ignore_ascii_case(id.trim()))
    }
}

/// What makes a signature useless.
fn mistake(signature: &LogSignature) -> Option<String> {
    use crate::facts::log::LogFormat;

    if let Some(unknown) =
        signature.formats.iter().find(|f| LogFormat::ALL.iter().all(|known| known.name() != f.as_str()))
    {
        return Some(format!("no log format is called `{unknown}`"));
    }
    if signature.formats.is_empty() != signature.step.is_empty() {
        return Some("`formats` and `step` go together".to_owned());
    }
    if [&signature.step, &signature.unless, &signature.until].iter().any(|steps| steps.len() > MOST_STEPS) {
        return Some(format!("more than {MOST_STEPS} steps"));
    }
    if signature.all_steps().any(|step| step.any.is_empty()) {
        return Some("a step without pattern".to_owned());
    }
    signature.all_steps().flat_map(|step| &step.any).find_map(|pattern| mistake_in_pattern(pattern, signature))
}

fn mistake_in_pattern(pattern: &str, signature: &LogSignature) -> Option<String> {
    let parts = pattern_parts(pattern);
    let begins_with_text = matches!(parts.first(), Some(PatternPart::Literal(text)) if text.trim().len() >= 4);
    if !begins_with_text {
        return Some(format!("pattern `{pattern}` must begin with at least four characters of literal text"));
    }
    let two_names = parts.windows(2).any(|pair| matches!(pair, [PatternPart::Any(_), PatternPart::Any(_)]));
    if two_names {
        return Some(format!("pattern `{pattern}` has two names with nothing between them"));
    }
    let asks_for_code = parts.contains(&PatternPart::Any("code"));
    (asks_for_code && signature.codes.is_empty())
        .then(|| format!("pattern `{pattern}` asks for a code, and `codes` is empty"))
}
