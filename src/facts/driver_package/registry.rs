//! What AddReg sections say that matters to a driver's place among others: Ndi keys, filters, co-installers, BootFlags,
//! and strings that look like device ids.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::read::Reader;
use super::{Located, NetInstall};
use crate::facts::ids::HardwareId;
use crate::formats::inf::value::flags;
use crate::formats::inf::{Line, is_plain};

/// The facts of one AddReg section. It is read once, however many install sections name it.
#[derive(Clone, Debug, Default)]
pub(super) struct RegistryFacts {
    pub(super) upper_range: Option<Located<Arc<str>>>,
    pub(super) lower_range: Option<Located<Arc<str>>>,
    pub(super) ndi_service: Option<Located<Arc<str>>>,
    pub(super) filter_class: Option<Located<Arc<str>>>,
    pub(super) boot_flags: Option<Located<u32>>,
    pub(super) ids: Vec<Located<HardwareId>>,
    pub(super) filters: Vec<Located<String>>,
    pub(super) co_installers: Vec<Located<String>>,
}

impl RegistryFacts {
    /// Nothing in the section matters, as in nearly all: they set parameters.
    fn is_empty(&self) -> bool {
        self.ids.is_empty()
            && self.filters.is_empty()
            && self.co_installers.is_empty()
            && self.boot_flags.is_none()
            && [&self.upper_range, &self.lower_range, &self.ndi_service, &self.filter_class].iter().all(|v| v.is_none())
    }

    /// Puts the Ndi keys where they are not set yet.
    pub(super) fn fill(&self, net: &mut NetInstall) {
        let set = |slot: &mut Option<Located<Arc<str>>>, value: &Option<Located<Arc<str>>>| {
            if slot.is_none() {
                slot.clone_from(value);
            }
        };
        set(&mut net.upper_range, &self.upper_range);
        set(&mut net.lower_range, &self.lower_range);
        set(&mut net.ndi_service, &self.ndi_service);
        set(&mut net.filter_class, &self.filter_class);
    }
}

/// `FLG_ADDREG_BINVALUETYPE`: the data are bytes, or a DWORD.
const BINARY: u32 = 0x1;
/// `FLG_ADDREG_DELVAL`, `FLG_ADDREG_DELREG_BIT` forms delete instead of setting.
const DELETES: u32 = 0x4 | 0x8000;

impl Reader<'_> {
    /// The facts of an AddReg section by number; `None` when nothing in it matters.
    pub(super) fn registry_facts(&mut self, id: u32) -> Option<Rc<RegistryFacts>> {
        if self.registry.is_empty() {
            self.registry.resize(self.inf.sections().len(), None);
        }
        if let Some(Some(known)) = self.registry.get(id as usize) {
            return known.clone();
        }
        let mut facts = RegistryFacts::default();
        let id_strings = self.has_id_strings();
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read_unless(|text| length_without_interest(text, id_strings)) {
            // root, subkey, value name, flags, data...
            if line.fields().len() > 4 {
                self.registry_line(line, &mut facts);
            }
        }
        self.done(cursor);
        let facts = (!facts.is_empty()).then(|| Rc::new(facts));
        self.registry[id as usize] = Some(facts.clone());
        facts
    }

    /// Whether a string could bring a device id into an AddReg section.
    fn has_id_strings(&mut self) -> bool {
        if let Some(known) = self.id_strings {
            return known;
        }
        let found = self.strings().values_with_backslash().any(|v| looks_like_device_id(&v));
        self.id_strings = Some(found);
        found
    }

    fn registry_line(&mut self, line: &Line<'_>, facts: &mut RegistryFacts) {
        let name = line.field(2).as_bytes();
        let may_be_name = name.contains(&b'%') || is_name_that_matters(name);
        if !may_be_name && !line.fields()[4..].iter().any(|f| memchr::memchr2(b'\\', b'%', f.text.as_bytes()).is_some())
        {
            return;
        }
        let number = line.number;
        let kind = flags(&self.value(line, 3)).unwrap_or(0);
        if kind & DELETES != 0 {
            return;
        }
        let subkey = self.value(line, 1);
        let subkey = subkey.trim_matches('\\');
        let name = self.expand(line.fields()[2].text.clone(), number);
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if kind & BINARY != 0 {
            if subkey.is_empty() && is("BootFlags") && facts.boot_flags.is_none() {
                facts.boot_flags = flags(&self.value(line, 4)).map(|value| Located { value, line: number });
            }
            return;
        }
        let mut all = || -> Vec<Located<String>> {
            let texts = line.fields()[4..].iter();
            texts.map(|f| Located { value: self.expand(f.text.clone(), number).into_owned(), line: number }).collect()
        };
        if subkey.is_empty() && (is("UpperFilters") || is("LowerFilters")) {
            facts.filters.extend(all());
        } else if subkey.is_empty() && is("CoInstallers32") {
            facts.co_installers.extend(all());
        } else if subkey.eq_ignore_ascii_case("Ndi") && (is("Service") || is("FilterClass")) {
            let slot = if is("Service") { &mut facts.ndi_service } else { &mut facts.filter_class };
            set_first(slot, all());
        } else if subkey.eq_ignore_ascii_case("Ndi\\Interfaces") && (is("UpperRange") || is("LowerRange")) {
            let slot = if is("UpperRange") { &mut facts.upper_range } else { &mut facts.lower_range };
            set_first(slot, all());
        } else {
            for field in &line.fields()[4..] {
                let text = self.expand(Cow::Borrowed(&*field.text), number);
                if looks_like_device_id(&text) {
                    facts.ids.push(Located { value: HardwareId::new(&text), line: number });
                }
            }
        }
    }
}

/// Beginnings of the value names that are read, in lower case.
const NAMES: [&[u8]; 6] = [b"upper", b"lower", b"servi", b"filte", b"bootf", b"coins"];

/// It starts as one of the value names that are read.
fn is_name_that_matters(name: &[u8]) -> bool {
    let Some(start) = name.first_chunk::<5>() else { return false };
    matches!(start[0] | 0x20, b'u' | b'l' | b's' | b'f' | b'b' | b'c')
        && NAMES.iter().any(|n| start.eq_ignore_ascii_case(n))
}

/// A quick look at the line that `text` starts with, as it stands: its length when nothing in it can matter and it does
/// not go on in the next one. Most lines of an INF are AddReg lines that set parameters nobody asks for, so this decides
/// on the speed of the whole.
fn length_without_interest(text: &[u8], id_strings: bool) -> Option<usize> {
    // Behind the second comma stands the value's name.
    let (mut name_at, mut commas, mut joins) = (0, 0, false);
    while commas < 2 {
        let stop = name_at + text[name_at..].iter().position(|byte| !is_plain(*byte))?;
        match text[stop] {
            b',' => commas += 1,
            b'\\' => joins = true,
            // Too short to set a value.
            b'\n' if !joins => return Some(stop),
            _ => return None,
        }
        name_at = stop + 1;
    }
    let rest = &text[name_at..];
    let name = rest.trim_ascii_start();
    let name = name.strip_prefix(b"\"").unwrap_or(name);
    if name.first().is_some_and(|b| matches!(b, b'"' | b'%' | b'\\')) || is_name_that_matters(name) {
        return None;
    }
    // Data matters when it may be a device id, and only a line with a backslash can go on in the next one.
    let end = match id_strings {
        true => memchr::memchr3(b'\n', b'\\', b'%', rest)?,
        false => memchr::memchr2(b'\n', b'\\', rest)?,
    };
    (rest[end] == b'\n').then_some(name_at + end)
}

/// The first value counts; a list that was written without quotes is put together again (`wlan,ethernet`).
fn set_first(slot: &mut Option<Located<Arc<str>>>, values: Vec<Located<String>>) {
    if slot.is_none() {
        let line = values.first().map_or(0, |v| v.line);
        let texts: Vec<String> =
            values.into_iter().map(|v| v.value.trim().to_owned()).filter(|v| !v.is_empty()).collect();
        if !texts.is_empty() {
            *slot = Some(Located { value: texts.join(",").into(), line });
        }
    }
}

/// Longest device id (`MAX_DEVICE_ID_LEN`).
const MAX_DEVICE_ID: usize = 200;

/// First parts of paths and registry keys: folders and hives of Windows, which no bus driver uses as enumerator.
const NOT_ENUMERATORS: [&str; 22] = [
    "SYSTEM",
    "SYSTEM32",
    "SYSWOW64",
    "SOFTWARE",
    "HARDWARE",
    "REGISTRY",
    "DRIVERS",
    "WINDOWS",
    "SYSTEMROOT",
    "WINNT",
    "MICROSOFT",
    "CONTROLSET001",
    "CURRENTCONTROLSET",
    "SERVICES",
    "CONTROL",
    "ENUM",
    "CLASS",
    "NDI",
    "PARAMETERS",
    "DEVICE",
    "DOSDEVICES",
    "INF",
];

/// `ENUMERATOR\rest` with one backslash: letters, digits and `_ - & { } #`, no dot, blank, colon, percent sign or slash,
/// as file names, paths and registry keys have them.
pub(super) fn looks_like_device_id(text: &str) -> bool {
    let text = text.trim();
    if text.len() > MAX_DEVICE_ID {
        return false;
    }
    let Some((enumerator, rest)) = text.split_once('\\') else { return false };
    let word = |b: u8, extra: &[u8]| b.is_ascii_alphanumeric() || extra.contains(&b);
    let enumerator_ok = enumerator.len() > 1
        && enumerator.bytes().all(|b| word(b, b"_-{}"))
        && enumerator.bytes().any(|b| b.is_ascii_alphabetic())
        && !NOT_ENUMERATORS.iter().any(|n| n.eq_ignore_ascii_case(enumerator));
    enumerator_ok && !rest.is_empty() && rest.bytes().all(|b| word(b, b"_-&{}#*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_ids_are_told_from_paths_and_keys() {
        for id in [
            "IBA\\IPoIB",
            "XENVIF\\VEN_XS0001&DEV_NET&REV_00000000",
            "{1a3e09be-1e45-494b-9174-d7385b45bbf5}\\NVNET_DEV0057",
        ] {
            assert!(looks_like_device_id(id), "{id}");
        }
        for noise in [
            "%11%\\x.dll",
            "System32\\drivers\\x.sys",
            "C:\\x",
            "\\Device\\x",
            "a.dll,Entry",
            "SOFTWARE\\Vendor",
            "x",
            "",
            "Ndi\\Params",
            "two words\\x",
            "A\\",
            "dir\\file.txt",
            "HKR\\a\\b",
            "1\\2",
        ] {
            assert!(!looks_like_device_id(noise), "{noise}");
        }
    }
}
