//! The layers of Keras that are not available yet. A listing finds their names, and gets an error in words.

/// Implemented by no type: a layer of Keras that is not available yet is a compile error with this hint.
///
/// ```compile_fail,E0277
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(8, 4), STFTSpectrogram() } } // `STFTSpectrogram` is not available yet
/// ```
///
/// A custom layer may have its name:
///
/// ```
/// use keras::{
///     layers::{Backward, Built, Forward, Layer},
///     prelude::*,
///     shape::{Dims, ShapeError},
/// };
///
/// #[derive(Clone, Copy)]
/// struct RandomInvert;
///
/// impl RandomInvert {
///     const fn layer() -> Self {
///         Self
///     }
///
///     const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
///         Ok(Built::new(input))
///     }
/// }
///
/// impl Layer for RandomInvert {
///     fn forward(&self, pass: Forward<'_>) {
///         let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
///         output.iter_mut().zip(input).for_each(|(output, x)| *output = 255.0 - x);
///     }
///
///     fn backward(&self, _: Backward<'_>) {}
/// }
///
/// sequential! { struct Net { Input(2), RandomInvert() } }
///
/// assert_eq!(Net::new().predict_one(&[255.0, 55.0]), [0.0, 200.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a layer of Keras that is not available yet",
    label = "this layer is not available",
    note = "the guide's page `keras-names.md` lists the layers that are available; a custom layer can take its place"
)]
pub trait Available {
    /// Nothing implements this trait, so nothing is made.
    #[doc(hidden)]
    fn made<L>() -> L;
}

/// Found where a name of Keras is called with no arguments. What it would make is of any type, of which rustc says nothing more once it
/// has said that the layer is not available.
#[doc(hidden)]
pub trait Unavailable0 {
    /// Refuses.
    fn layer<L>() -> L
    where
        Self: Available,
    {
        Self::made()
    }
}

impl<T> Unavailable0 for T {}

/// Found where a name of Keras is called with one argument.
#[doc(hidden)]
pub trait Unavailable1 {
    /// Refuses.
    fn layer<L, A>(_: A) -> L
    where
        Self: Available,
    {
        Self::made()
    }
}

impl<T> Unavailable1 for T {}

/// Found where a name of Keras is called with two arguments.
#[doc(hidden)]
pub trait Unavailable2 {
    /// Refuses.
    fn layer<L, A, B>(_: A, _: B) -> L
    where
        Self: Available,
    {
        Self::made()
    }
}

impl<T> Unavailable2 for T {}

/// Found where a name of Keras is called with three arguments.
#[doc(hidden)]
pub trait Unavailable3 {
    /// Refuses.
    fn layer<L, A, B, C>(_: A, _: B, _: C) -> L
    where
        Self: Available,
    {
        Self::made()
    }
}

impl<T> Unavailable3 for T {}

macro_rules! unavailable {
    ($($name:ident),+ $(,)?) => {
        $(
            #[doc(hidden)]
            pub struct $name;
        )+
    };
}

#[rustfmt::skip]
pub mod names;
