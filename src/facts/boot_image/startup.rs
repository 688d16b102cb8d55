//! What a boot image starts: `startnet.cmd`, `winpeshl.ini`, `unattend.xml` (FACTS.md 5.3).

use serde::Serialize;

use crate::formats::ini;

/// The start-up files of an image. Absent = the file is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Startup {
    /// Commands of `System32/startnet.cmd`: its lines without comments, empty lines and `echo off`.
    pub startnet: Option<Vec<String>>,
    /// `System32/winpeshl.ini`.
    pub winpeshl: Option<Winpeshl>,
    /// Answer files that wpeinit would read, path in the image, ordered.
    pub answer_files: Vec<String>,
    /// One of the commands runs wpeinit (or wpeutil InitializeNetwork), as written: then the network comes up.
    pub initialises_network: Vec<String>,
}

/// `winpeshl.ini`: with it, winpeshl.exe starts these programs instead of `cmd /k startnet.cmd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Winpeshl {
    /// `[LaunchApp] AppPath`.
    pub launch_app: Option<String>,
    /// `[LaunchApps]`, in order.
    pub launch_apps: Vec<String>,
    /// It is no INI file, or neither section is there.
    pub problem: Option<String>,
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
    /// Every command in the order in which it would run: winpeshl.ini wins over startnet.cmd.
    pub fn commands(&self) -> Vec<&str> {
        let shell = self.winpeshl.iter().flat_map(|w| w.launch_app.iter().chain(&w.launch_apps)).map(String::as_str);
        let mut commands: Vec<&str> = shell.collect();
        // Without programs of its own the shell runs startnet.cmd; with them only when one of them calls it.
        if commands.is_empty() || commands.iter().any(|c| mentions(c, "startnet")) {
            commands.extend(self.startnet.iter().flatten().map(String::as_str));
        }
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
}
