//! A batch, taken row by row: weights, reduction and threads, the same for every loss.

use core::ops::Range;

use super::{
    GradientAt, Loss, LossError, Prediction, Properties, Reduction, Row, RowGradient, TargetView, math, rows::Rows,
};
use crate::kernels::parallel;

/// The number of values that one task handles: about 100 µs of exponentials, many times what it costs to start a task.
const GRAIN: usize = 1 << 15;

/// The number of values up to which rows are joined, for losses that allow it: long enough for vectors, short enough for sums in `f32`.
const JOINED: usize = math::PIECE;

/// The number of rows whose losses are computed at once, for losses that do so.
const TOGETHER: usize = 512;

/// The methods of a [`Loss`] that a batch calls, object-safe, so that this code is compiled once.
pub(super) trait AnyLoss: Sync {
    fn properties(&self) -> Properties;
    fn reduction(&self) -> Reduction;
    fn ignored_class(&self) -> Option<u32>;
    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError>;
    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32;
    fn rows(&self, rows: Rows<'_>) -> bool;
}

impl<L: Loss> AnyLoss for L {
    fn properties(&self) -> Properties {
        Loss::properties(self)
    }

    fn reduction(&self) -> Reduction {
        Loss::reduction(self)
    }

    fn ignored_class(&self) -> Option<u32> {
        Loss::ignored_class(self)
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        Loss::check(self, target, prediction)
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        Loss::row(self, row, gradient)
    }

    fn rows(&self, rows: Rows<'_>) -> bool {
        Loss::rows(self, rows)
    }
}

/// A checked batch.
pub(super) struct Batch<'a> {
    loss: &'a dyn AnyLoss,
    is_elementwise: bool,
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

impl<'a> Batch<'a> {
    /// Checks that everything fits.
    pub fn new(
        loss: &'a dyn AnyLoss,
        target: TargetView<'a>,
        prediction: &Prediction<'a>,
        weights: Option<&'a [f32]>,
    ) -> Result<Self, LossError> {
        let (samples, positions) = (prediction.count, prediction.positions());
        let (rows, length) = (samples * positions, samples * prediction.dims.size());
        LossError::expect_length("prediction", length, prediction.values.len())?;
        let Properties { fuses, is_elementwise, .. } = loss.properties();
        let logits = match prediction.logits {
            Some((kind, logits)) if Some(kind) == fuses => Some(logits),
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
            is_elementwise,
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
        let factor = self.loss.reduction().factor(|| self.counted(), || self.total_weight());
        Ok((self.sum(0..self.rows, gradient, factor) * f64::from(factor)) as f32)
    }

    /// The weighted sum of the rows' losses, and that of their weights. As in Keras, ignored rows have no weight only if
    /// there are weights.
    pub fn totals(&self) -> (f64, f64) {
        let weight = if self.weights.is_some() { self.total_weight() } else { self.rows as f64 };
        (self.sum(0..self.rows, None, 1.0), weight)
    }

    /// The weighted loss of each row.
    pub fn each(&self) -> Vec<f32> {
        let mut losses = vec![0.0; self.rows];
        if !self.together(0..self.rows, &mut losses, None) {
            losses.iter_mut().enumerate().for_each(|(at, loss)| *loss = self.loss.row(self.row(at, 1), None));
        }
        losses.iter_mut().enumerate().for_each(|(at, loss)| *loss *= self.weight(at));
        losses
    }

    /// Computes the losses of some rows at once, if the loss does so.
    fn together(&self, rows: Range<usize>, losses: &mut [f32], gradient: Option<(&mut [f32], &[f32])>) -> bool {
        self.loss.rows(Rows { row: self.row(rows.start, rows.len()), length: self.last, losses, gradient })
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
            let (left, right) = parallel::join(
                || self.sum(rows.start..middle, left, factor),
                || self.sum(middle..rows.end, right, factor),
            );
            return left + right;
        }
        let mut gradient = gradient.unwrap_or_default();
        let (mut sum, mut at) = (0.0, rows.start);
        let (mut losses, mut factors) = ([0.0; TOGETHER], [0.0; TOGETHER]);
        while at < rows.end {
            let count = TOGETHER.min(rows.end - at);
            let (losses, factors) = (&mut losses[..count], &mut factors[..count]);
            if !gradient.is_empty() {
                factors.iter_mut().zip(at..).for_each(|(to, row)| *to = factor * self.weight(row));
            }
            let row_gradients = gradient.get_mut(..count * self.last).map(|to| (to, &*factors));
            if !self.together(at..at + count, losses, row_gradients) {
                break;
            }
            let _ = gradient.split_off_mut(..count * self.last);
            // Four sums, since each waits for the addition before.
            let mut sums = [0.0; 4];
            for (first, losses) in (at..).step_by(4).zip(losses.chunks(4)) {
                for ((sum, row), &loss) in sums.iter_mut().zip(first..).zip(losses) {
                    *sum += f64::from(self.weight(row)) * f64::from(loss);
                }
            }
            sum += (sums[0] + sums[1]) + (sums[2] + sums[3]);
            at += count;
        }
        while at < rows.end {
            let count = self.joined(at..rows.end);
            let weight = self.weight(at) * count as f32;
            let row_gradient = gradient.split_off_mut(..count * self.last).map(|row| (row, factor * weight));
            sum += f64::from(weight) * f64::from(self.loss.row(self.row(at, count), row_gradient));
            at += count;
        }
        sum
    }

    /// The number of rows that can be processed as one: their losses are means of values, with the same weight.
    fn joined(&self, rows: Range<usize>) -> usize {
        if !self.is_elementwise {
            return 1;
        }
        let same_weight = match self.weights {
            None => rows.len(),
            Some(_) => self.rows_per_weight - rows.start % self.rows_per_weight,
        };
        same_weight.min(rows.len()).min(JOINED / self.last).max(1)
    }

    /// This row; or that and the following ones, as one.
    fn row(&self, at: usize, count: usize) -> Row<'a> {
        let range = at * self.last..(at + count) * self.last;
        Row {
            target: self.target.slice(at * self.targets_per_row, count * self.targets_per_row),
            values: &self.values[range.clone()],
            logits: self.logits.map(|logits| &logits[range]),
        }
    }

    fn weight(&self, row: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[row / self.rows_per_weight])
    }

    /// The number of rows that are not ignored.
    fn counted(&self) -> usize {
        match (self.loss.ignored_class(), self.target) {
            (Some(ignored), TargetView::Labels(labels)) => labels.iter().filter(|&&label| label != ignored).count(),
            _ => self.rows,
        }
    }

    /// The sum of the weights of the rows that are not ignored.
    fn total_weight(&self) -> f64 {
        match (self.weights, self.loss.ignored_class(), self.target) {
            (None, ..) => self.counted() as f64,
            (Some(_), Some(ignored), TargetView::Labels(labels)) => {
                let counted = labels.iter().enumerate().filter(|&(_, &label)| label != ignored);
                counted.map(|(row, _)| f64::from(self.weight(row))).sum()
            }
            (Some(weights), ..) => {
                weights.iter().map(|&weight| f64::from(weight)).sum::<f64>() * self.rows_per_weight as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        losses::{BinaryCrossentropy, MeanSquaredError, Reduction, SparseCategoricalCrossentropy},
        shape::Dims,
    };

    #[test]
    fn reductions_and_weights() {
        let (target, values) = (TargetView::Values(&[0.0; 4]), [1.0, 1.0, 2.0, 4.0]);
        let prediction = Prediction { values: &values, dims: Dims::new(&[2]), count: 2, logits: None };
        let loss = MeanSquaredError::default();
        let evaluate = |reduction, weights| {
            loss.reduction(reduction).evaluate(target, &prediction, weights, None).map(|(loss, _)| loss)
        };
        let weights: Option<&[f32]> = Some(&[3.0, 0.5]);
        assert_eq!(evaluate(Reduction::SumOverBatchSize, None), Ok(5.5));
        assert_eq!(evaluate(Reduction::SumOverBatchSize, weights), Ok(4.0));
        assert_eq!(evaluate(Reduction::Sum, weights), Ok(8.0));
        assert!((evaluate(Reduction::MeanWithSampleWeight, weights).unwrap() - 8.0 / 3.5).abs() < 1e-6);
        assert_eq!(evaluate(Reduction::MeanWithSampleWeight, Some(&[0.0; 2])), Ok(0.0));
        let error = evaluate(Reduction::Sum, Some(&[1.0; 3])).unwrap_err();
        assert_eq!(error.to_string(), "3 sample weights do not fit a batch of 2 samples (2 positions)");
        assert_eq!(loss.evaluate_each(target, &prediction, weights).unwrap(), [3.0, 5.0]);
    }

    #[test]
    fn joined_and_split_rows_are_rows() {
        // beyond GRAIN and JOINED, with a weight for each sample, none, and one for each position
        let (samples, positions) = (3, GRAIN / 2 + 3);
        let rows = samples * positions;
        let values: Vec<f32> = (0..2 * rows).map(|at| (at % 23) as f32 * 0.2 - 2.0).collect();
        let target: Vec<f32> = (0..2 * rows).map(|at| (at % 2) as f32).collect();
        let prediction = Prediction { values: &values, dims: Dims::new(&[positions, 2]), count: samples, logits: None };
        let weights: Vec<f32> = (0..rows).map(|at| 0.25 + (at % 5) as f32).collect();
        let loss = BinaryCrossentropy::default().from_logits(true);
        for weights in [None, Some(&weights[..samples]), Some(&weights[..])] {
            let mut gradient = vec![f32::NAN; values.len()];
            let (value, _) =
                loss.evaluate(TargetView::Values(&target), &prediction, weights, Some(&mut gradient)).unwrap();
            let each = loss.evaluate_each(TargetView::Values(&target), &prediction, weights).unwrap();
            assert_eq!(each.len(), rows);
            let mean = each.iter().map(|&loss| f64::from(loss)).sum::<f64>() / rows as f64;
            assert!((f64::from(value) - mean).abs() < 1e-6 * mean, "{value} is not {mean}");
            for at in [0, 1, 2 * JOINED + 1, 2 * positions - 1, 2 * positions, values.len() - 1] {
                let weight = weights.map_or(1.0, |w| w[at / 2 / if w.len() == samples { positions } else { 1 }]);
                let expected = (1.0 / (1.0 + (-values[at]).exp()) - target[at]) * weight / (2 * rows) as f32;
                assert!((gradient[at] - expected).abs() <= 1e-5 * expected.abs(), "{at}: {}", gradient[at]);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let prediction = Prediction { values: &[0.5; 4], dims: Dims::new(&[2]), count: 2, logits: None };
        let sparse = SparseCategoricalCrossentropy::default();
        let say = |result: Result<(f32, GradientAt), LossError>| result.unwrap_err().to_string();
        assert_eq!(
            say(sparse.evaluate(TargetView::Labels(&[0]), &prediction, None, None)),
            "sparse_categorical_crossentropy needs 2 targets for this batch, but there are 1"
        );
        assert_eq!(
            say(sparse.evaluate(TargetView::Values(&[0.0; 2]), &prediction, None, None)),
            "sparse_categorical_crossentropy takes class labels, not numbers; for one-hot targets use \
             categorical_crossentropy"
        );
        assert_eq!(
            say(sparse.evaluate(TargetView::Labels(&[0, 1]), &prediction, None, Some(&mut [0.0; 3]))),
            "the gradient must hold 4 numbers, but it holds 3"
        );
    }

    #[test]
    fn an_empty_batch_loses_nothing() {
        let prediction = Prediction { values: &[], dims: Dims::new(&[2]), count: 0, logits: None };
        let loss = MeanSquaredError::default();
        assert_eq!(loss.evaluate(TargetView::Values(&[]), &prediction, None, Some(&mut [])).unwrap().0, 0.0);
    }
}
