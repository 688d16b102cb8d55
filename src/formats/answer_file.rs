//! Answer files (`unattend.xml`): `<settings pass="..."><component name="...">` with settings below.

use super::xml::{self, Element};

/// A component of one configuration pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// `pass` of its settings: `windowsPE`.
    pub pass: String,
    /// `name`: `Microsoft-Windows-Setup`.
    pub name: String,
    /// `processorArchitecture`.
    pub arch: Option<String>,
    /// `publicKeyToken`.
    pub public_key_token: Option<String>,
    /// `language`.
    pub language: Option<String>,
    /// `versionScope`.
    pub version_scope: Option<String>,
    /// The element with its settings.
    pub settings: Element,
    /// 1-based line of its start tag.
    pub line: u32,
}

/// What an answer file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerFile {
    /// Name of the root element; empty when there is none.
    pub root: String,
    /// Its namespace, as its `xmlns` says.
    pub namespace: Option<String>,
    /// 1-based line of the root element, 0 when there is none.
    pub line: u32,
    /// Components in document order.
    pub components: Vec<Component>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Reads an answer file.
pub fn read(bytes: &[u8]) -> AnswerFile {
    let xml::Xml { root, mut problems, faults } = xml::read(bytes);
    // Setup reads with a strict reader: what is not well-formed is not read at all.
    problems.extend(faults);
    let Some(root) = root else { return AnswerFile { problems, ..AnswerFile::default() } };
    if !root.name.eq_ignore_ascii_case("unattend") {
        problems.push(format!("no answer file: its root element is <{}>", root.name));
    }
    let mut components = Vec::new();
    // A prefix would stand as the name of the attribute: `xmlns:u`.
    let namespace = root.attribute("xmlns").or_else(|| root.attributes.iter().find_map(|(_, v)| is_schema(v)));
    let (namespace, name, line) = (namespace.map(str::to_owned), root.name.clone(), root.line);
    for settings in root.children.into_iter().filter(|e| e.name.eq_ignore_ascii_case("settings")) {
        let pass = settings.attribute("pass").unwrap_or_default().to_owned();
        for component in settings.children.into_iter().filter(|e| e.name.eq_ignore_ascii_case("component")) {
            components.push(Component {
                pass: pass.clone(),
                name: component.attribute("name").unwrap_or_default().to_owned(),
                public_key_token: component.attribute("publicKeyToken").map(str::to_owned),
                language: component.attribute("language").map(str::to_owned),
                version_scope: component.attribute("versionScope").map(str::to_owned),
                arch: component.attribute("processorArchitecture").map(str::to_owned),
                line: component.line,
                settings: component,
            });
        }
    }
    AnswerFile { root: name, namespace, line, components, problems }
}

/// The namespace under a prefix.
fn is_schema(value: &str) -> Option<&str> {
    value.starts_with("urn:schemas-microsoft-com:unattend").then_some(value)
}
