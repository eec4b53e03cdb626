//! Activation functions, through the layers that apply them.

use keras::layers::Activation;

use crate::{
    layers::{function, relu, single},
    support::compare_group,
};

const NOT_COMPARED: &[(&str, &str)] = &[
    ("elu.alpha", "an activation has no arguments here: alpha is 1"),
    ("gelu.approximate_default", "an activation has no arguments here: gelu is the exact one, Keras' default"),
    ("gelu.approximate_narrow", "as gelu.approximate_default"),
    ("log_softmax.axis_0", "axis 0 is that of the batch, which a model never mixes"),
    ("softmax.axis_0", "as log_softmax.axis_0"),
];

#[test]
fn activations() {
    compare_group("activations", NOT_COMPARED, |case| {
        match case.item {
            "relu" | "leaky_relu" if case.name.split_once('.').is_some_and(|(_, name)| !is_plain(name)) => {
                // With arguments it is the layer ReLU.
                let layer = relu(case);
                single(case, layer, |dims| layer.build(dims));
            }
            item => {
                let layer = Activation::layer(function(item));
                single(case, layer, |dims| layer.build(dims));
            }
        }
        true
    });
}

/// Whether a case of this name calls the function without arguments.
fn is_plain(name: &str) -> bool {
    name == "default" || name == "narrow"
}
