//! Task sequences: `<sequence version="3.00">` with `<group>` and `<step>`, as Configuration Manager (`_SMSTSTaskSequence`, the
//! property Sequence of SMS_TaskSequencePackage) and MDT (`Control\ID\ts.xml`) write them.
//!
//! The shape was read in public files: MDT's `ts.xml` (erikpt/Modern-Deployment-Toolkit, DeployXMLExamples), dumps of
//! `_SMSTSTaskSequence`, and the SMS_TaskSequence_* classes of memdocs, whose qualifiers name command lines and variables. A
//! template of MDT for Configuration Manager wraps it: `<SmsTaskSequencePackage><SequenceData><sequence>`.

use super::xml::{self, Element};

/// A step, in the order in which the task sequence runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// `type`: `SMS_TaskSequence_AutoApplyAction`, `BDD_InjectDrivers`; empty where the file names none.
    pub kind: String,
    /// `name`.
    pub name: String,
    /// It or a group around it has `disable="true"`.
    pub disabled: bool,
    /// It or a group around it has conditions: whether it runs is not in the file.
    pub conditional: bool,
    /// `<action>`: its command line.
    pub action: String,
    /// `<defaultVarList>`.
    pub variables: Vec<Variable>,
    /// 1-based line of its start tag.
    pub line: u32,
}

/// A variable of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// `name`: `OSDConfigFileName`.
    pub name: String,
    /// `property`: `ConfigFileName`.
    pub property: String,
    /// Its value.
    pub value: String,
    /// 1-based line.
    pub line: u32,
}

impl Step {
    /// Value of a variable by the name of its property or its own, without case; `None` when it is missing or empty.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        let mut all = self.variables.iter();
        all.find(|v| v.property.eq_ignore_ascii_case(name) || v.name.eq_ignore_ascii_case(name))
            .filter(|v| !v.value.is_empty())
    }
}

/// A task sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskSequence {
    /// `name` of the sequence.
    pub name: String,
    /// 1-based line of `<sequence>`.
    pub line: u32,
    /// Its steps, groups resolved.
    pub steps: Vec<Step>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Deepest element between the root and `<sequence>`.
const WRAPPERS: usize = 3;

/// Reads a task sequence; `None` when no `<sequence>` is in the file.
pub fn read(bytes: &[u8]) -> Option<TaskSequence> {
    let xml::Xml { root, problems, .. } = xml::read(bytes);
    let sequence = find(root.as_ref()?, WRAPPERS)?;
    let name = sequence.attribute("name").unwrap_or_default().to_owned();
    let mut found = TaskSequence { name, line: sequence.line, steps: Vec::new(), problems };
    collect(sequence, Around::default(), &mut found.steps);
    Some(found)
}

fn find(element: &Element, depth: usize) -> Option<&Element> {
    if element.name.eq_ignore_ascii_case("sequence") {
        return Some(element);
    }
    let children = || element.children.iter();
    (depth > 0).then(|| children().find_map(|c| find(c, depth - 1))).flatten()
}

/// What the groups around a step say.
#[derive(Clone, Copy, Default)]
struct Around {
    disabled: bool,
    conditional: bool,
}

/// The depth is that of the XML, which its reader bounds.
fn collect(group: &Element, around: Around, steps: &mut Vec<Step>) {
    for element in &group.children {
        let here = Around {
            disabled: around.disabled || element.attribute("disable").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            conditional: around.conditional || element.at("condition").is_some_and(|c| !c.children.is_empty()),
        };
        match element.name.to_ascii_lowercase().as_str() {
            "group" => collect(element, here, steps),
            "step" => steps.push(step(element, here)),
            _ => {}
        }
    }
}

fn step(element: &Element, around: Around) -> Step {
    let attribute = |name| element.attribute(name).unwrap_or_default().to_owned();
    let lists = element.all("defaultVarList");
    let variables = lists.flat_map(|list| list.children.iter()).filter(|v| v.name.eq_ignore_ascii_case("variable"));
    let variable = |v: &Element| Variable {
        name: v.attribute("name").unwrap_or_default().to_owned(),
        property: v.attribute("property").unwrap_or_default().to_owned(),
        value: v.text.trim().to_owned(),
        line: v.line,
    };
    Step {
        kind: attribute("type"),
        name: attribute("name"),
        disabled: around.disabled,
        conditional: around.conditional,
        action: element.text_at("action").unwrap_or_default().to_owned(),
        variables: variables.map(variable).collect(),
        line: element.line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_in_order_with_what_the_groups_around_them_say() {
        let text = "<P>\n<SequenceData>\n<sequence version='3.10' name='s'>\n\
                    <group name='g' disable='true'><step type='A' name='one'><action>x &amp; y</action></step></group>\n\
                    <group><condition><expression/></condition>\n<step name='two'><defaultVarList>\n\
                    <variable name='OSDX' property='X'>v</variable></defaultVarList></step></group>\n\
                    <step name='three'><condition></condition></step></sequence></SequenceData></P>";
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.name.as_str(), read.line, read.problems.len()), ("s", 3, 0));
        let shown: Vec<_> = read.steps.iter().map(|s| (s.name.as_str(), s.line, s.disabled, s.conditional)).collect();
        assert_eq!(shown, [("one", 4, true, false), ("two", 6, false, true), ("three", 8, false, false)]);
        assert_eq!((read.steps[0].kind.as_str(), read.steps[0].action.as_str()), ("A", "x & y"));
        let variable = read.steps[1].variable("x").unwrap();
        assert_eq!((variable.value.as_str(), variable.line), ("v", 7));
        assert_eq!(read.steps[1].variable("osdx"), Some(variable));
    }

    #[test]
    fn what_holds_no_sequence_is_none() {
        for text in ["", "<unattend/>", "<a><b><c><d><sequence/></d></c></b></a>", "no xml"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        let torn = read(b"<sequence><step name='a'/><group><step name='b'>").unwrap();
        assert_eq!((torn.steps.len(), torn.problems.len()), (2, 1));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = read(&bytes);
            let _ = read(&[b"<sequence><step>", bytes.as_slice()].concat());
        }
    }
}
