//! Progress output of `fit`, `evaluate` and `predict`: a progress bar on a terminal, one line per epoch otherwise.

use std::{
    io::{IsTerminal, Write},
    sync::Once,
    time::{Duration, Instant},
};

use crate::callbacks::Logs;

/// Verbosity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    Silent,
    /// A progress bar, if there is a terminal.
    Bar,
    /// One line per epoch.
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

/// The output.
enum Screen {
    Standard,
    /// A simulated terminal, for tests.
    #[cfg(test)]
    Memory(tests::Terminal),
}

impl Screen {
    /// Whether it is a terminal that follows escape sequences.
    fn is_terminal(&self) -> bool {
        match self {
            Self::Standard if cfg!(windows) => {
                std::io::stdout().is_terminal() && std::env::var_os("WT_SESSION").is_some()
            }
            Self::Standard => {
                std::io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
            }
            #[cfg(test)]
            Self::Memory(_) => true,
        }
    }

    fn line(&self, text: &str) {
        match self {
            Self::Standard => println!("{text}"),
            #[cfg(test)]
            Self::Memory(terminal) => terminal.write(&format!("{text}\r\n")),
        }
    }

    /// Says something that is no result.
    fn note(&self, text: &str) {
        match self {
            Self::Standard => eprintln!("{text}"),
            #[cfg(test)]
            Self::Memory(terminal) => terminal.write(&format!("{}\r\n", text.replace('\n', "\r\n"))),
        }
    }

    /// Replaces the line of the cursor. It is cut at the edge of the terminal: what is wrapped would remain.
    fn redraw(&self, text: &str) {
        let text = format!("\r\x1b[?7l{text}\x1b[K\x1b[?7h");
        match self {
            Self::Standard => {
                let mut output = std::io::stdout().lock();
                // A bar that cannot be drawn is no reason to stop training.
                let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            }
            #[cfg(test)]
            Self::Memory(terminal) => terminal.write(&text),
        }
    }
}

/// A library cannot choose how it is compiled.
const DEBUG_BUILD: &str = "\
note: `keras-core` was compiled without optimizations; training is some 70 times as slow as with `cargo run --release`
help: or let development builds optimize it, in the Cargo.toml of the workspace:

    [profile.dev.package.keras-core]
    opt-level = 3
    debug-assertions = false
";

/// Whether this process has said so.
static SAID: Once = Once::new();

pub(super) struct Progress {
    screen: Screen,
    said: &'static Once,
    verbosity: Verbosity,
    epochs: usize,
    /// 0 if it is not known.
    steps: usize,
    /// The steps of this epoch so far.
    done: usize,
    started: Instant,
    shown: Instant,
    /// Whether there is a bar in the line of the cursor.
    drawn: bool,
}

impl Progress {
    /// The interval at which the bar is drawn.
    const INTERVAL: Duration = Duration::from_millis(100);

    pub(super) fn new(verbosity: Verbosity, epochs: usize, steps: usize) -> Self {
        Self::on(Screen::Standard, &SAID, verbosity, epochs, steps)
    }

    fn on(screen: Screen, said: &'static Once, verbosity: Verbosity, epochs: usize, steps: usize) -> Self {
        let verbosity = if verbosity == Verbosity::Bar && !screen.is_terminal() { Verbosity::Lines } else { verbosity };
        let now = Instant::now();
        Self { screen, said, verbosity, epochs, steps, done: 0, started: now, shown: now, drawn: false }
    }

    pub(super) fn start_epoch(&mut self, epoch: usize) {
        if self.verbosity != Verbosity::Silent {
            if cfg!(debug_assertions) {
                // Once, above the first figures.
                self.said.call_once(|| self.screen.note(DEBUG_BUILD));
            }
            self.screen.line(&format!("Epoch {}/{}", epoch + 1, self.epochs));
        }
        self.start();
    }

    /// Starts a run without epochs.
    pub(super) fn start(&mut self) {
        self.started = Instant::now();
        self.shown = self.started;
    }

    pub(super) fn step(&mut self, batch: usize, logs: &mut dyn FnMut() -> Logs) {
        self.done = batch + 1;
        if self.verbosity == Verbosity::Bar && self.shown.elapsed() >= Self::INTERVAL {
            self.shown = Instant::now();
            self.drawn = true;
            let (step, seconds) = (batch + 1, self.started.elapsed().as_secs());
            let line = match self.steps {
                0 => format!("{step:>5}/Unknown {seconds}s {}", figures(&logs())),
                steps => format!("{step:>5}/{steps} {} {seconds}s {}", bar(step, steps), figures(&logs())),
            };
            self.screen.redraw(line.trim_end());
        }
    }

    pub(super) fn end(&mut self, logs: &Logs) {
        self.clear();
        if self.verbosity != Verbosity::Silent {
            let elapsed = self.started.elapsed();
            let steps = if self.steps == 0 { self.done } else { self.steps };
            let step = elapsed / steps.max(1) as u32;
            let mut line = format!("{steps}/{steps} - {} - {}/step", duration(elapsed), duration(step));
            let figures = figures(logs);
            if !figures.is_empty() {
                line = format!("{line} - {figures}");
            }
            self.screen.line(&line);
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.screen.redraw("");
        }
    }
}

/// A run may stop within an epoch.
impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A bar for these of all steps.
fn bar(step: usize, steps: usize) -> String {
    const WIDTH: usize = 24;
    let full = (step * WIDTH / steps.max(1)).min(WIDTH);
    let head = if full < WIDTH { "╸" } else { "" };
    let rest = (WIDTH - full).saturating_sub(1);
    format!("{}{head}{}", "━".repeat(full), "─".repeat(rest))
}

fn figures(logs: &Logs) -> String {
    let figures: Vec<String> = logs
        .iter()
        .filter(|(name, _)| *name != "batch_loss")
        .map(|(name, value)| format!("{name}: {}", figure(value)))
        .collect();
    figures.join(" - ")
}

/// Four decimals, or scientific notation for small values.
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

    use std::{cell::RefCell, rc::Rc};

    /// A terminal of 12 lines of 80 columns.
    #[derive(Clone)]
    pub(super) struct Terminal(Rc<RefCell<vt100::Parser>>);

    impl Terminal {
        fn new() -> Self {
            Self(Rc::new(RefCell::new(vt100::Parser::new(12, 80, 0))))
        }

        pub(super) fn write(&self, text: &str) {
            self.0.borrow_mut().process(text.as_bytes());
        }

        fn contents(&self) -> String {
            self.0.borrow().screen().contents().trim_end().to_owned()
        }
    }

    /// Figures of a loss, and what a figure is called that is not shown.
    fn logs(loss: f64) -> Logs {
        let mut logs = Logs::default();
        logs.set("loss", loss);
        logs.set("batch_loss", 9.0);
        logs
    }

    fn progress(verbose: u8) -> (Progress, Terminal) {
        static SAID: Once = Once::new();
        SAID.call_once(|| ());
        progress_of(verbose, &SAID)
    }

    fn progress_of(verbose: u8, said: &'static Once) -> (Progress, Terminal) {
        let term = Terminal::new();
        (Progress::on(Screen::Memory(term.clone()), said, Verbosity::from_number(verbose), 2, 40), term)
    }

    /// A step that ends when the figures are due again.
    fn later_step(progress: &mut Progress, batch: usize, loss: f64) {
        progress.shown = Instant::now().checked_sub(Progress::INTERVAL).unwrap();
        progress.step(batch, &mut || logs(loss));
    }

    #[test]
    fn a_terminal_shows_a_bar_that_a_line_takes_the_place_of() {
        let (mut progress, term) = progress(1);
        progress.start_epoch(0);
        assert_eq!(term.contents(), "Epoch 1/2");
        later_step(&mut progress, 9, 0.75);
        let shown = term.contents();
        let expected = format!("Epoch 1/2\n   10/40 {}╸{} 0s loss: 0.7500", "━".repeat(6), "─".repeat(17));
        assert_eq!(shown, expected);
        progress.step(10, &mut || panic!("the figures were shown just now"));
        assert_eq!(term.contents(), shown);
        later_step(&mut progress, 19, 0.5);
        let expected = format!("Epoch 1/2\n   20/40 {}╸{} 0s loss: 0.5000", "━".repeat(12), "─".repeat(11));
        assert_eq!(term.contents(), expected);
        progress.end(&logs(0.25));
        let shown = term.contents();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "Epoch 1/2"), "the bar is gone: {shown}");
        assert!(lines[1].starts_with("40/40 - ") && lines[1].ends_with("/step - loss: 0.2500"), "{shown}");
        progress.start_epoch(1);
        later_step(&mut progress, 39, 0.125);
        let full = format!("   40/40 {} 0s loss: 0.1250", "━".repeat(24));
        assert_eq!(term.contents(), format!("{shown}\nEpoch 2/2\n{full}"));
        progress.end(&logs(0.125));
        assert_eq!(term.contents().lines().count(), 4);
    }

    #[test]
    fn a_terminal_shows_lines_or_nothing_if_told_so() {
        for (verbose, running, after) in [(0, 0, 0), (2, 1, 2)] {
            let (mut progress, term) = progress(verbose);
            progress.start_epoch(0);
            later_step(&mut progress, 9, 0.75);
            assert_eq!(term.contents().lines().count(), running);
            progress.end(&logs(0.25));
            assert_eq!(term.contents().lines().count(), after);
            assert!(!term.contents().contains('━'));
        }
    }

    #[test]
    fn what_has_no_epochs_and_no_figures_shows_neither() {
        let (mut progress, term) = progress(1);
        progress.start();
        progress.shown = Instant::now().checked_sub(Progress::INTERVAL).unwrap();
        progress.step(9, &mut Logs::default);
        assert_eq!(term.contents(), format!("   10/40 {}╸{} 0s", "━".repeat(6), "─".repeat(17)));
        progress.end(&Logs::default());
        let shown = term.contents();
        assert!(shown.starts_with("40/40 - ") && shown.ends_with("/step"), "{shown}");
    }

    #[test]
    fn steps_without_a_known_end_are_counted() {
        static SAID: Once = Once::new();
        SAID.call_once(|| ());
        let term = Terminal::new();
        let mut progress = Progress::on(Screen::Memory(term.clone()), &SAID, Verbosity::Bar, 1, 0);
        progress.start_epoch(0);
        later_step(&mut progress, 9, 0.75);
        assert_eq!(term.contents(), "Epoch 1/1\n   10/Unknown 0s loss: 0.7500");
        progress.step(10, &mut || logs(0.5));
        progress.end(&logs(0.25));
        let shown = term.contents();
        assert!(shown.contains("11/11 - ") && shown.ends_with("loss: 0.2500"), "{shown}");
    }

    #[test]
    fn a_run_that_stops_within_an_epoch_leaves_no_bar() {
        let (mut progress, term) = progress(1);
        progress.start_epoch(0);
        later_step(&mut progress, 9, 0.75);
        drop(progress);
        assert_eq!(term.contents(), "Epoch 1/2");
    }

    #[test]
    fn a_development_build_is_noted_once_whatever_the_first_epoch() {
        static SAID: Once = Once::new();
        let (mut silent, nothing) = progress_of(0, &SAID);
        silent.start_epoch(0);
        assert!(nothing.contents().is_empty() && !SAID.is_completed());
        for (epoch, noted) in [(3, cfg!(debug_assertions)), (4, false)] {
            let (mut progress, term) = progress_of(2, &SAID);
            progress.start_epoch(epoch);
            let shown = term.contents();
            assert_eq!(shown.starts_with("note: `keras-core` was compiled without optimizations"), noted, "{shown}");
            assert!(shown.ends_with(&format!("Epoch {}/2", epoch + 1)), "{shown}");
        }
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(figure(0.51234), "0.5123");
        assert_eq!(figure(0.0), "0.0000");
        assert_eq!(figure(0.000_012_345), "1.2345e-5");
        assert_eq!(duration(Duration::from_micros(1500)), "2ms");
    }
}
