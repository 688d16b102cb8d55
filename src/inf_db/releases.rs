//! The table of Windows PE releases (`winpe/releases.toml`): what a release is called, what it holds, how it behaves.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::{prose, prose_option};

/// How a release treats NICs whose driver has more than one tier (FACTS.md 3.1, 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MultiTier {
    /// 2.x: drivers are installed only for devices found during the initial enumeration, so the child that a bus driver
    /// creates never gets one.
    SingleEnumeration,
    /// 3.x: the network goes away while the driver is replaced, and comes back after a few seconds.
    ReplacedThenRecovers,
    /// 4.0 and later: multi-tier NIC drivers are in the box.
    InBox,
}

/// Which tool services an offline image of this release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Servicing {
    /// None: 1.x (`txtsetup.sif`, `winpe.inf`).
    None,
    /// `peimg.exe` and `pkgmgr.exe`: 2.x.
    Pkgmgr,
    /// `dism.exe`: 3.0 and later.
    Dism,
}

/// Does a kernel driver load whose only signature uses SHA-256?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sha2 {
    /// No; with one of [`Release::sha2_updates`] in the image, where it names any.
    No,
    /// With one of [`Release::sha2_updates`] in the image, which images of that release commonly have.
    WithUpdate,
    /// Yes.
    Yes,
}

/// On which machines a 32-bit kernel driver must be signed. 64-bit Windows enforces it since Vista.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum X86Signing {
    /// On none.
    Never,
    /// Where Secure Boot is on.
    SecureBoot,
}

/// What NetAdapterCx of a release serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetAdapterCxScope {
    /// There is none.
    None,
    /// Preview versions, not for production drivers.
    Preview,
    /// Mobile broadband only.
    MobileBroadband,
    /// Ethernet, too.
    Ethernet,
    /// Not documented for this release.
    Unknown,
}

/// `MAJOR.MINOR` of NDIS, KMDF, UMDF or NetAdapterCx. NDIS 6.20 is newer than 6.2 would be: parts are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentVersion {
    /// Major.
    pub major: u16,
    /// Minor.
    pub minor: u16,
}

impl FromStr for ComponentVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        match parts {
            Some((major, minor)) => Ok(Self { major, minor }),
            None => Err(format!("`{text}` is no MAJOR.MINOR version")),
        }
    }
}

impl fmt::Display for ComponentVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for ComponentVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ComponentVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The name used on the command line and in reports: `3.0`, `10-2004`, `11-24H2`.
    pub id: String,
    /// For people: `Windows PE 3.0`.
    pub title: String,
    /// `MAJOR` of the OS version.
    pub major: u16,
    /// `MINOR`.
    pub minor: u16,
    /// The lowest build that belongs to this row.
    pub build: u32,
    /// The lowest service-pack build, where rows share the build (5.0 and 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sp_build: Option<u32>,
    /// `<SPBUILD>` of the image that the kit ships, before any update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit_sp_build: Option<u32>,
    /// Other names that mean this row, because the Windows of that name shares its Windows PE: `10-22H2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// The Windows that it is made from.
    pub windows: String,
    /// The kit that ships it.
    pub kit: String,
    /// The ConfigMgr that used it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configmgr: Option<String>,
    /// The MDT or BDD that used it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mdt: Option<String>,
    /// It is booted from a WIM; 1.x is not.
    pub wim: bool,
    /// Architectures that exist.
    #[serde(deserialize_with = "archs")]
    pub archs: Vec<Arch>,
    /// Servicing tool.
    pub servicing: Servicing,
    /// How it treats multi-tier NICs; `None` for 1.x.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_tier: Option<MultiTier>,
    /// It knows the `BuildNumber` part of a TargetOSVersion decoration (build 14310 and later); older ones do not consider
    /// such a decoration at all.
    pub build_decorations: bool,
    /// All trusted signatures count the same for the rank (AllSigningEqual is on by default).
    pub all_signing_equal: bool,
    /// SHA-256 signatures of kernel drivers.
    pub sha2: Sha2,
    /// Updates that make it accept them, any one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sha2_updates: Vec<String>,
    /// Signature enforcement on x86.
    pub x86_signing: X86Signing,
    /// With Secure Boot on, new kernel drivers must be signed by Microsoft's developer portal.
    pub portal_signing: bool,
    /// NDIS.
    pub ndis: ComponentVersion,
    /// KMDF in the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kmdf: Option<ComponentVersion>,
    /// UMDF in the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub umdf: Option<ComponentVersion>,
    /// NetAdapterCx of that Windows. Whether Windows PE carries it is not documented: look into the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_adapter_cx: Option<ComponentVersion>,
    /// What it serves.
    pub net_adapter_cx_scope: NetAdapterCxScope,
    /// Why this release should not be used, where that is known.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub known_bad: Option<String>,
    /// What else matters, for people.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
    /// Keys of this row that are from memory only: hypotheses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_memory: Vec<String>,
}

impl Release {
    /// The lowest OS version that belongs to this row; what is judged when only the release is named.
    pub const fn version(&self) -> OsVersion {
        let sp_build = match self.sp_build {
            Some(sp) => Some(sp),
            None => self.kit_sp_build,
        };
        OsVersion { major: self.major, minor: self.minor, build: Some(self.build), sp_build }
    }

    /// A key of the row is known from memory only.
    pub fn is_hypothesis(&self, key: &str) -> bool {
        self.from_memory.iter().any(|k| k == key)
    }
}

/// The whole table, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases {
    rows: Vec<Release>,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleasesFile {
    release: Vec<Release>,
}

impl Releases {
    /// Reads the table. Rows that contradict the others stay in, with a problem.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Spans {
            release: Vec<toml::Spanned<Release>>,
        }
        let spans: Spans = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut rows: Vec<Release> = Vec::with_capacity(spans.release.len());
        let mut problem = |span, message: String| problems.push(file.problem(Some(span), message));
        for row in spans.release {
            let span = row.span();
            let row = row.into_inner();
            if row.id.is_empty() || row.id.contains(char::is_whitespace) {
                problem(span.clone(), format!("`{}` is no release id", row.id));
            }
            let names = |r: &Release| std::iter::once(r.id.clone()).chain(r.covers.iter().cloned()).collect::<Vec<_>>();
            if let Some(twice) = names(&row).iter().find(|n| rows.iter().any(|r| names(r).contains(n))) {
                problem(span.clone(), format!("release `{twice}` is there twice"));
            }
            let key = |r: &Release| (r.major, r.minor, r.build, r.sp_build.unwrap_or(0));
            if rows.iter().any(|r| r.wim == row.wim && key(r) >= key(&row)) {
                problem(span.clone(), format!("release `{}` must stand in the order of its version", row.id));
            }
            if row.wim != row.multi_tier.is_some() {
                problem(span.clone(), format!("release `{}`: multi_tier goes with wim = true", row.id));
            }
            let updates = !row.sha2_updates.is_empty();
            if (row.sha2 == Sha2::WithUpdate && !updates) || (row.sha2 == Sha2::Yes && updates) {
                let text = "sha2 = \"with-update\" needs sha2_updates, sha2 = \"yes\" has none";
                problem(span.clone(), format!("release `{}`: {text}", row.id));
            }
            for key in row.from_memory.iter().filter(|key| !is_key(&row, key)) {
                problem(
                    span.clone(),
                    format!("release `{}`: from_memory names `{key}`, which the row has not", row.id),
                );
            }
            rows.push(row);
        }
        Some(Self { rows })
    }

    /// The file as typed values, for the canonical form and the digest.
    pub(super) fn to_file(&self) -> ReleasesFile {
        ReleasesFile { release: self.rows.clone() }
    }

    /// The releases that are booted from a WIM (2.0 and later), oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Release> {
        self.rows.iter().filter(|r| r.wim)
    }

    /// Every row, 1.x too.
    pub fn all(&self) -> &[Release] {
        &self.rows
    }

    /// The row with this id or a name that it covers, without case.
    pub fn by_id(&self, id: &str) -> Option<&Release> {
        let id = id.trim();
        self.rows
            .iter()
            .find(|r| r.id.eq_ignore_ascii_case(id))
            .or_else(|| self.rows.iter().find(|r| r.covers.iter().any(|name| name.eq_ignore_ascii_case(id))))
    }
}

pub(super) fn archs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arch>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    names
        .iter()
        .map(|name| {
            Arch::ALL
                .into_iter()
                .find(|arch| arch.name() == name)
                .ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no architecture")))
        })
        .collect()
}

/// The row, as written, has this key.
fn is_key(row: &Release, key: &str) -> bool {
    toml::Table::try_from(row).is_ok_and(|table| table.contains_key(key))
}
