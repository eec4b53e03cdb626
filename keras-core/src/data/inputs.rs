//! The data accepted by `fit`, `evaluate` and `predict`: tensors, arrays and labels of the model's shapes, and tuples
//! of them.

use ndarray::{ArrayBase, Data, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};

use super::{Labels, Tensor, TensorElement};
use crate::{
    Error, Result,
    layers::{Element, Elements},
    losses::{ClassLabels, TargetView, Values},
    shape::{Dims, Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, Typed},
    tuples::for_tuples,
};

/// The samples of one input.
///
/// ```
/// use keras::{data::Inputs, layers::Elements, prelude::*};
///
/// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// let mut sources = Vec::new();
/// Inputs::<Shape1<2>>::sources(&x, &mut sources)?;
/// assert!(matches!(sources[0].values, Elements::Float32([1.0, 2.0, 3.0, 4.0])));
/// assert_eq!(sources[0].count, 2);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// All values, of the dtype of the input.
    pub values: Elements<'a>,
    /// The number of samples.
    pub count: usize,
    /// The shape of a sample.
    pub dims: Dims,
}

/// The targets of one output.
///
/// ```
/// use keras::{data::{Target, Targets}, losses::ClassLabels, prelude::*};
///
/// let y = Labels::try_from([2, 0])?;
/// let mut targets = Vec::new();
/// Targets::<ClassLabels, Shape1<3>>::targets(&y, &mut targets)?;
/// assert!(matches!(targets[0], Target::Labels { labels: [2, 0], count: 2, .. }));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Integer labels.
    Labels {
        /// All labels.
        labels: &'a [u32],
        /// The number of samples.
        count: usize,
        /// The shape of the labels of a sample.
        dims: Dims,
    },
    /// Real values.
    Values {
        /// All values.
        values: &'a [f32],
        /// The number of samples.
        count: usize,
        /// The shape of the targets of a sample.
        dims: Dims,
    },
}

impl<'a> Target<'a> {
    /// The number of samples.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Labels { count, .. } | Self::Values { count, .. } => *count,
        }
    }

    /// As passed to losses and metrics.
    pub(crate) fn view(&self) -> TargetView<'a> {
        match self {
            Self::Labels { labels, .. } => TargetView::Labels(labels),
            Self::Values { values, .. } => TargetView::Values(values),
        }
    }
}

/// Samples of the shape `S` of a model's input; a tuple or a struct of named inputs of them for multiple inputs.
///
/// ```
/// use keras::{data::Inputs, prelude::*};
///
/// /// The number of values of the samples of one input.
/// fn size<S: Shape>(x: impl Inputs<S>) -> keras::Result<usize> {
///     let mut sources = Vec::new();
///     x.sources(&mut sources)?;
///     Ok(sources[0].values.len())
/// }
///
/// assert_eq!(size::<Shape1<2>>(Tensor::from([[1.0, 2.0], [3.0, 4.0]]))?, 4);
/// assert_eq!(size::<Shape1<2>>(ndarray::array![[1.0f32, 2.0], [3.0, 4.0]])?, 4);
/// assert!(size::<Shape1<3>>(ndarray::array![[1.0f32, 2.0], [3.0, 4.0]]).is_err());
/// # Ok::<(), keras::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the model takes samples of shape `{S}`, which `{Self}` does not hold",
    label = "samples of another shape or rank",
    note = "pass a `Tensor` of that shape, or an ndarray array with the batch as an additional first axis; with several \
            inputs, a tuple or the struct of named inputs; for `Typed<_, i32>`, an input of dtype int32, a `Tensor<_, i32>` or an array of `i32`"
)]
pub trait Inputs<S> {
    /// Known only if these are such samples: if they are not, rustc says so, and nothing of what is next to them.
    #[doc(hidden)]
    type Known;

    /// Appends the samples of each input.
    ///
    /// # Errors
    /// If the shape or the layout of an array is wrong.
    fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()>;
}

/// Targets of the kind `K` that a loss takes, for an output of shape `S`; a tuple or a struct of named outputs
/// of them for multiple outputs.
///
/// ```
/// use keras::{data::Targets, losses::{ClassLabels, TargetView, Values}, prelude::*};
///
/// /// Whether there is one target per sample.
/// fn complete<K, S>(y: impl Targets<K, S>, samples: usize) -> keras::Result<bool> {
///     let mut targets = Vec::new();
///     y.targets(&mut targets)?;
///     Ok(targets.iter().all(|target| match target {
///         keras::data::Target::Labels { count, .. } | keras::data::Target::Values { count, .. } => *count == samples,
///     }))
/// }
///
/// assert!(complete::<ClassLabels, Shape1<3>>(Labels::try_from([2, 0])?, 2)?);
/// assert!(complete::<Values, Shape1<3>>(Tensor::from([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), 2)?);
/// # Ok::<(), keras::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the targets of this model and loss: the loss takes `{K}` for an output of shape `{S}`",
    label = "targets of the wrong kind or shape",
    note = "a loss of `Values` takes a `Tensor` of the output's own shape: numbers to predict, one-hot vectors; a loss \
            of `ClassLabels`, such as SparseCategoricalCrossentropy, takes integer `Labels`, one per sample; with \
            several outputs, pass a tuple or the struct of named outputs"
)]
pub trait Targets<K, S> {
    /// Known only if these are such targets: if they are not, rustc says so, and nothing of what is made with them.
    #[doc(hidden)]
    type Known;

    /// Appends the targets of each output.
    ///
    /// # Errors
    /// If the shape or the layout of an array is wrong.
    fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()>;
}

impl<S: Shape> Inputs<S> for Tensor<S> {
    type Known = ();

    fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
        into.push(Source { values: Elements::Float32(self.values()), count: self.len(), dims: S::DIMS });
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<S: Shape, T: Element + TensorElement> Inputs<Typed<S, T>> for Tensor<S, T> {
    type Known = ();

    fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
        into.push(Source { values: T::elements(self.values()), count: self.len(), dims: S::DIMS });
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Inputs<S> + ?Sized> Inputs<S> for &T {
    type Known = T::Known;

    fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
        (**self).sources(into)
    }
}

impl<S: Shape> Targets<Values, S> for Tensor<S> {
    type Known = ();

    fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
        into.push(Target::Values { values: self.values(), count: self.len(), dims: S::DIMS });
        Ok(())
    }
}

/// As in Keras, one number per sample is accepted for a vector of length 1.
#[diagnostic::do_not_recommend]
impl Targets<Values, Shape1<1>> for Tensor<Shape0> {
    type Known = ();

    fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
        into.push(Target::Values { values: self.values(), count: self.len(), dims: Shape1::<1>::DIMS });
        Ok(())
    }
}

impl<S: Shape<Leading = L>, L: Shape> Targets<ClassLabels, S> for Labels<L> {
    type Known = ();

    fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
        into.push(Target::Labels { labels: self.values(), count: self.len(), dims: L::DIMS });
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<K, S, T: Targets<K, S> + ?Sized> Targets<K, S> for &T {
    type Known = T::Known;

    fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
        (**self).targets(into)
    }
}

/// The values of an array of samples of shape `S`.
fn checked<'a, S: Shape, T>(axes: &[usize], values: Option<&'a [T]>) -> Result<(&'a [T], usize, Dims)> {
    super::tensor::check::<S>(axes)?;
    let values = values.ok_or(Error::Layout)?;
    Ok((values, axes[0], S::DIMS))
}

macro_rules! arrays {
    ($($shape:ident<$($axis:ident),*> $rank:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<Storage: Data<Elem = f32>, $(const $axis: usize),*> Inputs<$shape<$($axis),*>> for ArrayBase<Storage, $rank> {
            type Known = ();

            fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
                let (values, count, dims) = checked::<$shape<$($axis),*>, f32>(self.shape(), self.as_slice())?;
                into.push(Source { values: Elements::Float32(values), count, dims });
                Ok(())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: Element, Storage: Data<Elem = T>, $(const $axis: usize),*> Inputs<Typed<$shape<$($axis),*>, T>>
            for ArrayBase<Storage, $rank>
        {
            type Known = ();

            fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
                let (values, count, dims) = checked::<$shape<$($axis),*>, T>(self.shape(), self.as_slice())?;
                into.push(Source { values: T::elements(values), count, dims });
                Ok(())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Storage: Data<Elem = f32>, $(const $axis: usize),*> Targets<Values, $shape<$($axis),*>> for ArrayBase<Storage, $rank> {
            type Known = ();

            fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
                let (values, count, dims) = checked::<$shape<$($axis),*>, f32>(self.shape(), self.as_slice())?;
                into.push(Target::Values { values, count, dims });
                Ok(())
            }
        }
    )*};
}

arrays! {
    Shape0<> Ix1;
    Shape1<A> Ix2;
    Shape2<A, B> Ix3;
    Shape3<A, B, C> Ix4;
    Shape4<A, B, C, D> Ix5;
    Shape5<A, B, C, D, E> Ix6;
}

macro_rules! tuples {
    ($($at:tt $shape:ident $kind:ident $data:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($shape),+, $($data: Inputs<$shape>),+> Inputs<($($shape,)+)> for ($($data,)+) {
            type Known = ($($data::Known,)+);

            fn sources<'a>(&'a self, into: &mut Vec<Source<'a>>) -> Result<()> {
                $(self.$at.sources(into)?;)+
                Ok(())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($shape: Shape),+, $($kind),+, $($data: Targets<$kind, $shape>),+> Targets<($($kind,)+), ($($shape,)+)>
            for ($($data,)+)
        {
            type Known = ($($data::Known,)+);

            fn targets<'a>(&'a self, into: &mut Vec<Target<'a>>) -> Result<()> {
                $(self.$at.targets(into)?;)+
                Ok(())
            }
        }
    };
}

for_tuples!(tuples);
