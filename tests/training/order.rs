//! In which order samples are seen, and what a seed says.

use keras::{
    Result,
    callbacks::{Context, Logs},
    prelude::*,
};

use crate::support::{Line, Net, classes, column};

/// Notes by how much the one weight changes in each step.
#[derive(Default)]
struct Changes {
    last: f32,
    changes: Vec<i64>,
}

impl Callback for Changes {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.last = context.weights()[0];
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.changes.push((context.weights()[0] - self.last).round() as i64);
        self.last = context.weights()[0];
        Ok(())
    }
}

const SAMPLES: i64 = 12;

/// The samples in the order in which two epochs saw them: the absolute error of `w·x` far below its target changes `w` by
/// exactly `x`.
fn order(seed: u64, shuffle: bool) -> (Vec<i64>, Vec<i64>) {
    let x = column(&(1..=SAMPLES).map(|x| x as f32).collect::<Vec<_>>());
    let y = column(&[1e6; SAMPLES as usize]);
    let mut line = Line::with_seed(seed);
    line.weights_mut()[0] = 0.0;
    let mut changes = Changes::default();
    let mut compiled = line.compile(SGD::new(1.0), MeanAbsoluteError::default(), ());
    let fit = compiled.fit(&x, &y).epochs(2).batch_size(1).shuffle(shuffle).verbose(0);
    fit.callbacks((&mut changes,)).run().unwrap();
    let second = changes.changes.split_off(SAMPLES as usize);
    (changes.changes, second)
}

#[test]
fn without_shuffling_samples_come_in_order() {
    let in_order: Vec<i64> = (1..=SAMPLES).collect();
    assert_eq!(order(1, false), (in_order.clone(), in_order));
}

#[test]
fn shuffling_shows_each_sample_once_an_epoch_in_a_new_order() {
    let in_order: Vec<i64> = (1..=SAMPLES).collect();
    let (first, second) = order(1, true);
    assert_ne!(first, in_order);
    assert_ne!(first, second);
    for mut epoch in [first, second] {
        epoch.sort_unstable();
        assert_eq!(epoch, in_order);
    }
}

#[test]
fn the_order_is_the_seeds() {
    assert_eq!(order(7, true), order(7, true));
    assert_ne!(order(7, true), order(8, true));
}

/// The history and the weights of a run in which all that is random takes part.
fn run(seed: u64) -> (History, Vec<f32>) {
    let (x, y) = classes(50);
    let mut model = Net::with_seed(seed);
    let mut compiled = model.compile(Adam::new(0.02), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let history = compiled.fit(&x, &y).epochs(3).batch_size(8).validation_split(0.2).verbose(0).run().unwrap();
    (history, model.weights().to_vec())
}

#[test]
fn a_seed_is_a_run() {
    assert_eq!(run(11), run(11));
    let ((history, weights), (other_history, other_weights)) = (run(11), run(12));
    assert_ne!(history, other_history);
    assert_ne!(weights, other_weights);
}

#[test]
fn models_without_a_seed_differ() {
    assert_ne!(Net::new().weights(), Net::new().weights());
}
