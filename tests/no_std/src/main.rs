//! A program without the standard library, a heap or a reachable panic: it links only if no panic is left in it.
#![no_std]
#![no_main]

use core::{hint::black_box, panic::PanicInfo};
use keras::{
    layers::{Backward, Built, Forward, Layer, StateVariable},
    prelude::*,
    shape::{Dims, ShapeError},
};

sequential! {
    /// The model of the example `embedded`.
    pub struct Digits {
        Input(8, 8, 1),
        Conv2D(8, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(32, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

static DIGITS: Digits<Embedded> = embed!(Digits, "../../../examples/weights/digits.safetensors");

model! {
    /// A model of several inputs and outputs, to be a layer.
    pub struct Ends(z: Input(300), y: Input(8, 8, 4)) {
        (Dense(3, activation = "sigmoid")(z), GlobalAveragePooling2D()(y))
    }
}

layer! {
    /// A dense layer of its own weights.
    pub struct Linear(units: usize, scale: f32 = 1.0)(x) {
        (x @ weight("w", (last(x), units)) + weight("b", (units,))) * scale
    }
}

layer! {
    /// A layer with a layer of the same kind, weights of every shape, and random numbers.
    pub struct Declared(units: usize)(x, y) {
        let columns = x * weight("columns", (dim(x, 1), 1)) - weight("rows", (last(x),)) / (square(y) + 2);
        let w = weight("w", (last(x), units));
        let z = Linear(units, scale = 0.5)(columns) + (x @ w) @ transpose(w, (0, 2, 1)) @ w;
        (z + 0.01 * random_normal(z), BatchNormalization()(Dense(units)(y)))
    }
}

model! {
    /// The layers that `Digits` does not have, with the axes and sizes that are computed when it runs.
    pub struct Others(x: Input(8, 8, 4)) {
        fn worked(x) {
            let y = x - mean(x, axis = (1, 3), keepdims = true);
            let y = y / sqrt(sum(square(y), axis = -1, keepdims = true) + 1e-3) + x[..., 1..2, 0..1] * max(x, axis = (1, 2));
            let z = transpose(abs(y) * 0.5, (0, 2, 3, 1)) @ reshape(exp(-x), (-1, 4, 8, 8))[.., 1];
            let z = 1 / (clip(z, -1, 1) + 3) + maximum(rsqrt(z + 9), log(min(x, axis = 1, keepdims = true) + 2)[.., .., 3, ..1]);
            Average()([sum(z, axis = (1, 3)), z[.., 0, .., -1], reciprocal(x[.., 2, 3] + 2)])
        }
        let y = Conv2D(4, 3, padding = "same", use_bias = false)(x);
        let y = BatchNormalization()(y);
        let z = Activation("relu")(Add()([x, y]));
        let z = Concatenate()([z, Softmax(axis = 1)(x)]);
        let z = Multiply()([z, Subtract()([z, ReLU(max_value = 6.0)(z)])]);
        let z = Conv2D(8, 3, groups = 4, strides = 2, padding = "same", activation = "gelu")(z);
        let z = Reshape((8, 16))(AveragePooling2D(2, strides = 1, padding = "same")(z));
        let z = Dense(300, activation = "tanh")(Dropout(0.5)(Flatten()(z)));
        let (scores, means) = Ends()(z, y);
        let y = Cropping2D(1)(ZeroPadding2D((1, 2))(UpSampling2D((1, 2), interpolation = "bilinear")(UpSampling2D()(y))));
        let y = PReLU(shared_axes = (1, 2))(LeakyReLU()(Rescaling(0.5)(Identity()(y))));
        let largest = Flatten()(Permute((2, 1))(RepeatVector(2)(GlobalMaxPooling2D()(y))));
        let largest = LayerNormalization()(Normalization()(Normalization(mean = 1, variance = 2)(largest)));
        let words = Dense(2)(LayerNormalization(axis = (1, 3))(Embedding(9, 3)(Reshape((2, -1))(largest))));
        let merged = Average()([Maximum()([largest, largest]), Minimum()([largest, largest])]);
        let cosine = Dot(1, normalize = true)([means, means]);
        let worked = worked(x);
        let rows = Reshape((8, -1))(x);
        let (left, right) = Declared(3)(rows, rows * 0.5);
        let declared = Flatten()(left * right);
        Concatenate()([declared, scores, means, merged, cosine, Flatten()(words), worked])
    }
}

static WEIGHTS: [f32; Others::PARAMETERS] = [0.5; Others::PARAMETERS];
static OTHERS: Others<Embedded> = Others::from_embedded(&WEIGHTS);

// The same numbers in half the room.
static HALVES: [Float16; Others::PARAMETERS] = [Float16::from_bits(0x3800); Others::PARAMETERS];
static HALF: Others<Embedded<Float16>> = Others::from_embedded(&HALVES);
/// The mean of what a stream of samples was so far: a custom layer with state.
#[derive(Clone, Copy)]
pub struct RunningMean;

impl RunningMean {
    pub const fn layer() -> Self {
        Self
    }
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let count = StateVariable::new("count", Dims::new(&[1]));
        Built::new(input).state(count).state(StateVariable::per_sample("mean", input)).ok()
    }
}

impl Layer for RunningMean {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output], [count, mean]) = (pass.inputs.array(), pass.outputs.array(), pass.states.array());
        let Some(count) = count.first_mut() else { return };
        *count += 1.0;
        for ((mean, value), to) in mean.iter_mut().zip(input).zip(output) {
            *mean += (value - *mean) / *count;
            *to = *mean;
        }
    }
    fn backward(&self, _: Backward<'_>) {}
}

sequential! {
    /// A stream of single samples, whose state is in the caller's memory.
    pub struct Stream { Input(2), Smoothed(), Dense(1, kernel_initializer = "ones") }
}

sequential! {
    /// A model with state, to be a layer.
    pub struct Smoothed { Input(2), RunningMean() }
}

sequential! {
    /// A product of two rows, by a matrix that is large.
    pub struct Wide { Input(2, 200), Dense(1004) }
}

static WIDE: [f32; Wide::PARAMETERS] = {
    let (mut weights, mut at) = ([0.0; Wide::PARAMETERS], 0);
    while at < weights.len() {
        // Small integers, whose sums are exact.
        weights[at] = (at % 7) as f32;
        at += 1;
    }
    weights
};
static PRODUCT: Wide<Embedded> = Wide::from_embedded(&WIDE);

/// Whether each sum is that of its column and the bias.
fn is_product(rows: &[f32; 400], sums: &[f32; 2008]) -> bool {
    let column = |column: usize| WIDE.iter().skip(column).step_by(1004).take(200);
    rows.chunks_exact(200).zip(sums.chunks_exact(1004)).all(|(row, sums)| {
        sums.iter()
            .zip(WIDE.iter().skip(200 * 1004))
            .enumerate()
            .all(|(at, (sum, bias))| *sum == row.iter().zip(column(at)).fold(*bias, |sum, (a, b)| sum + a * b))
    })
}

static STREAM: Stream<Embedded> = Stream::from_embedded(&[1.0, 1.0, 0.0]);

/// Whether the stream goes on from sample to sample, and begins anew with a new state.
fn goes_on() -> bool {
    let (mut state, mut workspace) = (Stream::initial_state(), [0.0; Stream::WORKSPACE]);
    STREAM.predict_one_with_state(&black_box([1.0, 10.0]), &mut state, &mut workspace);
    let [second] = *STREAM.predict_one_with_state(&black_box([3.0, 30.0]), &mut state, &mut workspace);
    state = Stream::initial_state();
    let [anew] = *STREAM.predict_one_with_state(&black_box([3.0, 30.0]), &mut state, &mut workspace);
    second == 22.0 && anew == 33.0
}

unsafe extern "C" {
    /// Defined nowhere: a call that the optimizer cannot remove fails the link.
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never run: a program with this call in it does not link.
    unsafe { a_panic_is_reachable() }
}

// `memcpy` and `memset`, and the entry point that calls `main`.
#[link(name = "c")]
unsafe extern "C" {}

/// Classifies an image that the compiler cannot know, both ways, follows a stream, and computes a product; the exit status is 0 if
/// both say the same, the stream goes on, and the product is right.
#[unsafe(no_mangle)]
pub extern "C" fn main() -> i32 {
    let image = black_box([0.5; 64]);
    let mut workspace = [0.0; Digits::WORKSPACE];
    let scores = *DIGITS.predict_one_in(&image, &mut workspace);
    let again = DIGITS.predict_one(&image);
    let image = black_box([0.5; 256]);
    let (others, half) = (black_box(OTHERS.predict_one(&image)), black_box(HALF.predict_one(&image)));
    // Bit by bit: a NaN is not equal to itself.
    let is_same = others.iter().zip(&half).all(|(a, b)| a.to_bits() == b.to_bits());
    let mut rows = [1.0; 400];
    rows[200..].fill(2.0);
    let rows = black_box(rows);
    let product = PRODUCT.predict_one(&rows);
    let sum: f32 = scores.iter().sum();
    #[cfg(feature = "panics")]
    black_box(&scores[..black_box(11)]);
    i32::from(
        scores != again || !is_same || !(0.999..1.001).contains(&sum) || !goes_on() || !is_product(&rows, &product),
    )
}
