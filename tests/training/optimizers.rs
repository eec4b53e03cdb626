//! What an optimizer's arguments do in `fit`: averages of weights, gathered gradients, scheduled rates.

use keras::{
    Error, Owned,
    optimizers::{Common, OptimizerError, Span, Step},
    prelude::*,
};
use keras_core::model::Model;

use crate::support::{Net, classes, column, line};

#[test]
fn at_the_end_of_fit_the_averages_are_the_weights() {
    let (x, y) = (column(&[1.0, 2.0, 3.0]), column(&[2.0, 4.0, 6.0]));
    let (mut averaged, mut plain) = (line(0.0), line(0.0));
    let sgd = SGD::new(0.01);
    let mut compiled = averaged.compile(sgd.clone().use_ema(true).ema_momentum(0.75), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).epochs(1).batch_size(1).shuffle(false).verbose(0).run().unwrap();
    let mut compiled = plain.compile(sgd, MeanSquaredError::default(), ());
    let mut average = None;
    for sample in 0..3 {
        compiled.train_on_batch(x.slice(sample..sample + 1).unwrap(), y.slice(sample..sample + 1).unwrap()).unwrap();
        let w = compiled.model().weights()[0];
        average = Some(average.map_or(w, |average| 0.75 * average + 0.25 * w));
    }
    assert!((averaged.weights()[0] - average.unwrap()).abs() < 1e-6);
    assert_ne!(averaged.weights(), plain.weights());
}

#[test]
fn no_epoch_leaves_the_weights() {
    let (x, y) = (column(&[1.0]), column(&[2.0]));
    let mut model = line(0.0);
    let mut compiled = model.compile(SGD::new(0.1).use_ema(true), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).epochs(2).verbose(0).run().unwrap();
    compiled.model().weights_mut()[0] = 7.0;
    compiled.fit(&x, &y).epochs(0).verbose(0).run().unwrap();
    assert_eq!(model.weights(), [7.0]);
}

#[test]
fn averages_of_another_model_are_a_typed_error() {
    let mut optimizer = SGD::new(0.1).use_ema(true);
    optimizer.step(&mut [0.0; 3], &[0.0; 3]).unwrap();
    let error = optimizer.finalize(&mut line(0.0)).unwrap_err();
    assert_eq!(error, OptimizerError::Average { optimizer: "sgd", weights: 1, found: 3 });
}

#[derive(Clone)]
struct Doubling(Common);

impl Optimizer for Doubling {
    fn name(&self) -> &'static str {
        "doubling"
    }

    fn slots(&self) -> usize {
        0
    }

    fn common(&self) -> &Common {
        &self.0
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.0
    }

    fn update(&self, _: Step, _: Span<'_>) {}

    fn finalize<M: Model<Storage = Owned>>(&self, model: &mut M) -> Result<(), OptimizerError> {
        model.weights_mut().iter_mut().for_each(|weight| *weight *= 2.0);
        Ok(())
    }
}

#[test]
fn a_custom_optimizer_ends_the_training_in_its_own_way() {
    let (x, y) = (column(&[1.0]), column(&[2.0]));
    let mut model = line(1.0);
    let mut compiled = model.compile(Doubling(Common::new(0.1)), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).verbose(0).run().unwrap();
    assert_eq!(compiled.model().weights(), [2.0]);
    compiled.finalize().unwrap();
    assert_eq!(model.weights(), [4.0]);
}

#[test]
fn frozen_layers_are_not_overwritten_by_averages() {
    let (x, y) = classes(20);
    let mut model = Net::with_seed(1);
    model.freeze("dense").unwrap();
    let before = model.dense().kernel().to_owned();
    let optimizer = Adam::new(0.1).use_ema(true).ema_momentum(0.9).ema_overwrite_frequency(2);
    let mut compiled = model.compile(optimizer, SparseCategoricalCrossentropy::default(), ());
    compiled.fit(&x, &y).epochs(3).batch_size(4).verbose(0).run().unwrap();
    assert_eq!(model.dense().kernel(), before);
}

#[test]
fn two_gathered_batches_are_one_of_twice_the_size() {
    let (x, y) = (column(&[1.0, -2.0, 3.0, 0.5]), column(&[2.0, 4.0, 6.0, 1.0]));
    let (mut gathering, mut whole) = (line(0.0), line(0.0));
    let adam = Adam::new(0.1).clipnorm(5.0).weight_decay(0.1);
    let mut compiled = gathering.compile(adam.clone().gradient_accumulation_steps(2), MeanSquaredError::default(), ());
    compiled.fit(&x, &y).epochs(4).batch_size(2).shuffle(false).verbose(0).run().unwrap();
    assert_eq!((compiled.optimizer().calls(), compiled.optimizer().iterations()), (8, 4));
    let mut compiled = whole.compile(adam, MeanSquaredError::default(), ());
    compiled.fit(&x, &y).epochs(4).batch_size(4).shuffle(false).verbose(0).run().unwrap();
    assert!((gathering.weights()[0] - whole.weights()[0]).abs() < 1e-6);
}

#[test]
fn a_state_goes_on_with_averages_and_gathered_gradients() {
    let optimizer = Adam::new(0.1).use_ema(true).ema_momentum(0.5).gradient_accumulation_steps(3);
    let (mut first, mut weights) = (optimizer.clone(), [1.0, -2.0]);
    for step in 0..4 {
        first.step(&mut weights, &[step as f32, 1.0]).unwrap();
    }
    let (mut second, mut same) = (optimizer, weights);
    second.set_state(first.calls(), first.state()).unwrap();
    for step in 0..5 {
        first.step(&mut weights, &[0.5, step as f32]).unwrap();
        second.step(&mut same, &[0.5, step as f32]).unwrap();
    }
    assert_eq!((weights, first.average(), first.calls()), (same, second.average(), second.calls()));
    let error = Adam::new(0.1).set_state(1, &first.state()[..7]).unwrap_err();
    assert_eq!(error, OptimizerError::State { optimizer: "adam", slots: 2, found: 7 });
}

#[test]
fn a_schedule_counts_the_steps_of_fit() {
    let (x, y) = (column(&[1.0; 6]), column(&[0.0; 6]));
    let mut model = line(1.0);
    // The absolute error's gradient is 1: the weight falls by each rate.
    let rates = PiecewiseConstantDecay::new([1, 3], [0.5, 0.0625, 0.0]);
    let mut compiled = model.compile(SGD::new(rates), MeanAbsoluteError::default(), ());
    compiled.fit(&x, &y).epochs(2).batch_size(2).verbose(0).run().unwrap();
    assert_eq!(compiled.optimizer().current_learning_rate(), 0.0);
    // 0.5 twice, to 0, where there is no slope
    assert_eq!(model.weights(), [0.0]);
}

#[test]
fn a_callback_cannot_set_a_scheduled_rate() {
    let (x, y) = (column(&[1.0]), column(&[0.0]));
    let mut model = line(1.0);
    let mut compiled = model.compile(SGD::new(CosineDecay::new(0.1, 10)), MeanSquaredError::default(), ());
    let halve = LearningRateScheduler::new(|_, rate| rate / 2.0);
    let error = compiled.fit(&x, &y).callbacks((halve,)).verbose(0).run().unwrap_err();
    assert!(matches!(error, Error::ScheduledRate { .. }));
    assert!(error.to_string().starts_with("a callback set the learning rate to 0.05"), "{error}");
}

#[test]
fn arguments_out_of_range_are_typed_errors() {
    let step = |optimizer: SGD| optimizer.clone().step(&mut [0.0], &[0.0]).unwrap_err().to_string();
    assert_eq!(
        step(SGD::default().gradient_accumulation_steps(0)),
        "sgd's `gradient_accumulation_steps` is 0, but must be at least 1"
    );
    assert_eq!(
        step(SGD::default().use_ema(true).ema_momentum(1.5)),
        "sgd's `ema_momentum` is 1.5, but must be from 0 to 1"
    );
    assert_eq!(
        step(SGD::default().ema_overwrite_frequency(0)),
        "sgd's `ema_overwrite_frequency` is 0, but must be at least 1"
    );
    assert_eq!(step(SGD::new(CosineDecay::new(0.1, 0))), "CosineDecay's `decay_steps` is 0, but must be at least 1");
}

/// Trains a model by an optimizer: it must learn.
fn learns(optimizer: impl Optimizer) {
    let (x, y) = classes(60);
    let name = optimizer.name();
    let mut model = Net::with_seed(5);
    let mut compiled = model.compile(optimizer, SparseCategoricalCrossentropy::default(), ());
    let before = compiled.evaluate(&x, &y).unwrap().loss;
    compiled.fit(&x, &y).epochs(40).batch_size(20).verbose(0).run().unwrap();
    let after = compiled.evaluate(&x, &y).unwrap().loss;
    assert!(after < 0.97 * before, "{name}: {after} after {before}");
}

#[test]
fn every_optimizer_trains_a_model() {
    learns(SGD::new(0.2));
    learns(RMSprop::new(0.01));
    learns(Adam::new(0.01));
    learns(AdamW::new(0.01));
    learns(Adamax::new(0.02));
    learns(Nadam::new(0.01));
    learns(Adagrad::new(0.1));
    learns(Adadelta::new(5.0));
    learns(Adafactor::new(0.1));
    learns(Lion::new(0.003));
    learns(Lamb::new(0.02));
    learns(Ftrl::new(0.5));
}

/// So many steps of weights along gradients.
type Steps = fn(&mut [f32], &[f32], usize);

/// Every optimizer, as Keras has it but for a weight decay where it is free.
macro_rules! each_optimizer {
    ($($optimizer:expr),* $(,)?) => {
        vec![$({
            fn step(weights: &mut [f32], gradients: &[f32], steps: usize) {
                let mut optimizer = $optimizer;
                (0..steps).for_each(|_| optimizer.step(weights, gradients).unwrap());
            }
            (stringify!($optimizer), step as Steps)
        }),*]
    };
}

/// Those whose step of a weight depends on that weight alone.
fn elementwise() -> Vec<(&'static str, Steps)> {
    each_optimizer![
        SGD::new(0.1),
        SGD::new(0.1).momentum(0.9).nesterov(true),
        RMSprop::new(0.1),
        RMSprop::new(0.1).momentum(0.5).centered(true),
        Adam::new(0.1),
        Adam::new(0.1).amsgrad(true),
        AdamW::new(0.1),
        Adamax::new(0.1),
        Nadam::new(0.1),
        Adagrad::new(0.1),
        Adadelta::new(0.1),
        Ftrl::new(0.1),
        Lion::new(0.1),
    ]
}

/// Those that measure a whole variable.
fn by_variable() -> Vec<(&'static str, Steps)> {
    each_optimizer![
        Adafactor::new(0.1),
        Lamb::new(0.1),
        SGD::new(0.1).clipnorm(1.0),
        Adam::new(0.1).global_clipnorm(1.0)
    ]
}

#[test]
fn what_is_not_finite_spoils_its_own_weight() {
    let gradients: Vec<f32> = (0..37).map(|at| (at % 7) as f32 * 0.25 - 0.8).collect();
    for (name, step) in elementwise() {
        let mut plain = vec![1.0; 37];
        step(&mut plain, &gradients, 3);
        for special in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in [0, 8, 20, 36] {
                let mut gradients = gradients.clone();
                gradients[at] = special;
                let mut weights = vec![1.0; 37];
                step(&mut weights, &gradients, 3);
                for (other, (weight, plain)) in weights.iter().zip(&plain).enumerate() {
                    assert!(
                        other == at || weight.to_bits() == plain.to_bits(),
                        "{name}: {special} at {at} shows at {other}"
                    );
                }
                assert!(!special.is_nan() || weights[at].is_nan(), "{name} forgets a NaN: {}", weights[at]);
            }
        }
    }
}

#[test]
fn a_subnormal_weight_is_kept() {
    let tiny = f32::from_bits(12_345);
    // Without a gradient. AdamW decays weights, and Ftrl makes them anew of its sums.
    for (name, step) in
        elementwise().into_iter().filter(|(name, _)| !name.starts_with("Ftrl") && !name.starts_with("AdamW"))
    {
        let mut weights = [tiny; 21];
        step(&mut weights, &[0.0; 21], 2);
        assert!(weights.iter().all(|weight| weight.to_bits() == tiny.to_bits()), "{name}: {:e}", weights[0]);
    }
    // A tiny gradient counts as zero.
    let mut weights = [tiny; 21];
    SGD::new(0.5).step(&mut weights, &[tiny; 21]).unwrap();
    assert!(weights.iter().all(|weight| weight.to_bits() == tiny.to_bits()));
}

#[test]
fn threads_do_not_change_a_step() {
    let count = 200_003;
    let gradients: Vec<f32> = (0..count).map(|at| (at * 37 % 101) as f32 * 0.02 - 1.0).collect();
    for (name, step) in elementwise().into_iter().chain(by_variable()) {
        let on = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let mut weights: Vec<f32> = (0..count).map(|at| (at % 13) as f32 * 0.1).collect();
                step(&mut weights, &gradients, 2);
                weights.iter().map(|weight| weight.to_bits()).collect::<Vec<_>>()
            })
        };
        assert!(on(1) == on(5), "{name} depends on the number of threads");
    }
}
