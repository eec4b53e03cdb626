//! Layers: the forward pass at inference and in training, and the backward pass.

use keras::{
    activations::Activation as Function,
    layers::{
        Built, Layer,
        runner::{Mode, Runner},
    },
    prelude::*,
    shape::{Dims, ShapeError},
};
use keras_core::Random;

use crate::{
    pass::{Pass, several, single},
    support::{Case, FORWARD, compare_group},
};

/// The layer with the arguments that the case gives by name: each is a method of this name.
macro_rules! given {
    ($case:ident, $layer:expr $(, $argument:ident: $read:ident)* $(,)?) => {{
        #[allow(unused_mut)]
        let mut layer = $layer;
        $(if let Some(source) = $case.keyword(stringify!($argument)) {
            layer = layer.$argument($read(source));
        })*
        layer
    }};
}

/// Compares a layer of one input, given as for `given!`.
macro_rules! compare {
    ($case:ident, $($layer:tt)*) => {{
        let layer = given!($case, $($layer)*);
        single($case, layer, |dims| layer.build(dims));
    }};
}

/// Compares a layer of several inputs, given as for `given!`.
macro_rules! compare_several {
    ($case:ident, $($layer:tt)*) => {{
        let layer = given!($case, $($layer)*);
        several($case, layer, |dims| layer.build(dims));
    }};
}

/// Compares a layer at each step of a sequence.
macro_rules! compare_steps {
    ($case:ident, $layer:expr) => {{
        let inner = $layer;
        let layer = TimeDistributed::layer(inner);
        single($case, layer, |dims| layer.build(dims, inner.build(layer.inner_input(dims)?)?));
    }};
}

/// Compares a layer whose training is random.
macro_rules! compare_random {
    ($case:ident, $layer:expr) => {{
        let layer = $layer;
        random($case, layer, |dims| layer.build(dims));
    }};
}

#[test]
fn layers() {
    compare_group("layers", &[], |case| {
        let first = || case.positional(0).expect("an argument");
        let second = || case.positional(1).expect("a second argument");
        match case.item {
            "Dense" => compare!(case, Dense::layer(whole(first())), activation: function, use_bias: flag),
            "Activation" => compare!(case, Activation::layer(function(first()))),
            "Conv2D" => compare!(
                case,
                Conv2D::layer(whole(first()), pair(second())),
                strides: pair,
                padding: padding,
                dilation_rate: pair,
                groups: whole,
                activation: function,
                use_bias: flag,
            ),
            "MaxPooling2D" => {
                let mut layer = MaxPooling2D::layer();
                if let Some(size) = case.positional(0) {
                    layer = layer.pool_size(pair(size));
                }
                compare!(case, layer, strides: pair, padding: padding);
            }
            "AveragePooling2D" => {
                compare!(case, AveragePooling2D::layer(pair(first())), strides: pair, padding: padding);
            }
            "GlobalAveragePooling2D" => compare!(case, GlobalAveragePooling2D::layer(), keepdims: flag),
            "GlobalAveragePooling1D" => compare!(case, GlobalAveragePooling1D::layer(), keepdims: flag),
            "Masking" => compare!(case, Masking::layer(), mask_value: number),
            "GlobalMaxPooling2D" => compare!(case, GlobalMaxPooling2D::layer(), keepdims: flag),
            "UpSampling2D" => {
                let mut layer = UpSampling2D::layer();
                if let Some(size) = case.positional(0) {
                    layer = layer.size(pair(size));
                }
                compare!(case, layer, interpolation: interpolation);
            }
            "ZeroPadding2D" => {
                let mut layer = ZeroPadding2D::layer();
                if let Some(padding) = case.positional(0) {
                    layer = layer.padding(border(padding));
                }
                compare!(case, layer);
            }
            "Cropping2D" => {
                let mut layer = Cropping2D::layer();
                if let Some(cropping) = case.positional(0) {
                    layer = layer.cropping(border(cropping));
                }
                compare!(case, layer);
            }
            "Rescaling" => compare!(case, Rescaling::layer(constants(first())), offset: constants),
            "ActivityRegularization" => compare!(case, ActivityRegularization::layer(), l1: number, l2: number),
            "Identity" => compare!(case, Identity::layer()),
            "Flatten" => compare!(case, Flatten::layer()),
            "Reshape" => compare!(case, Reshape::layer(&numbers(first()))),
            "Permute" => compare!(case, Permute::layer(&numbers(first()))),
            "RepeatVector" => compare!(case, RepeatVector::layer(whole(first()))),
            "TimeDistributed" => match first() {
                "keras.layers.Dense(4)" => compare_steps!(case, Dense::layer(4)),
                "keras.layers.Dense(4, activation='softmax')" => {
                    compare_steps!(case, Dense::layer(4).activation(Function::Softmax));
                }
                "keras.layers.Conv2D(2, 3)" => compare_steps!(case, Conv2D::layer(2, (3, 3))),
                "keras.layers.Flatten()" => compare_steps!(case, Flatten::layer()),
                "keras.layers.BatchNormalization()" => compare_steps!(case, BatchNormalization::layer()),
                "keras.layers.TimeDistributed(keras.layers.Dense(4))" => {
                    let (dense, steps) = (Dense::layer(4), TimeDistributed::layer(Dense::layer(4)));
                    let layer = TimeDistributed::layer(steps);
                    single(case, layer, |dims| {
                        let step = layer.inner_input(dims)?;
                        layer.build(dims, steps.build(step, dense.build(steps.inner_input(step)?)?)?)
                    });
                }
                other => panic!("there is no layer {other}"),
            },
            "Dropout" => compare_random!(case, Dropout::layer(number(first()))),
            "SpatialDropout1D" => compare_random!(case, SpatialDropout1D::layer(number(first()))),
            "SpatialDropout2D" => compare_random!(case, SpatialDropout2D::layer(number(first()))),
            "GaussianDropout" => compare_random!(case, GaussianDropout::layer(number(first()))),
            "GaussianNoise" => compare_random!(case, GaussianNoise::layer(number(first()))),
            "AlphaDropout" => compare_random!(case, AlphaDropout::layer(number(first()))),
            "BatchNormalization" => compare!(
                case,
                BatchNormalization::layer(),
                scale: flag,
                center: flag,
                momentum: number,
                epsilon: number,
            ),
            "LayerNormalization" => {
                let mut layer = LayerNormalization::layer();
                if let Some(axes) = case.keyword("axis") {
                    layer = layer.axis(&numbers(axes));
                }
                compare!(case, layer, epsilon: number, scale: flag, center: flag);
            }
            "Normalization" if case.name.starts_with("adapt.") => adapt(case),
            "Normalization" => {
                let mut layer = Normalization::layer();
                if let Some(axes) = case.keyword("axis") {
                    layer = layer.axis(&if axes == "None" { Vec::new() } else { numbers(axes) });
                }
                compare!(case, layer, mean: constants, variance: constants, invert: flag);
            }
            "Embedding" => compare!(case, Embedding::layer(whole(first()), whole(second()))),
            "Add" => compare_several!(case, Add::layer()),
            "Average" => compare_several!(case, Average::layer()),
            "Maximum" => compare_several!(case, Maximum::layer()),
            "Minimum" => compare_several!(case, Minimum::layer()),
            "Multiply" => compare_several!(case, Multiply::layer()),
            "Subtract" => compare_several!(case, Subtract::layer()),
            "Dot" => {
                let axes = case.keyword("axes").map(axis_pair).expect("axes");
                compare_several!(case, Dot::layer(axes), normalize: flag);
            }
            "Concatenate" => compare_several!(case, Concatenate::layer(), axis: axis),
            "Softmax" => compare!(case, Softmax::layer(), axis: axis),
            "ReLU" => compare!(case, relu(case)),
            "ELU" => compare!(case, ELU::layer(), alpha: number),
            "LeakyReLU" => compare!(case, LeakyReLU::layer(), negative_slope: number),
            "PReLU" => {
                let mut layer = PReLU::layer();
                if let Some(axes) = case.keyword("shared_axes") {
                    layer = layer.shared_axes(&numbers(axes));
                }
                compare!(case, layer);
            }
            _ => return false,
        }
        true
    });
}

/// The layer `ReLU` with the arguments of the case.
pub fn relu(case: &Case<'_>) -> ReLU {
    given!(case, ReLU::layer(), max_value: number, negative_slope: number, threshold: number)
}

/// The function of this name, quoted or not.
pub fn function(name: &str) -> Function {
    match unquoted(name) {
        "linear" => Function::Linear,
        "relu" => Function::Relu,
        "relu6" => Function::Relu6,
        "leaky_relu" => Function::LeakyRelu,
        "elu" => Function::Elu,
        "selu" => Function::Selu,
        "gelu" => Function::Gelu,
        "sigmoid" => Function::Sigmoid,
        "hard_sigmoid" => Function::HardSigmoid,
        "log_sigmoid" => Function::LogSigmoid,
        "silu" => Function::Silu,
        "hard_silu" => Function::HardSilu,
        "tanh" => Function::Tanh,
        "softmax" => Function::Softmax,
        "log_softmax" => Function::LogSoftmax,
        "softplus" => Function::Softplus,
        "softsign" => Function::Softsign,
        "exponential" => Function::Exponential,
        "mish" => Function::Mish,
        other => panic!("there is no function {other}"),
    }
}

fn unquoted(source: &str) -> &str {
    source.trim_matches('\'')
}

/// The whole numbers of a tuple or a list, however nested.
pub fn numbers(source: &str) -> Vec<isize> {
    let parts = source.split(['(', ')', '[', ']', ',']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().unwrap()).collect()
}

fn whole(source: &str) -> usize {
    source.parse().unwrap()
}

fn axis(source: &str) -> isize {
    source.parse().unwrap()
}

/// A number.
pub fn number(source: &str) -> f32 {
    source.parse().unwrap()
}

fn flag(source: &str) -> bool {
    source == "True"
}

/// A size, given once for both ways or as a pair.
fn pair(source: &str) -> (usize, usize) {
    let (y, x) = axis_pair(source);
    (y as usize, x as usize)
}

fn axis_pair(source: &str) -> (isize, isize) {
    match numbers(source)[..] {
        [both] => (both, both),
        [first, second] => (first, second),
        _ => panic!("{source:?} is no pair"),
    }
}

/// Four sides, given as one number, as a pair, or as a pair of pairs.
fn border(source: &str) -> ((usize, usize), (usize, usize)) {
    match numbers(source)[..] {
        [top, bottom, left, right] => ((top as usize, bottom as usize), (left as usize, right as usize)),
        _ => {
            let (y, x) = pair(source);
            ((y, y), (x, x))
        }
    }
}

fn padding(source: &str) -> Padding {
    match unquoted(source) {
        "valid" => Padding::Valid,
        "same" => Padding::Same,
        other => panic!("there is no padding {other}"),
    }
}

fn interpolation(source: &str) -> Interpolation {
    match unquoted(source) {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear,
        other => panic!("there is no interpolation {other}"),
    }
}

/// A layer that gives what it gets at inference, and random numbers in training: their moments are compared.
fn random(case: &Case<'_>, layer: impl Layer, build: impl Fn(Dims) -> Result<Built, ShapeError>) {
    if case.get("mean").is_none() {
        let (batch, dims) = case.samples("input");
        let built = build(dims).unwrap();
        return case.check("output", &Pass { case, layer, built, batch, dims: &[dims] }.infer(), FORWARD);
    }
    let (batch, dims) = (
        2000,
        match case.item {
            "SpatialDropout2D" => Dims::new(&[2, 2, 100]),
            "SpatialDropout1D" => Dims::new(&[4, 100]),
            _ => Dims::new(&[200]),
        },
    );
    let built = build(dims).unwrap();
    let mut input = vec![1.0; batch * dims.size()];
    if case.name.ends_with("of_normal") {
        Random::new(1, 1).fill_normal(0.0, 1.0, &mut input);
    }
    let (input_dims, inputs) = ([dims], [&input[..]]);
    let (built, random) = (&built, Random::new(1, 2));
    let runner = Runner { layer, built, input_dims: &input_dims, inputs: &inputs, batch, random, unwritten: f32::NAN };
    let output = runner.forward(Mode::Training, &[], &mut []).outputs.concat();
    let mean_of = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / output.len() as f64;
    let mean = mean_of(&mut output.iter().map(|&x| f64::from(x)));
    let variance = mean_of(&mut output.iter().map(|&x| (f64::from(x) - mean).powi(2)));
    // Of 200,000 numbers or more, half a hundredth is beyond three standard deviations of either mean.
    for (name, ours) in [("mean", mean), ("variance", variance)] {
        let expected = case.values(name)[0];
        case.check_against(name, &[1.0 + ours as f32], &[1.0 + expected], 0.005);
    }
}

/// Numbers that last as long as the program, as a listing's do.
fn constants(source: &str) -> &'static [f32] {
    let parts = source.split(['(', ')', '[', ']', ',']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(number).collect::<Vec<_>>().leak()
}

/// What is measured of data before training.
fn adapt(case: &Case<'_>) {
    macro_rules! measured {
        ($shape:ident<$($length:literal),*>, $($arguments:tt)*) => {{
            sequential! { struct Net { Input($($length),*), Normalization($($arguments)*) } }
            let x = Tensor::<$shape<$($length),*>>::from_vec(case.values("input").to_vec()).unwrap();
            let mut net = Net::new();
            net.normalization_mut().adapt(&x).unwrap();
            for name in ["mean", "variance"] {
                let (values, dims) = net.normalization().weight(name).unwrap();
                assert_eq!(dims, case.dims(name));
                case.check(name, values, FORWARD);
            }
            case.check("output", net.predict(&x).unwrap().values(), FORWARD);
        }};
    }
    // The listings say it once more.
    let _ = case.keyword("axis");
    match case.name {
        "adapt.default" => measured!(Shape1<3>,),
        "adapt.axis_1" => measured!(Shape3<3, 4, 2>, axis = 1),
        "adapt.axes" => measured!(Shape3<3, 4, 2>, axis = (1, 3)),
        "adapt.all_alike" => measured!(Shape1<2>,),
        "adapt.all" => measured!(Shape2<4, 2>, axis = None),
        other => panic!("{other} is not compared"),
    }
}
