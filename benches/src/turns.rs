//! Work that is done when told to, so that several programs can take turns. The programs of other Rust libraries share
//! this file: it depends on nothing.

use std::{
    io::{self, BufRead, Write},
    time::Instant,
};

/// Batches that training cycles through: since they are always the same, the loss must fall where weights are updated.
pub const POOL: usize = 8;

/// Work that is done again and again.
pub trait Work {
    /// Does it once.
    fn call(&mut self);

    /// For training: goes on to the first batch of the pool, and gives its loss.
    fn loss(&mut self) -> Option<f32> {
        None
    }
}

/// Steps that cycle through the pool: `step(at)` trains on a batch of it, and `read` makes a number of what it gives.
pub struct Training<S, R> {
    step: S,
    read: R,
    steps: usize,
}

impl<L, S: FnMut(usize) -> L, R: Fn(L) -> f32> Training<S, R> {
    /// At the first batch.
    pub fn new(step: S, read: R) -> Self {
        Self { step, read, steps: 0 }
    }

    fn step(&mut self) -> L {
        let at = self.steps % POOL;
        self.steps += 1;
        (self.step)(at)
    }
}

impl<L, S: FnMut(usize) -> L, R: Fn(L) -> f32> Work for Training<S, R> {
    fn call(&mut self) {
        self.step();
    }

    fn loss(&mut self) -> Option<f32> {
        while !self.steps.is_multiple_of(POOL) {
            self.step();
        }
        let loss = self.step();
        Some((self.read)(loss))
    }
}

/// Calls that leave nothing behind.
pub struct Inference<F>(pub F);

impl<F: FnMut()> Work for Inference<F> {
    fn call(&mut self) {
        (self.0)();
    }
}

/// The time that so many calls take, in seconds.
pub fn window(work: &mut dyn Work, calls: usize) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work.call());
    start.elapsed().as_secs_f64()
}

/// Answers the commands on standard input until it ends: a line in, a line of JSON out.
///
/// `window 0.2` does calls for about as many seconds; `loss` trains up to the first batch of the pool and tells its loss.
pub fn take_turns(mut work: Box<dyn Work>, version: &str) -> io::Result<()> {
    let first = work.loss();
    let mut call = window(&mut *work, 1);
    say(format!("{{\"version\": \"{version}\", \"loss\": {}}}", number(first)))?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ').map(|(command, seconds)| (command, seconds.parse::<f64>())) {
            Some(("window", Ok(seconds))) => {
                let calls = ((seconds / call.max(1e-9)).round() as usize).max(1);
                let taken = window(&mut *work, calls);
                call = taken / calls as f64;
                say(format!("{{\"calls\": {calls}, \"seconds\": {taken}}}"))?;
            }
            _ if line == "loss" => say(format!("{{\"loss\": {}}}", number(work.loss())))?,
            _ => say(format!("{{\"error\": \"{} is no command\"}}", line.escape_default()))?,
        }
    }
    Ok(())
}

fn say(answer: String) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush())
}

/// In JSON, which has no NaN.
fn number(loss: Option<f32>) -> String {
    loss.filter(|loss| loss.is_finite()).map_or("null".to_owned(), |loss| loss.to_string())
}

/// Numbers that look random: in [0, 1).
pub fn noise(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 24) as f32
    };
    (0..length).map(|_| next()).collect()
}
