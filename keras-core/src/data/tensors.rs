//! Tensors of a model's shapes: the output of `predict`, and the batches of custom steps.

use super::{Inputs, Labels, Source, Target, Targets, Tensor, TensorElement};
use crate::{
    Result,
    layers::Element,
    losses::{ClassLabels, Values},
    shape::{Shape, Typed},
    tuples::for_tuples,
};

/// A shape, or a tuple of shapes: those of a model's inputs or outputs. Its tensors are a [`Tensor`], or a tuple of
/// them.
///
/// ```
/// use keras::{data::Shapes, prelude::*};
///
/// let tensor = Shape1::<2>::tensors(vec![vec![1.0, 2.0, 3.0, 4.0]])?;
/// assert_eq!((tensor.len(), &tensor[1]), (2, &[3.0, 4.0][..]));
/// let (a, b) = <(Shape1<2>, Shape1<1>)>::tensors(vec![vec![1.0, 2.0], vec![3.0]])?;
/// assert_eq!((a.len(), b.values()), (1, &[3.0][..]));
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Shapes {
    /// The tensors.
    type Tensors: Send;

    /// Tensors from lists of values, one for each shape.
    ///
    /// # Errors
    /// If a list is not a whole number of samples.
    fn tensors(values: Vec<Vec<f32>>) -> Result<Self::Tensors>;

    /// The number of samples and the values of each tensor.
    ///
    /// ```
    /// use keras::{data::Shapes, prelude::*};
    ///
    /// let both = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0]]));
    /// assert_eq!(<(Shape1<2>, Shape1<1>)>::values(&both), [(1, &[1.0, 2.0][..]), (1, &[3.0][..])]);
    /// ```
    fn values(tensors: &Self::Tensors) -> Vec<(usize, &[f32])>;
}

impl<S: Shape> Shapes for S {
    type Tensors = Tensor<S>;

    fn tensors(values: Vec<Vec<f32>>) -> Result<Tensor<S>> {
        Tensor::from_vec(values.into_iter().next().unwrap_or_default())
    }

    fn values(tensors: &Tensor<S>) -> Vec<(usize, &[f32])> {
        vec![(tensors.len(), tensors.values())]
    }
}

/// A shape, with a dtype if it is not float32, or a tuple of them: those of a model's inputs. Their samples are a [`Tensor`], or a
/// tuple of them.
///
/// ```
/// use keras::{data::{InputShapes, Inputs}, prelude::*, shape::Typed};
///
/// type Ids = Typed<Shape1<2>, i32>; // `Input(2, dtype = "int32")`
///
/// let (x, mut sources) = (Tensor::from([[1, 2], [3, 4]]), Vec::new());
/// Inputs::<Ids>::sources(&x, &mut sources)?;
/// assert_eq!(Ids::of_rows(&sources, &[1])?, Tensor::from([[3, 4]]));
/// # Ok::<(), keras::Error>(())
/// ```
pub trait InputShapes: Sized {
    /// The tensors.
    type Tensors: Send + Inputs<Self>;

    /// The samples at these indices, in this order.
    ///
    /// # Errors
    /// If the data are not of this shape and dtype.
    fn of_rows(inputs: &[Source<'_>], rows: &[usize]) -> Result<Self::Tensors>;
}

impl<S: Shape> InputShapes for S {
    type Tensors = Tensor<S>;

    fn of_rows(inputs: &[Source<'_>], rows: &[usize]) -> Result<Tensor<S>> {
        gather(inputs, rows)
    }
}

impl<S: Shape, T: Element + TensorElement> InputShapes for Typed<S, T> {
    type Tensors = Tensor<S, T>;

    fn of_rows(inputs: &[Source<'_>], rows: &[usize]) -> Result<Tensor<S, T>> {
        gather(inputs, rows)
    }
}

fn gather<S: Shape, T: Element + TensorElement>(inputs: &[Source<'_>], rows: &[usize]) -> Result<Tensor<S, T>> {
    let mut gathered = Vec::new();
    if let [input] = inputs
        && let Some(values) = T::slice(input.values)
    {
        rows.iter().for_each(|row| gathered.extend_from_slice(&values[row * S::LEN..(row + 1) * S::LEN]));
    }
    Tensor::from_vec(gathered)
}

/// The kinds of targets that the losses of a model take: [`ClassLabels`] or [`Values`], or a tuple of them. Their data
/// are [`Labels`] or a [`Tensor`], or a tuple of them.
///
/// ```
/// use keras::{data::{Kinds, Target}, losses::ClassLabels, prelude::*, shape::Dims};
///
/// let targets = [Target::Labels { labels: &[5, 6, 7], count: 3, dims: Dims::SCALAR }];
/// let labels = <ClassLabels as Kinds<Shape1<10>>>::of_rows(&targets, &[2, 0])?;
/// assert_eq!(labels, Labels::try_from([7, 5])?);
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Kinds<Outputs>: Sized {
    /// The targets.
    type Targets: Send + Targets<Self, Outputs>;

    /// The targets at these indices, in this order.
    ///
    /// # Errors
    /// If the targets are not of this kind.
    fn of_rows(targets: &[Target<'_>], rows: &[usize]) -> Result<Self::Targets>;
}

impl<S: Shape> Kinds<S> for Values {
    type Targets = Tensor<S>;

    fn of_rows(targets: &[Target<'_>], rows: &[usize]) -> Result<Tensor<S>> {
        let mut gathered = Vec::new();
        if let [Target::Values { values, .. }] = targets {
            rows.iter().for_each(|row| gathered.extend_from_slice(&values[row * S::LEN..(row + 1) * S::LEN]));
        }
        Tensor::from_vec(gathered)
    }
}

impl<S: Shape<Leading = L>, L: Shape> Kinds<S> for ClassLabels {
    type Targets = Labels<L>;

    fn of_rows(targets: &[Target<'_>], rows: &[usize]) -> Result<Labels<L>> {
        let mut gathered = Vec::new();
        if let [Target::Labels { labels, .. }] = targets {
            rows.iter().for_each(|row| gathered.extend_from_slice(&labels[row * L::LEN..(row + 1) * L::LEN]));
        }
        Labels::from_shape_vec(gathered)
    }
}

macro_rules! tuples {
    ($($at:tt $shape:ident $kind:ident $unused:ident),+) => {
        impl<$($shape: Shape),+> Shapes for ($($shape,)+) {
            type Tensors = ($(Tensor<$shape>,)+);

            fn tensors(values: Vec<Vec<f32>>) -> Result<Self::Tensors> {
                let mut values = values.into_iter();
                Ok(($(Tensor::<$shape>::from_vec(values.next().unwrap_or_default())?,)+))
            }

            fn values(tensors: &Self::Tensors) -> Vec<(usize, &[f32])> {
                vec![$((tensors.$at.len(), tensors.$at.values())),+]
            }
        }

        impl<$($shape: InputShapes),+> InputShapes for ($($shape,)+) {
            type Tensors = ($($shape::Tensors,)+);

            fn of_rows(inputs: &[Source<'_>], rows: &[usize]) -> Result<Self::Tensors> {
                Ok(($($shape::of_rows(inputs.get($at..=$at).unwrap_or_default(), rows)?,)+))
            }
        }

        impl<$($shape: Shape),+, $($kind: Kinds<$shape>),+> Kinds<($($shape,)+)> for ($($kind,)+) {
            type Targets = ($($kind::Targets,)+);

            fn of_rows(targets: &[Target<'_>], rows: &[usize]) -> Result<Self::Targets> {
                Ok(($($kind::of_rows(targets.get($at..=$at).unwrap_or_default(), rows)?,)+))
            }
        }
    };
}

for_tuples!(tuples);
