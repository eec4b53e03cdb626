//! Every activation, as a layer of its own and within the layers that have one.

use keras::{activations, prelude::*};

use crate::support::values;

/// Numbers on all sides of the points where an activation is not smooth, none of them near.
pub const POINTS: [f32; 12] = [-2.6, -2.2, -1.6, -0.7, -0.4, -0.2, 0.2, 0.3, 0.8, 1.3, 1.7, 2.6];
/// The same, where an exponential would be out of proportion.
pub const FAR: [f32; 6] = [-7.3, -6.5, -3.4, 3.4, 5.2, 6.7];

#[test]
fn activations_with_arguments() {
    let (x, y) = (|| Tensor::from([[0.1], [-0.1]]), || values::<Shape1<3>>(2, 2));
    let loss = MeanSquaredError::default();
    macro_rules! check_each {
        ($($function:expr;)*) => {$({
            const FUNCTION: activations::Activation = $function;
            sequential! { struct Alone { Input(1), Dense(12), Activation(FUNCTION), Dense(3) } }
            check!(Alone, biased!(Alone, dense_mut: POINTS), x(), y(), loss);
            sequential! { struct Within { Input(1), Dense(12, activation = FUNCTION), Dense(3) } }
            check!(Within, biased!(Within, dense_mut: POINTS), x(), y(), loss);
            sequential! { struct Convolved { Input(1), Reshape((1, 1, 1)), Conv2D(12, 1, activation = FUNCTION), Flatten(), Dense(3) } }
            check!(Convolved, biased!(Convolved, conv2d_mut: POINTS), x(), y(), loss);
        })*};
    }
    check_each! {
        activations::leaky_relu(0.05);
        activations::relu(0.5, Some(1.5), 0.25);
        activations::relu(0.0, None, 0.5);
        activations::elu(0.5);
        activations::gelu(true);
    }
}

macro_rules! activations {
    ($($function:literal)*) => {
        #[test]
        fn every_activation() {
            let (x, y) = (|| Tensor::from([[0.1], [-0.1]]), || values::<Shape1<3>>(2, 2));
            let loss = MeanSquaredError::default();
            $({
                sequential! { struct Alone { Input(1), Dense(12), Activation($function), Dense(3) } }
                check!(Alone, biased!(Alone, dense_mut: POINTS), x(), y(), loss);
                sequential! { struct Within { Input(1), Dense(12, activation = $function), Dense(3) } }
                check!(Within, biased!(Within, dense_mut: POINTS), x(), y(), loss);
                sequential! { struct Convolved { Input(1), Reshape((1, 1, 1)), Conv2D(12, 1, activation = $function), Flatten(), Dense(3) } }
                check!(Convolved, biased!(Convolved, conv2d_mut: POINTS), x(), y(), loss);
                if $function != "exponential" {
                    sequential! { struct Far { Input(1), Dense(6), Activation($function), Dense(3) } }
                    check!(Far, biased!(Far, dense_mut: FAR), x(), y(), loss);
                }
            })*
        }
    };
}

activations! {
    "elu" "exponential" "gelu" "hard_sigmoid" "hard_silu" "hard_swish" "leaky_relu" "linear" "log_sigmoid" "log_softmax" "mish" "relu"
    "relu6" "selu" "sigmoid" "silu" "softmax" "softplus" "softsign" "swish" "tanh"
}
