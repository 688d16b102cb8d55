//! What an answer file says about drivers: which component offers which folders in which pass.

use crate::formats::answer_file;
use crate::formats::xml::Element;

/// A folder of drivers: `<DriverPaths><PathAndCredentials wcm:keyValue="1"><Path>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverPath {
    /// `wcm:keyValue`.
    pub key: Option<String>,
    /// `<Path>`.
    pub path: Option<String>,
    /// 1-based line of `<PathAndCredentials>`.
    pub line: u32,
}

/// A component of one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerComponent {
    /// `pass` of its settings: `offlineServicing`.
    pub pass: String,
    /// `name`: `Microsoft-Windows-PnpCustomizationsNonWinPE`.
    pub name: String,
    /// `processorArchitecture`.
    pub arch: Option<String>,
    /// `publicKeyToken`.
    pub public_key_token: Option<String>,
    /// `language`.
    pub language: Option<String>,
    /// `versionScope`.
    pub version_scope: Option<String>,
    /// The folders that it offers, in document order.
    pub driver_paths: Vec<DriverPath>,
    /// 1-based line.
    pub line: u32,
}

/// An answer file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFile {
    /// Name used in places.
    pub path: String,
    /// Its root element; empty when it has none.
    pub root: String,
    /// Namespace of the root element.
    pub namespace: Option<String>,
    /// 1-based line of the root element.
    pub line: u32,
    /// Components in document order.
    pub components: Vec<AnswerComponent>,
    /// What could not be read.
    pub problems: Vec<String>,
}

impl AnswerFile {
    /// Reads one; `path` is what to call it in places.
    pub fn read(path: &str, bytes: &[u8]) -> Self {
        let file = answer_file::read(bytes);
        let component = |c: answer_file::Component| AnswerComponent {
            driver_paths: driver_paths(&c.settings),
            pass: c.pass,
            name: c.name,
            arch: c.arch,
            public_key_token: c.public_key_token,
            language: c.language,
            version_scope: c.version_scope,
            line: c.line,
        };
        Self {
            path: path.to_owned(),
            root: file.root,
            namespace: file.namespace,
            line: file.line,
            components: file.components.into_iter().map(component).collect(),
            problems: file.problems,
        }
    }

    /// It is an answer file at all.
    pub fn is_unattend(&self) -> bool {
        self.root.eq_ignore_ascii_case("unattend")
    }
}

fn driver_paths(component: &Element) -> Vec<DriverPath> {
    let lists = component.all("DriverPaths");
    let entries = lists.flat_map(|list| list.all("PathAndCredentials"));
    let entry = |e: &Element| DriverPath {
        key: e.attribute("keyValue").map(str::to_owned),
        path: e.text_at("Path").map(str::to_owned),
        line: e.line,
    };
    entries.map(entry).collect()
}
