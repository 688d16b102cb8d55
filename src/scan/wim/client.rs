//! The parent's end: starts the child process, asks it, and bounds its time and its output.
//!
//! **Who removes the private folder.** The parent owns it ([`tempfile::TempDir`]) and removes it when the [`Client`] is
//! dropped, also after an error or the death of the child. When the parent itself is ended from outside (Ctrl-C, kill),
//! the child sees the end of its input and removes the folder; it lives as long as the folder does, and runs in a
//! process group of its own, so that the Ctrl-C of a terminal reaches the parent only.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use tempfile::TempDir;

use super::child::SUBCOMMAND;
use super::protocol::{Entry, Header, MAX_ENTRIES, Reply, Request, WirePath, read_frame, send};

/// Bounds for the child process.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest time without a sign of progress.
    pub silence: Duration,
    /// Longest time of one request.
    pub request: Duration,
    /// Address space of the child in bytes.
    pub memory: u64,
    /// Largest single file that is taken out of an image, in bytes.
    pub file_size: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            request: Duration::from_secs(3600),
            memory: 2 << 30,
            file_size: 512 << 20,
        }
    }
}

/// Why the child gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The child process could not be started, or a folder for it could not be made: a fault of this machine.
    #[error("the process that reads WIM files could not be started ({program}): {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The child died: a fault of the file or of libwim.
    #[error("the process that reads WIM files died ({status}){stderr}")]
    Died {
        /// Exit status or signal.
        status: String,
        /// What it wrote before, if anything.
        stderr: String,
    },
    /// It took too long: a fault of the file, of a slow disk, or of the limit.
    #[error("reading took longer than {} seconds and was ended", .0.as_secs())]
    Timeout(Duration),
    /// libwim refused.
    #[error("{message}")]
    Refused {
        /// `enum wimlib_error_code`, 0 when it was not libwim that refused.
        code: i32,
        /// Its sentence.
        message: String,
    },
    /// The answer makes no sense.
    #[error("the process that reads WIM files answered something else: {0}")]
    Protocol(String),
}

/// What an opened WIM says about itself.
#[derive(Debug)]
pub struct Opened {
    /// Its header.
    pub header: Header,
    /// Its XML data (UTF-16LE), or why there are none.
    pub xml: Result<Vec<u8>, String>,
}

type Frame = io::Result<Vec<u8>>;

/// A running child process.
#[derive(Debug)]
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    frames: Receiver<Frame>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_reader: Option<JoinHandle<()>>,
    limits: Limits,
    temp: Option<TempDir>,
}

/// Bytes of the child's error output that are kept.
const STDERR_KEPT: u64 = 4096;

impl Client {
    /// Starts `program wim-worker` with a fresh private folder below `temp_parent` (`None` = where the system has them).
    pub fn start(program: &Path, temp_parent: Option<&Path>, limits: Limits) -> Result<Self, WorkerError> {
        let failed = |source| WorkerError::Start { program: program.to_owned(), source };
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        own_group(&mut command);
        let mut child = command.spawn().map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(io::Error::other("no pipes")));
        };
        let (sender, frames) = mpsc::sync_channel::<Frame>(4);
        thread::spawn(move || {
            let mut input = BufReader::new(stdout);
            while let Some(frame) = read_frame(&mut input).transpose() {
                let failed = frame.is_err();
                if sender.send(frame).is_err() || failed {
                    return;
                }
            }
        });
        let kept = Arc::new(Mutex::new(Vec::new()));
        let stderr_reader = {
            let kept = kept.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let mut stderr = stderr;
                let _ = stderr.by_ref().take(STDERR_KEPT).read_to_end(&mut bytes);
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
                // Read on, so that the child is not blocked; nothing of it is kept.
                let _ = io::copy(&mut stderr, &mut io::sink());
            })
        };
        let mut client = Self {
            child,
            stdin: Some(stdin),
            frames,
            stderr: kept,
            stderr_reader: Some(stderr_reader),
            limits,
            temp: None,
        };
        // Only now, and told at once: a folder that the child does not know of would stay when the parent is killed.
        let mut builder = tempfile::Builder::new();
        builder.prefix("wimspect-");
        let temp = temp_parent.map_or_else(|| builder.tempdir(), |parent| builder.tempdir_in(parent));
        client.temp = Some(temp.map_err(failed)?);
        let start = Request::Start {
            temp: WirePath::new(client.folder()),
            memory: client.limits.memory,
            file_size: client.limits.file_size,
        };
        client.ask(&start)?;
        client.done(&mut |_, _| ())?;
        Ok(client)
    }

    /// The private folder. Extracted streams lie in it under their SHA-1.
    pub fn folder(&self) -> &Path {
        self.temp.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Opens a WIM, all of its parts, the first one first.
    pub fn open(&mut self, parts: &[PathBuf]) -> Result<Opened, WorkerError> {
        self.ask(&Request::Open { parts: parts.iter().map(|p| WirePath::new(p)).collect() })?;
        match self.reply(&mut |_, _| ())? {
            Reply::Opened { header, xml: Err(message) } => Ok(Opened { header, xml: Err(message) }),
            Reply::Opened { header, xml: Ok(size) } => {
                let xml = self.frame(self.limits.silence)?;
                if xml.len() == size {
                    Ok(Opened { header, xml: Ok(xml) })
                } else {
                    Err(self.nonsense("XML data of another size"))
                }
            }
            other => Err(self.nonsense(&format!("{other:?}"))),
        }
    }

    /// Lists one image (1-based).
    pub fn list(&mut self, image: u32) -> Result<Vec<Entry>, WorkerError> {
        self.ask(&Request::List { image })?;
        let mut all = Vec::new();
        loop {
            match self.reply(&mut |_, _| ())? {
                Reply::Entries { entries, last } => {
                    all.extend(entries);
                    if all.len() > MAX_ENTRIES {
                        return Err(self.nonsense("too many entries"));
                    }
                    if last {
                        return Ok(all);
                    }
                }
                other => return Err(self.nonsense(&format!("{other:?}"))),
            }
        }
    }

    /// Takes entries out of an image into [`Self::folder`]. Check the SHA-1 of what you read there.
    pub fn extract(
        &mut self,
        image: u32,
        entries: Vec<(String, [u8; 20])>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), WorkerError> {
        self.ask(&Request::Extract { image, entries })?;
        self.done(progress)
    }

    /// Compares the integrity tables.
    pub fn check_integrity(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), WorkerError> {
        self.ask(&Request::CheckIntegrity)?;
        self.done(progress)
    }

    /// Compares the SHA-1 of every stream.
    pub fn verify(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), WorkerError> {
        self.ask(&Request::Verify)?;
        self.done(progress)
    }

    fn ask(&mut self, request: &Request) -> Result<(), WorkerError> {
        let sent = match &mut self.stdin {
            Some(stdin) => send(stdin, request),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        sent.map_err(|_| self.died())
    }

    fn done(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), WorkerError> {
        match self.reply(progress)? {
            Reply::Done => Ok(()),
            other => Err(self.nonsense(&format!("{other:?}"))),
        }
    }

    /// The next reply that is not a sign of life.
    fn reply(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, WorkerError> {
        let end = Instant::now() + self.limits.request;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let frame = self.frame(left.min(self.limits.silence))?;
            match serde_json::from_slice(&frame) {
                Ok(Reply::Progress { done, total }) => progress(done, total),
                Ok(Reply::Failed { code, message }) => return Err(WorkerError::Refused { code, message }),
                Ok(reply) => return Ok(reply),
                Err(error) => return Err(self.nonsense(&error.to_string())),
            }
        }
    }

    fn frame(&mut self, patience: Duration) -> Result<Vec<u8>, WorkerError> {
        match self.frames.recv_timeout(patience) {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.died()),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(WorkerError::Timeout(patience))
            }
        }
    }

    fn nonsense(&mut self, what: &str) -> WorkerError {
        self.end();
        WorkerError::Protocol(what.chars().take(200).collect())
    }

    /// The child is (nearly) gone: say how.
    fn died(&mut self) -> WorkerError {
        self.stdin = None;
        let deadline = Instant::now() + Duration::from_secs(2);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
                _ => break "no exit status".to_owned(),
            }
        };
        self.end();
        let bytes = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim().replace(['\r', '\n'], " ");
        let stderr = if text.is_empty() { String::new() } else { format!(": {text}") };
        WorkerError::Died { status, stderr }
    }

    /// Ends the child and removes the private folder at once: from now on nobody else would.
    fn end(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.stderr_reader.take() {
            let _ = reader.join();
        }
        self.temp = None;
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // First the folder, while the child still stands behind the parent; then the child.
        self.temp = None;
        self.end();
    }
}

/// A process group of its own, see the head of this file.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// `CREATE_NEW_PROCESS_GROUP`: such a process ignores Ctrl-C.
#[cfg(windows)]
fn own_group(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    command.creation_flags(0x0000_0200);
}

#[cfg(not(any(unix, windows)))]
fn own_group(_command: &mut Command) {}
