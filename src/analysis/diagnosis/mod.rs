//! From the records of a log to what is known about them: which signatures of `inf-db/log-signatures` they meet.
//!
//! One pass over the records, bounded memory: a signature keeps a few attempts that are under way, and of what it found the
//! first place, the last one and how often.

mod matcher;
mod pattern;

pub use matcher::{EvidenceLine, Matcher, SignatureMatch};
