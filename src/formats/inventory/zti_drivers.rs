//! MDT's ZTIDrivers.log and BDD.log: the step that looks for drivers writes every device of the machine.

use super::id::{Grouping, find};
use super::{Devices, lines};

/// What the script says of a device, in its three forms.
const PHRASES: [&str; 3] = ["Found a driver for ", "Found Device ", "Skipping Device "];

pub(super) fn is(sample: &[&str]) -> bool {
    sample.iter().any(|line| message_id(line).is_some())
}

/// The id that a line of the script speaks about.
fn message_id(line: &str) -> Option<&str> {
    memchr::memchr(b'\\', line.as_bytes())?;
    let at = PHRASES.iter().find_map(|p| line.find(p).map(|at| at + p.len()))?;
    let rest = &line[at..];
    // The id comes next; a path behind it may hold one, too.
    find(rest).next().filter(|id| rest.trim_start().starts_with(id))
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut group = Grouping::default();
    for (number, line) in lines(text) {
        if let Some(id) = message_id(line) {
            group.add(id, number);
        }
    }
    group.finish().into_iter().for_each(|d| devices.push(d));
}
