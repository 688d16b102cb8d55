//! From the records of logs to what happened in a deployment.
//!
//! What matters of the records ([`Sieve`]) becomes sessions with their chain of steps, commands and facts ([`SessionReader`]) and
//! with the signatures of `inf-db/log-signatures` that they meet. Sessions of one deployment are told as one story ([`deployments`],
//! [`tell`]): first cause, what follows, last good line, why, how sure, what to do. [`tie()`] holds it against boot image and
//! share.
//!
//! One pass over the records, bounded memory: a signature keeps a few attempts that are under way, and of what it found the
//! first place, the last one and how often; the lists of a session have limits.

mod anchors;
mod chain;
mod deployment;
mod finder;
mod matcher;
mod pattern;
mod reader;
mod session;
mod sieve;
mod sifted;
mod story;
mod tie;

pub use deployment::{LogRead, Part, deployments};
pub use matcher::{EvidenceLine, SignatureMatch};
pub use reader::SessionReader;
pub use session::{AdapterSeen, CommandSeen, Ended, NameSeen, Session, StepSeen, VersionSeen};
pub use sieve::Sieve;
pub use sifted::Sifted;
pub use story::{Diagnosis, Line, Seen, State, tell};
pub use tie::{Explains, Given, Tie, place, release_of, tie};
