//! Every layer, operation and regularizer, alone and in models of models.

use keras::{
    layers::{Backward, Built, Forward, Layer, TensorSpec},
    prelude::*,
    regularizers::{Mode, Penalty},
    shape::{Dims, ShapeError},
};

use crate::{
    activations::{FAR, POINTS},
    support::values,
};

#[test]
fn convolutions() {
    sequential! { struct Strided { Input(7, 6, 2), Conv2D(4, 3, strides = (2, 1), padding = "same", activation = "tanh"), Flatten(), Dense(2) } }
    check!(Strided, values::<Shape3<7, 6, 2>>(3, 1), values::<Shape1<2>>(3, 2));
    sequential! { struct Dilated { Input(7, 6, 2), Conv2D(4, (3, 2), dilation_rate = 2, groups = 2), Conv2D(2, 1), Flatten(), Dense(2) } }
    check!(Dilated, values::<Shape3<7, 6, 2>>(3, 1), values::<Shape1<2>>(3, 2));
}

#[test]
fn pooling() {
    sequential! { struct Max { Input(6, 6, 2), Conv2D(3, 3, padding = "same"), MaxPooling2D(3, strides = 2, padding = "same"), Flatten(), Dense(2) } }
    check!(Max, values::<Shape3<6, 6, 2>>(3, 1), values::<Shape1<2>>(3, 2));
    sequential! { struct Average { Input(6, 6, 2), Conv2D(3, 3), AveragePooling2D((3, 2), strides = 1, padding = "same"), GlobalAveragePooling2D(keepdims = true), Reshape((3,)), Dense(2) } }
    check!(Average, values::<Shape3<6, 6, 2>>(3, 1), values::<Shape1<2>>(3, 2));
    sequential! { struct Largest { Input(6, 6, 2), Conv2D(3, 3), GlobalMaxPooling2D(), Dense(2) } }
    check!(Largest, values::<Shape3<6, 6, 2>>(3, 1), values::<Shape1<2>>(3, 2));
}

#[test]
fn normalization() {
    sequential! { struct Vectors { Input(5), Dense(4), BatchNormalization(), Dense(2, activation = "tanh") } }
    check!(Vectors, values::<Shape1<5>>(9, 1), values::<Shape1<2>>(9, 2));
    sequential! { struct Bare { Input(4, 4, 2), Conv2D(3, 3), BatchNormalization(scale = false), BatchNormalization(center = false), Flatten(), Dense(2) } }
    check!(Bare, values::<Shape3<4, 4, 2>>(5, 1), values::<Shape1<2>>(5, 2));
    sequential! { struct Frozen { Input(5), Dense(4), BatchNormalization(trainable = false), Dense(2, activation = "tanh") } }
    check!(Frozen, values::<Shape1<5>>(9, 1), values::<Shape1<2>>(9, 2), 24..32);
}

#[test]
fn normalization_of_samples() {
    sequential! { struct Rows { Input(3, 5), Dense(4), LayerNormalization(), Dense(3, activation = "tanh"), LayerNormalization(axis = (1, 2)), Flatten(), Dense(2) } }
    check!(Rows, values::<Shape2<3, 5>>(5, 1), values::<Shape1<2>>(5, 2));
    sequential! { struct Columns { Input(4, 4, 2), Conv2D(3, 3), LayerNormalization(axis = 1, scale = false), LayerNormalization(axis = (1, 3), center = false), Flatten(), Dense(2) } }
    check!(Columns, values::<Shape3<4, 4, 2>>(5, 1), values::<Shape1<2>>(5, 2));
    sequential! { struct Given { Input(4), Dense(3), Normalization(mean = (0.5, -1, 2), variance = 4), Dense(2), Normalization(), Normalization(mean = 1, variance = 0.25, invert = true), Dense(2) } }
    check!(Given, values::<Shape1<4>>(5, 1), values::<Shape1<2>>(5, 2));
}

/// Layers at each step of a sequence, of which one is shared.
#[test]
fn steps() {
    sequential! { struct Images { Input(3, 5, 5, 2), TimeDistributed(Conv2D(2, 3, activation = "tanh")), TimeDistributed(Flatten()), TimeDistributed(Dense(3, activation = "softmax")), Flatten(), Dense(2) } }
    check!(Images, values::<Shape4<3, 5, 5, 2>>(3, 1), values::<Shape1<2>>(3, 2));
    sequential! { struct Encoder { Input(4), Dense(4, activation = "tanh", kernel_regularizer = "l2"), BatchNormalization(), Dense(4, activity_regularizer = "l2") } }
    model! {
        struct Nested(x: Input(2, 3, 4)) {
            let encode = TimeDistributed(TimeDistributed(Encoder()));
            let y = encode(encode(x));
            Dense(2)(Flatten()(TimeDistributed(TimeDistributed(LayerNormalization()))(y)))
        }
    }
    check!(Nested, values::<Shape3<2, 3, 4>>(3, 1), values::<Shape1<2>>(3, 2));
    sequential! { struct Dropped { Input(3, 4), TimeDistributed(Dense(6, activation = "tanh")), TimeDistributed(Dropout(0.4)), TimeDistributed(Dense(2)) } }
    check!(Dropped, values::<Shape2<3, 4>>(4, 1), values::<Shape2<3, 2>>(4, 2));
}

#[test]
fn masks() {
    sequential! { struct Steps { Input(4, 2), Masking(), Dense(3), GlobalAveragePooling1D(), Dense(2) } }
    let mut steps: Vec<f32> = values::<Shape2<4, 2>>(6, 1).into_values();
    // Masked: the last two steps of each second sample.
    steps.chunks_mut(8).step_by(2).for_each(|sample| sample[4..].fill(0.0));
    check!(Steps, Tensor::from_vec(steps).unwrap(), values::<Shape1<2>>(6, 2));
    sequential! { struct Words { Input(4, dtype = "int32"), Embedding(9, 3, embeddings_initializer = "random_normal", mask_zero = true), GlobalAveragePooling1D(keepdims = true), Flatten(), Dense(2) } }
    let ids = Tensor::from_vec((0..24).map(|at| if at % 4 == 0 { 5 } else { at * 5 % 9 }).collect()).unwrap();
    check!(Words, ids, values::<Shape1<2>>(6, 2));
}

#[test]
fn embedding() {
    sequential! { struct Words { Input(4), Embedding(9, 3, embeddings_initializer = "random_normal", embeddings_regularizer = "l2"), Flatten(), Dense(2) } }
    let ids = Tensor::from_vec((0..24).map(|at| (at * 5 % 9) as f32).collect()).unwrap();
    check!(Words, ids, values::<Shape1<2>>(6, 2));
}

#[test]
fn graphs() {
    model! {
        struct Skips(a: Input(4), b: Input(4)) {
            fn block(x, units) { let y = Dense(units, activation = "tanh")(x); Add()([x, y]) }
            let shared = Dense(4, activation = "sigmoid");
            let (x, y) = (shared(a), shared(b));
            for _ in 0..2 { x = block(x, 4); }
            let z = Concatenate()([x, y, x]);
            let w = Dense(12)(z);
            let w = Add()([w, w]) * z - w;
            Dense(2)(Flatten()(Reshape((3, 4))(w)))
        }
    }
    let x = (values::<Shape1<4>>(5, 1), values::<Shape1<4>>(5, 3));
    check!(Skips, x, values::<Shape1<2>>(5, 2));
}

#[test]
fn axes_and_slopes() {
    sequential! { struct Axes { Input(3, 4), Dense(4), Softmax(axis = 1), Dense(3), Softmax(), Flatten(), Dense(2) } }
    check!(Axes, values::<Shape2<3, 4>>(4, 1), values::<Shape1<2>>(4, 2));
    sequential! { struct Slopes { Input(5), Dense(6), ReLU(negative_slope = 0.3, max_value = 2.0), Dense(2) } }
    check!(Slopes, values::<Shape1<5>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct Smooth { Input(5), Dense(6), ELU(alpha = 1.7), Dense(6), ELU(alpha = -0.4), Dense(2) } }
    check!(Smooth, values::<Shape1<5>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct Leaky { Input(5), Dense(6), LeakyReLU(), Dense(6), PReLU(alpha_initializer = Initializer::constant(0.4), alpha_regularizer = "l2"), Dense(2) } }
    check!(Leaky, values::<Shape1<5>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct SharedAlpha { Input(4, 4, 2), Conv2D(3, 2), PReLU(alpha_initializer = "random_normal", shared_axes = (1, 2)), Flatten(), Dense(2) } }
    check!(SharedAlpha, values::<Shape3<4, 4, 2>>(4, 1), values::<Shape1<2>>(4, 2));
    model! { struct Joined(a: Input(2, 3), b: Input(2, 3)) { let d = Dense(3); Dense(2)(Flatten()(Concatenate(axis = 1)([d(a), b]))) } }
    let x = (values::<Shape2<2, 3>>(5, 1), values::<Shape2<2, 3>>(5, 3));
    check!(Joined, x, values::<Shape1<2>>(5, 2));
}

/// What is random is the same in every first step of a seed.
#[test]
fn noise() {
    sequential! { struct Dropped { Input(5), Dense(8, activation = "tanh"), Dropout(0.4), Dense(6), AlphaDropout(0.3), Dense(2) } }
    check!(Dropped, values::<Shape1<5>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct Noisy { Input(5), Dense(8, activation = "tanh"), GaussianDropout(0.4), Dense(6), GaussianNoise(0.3), Dense(2, activation = "tanh") } }
    check!(Noisy, values::<Shape1<5>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct Features { Input(4, 2), Dense(3), SpatialDropout1D(0.5), Flatten(), Dense(2) } }
    check!(Features, values::<Shape2<4, 2>>(6, 1), values::<Shape1<2>>(6, 2));
    sequential! { struct Channels { Input(4, 4, 2), Conv2D(6, 2), SpatialDropout2D(0.5), Flatten(), Dense(2) } }
    check!(Channels, values::<Shape3<4, 4, 2>>(6, 1), values::<Shape1<2>>(6, 2));
}

/// Layers that are not smooth everywhere, on all sides of where they are not and far from it.
#[test]
fn corners() {
    let x = || Tensor::from([[0.1], [-0.1]]);
    let loss = MeanSquaredError::default();
    sequential! { struct Slopes { Input(1), Dense(18), ReLU(max_value = 6, negative_slope = 0.3, threshold = 0.5), LeakyReLU(0.4), Dense(2) } }
    let points = || POINTS.into_iter().chain(FAR);
    check!(Slopes, biased!(Slopes, dense_mut: points()), x(), values::<Shape1<2>>(2, 2), loss);

    /// In no order, the nearest two well apart.
    fn apart(count: usize) -> impl Iterator<Item = f32> {
        (0..count).map(move |at| ((at * 7 + 3) % count) as f32 * 0.13 - 0.9)
    }
    sequential! { struct Windows { Input(1), Dense(75), Reshape((5, 5, 3)), MaxPooling2D(3, strides = 2, padding = "same"), Flatten(), Dense(2) } }
    check!(Windows, biased!(Windows, dense_mut: apart(75)), x(), values::<Shape1<2>>(2, 2), loss);
    model! {
        struct Extremes(a: Input(1), b: Input(1)) {
            let (x, y) = (Dense(12)(a), Dense(12)(b));
            Dense(2)(Concatenate()([Maximum()([x, y]), Minimum()([y, x]), GlobalMaxPooling2D()(Reshape((2, 2, 3))(x))]))
        }
    }
    let extremes = biased!(Extremes, dense_mut: apart(24), dense_1_mut: apart(24).skip(12));
    check!(Extremes, extremes, (x(), x()), values::<Shape1<2>>(2, 2), loss);
}

#[test]
fn merging() {
    model! {
        struct Merged(a: Input(4), b: Input(4)) {
            let (x, y, z) = (Dense(6)(a), Dense(6)(b), Dense(6, activation = "tanh")(a));
            let w = Concatenate()([Average()([x, y, z]), Maximum()([x, y, z]), Minimum()([z, x])]);
            let v = Multiply()([Subtract()([y, x]), z, y]);
            Dense(2, activation = "tanh")(Concatenate()([w, v]))
        }
    }
    let x = || (values::<Shape1<4>>(5, 1), values::<Shape1<4>>(5, 3));
    check!(Merged, x(), values::<Shape1<2>>(5, 2));
    model! {
        struct Products(a: Input(4), b: Input(4)) {
            let (x, y) = (Reshape((2, 3))(Dense(6)(a)), Reshape((3, 4))(Dense(12)(b)));
            let w = Dot((2, 1))([x, y]);
            let cosines = Dot((-1, 1), normalize = true)([x, y]);
            let same = Dot(1, normalize = true)([w, w]);
            Dense(2)(Concatenate()([Flatten()(w), Flatten()(cosines), Flatten()(same)]))
        }
    }
    check!(Products, x(), values::<Shape1<2>>(5, 2));
}

#[test]
fn broadcasting() {
    model! {
        struct Spread(a: Input(3, 4), b: Input(4)) {
            let (x, y, z) = (Dense(2)(a), Dense(2)(b), Dense(1, activation = "tanh")(a));
            let products = x * y * z - y + z;
            let means = Average()([products, y, z]);
            let extremes = Maximum()([products, y]) - Minimum()([z, y]);
            Dense(2)(Flatten()(Concatenate()([means, extremes, products / (square(y) + 1), (square(z) + 1) / (x + 3)])))
        }
    }
    let x = (values::<Shape2<3, 4>>(5, 1), values::<Shape1<4>>(5, 3));
    check!(Spread, x, values::<Shape1<2>>(5, 2));
}

#[test]
fn operations() {
    model! {
        struct Functions(a: Input(4)) {
            let x = Dense(5, bias_initializer = "ones")(a);
            let far = square(x) + 0.5;
            let y = sqrt(far) * 0.5 + rsqrt(far) - log(far) / 2 + 1 / far - reciprocal(far + 1);
            let x = x * random_normal(x, mean = 1.0, stddev = 0.1) + random_uniform(x);
            let z = exp(-x) + tanh(x) * sigmoid(x) + abs(x) - clip(x, -0.5, 0.5) + maximum(x, 0.2) * minimum(0.1, x);
            Dense(2)(Concatenate()([y, 1 - z]))
        }
    }
    check!(Functions, values::<Shape1<4>>(5, 1), values::<Shape1<2>>(5, 2));
    model! {
        struct Named(a: Input(4)) {
            let x = Dense(5)(a);
            let y = softmax(divide(x, add(square(x), 1)));
            let z = negative(multiply(subtract(x, y), softplus(x))) + silu(x) - log_softmax(y);
            Dense(2)(matmul(reshape(z, (-1, 1, 5)), reshape(x, (-1, 5, 1)))[.., 0] + y)
        }
    }
    check!(Named, values::<Shape1<4>>(5, 1), values::<Shape1<2>>(5, 2));
    model! {
        struct Axes(a: Input(2, 3, 4)) {
            let x = Dense(3)(a);
            let sums = sum(x, axis = (1, 3)) * mean(x, axis = -1)[.., 1];
            let extremes = max(x, axis = 2, keepdims = true) - min(x, axis = (2, 3), keepdims = true);
            let part = x[.., 0, 1.., -2..];
            Dense(2)(Concatenate()([sums, Flatten()(extremes), Flatten()(part)]))
        }
    }
    check!(Axes, values::<Shape3<2, 3, 4>>(5, 1), values::<Shape1<2>>(5, 2));
    model! {
        struct Matrices(a: Input(2, 3, 4), b: Input(4, 2)) {
            let (x, y) = (Dense(4)(a), Dense(2)(b));
            let z = x @ y;                                         // each of two matrices with the same one
            let w = matmul(transpose(z, (0, 1, 3, 2)), x[.., 1..]); // two matrices with one, its axis repeated
            Dense(2)(reshape(tanh(w), (-1, 16)))
        }
    }
    let x = (values::<Shape3<2, 3, 4>>(5, 1), values::<Shape2<4, 2>>(5, 3));
    check!(Matrices, x, values::<Shape1<2>>(5, 2));
}

#[test]
fn reshaping() {
    sequential! { struct Axes { Input(3, 4), Dense(2), Permute((2, 1)), Dense(4), Flatten(), Dense(3), RepeatVector(2), Dense(2), Identity(), Flatten(), Dense(2) } }
    check!(Axes, values::<Shape2<3, 4>>(4, 1), values::<Shape1<2>>(4, 2));
    sequential! { struct Borders { Input(5, 5, 2), Conv2D(2, 2), ZeroPadding2D(((0, 1), (2, 0))), Conv2D(2, 3), Cropping2D(((1, 0), (0, 1))), Flatten(), Dense(2) } }
    check!(Borders, values::<Shape3<5, 5, 2>>(4, 1), values::<Shape1<2>>(4, 2));
    sequential! { struct Larger { Input(3, 3, 2), Conv2D(2, 2), UpSampling2D((1, 2)), Conv2D(2, (1, 2)), UpSampling2D((3, 2), interpolation = "bilinear"), Rescaling(0.5, offset = 0.1), Flatten(), Dense(2) } }
    check!(Larger, values::<Shape3<3, 3, 2>>(4, 1), values::<Shape1<2>>(4, 2));
}

#[test]
fn models_in_models() {
    sequential! { struct Inner { Input(4), Dense(3, activation = "tanh"), BatchNormalization(), Dense(4) } }
    model! { struct Outer(a: Input(4)) { let i = Inner(); let x = Dense(4)(a); Dense(2)(i(x) + i(a)) } }
    check!(Outer, values::<Shape1<4>>(7, 1), values::<Shape1<2>>(7, 2));
}

/// Two inputs, two outputs, one of which an earlier layer of the model reads too.
mod inner {
    use keras::prelude::*;

    model! {
        pub struct Pair(a: Input(4), b: Input(3)) {
            let x = Dense(5, activation = "tanh")(a);
            let y = Dense(5, activation = "sigmoid")(b);
            let both = Add()([x, y]);
            (Dense(3)(BatchNormalization()(both)), Dense(4, activation = "tanh", name = "side")(both))
        }
    }
}

#[test]
fn models_of_several_inputs_and_outputs_in_models() {
    use inner::Pair;

    model! {
        struct Twice(a: Input(4), b: Input(3)) {
            let pair = Pair();
            let (small, large) = pair([a, b]);
            let (again, larger) = pair(Dense(4)(large), small);
            Dense(2)(Concatenate()([small, again, large + larger]))
        }
    }
    let x = || (values::<Shape1<4>>(7, 1), values::<Shape1<3>>(7, 3));
    check!(Twice, x(), values::<Shape1<2>>(7, 2));
    model! {
        struct Dropping(a: Input(4), b: Input(3)) {
            fn first(a, b) { Pair()(a, b) }
            let (_, large) = first(a, b);
            let (small, _) = Pair(trainable = false)([large, b]);
            Dense(2)(small)
        }
    }
    // The first model's branch to its dropped output, which nothing depends on, and the whole second one.
    let mut model = Dropping::with_seed(1);
    let (x, y) = (x(), values::<Shape1<2>>(7, 2));
    let (_, gradients) = model.loss_and_gradients(&x, &y, &MeanSquaredError::default()).unwrap();
    let branch = gradients.values()[model_part(&model, "pair/dense_2/kernel")].iter();
    assert!(branch.copied().all(|gradient| gradient == 0.0));
    check!(Dropping, x, y, model_part(&model, "pair_1/dense/kernel").start..model_part(&model, "dense/kernel").start);
}

#[test]
fn sequential_models_in_graphs_and_graphs_in_sequential_models() {
    model! { struct Skip(x: Input(4)) { x + Dense(4, activation = "tanh")(x) } }
    sequential! { struct Chain { Input(4), Skip(), Skip(name = "again"), Dense(3, activation = "sigmoid") } }
    model! { struct Whole(a: Input(4), b: Input(4)) { let chain = Chain(); Dense(2)(Concatenate()([chain(a), chain(b), Skip()(a)])) } }
    let x = (values::<Shape1<4>>(7, 1), values::<Shape1<4>>(7, 3));
    check!(Whole, x, values::<Shape1<2>>(7, 2));
}

/// Where a weight lies, by its full name.
fn model_part<M: keras::__private::Model>(_: &M, name: &str) -> std::ops::Range<usize> {
    let weight = M::DESCRIPTION.named_weights().find(|weight| weight.name.equals(name.as_bytes())).unwrap();
    weight.offset..weight.offset + weight.dims.size()
}

#[test]
fn regularizers() {
    sequential! { struct Penalized { Input(4), Dense(3, kernel_regularizer = Regularizer::l2(0.1)), Dense(2, kernel_regularizer = "l1") } }
    check!(Penalized, values::<Shape1<4>>(7, 1), values::<Shape1<2>>(7, 2));
    sequential! { struct Everything { Input(4), Dense(3, kernel_regularizer = COLUMNS, bias_initializer = "random_normal", bias_regularizer = "l2"), BatchNormalization(gamma_regularizer = BOTH, beta_initializer = "random_normal", beta_regularizer = BOTH), Dense(2, kernel_regularizer = "orthogonal_regularizer") } }
    check!(Everything, values::<Shape1<4>>(7, 1), values::<Shape1<2>>(7, 2));
    sequential! { struct Active { Input(4), Dense(3, activation = "tanh", activity_regularizer = "l2"), ActivityRegularization(l1 = 0.1, l2 = 0.3), Dense(4, activity_regularizer = BOTH), LayerNormalization() } }
    sequential! { struct Shared { Input(6, 6, 1), Conv2D(2, 3, activation = "sigmoid", activity_regularizer = "l1"), Flatten(), Dense(4), Active(name = "within"), Dense(2, activation = "softmax", activity_regularizer = "l2") } }
    check!(Shared, values::<Shape3<6, 6, 1>>(7, 1), values::<Shape1<2>>(7, 2));
    model! { struct Twice(a: Input(4), b: Input(4)) { let d = Dense(3, activity_regularizer = BOTH); let x = d(a); Dense(2)(x + d(b) + ActivityRegularization(l2 = 0.2)(x)) } }
    check!(Twice, (values::<Shape1<4>>(5, 1), values::<Shape1<4>>(5, 3)), values::<Shape1<2>>(5, 2));
    sequential! { struct Spread { Input(4), Dense(3, activity_regularizer = OWN), Dense(2) } }
    check!(Spread, values::<Shape1<4>>(7, 1), values::<Shape1<2>>(7, 2));
    const OWN: Regularizer = Regularizer::own(&Variance);
    const BOTH: Regularizer = Regularizer::l1_l2(0.02, 0.1);
    const COLUMNS: Regularizer = Regularizer::orthogonal_regularizer(0.3, Mode::Columns);
}

/// The spread of a sample's numbers around their mean.
struct Variance;

impl Penalty for Variance {
    fn value(&self, _: Dims, values: &[f32]) -> f32 {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        values.iter().map(|x| (x - mean).powi(2)).sum()
    }

    fn add_gradient(&self, _: Dims, values: &[f32], gradient: &mut [f32]) {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        gradient.iter_mut().zip(values).for_each(|(g, x)| *g += 2.0 * (x - mean));
    }
}

/// Two outputs, whose gradients are computed from them: `exp(x)` and `tanh(x)`.
#[derive(Clone, Copy)]
pub struct ExpAndTanh;

impl ExpAndTanh {
    pub const fn layer() -> Self {
        Self
    }
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).and_output(TensorSpec::new(input)).backward_reads_output().ok()
    }
}

impl Layer for ExpAndTanh {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [exp, tanh]) = (pass.inputs.array(), pass.outputs.array());
        for ((x, exp), tanh) in input.iter().zip(exp).zip(tanh) {
            (*exp, *tanh) = (x.exp(), x.tanh());
        }
    }
    fn backward(&self, pass: Backward<'_>) {
        let ([exp, tanh], [by_exp, by_tanh]) = (pass.outputs.array(), pass.output_gradients.array());
        let [Some(gradient)] = pass.input_gradients.array() else { return };
        for (at, gradient) in gradient.iter_mut().enumerate() {
            *gradient = by_exp[at] * exp[at] + by_tanh[at] * (1.0 - tanh[at] * tanh[at]);
        }
    }
}

#[test]
fn several_outputs_that_backward_reads() {
    model! {
        struct Net(x: Input(3)) {
            let (e, t) = ExpAndTanh()(Dense(3)(x));
            Add()([e, Dense(3)(Dense(3)(t))])
        }
    }
    check!(Net, values::<Shape1<3>>(5, 1), values::<Shape1<3>>(5, 2));
}
