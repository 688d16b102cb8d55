//! Logs of a deployment: records out of bytes, whatever wrote them.
//!
//! [`LogReader`] reads a file, finds encoding and format by what the first lines say (never by the file's name) and cuts the
//! text into blocks of whole records; the [`LogText`] of a [`LogBlock`] hands out one [`Record`] after the other, on whatever
//! thread. What is held is bounded; a torn record, a garbage tail or a lone byte of another code page costs that record
//! and nothing else: [`LogSummary`] says how much was not understood.
//! One file per format in here; grammars, encodings and traps are those of real logs (FORMATS.md 0 to 4).

mod blocks;
mod cmtrace;
mod component_first;
mod components;
mod copied;
mod decode;
mod detect;
mod flattened;
mod iis;
mod lines;
mod panther;
mod setupapi;
mod setupapi_nt5;
mod time;
mod wpeinit;

#[cfg(test)]
mod tests;

pub use blocks::{LogBlock, LogReader, LogText};
pub use copied::is_copied;
pub use detect::detect;
pub use time::{Stamp, Written};

/// A record longer than this is cut: no real one comes near, and the memory stays bounded.
const LONGEST_RECORD: usize = 256 << 10;

/// A log format: how the records are written, not which program wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogFormat {
    /// `<![LOG[text]LOG]!><time=...>`: ConfigMgr (smsts.log, CcmExec.log) and MDT (BDD.log, ZTI*.log, LiteTouch.log).
    CmTrace,
    /// What is left of [`CmTrace`](Self::CmTrace) in articles (text and component) or after copying from the viewer (tabs).
    CmTraceText,
    /// `date time, level component text`: setupact.log, setuperr.log, dism.log, CBS.log, PkgMgr.log.
    Panther,
    /// wpeinit.log.
    Wpeinit,
    /// setupapi.dev.log, .app.log, .offline.log, .setup.log from Windows Vista on.
    SetupApi,
    /// setupapi.log of Windows 2000, XP and Server 2003.
    SetupApiNt5,
    /// IIS, W3C extended format.
    IisW3c,
}

impl LogFormat {
    /// Every format.
    pub const ALL: [LogFormat; 7] = [
        Self::CmTrace,
        Self::CmTraceText,
        Self::Panther,
        Self::Wpeinit,
        Self::SetupApi,
        Self::SetupApiNt5,
        Self::IisW3c,
    ];

    /// Name for reports and for `inf-db/`.
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::CmTrace => "cmtrace",
            LogFormat::CmTraceText => "cmtrace-text",
            LogFormat::Panther => "panther",
            LogFormat::Wpeinit => "wpeinit",
            LogFormat::SetupApi => "setupapi",
            LogFormat::SetupApiNt5 => "setupapi-nt5",
            LogFormat::IisW3c => "iis-w3c",
        }
    }
}

/// What the writer thought of a record. Not a verdict: MDT writes errors as information, healthy runs hold errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// CMTrace type 0, Perf, and the verbose lines of setupapi.log.
    Verbose,
    /// Information, and where nothing is said.
    #[default]
    Info,
    /// Warning.
    Warning,
    /// Error.
    Error,
    /// Panther's FatalError.
    Fatal,
}

/// One record; everything borrows from its block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// 1-based line of the block on which it begins.
    pub line: u64,
    /// When.
    pub time: Written<'a>,
    /// Who wrote it: CMTrace and Panther component, category of setupapi (`dvi`; `>>>` and `<<<` open and close a section,
    /// `header` is the head of the file, `boot` begins a boot session),
    /// site of IIS. Empty where the format has none.
    pub component: &'a str,
    /// The writer's level.
    pub level: Level,
    /// The text without what stands in front; a record over several lines keeps its line ends.
    pub text: &'a str,
    /// A part of it is missing: lost by two writers at once, cut off at the end of the file, or longer than the reader holds.
    pub truncated: bool,
}

/// What reading a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// The format; `None`: not a log of a deployment.
    pub format: Option<LogFormat>,
    /// Records handed out.
    pub records: u64,
    /// Of these, records with a part missing.
    pub truncated: u64,
    /// Lines, by their ends.
    pub lines: u64,
    /// Lines (or parts of lines) that are no record and no part of one.
    pub unparsed_lines: u64,
    /// Their length as UTF-8; empty lines and headers are not counted.
    pub unparsed_bytes: u64,
    /// Bytes that are no valid text in the file's encoding; read in Windows-1252.
    pub foreign_bytes: u64,
}

impl LogSummary {
    /// Adds what reading a block came to.
    pub fn add(&mut self, block: &Self) {
        self.records += block.records;
        self.truncated += block.truncated;
        self.lines += block.lines;
        self.foreign_bytes += block.foreign_bytes;
        self.unparsed_lines += block.unparsed_lines;
        self.unparsed_bytes += block.unparsed_bytes;
    }
}

/// What a grammar's pass over a block works with.
struct Pass<'p, 't> {
    /// The block ends within a record, because that is longer than what is held.
    ends_early: bool,
    summary: LogSummary,
    sink: &'p mut dyn FnMut(&Record<'t>),
}

impl<'t> Pass<'_, 't> {
    fn record(&mut self, record: &Record<'t>) {
        self.summary.records += 1;
        self.summary.truncated += u64::from(record.truncated);
        (self.sink)(record);
    }

    /// Counts text that is no record; what is blank does not count.
    fn unparsed(&mut self, text: &str) {
        let text = text.trim_matches(is_blank);
        if !text.is_empty() {
            self.summary.unparsed_lines += lines_in(text) + 1;
            self.summary.unparsed_bytes += text.len() as u64;
        }
    }
}

/// White space, and the NUL bytes that a file system leaves where a write was lost.
fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\0'
}

fn lines_in(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}
