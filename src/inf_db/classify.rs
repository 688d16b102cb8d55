//! From an OS version to a Windows PE release: MAJOR.MINOR first, then the build range, then the service-pack build.

use std::fmt;

use crate::facts::os_version::OsVersion;

use super::releases::{Release, Releases};
use super::text::did_you_mean;

/// Which release an OS version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classification<'a> {
    /// This one.
    Known(&'a Release),
    /// MAJOR.MINOR names the generation (2.x, 3.x...), but not which row of it: the build is missing or older than every
    /// row, or the service-pack build that tells 5.0 from 5.1 is missing. What all `rows` share is still known.
    Generation {
        /// The rows that it may be, oldest first, at least one.
        rows: Vec<&'a Release>,
        /// Why not which.
        reason: String,
    },
    /// Newer than the last row.
    Newer {
        /// The last row.
        last: &'a Release,
    },
    /// None that the table knows.
    Unknown {
        /// Why not.
        reason: String,
    },
}

impl<'a> Classification<'a> {
    /// The release, when it is known.
    pub fn release(&self) -> Option<&'a Release> {
        match self {
            Classification::Known(release) => Some(release),
            _ => None,
        }
    }

    /// The release, else the oldest row of the generation: for what a whole generation shares (`multi_tier`).
    pub fn generation(&self) -> Option<&'a Release> {
        match self {
            Classification::Known(release) => Some(release),
            Classification::Generation { rows, .. } => rows.first().copied(),
            _ => None,
        }
    }
}

/// A release named on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedRelease<'a> {
    /// The row.
    pub release: &'a Release,
    /// The version that was typed, or the lowest one of the row when an id was typed.
    pub version: OsVersion,
}

/// A text that names no release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRelease {
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
    /// Ids that may have been meant, best first.
    pub did_you_mean: Vec<String>,
}

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        if !self.did_you_mean.is_empty() {
            write!(f, "; did you mean {}?", self.did_you_mean.join(" or "))?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownRelease {}

impl Releases {
    /// Which release this OS version is (DESIGN.md 5.1).
    ///
    /// Builds between two rows belong to the row below: 18363 to `10-1903`, 22631 to `11-22H2`. Any 6.0 is 2.x.
    pub fn classify(&self, version: &OsVersion) -> Classification<'_> {
        let generation: Vec<&Release> = self.iter().filter(|r| (r.major, r.minor) == version.major_minor()).collect();
        let Some(oldest) = generation.first() else {
            return self.outside(version);
        };
        let family = generation_name(&generation);
        let Some(build) = version.build else {
            return one_or_generation(generation, format!("{version} is {family}, but which one needs the build"));
        };
        if build < oldest.build {
            let reason = format!("{version} is {family}, but build {build} is older than every release in the table");
            return Classification::Generation { rows: generation, reason };
        }
        // Nothing is known above the last row: its own build is the end of the table.
        if let Some(last) = self.iter().next_back()
            && (last.major, last.minor) == version.major_minor()
            && build > last.build
        {
            return Classification::Newer { last };
        }
        let row_build = generation.iter().map(|r| r.build).filter(|b| *b <= build).max().unwrap_or(oldest.build);
        let rows: Vec<&Release> = generation.into_iter().filter(|r| r.build == row_build).collect();
        let split = rows.iter().any(|r| r.sp_build.is_some());
        match version.sp_build {
            None if split => {
                let reason = format!("{version} is {family}, but which one needs the service-pack build");
                Classification::Generation { rows, reason }
            }
            // Within a build the highest row wins whose service-pack build is reached.
            sp => {
                let sp = sp.unwrap_or(0);
                match rows.iter().rev().find(|r| r.sp_build.is_none_or(|lowest| lowest <= sp)) {
                    Some(row) => Classification::Known(row),
                    None => Classification::Generation {
                        rows,
                        reason: format!("{version} is {family}, but its service-pack build is older than the table"),
                    },
                }
            }
        }
    }

    /// A version whose MAJOR.MINOR no release has.
    fn outside(&self, version: &OsVersion) -> Classification<'_> {
        let first = self.iter().next();
        match self.iter().next_back() {
            Some(last) if version.major_minor() > (last.major, last.minor) => Classification::Newer { last },
            _ if first.is_some_and(|f| version.major_minor() < (f.major, f.minor)) => Classification::Unknown {
                reason: match self.all().iter().any(|r| !r.wim && (r.major, r.minor) == version.major_minor()) {
                    true => format!("{version} is Windows PE 1.x, which is not booted from a WIM"),
                    false => format!("{version} is older than every Windows PE"),
                },
            },
            _ => Classification::Unknown { reason: format!("no Windows PE has the version {version}") },
        }
    }

    /// Reads what `--winpe` takes: a release id, else an OS version.
    pub fn parse(&self, text: &str) -> Result<NamedRelease<'_>, UnknownRelease> {
        let text = text.trim();
        let unknown =
            |reason: String, did_you_mean: Vec<String>| UnknownRelease { text: text.to_owned(), reason, did_you_mean };
        if let Some(release) = self.by_id(text) {
            if !release.wim {
                let reason = format!("{} is not booted from a WIM, there is nothing to judge", release.title);
                return Err(unknown(reason, Vec::new()));
            }
            return Ok(NamedRelease { release, version: release.version() });
        }
        let Ok(version) = text.parse::<OsVersion>() else {
            return Err(unknown(format!("`{text}` is no Windows PE release"), self.near(text)));
        };
        match self.classify(&version) {
            Classification::Known(release) => Ok(NamedRelease { release, version }),
            Classification::Generation { rows, reason } => {
                Err(unknown(reason, rows.iter().map(|r| r.id.clone()).collect()))
            }
            Classification::Newer { last } => {
                Err(unknown(format!("{version} is newer than {}, the last one known here", last.title), Vec::new()))
            }
            Classification::Unknown { reason } => {
                // `2.5` means a release, and no Windows had such a version.
                let generation = format!("{}.", version.major);
                let same: Vec<String> =
                    self.iter().map(|r| &r.id).filter(|id| id.starts_with(&generation)).cloned().collect();
                match version.build {
                    None if !same.is_empty() => Err(unknown(format!("`{text}` is no Windows PE release"), same)),
                    _ => Err(unknown(reason, Vec::new())),
                }
            }
        }
    }

    /// Ids that a mistyped one may have meant.
    pub fn near(&self, text: &str) -> Vec<String> {
        did_you_mean(text, self.iter().map(|r| r.id.as_str()))
    }
}

fn one_or_generation(rows: Vec<&Release>, reason: String) -> Classification<'_> {
    match rows.as_slice() {
        [only] => Classification::Known(only),
        _ => Classification::Generation { rows, reason },
    }
}

/// `Windows PE 2.x`, or the one title that there is.
fn generation_name(rows: &[&Release]) -> String {
    match rows {
        [only] => only.title.clone(),
        [first, ..] => match first.id.split_once('.') {
            Some((generation, _)) => format!("Windows PE {generation}.x"),
            None => "Windows PE 10 or later".to_owned(),
        },
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::inf_db::{InfDb, MultiTier};

    use super::*;

    fn id_of(version: &str) -> Option<String> {
        let version = version.parse().expect(version);
        InfDb::embedded().releases().classify(&version).release().map(|r| r.id.clone())
    }

    #[test]
    fn builds_belong_to_the_row_below() {
        for (version, id) in [
            ("6.0.6000.16386", "2.0"),
            ("6.0.6001.18000", "2.1"),
            ("6.0.6002.18005", "2.2"),
            ("6.0.6002", "2.2"),
            ("6.0.6003.1", "2.2"),
            ("6.1.7600.16385", "3.0"),
            ("6.1.7601.17514", "3.1"),
            ("6.1.7601.18489", "3.1"),
            ("6.2.9200.16384", "4.0"),
            ("6.3.9600.16384", "5.0"),
            ("6.3.9600.17030", "5.0"),
            ("6.3.9600.17031", "5.1"),
            ("6.3.9600.20000", "5.1"),
            ("10.0.10240.16384", "10-1507"),
            ("10.0.10586.0", "10-1511"),
            ("10.0.14393.0", "10-1607"),
            ("10.0.15063.0", "10-1703"),
            ("10.0.16299.15", "10-1709"),
            ("10.0.17134.1", "10-1803"),
            ("10.0.17763.1", "10-1809"),
            ("10.0.18362.1", "10-1903"),
            ("10.0.18363", "10-1903"),
            ("10.0.19041.1", "10-2004"),
            ("10.0.19042", "10-2004"),
            ("10.0.19045.5000", "10-2004"),
            ("10.0.20348.1", "2022"),
            ("10.0.22000.1", "11-21H2"),
            ("10.0.22621.1", "11-22H2"),
            ("10.0.22631", "11-22H2"),
            ("10.0.25398.1", "server-23H2"),
            ("10.0.26100.1", "11-24H2"),
            ("10.0.26200", "11-24H2"),
            ("10.0.28000.1", "11-26H1"),
        ] {
            assert_eq!(id_of(version).as_deref(), Some(id), "{version}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let releases = InfDb::embedded().releases();
        let classify = |text: &str| releases.classify(&text.parse().expect(text));
        for newer in ["10.0.28001", "10.0.99999.1", "10.1", "11.0.30000"] {
            assert!(matches!(classify(newer), Classification::Newer { last } if last.id == "11-26H1"), "{newer}");
        }
        for (text, ids, tier) in [
            ("6.0", "2.0 2.1 2.2", MultiTier::SingleEnumeration),
            ("6.0.5384", "2.0 2.1 2.2", MultiTier::SingleEnumeration),
            ("6.1", "3.0 3.1", MultiTier::ReplacedThenRecovers),
            ("6.3.9600", "5.0 5.1", MultiTier::InBox),
        ] {
            let Classification::Generation { rows, reason } = classify(text) else { panic!("{text}") };
            assert_eq!(rows.iter().map(|r| &*r.id).collect::<Vec<_>>().join(" "), ids);
            assert!(rows.iter().all(|r| r.multi_tier == Some(tier)), "{text}");
            assert!(reason.contains("Windows PE"), "{reason}");
            assert_eq!(classify(text).release(), None);
        }
        for (text, part) in
            [("5.1.2600", "1.x"), ("5.2.3790.1830", "1.x"), ("4.0", "older"), ("6.4.9841", "no Windows")]
        {
            let Classification::Unknown { reason } = classify(text) else { panic!("{text}") };
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn a_command_line_names_a_release_by_id_or_version() {
        let releases = InfDb::embedded().releases();
        for (text, id, version) in [
            ("3.0", "3.0", "6.1.7600.16385"),
            ("5.1", "5.1", "6.3.9600.17031"),
            (" 10-2004 ", "10-2004", "10.0.19041.1"),
            ("10-22h2", "10-2004", "10.0.19041.1"),
            ("11-23H2", "11-22H2", "10.0.22621.1"),
            ("10.0.19045", "10-2004", "10.0.19045"),
            ("6.0.6002", "2.2", "6.0.6002"),
            ("6.2", "4.0", "6.2"),
        ] {
            let named = releases.parse(text).expect(text);
            assert_eq!((named.release.id.as_str(), named.version.to_string().as_str()), (id, version), "{text}");
        }
        for (text, part) in [
            ("10-2005", "did you mean 10-2004"),
            ("6.1", "did you mean 3.0 or 3.1"),
            ("vista", "no Windows PE release"),
            ("1.6", "not booted from a WIM"),
            ("10.0.30000", "newer than"),
            ("5.1.2600", "1.x"),
        ] {
            let message = releases.parse(text).expect_err(text).to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
