//! What is odd in an INF, line by line: for people who write or repair drivers.
//!
//! [`lint`] gives everything that reading the package finds, and what only shows when every line is looked at. The ids
//! of the kinds are stable; [`KINDS`] lists them with what they mean.

use std::collections::HashMap;

use super::read::{ReadOptions, read_inf};
use super::{DriverPackage, InfProblem};
use crate::formats::inf::lossless::{Document, LineKind};
use crate::formats::inf::{Inf, Line, MAX_FIELD, Section, Strings, language_of};

/// At most this many remarks of one kind for one file: a habit of its author needs no thousand lines.
const MAX_OF_A_KIND: usize = 50;

/// Every kind of remark, and what it means. A test holds the list complete.
pub const KINDS: &[(&str, &str)] = &[
    (
        "continuation-swallows-section",
        "a backslash at the end of the line joins a section header to it: the section is lost",
    ),
    ("continuation-joins-directive", "a backslash at the end of the line joins a whole directive to it"),
    ("control-character", "a NUL, form feed or lone CR: Windows takes it for a blank"),
    ("duplicate-string", "a name stands twice in one strings section: the first value counts"),
    ("empty-file", "the file is empty"),
    ("field-too-long", "a field is longer than Windows keeps"),
    ("file-too-large", "the file is too large to be an INF"),
    ("invalid-decoration", "a TargetOSVersion decoration that Windows does not know: its models are not offered"),
    ("malformed-driver-ver", "DriverVer is not mm/dd/yyyy,w.x.y.z"),
    ("malformed-guid", "a GUID that is none"),
    ("malformed-manufacturer", "a [Manufacturer] line that names no models"),
    ("malformed-models-line", "a Models line that names no device"),
    ("missing-catalog", "[Version] names no catalog: the driver counts as unsigned"),
    ("missing-class", "[Version] has neither Class nor ClassGuid"),
    ("missing-models-section", "[Manufacturer] names a Models section that the file does not have"),
    ("missing-section", "a directive names a section that the file does not have"),
    ("missing-source-file", "a copied file has no entry in [SourceDisksFiles]"),
    ("no-signature", "[Version] has no Signature"),
    ("no-version-section", "there is no [Version]"),
    ("not-an-inf", "the file holds no text"),
    ("section-name-too-long", "a section name of more than 255 characters"),
    ("string-without-value", "a line in a strings section without \"=\""),
    ("text-after-section-name", "text behind the \"]\" of a section header: Windows ignores it"),
    ("text-after-end", "text behind a Ctrl-Z: Windows does not read it"),
    ("text-before-first-section", "text in front of the first section"),
    ("typographic-quotes", "curly quotes are ordinary characters in an INF"),
    ("unbalanced-quote", "a quote that is not closed ends with its line"),
    ("unclosed-section-name", "a section header without \"]\": Windows refuses the file"),
    ("undecodable-bytes", "bytes that mean nothing in the file's encoding"),
    ("undefined-string", "a %token% that [Strings] does not define: it stays as it is"),
    ("unknown-catalog-decoration", "a CatalogFile decoration that Windows does not know"),
    ("unknown-signature", "a Signature that Windows does not know"),
    ("utf-8-without-bom", "UTF-8 without byte order mark: Windows reads it in the ANSI code page"),
    ("windows-9x-signature", "a Signature for Windows 95 and 98: no later Windows installs drivers from it"),
];

/// Looks at every line of an INF. Ordered by line and column.
///
/// ```
/// use wimspect::facts::driver_package::lint;
///
/// let remarks = lint(b"[Version]\nSignature=$Chicago$\nProvider=%Who%\n");
/// let odd = remarks.iter().find(|r| r.kind == "undefined-string").unwrap();
/// assert_eq!(odd.render("a.inf"), "a.inf:3:10: warning[undefined-string]: %Who% is not defined in [Strings]");
/// ```
pub fn lint(bytes: &[u8]) -> Vec<InfProblem> {
    lint_with(bytes, &ReadOptions::default())
}

/// [`lint`] with options.
pub fn lint_with(bytes: &[u8], options: &ReadOptions) -> Vec<InfProblem> {
    let document = Document::read(bytes);
    let inf = document.inf();
    let package = read_inf(inf, bytes, options);
    let mut linter =
        Linter { inf, strings: inf.strings(options.language), remarks: Vec::new(), counts: HashMap::new() };
    for problem in &package.problems {
        // Undefined strings come again below, each with its column.
        if problem.kind != "undefined-string" {
            linter.keep(problem.clone());
        }
    }
    linter.physical_lines(&document);
    for section in inf.sections() {
        linter.section(section);
    }
    linter.package(&package);
    let mut remarks = linter.remarks;
    remarks.sort_by(|a, b| (a.line, a.column, a.kind, &a.message).cmp(&(b.line, b.column, b.kind, &b.message)));
    remarks.dedup();
    remarks
}

impl InfProblem {
    /// `file:line:column: warning[kind]: message`, as compilers write it.
    pub fn render(&self, file: &str) -> String {
        let severity = if self.fatal { "error" } else { "warning" };
        let place = match (self.line, self.column) {
            (0, _) => String::new(),
            (line, 0) => format!("{line}:"),
            (line, column) => format!("{line}:{column}:"),
        };
        format!("{file}:{place} {severity}[{}]: {}", self.kind, self.message)
    }
}

struct Linter<'l> {
    inf: &'l Inf<'l>,
    strings: Strings<'l>,
    remarks: Vec<InfProblem>,
    counts: HashMap<&'static str, usize>,
}

impl Linter<'_> {
    fn keep(&mut self, problem: InfProblem) {
        let count = self.counts.entry(problem.kind).or_default();
        *count += 1;
        if *count <= MAX_OF_A_KIND {
            self.remarks.push(problem);
        }
    }

    fn remark(&mut self, line: u32, column: u32, kind: &'static str, message: impl Into<String>) {
        self.keep(InfProblem { line, column, kind, message: message.into(), fatal: false });
    }

    /// A remark at a byte of the decoded text.
    fn at(&mut self, line: u32, offset: usize, kind: &'static str, message: impl Into<String>) {
        let text = self.inf.text();
        let offset = offset.min(text.len());
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..offset]).map_or(0, |n| n + 1);
        let column = text.get(start..offset).map_or(0, |t| t.chars().count() as u32 + 1);
        self.remark(line, column, kind, message);
    }

    fn physical_lines(&mut self, document: &Document<'_>) {
        let mut previous_joins = 0;
        for line in document.lines() {
            let body = line.text.trim_end_matches('\n');
            let trimmed = body.trim();
            match line.kind {
                LineKind::AfterEnd => {
                    if !trimmed.trim_matches(['\u{1A}', '\0']).is_empty() {
                        self.remark(line.number, 1, "text-after-end", "text behind a Ctrl-Z is not read");
                    }
                    continue;
                }
                LineKind::Section => self.header(line.number, body),
                LineKind::Continuation => self.continuation(previous_joins, trimmed),
                LineKind::Entry | LineKind::Stray => previous_joins = line.number,
                _ => {}
            }
            if matches!(line.kind, LineKind::Entry | LineKind::Continuation) {
                self.quotes(line.number, body);
            }
            let inner = body.trim_end_matches('\r');
            if let Some(at) = inner.find(['\r', '\0', '\u{C}']) {
                let column = inner[..at].chars().count() as u32 + 1;
                self.remark(line.number, column, "control-character", "a control character counts as a blank");
            }
        }
    }

    fn header(&mut self, number: u32, body: &str) {
        let Some(close) = body.find(']') else { return };
        let rest = body[close + 1..].trim();
        if !rest.is_empty() && !rest.starts_with([';', '\u{1A}']) {
            let column = body[..=close].chars().count() as u32 + 1;
            self.remark(number, column, "text-after-section-name", "the text behind the section name is ignored");
        }
    }

    fn continuation(&mut self, from: u32, text: &str) {
        if text.starts_with('[') && text.contains(']') {
            let message = format!("the backslash at the end of this entry joins {text} to it: the section is lost");
            self.remark(from, 0, "continuation-swallows-section", message);
        } else if ["HKR", "HKLM", "HKCR", "HKCU"].iter().any(|root| {
            text.get(..root.len()).is_some_and(|t| t.eq_ignore_ascii_case(root))
                && text[root.len()..].trim_start().starts_with(',')
        }) {
            let message = "the backslash at the end of this line joins the next registry entry to it";
            self.remark(from, 0, "continuation-joins-directive", message);
        }
    }

    /// Quotes of a physical line.
    fn quotes(&mut self, number: u32, body: &str) {
        let mut open = None;
        for (at, c) in body.char_indices() {
            match (c, open) {
                ('"', None) => open = Some(at),
                ('"', Some(_)) => open = None,
                (';', None) => break,
                ('“' | '”' | '„', None) => {
                    let column = body[..at].chars().count() as u32 + 1;
                    self.remark(number, column, "typographic-quotes", "curly quotes do not quote");
                    return;
                }
                _ => {}
            }
        }
        if let Some(at) = open {
            let column = body[..at].chars().count() as u32 + 1;
            self.remark(number, column, "unbalanced-quote", "this quote is not closed: it ends with the line");
        }
    }

    fn section(&mut self, section: Section<'_>) {
        let name = section.name();
        let strings = name.eq_ignore_ascii_case("Strings") || language_of(name).is_some();
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut cursor = section.cursor();
        while let Some(line) = cursor.read() {
            if strings {
                self.string_line(line, &mut known);
            } else {
                self.tokens(line);
            }
            for field in line.fields() {
                if field.text.len() > MAX_FIELD && field.text.chars().count() > MAX_FIELD {
                    let message = format!("a field of more than {MAX_FIELD} characters is cut");
                    self.at(line.number, field.start as usize, "field-too-long", message);
                }
            }
        }
    }

    fn string_line(&mut self, line: &Line<'_>, known: &mut HashMap<String, u32>) {
        let Some(key) = line.key_field() else {
            return self.at(
                line.number,
                line.start as usize,
                "string-without-value",
                "a string needs \"name = value\"",
            );
        };
        let (name, start) = (key.text.to_lowercase(), key.start);
        match known.get(&name) {
            Some(first) => {
                let message = format!("{} is defined in line {first} already: that value counts", key.text);
                self.at(line.number, start as usize, "duplicate-string", message);
            }
            None => {
                known.insert(name, line.number);
            }
        }
    }

    fn tokens(&mut self, line: &Line<'_>) {
        let key = line.key_field().into_iter();
        for field in key.chain(line.fields()) {
            if !field.text.contains('%') {
                continue;
            }
            let mut undefined = Vec::new();
            self.strings.expand_with(field.text.clone(), |_| None, |token| undefined.push(token.to_owned()));
            for token in undefined {
                let needle = format!("%{token}%");
                let from = field.start as usize;
                let offset = self.inf.text().get(from..).and_then(|t| t.find(&needle)).map_or(from, |n| from + n);
                self.at(line.number, offset, "undefined-string", format!("{needle} is not defined in [Strings]"));
            }
        }
    }

    /// What shows only in the package as a whole.
    fn package(&mut self, package: &DriverPackage) {
        let Some(version) = self.inf.section("Version") else { return };
        let line = version.line();
        if package.version.class.is_none() && package.version.class_guid.is_none() {
            self.remark(line, 0, "missing-class", "[Version] has neither Class nor ClassGuid");
        }
        let has_models = package.models_sections.iter().any(|s| !s.models.is_empty());
        if has_models && package.version.catalogs.is_empty() && !package.version.has_layout_file {
            self.remark(line, 0, "missing-catalog", "no CatalogFile: the driver counts as unsigned");
        }
        for section in &package.install_sections {
            if !package.version.has_layout_file && section.includes.is_empty() {
                for file in section.copy_files.iter().filter(|f| f.source_folder.is_none()) {
                    let message = format!("{} has no entry in [SourceDisksFiles]", file.source);
                    self.remark(file.line, 0, "missing-source-file", message);
                }
            }
            if let Some(actual) = &section.actual {
                self.named_sections(actual, !section.includes.is_empty());
            }
        }
        self.remarks.sort_by(|a, b| (a.line, a.kind, &a.message).cmp(&(b.line, b.kind, &b.message)));
        self.remarks.dedup();
    }

    /// The sections that an install section and its `.Services` name are there. Includes may bring others.
    fn named_sections(&mut self, actual: &str, includes: bool) {
        if includes {
            return;
        }
        for (section, keys) in [
            (actual.to_owned(), &["CopyFiles", "AddReg", "DelReg", "DelFiles", "RenFiles"][..]),
            (format!("{actual}.Services"), &["AddService"][..]),
        ] {
            let Some(section) = self.inf.section(&section) else { continue };
            for line in section.lines() {
                let Some(key) = line.key_field() else { continue };
                let Some(directive) = keys.iter().find(|k| k.eq_ignore_ascii_case(&key.text)) else { continue };
                // AddService = name, flags, section, event log section
                let skip = if *directive == "AddService" { 2 } else { 0 };
                let fields = line.fields().iter().enumerate().skip(skip).take(if skip == 2 { 2 } else { usize::MAX });
                for (_, field) in fields {
                    let name = self.strings.expand(field.text.clone()).into_owned();
                    if name.is_empty() || name.starts_with('@') || self.inf.section(&name).is_some() {
                        continue;
                    }
                    let message = format!("{directive} names [{name}], which the file does not have");
                    self.at(line.number, field.start as usize, "missing-section", message);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
