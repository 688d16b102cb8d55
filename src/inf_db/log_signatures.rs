//! What lines of a log mean (`log-signatures/<topic>.toml`): patterns, what they need beside them, cause and resolution.
//!
//! Which records meet a pattern is decided in [`crate::analysis`]; this is the data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::scenarios::TaskPhase;
use super::source::SourceConfidence;
use super::text::{is_kebab_case, prose, prose_list};
use crate::facts::error_code::ErrorCode;

/// What a signature says about the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureRole {
    /// Where it went wrong.
    Cause,
    /// Explains a failure where there is one; runs that go well have it, too.
    Suspect,
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
    /// Every role.
    pub const ALL: &'static [SignatureRole] = &[
        SignatureRole::Cause,
        SignatureRole::Suspect,
        SignatureRole::Consequence,
        SignatureRole::Context,
        SignatureRole::LastGood,
        SignatureRole::Success,
    ];

    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            SignatureRole::Cause => "cause",
            SignatureRole::Suspect => "suspect",
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
    /// In which phase of the task sequence it shows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TaskPhase>,
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
    /// It may pass by itself: where a later step of the task sequence ends well, it did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_pass: bool,
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

/// What the logs of a run say about how it was set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RunFact {
    /// Windows PE 2.x (6.0).
    #[serde(rename = "winpe-2")]
    WinPe2,
    /// Windows PE 3.x (6.1).
    #[serde(rename = "winpe-3")]
    WinPe3,
    /// Windows PE 4.0 (6.2) or later.
    #[serde(rename = "winpe-4-or-later")]
    WinPe4OrLater,
    /// Setup runs from the distribution point.
    #[serde(rename = "run-from-dp")]
    RunFromDp,
    /// The content was downloaded first.
    #[serde(rename = "download")]
    Download,
    /// An operating system install package: Setup runs.
    #[serde(rename = "install-package")]
    InstallPackage,
    /// A step offers drivers.
    #[serde(rename = "driver-step")]
    DriverStep,
    /// Setup had no drivers to install in Windows PE.
    #[serde(rename = "no-windowspe-drivers")]
    NoWindowsPeDrivers,
    /// An adapter of Windows PE has an address.
    #[serde(rename = "adapter-with-address")]
    AdapterWithAddress,
}

impl RunFact {
    /// Every fact.
    pub const ALL: &'static [RunFact] = &[
        RunFact::WinPe2,
        RunFact::WinPe3,
        RunFact::WinPe4OrLater,
        RunFact::RunFromDp,
        RunFact::Download,
        RunFact::InstallPackage,
        RunFact::DriverStep,
        RunFact::NoWindowsPeDrivers,
        RunFact::AdapterWithAddress,
    ];

    /// The word used in reports and in `inf-db/`.
    pub const fn name(self) -> &'static str {
        match self {
            RunFact::WinPe2 => "winpe-2",
            RunFact::WinPe3 => "winpe-3",
            RunFact::WinPe4OrLater => "winpe-4-or-later",
            RunFact::RunFromDp => "run-from-dp",
            RunFact::Download => "download",
            RunFact::InstallPackage => "install-package",
            RunFact::DriverStep => "driver-step",
            RunFact::NoWindowsPeDrivers => "no-windowspe-drivers",
            RunFact::AdapterWithAddress => "adapter-with-address",
        }
    }
}

/// Facts of which one has to hold, and what they mean for the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicCondition {
    /// The facts.
    pub any: Vec<RunFact>,
    /// The same for people.
    #[serde(deserialize_with = "prose")]
    pub text: String,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// For people.
    #[serde(deserialize_with = "prose")]
    pub text: String,
    /// The entry of `remedies.toml` that carries it out, where there is one: `plan` offers it by the same effort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Only where all of these are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<RunFact>,
    /// Not where one of these is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<RunFact>,
}

impl Resolution {
    /// Whether it helps in a run of which these facts are known.
    pub fn applies(&self, known: impl Fn(RunFact) -> bool) -> bool {
        self.when.iter().all(|fact| known(*fact)) && !self.unless.iter().any(|fact| known(*fact))
    }
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
    /// Where it is written.
    #[serde(deserialize_with = "prose_list")]
    pub references: Vec<String>,
    /// What has to be seen beside a signature before the article explains it; what is not seen makes it a guess.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<TopicCondition>,
    /// What speaks against the article, whatever the signature says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<TopicCondition>,
    /// What to do: alternatives, the one with the least effort first, or steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolution: Vec<Resolution>,
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

    /// A topic by its id, without case.
    pub fn topic(&self, id: &str) -> Option<&SignatureTopic> {
        self.topics().find(|topic| topic.id.eq_ignore_ascii_case(id.trim()))
    }

    /// Ids of topics that are nearly `id`, best first.
    pub fn near(&self, id: &str) -> Vec<String> {
        super::text::did_you_mean(id, self.topics().map(|topic| topic.id.as_str()))
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
    let asks_for_code = pattern_parts(pattern).contains(&PatternPart::Any("code"));
    let no_code = asks_for_code && signature.codes.is_empty();
    mistake_in_any_pattern(pattern)
        .or_else(|| no_code.then(|| format!("pattern `{pattern}` asks for a code, and `codes` is empty")))
}

/// What makes a pattern useless, whoever it belongs to.
pub(super) fn mistake_in_any_pattern(pattern: &str) -> Option<String> {
    let parts = pattern_parts(pattern);
    let begins_with_text = matches!(parts.first(), Some(PatternPart::Literal(text)) if text.trim().len() >= 8);
    if !begins_with_text {
        return Some(format!("pattern `{pattern}` must begin with at least eight characters of literal text"));
    }
    let two_names = parts.windows(2).any(|pair| matches!(pair, [PatternPart::Any(_), PatternPart::Any(_)]));
    two_names.then(|| format!("pattern `{pattern}` has two names with nothing between them"))
}
