//! `[Manufacturer]`, TargetOSVersion decorations and Models sections (FACTS.md 2.3, 2.4).

use std::borrow::Cow;
use std::sync::Arc;

use super::read::Reader;
use super::version::decorated_arch;
use super::{Decoration, DecorationParts, Manufacturer, Model, ModelsRef, ModelsSection};
use crate::facts::ids::{IdCollector, ModelIds};
use crate::facts::os_version::ProductType;
use crate::formats::inf::Field;
use crate::formats::inf::value::flags;

/// More decorations on one line than any INF has.
const MAX_DECORATIONS: usize = 512;

impl Decoration {
    /// The undecorated section.
    pub fn none() -> Self {
        Self { text: String::new(), parts: Some(DecorationParts::default()) }
    }

    /// Reads `NT[Arch][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[BuildNumber]]]]]]`; numbers are decimal or `0x`.
    pub fn parse(text: &str) -> Self {
        Self { text: text.to_owned(), parts: parts(text) }
    }
}

fn parts(text: &str) -> Option<DecorationParts> {
    let mut fields = text.split('.').map(str::trim);
    let platform = fields.next()?;
    if !platform.get(..2)?.eq_ignore_ascii_case("NT") {
        return None;
    }
    let arch = match &platform[2..] {
        "" => None,
        name => Some(decorated_arch(name)?),
    };
    // An empty part says nothing; any other must be a number.
    let mut number = || match fields.next() {
        None | Some("") => Some(None),
        Some(text) => flags(text).map(Some),
    };
    let (major, minor) = (number()?, number()?);
    let (product, suite_mask, build) = (number()?, number()?, number()?);
    if fields.next().is_some() {
        return None;
    }
    let short = |n: Option<u32>| n.map(u16::try_from).transpose().ok();
    Some(DecorationParts {
        nt: true,
        arch,
        major: short(major)?,
        minor: short(minor)?,
        product_type: match product {
            None => None,
            Some(n) => Some(ProductType::from_number(n)?),
        },
        suite_mask,
        build,
    })
}

impl<'r> Reader<'r> {
    /// A substituted field as a shared value.
    fn shared(&mut self, field: &Field<'_>, line: u32) -> Arc<str> {
        if !field.has_token() {
            return self.texts.get(&field.text);
        }
        // Every decorated section writes a description as the same `%token%`.
        if let Some(number) = self.strings().number_of_token(&field.text) {
            return self.shared_string(number);
        }
        let text = self.expand(Cow::Borrowed(&field.text), line);
        self.texts.get(&text)
    }

    /// A string by its number, as a shared value.
    fn shared_string(&mut self, number: u32) -> Arc<str> {
        if self.shared_strings.is_empty() {
            self.shared_strings.resize(self.strings().len(), None);
        }
        let number = number as usize;
        if let Some(known) = &self.shared_strings[number] {
            return known.clone();
        }
        let value = self.strings().value(number as u32);
        let text = self.texts.get(&value);
        self.shared_strings[number] = Some(text.clone());
        text
    }

    /// Adds the id of a field to `ids`; `false` for an empty one.
    fn id(&mut self, field: &Field<'_>, line: u32, ids: &mut IdCollector) -> bool {
        if field.has_token() { ids.push(&self.expand(Cow::Borrowed(&field.text), line)) } else { ids.push(&field.text) }
    }

    /// Reads `[Manufacturer]` and every Models section that it names.
    pub(super) fn manufacturers(&mut self) -> (Vec<Manufacturer>, Vec<ModelsSection>) {
        let mut sections = ModelsSections::default();
        let mut manufacturers = Vec::new();
        let Some(id) = self.inf.section_id("Manufacturer") else { return (manufacturers, sections.list) };
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            let Some(key) = line.key() else {
                let message = "a [Manufacturer] line without \"=\": it names no models".into();
                self.problem(line.number, "malformed-manufacturer", message);
                continue;
            };
            let name = self.expand(key.into(), line.number).into_owned();
            let base = self.value(line, 0).into_owned();
            let mut models = vec![ModelsRef { decoration: Decoration::none(), section: None }];
            models[0].section = self.inf.section_id(&base).map(|id| self.models(id, &mut sections));
            for field in line.fields().iter().skip(1).take(MAX_DECORATIONS) {
                let text = self.expand(field.text.clone(), line.number).into_owned();
                if text.is_empty() {
                    continue;
                }
                let decoration = Decoration::parse(&text);
                if decoration.parts.is_none() {
                    let message = format!("\"{text}\" is no decoration that Windows knows: its models are not offered");
                    self.problem(line.number, "invalid-decoration", message);
                }
                let id = self.joined_id(&base, ".", &text);
                let section = id.map(|id| self.models(id, &mut sections));
                if section.is_none() {
                    let message = format!("there is no Models section [{base}.{text}]");
                    self.problem(line.number, "missing-models-section", message);
                }
                models.push(ModelsRef { decoration, section });
            }
            manufacturers.push(Manufacturer { name, line: line.number, models });
        }
        self.done(cursor);
        (manufacturers, sections.list)
    }

    /// Number of a Models section, read when it is asked for the first time.
    fn models(&mut self, id: u32, sections: &mut ModelsSections) -> u32 {
        if let Some((_, n)) = sections.known.iter().find(|(known, _)| *known == id) {
            return *n;
        }
        let section = self.inf.section_by_id(id);
        let lines = section.physical_lines();
        let mut models = Vec::with_capacity(lines);
        let mut ids = IdCollector::with_capacity(lines);
        let mut counts = Vec::with_capacity(lines);
        if sections.list.is_empty() {
            // Further sections mostly repeat the devices of the first one.
            self.texts.reserve(lines + self.inf.sections().len() / 2);
        }
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            let Some(key) = line.key_field() else {
                let message = "a Models line without \"=\": it names no device".into();
                self.problem(line.number, "malformed-models-line", message);
                continue;
            };
            let description = self.shared(key, line.number);
            // Devices that install alike stand together.
            let install_section = match models.last() {
                Some(Model { install_section, .. }) if **install_section == *line.field(0) => install_section.clone(),
                _ => self.shared(&line.fields()[0], line.number),
            };
            let count = line.fields()[1..].iter().filter(|field| self.id(field, line.number, &mut ids)).count();
            let compatible_only = count > 0 && line.field(1).is_empty();
            // The ids follow when all are read.
            let ids = ModelIds::default();
            models.push(Model { description, install_section, ids, compatible_only, line: line.number });
            counts.push(count);
        }
        self.done(cursor);
        let mut ids = ids.finish();
        for (model, count) in models.iter_mut().zip(counts) {
            model.ids = ids.by_ref().take(count).collect();
        }
        if models.len() < models.capacity() / 2 {
            models.shrink_to_fit();
        }
        let number = sections.list.len() as u32;
        sections.list.push(ModelsSection { name: section.name().to_owned(), line: section.line(), models });
        sections.known.push((id, number));
        number
    }
}

/// The Models sections that were read so far, with their numbers in the file.
#[derive(Default)]
struct ModelsSections {
    list: Vec<ModelsSection>,
    known: Vec<(u32, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ids::Arch;

    #[test]
    fn decorations_in_the_forms_that_occur() {
        let p = |text| Decoration::parse(text).parts;
        let base = DecorationParts { nt: true, ..DecorationParts::default() };
        let amd64 = DecorationParts { arch: Some(Arch::Amd64), ..base };
        assert_eq!(p("nt"), Some(base));
        assert_eq!(p("NTamd64"), Some(amd64));
        assert_eq!(p("nt.7"), Some(DecorationParts { major: Some(7), ..base }));
        assert_eq!(p("NTamd64.6.1"), Some(DecorationParts { major: Some(6), minor: Some(1), ..amd64 }));
        assert_eq!(
            p("NTamd64.10.0...17763"),
            Some(DecorationParts { major: Some(10), minor: Some(0), build: Some(17763), ..amd64 })
        );
        assert_eq!(
            p("NTamd64.10.0.1..18362"),
            Some(DecorationParts {
                major: Some(10),
                minor: Some(0),
                product_type: Some(ProductType::Workstation),
                build: Some(18362),
                ..amd64
            })
        );
        assert_eq!(p("ntamd64...0x3"), Some(DecorationParts { product_type: Some(ProductType::Server), ..amd64 }));
        assert_eq!(p("NT....0x80"), Some(DecorationParts { suite_mask: Some(0x80), ..base }));
        for bad in
            ["me", "ntx64", "NT$ARCH$", "NT@INF_ARCH@.10.0...25398", "", "n", "nt.x", "nt.6.1.4", "nt.1.2.3.4.5.6"]
        {
            assert_eq!(p(bad), None, "{bad}");
        }
    }
}
