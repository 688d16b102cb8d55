//! From the bytes of an INF to a [`DriverPackage`].

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use super::install::{Collected, ServiceFacts};
use super::problems;
use super::registry::RegistryFacts;
use super::sources::{CopyTarget, Sources};
use super::text::Texts;
use super::version::decorated_arch;
use super::{
    CopiedFile, DriverPackage, InfProblem, InstallBody, InstallSection, Located, Manufacturer, ModelsSection,
    compare_names,
};
use crate::facts::ids::Arch;
use crate::formats::inf::{Cursor, DEFAULT_LANGUAGE, Inf, Line, Strings, is_known_signature, same_name};

/// How to read an INF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// LANGID of the Windows that would read it: decides on the `[Strings.LCID]` section.
    pub language: u16,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { language: DEFAULT_LANGUAGE }
    }
}

/// Reads an INF. Never fails: what Windows would refuse is a problem with `fatal`.
///
/// ```
/// use wimspect::facts::driver_package;
///
/// let package = driver_package::read(
///     b"[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n[Manufacturer]\nContoso=Models,NTamd64\n\
///       [Models.NTamd64]\n\"Contoso NIC\"=Install,PCI\\VEN_14E4&DEV_1639\n[Install]\nCharacteristics=0x84\n",
/// );
/// let model = &package.models_sections[0].models[0];
/// assert_eq!(&*model.description, "Contoso NIC");
/// assert!(package.fatal_problem().is_none());
/// ```
pub fn read(bytes: &[u8]) -> DriverPackage {
    read_with(bytes, &ReadOptions::default())
}

/// [`read`] with options.
pub fn read_with(bytes: &[u8], options: &ReadOptions) -> DriverPackage {
    read_inf(&Inf::read_for_language(bytes, options.language), bytes, options)
}

/// [`read_with`] of a file whose sections are known already.
pub(super) fn read_inf(inf: &Inf<'_>, bytes: &[u8], options: &ReadOptions) -> DriverPackage {
    let mut reader = Reader::new(inf, options);
    let version = reader.version();
    let signature = version.signature.as_ref().map(|s| (s.value.as_str(), is_known_signature(&s.value)));
    problems::check_file(inf, bytes, signature, &mut reader.problems);
    let (manufacturers, models_sections) = reader.manufacturers();
    let install_sections = reader.install_sections(&manufacturers, &models_sections);
    let copy_inf = reader.all_copy_inf(&install_sections);
    let has_class_install = !reader.platform_sections("ClassInstall32").is_empty();
    let mut problems = reader.problems;
    problems.sort_by(|a, b| b.fatal.cmp(&a.fatal).then(a.line.cmp(&b.line)));
    DriverPackage { version, manufacturers, models_sections, install_sections, copy_inf, has_class_install, problems }
}

/// A map whose keys are section numbers: they need no hash that withstands an attacker, the file numbers them itself.
pub(super) type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// The copied files of each list of targets.
pub(super) type CopyLists = ByNumber<Vec<CopyTarget>, Arc<[CopiedFile]>>;

/// Spreads small numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// What is known while one INF is read.
pub(super) struct Reader<'r> {
    pub(super) inf: &'r Inf<'r>,
    strings: Strings<'r>,
    pub(super) texts: Texts,
    pub(super) problems: Vec<InfProblem>,
    undefined: Vec<String>,
    /// By section number, empty until the first one is read: read, and what matters in it.
    pub(super) registry: Vec<Option<Option<Rc<RegistryFacts>>>>,
    pub(super) services: ByNumber<u32, Rc<ServiceFacts>>,
    /// Memory for names that are put together.
    pub(super) name_buffer: String,
    /// Memory of the last install section.
    pub(super) collected: Collected,
    /// Memory of lines that is free.
    spare_lines: Vec<Line<'r>>,
    /// Strings that were asked for as shared values, by their numbers.
    pub(super) shared_strings: Vec<Option<Arc<str>>>,
    /// A string of the file has the form of a device id; `None` = nobody asked yet.
    pub(super) id_strings: Option<bool>,
    pub(super) sources: Vec<(Option<Arch>, Arc<Sources>)>,
    pub(super) decorated_sources: Option<bool>,
    /// For each architecture; the first one serves all where SourceDisksFiles is not decorated.
    pub(super) copy_lists: [CopyLists; Arch::ALL.len()],
    pub(super) bodies: ByNumber<(u32, Option<Arch>), Arc<InstallBody>>,
}

/// The first letters of a name, such that the order of these numbers is that of [`compare_names`].
fn first_letters(name: &str) -> u64 {
    let mut letters = [0; 8];
    for (to, byte) in letters.iter_mut().zip(name.bytes()) {
        *to = byte.to_ascii_lowercase();
    }
    u64::from_be_bytes(letters)
}

/// The text holds a percent sign. Fields are short: eight bytes at a time are faster than a search for long texts.
pub(super) fn has_token(text: &str) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let in_word = |word: &[u8; 8]| {
        let zero_where_percent = u64::from_le_bytes(*word) ^ (ONES * b'%' as u64);
        zero_where_percent.wrapping_sub(ONES) & !zero_where_percent & (ONES << 7) != 0
    };
    words.iter().any(in_word) || rest.contains(&b'%')
}

impl<'r> Reader<'r> {
    pub(super) fn new(inf: &'r Inf<'r>, options: &ReadOptions) -> Self {
        Self {
            inf,
            strings: inf.strings(options.language),
            texts: Texts::default(),
            problems: Vec::new(),
            undefined: Vec::new(),
            registry: Vec::new(),
            services: HashMap::default(),
            name_buffer: String::new(),
            collected: Collected::default(),
            spare_lines: Vec::new(),
            shared_strings: Vec::new(),
            id_strings: None,
            sources: Vec::new(),
            decorated_sources: None,
            copy_lists: Default::default(),
            bodies: HashMap::default(),
        }
    }

    /// Goes through a section with memory that is used again; give the cursor to [`done`](Self::done) afterwards.
    pub(super) fn cursor(&mut self, id: u32) -> Cursor<'r> {
        self.inf.section_by_id(id).cursor_with(self.spare_lines.pop().unwrap_or_else(Line::with_room))
    }

    /// Takes back the memory of a cursor.
    pub(super) fn done(&mut self, cursor: Cursor<'r>) {
        self.spare_lines.push(cursor.into_line());
    }

    /// The strings of the language that is read.
    pub(super) fn strings(&self) -> &Strings<'r> {
        &self.strings
    }

    /// Notes a problem of a line.
    pub(super) fn problem(&mut self, line: u32, kind: &'static str, message: String) {
        problems::push(&mut self.problems, line, kind, message);
    }

    /// Substitutes the tokens of a text; each undefined token is reported once.
    pub(super) fn expand<'x>(&mut self, text: Cow<'x, str>, line: u32) -> Cow<'x, str>
    where
        'r: 'x,
    {
        if !has_token(&text) {
            return text;
        }
        let mut missing: Option<String> = None;
        let expanded = self.strings.expand_with(
            text,
            |_| None,
            |token| {
                missing.get_or_insert_with(|| token.to_owned());
            },
        );
        if let Some(token) = missing.filter(|t| !self.undefined.contains(t)) {
            self.problem(line, "undefined-string", format!("%{token}% is not defined in [Strings]"));
            self.undefined.push(token);
        }
        expanded
    }

    /// A field of a line, substituted. Empty when the line has fewer.
    pub(super) fn value<'x>(&mut self, line: &Line<'x>, index: usize) -> Cow<'x, str>
    where
        'r: 'x,
    {
        match line.fields().get(index) {
            Some(field) if field.has_token() => self.expand(field.text.clone(), line.number),
            Some(field) => field.text.clone(),
            None => Cow::Borrowed(""),
        }
    }

    /// The install sections that the models name, sorted by name and architecture.
    fn install_sections(&mut self, manufacturers: &[Manufacturer], sections: &[ModelsSection]) -> Vec<InstallSection> {
        let mut wanted: Vec<(u64, &Arc<str>, Arch)> = Vec::new();
        for models_ref in manufacturers.iter().flat_map(|m| &m.models) {
            let Some(section) = models_ref.section.and_then(|n| sections.get(n as usize)) else { continue };
            let arch = match &models_ref.decoration.parts {
                Some(parts) => parts.arch.unwrap_or(Arch::X86),
                // A template or an invalid decoration: its structure shall be seen all the same.
                None => Arch::Amd64,
            };
            let mut last: Option<&Arc<str>> = None;
            for name in section.models.iter().map(|m| &m.install_section).filter(|name| !name.is_empty()) {
                // Devices that install alike stand together.
                if !last.replace(name).is_some_and(|l| Arc::ptr_eq(l, name)) {
                    wanted.push((first_letters(name), name, arch));
                }
            }
        }
        // Of two spellings the first one stays: the order of equal ones is kept.
        wanted.sort_by(|(a_start, a, a_arch), (b_start, b, b_arch)| {
            let by_name = || if Arc::ptr_eq(a, b) { Ordering::Equal } else { compare_names(a, b) };
            a_start.cmp(b_start).then_with(by_name).then(a_arch.cmp(b_arch))
        });
        wanted.dedup_by(|b, a| a.2 == b.2 && same_name(a.1, b.1));
        wanted.iter().map(|(_, name, arch)| self.install_section(name, *arch)).collect()
    }

    /// `CopyINF` of all install sections and of `[DefaultInstall]`, each line once, in file order.
    fn all_copy_inf(&mut self, sections: &[InstallSection]) -> Vec<Located<String>> {
        let mut all: Vec<Located<String>> = sections.iter().flat_map(|s| s.copy_inf.iter().cloned()).collect();
        for section in self.platform_sections("DefaultInstall") {
            let mut cursor = self.inf.section_by_id(section).cursor();
            while let Some(line) = cursor.read() {
                if line.key_is("CopyINF") && line.key_field().is_some() {
                    let value = self.value(line, 0).into_owned();
                    all.push(Located { value, line: line.number });
                }
            }
        }
        all.sort_by(|a, b| a.line.cmp(&b.line).then_with(|| a.value.cmp(&b.value)));
        all.dedup();
        all
    }

    /// The sections of a name undecorated, with `.NT` and with `.NT<arch>`, by number.
    fn platform_sections(&self, name: &str) -> Vec<u32> {
        let sections = self.inf.sections().filter(|section| is_platform_name(section.name(), name));
        sections.map(|section| section.id).collect()
    }
}

/// The section bears the name itself, `name.NT` or `name.NT<arch>`.
fn is_platform_name(section: &str, name: &str) -> bool {
    let Some((start, decoration)) = section.split_at_checked(name.len()) else { return false };
    if !start.eq_ignore_ascii_case(name) {
        return false;
    }
    match decoration.split_at_checked(3) {
        None => decoration.is_empty(),
        Some((nt, arch)) => nt.eq_ignore_ascii_case(".NT") && (arch.is_empty() || decorated_arch(arch).is_some()),
    }
}
