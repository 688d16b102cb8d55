//! Hands a message to the system's sendmail.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::config::Mail;

/// A sendmail that does not end after this is stopped: it only has to put the message into its queue.
const MOST_TIME: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes of what it says.
const MOST_SAID: u64 = 2000;

/// Sends it.
///
/// # Errors
/// Why it could not be sent, for people.
pub(super) fn send(mail: &Mail, message: &[u8]) -> Result<(), String> {
    let program = mail.sendmail.display();
    // Files and no pipes: a program that does not read, or says more than a pipe holds, does not hold up the run.
    let file = || tempfile::tempfile().map_err(|e| format!("a temporary file: {e}"));
    let (mut input, mut said) = (file()?, file()?);
    let write = |input: &mut std::fs::File| {
        input.write_all(message)?;
        input.seek(SeekFrom::Start(0))
    };
    write(&mut input).map_err(|e| format!("a temporary file: {e}"))?;
    let output = said.try_clone().map_err(|e| format!("a temporary file: {e}"))?;
    let mut child = Command::new(&mail.sendmail)
        .args(["-t", "-oi"])
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .map_err(|e| format!("{program} can not be started: {e}"))?;
    let begin = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begin.elapsed() < MOST_TIME => std::thread::sleep(PAUSE),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} did not end within {} seconds and was stopped", MOST_TIME.as_secs()));
            }
            Err(error) => return Err(format!("{program}: {error}")),
        }
    };
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    let _ = said.seek(SeekFrom::Start(0)).and_then(|_| said.take(MOST_SAID).read_to_string(&mut text));
    let text = text.trim();
    let text = if text.is_empty() { String::new() } else { format!(": {text}") };
    Err(format!("{program} ended with {status}{text}"))
}
