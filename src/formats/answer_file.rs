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
    /// The element with its settings.
    pub settings: Element,
}

/// What an answer file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerFile {
    /// Components in document order.
    pub components: Vec<Component>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Reads an answer file.
pub fn read(bytes: &[u8]) -> AnswerFile {
    let xml::Xml { root, mut problems } = xml::read(bytes);
    let Some(root) = root else { return AnswerFile { components: Vec::new(), problems } };
    if !root.name.eq_ignore_ascii_case("unattend") {
        problems.push(format!("no answer file: its root element is <{}>", root.name));
    }
    let mut components = Vec::new();
    for settings in root.children.into_iter().filter(|e| e.name.eq_ignore_ascii_case("settings")) {
        let pass = settings.attribute("pass").unwrap_or_default().to_owned();
        for component in settings.children.into_iter().filter(|e| e.name.eq_ignore_ascii_case("component")) {
            components.push(Component {
                pass: pass.clone(),
                name: component.attribute("name").unwrap_or_default().to_owned(),
                arch: component.attribute("processorArchitecture").map(str::to_owned),
                settings: component,
            });
        }
    }
    AnswerFile { components, problems }
}
