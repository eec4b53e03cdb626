//! What `fit` costs over the steps it takes: `cargo bench --bench fit`, or `-- T1 --batch 32 --threads 1 --epochs 30`.
//!
//! An epoch of `fit` and a loop of `train_on_batch` over the same samples take turns, and each goes first every other time;
//! the cost is the median of the ratios of neighbours. Both train one model, and keep one metric. `fit` also shuffles, and
//! gathers each batch from all over the samples; the loop has its batches cut before.
//! With one thread the time is the processor's, so that what else the machine does counts less.

use std::time::Instant;

use benches::{Convnet, LeNet, Multilayer, QuickStart, learnable};
use cpu_time::ProcessTime;
use keras::prelude::*;

/// Workloads, batches, and batches of an epoch: enough for a tenth of a second or so.
const CASES: [(&str, usize, usize); 5] =
    [("T1", 32, 512), ("T1", 128, 128), ("T2", 128, 64), ("T3", 32, 128), ("T4", 128, 16)];

struct Options {
    workload: Option<String>,
    batch: Option<usize>,
    threads: usize,
    epochs: usize,
    json: bool,
}

fn options() -> Option<Options> {
    let mut options = Options { workload: None, batch: None, threads: 1, epochs: 30, json: false };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--batch" => options.batch = Some(arguments.next()?.parse().ok()?),
            "--threads" => options.threads = arguments.next()?.parse().ok()?,
            "--epochs" => options.epochs = arguments.next()?.parse().ok().filter(|&epochs| epochs > 0)?,
            "--json" => options.json = true,
            workload if !workload.starts_with('-') => options.workload = Some(workload.to_owned()),
            _ => return None,
        }
    }
    Some(options)
}

/// Seconds that some work takes; of the processor if there is but one thread.
fn seconds(work: impl FnOnce()) -> f64 {
    let (wall, processor) = (Instant::now(), ProcessTime::now());
    work();
    let taken = if rayon::current_num_threads() == 1 { processor.elapsed() } else { wall.elapsed() };
    taken.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The seconds of an epoch of `fit` and of a loop of steps, one after the other.
type Pair = [f64; 2];

fn report(options: &Options, workload: &str, batch: usize, steps: usize, pairs: &[Pair]) {
    let [fit, bare] = [0, 1].map(|at| median(pairs.iter().map(|pair| pair[at])) / steps as f64 * 1e6);
    let ratio = median(pairs.iter().map(|[fit, bare]| fit / bare));
    if options.json {
        println!(
            "{{\"workload\": \"{workload}\", \"batch\": {batch}, \"threads\": {}, \"fit\": {fit:.3}, \"steps\": {bare:.3}, \
             \"ratio\": {ratio:.5}}}",
            options.threads
        );
    } else {
        let cost = (ratio - 1.0) * 100.0;
        println!(
            "{workload}, batch {batch}: fit {fit:.1} µs a step, train_on_batch {bare:.1} µs: {ratio:.4}, {cost:+.1} %"
        );
    }
}

macro_rules! pairs {
    ($model:ident($shape:ty), $batch:expr, $steps:expr, $epochs:expr) => {{
        let (batch, steps) = ($batch, $steps);
        let (x, y) = learnable::<$shape>(batch * steps, 1);
        let rows = (0..steps).map(|at| at * batch..(at + 1) * batch);
        let batches: Vec<_> = rows.map(|rows| (x.slice(rows.clone()).unwrap(), y.slice(rows).unwrap())).collect();
        // One model, so that both find it at the same place in memory.
        let mut model = $model::with_seed(1);
        let mut compiled =
            model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
        // The first two epochs of each warm up.
        let pairs = (0..$epochs + 2).map(|epoch| {
            let mut pair = [0.0; 2];
            for turn in [epoch % 2, 1 - epoch % 2] {
                pair[turn] = seconds(|| match turn {
                    0 => drop(compiled.fit(&x, &y).batch_size(batch).verbose(0).run().expect("an epoch")),
                    _ => batches.iter().for_each(|(x, y)| {
                        compiled.train_on_batch(x, y).expect("a step");
                    }),
                });
            }
            pair
        });
        pairs.skip(2).collect::<Vec<Pair>>()
    }};
}

fn main() {
    let Some(options) = options() else {
        println!("cargo bench --bench fit -- [T1] [--batch 32] [--threads 1] [--epochs 30] [--json]");
        return;
    };
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global().expect("the first pool");
    for (workload, batch, steps) in CASES {
        let wanted = options.workload.as_deref().is_none_or(|wanted| wanted == workload);
        if !wanted || options.batch.is_some_and(|wanted| wanted != batch) {
            continue;
        }
        let epochs = options.epochs;
        let pairs = match workload {
            "T1" => pairs!(QuickStart(Shape1<784>), batch, steps, epochs),
            "T2" => pairs!(Multilayer(Shape1<784>), batch, steps, epochs),
            "T3" => pairs!(LeNet(Shape3<32, 32, 1>), batch, steps, epochs),
            _ => pairs!(Convnet(Shape3<28, 28, 1>), batch, steps, epochs),
        };
        report(&options, workload, batch, steps, &pairs);
    }
}
