//! Every loss, through a model whose output it fits.

use keras::prelude::*;

use crate::support::values;

/// `Loss(head) target;`: the activation of the model's output, and what a target is made of.
macro_rules! losses {
    ($($loss:ident($head:literal) $target:ident;)*) => {
        #[test]
        fn every_loss() {
            $({
                sequential! { struct $loss { Input(4), Dense(5, activation = "tanh"), Dense(3, activation = $head) } }
                let make = || {
                    let mut model = $loss::with_seed(11);
                    // Far from the targets, and on both sides of them.
                    model.dense_1_mut().bias().iter_mut().zip([-1.7, 0.6, 1.4]).for_each(|(bias, value)| *bias = value);
                    model.dense_1_mut().kernel().iter_mut().for_each(|weight| *weight *= 0.2);
                    model
                };
                check!($loss, make, values::<Shape1<4>>(6, 1), $target(), keras::losses::$loss::default());
            })*
        }
    };
}

losses! {
    BinaryCrossentropy("sigmoid") bits;
    BinaryFocalCrossentropy("sigmoid") bits;
    CategoricalCrossentropy("softmax") shares;
    CategoricalFocalCrossentropy("softmax") shares;
    CategoricalGeneralizedCrossEntropy("softmax") classes;
    CategoricalHinge("linear") one_of_three;
    CosineSimilarity("linear") signs;
    Dice("sigmoid") bits;
    Hinge("linear") signs;
    Huber("linear") numbers;
    KLDivergence("softmax") shares;
    LogCosh("linear") numbers;
    MeanAbsoluteError("linear") numbers;
    MeanAbsolutePercentageError("linear") numbers;
    MeanSquaredError("linear") numbers;
    MeanSquaredLogarithmicError("softplus") bits;
    Poisson("softplus") bits;
    SparseCategoricalCrossentropy("softmax") classes;
    SquaredHinge("linear") signs;
    Tversky("sigmoid") bits;
}

fn classes() -> Labels {
    Labels::try_from([0u8, 2, 1, 1, 0, 2]).unwrap()
}

fn bits() -> Tensor<Shape1<3>> {
    Tensor::from([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
}

fn one_of_three() -> Tensor<Shape1<3>> {
    Tensor::from([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
}

fn signs() -> Tensor<Shape1<3>> {
    Tensor::from_vec(bits().values().iter().map(|bit| 2.0 * bit - 1.0).collect()).unwrap()
}

fn shares() -> Tensor<Shape1<3>> {
    Tensor::from([
        [0.2, 0.5, 0.3],
        [0.1, 0.8, 0.1],
        [0.6, 0.2, 0.2],
        [0.3, 0.3, 0.4],
        [0.1, 0.2, 0.7],
        [0.25, 0.5, 0.25],
    ])
}

/// Some of them more than 1 from what the model gives, where Huber's loss is straight.
fn numbers() -> Tensor<Shape1<3>> {
    Tensor::from([
        [0.3, -0.5, 4.0],
        [-5.0, 3.0, -0.3],
        [-0.4, 3.5, 5.0],
        [2.0, -1.0, 0.3],
        [-6.0, 2.7, 3.9],
        [-0.5, 4.0, -2.0],
    ])
}
