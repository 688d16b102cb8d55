//! Damaged, hostile and misplaced inputs: each has its own text, none of them ends the scan, none leaves anything behind.

use std::fs;
use std::path::{Path, PathBuf};

use wimspect::facts::boot_image::{BootImage, DriverOrigin, WimFile};
use wimspect::scan::image::{ImageError, ImageOptions, check_integrity, read_folder, read_wim};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile").join(name)
}

/// Options whose temporary files can be counted.
struct Sandbox {
    options: ImageOptions,
    temp: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let mut options = ImageOptions::new(PathBuf::from(env!("CARGO_BIN_EXE_wimspect")));
        options.temp_folder = Some(temp.path().to_owned());
        Self { options, temp }
    }

    fn read(&self, path: &Path) -> Result<(WimFile, Vec<BootImage>), ImageError> {
        let result = read_wim(&[path.to_owned()], &self.options);
        assert_eq!(fs::read_dir(self.temp.path()).unwrap().count(), 0, "something is left behind: {}", path.display());
        result
    }
}

#[test]
fn what_is_no_boot_image_is_refused_with_its_remedy() {
    let sandbox = Sandbox::new();
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mut iso = vec![0u8; 0x8800];
    iso[0x8001..0x8006].copy_from_slice(b"CD001");
    let mut vhd = vec![0u8; 2048];
    vhd[1536..1544].copy_from_slice(b"conectix");
    let mut ffu = vec![0x20, 0, 0, 0];
    ffu.extend(b"SignedImage and more");
    let noise: Vec<u8> = (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let cases: Vec<(PathBuf, &str)> = vec![
        (file("text.wim", b"not an image\n"), "a text file, no WIM: name a WIM file"),
        (file("lfs.wim", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"), "run `git lfs pull`"),
        (file("empty.wim", b""), "an empty file (0 bytes): copy it again"),
        (file("noise.wim", &noise), "no WIM: it does not begin with the signature"),
        (file("zeros.wim", &[0; 5000]), "no WIM: it does not begin with the signature"),
        (file("disc.wim", &iso), "an ISO image: not supported"),
        (file("disk.vhd", &vhd), "a virtual disk (VHD or VHDX): not supported"),
        (file("disk.vhdx", b"vhdxfile and more"), "a virtual disk (VHD or VHDX): not supported"),
        (file("phone.ffu", &ffu), "an FFU image: not supported"),
        (file("x.cab", b"MSCF\0\0\0\0"), "a cabinet: not supported"),
        (files.path().join("missing.wim"), "there is no such file: check the path"),
        (files.path().to_owned(), "a folder: name the WIM file in it"),
        (fixture("truncated.wim"), "but its lookup table lies at bytes"),
        (fixture("truncated-header.wim"), "the WIM is truncated (100 bytes, but its header lies at bytes 0 to 208)"),
        (fixture("magic-then-random.wim"), "the WIM is damaged (its header says that it has"),
        (fixture("encrypted.esd"), "an encrypted ESD"),
        (fixture("xml-garbage.wim"), "the WIM is damaged (The XML data of the WIM is invalid)"),
    ];
    for (path, wanted) in cases {
        let text = sandbox.read(&path).unwrap_err().to_string();
        assert!(text.starts_with(&path.display().to_string()), "{text}");
        assert!(text.contains(wanted), "{}: {text}", path.display());
    }
    assert!(matches!(read_wim(&[], &sandbox.options), Err(ImageError::NoInput)));
}

#[cfg(unix)]
#[test]
fn devices_are_refused() {
    let text = Sandbox::new().read(Path::new("/dev/null")).unwrap_err().to_string();
    assert_eq!(text, "/dev/null: a device or pipe, no file: name a WIM file");
}

#[cfg(unix)]
#[test]
fn unreadable_files_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("boot.wim");
    fs::write(&path, b"MSWIM\0\0\0").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::File::open(&path).is_ok() {
        return eprintln!("skipped: this user may read everything");
    }
    let text = Sandbox::new().read(&path).unwrap_err().to_string();
    assert!(text.contains("no permission to read it"), "{text}");
}

/// One line of the table: file, entries of each image, and what each image's problems say (path, text).
type Case = (&'static str, &'static [u64], &'static [(&'static str, &'static str)]);

const STORE: &str = "Windows/System32/DriverStore/FileRepository";

#[test]
fn hostile_content_is_a_problem_of_its_file() {
    const ODD: &str = "has a name that could lead elsewhere";
    const DAMAGED: &str = "its data in the WIM are damaged: their SHA-1 is another one";
    let cases: [Case; 10] = [
        ("attribute.wim", &[9], &[]),
        ("surrogate.wim", &[11], &[("Windows/INF/a", ODD), (STORE, ODD)]),
        (
            "names.wim",
            &[14],
            &[
                ("/../../../../escaped.sys", ODD),
                ("//tmp/wimspect-x.sys", ODD),
                ("/C:\\escaped.sys", ODD),
                ("/..\\..\\esc.sys", ODD),
                ("/dots.sys ...", ODD),
            ],
        ),
        ("folder-name.wim", &[11], &[("/..\\..\\..", ODD), ("/..\\..\\../q.inf", ODD)]),
        ("links.wim", &[12], &[("link.sys", "a reparse point (tag 0xa000000c)"), ("winpeshl.ini", "a reparse point")]),
        ("cyclic.wim", &[0], &[("", "the image can not be listed: The metadata resource is invalid")]),
        ("deep.wim", &[0], &[("", "its folders are nested too deeply")]),
        ("bit-flip.wim", &[11], &[("Windows/System32/startnet.cmd", DAMAGED), ("SOFTWARE", "damaged hive")]),
        (
            "huge-stream.wim",
            &[11],
            &[("startnet.cmd", "not read: 1125899906842624 bytes"), ("SOFTWARE", "damaged hive")],
        ),
        ("damaged-metadata.wim", &[0, 10], &[("", "the image can not be listed: The metadata resource is invalid")]),
    ];
    let sandbox = Sandbox::new();
    for (name, counts, wanted) in cases {
        let (_, images) = sandbox.read(&fixture(name)).unwrap();
        assert_eq!(images.iter().map(|i| i.file_count).collect::<Vec<_>>(), counts, "{name}");
        let problems: Vec<_> = images.iter().flat_map(|i| &i.problems).collect();
        for (path, text) in wanted {
            let found = problems.iter().any(|p| p.path.contains(path) && p.message.contains(text));
            assert!(found, "{name}: {path}: {text}: {problems:?}");
        }
        assert_eq!(problems.len(), wanted.len(), "{name}: {problems:?}");
        // What is not damaged was read all the same.
        for image in images.iter().filter(|i| i.file_count > 0) {
            let driver = &image.drivers[0];
            assert_eq!(driver.inf_name, "fixture.inf", "{name}");
            assert_eq!((driver.origin, driver.published_name.as_deref()), (DriverOrigin::Injected, Some("oem0.inf")));
        }
    }
    for escaped in ["/tmp/wimspect-x.sys", "/tmp/escaped.sys", "/escaped.sys"] {
        assert!(!Path::new(escaped).exists(), "{escaped}");
    }
}

#[test]
fn a_full_check_finds_what_reading_leaves_out() {
    let sandbox = Sandbox::new();
    let table = "failed integrity check";
    let sha1 = "SHA-1 message digest";
    let cases: [(&str, Option<&str>, Option<&str>); 5] = [
        ("attribute.wim", None, None),
        ("bit-flip.wim", None, Some(sha1)),
        ("bit-flip-integrity-table.wim", Some(table), Some(sha1)),
        ("damaged-metadata.wim", None, Some("metadata resource is invalid")),
        ("huge-stream.wim", None, Some("Unexpectedly reached the end")),
    ];
    for (name, in_table, in_streams) in cases {
        let found = check_integrity(&[fixture(name)], &sandbox.options).unwrap();
        let said = |result: &Result<(), String>| result.as_ref().err().cloned();
        let in_found = found.table.as_ref().and_then(said);
        assert!(
            in_found.is_some() == in_table.is_some() && in_found.unwrap_or_default().contains(in_table.unwrap_or("")),
            "{name}"
        );
        let stream = said(&found.streams);
        assert_eq!(stream.is_some(), in_streams.is_some(), "{name}: {stream:?}");
        assert!(stream.unwrap_or_default().contains(in_streams.unwrap_or("")), "{name}");
        assert_eq!(found.table.is_some(), name.contains("table"), "{name}");
    }
}

/// A program that stands in for the worker.
#[cfg(unix)]
fn program(folder: &Path, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("worker");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_worker_that_dies_hangs_or_talks_nonsense_is_an_error_of_that_file() {
    let cases = [
        ("echo 'out of memory' >&2; exit 3", "died (exit status: 3): out of memory"),
        ("kill -ABRT $$", "died (signal: 6"),
        ("exec sleep 1000", "took longer than"),
        ("printf '\\005\\000\\000\\000hello'; exec sleep 1000", "answered something else"),
        ("printf '\\377\\377\\377\\377'; exec sleep 1000", "died"),
        ("printf '\\005\\000\\000\\000he'", "died"),
    ];
    for (script, wanted) in cases {
        let mut sandbox = Sandbox::new();
        let folder = tempfile::tempdir().unwrap();
        sandbox.options.worker = program(folder.path(), script);
        sandbox.options.limits.silence = std::time::Duration::from_millis(500);
        let text = sandbox.read(&fixture("attribute.wim")).unwrap_err().to_string();
        assert!(text.contains(wanted) && text.contains("attribute.wim"), "{script}: {text}");
    }
    let mut sandbox = Sandbox::new();
    sandbox.options.worker = PathBuf::from("/nonexistent/wimspect");
    let text = sandbox.read(&fixture("attribute.wim")).unwrap_err().to_string();
    assert!(text.contains("could not be started (/nonexistent/wimspect)"), "{text}");
}

/// The child limits itself: memory that a WIM would need beyond the bound is an error of that WIM.
#[cfg(unix)]
#[test]
fn a_worker_without_memory_is_an_error_of_that_file() {
    let mut sandbox = Sandbox::new();
    sandbox.options.limits.memory = 1 << 20;
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images");
    for name in ["packed-solid.wim", "packed-lzms.wim"] {
        let text = match sandbox.read(&images.join(name)) {
            Ok((_, images)) => images[0].problems[0].message.clone(),
            Err(error) => error.to_string(),
        };
        assert!(text.contains("memory") || text.contains("died"), "{name}: {text}");
    }
}

/// When the parent goes away without a word, the child removes the private folder and ends.
#[test]
fn the_worker_cleans_up_behind_a_parent_that_was_killed() {
    use std::process::{Command, Stdio};
    use wimspect::scan::wim::protocol::{Reply, Request, WirePath, receive, send};

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("private");
    fs::create_dir(&folder).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_wimspect"))
        .arg("wim-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let requests = [
        Request::Start { temp: WirePath::new(&folder), memory: 1 << 31, file_size: 1 << 20 },
        Request::Open { parts: vec![WirePath::new(&fixture("attribute.wim"))] },
    ];
    for request in requests {
        send(&mut stdin, &request).unwrap();
        assert!(!matches!(receive::<Reply>(&mut stdout).unwrap().unwrap(), Reply::Failed { .. }));
    }
    fs::write(folder.join("half-written"), b"x").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(!folder.exists());
}

#[test]
fn a_folder_without_windows_is_an_image_without_windows() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("some/folder")).unwrap();
    let sandbox = Sandbox::new();
    let image = read_folder(folder.path(), &sandbox.options).unwrap();
    assert_eq!((image.windows_folder, image.file_count, image.drivers.len()), (None, 2, 0));
    assert_eq!(image.services, None);
    let text = read_folder(&fixture("attribute.wim"), &sandbox.options).unwrap_err().to_string();
    assert!(text.contains("a WIM"), "{text}");
}
