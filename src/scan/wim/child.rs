//! The child process: the only one in which libwim runs. `wimspect wim-worker` calls [`run`].
//!
//! It limits its own memory and the size of the files that it writes, answers requests until its input ends, and removes
//! the private folder when the parent goes away without a word (killed, Ctrl-C): see [`super::client`] on who cleans up.

use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::protocol::{
    ENTRIES_PER_FRAME, Entry, MAX_XML, Reply, Request, WirePath, receive, send, stream_file_name, write_frame,
};
use super::streams;
use super::sys::{Progress, Wim, WimError};

/// The subcommand's name.
pub const SUBCOMMAND: &str = "wim-worker";

/// How often a sign of life is sent while libwim works.
const TICK: Duration = Duration::from_millis(250);
/// How long a running operation may take to end once the parent is gone.
const PATIENCE: Duration = Duration::from_secs(5);

type Output = Arc<Mutex<Box<dyn Write + Send>>>;

/// Serves one parent until its end of the pipe closes. Returns the exit code: 0, or 2 when the parent makes no sense.
pub fn run(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> i32 {
    let output: Output = Arc::new(Mutex::new(Box::new(output)));
    let progress = Arc::new(Progress::default());
    let temp: Arc<Mutex<Option<PathBuf>>> = Arc::default();
    let finished = Arc::new(AtomicBool::new(false));
    let (requests, queue) = mpsc::channel();
    {
        let (progress, temp, finished) = (progress.clone(), temp.clone(), finished.clone());
        thread::spawn(move || {
            read_requests(BufReader::new(input), &requests);
            // The parent is gone: end what is running. When it does not end by itself, do not wait for it.
            drop(requests);
            progress.abort.store(true, Ordering::Relaxed);
            thread::sleep(PATIENCE);
            if !finished.load(Ordering::Relaxed) {
                remove_temp(&temp);
                std::process::exit(2);
            }
        });
    }
    let code = Worker { output, progress, temp: temp.clone(), wim: None, parts: Vec::new() }.serve(&queue);
    remove_temp(&temp);
    finished.store(true, Ordering::Relaxed);
    code
}

fn read_requests(mut input: impl Read, requests: &Sender<Request>) {
    while let Ok(Some(request)) = receive::<Request>(&mut input) {
        if requests.send(request).is_err() {
            return;
        }
    }
}

fn remove_temp(temp: &Mutex<Option<PathBuf>>) {
    if let Some(folder) = temp.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = fs::remove_dir_all(folder);
    }
}

struct Worker {
    output: Output,
    progress: Arc<Progress>,
    temp: Arc<Mutex<Option<PathBuf>>>,
    wim: Option<Wim>,
    parts: Vec<PathBuf>,
}

impl Worker {
    fn serve(mut self, queue: &Receiver<Request>) -> i32 {
        while let Ok(request) = queue.recv() {
            let answered = match self.answer(request) {
                Ok(answered) => answered,
                Err(error) => self.send(&Reply::Failed { code: error.code, message: error.message }),
            };
            if answered.is_err() {
                return 2;
            }
        }
        0
    }

    fn send(&self, reply: &Reply) -> io::Result<()> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        send(&mut **output, reply)
    }

    /// The outer error is one of the WIM, the inner one of the pipe.
    fn answer(&mut self, request: Request) -> Result<io::Result<()>, WimError> {
        match request {
            Request::Start { temp, memory, file_size } => {
                limit_self(memory, file_size);
                *self.temp.lock().unwrap_or_else(PoisonError::into_inner) = Some(temp.to_path());
            }
            Request::Open { parts } => return self.open(&parts),
            Request::List { image } => {
                let entries = self.wim()?.list(image)?;
                return Ok(self.send_entries(entries));
            }
            Request::Extract { image, entries } => self.extract(image, &entries)?,
            Request::CheckIntegrity => {
                let parts = self.parts.clone();
                self.with_signs_of_life(|worker| {
                    parts.iter().try_for_each(|p| Wim::open(p, worker.progress.clone(), true).map(drop))
                })?;
            }
            Request::Verify => self.with_signs_of_life(Self::verify)?,
        }
        Ok(self.send(&Reply::Done))
    }

    fn wim(&mut self) -> Result<&mut Wim, WimError> {
        self.wim.as_mut().ok_or_else(|| WimError { code: 0, message: "no WIM is open".to_owned() })
    }

    fn open(&mut self, parts: &[WirePath]) -> Result<io::Result<()>, WimError> {
        self.parts = parts.iter().map(WirePath::to_path).collect();
        let (first, others) =
            self.parts.split_first().ok_or_else(|| WimError { code: 0, message: "no file was named".to_owned() })?;
        let mut wim = Wim::open(first, self.progress.clone(), false)?;
        wim.reference(&others.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        let header = wim.header()?;
        let xml = match wim.xml() {
            Ok(xml) if xml.len() > MAX_XML => Err("the XML data are too large".to_owned()),
            Ok(xml) => Ok(xml),
            Err(error) => Err(error.message),
        };
        self.wim = Some(wim);
        let size = xml.as_ref().map(Vec::len).map_err(Clone::clone);
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = send(&mut **output, &Reply::Opened { header, xml: size });
        Ok(match (sent, xml) {
            (Ok(()), Ok(bytes)) => write_frame(&mut **output, &bytes),
            (sent, _) => sent,
        })
    }

    /// What is incomplete or has another form is left to libwim, which says what is wrong.
    fn verify(&mut self) -> Result<(), WimError> {
        let wim = self.wim()?;
        let (header, resources) = (wim.header()?, wim.resources()?);
        let is_there = |e: &Entry| e.stream.as_ref().is_none_or(|s| !s.missing);
        let complete = (1..=header.image_count).all(|n| wim.list(n).is_ok_and(|all| all.iter().all(is_there)));
        if !complete || !streams::can_verify(&header, &resources) {
            return wim.verify();
        }
        streams::verify(&self.parts, &header, resources, &self.progress)
    }

    fn send_entries(&self, entries: Vec<Entry>) -> io::Result<()> {
        let mut left = entries.into_iter().peekable();
        loop {
            let entries: Vec<_> = left.by_ref().take(ENTRIES_PER_FRAME).collect();
            let last = left.peek().is_none();
            self.send(&Reply::Entries { entries, last })?;
            if last {
                return Ok(());
            }
        }
    }

    /// libwim writes below a folder of its own, by the structure of the image; every file is then moved to a name that
    /// only depends on its SHA-1. What is no regular file stays behind and goes away with the folder.
    fn extract(&mut self, image: u32, entries: &[(String, [u8; 20])]) -> Result<(), WimError> {
        let temp = self.temp.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let temp = temp.ok_or_else(|| WimError { code: 0, message: "no folder to extract to".to_owned() })?;
        let target = temp.join("tree");
        let io_error = |e: io::Error| WimError { code: 0, message: format!("temporary folder: {e}") };
        fs::create_dir(&target).map_err(io_error)?;
        let paths: Vec<&str> = entries.iter().map(|(path, _)| path.as_str()).collect();
        let result = self.with_signs_of_life(|worker| worker.wim()?.extract(image, &target, &paths));
        for (path, sha1) in entries {
            let from = path.split('/').fold(target.clone(), |folder, name| folder.join(name));
            if is_regular_file(&from) {
                let _ = fs::rename(from, temp.join(stream_file_name(sha1)));
            }
        }
        fs::remove_dir_all(&target).map_err(io_error)?;
        result
    }

    /// Runs an operation of libwim while another thread reports how far it is.
    fn with_signs_of_life<T>(&mut self, operation: impl FnOnce(&mut Self) -> T) -> T {
        self.progress.done.store(0, Ordering::Relaxed);
        self.progress.total.store(0, Ordering::Relaxed);
        let (output, progress) = (self.output.clone(), self.progress.clone());
        let (stop, stopped) = mpsc::channel::<()>();
        let ticker = thread::spawn(move || {
            let mut before = 0;
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let (done, total) = (progress.done.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
                if done != before {
                    before = done;
                    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                    let _ = send(&mut **output, &Reply::Progress { done, total });
                }
            }
        });
        let value = operation(self);
        drop(stop);
        let _ = ticker.join();
        value
    }
}

fn is_regular_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

/// Address space, size of a written file, no core dump. Best effort: a system without such limits still has the
/// parent's time limits and the bounds of the protocol.
#[cfg(unix)]
fn limit_self(memory: u64, file_size: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    for (resource, wanted) in [(Resource::As, memory), (Resource::Fsize, file_size), (Resource::Core, 0)] {
        let hard = getrlimit(resource).maximum;
        let value = hard.map_or(wanted, |h| h.min(wanted));
        let _ = setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    }
}

#[cfg(not(unix))]
fn limit_self(_memory: u64, _file_size: u64) {}
