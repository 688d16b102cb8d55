//! What becomes of CMTrace records in articles and issues: text, a blank, component (no time), or the viewer's clipboard with
//! tabs: text, component, `M/D/YYYY h:mm:ss AM`, `1100 (0x044C)`. A message may span lines; its last line has the component.

use super::{Pass, Record, Stamp, decode};

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
const MOST_LINES: u64 = 8;

/// Hands out the records of a block.
pub(super) fn run<'t>(text: &'t str, pass: &mut Pass<'_, 't>) {
    let mut number = 1;
    let (mut at, mut start, mut held) = (0, 0, 0);
    while at < text.len() {
        let next = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
        let line = text[at..next].trim_end();
        if let Some((length, record)) = last_line(line) {
            let text = text[start..at + length].trim();
            pass.record(&Record { line: number - held, text, ..record });
            (start, held) = (next, 0);
        } else if line.is_empty() || held + 1 == MOST_LINES {
            // A paragraph ended without a component: no message.
            pass.unparsed(&text[start..next]);
            (start, held) = (next, 0);
        } else {
            held += 1;
        }
        number += 1;
        at = next;
    }
    pass.unparsed(&text[start..]);
    pass.summary.lines = number - 1 - u64::from(!text.ends_with('\n'));
}

/// Behind the last line that ends a message or a paragraph.
pub(super) fn last_start(bytes: &[u8]) -> Option<usize> {
    let mut end = memchr::memrchr(b'\n', bytes)?;
    loop {
        let start = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
        let (line, _) = decode::text(&bytes[start..end]);
        let line = line.trim_end();
        if line.is_empty() || last_line(line).is_some() {
            return Some(end + 1);
        }
        end = start.checked_sub(1)?;
    }
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
    let record = Record { component, time: Stamp::clipboard(time).into(), ..Record::default() };
    Some((message.len(), record))
}
