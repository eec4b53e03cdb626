//! What a loss and a metric look at: a batch of targets and of predictions, their types erased.

use crate::shape::Dims;

/// The targets of a loss are class labels: `0` to `classes - 1`.
#[derive(Clone, Copy, Debug)]
pub struct ClassLabels;

/// The targets of a loss are numbers, one for each value of the output.
#[derive(Clone, Copy, Debug)]
pub struct Values;

/// The targets of a batch, flat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetView<'a> {
    /// Class labels.
    Labels(&'a [u32]),
    /// Numbers.
    Values(&'a [f32]),
}

impl<'a> TargetView<'a> {
    /// The number of targets.
    pub const fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Values(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `length` of the targets, from `start` on.
    pub fn slice(self, start: usize, length: usize) -> Self {
        match self {
            Self::Labels(labels) => Self::Labels(&labels[start..start + length]),
            Self::Values(values) => Self::Values(&values[start..start + length]),
        }
    }

    /// One of the targets as a number.
    pub fn number(self, at: usize) -> f32 {
        match self {
            Self::Labels(labels) => labels[at] as f32,
            Self::Values(values) => values[at],
        }
    }
}

impl<'a> From<&'a [u32]> for TargetView<'a> {
    fn from(labels: &'a [u32]) -> Self {
        Self::Labels(labels)
    }
}

impl<'a, const N: usize> From<&'a [u32; N]> for TargetView<'a> {
    fn from(labels: &'a [u32; N]) -> Self {
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

impl<'a, const LAST: usize, const N: usize> From<&'a [[f32; LAST]; N]> for TargetView<'a> {
    fn from(values: &'a [[f32; LAST]; N]) -> Self {
        Self::Values(values.as_flattened())
    }
}

/// An activation that a loss can be fused with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// Softmax over the last axis.
    Softmax,
    /// Sigmoid of every element.
    Sigmoid,
}

/// What a model made of a batch.
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
    /// No samples.
    pub(crate) const EMPTY: Self = Self { values: &[], dims: Dims::SCALAR, count: 0, logits: None };

    /// The number of positions of one sample: its runs of the last axis.
    pub fn positions(&self) -> usize {
        self.dims.size().checked_div(self.dims.last()).unwrap_or(0)
    }
}

/// With respect to what a gradient was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientAt {
    /// The output of the model.
    Output,
    /// What went into the model's last activation, whose own backward pass is to be left out.
    Logits,
}
