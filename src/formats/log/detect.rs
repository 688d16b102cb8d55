//! Which format a log is in, by its first lines: a file's name says nothing (`Windows\setupact.log` need not be Setup's).

use super::{LogFormat, Stamp, flattened, iis, panther, setupapi, setupapi_nt5, wpeinit};

/// So many lines that are not empty are looked at.
const LINES: usize = 200;

/// The format of a text, from its beginning; `None`: not a log of a deployment.
pub fn detect(text: &str) -> Option<LogFormat> {
    // One whole record is enough, also where the beginning is torn; nothing else looks like this.
    if text.contains("]LOG]!><time=") || text.trim_start().starts_with("<![LOG[") {
        return Some(LogFormat::CmTrace);
    }
    let lines = first_lines(text);
    if lines.iter().any(|line| line.starts_with("#Fields:")) {
        return Some(LogFormat::IisW3c);
    }
    if lines.iter().any(|line| *line == "[Device Install Log]" || line.starts_with(">>>  [")) {
        return Some(LogFormat::SetupApi);
    }
    let count = |is: fn(&str) -> bool| lines.iter().filter(|line| is(line)).count();
    let counts = [
        (LogFormat::Panther, count(|line| panther::record(line).is_some())),
        (LogFormat::Wpeinit, count(|line| wpeinit::record(line).is_some())),
        (LogFormat::SetupApi, count(|line| !line.starts_with(">>>") && setupapi::record(line).is_some())),
        (LogFormat::SetupApiNt5, count(|line| line.starts_with('#') && setupapi_nt5::record(line).is_some())),
        (LogFormat::IisW3c, count(is_iis)),
        (LogFormat::CmTraceText, flattened::enough(&lines)),
    ];
    let (format, count) = counts.into_iter().rev().max_by_key(|(_, count)| *count)?;
    // A fifth of the lines: many lines of some logs belong to the record before them. Copies have a measure of their own.
    let enough = format == LogFormat::CmTraceText || count * 5 >= lines.len();
    (count > 0 && enough).then_some(format)
}

/// The first lines that are not empty.
pub(super) fn first_lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).take(LINES).collect()
}

fn is_iis(line: &str) -> bool {
    Stamp::leading(line).is_some_and(|(_, rest)| rest.trim_start().split(' ').next().is_some_and(iis::is_site))
}
