//! A batch, taken row by row: weights, reduction and threads, the same for every loss.

use core::ops::Range;

use super::{GradientAt, Loss, LossError, Prediction, Row, TargetView};

/// The number of values that one task handles: about 100 µs of exponentials, many times what it costs to start a task.
const GRAIN: usize = 1 << 15;

/// A checked batch.
pub(super) struct Batch<'a, L> {
    loss: &'a L,
    target: TargetView<'a>,
    values: &'a [f32],
    /// Only if they are those that the loss fuses with.
    logits: Option<&'a [f32]>,
    weights: Option<&'a [f32]>,
    /// The number of rows that share one weight.
    rows_per_weight: usize,
    rows: usize,
    last: usize,
    targets_per_row: usize,
}

impl<'a, L: Loss> Batch<'a, L> {
    /// Checks that everything fits.
    pub fn new(
        loss: &'a L,
        target: TargetView<'a>,
        prediction: &Prediction<'a>,
        weights: Option<&'a [f32]>,
    ) -> Result<Self, LossError> {
        let (samples, positions) = (prediction.count, prediction.positions());
        let (rows, length) = (samples * positions, samples * prediction.dims.size());
        LossError::expect_length("prediction", length, prediction.values.len())?;
        let logits = match prediction.logits {
            Some((kind, logits)) if Some(kind) == L::FUSES => Some(logits),
            _ => None,
        };
        if let Some(logits) = logits {
            LossError::expect_length("logits", length, logits.len())?;
        }
        loss.check(target, prediction)?;
        let rows_per_weight = match weights.map(<[f32]>::len) {
            None => 1,
            Some(found) if found == samples => positions,
            Some(found) if found == rows => 1,
            Some(found) => return Err(LossError::SampleWeights { samples, positions: rows, found }),
        };
        Ok(Self {
            loss,
            target,
            values: prediction.values,
            logits,
            weights,
            rows_per_weight,
            rows,
            last: prediction.dims.last(),
            targets_per_row: target.len().checked_div(rows).unwrap_or(0),
        })
    }

    /// With respect to what the gradient is taken.
    pub fn gradient_at(&self) -> GradientAt {
        if self.logits.is_some() { GradientAt::Logits } else { GradientAt::Output }
    }

    /// The reduced loss; its gradient, if asked for.
    pub fn reduce(&self, gradient: Option<&mut [f32]>) -> Result<f32, LossError> {
        if let Some(gradient) = &gradient {
            LossError::expect_length("gradient", self.values.len(), gradient.len())?;
        }
        let factor = self.loss.reduction().factor(self.rows, || self.total_weight());
        Ok((self.sum(0..self.rows, gradient, factor) * f64::from(factor)) as f32)
    }

    /// The weighted loss of each row.
    pub fn losses(&self, into: &mut [f32]) -> Result<(), LossError> {
        LossError::expect_length("buffer of losses", self.rows, into.len())?;
        for (at, loss) in into.iter_mut().enumerate() {
            *loss = self.weight(at) * self.loss.row(self.row(at), None);
        }
        Ok(())
    }

    /// The sum of the rows' weighted losses. Halves are summed apart and then added, whoever computes them: the result
    /// is the same for any number of threads.
    fn sum(&self, rows: Range<usize>, gradient: Option<&mut [f32]>, factor: f32) -> f64 {
        if rows.len() > 1 && rows.len() * self.last > GRAIN {
            let middle = rows.start + rows.len() / 2;
            let (left, right) = match gradient {
                Some(gradient) => {
                    let (left, right) = gradient.split_at_mut((middle - rows.start) * self.last);
                    (Some(left), Some(right))
                }
                None => (None, None),
            };
            let (left, right) = rayon::join(
                || self.sum(rows.start..middle, left, factor),
                || self.sum(middle..rows.end, right, factor),
            );
            return left + right;
        }
        let weighted = |at: usize, loss: f32| f64::from(self.weight(at)) * f64::from(loss);
        match gradient {
            None => rows.map(|at| weighted(at, self.loss.row(self.row(at), None))).sum(),
            Some(gradient) => rows
                .zip(gradient.chunks_exact_mut(self.last))
                .map(|(at, gradient)| {
                    weighted(at, self.loss.row(self.row(at), Some((gradient, factor * self.weight(at)))))
                })
                .sum(),
        }
    }

    fn row(&self, at: usize) -> Row<'a> {
        let range = at * self.last..(at + 1) * self.last;
        Row {
            target: self.target.slice(at * self.targets_per_row, self.targets_per_row),
            values: &self.values[range.clone()],
            logits: self.logits.map(|logits| &logits[range]),
        }
    }

    fn weight(&self, row: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[row / self.rows_per_weight])
    }

    fn total_weight(&self) -> f64 {
        match self.weights {
            None => self.rows as f64,
            Some(weights) => weights.iter().map(|&weight| f64::from(weight)).sum::<f64>() * self.rows_per_weight as f64,
        }
    }
}
