//! Constraints hold after each step, wherever the layer is and whoever steps; a frozen layer is left alone.

use keras::prelude::*;

sequential! { struct Inner { Input(2), Dense(2, kernel_constraint = "non_neg", name = "inner") } }
sequential! {
    struct Outer {
        Input(2),
        Dense(2, kernel_constraint = "unit_norm", name = "first"),
        Inner(name = "within"),
        Dense(1, kernel_constraint = "non_neg", trainable = false, name = "frozen"),
    }
}

fn data() -> (Tensor<Shape1<2>>, Tensor<Shape1<1>>) {
    (Tensor::from([[1.0, 2.0], [3.0, -1.0]]), Tensor::from([[-5.0], [9.0]]))
}

fn model() -> Outer {
    let mut model = Outer::with_seed(3);
    model.frozen_mut().kernel().fill(-1.0);
    model.within_mut().weight("inner/kernel").unwrap().0.fill(-1.0);
    model
}

fn check(model: &Outer) {
    for column in model.first().kernel().columns() {
        assert!((column.dot(&column) - 1.0).abs() < 1e-5);
    }
    assert!(model.within().weight("inner/kernel").unwrap().0.iter().all(|&weight| weight >= 0.0));
    assert!(model.frozen().kernel().iter().all(|&weight| weight == -1.0));
}

#[test]
fn after_a_step_of_training() {
    let ((x, y), mut model) = (data(), model());
    model.compile(Adam::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y).unwrap();
    check(&model);
}

#[test]
fn after_a_step_of_ones_own() {
    let ((x, y), mut model) = (data(), model());
    let (_, gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    SGD::new(0.1).apply(&mut model, &gradients).unwrap();
    check(&model);
}

#[test]
fn not_before_one() {
    let ((x, y), mut model) = (data(), model());
    let before = model.weights().to_vec();
    model.compile(Adam::new(0.1), MeanSquaredError::default(), ()).evaluate(&x, &y).unwrap();
    assert_eq!(model.weights(), before);
}
