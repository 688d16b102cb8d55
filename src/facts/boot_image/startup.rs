//! What a boot image starts: `SYSTEM\Setup\CmdLine`, `winpeshl.ini`, `setup.exe`, `startnet.cmd`, `unattend.xml`
//! (FACTS.md 5.3).
//!
//! The order: winlogon runs `CmdLine`, normally `winpeshl.exe`; that runs what `winpeshl.ini` lists, without one the
//! `setup.exe` of installation media, without that `cmd /k startnet.cmd`
//! (oofhours.com/2020/12/03/windows-pe-startup-revisited, osdeploy.com/winpe/adk-basics/winpe-startup-flow).

use serde::{Deserialize, Serialize};

use crate::formats::xml::Element;
use crate::formats::{answer_file, ini};

/// The start-up files of an image. Absent = the file is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Startup {
    /// Commands of `System32/startnet.cmd`: its lines without comments, empty lines and `echo off`.
    pub startnet: Option<Vec<String>>,
    /// `System32/winpeshl.ini`.
    pub winpeshl: Option<Winpeshl>,
    /// `SYSTEM\Setup, CmdLine`: `winpeshl.exe`, unless somebody put a shell of their own there.
    pub setup_command: Option<String>,
    /// `setup.exe` of installation media, path in the image.
    pub setup_program: Option<String>,
    /// Answer files that wpeinit or Windows Setup could read.
    pub answer_files: Vec<AnswerFile>,
    /// One of the commands runs wpeinit (or wpeutil InitializeNetwork), as written: then the network comes up.
    pub initialises_network: Vec<String>,
}

/// `winpeshl.ini`: with it, winpeshl.exe starts these programs instead of `cmd /k startnet.cmd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Winpeshl {
    /// `[LaunchApp] AppPath`.
    pub launch_app: Option<String>,
    /// `[LaunchApps]`, in order.
    pub launch_apps: Vec<String>,
    /// It is no INI file, or neither section is there.
    pub problem: Option<String>,
}

/// What an answer file says to Windows PE (configuration pass windowsPE, component Microsoft-Windows-Setup).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerFile {
    /// Path in the image.
    pub path: String,
    /// `EnableNetwork`: with `false` wpeinit does not initialise the network
    /// (learn.microsoft.com, microsoft-windows-setup-enablenetwork).
    pub enable_network: Option<bool>,
    /// Commands of `RunSynchronous` in their order, then those of `RunAsynchronous`.
    pub commands: Vec<String>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Reads an answer file.
pub fn answer_file(path: &str, bytes: &[u8]) -> AnswerFile {
    let file = answer_file::read(bytes);
    let mut facts = AnswerFile { path: path.to_owned(), problems: file.problems, ..AnswerFile::default() };
    let for_pe = |c: &&answer_file::Component| {
        c.pass.eq_ignore_ascii_case("windowsPE") && c.name.eq_ignore_ascii_case("Microsoft-Windows-Setup")
    };
    for component in file.components.iter().filter(for_pe) {
        match component.settings.text_at("EnableNetwork").map(str::to_ascii_lowercase).as_deref() {
            Some("true") => facts.enable_network = Some(true),
            Some("false") => facts.enable_network = Some(false),
            _ => {}
        }
        for (list, item) in [("RunSynchronous", "RunSynchronousCommand"), ("RunAsynchronous", "RunAsynchronousCommand")]
        {
            let mut commands: Vec<&Element> = component.settings.all(list).flat_map(|l| l.all(item)).collect();
            commands.sort_by_key(|c| c.text_at("Order").and_then(|o| o.parse::<u32>().ok()).unwrap_or(u32::MAX));
            facts.commands.extend(commands.iter().filter_map(|c| c.text_at("Path")).map(str::to_owned));
        }
    }
    facts
}

/// Reads `startnet.cmd`.
pub fn startnet(bytes: &[u8]) -> Vec<String> {
    const MAX_LINES: usize = 10_000;
    ini::decode(bytes)
        .trim_start_matches('\u{FEFF}')
        .lines()
        .map(|line| line.trim().trim_start_matches('@').trim())
        .filter(|line| !line.is_empty() && !is_comment(line) && !line.eq_ignore_ascii_case("echo off"))
        .take(MAX_LINES)
        .map(str::to_owned)
        .collect()
}

fn is_comment(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    word.eq_ignore_ascii_case("rem") || line.starts_with(':')
}

/// Reads `winpeshl.ini`.
pub fn winpeshl(bytes: &[u8]) -> Winpeshl {
    let text = ini::decode(bytes);
    let launch_apps = ini::bare_lines(&text, "LaunchApps");
    let (launch_app, problem) = match ini::parse(&text) {
        Ok(ini) => (ini.get("launchapp", "apppath").filter(|p| !p.is_empty()), None),
        Err(error) => (None, Some(error)),
    };
    let problem = match problem {
        None if launch_app.is_none() && launch_apps.is_empty() => {
            Some("it has neither [LaunchApp] with AppPath nor [LaunchApps]".to_owned())
        }
        other => other,
    };
    Winpeshl { launch_app, launch_apps, problem }
}

impl Startup {
    /// Every command in the order in which it would run, see the head of this file.
    pub fn commands(&self) -> Vec<&str> {
        let custom = self.setup_command.iter().filter(|c| !mentions(c, "winpeshl"));
        let shell = self.winpeshl.iter().flat_map(|w| w.launch_app.iter().chain(&w.launch_apps));
        let mut commands: Vec<&str> = custom.map(String::as_str).collect();
        if commands.is_empty() {
            commands.extend(shell.map(String::as_str));
        }
        if commands.is_empty() {
            commands.extend(self.setup_program.as_deref());
        }
        // Without a program of its own the shell runs startnet.cmd; with one only when that calls it.
        if commands.is_empty() || commands.iter().any(|c| mentions(c, "startnet")) {
            commands.extend(self.startnet.iter().flatten().map(String::as_str));
        }
        let answers = self.answer_files.iter().flat_map(|a| &a.commands).map(String::as_str);
        commands.extend(answers);
        commands
    }

    /// Fills [`Self::initialises_network`].
    pub fn find_network_start(&mut self) {
        let found = self.commands().into_iter().filter(|c| mentions(c, "wpeinit") || mentions(c, "initializenetwork"));
        self.initialises_network = found.map(str::to_owned).collect();
    }
}

fn mentions(command: &str, word: &str) -> bool {
    command.to_ascii_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_wpeinit() {
        let cases: [(Option<&str>, Option<&str>, &[&str]); 6] = [
            // startnet.cmd, winpeshl.ini, what initialises the network
            (Some("@echo off\r\nREM x\r\nwpeinit\r\n"), None, &["wpeinit"]),
            (Some("net use"), None, &[]),
            (Some("wpeinit"), Some("[LaunchApp]\r\nAppPath=X:\\sms\\bin\\x64\\TsBootShell.exe"), &[]),
            (Some("wpeinit"), Some("[LaunchApps]\r\ncmd.exe, /c startnet.cmd\r\nshell.exe"), &["wpeinit"]),
            (
                None,
                Some("[LaunchApps]\nX:\\Windows\\System32\\wpeinit.exe\nshell.exe"),
                &["X:\\Windows\\System32\\wpeinit.exe"],
            ),
            (None, None, &[]),
        ];
        for (cmd, shell, wanted) in cases {
            let mut startup = Startup {
                startnet: cmd.map(|t| startnet(t.as_bytes())),
                winpeshl: shell.map(|t| winpeshl(t.as_bytes())),
                ..Startup::default()
            };
            startup.find_network_start();
            assert_eq!(startup.initialises_network, wanted, "{cmd:?} {shell:?}");
        }
        assert!(winpeshl(b"nothing").problem.is_some());
    }

    #[test]
    fn the_first_program_found_is_the_one_that_runs() {
        let startnet = Some(vec!["wpeinit".to_owned()]);
        let text = |t: &str| Some(t.to_owned());
        let cases = [
            (None, None, vec!["wpeinit"]),
            (text("winpeshl.exe"), None, vec!["wpeinit"]),
            (text("winpeshl.exe"), text("setup.exe"), vec!["setup.exe"]),
            (text("X:\\shell.exe"), None, vec!["X:\\shell.exe"]),
            (text("cmd /c startnet.cmd"), text("setup.exe"), vec!["cmd /c startnet.cmd", "wpeinit"]),
        ];
        for (setup_command, setup_program, wanted) in cases {
            let startup = Startup { startnet: startnet.clone(), setup_command, setup_program, ..Startup::default() };
            assert_eq!(startup.commands(), wanted);
        }
    }

    #[test]
    fn answer_files_can_switch_the_network_off() {
        let text = "<unattend xmlns='urn:schemas-microsoft-com:unattend'><settings pass='windowsPE'>\
            <component name='Microsoft-Windows-Setup' processorArchitecture='amd64'><EnableNetwork>false</EnableNetwork>\
            <RunSynchronous><RunSynchronousCommand><Order>2</Order><Path>b.exe</Path></RunSynchronousCommand>\
            <RunSynchronousCommand><Order>1</Order><Path>a.exe &amp; x</Path></RunSynchronousCommand></RunSynchronous>\
            </component></settings><settings pass='specialize'><component name='Microsoft-Windows-Setup'>\
            <EnableNetwork>true</EnableNetwork></component></settings></unattend>";
        let facts = answer_file("Unattend.xml", text.as_bytes());
        assert_eq!(
            (facts.enable_network, facts.commands),
            (Some(false), vec!["a.exe & x".to_owned(), "b.exe".to_owned()])
        );
        assert_eq!(facts.problems, Vec::<String>::new());
        for (text, problem) in [("<a/>", "no answer file"), ("", "no XML text")] {
            assert!(answer_file("x", text.as_bytes()).problems[0].contains(problem));
        }
    }
}
