//! Whole optimizer steps: forward, loss, backward, update.
//!
//! `cargo bench --bench training_step`; with `RAYON_NUM_THREADS=1` for one thread.

#![allow(missing_docs, reason = "`criterion_group!` makes a function without any")]

use std::hint::black_box;

use benches::{Convnet, QuickStart, learnable};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use keras::prelude::*;

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training_step");
    for batch in [32, 128] {
        let (x, y) = learnable::<Shape1<784>>(batch, 1);
        let mut model = QuickStart::with_seed(1);
        let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("quick start, batch {batch}"), |bencher| {
            bencher.iter(|| compiled.train_on_batch(black_box(&x), &y).expect("a step"));
        });
    }
    let (x, y) = learnable::<Shape3<28, 28, 1>>(128, 1);
    let mut model = Convnet::with_seed(1);
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), ());
    group.throughput(Throughput::Elements(128));
    group.sample_size(20);
    group.bench_function("convnet, batch 128", |bencher| {
        bencher.iter(|| compiled.train_on_batch(black_box(&x), &y).expect("a step"));
    });
}

fn inference(criterion: &mut Criterion) {
    let model = QuickStart::with_seed(1);
    let input = [0.5; 784];
    let mut workspace = [0.0; QuickStart::WORKSPACE];
    criterion.bench_function("quick start, one sample", |bencher| {
        bencher.iter(|| model.predict_one_in(black_box(&input), &mut workspace)[0]);
    });
}

criterion_group!(benches, steps, inference);
criterion_main!(benches);
