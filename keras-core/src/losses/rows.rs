//! Losses that vectors compute: along a long row, or of several short rows at once.

use super::{Row, RowGradient, TargetView};
use crate::kernels::{
    math::{exp_outlined, ln_outlined},
    rows::{self, Batch, RowFunction, Targets},
    simd::Vector,
    sums::Sum,
};

impl<'a> From<TargetView<'a>> for Targets<'a> {
    fn from(target: TargetView<'a>) -> Self {
        match target {
            TargetView::Labels(labels) => Self::Labels(labels),
            TargetView::Values(numbers) => Self::Numbers(numbers),
        }
    }
}

/// The number of rows whose losses are computed at once where some are ignored.
const TOGETHER: usize = 512;

/// Rows of a batch, for their losses and, with a factor for each row, their gradients.
#[doc(hidden)]
pub struct Rows<'a> {
    pub(super) row: Row<'a>,
    pub(super) length: usize,
    pub(super) losses: &'a mut [f32],
    pub(super) gradient: Option<(&'a mut [f32], &'a [f32])>,
}

impl Rows<'_> {
    /// Computes the losses.
    pub(super) fn compute(self, loss: &impl RowFunction) -> bool {
        let Row { target, values, logits } = self.row;
        let batch = Batch { length: self.length, values, logits: logits.unwrap_or_default(), targets: target.into() };
        rows::each_row(loss, batch, self.losses, self.gradient);
        true
    }

    /// Computes the losses, which are 0 where the label is this one, whatever the predictions are.
    pub(super) fn compute_except(self, loss: &impl RowFunction, ignored: u32) -> bool {
        let Self { row, length, losses, mut gradient } = self;
        let TargetView::Labels(labels) = row.target else { return false };
        let mut classes = [0; TOGETHER];
        for (chunk, labels) in labels.chunks(TOGETHER).enumerate() {
            let (first, count) = (chunk * TOGETHER, labels.len());
            // An ignored label need not be a class: the row is computed as if it were of the first.
            for (class, &label) in classes.iter_mut().zip(labels) {
                *class = if label == ignored { 0 } else { label };
            }
            let (rows, part) = (first..first + count, first * length..(first + count) * length);
            let row = Row {
                target: TargetView::Labels(&classes[..count]),
                values: &row.values[part.clone()],
                logits: row.logits.map(|logits| &logits[part.clone()]),
            };
            let losses = &mut losses[rows.clone()];
            let mut gradient = gradient.as_mut().map(|(gradient, factors)| (&mut gradient[part], &factors[rows]));
            let to = gradient.as_mut().map(|(gradient, factors)| (&mut **gradient, *factors));
            Rows { row, length, losses: &mut *losses, gradient: to }.compute(loss);
            for (at, _) in labels.iter().enumerate().filter(|&(_, &label)| label == ignored) {
                losses[at] = 0.0;
                if let Some((gradient, _)) = &mut gradient {
                    gradient[at * length..(at + 1) * length].fill(0.0);
                }
            }
        }
        true
    }
}

/// The loss of one row.
///
/// # Panics
/// If the parts of the row do not fit one another.
pub(super) fn row<F: RowFunction>(loss: &F, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
    let length = row.values.len();
    let label;
    let target = if F::OF_CLASSES {
        label = [match row.target {
            TargetView::Labels(labels) => labels[0],
            TargetView::Values(numbers) => numbers[0] as u32,
        }];
        assert!((label[0] as usize) < length, "label {} is not one of {length} classes", label[0]);
        TargetView::Labels(&label)
    } else {
        assert_eq!(row.target.len(), length, "a row has as many targets as values");
        row.target
    };
    assert!(row.logits.is_none_or(|logits| logits.len() == length), "a row has as many logits as values");
    let (mut losses, mut factors) = ([0.0], [0.0]);
    let gradient = gradient.map(|(gradient, factor)| {
        assert_eq!(gradient.len(), length, "the gradient of a row is as long as the row");
        factors = [factor];
        (gradient, &factors[..])
    });
    Rows { length, row: Row { target, ..row }, losses: &mut losses, gradient }.compute(loss);
    losses[0]
}

/// The methods of a [`Loss`](super::Loss) that is a [`RowFunction`].
macro_rules! by_vectors {
    () => {
        fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
            $crate::losses::rows::row(self, row, gradient)
        }

        fn rows(&self, rows: $crate::losses::rows::Rows<'_>) -> bool {
            rows.compute(self)
        }
    };
}

pub(super) use by_vectors;

/// As [`clip`](super::math::clip): a probability, moved to where its logarithm is finite.
#[inline(always)]
pub(super) fn clip<V: Vector>(probability: V) -> V {
    // The order of the operands lets a NaN through.
    V::splat(super::math::ONE_MINUS_EPSILON).min(V::splat(super::math::EPSILON).max(probability))
}

/// The factor that scales the values of a row to a sum of 1.
#[inline(always)]
pub(super) fn normalizer<V: Vector, const ALONG: bool>(row: &rows::Rows<'_, V, ALONG>) -> V {
    let mut sum = Sum::zero();
    for at in row.elements() {
        row.add(&mut sum, at, row.value(at));
    }
    let sum = row.total(sum);
    V::splat(1.0) / V::select(sum.eq(V::zero()), V::splat(super::math::EPSILON), sum)
}

/// As [`power`](super::math::power), for `0 ≤ x ≤ 1`.
#[inline(always)]
pub(super) fn power<V: Vector>(x: V, exponent: f32, least: f32) -> (V, V) {
    if exponent == 2.0 {
        (x * x, x + x)
    } else if exponent == 0.0 {
        (V::splat(1.0), V::zero())
    } else {
        let base = V::splat(least).max(x);
        let slope = V::splat(exponent) * exp_outlined(V::splat(exponent - 1.0) * ln_outlined(base));
        (exp_outlined(V::splat(exponent) * ln_outlined(x)), slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernels::simd::tests::each_isa,
        losses::{
            CategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy,
            CategoricalHinge, CosineSimilarity, KLDivergence, Logits, Loss, Prediction, SparseCategoricalCrossentropy,
        },
        shape::Dims,
    };

    const ROWS: usize = 37;

    /// The losses and gradients of rows, together and one by one.
    fn check<L: Loss>(loss: &L, last: usize, labels: &[u32], numbers: &[f32], values: &[f32], logits: Option<&[f32]>) {
        let evaluate = |rows: core::ops::Range<usize>| {
            let part = rows.start * last..rows.end * last;
            let logits = logits.map(|logits| (Logits::Softmax, &logits[part.clone()]));
            let prediction =
                Prediction { values: &values[part.clone()], dims: Dims::new(&[last]), count: rows.len(), logits };
            let numbers = TargetView::Values(&numbers[part.clone()]);
            let labels = TargetView::Labels(&labels[rows.clone()]);
            let target = if loss.check(numbers, &prediction).is_ok() { numbers } else { labels };
            let weights = vec![0.5; rows.len()];
            let mut gradient = vec![f32::NAN; part.len()];
            // The factor is that of the sum, whatever the number of rows.
            loss.evaluate(target, &prediction, Some(&weights), Some(&mut gradient)).unwrap();
            (loss.evaluate_each(target, &prediction, None).unwrap(), gradient)
        };
        let (losses, gradient) = evaluate(0..ROWS);
        for row in 0..ROWS {
            let (alone, slopes) = evaluate(row..row + 1);
            assert_eq!(alone[0].to_bits(), losses[row].to_bits(), "{} of {last}", loss.name());
            let together = &gradient[row * last..(row + 1) * last];
            assert!(slopes.iter().zip(together).all(|(a, b)| a.to_bits() == b.to_bits()), "{} of {last}", loss.name());
        }
    }

    #[test]
    fn a_row_alone_gives_the_same_bits() {
        use crate::losses::Reduction::Sum;
        for last in [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 33, 300] {
            let noise =
                |seed: usize| (0..ROWS * last).map(move |at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 1009.0);
            let (numbers, logits): (Vec<_>, Vec<_>) = (noise(1).collect(), noise(2).map(|z| z * 8.0 - 4.0).collect());
            let labels: Vec<u32> = (0..ROWS).map(|row| (row * 5 % last) as u32).collect();
            let values: Vec<f32> = logits
                .chunks(last)
                .flat_map(|row| {
                    let sum: f32 = row.iter().map(|z: &f32| z.exp()).sum();
                    row.iter().map(move |z| z.exp() / sum)
                })
                .collect();
            each_isa(|| {
                for logits in [None, Some(&logits[..])] {
                    let (y, of_label, p) = (&numbers[..], &labels[..], &values[..]);
                    check(&SparseCategoricalCrossentropy::default().reduction(Sum), last, of_label, y, p, logits);
                    check(&CategoricalGeneralizedCrossEntropy::default().reduction(Sum), last, of_label, y, p, logits);
                    check(&CategoricalCrossentropy::default().reduction(Sum), last, of_label, y, p, logits);
                    check(&CategoricalFocalCrossentropy::default().reduction(Sum), last, of_label, y, p, logits);
                    check(&CategoricalHinge::default().reduction(Sum), last, of_label, y, p, None);
                    check(&CosineSimilarity::default().reduction(Sum), last, of_label, y, p, None);
                    check(&KLDivergence::default().reduction(Sum), last, of_label, y, p, None);
                }
            });
        }
    }

    #[test]
    fn a_label_of_a_row_is_a_class() {
        fn row(target: TargetView<'_>) -> Row<'_> {
            Row { target, values: &[0.25, 0.75], logits: None }
        }
        let loss = CategoricalGeneralizedCrossEntropy::default();
        let expected = loss.row(row(TargetView::Labels(&[1])), None);
        assert!((expected - 2.0 * (1.0 - 0.75f32.sqrt())).abs() < 1e-6);
        assert_eq!(loss.row(row(TargetView::Values(&[1.0])), None), expected);
        for class in [2, u32::MAX] {
            let panic = std::panic::catch_unwind(|| loss.row(row(TargetView::Labels(&[class])), None)).unwrap_err();
            let message = panic.downcast_ref::<String>().unwrap();
            assert_eq!(*message, format!("label {class} is not one of 2 classes"));
        }
        let of_one = || CosineSimilarity::default().row(row(TargetView::Values(&[1.0])), None);
        assert!(std::panic::catch_unwind(of_one).is_err());
    }

    #[test]
    fn labels_may_be_numbers() {
        // One for each value: of short rows, and of a long one.
        for last in [3, 20] {
            let labels: Vec<u32> = (0..2 * last as u32).map(|at| at % 2).collect();
            let numbers: Vec<f32> = labels.iter().map(|&label| label as f32).collect();
            let values: Vec<f32> = (0..2 * last).map(|at| 0.1 + at as f32 / 50.0).collect();
            let prediction = Prediction { values: &values, dims: Dims::new(&[last]), count: 2, logits: None };
            let loss = CosineSimilarity::default();
            let of = |target: TargetView<'_>| loss.evaluate_each(target, &prediction, None).unwrap();
            assert_eq!(of(TargetView::Labels(&labels)), of(TargetView::Values(&numbers)));
        }
    }
}
