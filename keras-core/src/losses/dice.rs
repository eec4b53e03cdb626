//! Dice loss.

use super::{
    GradientAt, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    regions::{self, Axes, Overlap, RegionLoss, Sums},
};

loss! {
    /// Dice loss, for segmentation: `1 - 2·Σ y·p / (Σ y + Σ p)`, summed over the whole batch.
    /// [Keras' `Dice`](https://keras.io/api/losses/probabilistic_losses/#dice-class);
    /// [Milletari et al. 2016](https://arxiv.org/abs/1606.04797).
    ///
    /// 1e-7 is added to the divisor. The loss does not separate into losses of samples: a model with it takes each batch as a
    /// whole, and the loss is multiplied by the mean of the sample weights.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// // Of two values each, one in common.
    /// let loss = Dice::default().value(&[[1.0, 1.0, 0.0]], &[[0.0, 1.0, 1.0]])?;
    /// assert!((loss - 0.5).abs() < 1e-6);
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
    /// assert!((Dice::default().axis(&[1]).reduction(Reduction::Sum).value(&y, &p)? - 1.0).abs() < 1e-6);
    ///
    /// // Marks what is dark of an image.
    /// sequential! { struct Mask { Input(2, 2, 1), Conv2D(1, 1, activation = "sigmoid") } }
    /// let x = Tensor::from([[[[0.0], [1.0]], [[1.0], [1.0]]]]);
    /// let y = Tensor::from([[[[1.0], [0.0]], [[0.0], [0.0]]]]);
    /// let mut mask = Mask::with_seed(1);
    /// mask.compile(Adam::new(0.1), Dice::default(), ()).fit(&x, &y).epochs(100).verbose(0).run()?;
    /// let marks = mask.predict(&x)?;
    /// assert!(marks.values()[0] > 0.8 && marks.values()[1] < 0.2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Dice {
        /// The axes of a region: 0 is the batch axis, -1 the last (default: all).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
        /// assert!((Dice::default().value(&y, &p)? - 0.5).abs() < 1e-6); // one region
        /// let of_samples = Dice::default().axis(&[1]).value(&y, &p)?; // one right, one wrong
        /// assert!((of_samples - (0.0 + 1.0) / 2.0).abs() < 1e-6);
        /// let of_columns = Dice::default().axis(&[0]).value(&y, &p)?;
        /// assert!((of_columns - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        axis: &[i32] => Axes = Axes::ALL,
    }
}

impl RegionLoss for Dice {
    fn axes(&self) -> Axes {
        self.axis
    }

    fn overlap(&self, sums: Sums) -> Overlap {
        let divisor = sums.target + sums.prediction + f64::from(super::math::EPSILON);
        let dice = 2.0 * sums.both / divisor;
        Overlap { loss: 1.0 - dice, by_both: -2.0 / divisor, by_prediction: dice / divisor }
    }
}

impl Loss for Dice {
    type Target = Values;

    const WHOLE_BATCH: bool = true;

    described!("dice");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        regions::row(self, row, gradient)
    }

    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError> {
        regions::evaluate(self, target, prediction, sample_weight, gradient)
    }

    fn evaluate_each(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<Vec<f32>, LossError> {
        regions::evaluate_each(self, target, prediction, sample_weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, 0.0]);
        let plain = Dice::default();
        for loss in [plain, plain.axis(&[0]), plain.axis(&[-1]), plain.reduction(Reduction::Sum)] {
            testing::check_region_gradient(&loss, target, &[0.6, 0.4, 0.7, 0.1], 2);
        }
    }

    #[test]
    fn a_row_is_a_region_of_its_own() {
        let row = Row { target: TargetView::Values(&[1.0, 1.0, 0.0]), values: &[0.0, 1.0, 1.0], logits: None };
        let mut gradient = [9.0; 3];
        assert!((Dice::default().row(row, Some((&mut gradient, 2.0))) - 0.5).abs() < 1e-6);
        for (slope, expected) in gradient.iter().zip([-0.75, -0.75, 0.25]) {
            assert!((slope - expected).abs() < 1e-6, "{slope} is not {expected}");
        }
    }

    #[test]
    fn what_is_right_costs_nothing() {
        assert!(Dice::default().value(&[[1.0, 0.0]], &[[1.0, 0.0]]).unwrap() < 1e-6);
    }

    #[test]
    fn nothing_where_nothing_is_costs_one() {
        assert_eq!(Dice::default().value(&[[0.0, 0.0]], &[[0.0, 0.0]]), Ok(1.0));
    }
}
