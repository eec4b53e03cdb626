//! Random numbers in a layer.

use keras::prelude::*;

layer! {
    /// Draws from the distribution that two tensors say, as Keras' example of a variational autoencoder.
    struct Sampling(mean, log_variance) { mean + exp(log_variance / 2) * random_normal(mean) }
}

layer! { struct Fresh(x) { x + random_uniform(x, stateful = true) } }

model! {
    struct Encoder(x: Input(8)) {
        let (mean, log_variance) = (Dense(4)(x), Dense(4)(x));
        Sampling()(mean, log_variance)
    }
}

#[test]
fn at_inference_the_numbers_of_a_sample_are_its_own() {
    let (net, x) = (Encoder::with_seed(1), Tensor::from_vec(vec![0.5; 700 * 8]).unwrap());
    let y = net.predict(&x).unwrap();
    assert_eq!(y, net.predict(&x).unwrap());
    for size in [1, 7, 300, 700] {
        // A product of one row is rounded in its own way.
        let same = Predict::new(&net).batch_size(size).run(&x).unwrap();
        assert!(same.values().iter().zip(y.values()).all(|(same, y)| (same - y).abs() < 1e-5));
    }
    assert!(net.predict_one(&[0.5; 8]).iter().zip(y.values()).all(|(one, y)| (one - y).abs() < 1e-5));
    let firsts: std::collections::HashSet<u32> = y.values().chunks(4).map(|sample| sample[0].to_bits()).collect();
    assert!(firsts.len() > 690);
    let mut other = Encoder::with_seed(2);
    other.weights_mut().copy_from_slice(net.weights());
    assert_ne!(other.predict(&x).unwrap(), y);
}

#[test]
fn in_training_every_step_has_its_own() {
    let (x, y) = (Tensor::from([[0.5; 8]]), Tensor::from([[0.0; 4]]));
    let step = |net: &mut Encoder| net.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    let (mut a, mut b) = (Encoder::with_seed(1), Encoder::with_seed(1));
    let (first, second) = (step(&mut a), step(&mut b));
    assert_eq!((first.0, first.1.values()), (second.0, second.1.values()));
    a.compile(SGD::new(0.0), MeanSquaredError::default(), ()).fit(&x, &y).verbose(0).run().unwrap();
    assert_ne!(step(&mut a).0, first.0);
}

#[test]
fn stateful_numbers_differ_from_call_to_call() {
    sequential! { struct Net { Input(2), Fresh(), Fresh() } }
    let (mut net, x) = (Net::with_seed(1), Tensor::from([[0.0, 0.0], [0.0, 0.0]]));
    let first = net.predict_stateful(&x).unwrap();
    let second = net.predict_stateful(&x).unwrap();
    assert_ne!(first, second);
    net.reset_states();
    assert_eq!((net.predict_stateful(&x).unwrap(), net.predict_stateful(&x).unwrap()), (first, second));
    let mut alone = standalone!(Fresh::layer(), [2], 7).unwrap();
    let first = alone.call_stateful(&[&[0.0, 0.0]]).unwrap();
    assert_ne!(alone.call_stateful(&[&[0.0, 0.0]]).unwrap(), first);
}
