//! `wimspect plan`: every file of the plan for the article's cases, names that must stay inert, the folder of the plan, and
//! `--check` in the formats that name lines.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Run, copy_tree, finish, fixture, items, json_line, program, run_line, text};

/// Runs `plan` for shares and an image of the fixtures.
fn plan(words: &str, output: &Path) -> Run {
    finish(program().args(["plan", "--no-progress"]).args(words.split_whitespace()).arg("--output").arg(output))
}

/// Every file below a folder, by path.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|e| e.unwrap()).filter(|e| e.file_type().is_file());
    let below = |p: &Path| p.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
    files.map(|e| (below(e.path()), std::fs::read(e.path()).unwrap())).collect()
}

/// All files in one text; line ends and marks are shown where they are not plain.
fn all_files(folder: &Path) -> String {
    let mut shown = String::new();
    for (path, bytes) in tree(folder) {
        let text = String::from_utf8(bytes).unwrap();
        let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text.as_str()), |t| (", UTF-8 mark", t));
        let ends = if text.contains("\r\n") { ", CR LF" } else { "" };
        assert!(!text.replace("\r\n", "").contains('\r'), "{path}");
        let text = text.replace("\r\n", "\n");
        // Every new entry of inf-db changes its digest.
        let text = regex_free_digest(&text);
        shown.push_str(&format!("=== {path}{mark}{ends}\n{text}"));
    }
    shown
}

fn regex_free_digest(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\"inf_db\": \"") else { return text.to_owned() };
    let (_, after) = rest.split_once('"').unwrap();
    format!("{before}\"inf_db\": \"DIGEST\"{after}")
}

/// The article's cases and those around them: name, shares, image, further words.
const CASES: [(&str, &str, &str, &str); 6] = [
    (
        "2.1_monolithic_in_image",
        "fixtures/share/netxtreme2-multitier fixtures/share/intel-like-monolithic",
        "6.0.6001-amd64-monolithic.wim",
        "--deploy-os 6.1.7600",
    ),
    ("3.0_monolithic_in_box", "fixtures/share", "6.1.7600-amd64-inbox-monolithic.wim", ""),
    (
        "10_two_tier_in_box",
        "fixtures/share/netxtreme2-multitier fixtures/share/netxtreme2-monolithic-newer",
        "10.0.19041-amd64-inbox-two-tier.wim",
        "",
    ),
    (
        "no_nic_and_a_twin",
        "fixtures/share/netxtreme2-multitier fixtures/share/netxtreme2-monolithic",
        "6.0.6001-x86-no-nic.wim",
        "--deploy-os 6.0.6001",
    ),
    ("nothing_helps", "fixtures/share/netxtreme2-multitier", "6.0.6001-x86-no-nic.wim", ""),
    (
        "multi_tier_injected",
        "fixtures/share/netxtreme2-monolithic",
        "multi-tier-injected.wim",
        "--fleet fixtures/fleet/models",
    ),
];

#[test]
fn every_file_of_the_plan() {
    for (name, shares, image, words) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("plan");
        let run = plan(&format!("{shares} --boot-image fixtures/images/{image} {words}"), &out);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        // What is shown is what is written.
        assert_eq!(run.text(), std::fs::read_to_string(out.join("plan.txt")).unwrap(), "{name}");
        insta::assert_snapshot!(format!("plan_{name}"), all_files(&out));
    }
}

#[test]
fn json_is_what_is_written_and_keeps_its_schema() {
    let schema =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wimspect-plan-1.schema.json"));
    let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    for (name, shares, image, words) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let line = format!("{shares} --boot-image fixtures/images/{image} {words} --format json");
        let run = plan(&line, &folder.path().join("plan"));
        assert_eq!(run.text(), std::fs::read_to_string(folder.path().join("plan/plan.json")).unwrap(), "{name}");
        let complaint = schemas.validate(&run.json(), index).err().map(|e| format!("{e:#}"));
        assert_eq!(complaint, None, "{name}");
    }
}

#[test]
fn the_second_run_gives_the_same_bytes_and_inputs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("share");
    copy_tree(&fixture("share/netxtreme2-multitier"), &share.join("multi"));
    copy_tree(&fixture("share/netxtreme2-monolithic"), &share.join("mono"));
    let image = folder.path().join("boot.wim");
    std::fs::copy(fixture("images/6.0.6001-x86-no-nic.wim"), &image).unwrap();
    let before = (tree(&share), std::fs::read(&image).unwrap());
    let out = folder.path().join("plan");
    let line = format!("{} --boot-image {}", share.display(), image.display());
    assert_eq!(plan(&line, &out).code, Some(0));
    let first = tree(&out);
    assert_eq!(plan(&line, &out).code, Some(0));
    assert_eq!(first, tree(&out));
    assert_eq!(before, (tree(&share), std::fs::read(&image).unwrap()));
    let here: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(here.len(), 3, "{here:?}");
}

#[test]
fn only_a_folder_of_ours_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let words = "fixtures/share/netxtreme2-multitier --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim";
    std::fs::create_dir(path("empty")).unwrap();
    std::fs::create_dir(path("theirs")).unwrap();
    std::fs::write(path("theirs/x.txt"), "theirs").unwrap();
    std::fs::write(path("file"), "").unwrap();
    for (name, code, says) in [
        ("new", 0, ""),
        ("new", 0, ""),
        ("empty", 0, ""),
        ("theirs", 2, "no plan of wimspect is in it; name a new or an empty one\n"),
        ("file", 2, "it is no folder"),
    ] {
        let run = plan(words, &path(name));
        assert_eq!(run.code, Some(code), "{name}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{name}: {}", run.stderr);
    }
    // Somebody's file in a folder of ours, and a list that leads out of it.
    std::fs::write(path("new/notes.txt"), "theirs").unwrap();
    let run = plan(words, &path("new"));
    assert_eq!(
        (run.code, run.stderr.contains("notes.txt was not written by wimspect")),
        (Some(2), true),
        "{}",
        run.stderr
    );
    assert_eq!(std::fs::read_to_string(path("new/notes.txt")).unwrap(), "theirs");
    let marker = std::fs::read_to_string(path("empty/.wimspect-plan")).unwrap();
    std::fs::write(path("empty/.wimspect-plan"), format!("{marker}../theirs/x.txt\n")).unwrap();
    let run = plan(words, &path("empty"));
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(path("theirs/x.txt")).unwrap(), "theirs");
    // What an earlier plan left goes away.
    std::fs::remove_file(path("new/notes.txt")).unwrap();
    let other = "fixtures/share/not-network --boot-image fixtures/images/10.0.19041-amd64-inbox-two-tier.wim";
    assert_eq!(plan(other, &path("new")).code, Some(0));
    let left: Vec<String> = tree(&path("new")).into_keys().collect();
    assert_eq!(left, [".wimspect-plan", "plan.json", "plan.txt"]);
    // Not in what is only read.
    copy_tree(&fixture("share/netxtreme2-multitier"), &path("share"));
    let share = path("share");
    let run = plan(
        &format!("{} --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim", share.display()),
        &share.join("plan"),
    );
    assert_eq!((run.code, run.stderr.contains("only read")), (Some(2), true), "{}", run.stderr);
}

/// What cmd.exe, PowerShell and a reader could trip over; Windows allows all of these in names.
#[cfg(unix)]
const NASTY: [&str; 9] = [
    "a & calc & b",
    "100%",
    "%PATH%",
    "x^y!z!",
    "(it's) 'quoted'",
    "\u{2019}; calc; \u{2018}",
    "$(calc) `n ${PATH}",
    "[a]{b};c,d=e @f #g ~h",
    "ä ß 日本",
];

#[cfg(unix)]
#[test]
fn names_of_the_share_stay_inert() {
    for name in NASTY {
        let folder = tempfile::tempdir().unwrap();
        let share = folder.path().join("share");
        copy_tree(&fixture("share/netxtreme2-multitier"), &share.join("multi").join(name));
        copy_tree(&fixture("share/netxtreme2-monolithic"), &share.join("mono").join(name));
        let out = folder.path().join("plan");
        let mut command = program();
        command.args(["plan", "--no-progress"]).arg(&share).arg("--output").arg(&out);
        let run = finish(command.arg("--boot-image").arg(fixture("images/6.0.6001-x86-no-nic.wim")));
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let files = tree(&out);
        let file = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        let folder = "6.0.6001-x86-no-nic.wim-1-x86";
        let batch = file(&format!("{folder}/inject-drivers.cmd"));
        let lines: Vec<&str> = batch.lines().filter(|l| l.contains("fxmono.inf") && l.contains("/inf=")).collect();
        let quoted = format!("/inf=\"%SHARE1%\\mono\\{}\\fxmono.inf\" ", name.replace('%', "%%"));
        assert_eq!(lines.len(), 1, "{name}");
        assert!(lines[0].contains(&quoted), "{name}: {}", lines[0]);
        // Nothing foreign stands anywhere else: the rest is the same for every name.
        let rest: Vec<&str> =
            batch.lines().filter(|l| !l.contains("fxmono.inf") && !l.starts_with("set \"SHARE1=")).collect();
        assert!(!rest.iter().any(|l| l.contains(name)), "{name}");
        let script = file(&format!("{folder}/mdt-selection-profile.ps1"));
        let doubled: String = name
            .chars()
            .flat_map(|c| std::iter::repeat_n(c, if matches!(c, '\'' | '\u{2018}'..='\u{201b}') { 2 } else { 1 }))
            .collect();
        assert!(script.contains(&format!("Path = 'mono\\{doubled}' }}")), "{name}");
        let list = file(&format!("{folder}/package-a.txt"));
        assert!(list.contains(&format!("1\tmulti\\{name}\\bxvbd.inf")), "{name}: {list}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_no_script_can_hold_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("share");
    for name in ["new\nline", "qu\"ote", "hidden\u{202e}", "pipe|"] {
        copy_tree(&fixture("share/netxtreme2-monolithic"), &share.join(name));
        // Each copy is a driver of its own.
        let inf = share.join(name).join("fxmono.inf");
        let text = std::fs::read_to_string(&inf).unwrap();
        std::fs::write(&inf, format!("{text}; {}\n", name.len())).unwrap();
    }
    let out = folder.path().join("plan");
    let mut command = program();
    command.args(["plan", "--no-progress"]).arg(&share).arg("--output").arg(&out);
    let run = finish(command.arg("--boot-image").arg(fixture("images/6.0.6001-x86-no-nic.wim")));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.text().contains("not-in-scripts.txt"), "{}", run.text());
    let files = tree(&out);
    let folder = "6.0.6001-x86-no-nic.wim-1-x86";
    let refused = String::from_utf8(files[&format!("{folder}/not-in-scripts.txt")].clone()).unwrap();
    assert!(refused.contains("fxmono.inf"), "{refused}");
    for name in ["inject-drivers.cmd", "mdt-selection-profile.ps1", "inject.txt"] {
        let script = String::from_utf8(files[&format!("{folder}/{name}")].clone()).unwrap();
        assert!(!script.contains("fxmono.inf"), "{name}: {script}");
    }
}

#[test]
fn usage() {
    for (line, says) in [
        ("plan", "required"),
        ("plan fixtures/share", "--boot-image"),
        ("plan fixtures/share --boot-image fixtures/images/mdt.wim", "--output"),
        ("plan --check README.md fixtures/share", "cannot be used with"),
        ("plan --check no-such-file.xml", "no-such-file.xml"),
        ("plan --check README.md", "no answer file and no task sequence"),
        ("plan --check fixtures/rules/README.md --format sarif", "no answer file and no task sequence"),
        ("plan fixtures/share --boot-image fixtures/images/mdt.wim --output target/x --format sarif", "text, json"),
        (
            "plan fixtures/share --boot-image fixtures/images/mdt.wim --output target/x --format json=fixtures/share/x.json",
            "only read",
        ),
        ("plan --check README.md --output zz", "--output names the folder of a plan"),
    ] {
        let run = run_line(line);
        assert_eq!(run.code, Some(2), "{line}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{line}: {}", run.stderr);
    }
    let run = run_line(
        "plan fixtures/share --boot-image fixtures/images/6.0.6001-x86-no-nic.wim --arch amd64 --output target/x",
    );
    assert_eq!((run.code, run.stderr.contains("--arch amd64")), (Some(3), true), "{}", run.stderr);
    let run = run_line("plan fixtures/share --boot-image fixtures/images/not-windows-pe.wim --output target/no-plan");
    assert_eq!((run.code, Path::new("target/no-plan").exists()), (Some(3), false), "{}", run.stderr);
}

#[test]
fn a_check_names_file_and_line_in_every_format() {
    let file = "fixtures/rules/answer-file-driver-path-key-not-unique/fires/unattend.xml";
    let report = json_line(&format!("plan --check {file}"), 1);
    let lines: Vec<(&str, u64)> = items(&report["findings"])
        .iter()
        .map(|f| (text(f, "/location/path"), f["location"]["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("unattend.xml", 9), ("unattend.xml", 12)]);
    assert_eq!(report["inputs"][0]["kind"], "answer-file");
    let sarif = run_line(&format!("plan --check {file} --format sarif")).json();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!((text(place, "/artifactLocation/uri"), place["region"]["startLine"].as_u64()), (file, Some(9)));
    let shown = run_line(&format!("plan --check {file}"));
    assert!(shown.text().contains("unattend.xml:9"), "{}", shown.text());
    assert!(shown.text().contains("in 1 answer file"), "{}", shown.text());
    for format in ["ndjson", "csv", "html", "junit", "markdown"] {
        let run = run_line(&format!("plan --check {file} --format {format}"));
        assert_eq!(run.code, Some(1), "{format}: {}", run.stderr);
        assert!(run.text().contains("unattend.xml"), "{format}");
    }
}

#[test]
fn the_plan_passes_its_own_check() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let words = "fixtures/share/netxtreme2-multitier --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim";
    assert_eq!(plan(words, &out).code, Some(0));
    for arch in ["x86", "amd64"] {
        let file = out.join(format!("answer-file/{arch}/unattend.xml"));
        let run = finish(program().args(["plan", "--arch", arch, "--check"]).arg(file));
        assert_eq!(run.code, Some(0), "{arch}: {}", run.text());
    }
}

#[test]
fn what_is_not_judged_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mdt = "<sequence version=\"3.00\" name=\"x\">\n<step type=\"BDD_InjectDrivers\" name=\"Inject Drivers\"><defaultVarList>\
               <variable name=\"DriverSelectionProfile\" property=\"DriverSelectionProfile\">All Drivers</variable>\
               </defaultVarList></step></sequence>";
    let image = "<sequence><step type=\"SMS_TaskSequence_ApplyOperatingSystemAction\" name=\"Apply\"><action>OSDApplyOS.exe \
                 /image:XYZ00001,1</action></step><step type=\"SMS_TaskSequence_AutoApplyAction\" name=\"Auto\"/></sequence>";
    for (xml, says) in [
        (mdt, "a task sequence of MDT"),
        (image, "an operating system image is deployed"),
        ("<sequence/>", "no step that is enabled offers drivers"),
    ] {
        let file = folder.path().join("ts.xml");
        std::fs::write(&file, xml).unwrap();
        let run = finish(program().args(["plan", "--check"]).arg(&file));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.text().contains(says), "{says}: {}", run.text());
        assert!(!run.text().contains("Could not be read"), "{says}: {}", run.text());
    }
}

#[test]
fn a_task_sequence_that_breaks_off_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ts.xml");
    let deep = format!("<sequence>{}", "<group>".repeat(100_000));
    for xml in ["<sequence><step type=\"SMS_TaskSequence_AutoApplyAction\" name=\"Auto\"/><group>", &deep] {
        std::fs::write(&file, xml).unwrap();
        let run = finish(program().args(["plan", "--check"]).arg(&file));
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert!(run.stderr.contains("what comes after that was not judged"), "{}", run.stderr);
    }
    std::fs::write(&file, b"MZ\x90\0<\x01\x02>\xff").unwrap();
    let run = finish(program().args(["plan", "--check"]).arg(&file));
    assert_eq!((run.code, run.stderr.contains("<\u{1}")), (Some(2), false), "{}", run.stderr);
}

#[test]
fn a_share_without_inf_files_is_nothing_to_plan_with() {
    let folder = tempfile::tempdir().unwrap();
    let (share, out) = (folder.path().join("share"), folder.path().join("plan"));
    std::fs::create_dir(&share).unwrap();
    let line = format!("{} --boot-image fixtures/images/6.0.6001-x86-no-nic.wim", share.display());
    let run = plan(&line, &out);
    assert_eq!((run.code, out.exists()), (Some(3), false), "{}", run.stderr);
    assert!(run.stderr.contains("no INF file"), "{}", run.stderr);
}
