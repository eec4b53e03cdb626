//! Categorical hinge loss.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
};
use crate::kernels::sums::PIECE;

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

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        let (mut wrong, mut leaders) = (f32::NEG_INFINITY, 0u32);
        let (mut right, mut pieces) = (0.0f32, 0.0f64);
        for (at, &p) in row.values.iter().enumerate() {
            let y = row.target.number(at);
            let other = (1.0 - y) * p;
            if at.is_multiple_of(PIECE) {
                pieces += f64::from(core::mem::take(&mut right));
            }
            right += y * p;
            if other > wrong || other.is_nan() {
                (wrong, leaders) = (other, 1);
            } else if other == wrong {
                leaders += 1;
            }
        }
        let lack = wrong - (pieces + f64::from(right)) as f32 + 1.0;
        if let Some((gradient, factor)) = gradient {
            for (at, (slope, &p)) in gradient.iter_mut().zip(row.values).enumerate() {
                let y = row.target.number(at);
                let leads = if (1.0 - y) * p == wrong { (1.0 - y) / leaders as f32 } else { 0.0 };
                *slope = if lack < 0.0 { 0.0 } else { (leads - y) * factor };
            }
        }
        if lack < 0.0 { 0.0 } else { lack }
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
