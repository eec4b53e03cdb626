//! Adafactor: adaptive learning rates with factored second moments.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};
use crate::kernels::{
    elementwise::{sum, sum_of},
    sums::Columns,
};

optimizer! {
    /// Adafactor: gradients divided by the root of a moving average of their squares, which is kept by rows and columns to
    /// save memory; updates are relative to the scale of the weights.
    /// [Keras' `Adafactor`](https://keras.io/api/optimizers/adafactor/);
    /// [Shazeer and Stern 2018](https://arxiv.org/abs/1804.04235).
    ///
    /// With `β = 1 - t^beta_2_decay`: `r` and `c` are moving averages, with decay rate `β`, of `g² + ε₁` over the columns and
    /// over the rows of a variable's last two axes, and `v = r·c / mean(r)`; of a variable with one axis, `v` is such an
    /// average. Then `u = g / √v`, `w ← w - max(ε₂, rms(w))·min(lr, 1/√t)·u / max(1, rms(u) / clip_threshold)`.
    ///
    /// Without a model, [`step_variables`](Optimizer::step_variables) with the variables' [dimensions](super::Variable::dims)
    /// tells rows from columns.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0, -10.0];
    /// Adafactor::new(0.5).step(&mut weights, &[20.0, 1e-3])?;
    /// assert!((weights[0] - (10.0 - 0.5 * 10.0)).abs() < 1e-4);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Adafactor {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The decay rate of `β`: step `t` keeps `1 - t^beta_2_decay` of the averages.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // With 0, each step sees its own gradient alone.
        /// let mut adafactor = Adafactor::default().beta_2_decay(0.0);
        /// adafactor.step(&mut [1.0], &[2.0])?;
        /// adafactor.step(&mut [1.0], &[3.0])?;
        /// assert_eq!(adafactor.state(), [9.0]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2_decay: f64 = -0.8,
        /// The constant that is added to the squares of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut adafactor = Adafactor::default().epsilon_1(0.5);
        /// adafactor.step(&mut [1.0], &[2.0])?;
        /// assert_eq!(adafactor.state(), [4.5]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon_1: f32 = 1e-30,
        /// The least root mean square of the weights: it lets weights leave 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Adafactor::new(0.5).epsilon_2(0.5).step(&mut weights, &[-3.0])?;
        /// assert_eq!(weights, [0.25]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon_2: f32 = 1e-3,
        /// The largest root mean square of `u`, before the learning rate and the scale of the weights.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [1.0];
        /// Adafactor::new(0.5).clip_threshold(0.5).step(&mut weights, &[-3.0])?;
        /// assert_eq!(weights, [1.25]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        clip_threshold: f32 = 1.0,
        /// Whether the learning rate is limited to `1/√t`. As in Keras 3, the limit is there with `false`, too.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut relative, mut other) = ([1.0], [1.0]);
        /// let mut adafactor = Adafactor::new(0.9).relative_step(false);
        /// for gradient in [1.0, 2.0, 1.0] {
        ///     adafactor.step(&mut other, &[gradient])?;
        /// }
        /// let mut adafactor = Adafactor::new(0.9);
        /// for gradient in [1.0, 2.0, 1.0] {
        ///     adafactor.step(&mut relative, &[gradient])?;
        /// }
        /// assert_eq!(relative, other);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        relative_step: bool = true,
    }
}

impl Adafactor {
    /// The averages of the squares by rows and columns: `r` of the row, divided by its mean, times `c` of the column is what
    /// a square is expected to be. Of a matrix, with as many rows as `r` is long.
    #[inline(always)]
    fn factor(&self, step: Step, beta: f32, gradients: &[f32], r: &mut [f32], c: &mut [f32]) {
        let (rows, columns) = (r.len() as f32, c.len());
        for (r, gradients) in r.iter_mut().zip(gradients.chunks_exact(columns)) {
            let sum = sum_of(gradients, |g| self.square(step, g));
            *r = beta * *r + (1.0 - beta) * (sum / columns as f32);
        }
        for (strip, c) in c.chunks_mut(Columns::MOST).enumerate() {
            let first = strip * Columns::MOST;
            let mut sums = Columns::zero();
            for row in gradients.chunks_exact(columns) {
                sums.add(row[first..][..c.len()].iter().map(|&g| self.square(step, g)));
            }
            for (c, sum) in c.iter_mut().zip(sums.totals()) {
                *c = beta * *c + (1.0 - beta) * (sum as f32 / rows);
            }
        }
    }

    #[inline(always)]
    fn square(&self, step: Step, gradient: f32) -> f32 {
        let g = step.clipped(gradient);
        Step::squared(g) + self.epsilon_1
    }
}

/// The root of what a square is expected to be, which is not 0 even where a product of small averages is.
#[inline(always)]
fn root(square: f32) -> f32 {
    square.max(f32::MIN_POSITIVE).sqrt()
}

/// The root of the mean of squares.
fn root_mean(sum: f64, count: usize) -> f32 {
    (sum / count as f64).sqrt() as f32
}

/// The expected squares of the gradients.
struct Expected<'a> {
    averages: &'a [f32],
    rows: usize,
    columns: usize,
    /// Whether the averages are those of the rows and columns of each matrix; each weight has its own otherwise.
    is_factored: bool,
}

impl Expected<'_> {
    /// Calls `visit` with every weight and its gradient, divided by the root of what its square is expected to be.
    #[inline(always)]
    fn each(&self, weights: &mut [f32], gradients: &[f32], step: Step, mut visit: impl FnMut(&mut f32, f32)) {
        let matrix = self.rows * self.columns;
        let matrices = weights.chunks_exact_mut(matrix).zip(gradients.chunks_exact(matrix));
        for ((weights, gradients), averages) in matrices.zip(self.averages.chunks_exact(matrix)) {
            let (r, c) = averages.split_at(if self.is_factored { self.rows } else { 0 });
            let mean = sum(r) / self.rows as f32;
            let lines = weights.chunks_exact_mut(self.columns).zip(gradients.chunks_exact(self.columns));
            for (row, (weights, gradients)) in lines.enumerate() {
                let factor = r.get(row).map_or(1.0, |r| r / mean);
                for ((w, &g), c) in weights.iter_mut().zip(gradients).zip(c) {
                    visit(w, step.clipped(g) / root(factor * c));
                }
            }
        }
    }
}

impl Optimizer for Adafactor {
    described!("adafactor");

    fn updates_whole_variables(&self) -> bool {
        true
    }

    /// One: of a matrix, the averages of its rows and then those of its columns have room in it.
    fn slots(&self) -> usize {
        1
    }

    fn check(&self) -> Result<(), OptimizerError> {
        let (right, found) = (self.clip_threshold > 0.0, f64::from(self.clip_threshold));
        OptimizerError::expect(right, self.name(), "clip_threshold", found, "more than 0")?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [averages, ..] }: Span<'_>) {
        let t = step.iteration as f64;
        let beta = (1.0 - t.powf(self.beta_2_decay)) as f32;
        let count = weights.len();
        // Of a single row or column, `v` is the average of the squares, as of a vector.
        let (rows, columns) = match step.dims.rank() {
            0 | 1 => (1, count),
            rank => (step.dims.length(rank - 2), step.dims.last()),
        };
        let is_factored = rows > 1 && columns > 1;
        let (rows, columns) = if is_factored { (rows, columns) } else { (1, count) };
        let matrix = rows * columns;
        if is_factored {
            for (gradients, averages) in gradients.chunks_exact(matrix).zip(averages.chunks_exact_mut(matrix)) {
                let (r, rest) = averages.split_at_mut(rows);
                self.factor(step, beta, gradients, r, &mut rest[..columns]);
            }
        } else {
            for (v, &g) in averages.iter_mut().zip(gradients) {
                *v = beta * *v + (1.0 - beta) * self.square(step, g);
            }
        }
        let (mut of_weights, mut of_steps) = (0.0, 0.0);
        let expected = Expected { averages, rows, columns, is_factored };
        expected.each(weights, gradients, step, |w, u| {
            *w = step.decayed(*w);
            of_weights += f64::from(*w) * f64::from(*w);
            of_steps += f64::from(u) * f64::from(u);
        });
        let rate = step.learning_rate.min((1.0 / t.sqrt()) as f32);
        let alpha = root_mean(of_weights, count).max(self.epsilon_2) * rate;
        let clipping = (root_mean(of_steps, count) / self.clip_threshold).max(1.0);
        expected.each(weights, gradients, step, |w, u| *w -= alpha * (u / clipping));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{optimizers::Variable, shape::Dims};

    #[test]
    fn rows_and_columns_of_several_matrices() {
        // squares that are products of a row's and a column's number are kept exactly
        let dims = Dims::new(&[2, 2, 3]);
        let variables = [Variable { dims, ..Variable::new("kernel", 0..12) }];
        let gradients: Vec<f32> =
            (0..12).map(|at| [1.0, 3.0][at / 3 % 2] * [1.0, 2.0, 0.5][at % 3] * (1 + at / 6) as f32).collect();
        let mut adafactor = Adafactor::new(0.5);
        let mut weights = [2.0; 12];
        adafactor.step_variables(&mut weights, &gradients, &variables).unwrap();
        for w in weights {
            assert!((w - (2.0 - 2.0 * 0.5)).abs() < 1e-5, "{w}");
        }
        let means = [(1.0 + 4.0 + 0.25) / 3.0, 9.0 * (1.0 + 4.0 + 0.25) / 3.0, 5.0, 20.0, 1.25];
        for (found, expected) in adafactor.state().iter().zip(means) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
        assert!((adafactor.state()[6] - 4.0 * means[0]).abs() < 1e-5, "the second matrix has its own averages");
    }

    #[test]
    fn nothing_divided_by_nothing_is_nothing() {
        let dims = Dims::new(&[2, 2]);
        let variables = [Variable { dims, ..Variable::new("kernel", 0..4) }];
        let mut weights = [1.0; 4];
        // the first row's average is 1e-30 of the second's
        Adafactor::new(0.5).step_variables(&mut weights, &[0.0, 0.0, 1e-12, 1.0], &variables).unwrap();
        assert_eq!(weights[..2], [1.0; 2]);
        assert!(weights.iter().all(|w| w.is_finite()), "{weights:?}");
    }

    #[test]
    fn dimensions_of_another_size_are_refused() {
        let variables = [Variable { dims: Dims::new(&[2, 2]), ..Variable::new("kernel", 0..3) }];
        let error = Adafactor::default().step_variables(&mut [0.0; 3], &[0.0; 3], &variables).unwrap_err();
        assert_eq!(error.to_string(), "adafactor was given a variable of shape (2, 2), but 3 weights for it");
        assert!(Adafactor::default().clip_threshold(0.0).step(&mut [0.0], &[0.0]).is_err());
    }
}
