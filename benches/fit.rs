//! What `fit` costs over the steps it takes: `cargo bench --bench fit`.
//!
//! An epoch of `fit` and a loop of `train_on_batch` over the same batches take turns; the ratio of their times is that of
//! the medians. Both keep a metric; `fit` also shuffles, and gathers each batch from all over the samples.
//! With `RAYON_NUM_THREADS=1` the time is the processor's, so that what else the machine does counts less.

use std::time::Instant;

use benches::{Convnet, QuickStart, labels, samples};
use cpu_time::ProcessTime;
use keras::prelude::*;

/// Epochs of each, after one to warm up.
const EPOCHS: usize = 30;

/// Seconds that some work takes; of the processor if there is but one thread.
fn seconds(work: impl FnOnce()) -> f64 {
    let (wall, processor) = (Instant::now(), ProcessTime::now());
    work();
    let taken = if rayon::current_num_threads() == 1 { processor.elapsed() } else { wall.elapsed() };
    taken.as_secs_f64()
}

#[derive(Default)]
struct Times {
    fit: Vec<f64>,
    steps: Vec<f64>,
}

impl Times {
    /// What a step takes, and by how much `fit` is above it: of the medians, and of the shortest epochs.
    fn report(mut self, what: &str, steps: usize) {
        let [fit, bare] = [&mut self.fit, &mut self.steps].map(|times| {
            times.sort_by(f64::total_cmp);
            [times[times.len() / 2], times[0]].map(|seconds| seconds / steps as f64 * 1e6)
        });
        let [median, best] = [0, 1].map(|at| (fit[at] / bare[at] - 1.0) * 100.0);
        let [fit, bare] = [fit[0], bare[0]];
        println!("{what}: fit {fit:.1} µs a step, train_on_batch {bare:.1} µs: {median:+.1} %, at best {best:+.1} %");
    }
}

macro_rules! compare {
    ($what:literal, $model:ident($shape:ty), $batch:literal, $steps:literal) => {{
        const SAMPLES: usize = $batch * $steps;
        let (x, y) = (samples::<$shape>(SAMPLES, 1), labels(SAMPLES, 2));
        let batches: Vec<_> = (0..$steps).map(|at| at * $batch..(at + 1) * $batch).collect();
        let batches: Vec<_> = batches.into_iter().map(|rows| (x.slice(rows.clone()), y.slice(rows))).collect();
        // One model, so that both find it at the same place in memory.
        let mut model = $model::with_seed(1);
        let mut compiled =
            model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
        let mut times = Times::default();
        for epoch in 0..=EPOCHS {
            // Each goes first every other time.
            for turn in 0..2 {
                let is_fit = turn == epoch % 2;
                let taken = seconds(|| match is_fit {
                    true => drop(compiled.fit(&x, &y).batch_size($batch).verbose(0).run().expect("an epoch")),
                    false => batches.iter().for_each(|(x, y)| {
                        compiled.train_on_batch(x, y).expect("a step");
                    }),
                });
                if epoch > 0 {
                    if is_fit { &mut times.fit } else { &mut times.steps }.push(taken);
                }
            }
        }
        times.report($what, $steps);
    }};
}

fn main() {
    compare!("T1, batch 32", QuickStart(Shape1<784>), 32, 512);
    compare!("T4, batch 128", Convnet(Shape3<28, 28, 1>), 128, 16);
}
