//! Several inputs and outputs, layers in layers, shared layers, every place that a layer can stand in.

use keras::prelude::*;

use crate::{basics::Linear, support::values};

layer! {
    /// Three dense layers with a residual connection.
    struct Block(units: usize)(x) {
        fn step(x, units) { Dense(units, activation = "tanh")(BatchNormalization()(x)) }
        let y = x;
        for _ in 0..2 { y = step(y, units); }
        y + x
    }
}

layer! {
    /// Layers declared like this one, one of which is shared.
    struct Outer(units: usize)(x) {
        let linear = Linear(units);
        let y = linear(linear(x));
        Block(units, name = "block")(y) * Linear(units, name = "gate")(x)
    }
}

layer! {
    struct Mixed(units: usize)(a, b) {
        let w = weight("w", (last(a), units));
        let (left, right) = (a @ w, b @ w);
        (left * right, tanh(left) - right, Concatenate()([left, right]))
    }
}

layer! { struct Sides(x) { let (sum, difference, _) = Mixed(2)(x, x * 2); sum + difference } }

#[test]
fn gradients_of_layers_in_layers() {
    sequential! { struct Net { Input(4), Dense(3), Outer(3), Dense(2) } }
    check!(Net, values::<Shape1<4>>(6, 1), values::<Shape1<2>>(6, 2));
    let names: Vec<String> = Net::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
    assert_eq!(names[2..5], ["outer/linear/w", "outer/linear/b", "outer/block/batch_normalization/gamma"]);
    assert_eq!(names.iter().filter(|name| name.contains("linear")).count(), 2);
}

#[test]
fn several_inputs_and_outputs() {
    model! {
        struct Net(a: Input(2, 3), b: Input(2, 3)) {
            let (a, b) = (Dense(3)(a), Dense(3)(b));
            let (x, y, z) = Mixed(2)([a, b]);
            let (u, _, _) = Mixed(2)(b, a);
            Dense(2)(Flatten()(Concatenate()([x, y, z, u])))
        }
    }
    let (a, b) = (values::<Shape2<2, 3>>(5, 1), values::<Shape2<2, 3>>(5, 3));
    let (x, y) = ((a, b), values::<Shape1<2>>(5, 2));
    check!(Net, x.clone(), y.clone());
    sequential! { struct Nested { Input(3), Dense(4), Sides(), Dense(1) } }
    check!(Nested, values::<Shape1<3>>(4, 1), values::<Shape1<1>>(4, 2));
}

#[test]
fn at_each_step_of_a_sequence() {
    sequential! { struct Steps { Input(5, 3), TimeDistributed(Linear(2, name = "inner")), TimeDistributed(Outer(2)), Flatten(), Dense(1) } }
    sequential! { struct Same { Input(5, 3), Linear(2), Outer(2), Flatten(), Dense(1) } }
    let (steps, same) = (Steps::with_seed(3), Same::with_seed(3));
    let x = values::<Shape2<5, 3>>(4, 1);
    assert_eq!(steps.predict(&x).unwrap().values(), same.predict(&x).unwrap().values());
    let names: Vec<String> = Steps::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
    assert_eq!(names[0], "time_distributed/inner/w");
    assert!(names.contains(&"time_distributed_1/outer/block/dense/kernel".to_owned()), "{names:?}");
    check!(Steps, x, values::<Shape1<1>>(4, 2));
}

layer! { struct InSteps(x) { TimeDistributed(Linear(2))(x) + TimeDistributed(Dense(2))(x) } }

sequential! { struct Encoder { Input(3), Dense(2, activation = "tanh"), BatchNormalization() } }

layer! { struct WithModel(x) { let encoder = Encoder(name = "encoder"); encoder(x) - encoder(x * 0.5) } }

#[test]
fn wrappers_and_models_within() {
    sequential! { struct Steps { Input(4, 3), Dense(3), InSteps(), Flatten(), Dense(1) } }
    check!(Steps, values::<Shape2<4, 3>>(3, 1), values::<Shape1<1>>(3, 2));
    sequential! { struct Net { Input(3), Dense(3), WithModel(), Dense(1) } }
    check!(Net, values::<Shape1<3>>(7, 1), values::<Shape1<1>>(7, 2));
    let names: Vec<String> = Net::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
    assert_eq!(names[2], "with_model/encoder/dense/kernel");
}

#[test]
fn frozen_saved_and_in_a_model() {
    sequential! { struct Inner { Input(3), Outer(3), Dense(2) } }
    sequential! { struct Net { Input(3), Outer(3, name = "frozen", trainable = false), Inner(), Dense(1) } }
    let mut net = Net::with_seed(5);
    let (x, y) = (values::<Shape1<3>>(8, 1), values::<Shape1<1>>(8, 2));
    let before = net.weights().to_vec();
    net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).epochs(3).verbose(0).run().unwrap();
    let frozen: usize =
        Net::DESCRIPTION.layers[0].weights().iter().filter(|it| it.trainable).map(|it| it.dims.size()).sum();
    let after = net.weights().to_vec();
    assert_eq!(before[..frozen], after[..frozen]);
    assert!(before[frozen..frozen + 12].iter().zip(&after[frozen..]).all(|(before, after)| before != after));
    let path = std::env::temp_dir().join(format!("declared-{}.safetensors", std::process::id()));
    net.save(&path).unwrap();
    let mut other = Net::with_seed(6);
    other.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(other.weights().to_vec(), after);
    assert_eq!(other.predict(&x).unwrap().values(), net.predict(&x).unwrap().values());
    assert!(Net::summary().to_string().contains("frozen (Outer)"));
}

#[test]
fn by_itself() {
    let mut linear = standalone!(Linear::layer(1), [2], 7).unwrap();
    linear.weights_mut().copy_from_slice(&[2.0, 3.0, 0.5]);
    assert_eq!(linear.call(&[&[1.0, 1.0, 0.0, 10.0]]).unwrap(), [5.5, 30.5]);
    linear.forward(&[&[1.0, 4.0]]).unwrap();
    let gradients = linear.backward(&[10.0]).unwrap();
    assert_eq!((&gradients.inputs[0][..], &gradients.weights[..]), (&[20.0, 30.0][..], &[10.0, 40.0, 10.0][..]));
}
