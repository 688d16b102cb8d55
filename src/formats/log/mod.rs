//! Logs of a deployment: records out of bytes, whatever wrote them.
//!
//! [`LogReader`] takes the bytes of a file block by block, finds encoding and format by what the first lines say (never by the
//! file's name) and hands out one [`Record`] after the other. What it holds is bounded; a torn record, a garbage tail or a lone
//! byte of another code page costs that record and nothing else: [`LogSummary`] says how much was not understood.
//! One file per format in here; grammars, encodings and traps are those of real logs (FORMATS.md 0 to 4).

mod cmtrace;
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

use decode::Decoder;
pub use detect::detect;
pub use time::Stamp;

/// So much text is looked at before the format is decided.
const SNIFF: usize = 16 << 10;
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

/// One record; everything borrows from the reader and lives until the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// 1-based line on which it begins.
    pub line: u64,
    /// When, as written.
    pub time: Option<Stamp>,
    /// Who wrote it: CMTrace and Panther component, category of setupapi (`dvi`; `>>>` and `<<<` open and close a section,
    /// `header` is the head of the file, `boot` begins a boot session),
    /// site of IIS. Empty where the format has none.
    pub component: &'a str,
    /// The writer's level.
    pub level: Level,
    /// Thread as written; empty where the format has none.
    pub thread: &'a str,
    /// Source file, `name.cpp:line` or a script's name (CMTrace); the event id (`[0x060115]`, Panther).
    pub source: &'a str,
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
    /// Lines of the file.
    pub lines: u64,
    /// Lines (or parts of lines) that are no record and no part of one.
    pub unparsed_lines: u64,
    /// Their length as UTF-8; empty lines and headers are not counted.
    pub unparsed_bytes: u64,
    /// Bytes that are no valid text in the file's encoding; read in Windows-1252.
    pub foreign_bytes: u64,
}

/// Gets the records of a file, each with the format that the file turned out to be in.
pub type Sink<'s> = dyn FnMut(LogFormat, &Record<'_>) + 's;

/// Reads one log, block by block.
#[derive(Debug, Default)]
pub struct LogReader {
    decoder: Decoder,
    text: String,
    state: State,
    summary: LogSummary,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Sniffing,
    NotALog,
    Reading(LogFormat, Grammar),
}

#[derive(Debug)]
enum Grammar {
    CmTrace,
    CmTraceText,
    Panther,
    Wpeinit,
    SetupApi,
    SetupApiNt5,
    Iis(iis::Fields),
}

/// What a grammar's pass over the text works with.
struct Pass<'p, 's> {
    format: LogFormat,
    /// No more text follows.
    end: bool,
    summary: &'p mut LogSummary,
    sink: &'p mut Sink<'s>,
}

impl Pass<'_, '_> {
    fn record(&mut self, record: &Record<'_>) {
        self.summary.records += 1;
        self.summary.truncated += u64::from(record.truncated);
        (self.sink)(self.format, record);
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

impl LogReader {
    /// A reader for one file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next bytes of the file; blocks of 64 KB to 1 MB do well.
    pub fn push(&mut self, bytes: &[u8], sink: &mut Sink<'_>) {
        if !matches!(self.state, State::NotALog) {
            // Whatever is handed in, no more than this is decoded at once.
            for block in bytes.chunks(1 << 20) {
                self.decoder.push(block, &mut self.text);
                self.run(false, sink);
            }
        }
    }

    /// The beginning is in no format that is known: what follows is not looked at.
    pub fn is_no_log(&self) -> bool {
        matches!(self.state, State::NotALog)
    }

    /// No more bytes: the last records, and what it came to.
    pub fn finish(mut self, sink: &mut Sink<'_>) -> LogSummary {
        self.decoder.finish(&mut self.text);
        self.run(true, sink);
        self.summary.foreign_bytes = self.decoder.foreign_bytes();
        self.summary
    }

    /// A whole file that is in memory.
    pub fn read(bytes: &[u8], sink: &mut Sink<'_>) -> LogSummary {
        let mut reader = Self::new();
        reader.push(bytes, sink);
        reader.finish(sink)
    }

    fn run(&mut self, end: bool, sink: &mut Sink<'_>) {
        if matches!(self.state, State::Sniffing) {
            if self.text.len() < SNIFF && !end {
                return;
            }
            self.summary.format = detect(&self.text);
            self.state =
                self.summary.format.map_or(State::NotALog, |format| State::Reading(format, Grammar::new(format)));
        }
        let State::Reading(format, grammar) = &mut self.state else {
            self.summary.unparsed_bytes += self.text.len() as u64;
            self.text.clear();
            return;
        };
        let mut pass = Pass { format: *format, end, summary: &mut self.summary, sink };
        let mut used = grammar.run(&self.text, &mut pass);
        if end {
            pass.unparsed(&self.text[used..]);
            used = self.text.len();
            let tail = self.text.ends_with('\n');
            self.summary.lines += u64::from(!self.text.is_empty() && !tail);
        } else if self.text.len() - used > LONGEST_RECORD {
            // No record comes out of this: give up what is there, up to where the next one may begin.
            let cut = self.text[used..].rfind('\n').map_or(self.text.len(), |at| used + at + 1);
            pass.unparsed(&self.text[used..cut]);
            self.summary.lines += lines_in(&self.text[used..cut]);
            used = cut;
        }
        self.text.drain(..used);
    }
}

impl Grammar {
    fn new(format: LogFormat) -> Self {
        match format {
            LogFormat::CmTrace => Self::CmTrace,
            LogFormat::CmTraceText => Self::CmTraceText,
            LogFormat::Panther => Self::Panther,
            LogFormat::Wpeinit => Self::Wpeinit,
            LogFormat::SetupApi => Self::SetupApi,
            LogFormat::SetupApiNt5 => Self::SetupApiNt5,
            LogFormat::IisW3c => Self::Iis(iis::Fields::default()),
        }
    }

    /// Hands out the records that are whole; gives how much of the text is done with.
    fn run(&mut self, text: &str, pass: &mut Pass<'_, '_>) -> usize {
        match self {
            Self::CmTrace => cmtrace::run(text, pass),
            Self::CmTraceText => flattened::run(text, pass),
            Self::Panther => lines::run(text, pass, |line| panther::head(line)),
            Self::Wpeinit => lines::run(text, pass, |line| wpeinit::head(line)),
            Self::SetupApi => lines::run(text, pass, |line| setupapi::head(line)),
            Self::SetupApiNt5 => lines::run(text, pass, |line| setupapi_nt5::head(line)),
            Self::Iis(fields) => lines::run(text, pass, |line| fields.head(line)),
        }
    }
}
