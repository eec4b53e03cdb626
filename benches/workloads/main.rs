//! The five workloads of the comparison, one JSON line each: `cargo bench --bench workloads -- --help`.
//!
//! Training cycles through eight fixed batches, so the loss must fall where weights are updated. A figure is the median
//! of several windows: samples a second over whole optimizer steps, or over calls of inference; at batch 1 microseconds
//! a call.

#![allow(missing_docs, reason = "the models here are of no use to others")]

mod models;

use std::{hint::black_box, time::Instant};

use keras::prelude::*;
use models::{Classifier, Convnet, LeNet, Multilayer, QuickStart, ResNet20};

/// Batches that training cycles through.
const POOL: usize = 8;

const HELP: &str = "cargo bench --bench workloads -- (train|infer) [T1 T2 T3 T4 T5] [--batch 32,128] [--threads 1] [--seconds 0.3] [--repeats 7]

T1  Dense 784-128-10 with Dropout, Adam          T2  Dense 784-512-512-10, Adam
T3  LeNet on 32×32×1, Adam                       T4  Keras' convnet of MNIST, Adam
T5  ResNet-20 on 32×32×3, SGD with momentum";

struct Options {
    train: bool,
    workloads: Vec<String>,
    batches: Vec<usize>,
    threads: usize,
    seconds: f64,
    repeats: usize,
}

fn options() -> Option<Options> {
    let mut options = Options { train: true, workloads: vec![], batches: vec![], threads: 1, seconds: 0.3, repeats: 7 };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "train" => options.train = true,
            "infer" => options.train = false,
            "--batch" => {
                options.batches = arguments.next()?.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?
            }
            "--threads" => options.threads = arguments.next()?.parse().ok()?,
            "--seconds" => options.seconds = arguments.next()?.parse().ok()?,
            "--repeats" => options.repeats = arguments.next()?.parse().ok()?,
            workload if workload.starts_with('T') => options.workloads.push(workload.to_owned()),
            _ => return None,
        }
    }
    if options.workloads.is_empty() {
        options.workloads = ["T1", "T2", "T3", "T4", "T5"].map(str::to_owned).to_vec();
    }
    if options.batches.is_empty() {
        options.batches = if options.train { vec![32, 128] } else { vec![1, 32, 256] };
    }
    Some(options)
}

/// The median time of a call and the shortest, in seconds.
fn time(options: &Options, mut call: impl FnMut()) -> (f64, f64) {
    let start = Instant::now();
    let mut warm = 0;
    while warm < 3 || start.elapsed().as_secs_f64() < options.seconds {
        call();
        warm += 1;
    }
    let once = Instant::now();
    call();
    let calls = ((options.seconds / once.elapsed().as_secs_f64().max(1e-7)) as usize).max(1);
    let mut windows: Vec<f64> = (0..options.repeats.max(1))
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed().as_secs_f64() / calls as f64
        })
        .collect();
    windows.sort_by(f64::total_cmp);
    (windows[windows.len() / 2], windows[0])
}

/// Numbers that look random: in [0, 1).
fn noise(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 24) as f32
    };
    (0..length).map(|_| next()).collect()
}

fn labels(batch: usize, seed: u32) -> Labels {
    Labels::try_from(noise(batch, seed).iter().map(|x| (x * 10.0) as u8).collect::<Vec<_>>()).expect("small numbers")
}

fn report(options: &Options, workload: &str, batch: usize, (median, best): (f64, f64), more: &str) {
    let (figure, unit): (fn(f64, usize) -> f64, _) = match (options.train, batch) {
        (false, 1) => (|seconds, _| seconds * 1e6, "µs"),
        _ => (|seconds, batch| batch as f64 / seconds, "samples/s"),
    };
    let (value, best) = (figure(median, batch), figure(best, batch));
    let mode = if options.train { "train" } else { "infer" };
    println!(
        "{{\"peer\": \"keras-rs\", \"kind\": \"{mode}\", \"workload\": \"{workload}\", \"batch\": {batch}, \
         \"threads\": {}, \"value\": {value:.1}, \"best\": {best:.1}, \"unit\": \"{unit}\"{more}}}",
        options.threads
    );
}

fn run<C: Classifier>(options: &Options, workload: &str) {
    for &batch in &options.batches {
        let x: Vec<C::Batch> = (0..POOL as u32).map(|seed| C::batch(noise(batch * C::INPUTS, seed + 1))).collect();
        if options.train {
            let y: Vec<Labels> = (0..POOL as u32).map(|seed| labels(batch, seed + 100)).collect();
            let mut step = C::trainer();
            let (mut at, mut loss, first) = (0, 0.0, step(&x[0], &y[0]));
            let seconds = time(options, || {
                loss = step(&x[at % POOL], &y[at % POOL]);
                at += 1;
            });
            let more = format!(", \"loss0\": {first:.4}, \"loss1\": {loss:.4}");
            report(options, workload, batch, seconds, &more);
        } else {
            let mut call = C::predictor(batch);
            let seconds = time(options, || {
                black_box(call(black_box(&x[0])));
            });
            report(options, workload, batch, seconds, "");
        }
    }
}

fn main() {
    let Some(options) = options() else {
        println!("{HELP}");
        return;
    };
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global().expect("the first pool");
    for workload in &options.workloads {
        match workload.as_str() {
            "T1" => run::<QuickStart>(&options, workload),
            "T2" => run::<Multilayer>(&options, workload),
            "T3" => run::<LeNet>(&options, workload),
            "T4" => run::<Convnet>(&options, workload),
            "T5" => run::<ResNet20>(&options, workload),
            other => println!("there is no workload {other}\n{HELP}"),
        }
    }
}
