//! Progress on standard error: a bar on a terminal, or a plain line every ten seconds for the logs of pipelines.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::args::ProgressKind;
use crate::scan::image::ProgressCallback;
use crate::scan::progress::{Phase, Progress};

/// A pipeline takes a job that says nothing for some minutes for dead, and a log with a line a second is of no use.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// One bar that changes with the phase, or lines.
pub struct Bar(Shown);

enum Shown {
    Nothing,
    Drawn(ProgressBar),
    Plain(Plain),
}

impl Bar {
    /// A bar is hidden where stderr is no terminal.
    pub fn new(kind: ProgressKind) -> Self {
        Self(match kind {
            ProgressKind::None => Shown::Nothing,
            ProgressKind::Auto => Shown::Drawn(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())),
            ProgressKind::Plain => Shown::Plain(Plain::new(PLAIN_INTERVAL)),
        })
    }

    /// Shows how far a long operation on one file is, in bytes.
    pub fn bytes(&self) -> ProgressCallback {
        match &self.0 {
            Shown::Nothing => Arc::new(|_, _, _| {}),
            Shown::Drawn(bar) => {
                let bar = bar.clone();
                Arc::new(move |what, done, total| show_bytes(&bar, what, done, total))
            }
            Shown::Plain(plain) => {
                let state = Arc::clone(&plain.state);
                Arc::new(move |what, done, total| {
                    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    let what = format!("{what}, MB");
                    if state.what != what {
                        state.since = Instant::now();
                    }
                    (state.what, state.done, state.total) = (what, done / 1_000_000, Some(total / 1_000_000));
                })
            }
        }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        match &self.0 {
            Shown::Nothing => {}
            Shown::Drawn(bar) => bar.finish_and_clear(),
            Shown::Plain(plain) => plain.finish(),
        }
    }
}

impl Progress for Bar {
    fn start(&self, phase: Phase, total: Option<u64>) {
        match &self.0 {
            Shown::Nothing => {}
            Shown::Drawn(bar) => start_bar(bar, phase, total),
            Shown::Plain(plain) => plain.start(phase, total),
        }
    }

    fn step(&self) {
        match &self.0 {
            Shown::Nothing => {}
            Shown::Drawn(bar) => bar.inc(1),
            Shown::Plain(plain) => plain.step(),
        }
    }
}

const fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Walk => "walking the share",
        Phase::Read => "reading INF files",
        Phase::Search => "searching driver files",
        Phase::Catalogs => "reading catalogs",
        Phase::Image => "reading boot images",
        Phase::Fleet => "reading inventories",
    }
}

fn show_bytes(bar: &ProgressBar, what: &str, done: u64, total: u64) {
    if bar.length() != Some(total) {
        bar.reset();
        bar.set_length(total);
        let template = "{msg} [{bar:30}] {bytes}/{total_bytes} ({binary_bytes_per_sec}, {eta} left)";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
    }
    bar.set_message(what.to_owned());
    bar.set_position(done);
}

fn start_bar(bar: &ProgressBar, phase: Phase, total: Option<u64>) {
    bar.reset();
    bar.set_position(0);
    let template = match total {
        Some(total) => {
            bar.set_length(total);
            "{msg} [{bar:30}] {pos}/{len} ({rate}, {eta} left)"
        }
        None => {
            bar.unset_length();
            "{spinner} {msg}: {pos} ({rate})"
        }
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        // The crate's own rate has four decimals.
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&rate_text(state.per_sec()));
        };
        bar.set_style(style.progress_chars("=> ").with_key("rate", rate));
    }
    bar.set_message(words(phase));
    bar.enable_steady_tick(Duration::from_millis(120));
}

/// `4,096` would be read as a decimal in half of the world: digits only, and a decimal where the rate is low.
fn rate_text(per_second: f64) -> String {
    if per_second >= 10.0 { format!("{per_second:.0}/s") } else { format!("{per_second:.1}/s") }
}

/// Lines instead of a bar.
struct Plain {
    state: Arc<Mutex<State>>,
    /// Dropped when the run ends: the thread that writes the lines ends then.
    running: Mutex<Option<mpsc::Sender<()>>>,
}

struct State {
    /// Empty before the first phase.
    what: String,
    done: u64,
    total: Option<u64>,
    since: Instant,
}

impl State {
    fn line(&self) -> Option<String> {
        (!self.what.is_empty()).then(|| plain_line(&self.what, self.done, self.total, self.since.elapsed()))
    }
}

impl Plain {
    fn new(interval: Duration) -> Self {
        let state = Arc::new(Mutex::new(State { what: String::new(), done: 0, total: None, since: Instant::now() }));
        let (running, ended) = mpsc::channel::<()>();
        let shared = Arc::clone(&state);
        // A step may take minutes (a boot image): the line must come all the same.
        std::thread::spawn(move || {
            while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let line = shared.lock().unwrap_or_else(PoisonError::into_inner).line();
                if let Some(line) = line {
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
            }
        });
        Self { state, running: Mutex::new(Some(running)) }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn start(&self, phase: Phase, total: Option<u64>) {
        self.change(|state| *state = State { what: words(phase).to_owned(), done: 0, total, since: Instant::now() });
    }

    fn step(&self) {
        self.change(|state| state.done += 1);
    }

    fn finish(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// `wimspect: reading INF files: 1200 of 6408 (19 %), 120/s, 43 s left`.
fn plain_line(what: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let mut line = format!("wimspect: {what}: {done}");
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let (done_f, total_f) = (done as f64, total.unwrap_or(0) as f64);
    let rate = if seconds > 0.0 { done_f / seconds } else { 0.0 };
    if let Some(total) = total {
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
        let _ = write!(line, " of {total} ({percent} %)");
    }
    let _ = write!(line, ", {}", rate_text(rate));
    if total.is_some() && rate > 0.0 {
        let _ = write!(line, ", {:.0} s left", ((total_f - done_f) / rate).max(0.0));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_says_phase_count_rate_and_time_left() {
        let seconds = Duration::from_secs;
        for (phase, done, total, elapsed, expected) in [
            (Phase::Walk, 5000, None, seconds(10), "wimspect: walking the share: 5000, 500/s"),
            (
                Phase::Read,
                1200,
                Some(6408),
                seconds(10),
                "wimspect: reading INF files: 1200 of 6408 (18 %), 120/s, 43 s left",
            ),
            (Phase::Image, 0, Some(2), seconds(20), "wimspect: reading boot images: 0 of 2 (0 %), 0.0/s"),
            (Phase::Image, 1, Some(2), seconds(20), "wimspect: reading boot images: 1 of 2 (50 %), 0.1/s, 20 s left"),
            (Phase::Search, 9, Some(0), seconds(0), "wimspect: searching driver files: 9 of 0 (100 %), 0.0/s"),
        ] {
            assert_eq!(plain_line(words(phase), done, total, elapsed), expected);
        }
    }

    #[test]
    fn no_rate_has_more_than_one_decimal() {
        for (rate, expected) in
            [(0.0, "0.0/s"), (0.123_4, "0.1/s"), (9.96, "10.0/s"), (12.345_6, "12/s"), (4096.7, "4097/s")]
        {
            assert_eq!(rate_text(rate), expected);
        }
    }
}
