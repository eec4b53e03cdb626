//! Top-k accuracy, by one-hot targets and by labels.

use super::{
    Mean, Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::{
    kernels::{
        rows::{Place, RowFunction, Rows, Slopes},
        simd::{Sets, Vector},
        sums::Sum,
    },
    losses::{Prediction, TargetView},
};

metric! {
    /// Top-k accuracy: the fraction of positions where the class with the largest target is among those with the `k` largest
    /// predictions.
    /// [Keras' `TopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class).
    ///
    /// Values equal to the `k`th count too. A position with a prediction that is not finite is never correct.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = TopKCategoricalAccuracy::default().k(2);
    /// accuracy.update_arrays(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.1]])?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct TopKCategoricalAccuracy("top_k_categorical_accuracy", Maximize) {
        /// The number of largest predictions.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut accuracy = TopKCategoricalAccuracy::default().k(1);
        /// accuracy.update_arrays(&[[0.0, 1.0]], &[[0.6, 0.4]])?;
        /// assert_eq!(accuracy.result(), 0.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        k: usize = 5,
    }
    keeps { mean: Mean }
}

impl Gather for TopKCategoricalAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect(self.k > 0, self.name(), "k", 0.0, "at least 1")?;
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        batch.each_row(&OneHotInTopK(self.k), |is_right, _, weight| self.mean.update(is_right, weight));
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

metric! {
    /// Top-k accuracy by class labels: the fraction of positions where the labelled class is among those with the `k` largest
    /// predictions.
    /// [Keras' `SparseTopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class).
    ///
    /// Values equal to the `k`th count too. A position with a prediction that is not finite is never correct. A label that is
    /// not a class is an error. (In Keras, it is never correct.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = SparseTopKCategoricalAccuracy::default().k(2);
    /// accuracy.update_arrays(&[2, 0], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.1]])?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct SparseTopKCategoricalAccuracy("sparse_top_k_categorical_accuracy", Maximize) {
        /// The number of largest predictions.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut accuracy = SparseTopKCategoricalAccuracy::default().k(1);
        /// accuracy.update_arrays(&[1], &[[0.6, 0.4]])?;
        /// assert_eq!(accuracy.result(), 0.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        k: usize = 5,
    }
    keeps { mean: Mean }
}

impl Gather for SparseTopKCategoricalAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect(self.k > 0, self.name(), "k", 0.0, "at least 1")?;
        MetricError::expect_classes(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        batch.each_row(&ClassInTopK(self.k), |is_right, _, weight| self.mean.update(is_right, weight));
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

/// Whether the value of the class is one of the `k` largest.
struct ClassInTopK(usize);

impl RowFunction for ClassInTopK {
    const OF_CLASSES: bool = true;
    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(&self, row: &Rows<'_, V, ALONG>, _: Option<&mut Slopes<'_, V, ALONG>>) -> V {
        is_in_top_k(row, row.class(), self.0)
    }
}

/// Whether the value of the largest target is one of the `k` largest.
struct OneHotInTopK(usize);

impl RowFunction for OneHotInTopK {
    const OF_CLASSES: bool = false;
    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(&self, row: &Rows<'_, V, ALONG>, _: Option<&mut Slopes<'_, V, ALONG>>) -> V {
        is_in_top_k(row, row.largest_target(), self.0)
    }
}

/// 1 where a value is one of the `k` largest of a row, or equal to the last of them, otherwise 0. As TensorFlow's `in_top_k`, no
/// value of a row is that has one that is not finite.
#[inline(always)]
fn is_in_top_k<V: Vector, const ALONG: bool>(row: &Rows<'_, V, ALONG>, place: Place<V>, k: usize) -> V {
    let (own, zero, one) = (row.value_at(place), V::zero(), V::splat(1.0));
    let (mut infinite, mut above) = (Sum::zero(), Sum::zero());
    for at in row.elements() {
        let value = row.value(at);
        row.add(&mut infinite, at, V::select((value * zero).eq(zero), zero, one));
        row.add(&mut above, at, V::select(own.lt(value), one, zero));
    }
    let is_above = V::select(row.total(above).lt(V::splat(k as f32)), one, zero);
    V::select(row.total(infinite).eq(zero), is_above, zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_not_correct() {
        let (nan, infinity) = (f32::NAN, f32::INFINITY);
        for row in [[nan, 0.3], [0.3, nan], [infinity, 0.3], [-infinity, 0.3], [0.3, -infinity]] {
            for class in [0, 1] {
                let mut sparse = SparseTopKCategoricalAccuracy::default().k(1);
                sparse.update_arrays(&[class], &[row]).unwrap();
                assert_eq!(sparse.result(), 0.0, "{row:?}, {class}");
                let mut one_hot = TopKCategoricalAccuracy::default().k(1);
                let target = if class == 0 { [1.0, 0.0] } else { [0.0, 1.0] };
                one_hot.update_arrays(&[target], &[row]).unwrap();
                assert_eq!(one_hot.result(), 0.0, "{row:?}, {class}");
            }
        }
    }
}
