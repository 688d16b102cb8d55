//! Input that is damaged, something else or means harm: input → exit code → what is said. The rest of a scan goes on, nothing
//! panics, and nothing stays in the temporary folder.

use std::path::Path;
use std::process::Command;

use crate::support::{Run, finish, fixture, items, program, text};

/// Runs with a temporary folder of its own, which must be empty afterwards.
fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    let temporary = folder.join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = program();
    let run = finish(command.args(arguments).env("TMPDIR", &temporary).env("TMP", &temporary).env("TEMP", &temporary));
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.is_empty(), "{arguments:?} left {left:?}");
    run
}

struct Case {
    arguments: &'static str,
    code: i32,
    /// On standard error.
    error: &'static str,
    /// On standard output.
    shown: &'static str,
}

const fn case(arguments: &'static str, code: i32, error: &'static str, shown: &'static str) -> Case {
    Case { arguments, code, error, shown }
}

/// `EMPTY`, `ZERO` and `FAKE` stand for what [`material`] makes.
const CASES: &[Case] = &[
    // Inputs as a whole.
    case("verify FAKE/boot.wim", 2, "FAKE/boot.wim: a text file, no WIM", ""),
    case("verify fixtures/hostile/text.wim", 2, "a text file, no WIM", ""),
    case("verify fixtures/hostile/lfs-pointer.wim", 2, "a Git LFS pointer, not the WIM itself: run `git lfs pull`", ""),
    case("verify fixtures/hostile/truncated.wim", 2, "the WIM is truncated", ""),
    case("verify fixtures/hostile/magic-then-random.wim", 2, "magic-then-random.wim: ", ""),
    case("verify fixtures/hostile/random.wim", 2, "no WIM: it does not begin with the signature of one", ""),
    case("verify EMPTY/none.wim", 2, "there is no such file: check the path", ""),
    case("verify /dev/null", 2, "/dev/null: a device or pipe, no file", ""),
    case("verify FAKE/empty.wim", 2, "FAKE/empty.wim: ", ""),
    // What people have instead of a WIM: why it is not supported, and what to do.
    case(
        "verify FAKE/media.iso",
        2,
        "an ISO image: not supported, because it holds a file system; mount or unpack it",
        "",
    ),
    case("verify FAKE/udf.iso", 2, "name its sources/boot.wim", ""),
    case(
        "verify FAKE/fixed.vhd",
        2,
        "a virtual disk (VHD or VHDX): not supported, because it holds a file system; attach",
        "",
    ),
    case("verify FAKE/dynamic.vhd", 2, "a virtual disk (VHD or VHDX): not supported, because", ""),
    case("verify FAKE/disk.vhdx", 2, "a virtual disk (VHD or VHDX): not supported, because", ""),
    case("verify FAKE/flash.ffu", 2, "an FFU image: not supported, because it holds disk sectors; name the WIM", ""),
    case("verify FAKE/pointer.esd", 2, "a Git LFS pointer, not the WIM itself: run `git lfs pull`, then try again", ""),
    case("verify fixtures/hostile/encrypted.esd", 2, "an encrypted ESD, as it is downloaded before", ""),
    case("verify fixtures/hostile/encrypted.esd", 2, "not supported, because its key is not in it; decrypt it", ""),
    case(
        "audit fixtures/share/wlan --boot-image FAKE/media.iso",
        2,
        "an ISO image: not supported, because",
        "1 INF file",
    ),
    case("audit EMPTY/none", 2, "there is no such folder", ""),
    case("audit /dev/null", 2, "is a file, not a folder", ""),
    case("audit fixtures/hostile/text.wim", 2, "is a file, not a folder", ""),
    case("audit EMPTY", 3, "nothing to inspect", ""),
    case("inspect EMPTY", 3, "nothing to inspect", ""),
    case("inspect EMPTY/none", 2, "there is no such file", ""),
    case("inspect EMPTY/none.inf", 2, "EMPTY/none.inf", ""),
    case("inspect /dev/null", 2, "/dev/null", ""),
    case("audit fixtures/share/wlan --boot-image fixtures/hostile/random.wim", 2, "no WIM", "1 INF file"),
    case("verify fixtures/share", 1, "", "holds no Windows PE"),
    // Files inside an input.
    case("audit ZERO", 0, "", "a.inf is no INF that Windows reads: the file is empty"),
    case("audit fixtures/share/broken", 0, "", "6 warnings"),
    case("verify fixtures/hostile/unknown-attribute.wim", 0, "", "Windows PE 3.0"),
    case("verify fixtures/hostile/lone-surrogate.wim", 0, "", "Windows PE 3.0"),
    case("verify fixtures/hostile/leaves-folder.wim", 0, "", "evil: not read: "),
    case("verify fixtures/hostile/damaged-file.wim", 1, "", "ndis.sys: its data in the WIM are damaged"),
    // One bad input among others: the others are reported, and the exit code says that one is missing.
    case(
        "verify fixtures/hostile/random.wim fixtures/images/no-boot-index.wim fixtures/hostile/truncated.wim",
        2,
        "random.wim: no WIM",
        "error[no-bootable-image]",
    ),
    case(
        "verify fixtures/images/packed-xpress.wim --drivers EMPTY/none",
        2,
        "there is no such folder",
        "Windows PE 3.0",
    ),
    case("audit EMPTY/none fixtures/share", 2, "there is no such folder", "netxtreme2-multitier/bxvbd.inf"),
];

/// The folder for cases that no fixture can hold: what is empty, and a text file under the name that people use.
fn material() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["empty", "zero/deep", "fake"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("zero/a.inf"), b"").unwrap();
    std::fs::write(folder.path().join("fake/boot.wim"), b"This is not the image that you look for.\r\n").unwrap();
    std::fs::write(folder.path().join("fake/empty.wim"), b"").unwrap();
    // Name, size, and the bytes at a place by which the format is known.
    let formats: [(&str, usize, usize, &[u8]); 7] = [
        ("media.iso", 0x9000, 0x8001, b"CD001"),
        ("udf.iso", 0x9000, 0x8001, b"BEA01"),
        ("fixed.vhd", 0x2000, 0x1E00, b"conectix"),
        ("dynamic.vhd", 0x2000, 0, b"conectix"),
        ("disk.vhdx", 0x2000, 0, b"vhdxfile"),
        ("flash.ffu", 0x2000, 4, b"SignedImage "),
        ("pointer.esd", 0, 0, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
    ];
    for (name, size, at, magic) in formats {
        let mut bytes = vec![0; size.max(at + magic.len())];
        bytes[at..at + magic.len()].copy_from_slice(magic);
        std::fs::write(folder.path().join("fake").join(name), bytes).unwrap();
    }
    folder
}

#[test]
fn every_input_ends_with_its_exit_code_and_its_text() {
    let folder = material();
    let place = |text: &str| {
        let name = |of: &str| folder.path().join(of).to_string_lossy().into_owned();
        text.replace("EMPTY", &name("empty")).replace("ZERO", &name("zero")).replace("FAKE", &name("fake"))
    };
    for case in CASES {
        if cfg!(not(unix)) && case.arguments.contains("/dev/") {
            continue;
        }
        let line = place(case.arguments);
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let run = run_in(folder.path(), &arguments);
        let shown = run.text();
        // Lines are folded at the width of the terminal.
        let unfolded = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(case.code), "{line}\n{}\n{shown}", run.stderr);
        assert!(run.stderr.contains(&place(case.error)), "{line}: {}", run.stderr);
        assert!(unfolded.contains(case.shown), "{line}: {shown}");
        if case.error.is_empty() {
            assert_eq!(run.stderr, "", "{line}");
        }
    }
}

#[test]
fn names_inside_an_image_choose_no_path() {
    let folder = material();
    let inner = folder.path().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let before: Vec<_> = walkdir::WalkDir::new(folder.path()).into_iter().map(|e| e.unwrap().into_path()).collect();
    for image in ["leaves-folder.wim", "lone-surrogate.wim", "unknown-attribute.wim"] {
        let path = fixture("hostile").join(image);
        let temporary = inner.join("temporary");
        std::fs::create_dir_all(&temporary).unwrap();
        let mut command = program();
        let run = finish(command.current_dir(&inner).arg("verify").arg(&path).env("TMPDIR", &temporary));
        assert_eq!(run.code, Some(0), "{image}: {}", run.stderr);
        std::fs::remove_dir(&temporary).expect("nothing stays in it");
        let after: Vec<_> = walkdir::WalkDir::new(folder.path()).into_iter().map(|e| e.unwrap().into_path()).collect();
        assert_eq!(before, after, "{image}");
        assert!(!Path::new("/etc/evil").exists() && !Path::new("/wimspect-evil").exists(), "{image}");
        assert!(!run.text().contains("panicked"), "{image}");
    }
}

#[test]
fn what_is_read_from_a_good_file_stays_although_another_is_damaged() {
    let run = crate::support::run_line("verify fixtures/hostile/damaged-file.wim --format json");
    let report = run.json();
    assert_eq!(text(&report, "/images/0/winpe/release"), "3.0");
    let problems = items(&report["problems"]);
    assert!(problems.iter().any(|p| text(p, "/path").ends_with("drivers/ndis.sys")), "{problems:?}");
}

/// A command that runs the program as nobody, or why there is none.
#[cfg(unix)]
fn as_nobody(folder: &Path) -> Result<Command, String> {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return Ok(program());
    }
    // The test runs as root, for whom every file is readable.
    let found = Command::new("setpriv").arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        return Err("run as root, and there is no setpriv".to_owned());
    }
    let built = program();
    // The folders above the built program may be closed to others: a copy lies in an open folder.
    let copy = folder.join("wimspect");
    // Copied by another process: a file that this process has open for writing can not be started while a test forks.
    let copied = Command::new("cp").arg(built.get_program()).arg(&copy).status().is_ok_and(|s| s.success());
    if !copied {
        return Err("the program can not be copied".to_owned());
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy).current_dir(folder);
    Ok(command)
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_a_finding_and_an_unreadable_input_is_exit_code_2() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let set_mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(folder.path(), 0o755);
    let share = folder.path().join("share");
    crate::support::copy_tree(&fixture("share/netxtreme2-multitier"), &share);
    std::fs::copy(fixture("images/no-boot-index.wim"), folder.path().join("boot.wim")).unwrap();
    let closed = share.join("closed");
    std::fs::create_dir(&closed).unwrap();
    const IMAGE: &str = "winpe.wim";
    std::fs::copy(fixture("images/no-boot-index.wim"), folder.path().join(IMAGE)).unwrap();
    for (path, mode) in [(share.join("bxnd.inf"), 0o000), (folder.path().join("boot.wim"), 0o000), (closed, 0o000)] {
        set_mode(&path, mode);
    }
    let mut command = match as_nobody(folder.path()) {
        Ok(command) => command,
        Err(reason) => {
            eprintln!("skipped: an_unreadable_file_is_a_finding_and_an_unreadable_input_is_exit_code_2 ({reason})");
            return;
        }
    };
    let run = finish(command.args(["audit", "share", "--format", "json"]).current_dir(folder.path()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    let finding = items(&report["findings"]).iter().find(|f| text(f, "/rule") == "inf-unreadable");
    let finding = finding.expect("the file that can not be read is a finding");
    assert_eq!(text(finding, "/location/path"), "bxnd.inf");
    assert!(text(finding, "/message").to_lowercase().contains("permission"), "{finding}");
    assert_eq!(items(&report["drivers"]).len(), 1, "the bus driver is read");
    let problem = items(&report["problems"]).iter().find(|p| text(p, "/path") == "closed");
    let problem = problem.unwrap_or_else(|| panic!("a folder that can not be entered: {}", report["problems"]));
    assert!(text(problem, "/message").contains("check the permissions of the account"), "{problem}");

    // Nothing of it could be read: that is no empty share, and no folder without logs.
    let nothing = folder.path().join("nothing");
    std::fs::create_dir_all(nothing.join("closed")).unwrap();
    set_mode(&nothing.join("closed"), 0o000);
    let commands: [&[&str]; 3] = [
        &["audit", "nothing"],
        &["diagnose", "nothing"],
        &["plan", "nothing", "--boot-image", IMAGE, "--output", "out"],
    ];
    for arguments in commands {
        let mut command = as_nobody(folder.path()).unwrap();
        let run = finish(command.args(arguments).current_dir(folder.path()));
        assert_eq!(run.code, Some(2), "{arguments:?}: {}{}", run.stderr, run.text());
        for said in ["nothing: ", "closed: can not be read", "check the permissions of the account"] {
            assert!(run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
        }
    }
    set_mode(&nothing.join("closed"), 0o755);

    let mut command = as_nobody(folder.path()).unwrap();
    let run = finish(command.args(["verify", "boot.wim"]).current_dir(folder.path()));
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(run.stderr.contains("boot.wim"), "{}", run.stderr);
    set_mode(&share.join("closed"), 0o755);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_share_is_not_followed_and_said() {
    let share = tempfile::tempdir().unwrap();
    let target = crate::support::fixture("share/netxtreme2-multitier");
    std::os::unix::fs::symlink(&target, share.path().join("linked")).unwrap();
    std::fs::copy(target.join("bxnd.inf"), share.path().join("bxnd.inf")).unwrap();
    let run = crate::support::run_line(&format!("audit {} --format json", share.path().display()));
    let report = run.json();
    let problems = items(&report["problems"]);
    assert!(problems.iter().any(|p| text(p, "/path") == "linked"), "{problems:?}");
    assert_eq!(report["summary"]["inf_files"], 1);
}
