//! Everything that a run depends on, as one digest. Two runs with the same key see the same and write the same, but for the
//! section that says what changed.

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::config::Settings;
use super::judged::formats;
use super::prepared::Prepared;
use crate::analysis::policy::Policy;
use crate::cli::policy::today;
use crate::inf_db::InfDb;
use crate::scan::incremental::READERS;
use crate::scan::stamp::InputStamps;

/// The digest in hex; empty when the stamps do not prove that an input is what it was.
///
/// # Errors
/// The baseline can not be read.
pub(super) fn of(
    settings: &Settings,
    prepared: &Prepared<'_>,
    db: &InfDb,
    policy: Option<&Policy>,
    stamps: &[Option<InputStamps>],
) -> Result<String> {
    let Some(stamps) = stamps.iter().map(|s| s.filter(|s| !s.racy)).collect::<Option<Vec<InputStamps>>>() else {
        return Ok(String::new());
    };
    let mut key = Key(Sha256::new());
    key.add("version", env!("CARGO_PKG_VERSION").as_bytes());
    key.add("readers", READERS.as_bytes());
    key.add("program", program().as_bytes());
    key.add("inf-db", db.digest().as_bytes());
    if let Some(policy) = policy {
        key.add("policy", policy.digest.as_bytes());
        // An ignore that ends today changes what is reported tomorrow.
        key.add("in force", format!("{:?}", policy.in_force(today())).as_bytes());
    }
    if let Some(path) = &settings.judging.baseline {
        let bytes = std::fs::read(path).with_context(|| format!("baseline {}", path.display()))?;
        key.add("baseline", &bytes);
    }
    key.add("judging", format!("{:?}", settings.judging).as_bytes());
    key.add("packages", format!("{:?}", prepared.request.packages).as_bytes());
    key.add("formats", format!("{:?}", formats(settings)).as_bytes());
    let inputs = prepared.inputs();
    key.add("inputs", format!("{:?} {:?} {:?}", inputs.shares, inputs.images, inputs.fleet).as_bytes());
    for input in &stamps {
        key.add("input", &input.digest);
    }
    Ok(key.0.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Size and time of the program: another build of the same version judges in another way.
fn program() -> String {
    let metadata = std::env::current_exe().and_then(std::fs::metadata);
    metadata.map_or_else(|_| String::new(), |m| format!("{} {:?}", m.len(), m.modified().ok()))
}

struct Key(Sha256);

impl Key {
    /// With its length, so that nothing runs into what follows.
    fn add(&mut self, what: &str, bytes: &[u8]) {
        self.0.update(format!("{what} {}\n", bytes.len()));
        self.0.update(bytes);
    }
}
