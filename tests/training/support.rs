//! Models so small that what training does to them can be worked out beside it.

use keras::prelude::*;

sequential! {
    /// `w·x`.
    pub struct Line { Input(1), Dense(1, use_bias = false) }
}

sequential! {
    /// Has all that is random or remembers: a dropout, a normalization, an optimizer's state.
    pub struct Net {
        Input(3),
        Dense(8, activation = "tanh"),
        BatchNormalization(),
        Dropout(0.3),
        Dense(4, activation = "softmax"),
    }
}

model! {
    pub struct TwoHeads(x: Input(3)) {
        let x = Dense(5, activation = "tanh")(x);
        (Dense(4, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

/// `w·x` with this `w`.
pub fn line(w: f32) -> Line {
    let mut line = Line::with_seed(0);
    line.weights_mut()[0] = w;
    line
}

/// One number a sample.
pub fn column(values: &[f32]) -> Tensor<Shape1<1>> {
    Tensor::from_slice(values).unwrap()
}

/// The mean squared error of `w·x` on samples.
pub fn mean_squared_error(w: f32, x: &[f32], y: &[f32]) -> f64 {
    x.iter().zip(y).map(|(x, y)| f64::from(w * x - y).powi(2)).sum::<f64>() / x.len() as f64
}

/// Samples of 3 numbers and their classes.
pub fn classes(samples: usize) -> (Tensor<Shape1<3>>, Labels) {
    let x = (0..samples * 3).map(|at| ((at * 37) % 29) as f32 / 14.5 - 1.0).collect();
    let y = (0..samples).map(|at| (at * 5 % 4) as u32).collect();
    (Tensor::from_vec(x).unwrap(), Labels::from_vec(y))
}

#[track_caller]
pub fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1e-3), "{found} is not {expected}");
    }
}
