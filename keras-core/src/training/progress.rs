//! What `fit` prints: a bar on a terminal, a line an epoch elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::callbacks::Logs;

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    Silent,
    /// A bar, if there is a terminal.
    Bar,
    /// A line an epoch.
    Lines,
}

impl Verbosity {
    pub(super) fn from_number(verbose: u8) -> Self {
        match verbose {
            0 => Self::Silent,
            1 => Self::Bar,
            _ => Self::Lines,
        }
    }
}

pub(super) struct Progress {
    verbosity: Verbosity,
    epochs: usize,
    steps: usize,
    started: Instant,
    shown: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// The figures beside the bar are renewed this often.
    const INTERVAL: Duration = Duration::from_millis(100);

    pub(super) fn new(verbosity: Verbosity, epochs: usize, steps: usize) -> Self {
        let verbosity =
            if verbosity == Verbosity::Bar && !std::io::stdout().is_terminal() { Verbosity::Lines } else { verbosity };
        let now = Instant::now();
        Self { verbosity, epochs, steps, started: now, shown: now, bar: None }
    }

    pub(super) fn start_epoch(&mut self, epoch: usize) {
        self.started = Instant::now();
        self.shown = self.started;
        match self.verbosity {
            Verbosity::Silent => {}
            Verbosity::Lines => println!("Epoch {}/{}", epoch + 1, self.epochs),
            Verbosity::Bar => {
                println!("Epoch {}/{}", epoch + 1, self.epochs);
                let bar = ProgressBar::new(self.steps as u64);
                if let Ok(style) = ProgressStyle::with_template("{pos:>5}/{len} {bar:24} {elapsed} {msg}") {
                    bar.set_style(style.progress_chars("━╸─"));
                }
                self.bar = Some(bar);
            }
        }
    }

    pub(super) fn step(&mut self, batch: usize, logs: impl FnOnce() -> Logs) {
        if let Some(bar) = &self.bar
            && self.shown.elapsed() >= Self::INTERVAL
        {
            self.shown = Instant::now();
            bar.set_position(batch as u64 + 1);
            bar.set_message(figures(&logs()));
        }
    }

    pub(super) fn end_epoch(&mut self, logs: &Logs) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.verbosity != Verbosity::Silent {
            let elapsed = self.started.elapsed();
            let step = elapsed / self.steps.max(1) as u32;
            println!(
                "{}/{} - {} - {}/step - {}",
                self.steps,
                self.steps,
                duration(elapsed),
                duration(step),
                figures(logs)
            );
        }
    }
}

fn figures(logs: &Logs) -> String {
    let figures: Vec<String> = logs
        .iter()
        .filter(|(name, _)| *name != "batch_loss")
        .map(|(name, value)| format!("{name}: {}", figure(value)))
        .collect();
    figures.join(" - ")
}

/// Four decimals, or an exponent for what they would not show.
fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 { format!("{value:.4e}") } else { format!("{value:.4}") }
}

fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.0}s")
    } else if seconds >= 1e-3 {
        format!("{:.0}ms", seconds * 1e3)
    } else {
        format!("{:.0}us", seconds * 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(figure(0.51234), "0.5123");
        assert_eq!(figure(0.0), "0.0000");
        assert_eq!(figure(0.000_012_345), "1.2345e-5");
        assert_eq!(duration(Duration::from_micros(1500)), "2ms");
    }
}
