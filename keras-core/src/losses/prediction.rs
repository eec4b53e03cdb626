//! A batch of targets and predictions, as losses and metrics see it: without their types.

use crate::{
    data::{Labels, Tensor},
    shape::{Dims, Shape},
};

/// The targets of a loss are class labels: `0` to `classes - 1`.
///
/// A custom loss names it as its [`Target`](super::Loss::Target); then `fit` takes [`Labels`](crate::data::Labels):
///
/// ```
/// use keras::{losses::{ClassLabels, LossError, Prediction, Row, RowGradient, TargetView}, prelude::*};
///
/// /// One minus the probability of the right class.
/// #[derive(Clone)]
/// struct Miss;
///
/// impl Loss for Miss {
///     type Target = ClassLabels;
///
///     const MINIMUM_LAST: usize = 2;
///
///     fn name(&self) -> &'static str { "miss" }
///
///     fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
///         LossError::expect_classes(self.name(), target, prediction)
///     }
///
///     fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
///         let class = row.target.number(0) as usize;
///         if let Some((gradient, factor)) = gradient {
///             gradient.fill(0.0);
///             gradient[class] = -factor;
///         }
///         1.0 - row.values[class]
///     }
/// }
///
/// assert_eq!(Miss.value(&[1, 0], &[[0.25, 0.75], [0.5, 0.5]])?, 0.375);
/// # Ok::<(), LossError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ClassLabels;

/// The targets of a loss are numbers, one for each value of the output.
///
/// A custom loss names it as its [`Target`](super::Loss::Target); then `fit` takes [`Tensor`](crate::data::Tensor)s of
/// the output's shape:
///
/// ```
/// use keras::{losses::{Row, RowGradient, Values}, prelude::*};
///
/// /// The squared error, but nothing for errors of less than 1.
/// #[derive(Clone)]
/// struct Tolerant;
///
/// impl Loss for Tolerant {
///     type Target = Values;
///
///     fn name(&self) -> &'static str { "tolerant" }
///
///     fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
///         row.mean(gradient, |y, p| {
///             let error = p - y;
///             if error.abs() < 1.0 { (0.0, 0.0) } else { (error * error, 2.0 * error) }
///         })
///     }
/// }
///
/// assert_eq!(Tolerant.value(&[[1.0, 1.0]], &[[1.5, 3.0]])?, 2.0);
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Values;

/// The targets of a batch, flat.
///
/// ```
/// use keras::losses::TargetView;
///
/// assert_eq!(TargetView::from(&[2, 0, 1]), TargetView::Labels(&[2, 0, 1]));
/// assert_eq!(TargetView::from(&[[0.0, 1.0], [1.0, 0.0]]), TargetView::Values(&[0.0, 1.0, 1.0, 0.0]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetView<'a> {
    /// Class labels.
    Labels(&'a [u32]),
    /// Numbers.
    Values(&'a [f32]),
}

impl<'a> TargetView<'a> {
    /// The number of targets.
    ///
    /// ```
    /// use keras::losses::TargetView;
    ///
    /// let targets = TargetView::Labels(&[2, 0, 1]);
    /// assert_eq!((targets.len(), targets.is_empty()), (3, false));
    /// ```
    pub const fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Whether there is none.
    ///
    /// ```
    /// use keras::losses::TargetView;
    ///
    /// assert!(!TargetView::from(&[2, 0]).is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `length` of the targets, from `start` on.
    ///
    /// ```
    /// use keras::losses::TargetView;
    ///
    /// assert_eq!(TargetView::Labels(&[2, 0, 1]).slice(1, 2), TargetView::Labels(&[0, 1]));
    /// ```
    pub fn slice(self, start: usize, length: usize) -> Self {
        match self {
            Self::Labels(labels) => Self::Labels(&labels[start..start + length]),
            Self::Values(values) => Self::Values(&values[start..start + length]),
        }
    }

    /// One of the targets as a number.
    ///
    /// ```
    /// use keras::losses::TargetView;
    ///
    /// assert_eq!(TargetView::Labels(&[2, 0, 1]).number(0), 2.0);
    /// assert_eq!(TargetView::Values(&[0.5]).number(0), 0.5);
    /// ```
    pub fn number(self, at: usize) -> f32 {
        match self {
            Self::Labels(labels) => labels[at] as f32,
            Self::Values(values) => values[at],
        }
    }

    /// The place of the largest number, the first of several; 0 if there is none. NaN is skipped, as by TensorFlow.
    pub(crate) fn largest(self) -> usize {
        let above = |value: f32, best: f32| value > best || (best.is_nan() && !value.is_nan());
        let larger = |best: (usize, f32), next: (usize, f32)| if above(next.1, best.1) { next } else { best };
        (0..self.len()).map(|at| self.number(at)).enumerate().reduce(larger).map_or(0, |(at, _)| at)
    }
}

impl<'a> From<&'a [u32]> for TargetView<'a> {
    fn from(labels: &'a [u32]) -> Self {
        Self::Labels(labels)
    }
}

impl<'a> From<&'a [f32]> for TargetView<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self::Values(values)
    }
}

impl<'a, const LAST: usize> From<&'a [[f32; LAST]]> for TargetView<'a> {
    fn from(values: &'a [[f32; LAST]]) -> Self {
        Self::Values(values.as_flattened())
    }
}

/// The conversions of a slice of targets, for types that hold one.
macro_rules! as_a_slice {
    ($([$($generics:tt)*] $holder:ty),* $(,)?) => {$(
        impl<'a, $($generics)*> From<&'a $holder> for TargetView<'a> {
            fn from(targets: &'a $holder) -> Self {
                targets[..].into()
            }
        }
    )*};
}

as_a_slice!(
    [const N: usize] [u32; N],
    [const N: usize] [f32; N],
    [const LAST: usize, const N: usize] [[f32; LAST]; N],
    [] Vec<u32>,
    [] Vec<f32>,
    [const LAST: usize] Vec<[f32; LAST]>,
);

impl<'a, S: Shape> From<&'a Labels<S>> for TargetView<'a> {
    fn from(labels: &'a Labels<S>) -> Self {
        Self::Labels(labels.values())
    }
}

impl<'a, S: Shape> From<&'a Tensor<S>> for TargetView<'a> {
    fn from(values: &'a Tensor<S>) -> Self {
        Self::Values(values.values())
    }
}

/// An activation that a loss can be fused with.
///
/// ```
/// use keras::{losses::Logits, prelude::*};
///
/// assert_eq!(<BinaryCrossentropy as Loss>::FUSES, Some(Logits::Sigmoid));
/// assert_eq!(<SparseCategoricalCrossentropy as Loss>::FUSES, Some(Logits::Softmax));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// Softmax over the last axis.
    Softmax,
    /// Sigmoid of every element.
    Sigmoid,
}

/// The predictions of a model for a batch.
///
/// ```
/// use keras::{losses::Prediction, prelude::*, shape::Dims};
///
/// // Two samples of an image of 2×1 pixels with 3 classes each.
/// let values = [0.2, 0.3, 0.5, 0.8, 0.1, 0.1, 0.2, 0.2, 0.6, 0.9, 0.1, 0.0];
/// let prediction = Prediction { values: &values, dims: Dims::new(&[2, 1, 3]), count: 2, logits: None };
/// assert_eq!(prediction.positions(), 2);
///
/// let losses = SparseCategoricalCrossentropy::default().evaluate_each((&[2, 0, 2, 0]).into(), &prediction, None)?;
/// assert!((losses[1] + 0.8f32.ln()).abs() < 1e-5);
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    /// The output.
    pub values: &'a [f32],
    /// The dimensions of one sample of it.
    pub dims: Dims,
    /// The number of samples.
    pub count: usize,
    /// If the model ends in such an activation: which, and what went into it.
    pub logits: Option<(Logits, &'a [f32])>,
}

impl Prediction<'_> {
    /// The number of positions of one sample: its runs of the last axis.
    ///
    /// ```
    /// use keras::{losses::Prediction, shape::Dims};
    ///
    /// // Scores of three classes for each pixel of 4×4.
    /// let scores = Prediction { values: &[0.0; 48], dims: Dims::new(&[4, 4, 3]), count: 1, logits: None };
    /// assert_eq!(scores.positions(), 16);
    /// ```
    pub fn positions(&self) -> usize {
        self.dims.size().checked_div(self.dims.last()).unwrap_or(0)
    }
}

/// With respect to what a gradient was taken.
///
/// ```
/// use keras::{losses::{GradientAt, Logits, Prediction}, prelude::*, shape::Dims};
///
/// let prediction = Prediction {
///     values: &[0.5, 0.5],
///     dims: Dims::new(&[2]),
///     count: 1,
///     logits: Some((Logits::Softmax, &[3.0, 3.0])),
/// };
/// let mut gradient = [0.0; 2];
/// let loss = SparseCategoricalCrossentropy::default();
/// let (_, at) = loss.evaluate((&[1]).into(), &prediction, None, Some(&mut gradient))?;
/// assert_eq!((at, gradient), (GradientAt::Logits, [0.5, -0.5]));
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientAt {
    /// The output of the model.
    Output,
    /// The input of the model's last activation, whose own backward pass is to be left out.
    Logits,
}
