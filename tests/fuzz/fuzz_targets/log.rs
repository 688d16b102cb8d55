//! Logs in all the forms that are read, their sessions, signatures and stories: never a panic, and the same result whatever the
//! blocks are that the bytes come in.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wimspect::analysis::diagnosis::{LogRead, SessionReader, Sieve, deployments, tell};
use wimspect::facts::log::LogReader;
use wimspect::inf_db::InfDb;

static SIEVE: LazyLock<Sieve<'static>> = LazyLock::new(|| Sieve::new(InfDb::embedded()));

fn read(bytes: &[u8], block: usize) -> LogRead<'static> {
    let (mut sessions, mut reader) = (SessionReader::new(&SIEVE), LogReader::new());
    let blocks: Vec<_> = bytes.chunks(block).filter_map(|part| reader.push(part)).collect();
    let (last, mut summary) = reader.finish();
    for block in blocks.iter().chain(&last) {
        summary.add(&sessions.block(block));
    }
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
