//! Arguments: of every kind, in layers, in numbers and in shapes.

use keras::{config::ConfigValue, prelude::*};

layer! {
    /// Two dense layers with something between them.
    struct Mlp(
        /// Units of the first layer
        units: usize,
        activation: Activation = "relu",
        initializer: Initializer = "ones",
        regularizer: Regularizer = Regularizer::None,
        rate: f32 = 0.5,
        use_bias: bool = true,
        shift: f32 = -1,
    )(x) {
        let y = Dense(units * 2, activation = activation, kernel_initializer = initializer, use_bias = use_bias)(x);
        let y = Dropout(rate)(y) * rate + shift / 2;
        Dense({ last(y) / 2 }, kernel_initializer = initializer, kernel_regularizer = regularizer, name = "last")(y)
    }
}

#[test]
fn arguments_reach_layers_and_numbers() {
    sequential! { struct Net { Input(2), Mlp(3), Mlp(1, activation = "tanh", rate = 0.0, use_bias = false, shift = 4.0) } }

    let net = Net::with_seed(1);
    // The first: relu(1 + 2) = 3 in six units, ·0.5 - 0.5 = 1, summed over six; the second: tanh(18) in two units.
    let first = net.predict_one(&[1.0, 2.0]);
    assert_eq!(first, [2.0 * 2.0]);
    assert_eq!(Net::PARAMETERS, (2 * 6 + 6) + (6 * 3 + 3) + 3 * 2 + (2 + 1));
    let config = Net::DESCRIPTION.layers[1].config();
    assert_eq!(config.get("units"), Some(&ConfigValue::Integer(1)));
    assert_eq!(config.get("use_bias"), Some(&ConfigValue::Bool(false)));
    assert_eq!(config.get("activation").map(ToString::to_string), Some("\"tanh\"".to_owned()));
}

#[test]
fn weights_of_layers_within_have_paths() {
    sequential! { struct Net { Input(2), Mlp(3, name = "mlp", regularizer = "l2") } }

    let names: Vec<String> = Net::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
    assert_eq!(names, ["mlp/dense/kernel", "mlp/dense/bias", "mlp/last/kernel", "mlp/last/bias"]);
    assert_eq!(Net::new().mlp().weight("last/kernel").unwrap().0, [1.0; 18]);
}
