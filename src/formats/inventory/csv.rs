//! Any table whose cells hold ids: `Export-Csv` of Get-PnpDevice and Win32_PnPEntity, `wmic /format:csv`, exports of
//! ConfigMgr. Separator and columns are found by what is in them; headers help where they are known.

use super::id::{Grouping, clean, find, is_instance};
use super::{Devices, RawDevice, is_guid, is_mac, lines, problem_code, some};

/// Most columns that are looked at.
pub(super) const MAX_COLUMNS: usize = 512;
/// Longest row in lines: quoted cells may hold line ends.
const MAX_ROW_LINES: usize = 200;

/// A separator, a row of several cells, and an id in a cell.
pub(super) fn is(sample: &[&str]) -> bool {
    separator(sample).is_some_and(|separator| {
        let table = |l: &&str| l.contains(separator);
        sample.iter().filter(|l| table(l)).any(|l| find(l).next().is_some())
    })
}

/// The character that parts the first row. A list of bare ids has none.
fn separator(sample: &[&str]) -> Option<char> {
    let mut rows = sample.iter().map(|l| l.trim_start_matches('\u{FEFF}')).filter(|l| !l.trim().is_empty());
    let mut head = rows.next()?;
    if let Some(said) = head.strip_prefix("sep=").and_then(|s| s.chars().next()) {
        return Some(said);
    }
    if head.starts_with("#TYPE") {
        head = rows.next()?;
    }
    let outside = |separator: char| split(head, separator).len() - 1;
    // A semicolon of `&amp;` parts nothing; in a list of ids in one cell neither does the comma between them.
    let head_has_ids = find(head).next().is_some();
    let candidates = ['\t', ';', ',', '|'].into_iter().map(|c| (outside(c), c));
    let (count, separator) = candidates.max_by_key(|(n, c)| (*n, *c == ','))?;
    if count > 0 && !head_has_ids {
        return Some(separator);
    }
    // No header: every cell of a row that is no id must still be there in the next row.
    (count > 0 && head_has_ids && !head.contains("&amp;")).then_some(separator)
}

/// Cells of one row, unquoted.
fn split(row: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if c == separator && !quoted => {
                if cells.len() >= MAX_COLUMNS {
                    break;
                }
                cells.push(String::new());
            }
            c => cell.push(c),
        }
    }
    cells
}

/// Rows with the number of their first line; a row goes on while a quote is open.
fn rows(text: &str) -> impl Iterator<Item = (u32, String)> {
    let mut source = lines(text);
    std::iter::from_fn(move || {
        let (number, first) = source.next()?;
        let mut row = first.to_owned();
        let mut open = quotes(first) % 2 == 1;
        let mut taken = 1;
        while open && taken < MAX_ROW_LINES {
            let Some((_, more)) = source.next() else { break };
            row.push('\n');
            row.push_str(more);
            open ^= quotes(more) % 2 == 1;
            taken += 1;
        }
        Some((number, row))
    })
}

fn quotes(line: &str) -> usize {
    memchr::memchr_iter(b'"', line.as_bytes()).count()
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Machine,
    Model,
    Name,
    Class,
    ClassGuid,
    Hardware,
    Compatible,
    /// Numbers say nothing here, ids do.
    Id,
    Problem,
    Present,
    Network,
    Other,
}

/// The meaning of a header, without case, blanks, hyphens and underscores.
pub(super) fn column(header: &str) -> Column {
    let name: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect();
    match name.as_str() {
        "pscomputername" | "computername" | "computer" | "systemname" | "machine" | "machinename" | "hostname"
        | "host" | "netbiosname" | "netbiosname0" | "node" | "server" | "servername" | "resourcename"
        | "systemname0" | "computername0" | "pcname" | "csname" => Column::Machine,
        "model" | "model0" | "computermodel" | "systemmodel" | "productname" | "systemproductname" | "machinemodel"
        | "hardwaremodel" | "devicemodel" => Column::Model,
        "friendlyname" | "caption" | "caption0" | "description" | "description0" | "devicename" | "devicename0"
        | "name" | "name0" | "devicedescription" | "devicedesc" | "adapter" | "productname0" => Column::Name,
        "class" | "classname" | "pnpclass" | "deviceclass" | "class0" => Column::Class,
        "classguid" | "classguid0" => Column::ClassGuid,
        "compatibleid" | "compatibleids" | "compatid" | "compatibleid0" => Column::Compatible,
        "hardwareid" | "hardwareids" | "hwid" | "hwids" | "hardwareid0" | "deviceid" | "deviceid0" | "instanceid"
        | "pnpdeviceid" | "pnpdeviceid0" | "deviceinstanceid" | "pnpid" => {
            if name.starts_with("hardware") || name.starts_with("hwid") { Column::Hardware } else { Column::Id }
        }
        "problem" | "configmanagererrorcode" | "problemcode" | "configmanagererrorcode0" => Column::Problem,
        "present" => Column::Present,
        "macaddress" | "macaddress0" | "mac" | "netconnectionid" => Column::Network,
        _ => Column::Other,
    }
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let sample: Vec<&str> = text.split('\n').take(16).map(super::trimmed).collect();
    let Some(separator) = separator(&sample) else { return };
    let mut columns: Option<Vec<Column>> = None;
    for (number, row) in rows(text) {
        let is_directive = row.starts_with("#TYPE") || (number == 1 && row.starts_with("sep="));
        if row.trim().is_empty() || is_directive {
            continue;
        }
        let cells = split(&row, separator);
        let known = columns.get_or_insert_with(|| {
            let has_ids = cells.iter().any(|c| find(c).next().is_some());
            cells.iter().map(|c| if has_ids { Column::Other } else { column(c) }).collect()
        });
        // wmic repeats the header, and the header itself holds no id.
        row_devices(&cells, known, number, devices);
    }
}

/// The devices of a row.
pub(super) fn row_devices(cells: &[String], columns: &[Column], line: u32, devices: &mut Devices) {
    let mut about = RawDevice { line, ..RawDevice::default() };
    let mut group = Grouping::default();
    let (mut hardware, mut compatible) = (Vec::new(), Vec::new());
    for (index, cell) in cells.iter().enumerate() {
        let column = columns.get(index).copied().unwrap_or(Column::Other);
        match column {
            Column::Machine => about.machine = about.machine.take().or_else(|| some(cell)),
            Column::Model => about.model = about.model.take().or_else(|| some(cell)),
            Column::Name => about.name = about.name.take().or_else(|| some(cell)),
            Column::Class => about.class = some(cell),
            Column::ClassGuid if is_guid(cell.trim()) => about.class_guid = some(cell),
            Column::Problem => about.problem = problem_code(cell),
            Column::Present if cell.trim().eq_ignore_ascii_case("false") => return,
            Column::Network => {
                about.has_network_fields |= is_mac(cell) || !cell.contains(['-', ':']) && !cell.trim().is_empty()
            }
            Column::Hardware | Column::Compatible => {
                let list = if column == Column::Hardware { &mut hardware } else { &mut compatible };
                list.extend(list_ids(cell));
            }
            _ => find(cell).for_each(|id| group.add(id, line)),
        }
    }
    let mut found = group.finish();
    if let ([_] | [], false) = (found.as_slice(), hardware.is_empty()) {
        let mut device = found.pop().unwrap_or_default();
        let one_device = one(&device, &hardware);
        if one_device {
            // A hardware id column may hold an instance id.
            if let Some(at) = hardware.iter().position(|id| is_instance(id)) {
                device.instance_id.get_or_insert(hardware.remove(at));
            }
            device.hardware_ids = hardware;
            device.compatible_ids = compatible;
            found.push(device);
        } else {
            let mut group = Grouping::default();
            hardware.iter().chain(&device.other_ids).chain(&device.instance_id).for_each(|id| group.add(id, line));
            found = group.finish();
        }
    } else {
        // Ids of several devices in one row: the lists can not be told apart.
        let mut group = Grouping::default();
        for device in &found {
            device.instance_id.iter().chain(&device.other_ids).for_each(|id| group.add(id, line));
        }
        hardware.iter().chain(&compatible).for_each(|id| group.add(id, line));
        found = group.finish();
    }
    for device in found {
        devices.push(RawDevice {
            line,
            instance_id: device.instance_id,
            hardware_ids: device.hardware_ids,
            compatible_ids: device.compatible_ids,
            other_ids: device.other_ids,
            ..about.clone()
        });
    }
}

/// Ids of a list cell: `a;b`, `{a;b}`, `a b`, with line ends.
fn list_ids(cell: &str) -> Vec<String> {
    let cell = cell.replace("&amp;", "&").replace("&AMP;", "&");
    let parts = cell.split([';', ',', '|', '\n', ' ']).map(clean);
    let parts = parts.map(|p| if p.contains("}\\") { p } else { p.trim_matches(['{', '}']).to_owned() });
    parts.filter(|p| p.contains('\\') && p != "System.String[]").take(super::MAX_IDS).collect()
}

/// All ids can belong to one device.
fn one(device: &RawDevice, hardware: &[String]) -> bool {
    let ids = hardware.iter().chain(&device.instance_id).chain(&device.other_ids);
    let mut bases: Vec<String> = ids.filter_map(|id| super::id::base(id)).collect();
    bases.sort_unstable();
    bases.dedup();
    let agree = hardware.iter().all(|id| hardware.iter().all(|other| super::id::agree(id, other)));
    bases.len() <= 1 && agree
}
