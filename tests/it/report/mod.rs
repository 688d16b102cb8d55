//! `wimspect report` from the configuration to the exit code.

mod failures;
mod killed;
mod mistakes;
mod nights;
mod notices;
mod units;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Run, copy_tree, finish, fixture, program};

/// 2026-11-20 02:00 UTC.
const FIRST_NIGHT: u64 = 1_795_140_000;
const DAY: u64 = 86_400;

/// A folder with a share, a boot image and a configuration.
pub(super) struct Site {
    folder: tempfile::TempDir,
    night: u64,
}

impl Site {
    /// `config` is added to the sections of the inputs.
    pub(super) fn new(config: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap(), night: 0 };
        copy_tree(&fixture("share/wlan"), &site.path("share/wlan"));
        copy_tree(&fixture("share/netxtreme2-multitier"), &site.path("share/Broadcom"));
        std::fs::create_dir(site.path("out")).unwrap();
        site.boot_image("6.1.7600-amd64-inbox-monolithic.wim");
        site.configure(config);
        site
    }

    pub(super) fn configure(&self, config: &str) {
        let inputs = "[share drivers]\npath = share\n[boot-image production]\npath = boot.wim\n";
        std::fs::write(self.path("wimspect.ini"), format!("{inputs}{config}")).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(super) fn boot_image(&self, name: &str) {
        std::fs::copy(fixture(&format!("images/{name}")), self.path("boot.wim")).unwrap();
    }

    /// The program, at the time of this night, with no policy of whoever runs the test.
    pub(super) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = program();
        let nowhere = self.path("no-such-folder");
        command.env("XDG_CONFIG_HOME", &nowhere).env("HOME", &nowhere).current_dir(self.folder());
        command.env("SOURCE_DATE_EPOCH", (FIRST_NIGHT + self.night * DAY).to_string());
        command.arg("report").args(arguments);
        command
    }

    pub(super) fn report(&self, arguments: &[&str]) -> Run {
        finish(&mut self.command(arguments))
    }

    /// The next night; ends with this exit code.
    pub(super) fn night(&mut self, code: i32) -> Run {
        let run = self.report(&[]);
        self.night += 1;
        assert_eq!(run.code, Some(code), "night {}: {}\n{}", self.night, run.stderr, run.text());
        run
    }

    /// The member `history` of the JSON report.
    pub(super) fn history(&self) -> Value {
        let report: Value = serde_json::from_str(&self.read("out/report.json")).unwrap();
        report["history"].clone()
    }

    /// What changed since the last night.
    pub(super) fn changes(&self) -> Value {
        self.history()["since"][0].clone()
    }
}

/// The report that most tests look into.
pub(super) const JSON: &str = "[output json]\nformat = json\nfile = out/report.json\n";
