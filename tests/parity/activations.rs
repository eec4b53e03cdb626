//! Activation functions, through the layers that apply them.

use keras::layers::{Activation, ELU, Softmax};

use crate::{
    layers::{function, relu},
    pass::{Pass, check_layer, single},
    support::{Case, compare_group},
};

const NOT_COMPARED: &[(&str, &str)] = &[
    ("gelu.approximate_default", "an activation has no arguments here: gelu is the exact one, Keras' default"),
    ("gelu.approximate_narrow", "as gelu.approximate_default"),
    ("log_softmax.axis_0", "log_softmax works on the last axis"),
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
            "elu" if case.number("alpha").is_some() => {
                let layer = ELU::layer().alpha(case.number("alpha").unwrap());
                single(case, layer, |dims| layer.build(dims));
            }
            // Along the first axis of what is recorded as a batch, and is one sample here.
            "softmax" if case.keyword("axis") == Some("0") => one_sample(case, Softmax::layer().axis(1)),
            item => {
                let layer = Activation::layer(function(item));
                single(case, layer, |dims| layer.build(dims));
            }
        }
        true
    });
}

fn one_sample(case: &Case<'_>, layer: Softmax) {
    let dims = case.dims("input");
    check_layer(&Pass { case, layer, built: layer.build(dims).unwrap(), batch: 1, dims: &[dims] });
}

/// Whether a case of this name calls the function without arguments.
fn is_plain(name: &str) -> bool {
    name == "default" || name == "narrow"
}
