//! Operations: as layers, forward and backward, and as listings name them.

use keras::{
    activations::Activation as Function,
    ops::{
        Absolute, Clip, Divide, DivideBy, GetItem, Index, Log, Matmul, Max, Mean, Min, Negative, Reciprocal, Reshape,
        Rsqrt, Sqrt, Square, Sum, Transpose,
    },
    prelude::*,
};

use crate::{
    layers::{function, number, numbers},
    pass::{several, single},
    support::{Case, FORWARD, compare_group},
};

/// Compares a layer of one input.
macro_rules! compare {
    ($case:ident, $layer:expr) => {{
        let layer = $layer;
        single($case, layer, |dims| layer.build(dims));
    }};
}

/// Compares a layer of two inputs.
macro_rules! compare_two {
    ($case:ident, $layer:expr) => {{
        let layer = $layer;
        several($case, layer, |dims| layer.build(dims));
    }};
}

/// Compares an operation between two tensors, a tensor and a number, or a number and a tensor.
macro_rules! compare_operator {
    ($case:ident, $between:expr, |$after:ident| $with_number:expr, |$before:ident| $of_number:expr) => {
        match ($case.positional(0).map(str::parse::<f32>), $case.positional(1).map(str::parse::<f32>)) {
            (Some(Ok($before)), _) => compare!($case, $of_number),
            (_, Some(Ok($after))) => compare!($case, $with_number),
            _ => compare_two!($case, $between),
        }
    };
}

/// Compares a reduction.
macro_rules! compare_reduction {
    ($case:ident, $layer:ident) => {{
        let axes = numbers($case.keyword("axis").expect("an axis"));
        compare!($case, $layer::layer(&axes).keepdims($case.flag("keepdims", false)))
    }};
}

/// What a sum or a product with a number is.
fn rescaling(scale: f32, offset: f32) -> Rescaling {
    Rescaling::layer(vec![scale].leak()).offset(vec![offset].leak())
}

#[test]
fn ops() {
    compare_group("ops", &[], |case| {
        compare_listing(case);
        match case.item {
            "abs" | "absolute" => compare!(case, Absolute::layer()),
            "log" => compare!(case, Log::layer()),
            "negative" => compare!(case, Negative::layer()),
            "reciprocal" => compare!(case, Reciprocal::layer()),
            "rsqrt" => compare!(case, Rsqrt::layer()),
            "sqrt" => compare!(case, Sqrt::layer()),
            "square" => compare!(case, Square::layer()),
            "exp" => compare!(case, Activation::layer(Function::Exponential)),
            "softmax" => compare!(case, Softmax::layer().axis(case.number("axis").map_or(-1, |axis| axis as isize))),
            "swish" => compare!(case, Activation::layer(Function::Silu)),
            "hard_swish" => compare!(case, Activation::layer(Function::HardSilu)),
            "hard_sigmoid" | "hard_silu" | "log_sigmoid" | "log_softmax" | "relu" | "relu6" | "selu" | "sigmoid"
            | "silu" | "softplus" | "softsign" | "tanh" => compare!(case, Activation::layer(function(case.item))),
            "clip" => {
                let bound = |at| number(case.positional(at).expect("a bound"));
                compare!(case, Clip::layer(bound(1), bound(2)));
            }
            "add" => compare_operator!(case, Add::layer(), |c| rescaling(1.0, c), |c| rescaling(1.0, c)),
            "subtract" => compare_operator!(case, Subtract::layer(), |c| rescaling(1.0, -c), |c| rescaling(-1.0, c)),
            "multiply" => compare_operator!(case, Multiply::layer(), |c| rescaling(c, 0.0), |c| rescaling(c, 0.0)),
            "divide" | "true_divide" => {
                compare_operator!(case, Divide::layer(), |c| DivideBy::layer(c), |c| Reciprocal::layer().numerator(c))
            }
            "maximum" => {
                let clip = |c| Clip::layer(c, f32::INFINITY);
                compare_operator!(case, Maximum::layer(), |c| clip(c), |c| clip(c).number_first());
            }
            "minimum" => {
                let clip = |c| Clip::layer(f32::NEG_INFINITY, c);
                compare_operator!(case, Minimum::layer(), |c| clip(c), |c| clip(c).number_first());
            }
            "Add" => compare_two!(case, Add::layer()),
            "Average" => compare_two!(case, Average::layer()),
            "Maximum" => compare_two!(case, Maximum::layer()),
            "Minimum" => compare_two!(case, Minimum::layer()),
            "Multiply" => compare_two!(case, Multiply::layer()),
            "Subtract" => compare_two!(case, Subtract::layer()),
            "sum" => compare_reduction!(case, Sum),
            "mean" => compare_reduction!(case, Mean),
            "max" | "amax" => compare_reduction!(case, Max),
            "min" | "amin" => compare_reduction!(case, Min),
            "matmul" => compare_two!(case, Matmul::layer()),
            "reshape" => compare!(case, Reshape::layer(&numbers(case.positional(1).expect("a shape")))),
            "transpose" => compare!(case, Transpose::layer(&numbers(case.positional(1).expect("an order")))),
            _ => match case.call {
                "input[:, 1:3]" => compare!(case, GetItem::layer(&[Index::Range(Some(1), Some(3))])),
                "input[:, -1]" => compare!(case, GetItem::layer(&[Index::At(-1)])),
                "input[:, 0, 1:, -3:-1]" => {
                    let part = [Index::At(0), Index::Range(Some(1), None), Index::Range(Some(-3), Some(-1))];
                    compare!(case, GetItem::layer(&part));
                }
                "input[..., 2]" => compare!(case, GetItem::layer(&[Index::Rest, Index::At(2)])),
                _ => return false,
            },
        }
        true
    });
}

/// The output of a listing for the recorded input.
macro_rules! listed {
    ($case:ident, ($($length:literal),*) as $shape:ty, |$x:ident| $($listing:tt)*) => {{
        model! { struct Net($x: Input($($length),*)) { $($listing)* } }
        let x = Tensor::<$shape>::from_vec($case.values("input").to_vec()).unwrap();
        $case.check("output", Net::new().predict(&x).unwrap().values(), FORWARD);
    }};
}

macro_rules! functions {
    ($($name:ident)*) => {
        /// Whether the case is one of these functions without arguments, whose output is then compared.
        fn is_function(case: &Case<'_>) -> bool {
            if !case.call.ends_with("(input)") {
                return false;
            }
            match (case.item, case.samples("input").1.rank()) {
                $((stringify!($name), 2) => listed!(case, (4, 5) as Shape2<4, 5>, |x| $name(x)),)*
                $((stringify!($name), 3) => listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| $name(x)),)*
                _ => return false,
            }
            true
        }
    };
}

functions! {
    abs absolute exp hard_sigmoid hard_silu hard_swish log log_sigmoid log_softmax negative reciprocal relu relu6 rsqrt selu sigmoid
    silu softplus softsign sqrt square swish tanh
}

/// Compares the output of a listing that calls the operation as Keras does.
fn compare_listing(case: &Case<'_>) {
    if is_function(case) {
        return;
    }
    match case.call {
        "keras.ops.softmax(input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| softmax(x)),
        "keras.ops.softmax(input, axis=1)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| softmax(x, axis = 1)),
        "keras.ops.clip(input, -0.5, 0.75)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| clip(x, -0.5, 0.75)),
        "keras.ops.add(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| add(x, 0.7)),
        "keras.ops.add(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| 0.7 + x),
        "keras.ops.subtract(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| x - 0.7),
        "keras.ops.subtract(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| subtract(0.7, x)),
        "keras.ops.multiply(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| x * 0.7),
        "keras.ops.multiply(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| multiply(0.7, x)),
        "keras.ops.divide(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| divide(x, 0.7)),
        "keras.ops.divide(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| divide(0.7, x)),
        "keras.ops.divide(input, 0.0)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| divide(x, 0.0)),
        "keras.ops.true_divide(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| x / 0.7),
        "keras.ops.true_divide(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| 0.7 / x),
        "keras.ops.maximum(input, 0.7)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| maximum(x, 0.7)),
        "keras.ops.minimum(0.7, input)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| minimum(0.7, x)),
        "keras.ops.sum(input, axis=1)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| sum(x, axis = 1)),
        "keras.ops.mean(input, axis=1)" => listed!(case, (4, 5) as Shape2<4, 5>, |x| mean(x, 1)),
        "keras.ops.max(input, axis=(1, 3), keepdims=True)" => {
            listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| max(x, axis = (1, 3), keepdims = true));
        }
        "keras.ops.min(input, axis=(1, 2, 3))" => {
            listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| min(x, (1, 2, 3)));
        }
        "keras.ops.amax(input, axis=-1)" => listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| amax(x, axis = -1)),
        "keras.ops.amin(input, axis=-1)" => listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| amin(x, axis = -1)),
        "keras.ops.reshape(input, (-1, 2, 10))" => {
            listed!(case, (4, 5) as Shape2<4, 5>, |x| reshape(x, (-1, 2, 10)));
        }
        "keras.ops.transpose(input, (0, 2, 1))" => {
            listed!(case, (4, 5) as Shape2<4, 5>, |x| transpose(x, (0, 2, 1)));
        }
        "input[:, 1:3]" => listed!(case, (4, 5) as Shape2<4, 5>, |x| x[.., 1..3]),
        "input[:, -1]" => listed!(case, (4, 5) as Shape2<4, 5>, |x| x[.., -1]),
        "input[:, 0, 1:, -3:-1]" => listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| x[.., 0, 1.., -3..-1]),
        "input[..., 2]" => listed!(case, (2, 4, 5) as Shape3<2, 4, 5>, |x| x[..., 2]),
        // Another case differs from one of these in its arguments alone.
        _ => {}
    }
}
