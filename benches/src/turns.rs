//! Work that is done when told to, so that several programs can take turns. The programs of other Rust libraries share
//! this file: it depends on nothing.

use std::{
    io::{self, BufRead, Write},
    time::Instant,
};

/// Batches that training cycles through.
pub const POOL: usize = 8;
/// Times that training has gone through the pool before its loss is compared.
pub const ROUNDS: usize = 3;
pub const CLASSES: usize = 10;

/// Work that is done again and again.
pub trait Work {
    /// Does it once.
    fn call(&mut self);

    /// For training: goes through the pool several times, to the batch it is at; gives this one's loss before and after.
    fn learn(&mut self) -> Option<[f32; 2]> {
        None
    }

    /// Turns to another job, if it can do that.
    fn turn_to(&mut self, _job: &str) -> bool {
        false
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

    fn learn(&mut self) -> Option<[f32; 2]> {
        let first = self.step();
        let first = (self.read)(first);
        (1..ROUNDS * POOL).for_each(|_| self.call());
        let last = self.step();
        Some([first, (self.read)(last)])
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
/// `learn` goes through the pool and tells the loss before and after; `window 0.2` does calls for about as many seconds,
/// `calls 20` as many as are said; `job …` turns to another job.
pub fn take_turns(mut work: Box<dyn Work>, version: &str) -> io::Result<()> {
    // The seconds of a call, as far as is known.
    let mut call = None;
    say(format!("{{\"version\": \"{version}\"}}"))?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let told = line.split_once(' ').map(|(command, number)| (command, number.parse::<f64>()));
        let calls = match told {
            Some(("window", Ok(seconds))) => {
                let call = call.unwrap_or_else(|| {
                    work.call();
                    window(&mut *work, 1)
                });
                ((seconds / f64::max(call, 1e-9)).round() as usize).max(1)
            }
            Some(("calls", Ok(calls))) => (calls as usize).max(1),
            _ if line == "learn" => {
                let [first, last] = work.learn().map_or([None; 2], |losses| losses.map(Some));
                say(format!("{{\"first\": {}, \"last\": {}}}", number(first), number(last)))?;
                continue;
            }
            _ if line.strip_prefix("job ").is_some_and(|job| work.turn_to(job)) => {
                call = None;
                say("{}".to_owned())?;
                continue;
            }
            _ => {
                say(format!("{{\"error\": \"{} is no command\"}}", line.escape_default()))?;
                continue;
            }
        };
        let taken = window(&mut *work, calls);
        call = Some(taken / calls as f64);
        say(format!("{{\"calls\": {calls}, \"seconds\": {taken}}}"))?;
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

/// Samples of ten classes that can be told apart, and their classes: noise around the mean of each class, which has eight
/// stripes of numbers in [-1, 1).
pub fn classified(batch: usize, length: usize, seed: u32) -> (Vec<f32>, Vec<u8>) {
    const STRIPES: usize = 8;
    let means = noise(CLASSES * STRIPES, 1_000);
    let classes: Vec<u8> = noise(batch, seed + 100).iter().map(|x| (x * CLASSES as f32) as u8).collect();
    let mut samples = noise(batch * length, seed);
    for (sample, &class) in samples.chunks_exact_mut(length).zip(&classes) {
        for (at, value) in sample.iter_mut().enumerate() {
            *value += 2.0 * means[usize::from(class) * STRIPES + at * STRIPES / length] - 1.5;
        }
    }
    (samples, classes)
}
