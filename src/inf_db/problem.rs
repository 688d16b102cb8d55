//! Mistakes in the data of `inf-db/`, with file and line.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;

/// A mistake in one file of `inf-db/` or of a site's overlay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InfDbProblem {
    /// Path below `inf-db/` or below the overlay folder, `/` separated.
    pub file: String,
    /// 1-based line, 0 for the file as a whole.
    pub line: u32,
    /// What is wrong, for the person who wrote the file.
    pub message: String,
}

impl fmt::Display for InfDbProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// One file while it is being read: knows how to turn a place in its text into a problem with a line.
pub(super) struct DataFile<'a> {
    /// Path below the folder.
    pub(super) path: &'a str,
    /// Its text.
    pub(super) text: &'a str,
}

impl DataFile<'_> {
    /// Reads the file as a `T`.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, InfDbProblem> {
        toml::from_str(self.text).map_err(|error| self.problem(error.span(), error.message()))
    }

    /// A problem at a byte range of the text.
    pub(super) fn problem(&self, span: Option<Range<usize>>, message: impl Into<String>) -> InfDbProblem {
        let line = span.map_or(0, |span| {
            let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
            u32::try_from(memchr::memchr_iter(b'\n', before).count() + 1).unwrap_or(u32::MAX)
        });
        InfDbProblem { file: self.path.to_owned(), line, message: message.into() }
    }

    /// The file name without folder and extension: what the id inside must be.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(self.path);
        name.strip_suffix(".toml").unwrap_or(name)
    }
}
