//! What a task sequence says about drivers: its steps, and what each of them does as far as drivers go.
//!
//! Types, command lines and variables are those of the SMS_TaskSequence_* classes in memdocs (develop/reference/osd) and of
//! MDT's `ts.xml`; the names of steps are free text and decide nothing.

use crate::formats::task_sequence::{self, Step};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Apply Operating System.
    ApplyOperatingSystem {
        /// `/install:`: an operating system install package.
        installs: bool,
        /// The answer file that it is given, where it is given one.
        answer_file: Option<String>,
    },
    /// Apply Network Settings.
    ApplyNetworkSettings,
    /// Apply Driver Package.
    ApplyDriverPackage {
        /// Id of the package: `XYZ00012`.
        package: Option<String>,
    },
    /// Auto Apply Drivers.
    AutoApplyDrivers {
        /// Ids of the categories that it is limited to; none = every driver of the site.
        categories: Vec<String>,
    },
    /// A command line that moves the folder of offered drivers to Drivers2.
    RenameDrivers,
    /// A command line that makes that folder anew.
    RecreateDrivers,
    /// Setup Windows and ConfigMgr.
    SetupWindows,
    /// MDT: Inject Drivers.
    InjectDrivers {
        /// `DriverSelectionProfile`.
        profile: Option<String>,
    },
    /// Anything else.
    Other,
}

impl StepKind {
    /// It hands drivers to Windows Setup.
    pub const fn offers_drivers(&self) -> bool {
        matches!(self, Self::ApplyDriverPackage { .. } | Self::AutoApplyDrivers { .. })
    }
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSequenceStep {
    /// What it does.
    pub kind: StepKind,
    /// Its name.
    pub name: String,
    /// It or a group around it has conditions.
    pub conditional: bool,
    /// 1-based line.
    pub line: u32,
}

/// A task sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSequence {
    /// Name of the file, used in places.
    pub path: String,
    /// Name of the task sequence.
    pub name: String,
    /// 1-based line of `<sequence>`.
    pub line: u32,
    /// Steps that are not disabled, in order.
    pub steps: Vec<TaskSequenceStep>,
    /// What could not be read.
    pub problems: Vec<String>,
}

impl TaskSequence {
    /// Reads one; `None` when no task sequence is in the file. `path` is what to call it in places.
    pub fn read(path: &str, bytes: &[u8]) -> Option<Self> {
        let read = task_sequence::read(bytes)?;
        let enabled = read.steps.iter().filter(|s| !s.disabled);
        let steps = enabled.map(|s| TaskSequenceStep {
            kind: kind(s),
            name: s.name.clone(),
            conditional: s.conditional,
            line: s.line,
        });
        Some(Self {
            path: path.to_owned(),
            name: read.name,
            line: read.line,
            steps: steps.collect(),
            problems: read.problems,
        })
    }

    /// Its steps are MDT's own.
    pub fn is_mdt(&self) -> bool {
        self.steps.iter().any(|s| matches!(s.kind, StepKind::InjectDrivers { .. }))
            && !self.steps.iter().any(|s| s.kind.offers_drivers())
    }
}

fn kind(step: &Step) -> StepKind {
    let text = |name: &str| step.variable(name).map(|v| v.value.clone());
    match step.kind.as_str() {
        "SMS_TaskSequence_ApplyOperatingSystemAction" => StepKind::ApplyOperatingSystem {
            installs: argument(&step.action, "/install:").is_some(),
            answer_file: argument(&step.action, "/config:")
                .map(|package| text("ConfigFileName").unwrap_or_else(|| package.to_owned())),
        },
        "SMS_TaskSequence_ApplyNetworkSettingsAction" => StepKind::ApplyNetworkSettings,
        "SMS_TaskSequence_ApplyDriverPackageAction" => {
            StepKind::ApplyDriverPackage { package: argument(&step.action, "/install:").map(str::to_owned) }
        }
        "SMS_TaskSequence_AutoApplyAction" => {
            let list = text("CategoryList").or_else(|| text("OSDAutoApplyDriverCategoryList")).unwrap_or_default();
            let categories = list.split([',', ';']).map(str::trim).filter(|c| !c.is_empty());
            StepKind::AutoApplyDrivers { categories: categories.map(str::to_owned).collect() }
        }
        "SMS_TaskSequence_SetupWindowsAndSMSAction" => StepKind::SetupWindows,
        "BDD_InjectDrivers" => StepKind::InjectDrivers { profile: text("DriverSelectionProfile") },
        "SMS_TaskSequence_RunCommandLineAction" => command(&text("CommandLine").unwrap_or(step.action.clone())),
        _ => StepKind::Other,
    }
}

/// The value of an argument of a command line, up to the next blank, comma or quote.
fn argument<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let at = line.to_ascii_lowercase().find(name)? + name.len();
    let value = line.get(at..)?.split([' ', ',', '"']).next().unwrap_or_default();
    (!value.is_empty()).then_some(value)
}

/// Whether a command moves `...\Drivers` to `...\Drivers2`, or makes `...\Drivers`.
fn command(line: &str) -> StepKind {
    let line = line.to_ascii_lowercase().replace('"', " ").replace('/', "\\");
    let words: Vec<&str> = line.split_whitespace().collect();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    let names_folder = |name: &str| words.iter().any(|w| w.trim_end_matches('\\').rsplit('\\').next() == Some(name));
    if has(&["move", "ren", "rename", "move-item", "rename-item"]) && names_folder("drivers2") {
        StepKind::RenameDrivers
    } else if has(&["md", "mkdir", "new-item"]) && names_folder("drivers") {
        StepKind::RecreateDrivers
    } else {
        StepKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_the_article_and_their_kin() {
        for (line, expected) in [
            (r#"cmd /c move "%_SMSTSMDataPath%\Drivers" "%_SMSTSMDataPath%\Drivers2""#, StepKind::RenameDrivers),
            (r#"smsswd.exe /run: cmd /c ren "%_SMSTSMDataPath%\Drivers" Drivers2"#, StepKind::RenameDrivers),
            (r#"cmd /c md "%_SMSTSMDataPath%\Drivers""#, StepKind::RecreateDrivers),
            (r"cmd.exe /c mkdir %_SMSTSMDataPath%\Drivers\", StepKind::RecreateDrivers),
            (r"cmd /c md C:\Drivers2", StepKind::Other),
            (r"cmd /c move C:\a C:\b", StepKind::Other),
            ("", StepKind::Other),
        ] {
            assert_eq!(command(line), expected, "{line}");
        }
    }

    #[test]
    fn arguments_of_command_lines() {
        for (line, name, expected) in [
            ("osddriverclient.exe /install:XYZ00012 /unsigned:%x%", "/install:", Some("XYZ00012")),
            ("OSDApplyOS.exe /INSTALL:XYZ00003,%i%", "/install:", Some("XYZ00003")),
            (r#"OSDApplyOS.exe "/config:XYZ00005,%f%""#, "/config:", Some("XYZ00005")),
            ("osddriverclient.exe /install: ", "/install:", None),
            ("x", "/install:", None),
        ] {
            assert_eq!(argument(line, name), expected, "{line}");
        }
    }
}
