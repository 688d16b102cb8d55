//! IIS logs in the W3C extended format: `#Fields:` names the columns, blanks part them, times are UTC. Without the header (an
//! excerpt) date, time and site come first.

use super::lines::Head;
use super::{Level, Record, Stamp, decode};

/// What a header begins with.
const HEADER: &str = "#Fields:";

/// Where the columns are that a record is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    site: Option<usize>,
    status: Option<usize>,
    known: bool,
}

impl Fields {
    /// The columns after a block.
    pub(super) fn advance(&mut self, block: &[u8]) {
        for at in memchr::memmem::find_iter(block, HEADER) {
            if at == 0 || block[..at].ends_with(b"\n") {
                let line = block[at..].split(|b| *b == b'\n').next().unwrap_or_default();
                self.head(decode::text(line).0.trim_end_matches('\r'));
            }
        }
    }

    /// What a line is; a header changes the columns from there on.
    pub(super) fn head<'a>(&mut self, line: &'a str) -> Head<'a> {
        if let Some(names) = line.strip_prefix(HEADER) {
            let find = |name: &str| names.split_whitespace().position(|n| n.eq_ignore_ascii_case(name));
            (self.site, self.status, self.known) = (find("s-sitename"), find("sc-status"), true);
            return Head::Structure;
        }
        if line.starts_with('#') || line.trim().is_empty() {
            return Head::Structure;
        }
        let Some((time, rest)) = Stamp::leading(line) else { return Head::Unknown };
        let column = |at: Option<usize>| at.and_then(|at| line.split(' ').nth(at)).unwrap_or("");
        let component = match rest.trim_start().split(' ').next() {
            Some(word) if !self.known && is_site(word) => word,
            _ => column(self.site),
        };
        let level = match column(self.status).as_bytes().first() {
            Some(b'4') => Level::Warning,
            Some(b'5') => Level::Error,
            _ => Level::Info,
        };
        let time = Stamp { bias: Some(0), ..time }.into();
        Head::Record(Record { time, component, level, text: rest.trim_start(), ..Record::default() })
    }
}

/// `W3SVC1`.
pub(super) fn is_site(word: &str) -> bool {
    word.strip_prefix("W3SVC").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
