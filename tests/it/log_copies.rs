//! Logs as articles and forums show them (fixtures/logs/copies): each layout tells the same story, and what is none is none.

use wimspect::facts::log::{LogFormat, LogReader, LogSummary};

use crate::support::{fixture, run_line};

/// `component|text` of every record.
fn read(bytes: &[u8], block: usize) -> (Vec<String>, LogSummary) {
    let (mut records, mut summary) = (Vec::new(), LogSummary::default());
    let mut reader = LogReader::with_block_size(bytes, block);
    while let Some(block) = reader.block(None).unwrap() {
        summary.add(&block.text().read(&mut |r| {
            records.push(format!("{}|{}", r.component, r.text.replace("\r\n", "\n")));
        }));
    }
    (records, LogSummary { format: reader.summary().format, ..summary })
}

#[test]
fn every_layout_has_the_same_records() {
    let folder = fixture("logs/copies");
    let (expected, _) = read(&std::fs::read(folder.join("first-time.log")).unwrap(), usize::MAX);
    assert_eq!((expected.len(), expected[4].as_str()), (6, "TSManager|Process completed with exit code 2147942487"));
    let mut layouts = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "log") {
            continue;
        }
        layouts += 1;
        let bytes = std::fs::read(&path).unwrap();
        for block in [usize::MAX, 70, 1] {
            let (records, summary) = read(&bytes, block);
            assert_eq!(records, expected, "{} in blocks of {block}", path.display());
            assert_eq!(
                (summary.format, summary.unparsed_lines),
                (Some(LogFormat::CmTraceText), 0),
                "{}",
                path.display()
            );
        }
        let name = path.file_name().unwrap().to_string_lossy();
        let said = String::from_utf8(run_line(&format!("diagnose fixtures/logs/copies/{name}")).stdout).unwrap();
        assert!(said.contains("The step Apply Fixture failed"), "{name}: {said}");
    }
    assert_eq!(layouts, 9);
}

#[test]
fn what_has_neither_component_nor_time_is_asked_for() {
    for (file, words) in [("bare.txt", "give the file itself"), ("about.txt", "text in none of the forms")] {
        let said = run_line(&format!("diagnose fixtures/logs/copies/{file}"));
        assert_eq!(said.code, Some(3), "{file}");
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
}
