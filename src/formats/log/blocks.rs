//! Bytes as they come, cut into blocks that begin and end between two records: each can be read by itself.

use super::decode::Decoder;
use super::lines::Head;
use super::{LONGEST_RECORD, LogFormat, LogSummary, Pass, Record};
use super::{cmtrace, detect, flattened, iis, lines, lines_in, panther, setupapi, setupapi_nt5, wpeinit};

/// So much text is looked at before the format is decided.
const SNIFF: usize = 16 << 10;

/// Reads one log; hands out blocks of whole records.
#[derive(Debug, Default)]
pub struct LogReader {
    decoder: Decoder,
    /// What no block has yet.
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

/// Some records of a log.
#[derive(Debug)]
pub struct LogBlock {
    format: LogFormat,
    grammar: Grammar,
    first_line: u64,
    ends_early: bool,
    text: String,
}

impl LogReader {
    /// A reader for one file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next bytes of the file, 64 KB to 1 MB at a time; the records that are whole by now.
    pub fn push(&mut self, bytes: &[u8]) -> Option<LogBlock> {
        if matches!(self.state, State::NotALog) {
            return None;
        }
        self.decoder.push(bytes, &mut self.text);
        if matches!(self.state, State::Sniffing) && self.text.len() >= SNIFF {
            self.decide();
        }
        let State::Reading(_, grammar) = &self.state else { return None };
        if let Some(cut) = grammar.last_start(&self.text) {
            return self.block(cut, false);
        }
        // No record is this long: what is there is given up, as far as its lines are whole.
        let too_long = self.text.len() > LONGEST_RECORD;
        let cut = too_long.then(|| self.text.rfind('\n').map_or(self.text.len(), |at| at + 1))?;
        self.block(cut, true)
    }

    /// The beginning is in no format that is known: what follows is not looked at.
    pub fn is_no_log(&self) -> bool {
        matches!(self.state, State::NotALog)
    }

    /// No more bytes: the last records, and what is known of the file beside what its blocks say ([`LogSummary::add`]).
    pub fn finish(mut self) -> (Option<LogBlock>, LogSummary) {
        self.decoder.finish(&mut self.text);
        if matches!(self.state, State::Sniffing) {
            self.decide();
        }
        let ends_with_line = self.text.is_empty() || self.text.ends_with('\n');
        let block = self.block(self.text.len(), false);
        self.summary.lines += u64::from(block.is_some() && !ends_with_line);
        self.summary.foreign_bytes = self.decoder.foreign_bytes();
        (block, self.summary)
    }

    fn decide(&mut self) {
        self.summary.format = detect(&self.text);
        self.state = match self.summary.format {
            Some(format) => State::Reading(format, Grammar::new(format)),
            None => {
                self.summary.unparsed_bytes = self.text.len() as u64;
                self.text.clear();
                State::NotALog
            }
        };
    }

    /// The text up to `cut` as a block.
    fn block(&mut self, cut: usize, ends_early: bool) -> Option<LogBlock> {
        let State::Reading(format, grammar) = &mut self.state else { return None };
        if cut == 0 {
            return None;
        }
        let mut rest = String::with_capacity(self.text.capacity());
        rest.push_str(&self.text[cut..]);
        let mut text = std::mem::replace(&mut self.text, rest);
        text.truncate(cut);
        let first_line = self.summary.lines + 1;
        self.summary.lines += lines_in(&text);
        let block = LogBlock { format: *format, grammar: grammar.clone(), first_line, ends_early, text };
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

    /// Hands out the records, and says what they came to.
    pub fn read(&self, sink: &mut dyn FnMut(&Record<'_>)) -> LogSummary {
        let (first_line, ends_early) = (self.first_line, self.ends_early);
        let mut pass = Pass { first_line, ends_early, summary: LogSummary::default(), sink };
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
    fn run(&self, text: &str, pass: &mut Pass<'_>) {
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
