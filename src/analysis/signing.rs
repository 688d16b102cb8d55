//! Would a release load a driver with these signatures? (FACTS.md 1c.)
//!
//! Nobody's trust is checked here: a signature counts as what it claims to be. Under that assumption the release, the
//! architecture and the digests decide, and with Secure Boot also who may sign.

use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::signature::{CatalogFacts, DigestAlgorithm, EmbeddedSignature, Membership, Signature};
use crate::inf_db::{Confidence, Release, Sha2, Signers, X86Signing};

use super::evidence::{Evidence, Place};

/// With Secure Boot, cross-signed drivers load where the end-entity certificate was issued before this day.
const CROSS_SIGNED_UNTIL: &str = "2015-07-29";
const POLICY: &str = "windows-driver-docs: kernel-mode-code-signing-policy";

/// One signature that covers a driver file, in a catalog or in the file itself.
#[derive(Clone, Debug)]
pub struct CoveringSignature<'a> {
    /// The catalog or the driver file.
    pub place: Place,
    /// It stands in a catalog, not in the file.
    pub is_catalog: bool,
    /// The digests under which it covers the file.
    pub file_digests: Vec<DigestAlgorithm>,
    /// Who signed.
    pub signature: &'a Signature,
}

impl<'a> CoveringSignature<'a> {
    /// The signatures of a catalog over a file that is a member of it; none when it is no member.
    pub fn of_catalog(place: &Place, catalog: &'a CatalogFacts, membership: &Membership) -> Vec<Self> {
        if !membership.is_member() {
            return Vec::new();
        }
        let valid = catalog.signatures.iter().filter(|s| s.content_matches != Some(false));
        let covering = valid.map(|signature| Self {
            place: place.clone(),
            is_catalog: true,
            file_digests: membership.digests.clone(),
            signature,
        });
        covering.collect()
    }

    /// The signatures in the file itself, without those that were made for other bytes.
    pub fn embedded(place: &Place, file: &'a EmbeddedSignature) -> Vec<Self> {
        let valid = file.signatures.iter().filter(|s| {
            s.file_digest.is_some() && s.file_matches != Some(false) && s.signature.content_matches != Some(false)
        });
        let covering = valid.map(|s| Self {
            place: place.clone(),
            is_catalog: false,
            file_digests: s.file_digest.iter().map(|d| d.algorithm).collect(),
            signature: &s.signature,
        });
        covering.collect()
    }

    /// Only a system that knows SHA-2 can check it.
    pub fn needs_sha2(&self) -> bool {
        self.signature.digest.is_sha2() || self.file_digests.iter().all(|digest| digest.is_sha2())
    }

    /// Its certificate is one that Secure Boot asks for: the portal's, or issued before the cross-signing date.
    pub fn passes_secure_boot(&self, signers: &Signers) -> bool {
        signers.by_usages(&self.signature.usages).is_some_and(|row| row.portal)
            || self.signature.not_before.as_deref().is_some_and(|from| from < CROSS_SIGNED_UNTIL)
    }

    /// In words.
    pub fn describe(&self) -> String {
        let signer = self.signature.signer.as_deref().unwrap_or("an unnamed signer");
        let digests: Vec<&str> = self.file_digests.iter().map(|d| d.name()).collect();
        let digest = self.signature.digest.name();
        let place = if self.is_catalog { "catalog" } else { "embedded" };
        format!("{place} signature of {signer}: signed with {digest}, the file by {}", digests.join(" and "))
    }
}

/// What a release makes of a driver's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acceptance {
    /// It does not ask for one.
    NotEnforced,
    /// It accepts one of them.
    Accepted,
    /// It accepts one of them once an update is in the image, and the image is not known to have or lack it.
    NeedsUpdate,
    /// It refuses SHA-2, and there is no other signature.
    RefusedSha2,
    /// There are signatures, but with Secure Boot on none of them may load a driver.
    RefusedSecureBoot,
    /// There is no signature over this file.
    RefusedUnsigned,
}

impl Acceptance {
    /// The driver loads.
    pub const fn loads(self) -> bool {
        matches!(self, Self::NotEnforced | Self::Accepted)
    }
}

/// The answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// With Secure Boot off.
    pub acceptance: Acceptance,
    /// With Secure Boot on.
    pub with_secure_boot: Acceptance,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// What was assumed.
    pub assumes: Vec<String>,
}

/// The system that is asked.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    /// Its release.
    pub release: &'a Release,
    /// Its architecture.
    pub arch: Arch,
    /// Names of its servicing packages (`Package_for_KB3033929~...`); `None` when no image is at hand.
    pub packages: Option<&'a [String]>,
    /// Who counts as what.
    pub signers: &'a Signers,
}

/// Decides whether this system loads a driver that these signatures cover.
pub fn judge(system: System<'_>, signatures: &[CoveringSignature<'_>]) -> Answer {
    let release = system.release;
    let mut answer = Answer {
        acceptance: Acceptance::NotEnforced,
        with_secure_boot: Acceptance::NotEnforced,
        confidence: Confidence::Likely,
        evidence: Vec::new(),
        assumes: Vec::new(),
    };
    for covering in signatures {
        answer.evidence.push(Evidence::new("signature", covering.describe()).at(covering.place.clone()));
    }
    let enforced = system.arch != Arch::X86;
    let with_secure_boot = enforced || release.x86_signing == X86Signing::SecureBoot;
    if !enforced {
        let text = match release.x86_signing {
            X86Signing::Never => format!("{} does not ask for signatures of 32-bit drivers", release.title),
            X86Signing::SecureBoot => {
                format!("{} asks for signatures of 32-bit drivers only where Secure Boot is on", release.title)
            }
        };
        answer.evidence.push(Evidence::new("document", text).from_source(POLICY));
        lower_for(&mut answer, release, "x86_signing");
    }
    if !with_secure_boot {
        return answer;
    }
    let acceptance = by_digest(system, signatures, &mut answer);
    if enforced {
        answer.acceptance = acceptance;
    }
    answer.with_secure_boot = acceptance;
    if release.portal_signing && acceptance.loads() && !signatures.iter().any(|s| s.passes_secure_boot(system.signers))
    {
        let text = format!(
            "with Secure Boot on, {} loads new drivers only when the developer portal signed them",
            release.title
        );
        answer.evidence.push(Evidence::new("document", text).from_source(POLICY));
        lower_for(&mut answer, release, "portal_signing");
        answer.with_secure_boot = Acceptance::RefusedSecureBoot;
    }
    if !signatures.is_empty() {
        answer.assumes.push("the signers are trusted: no certificate chain was checked".to_owned());
    }
    answer
}

fn by_digest(system: System<'_>, signatures: &[CoveringSignature<'_>], answer: &mut Answer) -> Acceptance {
    let release = system.release;
    if signatures.is_empty() {
        answer.evidence.push(Evidence::new("signature", "no signature covers this file"));
        return Acceptance::RefusedUnsigned;
    }
    if release.sha2 == Sha2::Yes {
        return Acceptance::Accepted;
    }
    if let Some(covering) = signatures.iter().find(|s| !s.needs_sha2()) {
        if covering.signature.certificate_digest.is_some_and(DigestAlgorithm::is_sha2) {
            answer.confidence = Confidence::Guess;
            answer.assumes.push("a SHA-1 signature whose certificate is signed with SHA-2 can be checked".to_owned());
        }
        return Acceptance::Accepted;
    }
    lower_for(answer, release, "sha2");
    let title = &release.title;
    if release.sha2 == Sha2::No && release.sha2_updates.is_empty() {
        let text = format!("{title} cannot check SHA-2 signatures of drivers, and no update for it can");
        answer.evidence.push(Evidence::new("table", text).from_source("inf-db/winpe/releases.toml"));
        return Acceptance::RefusedSha2;
    }
    let updates = release.sha2_updates.join(" or ");
    let text = format!("{title} checks SHA-2 signatures of drivers only with {updates}");
    answer.evidence.push(Evidence::new("table", text).from_source("inf-db/winpe/releases.toml"));
    let Some(packages) = system.packages else {
        return match release.sha2 {
            Sha2::No => Acceptance::RefusedSha2,
            _ => Acceptance::NeedsUpdate,
        };
    };
    let found = packages.iter().find(|name| release.sha2_updates.iter().any(|update| names_update(name, update)));
    let (text, acceptance) = match found {
        Some(package) => (format!("the image has {package}"), Acceptance::Accepted),
        None => (format!("the image has no package of {updates}"), Acceptance::RefusedSha2),
    };
    answer.evidence.push(Evidence::new("servicing-package", text));
    acceptance
}

/// `Package_for_KB3033929~31bf3856ad364e35~amd64~~6.1.1.1` names the update `KB3033929`, and no longer number.
fn names_update(package: &str, update: &str) -> bool {
    let (package, update) = (package.to_ascii_lowercase(), update.to_ascii_lowercase());
    let follows = |(at, _): (usize, &str)| !package[at + update.len()..].starts_with(|c: char| c.is_ascii_digit());
    package.match_indices(&update).any(follows)
}

fn lower_for(answer: &mut Answer, release: &Release, key: &str) {
    if release.is_hypothesis(key) {
        answer.confidence = Confidence::Guess;
    }
}

/// The OS attributes of a catalog (`2:6.1`: platform NT, version) name this version; `None` when there are none, or none
/// that can be read.
///
/// Where they do not, Windows takes the driver as tested on another version (FACTS.md 4, OSATTR).
pub fn os_attributes_cover<'a>(attributes: impl IntoIterator<Item = &'a str>, version: &OsVersion) -> Option<bool> {
    const PLATFORM_NT: &str = "2";
    let mut covers = None;
    for attribute in attributes {
        let Some((platform, wanted)) = attribute.trim().split_once(':') else { continue };
        let Some((major, minor)) = wanted.split_once('.') else { continue };
        let (Ok(major), Ok(minor)) = (major.trim().parse::<u16>(), minor.trim().parse::<u16>()) else { continue };
        let is_this = platform.trim() == PLATFORM_NT && (major, minor) == (version.major, version.minor);
        covers = Some(covers.unwrap_or(false) || is_this);
    }
    covers
}

#[cfg(test)]
mod tests;
