//! msinfo32: the .nfo (XML) and the text of `/report`. Names of sections, columns and keys are localized: devices are found
//! by the instance id among the values. A key that repeats starts the next device.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::id::{clean, is_field_id, is_instance};
use super::{Devices, RawDevice, is_mac, lines, some};

pub(super) fn is_nfo(sample: &[&str]) -> bool {
    sample.iter().take(20).any(|line| line.contains("<MsInfo"))
}

/// `[Section]` lines and an instance id behind a tab.
pub(super) fn is_report(sample: &[&str]) -> bool {
    let is_section = |line: &&str| line.starts_with('[') && line.ends_with(']');
    let has_id = |line: &&str| line.split('\t').nth(1).is_some_and(|v| is_instance(v) && is_field_id(&clean(v)));
    sample.iter().any(is_section) && sample.iter().any(has_id)
}

/// Rows of key and value become devices.
#[derive(Default)]
struct Rows {
    device: RawDevice,
    /// The first key of this section: it starts each device.
    first: Option<String>,
    /// The device has the first key already.
    started: bool,
}

impl Rows {
    fn section(&mut self, devices: &mut Devices) {
        self.separate(devices);
        self.first = None;
    }

    fn separate(&mut self, devices: &mut Devices) {
        let done = std::mem::take(&mut self.device);
        // A MAC address and no device: nothing to take.
        devices.push(done);
        self.started = false;
    }

    fn row(&mut self, line: u32, key: &str, value: &str, devices: &mut Devices) {
        if key.is_empty() {
            return self.separate(devices);
        }
        let first = self.first.get_or_insert_with(|| key.to_owned());
        if first == key {
            if self.started {
                self.separate(devices);
            }
            self.started = true;
        }
        if self.device.line == 0 {
            self.device.line = line;
            // `[00000007] Acme Gigabit Adapter`.
            let name = value.strip_prefix('[').and_then(|v| v.split_once("] ")).map_or(value, |(_, name)| name);
            self.device.name = some(name);
        }
        let id = clean(value);
        if is_field_id(&id) && is_instance(&id) {
            self.device.instance_id.get_or_insert(id);
        } else if is_mac(value) {
            self.device.has_network_fields = true;
        }
    }
}

pub(super) fn read_report(text: &str, devices: &mut Devices) {
    let mut rows = Rows::default();
    for (number, line) in lines(text) {
        if line.starts_with('[') && line.ends_with(']') && !line.contains('\t') {
            rows.section(devices);
            continue;
        }
        let mut cells = line.split('\t').map(str::trim);
        match (cells.next(), cells.next()) {
            (Some(key), Some(value)) => rows.row(number, key, value, devices),
            (_, None) if line.trim().is_empty() => rows.separate(devices),
            _ => {}
        }
    }
    rows.section(devices);
}

/// Deepest element that is read; real files have 8 levels.
const MAX_DEPTH: usize = 64;

pub(super) fn read_nfo(text: &str, devices: &mut Devices) {
    let mut reader = Reader::from_str(text);
    let mut rows = Rows::default();
    let mut cells: Vec<String> = Vec::new();
    let mut depth = 0usize;
    let mut in_data = false;
    let mut line = Lines::new(text);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                match start.name().as_ref() {
                    "Category" => rows.section(devices),
                    "Data" => {
                        in_data = true;
                        cells.clear();
                    }
                    _ if in_data && cells.len() < 32 => cells.push(String::new()),
                    _ => {}
                }
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                if end.name().as_ref() == "Data" {
                    in_data = false;
                    let (key, value) = (cells.first(), cells.get(1));
                    if let (Some(key), Some(value)) = (key, value) {
                        rows.row(line.at(at), key.trim(), value.trim(), devices);
                    }
                }
            }
            Ok(Event::CData(data)) if in_data => push(&mut cells, data.as_ref()),
            Ok(Event::Text(data)) if in_data => push(&mut cells, data.as_ref()),
            Ok(Event::GeneralRef(reference)) if in_data && reference.as_ref() == "amp" => push(&mut cells, "&"),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if depth > MAX_DEPTH {
            break;
        }
    }
    rows.section(devices);
}

fn push(cells: &mut [String], text: &str) {
    if let Some(cell) = cells.last_mut()
        && cell.len() < 4096
    {
        cell.push_str(text.trim_matches(['\r', '\n', '\t']));
    }
}

/// Counts lines as the reader goes on.
struct Lines<'a> {
    text: &'a str,
    counted: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, counted: 0, line: 1 }
    }

    fn at(&mut self, position: usize) -> u32 {
        let position = position.min(self.text.len());
        if position > self.counted {
            let new = memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.counted..position]).count();
            self.line = self.line.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
            self.counted = position;
        }
        self.line
    }
}
