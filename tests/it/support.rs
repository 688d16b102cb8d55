//! What the tests that run the program share: the program, its answers as JSON, and where the material lies.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// How one run of the program ended.
pub struct Run {
    /// The exit code; `None` when a signal ended the program.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| {
            panic!("no JSON ({e}), exit {:?}, stderr: {}", self.code, self.stderr);
        })
    }
}

/// The built program, with nothing of this machine's environment that changes its output.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimspect"));
    command.env_remove("NO_COLOR").env("COLUMNS", "110").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Waits for the program; whatever it is given, it never panics and no signal ends it.
pub fn finish(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let run = Run { code: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() };
    assert!(run.code.is_some(), "a signal ended {command:?}: {}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{command:?}: {}", run.stderr);
    run
}

/// Runs the program with these arguments.
pub fn run<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    finish(program().args(arguments))
}

/// Runs the program with arguments separated by blanks, in the project's folder.
pub fn run_line(line: &str) -> Run {
    run(line.split_whitespace())
}

/// What the program says as JSON; it must end with `code`.
pub fn json_line(line: &str, code: i32) -> Value {
    let run = run(line.split_whitespace().chain(["--format", "json"]));
    assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
    run.json()
}

/// A folder or file of `fixtures/`.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// The corpus of real INF files, when `WIMSPECT_CORPUS` (or `WIMSPECT_SHARED`) names it; says so when it does not.
pub fn corpus(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("WIMSPECT_CORPUS").map(PathBuf::from);
    let named = named.or_else(|| std::env::var_os("WIMSPECT_SHARED").map(|s| PathBuf::from(s).join("corpus")));
    if named.is_none() {
        eprintln!("skipped: {test} (WIMSPECT_CORPUS names no corpus)");
    }
    named
}

/// The items of an array, or none.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text member, or "".
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The rule ids of all findings.
pub fn rules(report: &Value) -> Vec<&str> {
    items(&report["findings"]).iter().map(|f| text(f, "/rule")).collect()
}

/// Copies a folder tree.
pub fn copy_tree(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts the digests of changed files into a catalog of ours and mends the signed digest of its content, so that it signs them
/// again; `changes` holds each file before and after. Nobody checks the RSA signature.
pub fn sign_again(catalog: &[u8], changes: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    use sha2::Digest as _;
    use wimspect::facts::signature::{Digests, file_hashes, pe_hashes};
    /// messageDigest, up to the length of its value.
    const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4, 0x31];
    /// The content type of a trust list, up to the tag of its content.
    const TRUST_LIST: &[u8] = &[6, 9, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x0a, 1, 0xa0];
    let digests = |bytes: &[u8]| -> Digests { pe_hashes(bytes).unwrap_or_else(|| file_hashes(bytes)) };
    let utf16 = |digest: &[u8]| -> Vec<u8> {
        digest.iter().flat_map(|b| format!("{b:02X}").into_bytes()).flat_map(|c| [c, 0]).collect()
    };
    let mut made = catalog.to_vec();
    for (before, after) in changes {
        let (old, new) = (digests(before), digests(after));
        for (old, new) in [(&old.sha1[..], &new.sha1[..]), (&old.sha256, &new.sha256)] {
            replace(&mut made, old, new);
            replace(&mut made, &utf16(old), &utf16(new));
        }
    }
    let header = |bytes: &[u8]| if bytes[1] > 0x80 { 2 + usize::from(bytes[1] & 0x7f) } else { 2 };
    let length = |bytes: &[u8]| match usize::from(bytes[1]) {
        short @ ..=0x80 => short,
        long => bytes[2..2 + (long & 0x7f)].iter().fold(0, |all, b| all << 8 | usize::from(*b)),
    };
    let at = find(&made, TRUST_LIST).expect("a trust list") + TRUST_LIST.len() - 1;
    let list = at + header(&made[at..]);
    let (from, size) = (list + header(&made[list..]), length(&made[list..]));
    let content = made[from..from + size].to_vec();
    let value = find(&made, MESSAGE_DIGEST).expect("a signed digest") + MESSAGE_DIGEST.len() + 3;
    match made[value - 1] {
        20 => made[value..value + 20].copy_from_slice(&sha1::Sha1::digest(&content)),
        _ => made[value..value + 32].copy_from_slice(&sha2::Sha256::digest(&content)),
    }
    made
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let mut from = 0;
    while let Some(at) = find(&bytes[from..], old) {
        bytes[from + at..from + at + new.len()].copy_from_slice(new);
        from += at + new.len();
    }
}

/// A folder for `--inf-db` that takes away what is known of every family.
pub fn empty_families() -> tempfile::TempDir {
    let overlay = tempfile::tempdir().unwrap();
    let folder = overlay.path().join("nic-families");
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("inf-db/nic-families")).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = format!(
            "id = \"{id}\"\ntitle = \"nothing\"\nvendor = \"nobody\"\nkind = \"monolithic\"\nsummary = \"nothing\"\n\
             source = \"a test\"\nconfidence = \"sample\"\n"
        );
        std::fs::write(folder.join(path.file_name().unwrap()), text).unwrap();
    }
    overlay
}
