//! Logs in all the forms that are read, their sessions, signatures and stories: never a panic, and the same result whatever the
//! blocks are that the bytes come in.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wimspect::analysis::diagnosis::{LogRead, SessionReader, Sieve, deployments, tell};
use wimspect::facts::log::LogReader;
use wimspect::inf_db::InfDb;
use wimspect::scan::logs;

static SIEVE: LazyLock<Sieve<'static>> = LazyLock::new(|| Sieve::new(InfDb::embedded()));

fn read(bytes: &[u8], block: usize) -> LogRead<'static> {
    let mut sessions = SessionReader::new(&SIEVE);
    let reader = LogReader::with_block_size(bytes, block);
    let read = logs::relay(reader, 1, |block| SIEVE.sift(block), |sifted| sessions.take(&sifted)).unwrap();
    LogRead { path: "log".to_owned(), group: String::new(), summary: read.summary, sessions: sessions.finish() }
}

fuzz_target!(|bytes: &[u8]| {
    let (whole, parts) = (read(bytes, 1 << 20), read(bytes, 7));
    assert_eq!(whole.summary, parts.summary);
    let logs = [whole, parts];
    for run in deployments(&logs) {
        let diagnosis = tell(&run, &logs);
        assert!(diagnosis.cause.is_none() || diagnosis.topic.is_some());
    }
});
