//! Sample weights.

use std::borrow::Cow;

use super::Tensor;
use crate::{Error, Result, shape::Shape, tuples::for_tuples};

/// Sample weights: one set for all outputs of a model, one for each output, or none.
///
/// `fit` takes anything that converts to it: a slice with one number per sample; a [`Tensor`] with a weight for each
/// position of a sample; for multiple outputs, a tuple or a struct of named outputs of those, where `()` means that all samples of the output have
/// weight 1.
///
/// ```
/// use keras::{data::SampleWeight, prelude::*};
///
/// let same = SampleWeight::from(&[1.0, 0.5]);
/// assert_eq!((same.of(0), same.of(1)), (Some(&[1.0, 0.5][..]), Some(&[1.0, 0.5][..])));
///
/// let (second, steps) = ([2.0, 3.0], Tensor::from([[1.0, 0.0], [1.0, 1.0]]));
/// let each = SampleWeight::from(((), &second, &steps));
/// assert_eq!((each.of(0), each.of(1)), (None, Some(&[2.0, 3.0][..])));
/// assert_eq!(each.of(2), Some(&[1.0, 0.0, 1.0, 1.0][..])); // two positions per sample
/// assert_eq!(SampleWeight::from(()).of(0), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleWeight<'a> {
    /// No weights, weights for all outputs, or weights for each output.
    outputs: Vec<Option<OutputWeight<'a>>>,
}

/// Types that convert to a [`SampleWeight`].
///
/// ```
/// use keras::{data::{IntoSampleWeight, SampleWeight}, prelude::*};
///
/// /// Weights normalized to a sum of 1.
/// fn shares<'a>(weight: impl IntoSampleWeight<'a>) -> SampleWeight<'a> {
///     let mut weight = weight.into_sample_weight();
///     let sum: f32 = weight.of(0).unwrap_or_default().iter().sum();
///     weight.of_mut(0).unwrap_or_default().iter_mut().for_each(|weight| *weight /= sum);
///     weight
/// }
///
/// assert_eq!(shares(&[1.0, 3.0]).of(0), Some(&[0.25, 0.75][..]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as sample weights",
    label = "one number per sample is needed",
    note = "sample weights are a slice with one number per sample, `&[1.0, 0.5]`, a `&Tensor` with one number per \
            position, or with several outputs a tuple or a struct of named outputs of those, `(&first, ())`; for one weight per class, use \
            `class_weight(&[(0, 1.0), (1, 5.0)])`"
)]
pub trait IntoSampleWeight<'a> {
    /// The weights.
    fn into_sample_weight(self) -> SampleWeight<'a>;
}

#[diagnostic::do_not_recommend]
impl<'a, T: Into<SampleWeight<'a>>> IntoSampleWeight<'a> for T {
    fn into_sample_weight(self) -> SampleWeight<'a> {
        self.into()
    }
}

/// The weights of one output.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct OutputWeight<'a> {
    values: Cow<'a, [f32]>,
    per_sample: usize,
}

impl OutputWeight<'_> {
    fn samples(&self) -> usize {
        self.values.len().checked_div(self.per_sample).unwrap_or(0)
    }
}

impl<'a> SampleWeight<'a> {
    /// Weights for each output.
    #[doc(hidden)]
    pub fn of_outputs(outputs: Vec<Option<OutputWeight<'a>>>) -> Self {
        Self { outputs }
    }
}

impl SampleWeight<'_> {
    /// Whether all weights are 1.
    ///
    /// ```
    /// use keras::data::SampleWeight;
    ///
    /// assert!(SampleWeight::default().is_none());
    /// assert!(!SampleWeight::from(&[1.0, 0.5]).is_none());
    /// ```
    pub fn is_none(&self) -> bool {
        self.outputs.iter().all(Option::is_none)
    }

    /// The weights of an output, if there are any: one per sample, or one per position.
    ///
    /// ```
    /// use keras::data::SampleWeight;
    ///
    /// assert_eq!(SampleWeight::from((&[1.0, 0.5], ())).of(0), Some(&[1.0, 0.5][..]));
    /// ```
    pub fn of(&self, output: usize) -> Option<&[f32]> {
        self.at(output).map(|weight| &*weight.values)
    }

    /// Mutable access to the weights of an output.
    ///
    /// ```
    /// use keras::data::SampleWeight;
    ///
    /// let mut weight = SampleWeight::from(vec![1.0, 0.5]);
    /// if let Some(weights) = weight.of_mut(0) {
    ///     weights.iter_mut().for_each(|weight| *weight *= 2.0);
    /// }
    /// assert_eq!(weight.of(0), Some(&[2.0, 1.0][..]));
    /// ```
    pub fn of_mut(&mut self, output: usize) -> Option<&mut [f32]> {
        let at = if self.outputs.len() == 1 { 0 } else { output };
        let weight = self.outputs.get_mut(at)?.as_mut()?;
        Some(weight.values.to_mut())
    }

    fn at(&self, output: usize) -> Option<&OutputWeight<'_>> {
        let at = if self.outputs.len() == 1 { 0 } else { output };
        self.outputs.get(at)?.as_ref()
    }

    /// Whether there is a weight for each sample, of each output.
    pub(crate) fn check(&self, samples: usize, outputs: usize) -> Result<()> {
        if self.outputs.len() > 1 && self.outputs.len() != outputs {
            let found = format!("given for {} outputs", self.outputs.len());
            return Err(Error::argument("sample_weight", found, "the same for all outputs, or given for each"));
        }
        match self.outputs.iter().flatten().find(|weight| weight.samples() != samples) {
            Some(other) => {
                Err(Error::SampleCounts { what: "sample weights", expected: samples, found: other.samples() })
            }
            None => Ok(()),
        }
    }

    /// The weights of selected samples of an output, in this order; `None` if there are no weights.
    pub(crate) fn gather(&self, output: usize, rows: &[usize], into: &mut Vec<f32>) {
        into.clear();
        if let Some(OutputWeight { values, per_sample }) = self.at(output) {
            rows.iter().for_each(|row| into.extend_from_slice(&values[row * per_sample..(row + 1) * per_sample]));
        }
    }

    /// The weights of selected samples.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> SampleWeight<'static> {
        let each = |(at, weight): (usize, &Option<OutputWeight<'_>>)| {
            let mut values = Vec::new();
            self.gather(at, rows, &mut values);
            weight.as_ref().map(|weight| OutputWeight { values: values.into(), per_sample: weight.per_sample })
        };
        SampleWeight { outputs: self.outputs.iter().enumerate().map(each).collect() }
    }
}

/// Types that convert to the weights of one output.
#[doc(hidden)]
pub trait IntoOutputWeight<'a> {
    fn into_output_weight(self) -> Option<OutputWeight<'a>>;
}

macro_rules! of_one_output {
    ($(($($generics:tt)*) $kind:ty, $weight:ident => $output:expr;)*) => {$(
        impl<'a, $($generics)*> IntoOutputWeight<'a> for $kind {
            fn into_output_weight(self) -> Option<OutputWeight<'a>> {
                let $weight = self;
                $output
            }
        }

        impl<'a, $($generics)*> From<$kind> for SampleWeight<'a> {
            fn from(weight: $kind) -> Self {
                Self { outputs: vec![weight.into_output_weight()] }
            }
        }
    )*};
}

of_one_output! {
    () (), _none => None;
    () &'a [f32], values => Some(OutputWeight { values: values.into(), per_sample: 1 });
    () &'a Vec<f32>, values => Some(OutputWeight { values: values.into(), per_sample: 1 });
    () Vec<f32>, values => Some(OutputWeight { values: values.into(), per_sample: 1 });
    (const N: usize) &'a [f32; N], values => Some(OutputWeight { values: values[..].into(), per_sample: 1 });
    (S: Shape) &'a Tensor<S>, tensor => Some(OutputWeight { values: tensor.values().into(), per_sample: S::LEN });
}

macro_rules! of_several_outputs {
    ($($at:tt $weight:ident $unused:ident $neither:ident),+) => {
        impl<'a, $($weight: IntoOutputWeight<'a>),+> From<($($weight,)+)> for SampleWeight<'a> {
            fn from(weights: ($($weight,)+)) -> Self {
                Self { outputs: vec![$(weights.$at.into_output_weight()),+] }
            }
        }
    };
}

for_tuples!(of_several_outputs);
