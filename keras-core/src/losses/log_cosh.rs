//! Log-cosh loss.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Log-cosh loss: the mean over the last axis of `ln cosh(p - y)`, nearly `½·e²` for small errors, `|e| - ln 2` for
    /// large ones. [Keras' `LogCosh`](https://keras.io/api/losses/regression_losses/#logcosh-class).
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = LogCosh::default().value(&[[0.0, 0.0]], &[[1.0, 20.0]])?;
    /// assert!((loss - (1f32.cosh().ln() + 20.0 - 2f32.ln()) / 2.0).abs() < 1e-6);
    /// let loss = LogCosh::default().reduction(Reduction::Sum).value(&[[0.0], [0.0]], &[[1.0], [1.0]])?;
    /// assert!((loss - 2.0 * 1f32.cosh().ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let mut line = Line::with_seed(1);
    /// line.compile(Adam::new(0.1), LogCosh::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!((line.predict_one(&[3.0])[0] - 7.0).abs() < 0.1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct LogCosh {}
}

impl Loss for LogCosh {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("log_cosh");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| log_cosh(p - y))
    }
}

/// `ln cosh x`, and its derivative `tanh x`.
fn log_cosh(x: f32) -> (f32, f32) {
    let size = x.abs();
    if size < 1.0 {
        // `size - ln 2` would cancel: `cosh² = 1 / (1 - tanh²)`
        let tanh = size.tanh();
        (-0.5 * (-tanh * tanh).ln_1p(), tanh.copysign(x))
    } else {
        let e = math::exp(-2.0 * size);
        (size + math::ln_1p(e) - core::f32::consts::LN_2, ((1.0 - e) / (1.0 + e)).copysign(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        for last in [1, 2] {
            testing::check_gradient(&LogCosh::default(), target, &[0.6, 0.4, 3.7, 0.1], last);
        }
    }

    #[test]
    fn it_is_exact_at_every_size() {
        for size in [0.0, 1e-4, 1e-3, 0.1, 0.9, 0.999, 1.0, 1.001, 3.0, 10.0, 80.0, 500.0] {
            for x in [size, -size] {
                let exact = f64::from(x).abs() + ((-2.0 * f64::from(x).abs()).exp_m1() / 2.0).ln_1p();
                let (value, slope) = log_cosh(x);
                assert!((f64::from(value) - exact).abs() <= 1e-6 * exact, "{x}: {value} is not {exact}");
                assert!((f64::from(slope) - f64::from(x).tanh()).abs() <= 1e-6, "{x}: {slope}");
            }
        }
    }
}
