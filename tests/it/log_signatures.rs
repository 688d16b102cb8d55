//! Every log signature of inf-db against logs that meet it and logs that must not (fixtures/logs), in every form.

use std::path::{Path, PathBuf};

use wimspect::analysis::diagnosis::{SessionReader, Sieve, SignatureMatch};
use wimspect::facts::log::{LogFormat, LogReader, LogSummary};
use wimspect::inf_db::{InfDb, SignatureRole};
use wimspect::scan::logs;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs").join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder(name)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The file's signatures, read in blocks of a size that cuts lines and characters in two.
fn diagnose(path: &Path, block: usize) -> (LogSummary, Vec<SignatureMatch<'static>>) {
    let bytes = std::fs::read(path).unwrap();
    let sieve = Sieve::new(InfDb::embedded());
    let mut sessions = SessionReader::new(&sieve);
    let reader = LogReader::with_block_size(bytes.as_slice(), block);
    let read = logs::relay(reader, 1, |block| sieve.sift(block), |sifted| sessions.take(&sifted)).unwrap();
    (read.summary, sessions.finish().into_iter().flat_map(|session| session.matches).collect())
}

fn ids(found: &[SignatureMatch<'_>]) -> Vec<String> {
    found.iter().map(|m| m.signature.id.clone()).collect()
}

#[test]
fn every_signature_fires_and_stays_silent_where_it_should() {
    let mut wrong = Vec::new();
    for (_, signature) in InfDb::embedded().log_signatures().iter() {
        let (mut fires, mut silent) = (0, 0);
        for path in files(&signature.id) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let expected = name.starts_with("fires-");
            *(if expected { &mut fires } else { &mut silent }) += 1;
            for block in [1 << 20, 7] {
                let (summary, found) = diagnose(&path, block);
                if ids(&found).contains(&signature.id) != expected {
                    wrong.push(format!("{}/{name} in blocks of {block}: {:?} {summary:?}", signature.id, ids(&found)));
                }
                if summary.format.is_none() || summary.unparsed_bytes > 0 {
                    wrong.push(format!("{}/{name}: not all of it was understood: {summary:?}", signature.id));
                }
            }
        }
        if signature.step.is_empty() != (fires == 0) || signature.step.is_empty() != (silent == 0) {
            wrong.push(format!("{}: {fires} logs that meet it, {silent} that do not", signature.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn healthy_logs_have_no_cause_and_no_consequence() {
    for path in files("healthy") {
        let (summary, found) = diagnose(&path, 100);
        assert!(summary.records > 3 && summary.unparsed_bytes == 0, "{}: {summary:?}", path.display());
        let accused =
            found.iter().filter(|m| matches!(m.signature.role, SignatureRole::Cause | SignatureRole::Consequence));
        assert_eq!(
            accused.map(|m| m.signature.id.as_str()).collect::<Vec<_>>(),
            Vec::<&str>::new(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn what_is_no_log_is_said_to_be_none() {
    for path in files("not-a-log") {
        let (summary, found) = diagnose(&path, 100);
        assert_eq!((summary.format, summary.records, found), (None, 0, Vec::new()), "{}", path.display());
    }
}

#[test]
fn damage_costs_what_is_damaged() {
    for (name, format, records, truncated, unparsed, foreign) in [
        ("torn.log", LogFormat::CmTrace, 3, 2, false, false),
        ("garbage-tail.log", LogFormat::SetupApi, 6, 0, true, true),
        ("lone-byte.log", LogFormat::Panther, 3, 0, false, true),
    ] {
        for block in [1 << 20, 13] {
            let (summary, _) = diagnose(&folder("damaged").join(name), block);
            assert_eq!(summary.format, Some(format), "{name}: {summary:?}");
            assert_eq!((summary.records, summary.truncated), (records, truncated), "{name}: {summary:?}");
            assert_eq!(summary.unparsed_bytes > 0, unparsed, "{name}: {summary:?}");
            assert_eq!(summary.foreign_bytes > 0, foreign, "{name}: {summary:?}");
        }
    }
}

#[test]
fn a_match_carries_its_lines_and_what_the_names_stand_for() {
    let (_, found) = diagnose(&folder("L02").join("fires-cmtrace.log"), 64);
    assert_eq!(ids(&found), ["L01", "L02"]);
    assert_eq!(found[0].captures["server"], "fxdp01");
    assert_eq!((found[1].evidence[0].line, found[1].count, found[1].last_line), (2, 3, 4));
    assert_eq!(found[1].captures["code"], "0xC0000006");
    assert_eq!(found[1].evidence[0].time.map(|t| t.to_string()).as_deref(), Some("2010-02-10 10:00:01.001"));
    assert_eq!(found[1].topic.id, "multi-tier-nic-install-package");
}

#[test]
fn codes_of_configmgr_keep_their_meaning() {
    let codes = InfDb::embedded().error_codes();
    let symbol = |text: &str, in_configmgr| {
        let code = wimspect::facts::error_code::ErrorCode::parse(text).unwrap();
        codes.look_up(code, in_configmgr).map(|row| row.symbol.clone().unwrap_or_else(|| row.meaning.clone()))
    };
    for (text, in_configmgr, expected) in [
        ("3221225478", true, Some("STATUS_IN_PAGE_ERROR")),
        ("2147942402", true, Some("ERROR_FILE_NOT_FOUND")),
        ("-2147021886", true, Some("ERROR_SUCCESS_REBOOT_REQUIRED")),
        ("80072ee7", true, Some("ERROR_WINHTTP_NAME_NOT_RESOLVED")),
        ("0x80040101", true, Some("The network access account is not set in the policy.")),
        ("0x80040101", false, None),
        ("0x80040102", true, None),
        ("0x0", false, Some("ERROR_SUCCESS")),
    ] {
        assert_eq!(symbol(text, in_configmgr).as_deref(), expected, "{text}");
    }
}
