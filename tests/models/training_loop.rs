//! Training loops of one's own: `loss_and_gradients`, then `optimizer.apply`.

use keras::{optimizers::OptimizerError, prelude::*};

sequential! {
    struct Net { Input(3), Dense(4, activation = "tanh", kernel_regularizer = "l2"), BatchNormalization(), Dense(2) }
}
sequential! {
    struct Other { Input(3), Dense(2) }
}

fn data() -> (Tensor<Shape1<3>>, Tensor<Shape1<2>>) {
    let x = Tensor::from([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0], [0.5, 0.5, -2.0]]);
    (x, Tensor::from([[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]]))
}

#[test]
fn a_loop_does_what_fit_does() {
    let ((x, y), loss) = (data(), MeanSquaredError::default());
    let adam = Adam::new(0.05).weight_decay(0.01).exclude_from_weight_decay(&["bias"]).global_clipnorm(0.5);
    let (mut by_fit, mut by_loop) = (Net::with_seed(3), Net::with_seed(3));
    let mut compiled = by_fit.compile(adam.clone(), loss, ());
    let mut optimizer = adam;
    for _ in 0..5 {
        let expected = compiled.train_on_batch(&x, &y).unwrap().loss;
        let (found, gradients) = by_loop.loss_and_gradients(&x, &y, &loss).unwrap();
        optimizer.apply(&mut by_loop, &gradients).unwrap();
        assert_eq!(found, expected);
    }
    assert_eq!(optimizer.iterations(), 5);
    assert_eq!(by_loop.weights(), by_fit.weights());
}

#[test]
fn gradients_can_be_changed_and_frozen_layers_stay() {
    let (x, y) = data();
    let (mut model, mut optimizer) = (Net::with_seed(3), SGD::new(1.0));
    let before = (model.dense().kernel().to_owned(), model.dense_1().kernel().to_owned());
    let (_, mut gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    gradients.values_mut().fill(0.5);
    model.dense_mut().freeze();
    optimizer.apply(&mut model, &gradients).unwrap();
    assert_eq!(model.dense().kernel(), before.0);
    assert_eq!(model.dense_1().kernel(), before.1 - 0.5);
}

#[test]
fn gradients_of_another_model_are_a_typed_error() {
    let (x, y) = data();
    let (_, gradients) = Other::with_seed(1).loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    let mut model = Net::with_seed(1);
    let before = model.weights().to_vec();
    let error = Adam::default().apply(&mut model, &gradients).unwrap_err();
    assert_eq!(error, OptimizerError::Gradients { optimizer: "adam", weights: 34, gradients: 8 });
    let error: keras::Error =
        SGD::new(0.1).clipnorm(1.0).clipvalue(1.0).apply(&mut model, &gradients).unwrap_err().into();
    assert_eq!(error.to_string(), "only one of clipnorm, clipvalue and global_clipnorm can be set");
    assert_eq!(model.weights(), before);
}
