//! A file, cut into blocks that begin and end between two records: each can be read by itself.

use std::io::{self, Read};

use super::decode::Decoder;
use super::lines::Head;
use super::{LONGEST_RECORD, LogFormat, LogSummary, Pass, Record};
use super::{cmtrace, detect, flattened, iis, lines, panther, setupapi, setupapi_nt5, wpeinit};

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
    /// What no block has yet.
    text: String,
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
    text: String,
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
            text: String::new(),
            ended: false,
            state: State::Sniffing,
            summary: LogSummary::default(),
        }
    }

    /// The next records; `None`: there are no more, or it is no log. The memory of a block that is `spent` is used again.
    ///
    /// # Errors
    /// Those of the source.
    pub fn block(&mut self, spent: Option<LogBlock>) -> io::Result<Option<LogBlock>> {
        let mut room = spent.map(|block| block.text).unwrap_or_default();
        while !self.ended {
            // An error ends it, too.
            self.ended = true;
            self.ended = self.decoder.read(&mut self.source, self.block, &mut self.text)?;
            if matches!(self.state, State::Sniffing) && (self.ended || self.text.len() >= SNIFF) {
                self.decide();
            }
            let State::Reading(_, grammar) = &self.state else { continue };
            if self.ended {
                break;
            }
            if let Some(cut) = grammar.last_start(&self.text) {
                return Ok(self.cut(cut, false, room));
            }
            if self.text.len() > LONGEST_RECORD {
                // No record is this long: what is there is given up, as far as its lines are whole.
                let cut = self.text.rfind('\n').map_or(self.text.len(), |at| at + 1);
                return Ok(self.cut(cut, true, room));
            }
        }
        self.summary.lines += u64::from(!self.text.is_empty() && !self.text.ends_with('\n'));
        room.clear();
        Ok(self.cut(self.text.len(), false, room))
    }

    /// When there are no more blocks: what is known of the file beside what its blocks say ([`LogSummary::add`]).
    pub fn summary(&self) -> LogSummary {
        LogSummary { foreign_bytes: self.decoder.foreign_bytes(), ..self.summary }
    }

    /// What a file begins with that is no log.
    pub fn no_log(&self) -> Option<&str> {
        matches!(self.state, State::NotALog).then_some(&self.text)
    }

    fn decide(&mut self) {
        self.summary.format = detect(&self.text);
        self.state = match self.summary.format {
            Some(format) => State::Reading(format, Grammar::new(format)),
            None => {
                self.summary.unparsed_bytes = self.text.len() as u64;
                self.ended = true;
                State::NotALog
            }
        };
    }

    /// The text up to `cut` as a block; what is behind it goes into `room`.
    fn cut(&mut self, cut: usize, ends_early: bool, mut room: String) -> Option<LogBlock> {
        let State::Reading(format, grammar) = &mut self.state else { return None };
        if cut == 0 {
            return None;
        }
        room.clear();
        room.push_str(&self.text[cut..]);
        let mut text = std::mem::replace(&mut self.text, room);
        text.truncate(cut);
        let block = LogBlock { format: *format, grammar: grammar.clone(), ends_early, text };
        grammar.advance(&block.text);
        Some(block)
    }
}

impl LogBlock {
    /// The format of the file.
    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// Length of its text in bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// Hands out the records, and says what they came to. Their lines are counted from the block's first one.
    pub fn read<'t>(&'t self, sink: &mut dyn FnMut(&Record<'t>)) -> LogSummary {
        let mut pass = Pass { ends_early: self.ends_early, summary: LogSummary::default(), sink };
        self.grammar.run(&self.text, &mut pass);
        pass.summary
    }
}

/// How a format's records are told apart.
#[derive(Clone, Debug)]
enum Grammar {
    CmTrace,
    CmTraceText,
    Lines(for<'a> fn(&'a str) -> Head<'a>),
    Iis(iis::Fields),
}

impl Grammar {
    fn new(format: LogFormat) -> Self {
        match format {
            LogFormat::CmTrace => Self::CmTrace,
            LogFormat::CmTraceText => Self::CmTraceText,
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
            Self::CmTraceText => flattened::run(text, pass),
            Self::Lines(head) => lines::run(text, pass, head),
            Self::Iis(fields) => {
                let mut fields = fields.clone();
                lines::run(text, pass, |line| fields.head(line));
            }
        }
    }

    /// Where the text can be cut: the records in front of it are whole. `None`: nowhere but at its beginning.
    fn last_start(&self, text: &str) -> Option<usize> {
        let at = match self {
            Self::CmTrace => cmtrace::last_start(text),
            Self::CmTraceText => flattened::last_start(text),
            Self::Lines(head) => lines::last_start(text, head),
            Self::Iis(_) => memchr::memrchr(b'\n', text.as_bytes()).map(|at| at + 1),
        };
        at.filter(|at| *at > 0)
    }

    /// What a block changes for the next one.
    fn advance(&mut self, block: &str) {
        if let Self::Iis(fields) = self {
            fields.advance(block);
        }
    }
}
