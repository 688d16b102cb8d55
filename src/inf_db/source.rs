//! How well a fact of `inf-db/` is known.

use serde::{Deserialize, Serialize};

/// Where a fact comes from. Every entry of `inf-db/` names its source and this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceConfidence {
    /// From memory only, no text or sample was found: a hypothesis.
    Memory,
    /// Follows from other facts; no source says it in so many words.
    Inference,
    /// Read in real files: INFs, hives, lists of installed drivers.
    Sample,
    /// Read in a document of Microsoft, of the vendor or of a named author.
    Document,
}

/// How sure a prediction is, `wimspect/1`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Inference, always with its reason.
    Guess,
    /// A documented rule or table.
    Likely,
    /// Read from the bytes of this image or driver.
    Proven,
}

impl Confidence {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Confidence::Guess => "guess",
            Confidence::Likely => "likely",
            Confidence::Proven => "proven",
        }
    }
}
