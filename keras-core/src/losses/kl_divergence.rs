//! Kullback-Leibler divergence.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
    rows::by_vectors,
};
use crate::kernels::{
    math::ln_outlined,
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Kullback-Leibler divergence of predicted from target probabilities: `Σ y·ln(y / p)` over the last axis.
    /// [Keras' `KLDivergence`](https://keras.io/api/losses/probabilistic_losses/#kldivergence-class);
    /// [Kullback and Leibler 1951](https://doi.org/10.1214/aoms/1177729694).
    ///
    /// Both are clipped to 1e-7 … 1; a prediction outside has a gradient of 0, as in Keras.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = KLDivergence::default().value(&[[0.5, 0.5]], &[[0.25, 0.75]])?;
    /// assert!((loss - 0.5 * (4f32 / 3.0).ln()).abs() < 1e-6);
    /// let (y, p) = ([[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]);
    /// let sum = KLDivergence::default().reduction(Reduction::Sum).value(&y, &p)?;
    /// assert!((sum - 2.0 * 2f32.ln()).abs() < 1e-5);
    ///
    /// sequential! { struct Odds { Input(1), Dense(3, activation = "softmax") } }
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[0.5, 0.3, 0.2]]));
    /// let mut odds = Odds::with_seed(1);
    /// odds.compile(SGD::new(0.5), KLDivergence::default(), ()).fit(&x, &y).epochs(100).verbose(0).run()?;
    /// assert!((odds.predict_one(&[1.0])[0] - 0.5).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct KLDivergence {}
}

impl Loss for KLDivergence {
    type Target = Values;

    described!("kl_divergence");

    by_vectors!();
}

/// A probability, moved to where its logarithm is finite. The order of the operands lets a NaN through.
#[inline(always)]
fn clip<V: Vector>(probability: V) -> V {
    V::splat(1.0).min(V::splat(math::EPSILON).max(probability))
}

impl RowFunction for KLDivergence {
    const OF_CLASSES: bool = false;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let mut loss = Sum::zero();
        for at in row.elements() {
            let (y, p) = (clip(row.target(at)), clip(row.value(at)));
            row.add(&mut loss, at, y * ln_outlined(y / p));
        }
        if let Some(slopes) = slopes {
            for at in row.elements() {
                let (y, p) = (clip(row.target(at)), row.value(at));
                slopes.write(at, V::select(clip(p).eq(p), -(y / p), V::zero()));
            }
        }
        row.total(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.2, 0.8, 0.0, 1.0]);
        for last in [1, 2, 4] {
            testing::check_gradient(&KLDivergence::default(), target, &[0.6, 0.4, 0.7, 0.3], last);
        }
    }

    #[test]
    fn equal_probabilities_are_not_apart() {
        assert_eq!(KLDivergence::default().value(&[[0.0, 1.0]], &[[0.0, 1.0]]), Ok(0.0));
    }
}
