//! Why something is believed, and how much.

use serde::Serialize;

pub use crate::inf_db::Confidence;

/// A place in an input.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Path below the input's root with `/`; for a file inside an image `boot.wim:2/Windows/INF/x.inf`.
    pub path: String,
    /// 1-based line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, column: None }
    }

    /// A line of a file; line 0 means the whole file.
    pub fn line(path: impl Into<String>, line: u32) -> Self {
        Self { path: path.into(), line: (line > 0).then_some(line), column: None }
    }
}

/// One reason for a conclusion.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Evidence {
    /// Stable kebab-case word for what kind of reason this is: `binary-text`, `registry-text`, `rank`, `document`.
    pub kind: &'static str,
    /// The reason, for people.
    pub text: String,
    /// Where it stands, if it stands in an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Place>,
    /// The document or table it comes from, if it comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Evidence {
    /// A reason without place and source.
    pub fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), location: None, source: None }
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.location = Some(place);
        self
    }

    /// The same with a source.
    #[must_use]
    pub fn from_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}
