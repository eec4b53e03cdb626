//! Training that goes on after a model has converged: nothing that is kept or computed with becomes a subnormal number, which
//! processors compute with many times as slowly.

use keras::{optimizers::Optimizer, prelude::*};

sequential! {
    struct Net { Input(12), Dense(8, activation = "tanh"), Dense(8, activation = "relu"), Dense(4, activation = "softmax") }
}

/// A few samples that are learned by heart, with inputs that are zero in each of them.
fn samples() -> (Tensor<Shape1<12>>, Labels) {
    let value = |at: usize| if at % 12 / 3 == at / 12 && !at.is_multiple_of(3) { 1.0 } else { 0.0 };
    let x = Tensor::from_vec((0..4 * 12).map(value).collect()).unwrap();
    (x, Labels::try_from([0, 1, 2, 3]).unwrap())
}

fn subnormal(numbers: &[f32]) -> usize {
    numbers.iter().filter(|number| number.is_subnormal()).count()
}

fn check(optimizer: impl Optimizer, steps: usize) {
    let name = optimizer.name();
    let (x, y) = samples();
    let mut net = Net::with_seed(1);
    let mut compiled = net.compile(optimizer, SparseCategoricalCrossentropy::default(), ());
    let mut least = f32::INFINITY;
    for step in 1..=steps {
        let loss = compiled.train_on_batch(&x, &y).unwrap().loss;
        least = least.min(loss);
        // Tiny numbers in the slots become zero after each eighth step.
        if step.is_multiple_of(8) {
            assert_eq!(subnormal(compiled.optimizer().state()), 0, "{name}, in a slot after {step} steps");
        }
    }
    assert!(least < 0.05, "{name} has converged to {least}");
    let (_, gradients) = net.loss_and_gradients(&x, &y, &SparseCategoricalCrossentropy::default()).unwrap();
    assert_eq!(subnormal(gradients.values()), 0, "{name}, in a gradient");
}

#[test]
fn no_optimizer_keeps_subnormal_numbers() {
    check(SGD::new(0.1).momentum(0.5), 2000);
    check(SGD::new(0.1).momentum(0.9).nesterov(true), 2000);
    check(Adam::new(0.02), 2000);
    check(Adam::new(0.02).amsgrad(true), 2000);
    check(AdamW::new(0.02), 2000);
    check(Adamax::new(0.05), 2000);
    check(Nadam::new(0.02), 2000);
    check(RMSprop::new(0.02).momentum(0.5).centered(true), 2000);
    check(Adagrad::new(0.5), 2000);
    check(Adadelta::new(20.0), 2000);
    check(Ftrl::new(0.5), 2000);
    check(Lion::new(0.01), 2000);
    check(Lamb::new(0.02), 2000);
    check(Adafactor::new(0.05), 2000);
}
