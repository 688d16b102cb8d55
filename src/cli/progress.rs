//! Progress bars on stderr, only on a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::scan::image::ProgressCallback;
use crate::scan::progress::{Phase, Progress};

/// One bar that changes with the phase.
pub struct Bar(ProgressBar);

impl Bar {
    /// Hidden when stderr is no terminal.
    pub fn new(hidden: bool) -> Self {
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Self(ProgressBar::with_draw_target(None, target))
    }

    /// Shows how far a long operation on one file is, in bytes.
    pub fn bytes(&self) -> ProgressCallback {
        let bar = self.0.clone();
        Arc::new(move |what, done, total| {
            if bar.length() != Some(total) {
                bar.reset();
                bar.set_length(total);
                let template = "{msg} [{bar:30}] {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("=> "));
                }
            }
            bar.set_message(what.to_owned());
            bar.set_position(done);
        })
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn start(&self, phase: Phase, total: Option<u64>) {
        let what = match phase {
            Phase::Walk => "walking the share",
            Phase::Read => "reading INF files",
            Phase::Search => "searching driver files",
            Phase::Catalogs => "reading catalogs",
            Phase::Image => "reading boot images",
            Phase::Fleet => "reading inventories",
        };
        self.0.reset();
        self.0.set_position(0);
        let template = match total {
            Some(total) => {
                self.0.set_length(total);
                "{msg} [{bar:30}] {pos}/{len} ({per_sec}, {eta} left)"
            }
            None => {
                self.0.unset_length();
                "{spinner} {msg}: {pos}"
            }
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style.progress_chars("=> "));
        }
        self.0.set_message(what);
        self.0.enable_steady_tick(Duration::from_millis(120));
    }

    fn step(&self) {
        self.0.inc(1);
    }
}
