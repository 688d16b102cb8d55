//! `wimspect.ini`, the configuration of the scheduled report: which sections and keys there are, and what a file says in them,
//! with lines. What the values mean is the business of `cli`, which knows releases, formats and paths.

use crate::formats::ini;

/// A kind of section.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// First word of its header.
    pub word: &'static str,
    /// Whether a name follows, so that there may be several: `[share dell]`.
    pub named: bool,
    /// Keys that it may have.
    pub keys: &'static [&'static str],
    /// Keys that it must have.
    pub required: &'static [&'static str],
}

/// All kinds of sections, in the order of docs/wimspect.ini.
pub const KINDS: [Kind; 9] = [
    Kind {
        word: "report",
        named: false,
        keys: &[
            "title",
            "history",
            "trend",
            "wait",
            "winpe",
            "arch",
            "content",
            "source",
            "deploy-os",
            "driver-step",
            "deployed-os-driver",
            "min-confidence",
            "include-templates",
            "integrity",
            "all-facts",
            "verify-content",
            "inf-db",
            "policy",
            "baseline",
            "fail-on",
            "fail-on-new",
            "jobs",
        ],
        required: &[],
    },
    Kind { word: "share", named: true, keys: &["path", "packages"], required: &["path"] },
    Kind { word: "boot-image", named: true, keys: &["path"], required: &["path"] },
    Kind { word: "fleet", named: true, keys: &["path"], required: &["path"] },
    Kind { word: "output", named: true, keys: &["format", "file", "keep"], required: &["format", "file"] },
    Kind { word: "retention", named: false, keys: &["runs", "days"], required: &[] },
    Kind { word: "metrics", named: false, keys: &["file"], required: &["file"] },
    Kind { word: "webhook", named: false, keys: &["url", "when", "timeout", "retries"], required: &["url"] },
    Kind { word: "mail", named: false, keys: &["to", "from", "when", "sendmail"], required: &["to", "from"] },
];

/// What a file says.
#[derive(Debug, Default)]
pub struct ConfigFile {
    /// Its sections, in the order of the file.
    pub sections: Vec<Section>,
    /// What is wrong with it as far as sections and keys go, by line.
    pub faults: Vec<(u32, Fault)>,
}

/// One section of a known kind.
#[derive(Debug)]
pub struct Section {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its name; empty where the kind has none.
    pub name: String,
    /// 1-based line of its header.
    pub line: u32,
    /// Its known keys with a value, in the order of the file.
    pub values: Vec<Value>,
}

/// One key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The key.
    pub key: &'static str,
    /// The value, never empty.
    pub text: String,
    /// 1-based line.
    pub line: u32,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no INI.
    NoIni(String),
    /// No kind of section has this word.
    UnknownSection(String),
    /// A section needs a name and has none.
    Unnamed(&'static str),
    /// A section has a name and takes none: its word, and the name.
    Named(&'static str, String),
    /// A section does not know this key.
    UnknownKey {
        /// Header of the section.
        section: String,
        /// The key as written.
        key: String,
        /// What the section knows.
        known: &'static [&'static str],
    },
    /// A key has no value.
    Empty(String),
    /// A section lacks a key.
    Missing {
        /// Header of the section.
        section: String,
        /// The key.
        key: &'static str,
    },
    /// The file names nothing to look at.
    NoInput,
}

impl Section {
    /// The header as it may be written.
    pub fn header(&self) -> String {
        header(self.kind.word, &self.name)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|v| v.key == key)
    }
}

impl Fault {
    /// What was typed and what there is, where a name is unknown: for a suggestion.
    pub fn typed(&self) -> Option<(&str, Vec<&'static str>)> {
        match self {
            Self::UnknownSection(name) => {
                let word = name.split_whitespace().next().unwrap_or(name);
                Some((word, KINDS.iter().map(|k| k.word).collect()))
            }
            Self::UnknownKey { key, known, .. } => Some((key, known.to_vec())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoIni(message) => f.write_str(message),
            Self::UnknownSection(name) => {
                let known: Vec<String> =
                    KINDS.iter().map(|k| header(k.word, if k.named { "NAME" } else { "" })).collect();
                write!(f, "no section is called [{name}]; there are {}", known.join(", "))
            }
            Self::Unnamed(word) => write!(f, "this section needs a name of its own; write [{word} NAME]"),
            Self::Named(word, name) => {
                write!(
                    f,
                    "there is only one section of this kind, and it has no name; write [{word}] instead of [{word} {name}]"
                )
            }
            Self::UnknownKey { section, key, known } => {
                write!(f, "{section} has no key `{key}`; there are {}", known.join(", "))
            }
            Self::Empty(key) => write!(f, "`{key}` has no value; write one, or take the line out"),
            Self::Missing { section, key } => write!(f, "{section} lacks `{key}`; add `{key} = ...`"),
            Self::NoInput => f.write_str(
                "nothing is named that could be looked at; add [share NAME] or [boot-image NAME] with `path = ...`",
            ),
        }
    }
}

fn header(word: &str, name: &str) -> String {
    if name.is_empty() { format!("[{word}]") } else { format!("[{word} {name}]") }
}

/// Reads a configuration. Everything that is wrong is said at once, with its line.
pub fn read(bytes: &[u8]) -> ConfigFile {
    let (written, problems) = ini::sections_and_problems(&ini::decode(bytes));
    let mut file = ConfigFile::default();
    file.faults.extend(problems.into_iter().map(|p| (p.line, Fault::NoIni(p.message))));
    for section in &written {
        let name = section.name.trim();
        let (word, title) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        let Some(kind) = KINDS.iter().find(|k| k.word.eq_ignore_ascii_case(word)) else {
            file.faults.push((section.line, Fault::UnknownSection(name.to_owned())));
            continue;
        };
        let title = title.trim();
        match (kind.named, title.is_empty()) {
            (true, true) => file.faults.push((section.line, Fault::Unnamed(kind.word))),
            (false, false) => file.faults.push((section.line, Fault::Named(kind.word, title.to_owned()))),
            _ => {}
        }
        let found = one(kind, title, section, &mut file.faults);
        file.sections.push(found);
    }
    let is_input = |s: &Section| matches!(s.kind.word, "share" | "boot-image");
    if !file.sections.iter().any(is_input) {
        // A section whose header is wrong would be one, perhaps; then that is what is to be mended.
        let last = written.last().map_or(1, |s| s.line);
        if file.faults.is_empty() {
            file.faults.push((last, Fault::NoInput));
        }
    }
    file.faults.sort_by_key(|(line, _)| *line);
    file
}

fn one(kind: &'static Kind, title: &str, section: &ini::Section, faults: &mut Vec<(u32, Fault)>) -> Section {
    let mut found = Section { kind, name: title.to_owned(), line: section.line, values: Vec::new() };
    let mut named = Vec::new();
    for entry in &section.entries {
        let Some(key) = kind.keys.iter().find(|k| k.eq_ignore_ascii_case(&entry.key)) else {
            let fault = Fault::UnknownKey { section: found.header(), key: entry.key.clone(), known: kind.keys };
            faults.push((entry.line, fault));
            continue;
        };
        named.push(*key);
        match entry.value.as_deref().map(str::trim).filter(|v| !v.is_empty()) {
            Some(text) => found.values.push(Value { key, text: text.to_owned(), line: entry.line }),
            None => faults.push((entry.line, Fault::Empty((*key).to_owned()))),
        }
    }
    for key in kind.required.iter().filter(|key| !named.contains(*key)) {
        faults.push((section.line, Fault::Missing { section: found.header(), key }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_keys_are_read_with_their_lines() {
        let file = read(b"; nightly\n[Report]\nFail-On = warning\n\n[share Dell  drivers]\npath = /srv/dell = new\n");
        assert_eq!(file.faults, []);
        let share = &file.sections[1];
        assert_eq!((share.kind.word, share.name.as_str(), share.line), ("share", "Dell  drivers", 5));
        assert_eq!(share.get("path"), Some(&Value { key: "path", text: "/srv/dell = new".into(), line: 6 }));
        assert_eq!(file.sections[0].get("fail-on").map(|v| v.line), Some(3));
    }

    #[test]
    fn all_faults_are_said_at_once() {
        let text = "[share]\n[reprot]\n[share a]\npth = x\n[metrics b]\nfile\n[webhook]\nurl =\n[share A]\n";
        let said: Vec<(u32, String)> = read(text.as_bytes()).faults.iter().map(|(l, f)| (*l, f.to_string())).collect();
        let lines: Vec<u32> = said.iter().map(|(l, _)| *l).collect();
        assert_eq!(lines, [1, 1, 2, 3, 4, 5, 6, 8, 9], "{said:#?}");
    }

    #[test]
    fn what_names_no_input_is_no_report() {
        let fault = |text: &str| read(text.as_bytes()).faults.first().cloned();
        for text in ["", "[report]\n", "[report]\n[fleet a]\npath = x\n"] {
            assert!(matches!(fault(text), Some((_, Fault::NoInput))), "{text}");
        }
        assert_eq!(fault("[boot-image a]\npath = x\n"), None);
    }

    #[test]
    fn an_unknown_name_comes_with_what_there_is() {
        let file = read(b"[shar a]\npath = x\n");
        let (typed, known) = file.faults[0].1.typed().unwrap();
        assert!(typed == "shar" && known.contains(&"share"));
    }
}
