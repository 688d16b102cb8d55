//! DDInstall sections and what belongs to them: services, files, registry (FACTS.md 2.4, 2.5).

use std::sync::Arc;

use super::read::Reader;
use super::registry::RegistryFacts;
use super::sources::CopyTarget;
use super::{InstallBody, InstallSection, Located, NetInstall, ServiceInstall};
use crate::facts::ids::Arch;
use crate::formats::inf::Line;
use crate::formats::inf::value::flags;

/// `SPSVCINST_ASSOCSERVICE`: the service is the device's function driver.
const ASSOCIATED: u32 = 0x2;
/// `Needs` of sections that need sections: no INF comes near.
const MAX_DEPTH: u32 = 8;

/// What a service section says. It is read once, however many install sections name it.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceFacts {
    binary: Option<Located<Arc<str>>>,
    service_type: Option<u32>,
    start_type: Option<u32>,
    load_order_group: Option<Arc<str>>,
    boot_flags: Option<Located<u32>>,
    add_reg: Vec<u32>,
}

/// What is collected while the sections of one DDInstall are read.
#[derive(Default)]
pub(super) struct Collected {
    copy: Vec<CopyTarget>,
    add_reg: Vec<u32>,
    seen: Vec<u32>,
}

impl Collected {
    fn clear(&mut self) {
        self.copy.clear();
        self.add_reg.clear();
        self.seen.clear();
    }
}

impl<'r> Reader<'r> {
    /// The install section of a name on an architecture.
    pub(super) fn install_section(&mut self, name: &Arc<str>, arch: Arch) -> InstallSection {
        let (actual, nt_decorated) = self.actual_section(name, arch);
        let body_arch = if self.has_decorated_sources() { Some(arch) } else { None };
        let key = actual.map(|id| (id, body_arch));
        if let Some(body) = key.and_then(|k| self.bodies.get(&k)) {
            return InstallSection { name: name.clone(), arch, body: body.clone() };
        }
        let body = Arc::new(self.install_body(name, actual, nt_decorated, arch));
        if let Some(key) = key {
            self.bodies.insert(key, body.clone());
        }
        InstallSection { name: name.clone(), arch, body }
    }

    /// `name.NT<arch>`, then `name.NT`, then `name`; and whether it is one of the first two.
    pub(super) fn actual_section(&mut self, name: &str, arch: Arch) -> (Option<u32>, bool) {
        self.joined_id(name, ".NT", arch.name());
        let decorated = self.name_buffer.as_str();
        let nt = &decorated[..name.len() + 3];
        match self.inf.section_id(decorated).or_else(|| self.inf.section_id(nt)) {
            Some(id) => (Some(id), true),
            None => (self.inf.section_id(name), false),
        }
    }

    /// Number of the section whose name is put together from three parts.
    pub(super) fn joined_id(&mut self, base: &str, dot: &str, suffix: &str) -> Option<u32> {
        self.name_buffer.clear();
        for part in [base, dot, suffix] {
            self.name_buffer.push_str(part);
        }
        self.inf.section_id(&self.name_buffer)
    }

    fn install_body(&mut self, name: &str, actual: Option<u32>, nt_decorated: bool, arch: Arch) -> InstallBody {
        let mut body = InstallBody { nt_decorated, ..InstallBody::default() };
        let mut collected = std::mem::take(&mut self.collected);
        // Windows goes on with the undecorated name when no section exists at all.
        let mut base = name;
        if let Some(id) = actual {
            let section = self.inf.section_by_id(id);
            base = section.name();
            body.actual = Some(self.texts.get(base));
            body.line = section.line();
            self.directives(id, &mut body, &mut collected, 0);
        }
        let part = |reader: &mut Self, suffix: &str| reader.joined_id(base, ".", suffix);
        if let Some(id) = part(self, "Services") {
            self.services(id, &mut body, &mut collected, 0);
        }
        if let Some(id) = part(self, "HW") {
            self.directives(id, &mut InstallBody::default(), &mut collected, 0);
        }
        if let Some(id) = part(self, "CoInstallers") {
            self.directives(id, &mut InstallBody::default(), &mut collected, 0);
        }
        if let Some(id) = part(self, "Wdf") {
            body.kmdf_library = self.kmdf_library(id);
        }
        for id in &collected.add_reg {
            if let Some(facts) = self.registry_facts(*id) {
                take_registry(&facts, &mut body);
            }
        }
        body.copy_files = self.copied_files(&collected.copy, arch);
        collected.clear();
        self.collected = collected;
        body
    }

    /// The directives of a section, and of those sections of this file that it needs.
    fn directives(&mut self, id: u32, body: &mut InstallBody, collected: &mut Collected, depth: u32) {
        if depth > MAX_DEPTH || collected.seen.contains(&id) {
            return;
        }
        collected.seen.push(id);
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            let Some(key) = line.key_field().map(|k| k.as_str()) else { continue };
            if key.len() > 20 {
                continue;
            }
            let mut lower = [0u8; 20];
            let lower = &mut lower[..key.len()];
            lower.copy_from_slice(key.as_bytes());
            lower.make_ascii_lowercase();
            match &*lower {
                b"copyfiles" => self.copy_targets(line, collected),
                b"addreg" => self.section_ids(line, &mut collected.add_reg),
                b"copyinf" => {
                    for n in 0..line.fields().len() {
                        let value = self.value(line, n).into_owned();
                        if !value.is_empty() {
                            body.copy_inf.push(Located { value, line: line.number });
                        }
                    }
                }
                b"include" => self.names(line, &mut body.includes),
                b"needs" => {
                    let from = body.needs.len();
                    self.names(line, &mut body.needs);
                    for n in from..body.needs.len() {
                        if let Some(id) = self.inf.section_id(&body.needs[n]) {
                            self.directives(id, body, collected, depth + 1);
                        }
                    }
                }
                b"featurescore" if body.feature_score.is_none() => {
                    let text = self.value(line, 0);
                    // Hexadecimal without prefix is usual here ("FC"); with prefix it is the same.
                    let digits = text.trim().trim_start_matches("0x").trim_start_matches("0X").to_owned();
                    body.feature_score = u8::from_str_radix(&digits, 16).ok();
                }
                b"driverver" if body.driver_ver.is_none() => body.driver_ver = self.driver_ver(line),
                b"bootflags" => self.number(&mut body.boot_flags, line),
                other => self.net_directive(other, line, &mut body.net),
            }
        }
        self.done(cursor);
    }

    fn net_directive(&mut self, key: &[u8], line: &Line<'_>, net: &mut NetInstall) {
        match key {
            b"characteristics" => self.number(&mut net.characteristics, line),
            b"bustype" => self.number(&mut net.bus_type, line),
            b"*iftype" => self.number(&mut net.if_type, line),
            b"*mediatype" => self.number(&mut net.media_type, line),
            b"*physicalmediatype" => self.number(&mut net.physical_media_type, line),
            b"*ifconnectorpresent" | b"*connectiontype" | b"*directiontype" | b"*accesstype" | b"*hardwareloopback" => {
                net.net_adapter_cx = true;
            }
            _ => {}
        }
    }

    /// A number that counts when it is the first one.
    fn number(&mut self, slot: &mut Option<Located<u32>>, line: &Line<'_>) {
        if slot.is_none() {
            *slot = flags(&self.value(line, 0)).map(|value| Located { value, line: line.number });
        }
    }

    fn names(&mut self, line: &Line<'_>, names: &mut Vec<Arc<str>>) {
        for n in 0..line.fields().len() {
            let name = self.shared_value(line, n);
            if !name.is_empty() {
                names.push(name);
            }
        }
    }

    /// A field of a line, substituted, as a shared value.
    pub(super) fn shared_value(&mut self, line: &Line<'_>, index: usize) -> Arc<str> {
        let value = self.value(line, index);
        self.texts.get(&value)
    }

    /// The numbers of the sections that a directive names; sections of other files are left out.
    fn section_ids(&mut self, line: &Line<'_>, ids: &mut Vec<u32>) {
        for n in 0..line.fields().len() {
            let name = self.value(line, n);
            if let Some(id) = self.inf.section_id(&name) {
                ids.push(id);
            }
        }
    }

    fn copy_targets(&mut self, line: &Line<'_>, collected: &mut Collected) {
        for n in 0..line.fields().len() {
            let name = self.value(line, n);
            if let Some(file) = name.strip_prefix('@') {
                collected.copy.push(CopyTarget::File { name: file.trim().to_owned(), line: line.number });
            } else if let Some(id) = self.inf.section_id(&name) {
                collected.copy.push(CopyTarget::Section(id));
            }
        }
    }

    /// A `.Services` section.
    fn services(&mut self, id: u32, body: &mut InstallBody, collected: &mut Collected, depth: u32) {
        if depth > MAX_DEPTH || collected.seen.contains(&id) {
            return;
        }
        collected.seen.push(id);
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            if line.key_is("AddService") && line.key_field().is_some() {
                self.add_service(line, body, collected);
            } else if line.key_is("Include") {
                self.names(line, &mut body.includes);
            } else if line.key_is("Needs") {
                let from = body.needs.len();
                self.names(line, &mut body.needs);
                for n in from..body.needs.len() {
                    if let Some(id) = self.inf.section_id(&body.needs[n]) {
                        self.services(id, body, collected, depth + 1);
                    }
                }
            }
        }
        self.done(cursor);
    }

    /// `AddService = name, [flags], section, ...`
    fn add_service(&mut self, line: &Line<'_>, body: &mut InstallBody, collected: &mut Collected) {
        let name = self.shared_value(line, 0);
        let flags_text = self.value(line, 1);
        let service_flags = if flags_text.trim().is_empty() { Some(0) } else { flags(&flags_text) };
        let section = self.shared_value(line, 2);
        let facts =
            if section.is_empty() { None } else { self.inf.section_id(&section).map(|id| self.service_facts(id)) };
        let facts = facts.unwrap_or_default();
        collected.add_reg.extend(&facts.add_reg);
        if body.boot_flags.is_none() {
            body.boot_flags.clone_from(&facts.boot_flags);
        }
        body.services.push(ServiceInstall {
            name,
            flags: service_flags,
            associated: service_flags.is_some_and(|f| f & ASSOCIATED != 0),
            section,
            binary: facts.binary.clone(),
            service_type: facts.service_type,
            start_type: facts.start_type,
            load_order_group: facts.load_order_group.clone(),
            line: line.number,
        });
    }

    fn service_facts(&mut self, id: u32) -> std::rc::Rc<ServiceFacts> {
        if let Some(known) = self.services.get(&id) {
            return known.clone();
        }
        let mut facts = ServiceFacts::default();
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            if line.key_field().is_none() {
                continue;
            }
            if line.key_is("ServiceBinary") && facts.binary.is_none() {
                facts.binary = Some(Located { value: self.shared_value(line, 0), line: line.number });
            } else if line.key_is("ServiceType") && facts.service_type.is_none() {
                facts.service_type = flags(&self.value(line, 0));
            } else if line.key_is("StartType") && facts.start_type.is_none() {
                facts.start_type = flags(&self.value(line, 0));
            } else if line.key_is("LoadOrderGroup") && facts.load_order_group.is_none() {
                facts.load_order_group = Some(self.shared_value(line, 0)).filter(|g| !g.is_empty());
            } else if line.key_is("BootFlags") {
                self.number(&mut facts.boot_flags, line);
            } else if line.key_is("AddReg") {
                self.section_ids(line, &mut facts.add_reg);
            }
        }
        self.done(cursor);
        let facts = std::rc::Rc::new(facts);
        self.services.insert(id, facts.clone());
        facts
    }

    /// `KmdfService = name, section` and `KmdfLibraryVersion` in that section.
    fn kmdf_library(&mut self, id: u32) -> Option<Located<String>> {
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            if !line.key_is("KmdfService") {
                continue;
            }
            let section = self.value(line, 1);
            let Some(found) = self.inf.section(&section).and_then(|s| s.find("KmdfLibraryVersion")) else { continue };
            return Some(Located { value: self.value(&found, 0).into_owned(), line: found.number });
        }
        None
    }
}

fn take_registry(facts: &RegistryFacts, body: &mut InstallBody) {
    facts.fill(&mut body.net);
    if body.boot_flags.is_none() {
        body.boot_flags.clone_from(&facts.boot_flags);
    }
    for id in &facts.ids {
        if !body.registry_ids.iter().any(|known| known.value == id.value) {
            body.registry_ids.push(id.clone());
        }
    }
    body.filters.extend(facts.filters.iter().cloned());
    body.co_installers.extend(facts.co_installers.iter().cloned());
}
