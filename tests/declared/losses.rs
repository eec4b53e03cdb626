//! Losses declared by `loss!`, against those of the crate, and their gradients against differences.

use keras::{losses::Reduction, metrics::MeanLoss, prelude::*};

loss! { struct Squared(y_true, y_pred) { mean(square(y_true - y_pred), axis = -1) } }
loss! { struct Cosine(y_true, y_pred) { -sum(y_true * y_pred) / sqrt(sum(square(y_true)) * sum(square(y_pred))) } }
loss! {
    /// The crossentropy of logits, from the largest one.
    struct FromLogits(y_true, y_pred) {
        let shifted = y_pred - max(y_pred, axis = -1, keepdims = true);
        log(sum(exp(shifted))) * sum(y_true) - sum(y_true * shifted)
    }
}
loss! {
    /// Every operation.
    struct All(power: usize, shift: f32 = 0.25)(target, output) {
        fn both(a, b) { tanh(a) * sigmoid(b) + relu(a - b) }
        let x = output + shift;
        for _ in 0..2 { x = x * 0.9 + both(x, target) / power; }
        let y = abs(x) + softplus(-x) + sqrt(square(x) + 1) + rsqrt(square(x) + 2) + reciprocal(square(x) + 3);
        let (low, high) = (min(y), max(y - target));
        clip(y, -5, 3) + minimum(maximum(x, target), 2 * low) + log(square(high) + mean(exp(x * 0.1)))
    }
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()))
}

#[test]
fn they_are_those_of_the_crate() {
    let y = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
    let p = [[0.3, -1.25, 2.0], [0.5, 0.75, -0.5], [1.5, 0.25, 0.125]];
    macro_rules! same {
        ($ours:expr, $theirs:expr) => {
            let (ours, theirs) =
                ($ours.value_and_gradient(&y, &p).unwrap(), $theirs.value_and_gradient(&y, &p).unwrap());
            assert!(close(&[ours.0], &[theirs.0]), "{} is not {}", ours.0, theirs.0);
            assert!(close(ours.1.as_flattened(), theirs.1.as_flattened()), "{:?} is not {:?}", ours.1, theirs.1);
        };
    }
    same!(Squared::default(), MeanSquaredError::default());
    same!(Cosine::default(), CosineSimilarity::default());
    same!(FromLogits::default(), CategoricalCrossentropy::default().from_logits(true));
    same!(Squared::default().reduction(Reduction::Sum), MeanSquaredError::default().reduction(Reduction::Sum));
    let mut metric = MeanLoss::new(Squared::default());
    metric.update_arrays(&y, &p).unwrap();
    assert_eq!(metric.result(), Squared::default().value(&y, &p).unwrap());
    assert_eq!(FromLogits::default().name(), "from_logits");
}

#[test]
fn gradients_of_every_operation() {
    let (y, mut p) = ([[0.5, -0.25, 1.0, 0.3]], [[0.2, 0.5, -0.4, 1.3]]);
    let loss = All::new(3).shift(0.1);
    let (_, gradient) = loss.value_and_gradient(&y, &p).unwrap();
    for at in 0..4 {
        let (step, before) = (1e-2, p[0][at]);
        p[0][at] = before + step;
        let above = loss.value(&y, &p).unwrap();
        p[0][at] = before - step;
        let below = loss.value(&y, &p).unwrap();
        p[0][at] = before;
        let difference = (above - below) / (2.0 * step);
        assert!((difference - gradient[0][at]).abs() < 2e-3, "{difference} is not {}", gradient[0][at]);
    }
}

#[test]
fn a_model_is_trained_by_one() {
    sequential! { struct Net { Input(2, 3), Dense(4, activation = "tanh"), Dense(2) } }
    let x = crate::support::values::<Shape2<2, 3>>(40, 1);
    let y = crate::support::values::<Shape2<2, 2>>(40, 2);
    let train = |own: bool| {
        let mut net = Net::with_seed(1);
        if own {
            net.compile(Adam::new(0.01), Squared::default(), ()).fit(&x, &y).epochs(3).verbose(0).run().unwrap();
        } else {
            net.compile(Adam::new(0.01), MeanSquaredError::default(), ())
                .fit(&x, &y)
                .epochs(3)
                .verbose(0)
                .run()
                .unwrap();
        }
        net.weights().to_vec()
    };
    assert!(close(&train(true), &train(false)));
}

#[test]
fn models_and_layers_add_to_the_loss() {
    layer! {
        struct Penalized(factor: f32)(x) {
            let y = Dense(3, activation = "tanh")(x);
            add_loss(square(y) * factor);
            for _ in 0..2 { add_loss(sum(abs(y), axis = -1) / 4); }
            y
        }
    }
    model! {
        struct Net(x: Input(4)) {
            let y = Penalized(0.5)(Dense(3)(x));
            add_loss(exp(y) * 0.1);
            Dense(2)(y)
        }
    }
    let x = crate::support::values::<Shape1<4>>(6, 1);
    let y = crate::support::values::<Shape1<2>>(6, 2);
    check!(Net, x.clone(), y.clone());
    let mut net = Net::with_seed(11);
    let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    let without = MeanSquaredError::default().value(&y, &net.predict(&x).unwrap()).unwrap();
    assert!(loss > without + 0.3, "{loss} is not above {without}");
    let evaluated = net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).evaluate(&x, &y).unwrap().loss;
    assert!((evaluated - f64::from(loss)).abs() < 1e-5, "{evaluated} is not {loss}");
    let mut trained = net.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let history = trained.fit(&x, &y).epochs(1).verbose(0).run().unwrap();
    assert!((history["loss"][0] - f64::from(loss)).abs() < 1e-5, "{} is not {loss}", history["loss"][0]);
    assert_eq!(net.predict_one(&[0.5; 4]).len(), 2);
}
