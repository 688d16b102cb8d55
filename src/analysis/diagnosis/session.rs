//! One session of a log as it is told: what ran when, with which result, what the log says about versions, adapters and drivers,
//! and which signatures it meets.

use std::collections::VecDeque;

use super::matcher::{EvidenceLine, SignatureMatch};
use crate::facts::error_code::ErrorCode;
use crate::facts::log::{LogFormat, Stamp};
use crate::facts::os_version::OsVersion;

/// A version that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSeen {
    /// The version.
    pub version: OsVersion,
    /// It certainly is that of Windows PE.
    pub is_winpe: bool,
    /// Where.
    pub line: EvidenceLine,
}

/// Something with a name that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSeen {
    /// The name.
    pub name: String,
    /// Where it was seen first.
    pub line: EvidenceLine,
}

/// A network adapter that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterSeen {
    /// What it is called.
    pub name: String,
    /// Its address as written; 0.0.0.0 is none.
    pub address: String,
    /// Where.
    pub line: EvidenceLine,
}

impl AdapterSeen {
    /// It has an address.
    pub fn has_address(&self) -> bool {
        !self.address.is_empty() && self.address != "0.0.0.0"
    }
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well.
    Well,
    /// It failed.
    Failed,
    /// The log does not say it.
    NotSaid,
}

impl Ended {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Ended::Well => "succeeded",
            Ended::Failed => "failed",
            Ended::NotSaid => "not-said",
        }
    }
}

/// A step of a task sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepSeen {
    /// Its name.
    pub name: String,
    /// It is one that offers drivers.
    pub offers_drivers: bool,
    /// Where it begins; `None`: only its end is there.
    pub start: Option<EvidenceLine>,
    /// Where it ends.
    pub end: Option<EvidenceLine>,
    /// How.
    pub ended: Ended,
}

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSeen {
    /// Its line; empty where only the end is there.
    pub command: String,
    /// Where it begins.
    pub start: Option<EvidenceLine>,
    /// Its exit code, and where.
    pub exit: Option<(ErrorCode, EvidenceLine)>,
    /// How it ended; "restart needed" is well.
    pub ended: Ended,
}

impl CommandSeen {
    /// Who ran it.
    pub fn component(&self) -> &str {
        let exit = self.exit.as_ref().map(|(_, line)| line);
        self.start.as_ref().or(exit).map_or("", EvidenceLine::component)
    }
}

/// One session.
#[derive(Clone, Debug)]
pub struct Session<'d> {
    /// The format of its log.
    pub format: LogFormat,
    /// First and last line.
    pub lines: (u64, u64),
    /// First and last time, as written.
    pub times: Option<(Stamp, Stamp)>,
    /// Records.
    pub records: u64,
    /// Versions of the Windows that wrote the log.
    pub versions: Vec<VersionSeen>,
    /// Versions of the offline Windows that was worked on.
    pub targets: Vec<VersionSeen>,
    /// Adapters with their addresses.
    pub adapters: Vec<AdapterSeen>,
    /// The last line about the network of wpeinit: up or not.
    pub network: Option<(bool, EvidenceLine)>,
    /// Steps, in order.
    pub steps: Vec<StepSeen>,
    /// Commands, in the order of their ends.
    pub commands: VecDeque<CommandSeen>,
    /// Driver packages that were applied.
    pub driver_packages: Vec<NameSeen>,
    /// INF files that were offered or installed.
    pub infs: Vec<NameSeen>,
    /// Setup was run from a share (`true`) or from the disk.
    pub setup_from_share: Option<(bool, EvidenceLine)>,
    /// Setup had no drivers to install in Windows PE.
    pub no_windowspe_drivers: Option<EvidenceLine>,
    /// The task sequence failed as a whole.
    pub failed: Option<EvidenceLine>,
    /// Records that the writer called errors, since the last step that ended well.
    pub errors: Vec<EvidenceLine>,
    /// Signatures that it meets.
    pub matches: Vec<SignatureMatch<'d>>,
}

impl Session<'_> {
    pub(super) fn new(format: LogFormat, line: u64) -> Self {
        Self {
            format,
            lines: (line, line),
            times: None,
            records: 0,
            versions: Vec::new(),
            targets: Vec::new(),
            adapters: Vec::new(),
            network: None,
            steps: Vec::new(),
            commands: VecDeque::new(),
            driver_packages: Vec::new(),
            infs: Vec::new(),
            setup_from_share: None,
            no_windowspe_drivers: None,
            failed: None,
            errors: Vec::new(),
            matches: Vec::new(),
        }
    }
}
