//! Activation functions, through the layers that apply them.

use keras::{
    activations,
    layers::{Activation, ELU, Softmax},
};

use crate::{
    layers::{function, relu},
    pass::{Pass, check_layer, single},
    support::{Case, compare_group},
};

const NOT_COMPARED: &[(&str, &str)] = &[("log_softmax.axis_0", "log_softmax works on the last axis")];

#[test]
fn activations() {
    compare_group("activations", NOT_COMPARED, |case| {
        match case.item {
            "relu" | "leaky_relu" if case.name.split_once('.').is_some_and(|(_, name)| !is_plain(name)) => {
                // With arguments it is the layer ReLU, and an activation.
                let layer = relu(case);
                single(case, layer, |dims| layer.build(dims));
                let number = |name, default| case.number(name).unwrap_or(default);
                let slope = number("negative_slope", if case.item == "relu" { 0.0 } else { 0.2 });
                let threshold = number("threshold", 0.0);
                let layer = Activation::layer(activations::relu(slope, case.number("max_value"), threshold));
                single(case, layer, |dims| layer.build(dims));
            }
            "elu" if case.number("alpha").is_some() => {
                let layer = ELU::layer().alpha(case.number("alpha").unwrap());
                single(case, layer, |dims| layer.build(dims));
                let layer = Activation::layer(activations::elu(case.number("alpha").unwrap()));
                single(case, layer, |dims| layer.build(dims));
            }
            "gelu" => {
                let layer = Activation::layer(activations::gelu(case.flag("approximate", false)));
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
