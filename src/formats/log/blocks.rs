//! A file, cut into blocks that begin and end between two records: each can be read by itself.

use std::borrow::Cow;
use std::io::{self, Read};

use super::decode::{self, Decoder};
use super::flattened::Layout;
use super::lines::Head;
use super::{LONGEST_RECORD, LogFormat, LogSummary, Pass, Record};
use super::{cmtrace, detect, iis, lines, panther, setupapi, setupapi_nt5, wpeinit};

/// More than this is never read at a time.
const LARGEST_BLOCK: usize = 4 << 20;
/// So much text is looked at before the format is decided.
const SNIFF: usize = 16 << 10;

/// Reads one log; hands out blocks of whole records.
#[derive(Debug)]
pub struct LogReader<R> {
    source: R,
    block: usize,
    decoder: Decoder,
    /// What no block has yet: the beginning of a record.
    rest: Vec<u8>,
    ended: bool,
    state: State,
    summary: LogSummary,
}

#[derive(Debug)]
enum State {
    Sniffing,
    NotALog,
    Reading(LogFormat, Grammar),
}

/// Some records of a log.
#[derive(Debug)]
pub struct LogBlock {
    format: LogFormat,
    grammar: Grammar,
    ends_early: bool,
    bytes: Vec<u8>,
}

/// Their text.
#[derive(Debug)]
pub struct LogText<'b> {
    block: &'b LogBlock,
    text: Cow<'b, str>,
    foreign_bytes: u64,
}

impl<R: Read> LogReader<R> {
    /// So many bytes are read at a time: a block and what becomes of it stay in the second cache of a core.
    pub const BLOCK: usize = 512 << 10;

    /// A reader for one file.
    pub fn new(source: R) -> Self {
        Self::with_block_size(source, Self::BLOCK)
    }

    /// One that takes so many bytes at a time.
    pub fn with_block_size(source: R, block: usize) -> Self {
        Self {
            source,
            block: block.clamp(1, LARGEST_BLOCK),
            decoder: Decoder::default(),
            rest: Vec::new(),
            ended: false,
            state: State::Sniffing,
            summary: LogSummary::default(),
        }
    }

    /// The next records; `None`: there are no more, or it is no log. The memory of a block that is `spent` is used again: it is
    /// in the cache of who is done with it.
    ///
    /// # Errors
    /// Those of the source.
    pub fn block(&mut self, spent: Option<LogBlock>) -> io::Result<Option<LogBlock>> {
        let mut bytes = spent.map(|block| block.bytes).unwrap_or_default();
        bytes.clear();
        bytes.append(&mut self.rest);
        while !self.ended {
            // An error ends it, too.
            self.ended = true;
            self.ended = self.decoder.read(&mut self.source, self.block, &mut bytes)?;
            if matches!(self.state, State::Sniffing) && (self.ended || bytes.len() >= SNIFF) {
                self.decide(&bytes);
            }
            let State::Reading(_, grammar) = &self.state else { continue };
            if self.ended {
                break;
            }
            if let Some(cut) = grammar.last_start(&bytes) {
                return Ok(self.cut(bytes, cut, false));
            }
            if bytes.len() > LONGEST_RECORD {
                // No record is this long: what is there is given up, as far as its lines are whole.
                let line = memchr::memrchr(b'\n', &bytes).map(|at| at + 1);
                let cut = line.unwrap_or_else(|| decode::last_boundary(&bytes));
                return Ok(self.cut(bytes, cut, true));
            }
        }
        let (length, ends_with_line) = (bytes.len(), bytes.ends_with(b"\n"));
        let last = self.cut(bytes, length, false);
        self.summary.lines += u64::from(last.is_some() && !ends_with_line);
        Ok(last)
    }

    /// When there are no more blocks: what is known of the file beside what its blocks say ([`LogSummary::add`]).
    pub fn summary(&self) -> LogSummary {
        LogSummary { foreign_bytes: self.summary.foreign_bytes + self.decoder.foreign(), ..self.summary }
    }

    /// What a file begins with that is no log.
    pub fn no_log(&self) -> Option<Cow<'_, str>> {
        matches!(self.state, State::NotALog).then(|| decode::text(&self.rest).0)
    }

    fn decide(&mut self, bytes: &[u8]) {
        let (text, foreign_bytes) = decode::text(bytes);
        let format = detect(&text);
        self.state = match format {
            Some(format) => State::Reading(format, Grammar::new(format, &text)),
            None => {
                self.summary.unparsed_bytes = text.len() as u64;
                self.summary.foreign_bytes = foreign_bytes;
                self.ended = true;
                State::NotALog
            }
        };
        self.summary.format = format;
    }

    /// What is in front of `cut` as a block; what is behind it stays for the next one.
    fn cut(&mut self, mut bytes: Vec<u8>, cut: usize, ends_early: bool) -> Option<LogBlock> {
        let State::Reading(format, grammar) = &mut self.state else {
            self.rest = bytes;
            return None;
        };
        if cut == 0 {
            return None;
        }
        self.rest.extend_from_slice(&bytes[cut..]);
        bytes.truncate(cut);
        let block = LogBlock { format: *format, grammar: grammar.clone(), ends_early, bytes };
        grammar.advance(&block.bytes);
        Some(block)
    }
}

impl LogBlock {
    /// The format of the file.
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// Its text, from which the records borrow.
    pub fn text(&self) -> LogText<'_> {
        let (text, foreign_bytes) = decode::text(&self.bytes);
        LogText { block: self, text, foreign_bytes }
    }
}

impl LogText<'_> {
    /// Its length in bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// Hands out the records, and says what they came to. Their lines are counted from the block's first one.
    pub fn read<'t>(&'t self, sink: &mut dyn FnMut(&Record<'t>)) -> LogSummary {
        let summary = LogSummary { foreign_bytes: self.foreign_bytes, ..LogSummary::default() };
        let mut pass = Pass { ends_early: self.block.ends_early, summary, sink };
        self.block.grammar.run(&self.text, &mut pass);
        pass.summary
    }
}

/// What is looked at of a text of which more may be at hand: its layout must not depend on the size of a block.
fn sniffed(text: &str) -> &str {
    match text.as_bytes().get(..SNIFF) {
        Some(bytes) => memchr::memrchr(b'\n', bytes).map_or("", |at| &text[..=at]),
        None => text,
    }
}

/// How a format's records are told apart.
#[derive(Clone, Debug)]
enum Grammar {
    CmTrace,
    CmTraceText(Layout),
    Lines(for<'a> fn(&'a str) -> Head<'a>),
    Iis(iis::Fields),
}

impl Grammar {
    /// The grammar of a file that begins with this text.
    fn new(format: LogFormat, text: &str) -> Self {
        match format {
            LogFormat::CmTrace => Self::CmTrace,
            LogFormat::CmTraceText => Self::CmTraceText(Layout::of(&detect::first_lines(sniffed(text)))),
            LogFormat::Panther => Self::Lines(panther::head),
            LogFormat::Wpeinit => Self::Lines(wpeinit::head),
            LogFormat::SetupApi => Self::Lines(setupapi::head),
            LogFormat::SetupApiNt5 => Self::Lines(setupapi_nt5::head),
            LogFormat::IisW3c => Self::Iis(iis::Fields::default()),
        }
    }

    /// Hands out the records of a block.
    fn run<'t>(&self, text: &'t str, pass: &mut Pass<'_, 't>) {
        match self {
            Self::CmTrace => cmtrace::run(text, pass),
            Self::CmTraceText(layout) => layout.run(text, pass),
            Self::Lines(head) => lines::run(text, pass, head),
            Self::Iis(fields) => {
                let mut fields = fields.clone();
                lines::run(text, pass, |line| fields.head(line));
            }
        }
    }

    /// Where the text can be cut: the records in front of it are whole. `None`: nowhere but at its beginning.
    fn last_start(&self, bytes: &[u8]) -> Option<usize> {
        let at = match self {
            Self::CmTrace => cmtrace::last_start(bytes),
            Self::CmTraceText(layout) => layout.last_start(bytes),
            Self::Lines(head) => lines::last_start(bytes, *head),
            Self::Iis(_) => memchr::memrchr(b'\n', bytes).map(|at| at + 1),
        };
        at.filter(|at| *at > 0)
    }

    /// What a block changes for the next one.
    fn advance(&mut self, block: &[u8]) {
        if let Self::Iis(fields) = self {
            fields.advance(block);
        }
    }
}
