//! Categorical hinge loss.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    rows::by_vectors,
};
use crate::kernels::{
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Categorical hinge loss: `max(max((1 - y)·p) - Σ y·p + 1, 0)` over the last axis. It is 0 where the score of the true
    /// class exceeds all others by a margin of 1.
    /// [Keras' `CategoricalHinge`](https://keras.io/api/losses/hinge_losses/#categoricalhinge-class).
    ///
    /// Targets are one-hot. As in Keras, the true class is among the others with a score of 0, so that their maximum is
    /// never less. Classes that share the maximum share its gradient.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = CategoricalHinge::default().value(&[[0.0, 1.0, 0.0]], &[[0.5, 1.25, 0.75]])?;
    /// assert_eq!(loss, 0.75 - 1.25 + 1.0);
    /// let loss = CategoricalHinge::default().reduction(Reduction::Sum);
    /// assert_eq!(loss.value(&[[0.0, 1.0], [1.0, 0.0]], &[[0.5, 0.5], [0.0, 0.5]])?, 1.0 + 1.5);
    ///
    /// sequential! { struct Net { Input(2), Dense(3) } }
    /// let (x, labels) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.1), CategoricalHinge::default(), (Accuracy::default(),));
    /// compiled.fit(&x, labels.one_hot()?).epochs(50).verbose(0).run()?;
    /// assert_eq!(compiled.evaluate(&x, labels.one_hot()?)?["accuracy"], 1.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct CategoricalHinge {}
}

impl Loss for CategoricalHinge {
    type Target = Values;

    const MINIMUM_LAST: usize = 2;

    described!("categorical_hinge");

    by_vectors!();
}

impl RowFunction for CategoricalHinge {
    const OF_CLASSES: bool = false;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (zero, one) = (V::zero(), V::splat(1.0));
        let (mut wrong, mut right) = (V::splat(f32::NEG_INFINITY), Sum::zero());
        for at in row.elements() {
            let (y, p) = (row.target(at), row.value(at));
            row.add(&mut right, at, y * p);
            // A NaN stays, once there or newly met.
            let other = row.or((one - y) * p, at, f32::NEG_INFINITY);
            let higher = V::select(other.le(wrong), wrong, other);
            wrong = V::select(wrong.eq(wrong), higher, wrong);
        }
        let wrong = row.highest(wrong);
        let lack = wrong - row.total(right) + one;
        if let Some(slopes) = slopes {
            let mut leaders = Sum::zero();
            for at in row.elements() {
                let leads = ((one - row.target(at)) * row.value(at)).eq(wrong);
                row.add(&mut leaders, at, V::select(leads, one, zero));
            }
            let share = one / row.total(leaders);
            for at in row.elements() {
                let y = row.target(at);
                let leads = V::select(((one - y) * row.value(at)).eq(wrong), (one - y) * share, zero);
                slopes.write(at, V::select(lack.lt(zero), zero, leads - y));
            }
        }
        V::select(lack.lt(zero), zero, lack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        testing::check_gradient(&CategoricalHinge::default(), target, &[0.6, 0.4, 0.7, 0.1, -0.3, 5.0], 3);
        let soft = TargetView::Values(&[0.2, 0.8, 0.0, 0.3, 0.3, 0.4]);
        testing::check_gradient(&CategoricalHinge::default(), soft, &[0.6, 0.4, 0.7, 0.1, -0.3, 5.0], 3);
    }

    #[test]
    fn leaders_share_the_gradient() {
        let row = Row { target: TargetView::Values(&[1.0, 0.0, 0.0]), values: &[0.0, 2.0, 2.0], logits: None };
        let mut gradient = [9.0; 3];
        assert_eq!(CategoricalHinge::default().row(row, Some((&mut gradient, 2.0))), 3.0);
        assert_eq!(gradient, [-2.0, 1.0, 1.0]);
    }
}
