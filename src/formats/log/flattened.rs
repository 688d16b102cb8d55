//! What becomes of CMTrace records in articles and issues: text, a blank, component (no time), or the viewer's clipboard with
//! tabs: text, component, `M/D/YYYY h:mm:ss AM`, `1100 (0x044C)`. A message may span lines; its last line has the component.

use super::{Pass, Record, Stamp, lines_in};

/// Names that end a line of an article: the components of ConfigMgr and MDT that FORMATS and the articles show.
const COMPONENTS: &[&str] = &[
    "TSManager",
    "TSMBootstrap",
    "TSBootShell",
    "TSPxe",
    "OSDSetupWindows",
    "OSDSetupHook",
    "OSDDriverClient",
    "OSDNetSettings",
    "OSDDownloadContent",
    "OSDRunPowerShellScript",
    "OSDSMPClient",
    "ApplyOperatingSystem",
    "InstallApplication",
    "InstallSoftware",
    "RunPowerShellScript",
    "DCMAgent",
    "LocationServices",
];
/// Lines of one message; more were never seen, and a text that is no log does not become one record.
const MOST_LINES: usize = 8;

/// Hands out every whole record; gives how much of the text is done with.
pub(super) fn run(text: &str, pass: &mut Pass<'_, '_>) -> usize {
    let mut number = pass.summary.lines;
    let (mut at, mut start, mut held) = (0, 0, 0usize);
    while at < text.len() {
        let next = match memchr::memchr(b'\n', &text.as_bytes()[at..]) {
            Some(length) => at + length + 1,
            None if pass.end => text.len(),
            None => break,
        };
        number += 1;
        let line = text[at..next].trim_end();
        if let Some((length, record)) = last_line(line) {
            let text = text[start..at + length].trim();
            let line = number - held as u64;
            pass.record(&Record { line, text, ..record });
            (start, held) = (next, 0);
        } else if line.is_empty() || held + 1 == MOST_LINES {
            // A paragraph ended without a component: no message.
            pass.unparsed(&text[start..next]);
            (start, held) = (next, 0);
        } else {
            held += 1;
        }
        at = next;
    }
    pass.summary.lines += lines_in(&text[..start]);
    start
}

/// The line ends a message: length of the message's part of it, and what the line says besides.
pub(super) fn last_line(line: &str) -> Option<(usize, Record<'_>)> {
    clipboard(line).or_else(|| {
        // Pages put a blank or a no-break space there.
        let (message, component) = line.rsplit_once(char::is_whitespace)?;
        COMPONENTS.contains(&component).then_some((message.len(), Record { component, ..Record::default() }))
    })
}

fn clipboard(line: &str) -> Option<(usize, Record<'_>)> {
    memchr::memchr(b'\t', line.as_bytes())?;
    let mut fields = line.rsplitn(4, '\t');
    let (thread, time, component, message) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let (number, hex) = thread.split_once(" (0x")?;
    let valid = !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && hex.strip_suffix(')')?.bytes().all(|b| b.is_ascii_hexdigit());
    valid.then_some(())?;
    let record = Record { component, thread: number, time: Stamp::clipboard(time), ..Record::default() };
    Some((message.len(), record))
}
