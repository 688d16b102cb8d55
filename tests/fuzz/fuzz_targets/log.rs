//! Logs in all the forms that are read, their sessions, signatures and stories: never a panic, and the same result whatever the
//! blocks are that the bytes come in.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wimspect::analysis::diagnosis::{LogRead, SessionReader, Sieve, deployments, tell};
use wimspect::facts::log::{LogReader, LogSummary};
use wimspect::inf_db::InfDb;

static SIEVE: LazyLock<Sieve<'static>> = LazyLock::new(|| Sieve::new(InfDb::embedded()));

fn read(bytes: &[u8], block: usize) -> LogRead<'static> {
    let (mut sessions, mut reader) = (SessionReader::new(&SIEVE), LogReader::with_block_size(bytes, block));
    let mut found = LogSummary::default();
    while let Some(block) = reader.block(None).unwrap() {
        let (summary, sifted) = SIEVE.sift(&block);
        found.add(&summary);
        sessions.take(&sifted);
    }
    let mut summary = reader.summary();
    summary.add(&found);
    LogRead { path: "log".to_owned(), group: String::new(), summary, sessions: sessions.finish() }
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
