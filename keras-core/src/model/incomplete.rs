//! What the compiler says of a layer of one's own that misses a function, and of a function that models with const parameters miss.
//!
//! A listing calls `Name::layer(…)` and `build`, which are no methods of a trait, since a trait's are no `const fn`s. Where a type
//! has none of its own, these are found in their place, and refuse.

use super::BuildResult;
use crate::shape::{Dims, ShapeError};

/// What has a `build` to be called in a listing. Layers have a `const fn` of that name instead, which no trait of stable Rust can
/// ask for; a type without one is a compile error that says what to write.
///
/// ```compile_fail,E0277
/// use keras::prelude::*;
///
/// struct Twice;
///
/// impl Twice {
///     const fn layer() -> Self {
///         Self
///     }
/// }
///
/// sequential! { struct Net { Input(4), Twice() } } // `Twice` is not a layer: it has no `build`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer: it has no `build`",
    label = "this layer has no `build`",
    note = "a layer computes its output shape in `build`: `impl {Self} {{ const fn build(&self, input: Dims) -> \
            Result<Built, ShapeError> {{ Ok(Built::new(input)) }} }}`"
)]
pub trait HasBuild {}

/// What has a `layer` to be called in a listing. Layers have a `const fn` of that name instead, whose arguments are those of the
/// listing; a type without one is a compile error that says what to write.
///
/// ```compile_fail,E0277
/// use keras::prelude::*;
///
/// struct Twice;
///
/// sequential! { struct Net { Input(4), Twice() } } // `Twice` is not a layer: it has no `layer`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer: it has no `layer`",
    label = "this layer has no constructor",
    note = "a layer is constructed by `layer` from the arguments in its parentheses: `impl {Self} {{ const fn layer(…) \
            -> Self {{ … }} }}`; without arguments: `const fn layer() -> Self`"
)]
pub trait HasLayer {
    /// Nothing implements this trait, so nothing is made.
    #[doc(hidden)]
    fn made<L>() -> L;
}

/// The second type, whatever the first one is. If nothing is known of the first one, since it follows from something that rustc
/// reported, then nothing is known of this one either, and rustc reports nothing more of it.
#[doc(hidden)]
pub trait Then<T> {
    /// That type.
    type Out;
}

impl<Any, T> Then<T> for Any {
    type Out = T;
}

/// `T`, which is known if `Condition` is.
#[doc(hidden)]
pub type Given<Condition, T> = <Condition as Then<T>>::Out;

/// The layer, if this is the `build` of a layer with one input. rustc says of another one what is expected, and nothing more.
#[doc(hidden)]
pub const fn layer_with_one_input<T, Receiver, Answer>(
    layer: T,
    _: fn(Receiver, Dims) -> Result<Answer, ShapeError>,
) -> Given<Answer, T> {
    layer
}

/// The layer, if this is the `build` of a layer with a list of inputs.
#[doc(hidden)]
pub const fn layer_with_a_list_of_inputs<T, Receiver, Answer>(
    layer: T,
    _: fn(Receiver, &[Dims]) -> Result<Answer, ShapeError>,
) -> Given<Answer, T> {
    layer
}

/// Found where a type has no `build` of its own.
#[doc(hidden)]
pub trait WithoutBuild {
    /// Refuses. It takes the layer as a layer of `layer!` does, so that no such layer's own `build` comes after it.
    fn build<I>(&mut self, _: I) -> BuildResult
    where
        Self: HasBuild,
    {
        Err(ShapeError::new("it has no `build`"))
    }
}

impl<T> WithoutBuild for T {}

/// Found where the `build` of a type with one input is looked at, and it has none of its own: of a model, or of a type that is no layer
/// and says so where it is called.
#[doc(hidden)]
pub trait AnyBuild {
    /// Is never called.
    fn build(&self, _: Dims) -> BuildResult {
        Err(ShapeError::new("it has no `build`"))
    }
}

impl<T> AnyBuild for T {}

/// The same, with a list of inputs.
#[doc(hidden)]
pub trait AnyBuildOfList {
    /// Is never called.
    fn build(&self, _: &[Dims]) -> BuildResult {
        Err(ShapeError::new("it has no `build`"))
    }
}

impl<T> AnyBuildOfList for T {}

/// What predicts one sample by arrays. A model with const parameters does not: `predict_one` of it is a compile error that says
/// what to use.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net<const CLASSES: usize> -> Shape1<CLASSES> { Input(4), Dense(CLASSES) } }
///
/// let mut workspace = [0.0; Net::<3>::WORKSPACE];
/// let [scores] = Net::<3>::new().predict_one_in(&[0.5; 4], &mut workspace).unwrap();
/// assert_eq!(scores.len(), 3);
/// ```
///
/// ```compile_fail,E0277
/// use keras::prelude::*;
///
/// sequential! { struct Net<const CLASSES: usize> -> Shape1<CLASSES> { Input(4), Dense(CLASSES) } }
///
/// let scores = Net::<3>::new().predict_one(&[0.5; 4]); // `Net<3>` has no `predict_one`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `predict_one`: it has const parameters, from which stable Rust cannot compute array \
               lengths",
    label = "use `predict_one_in`, or `predict`",
    note = "`predict_one_in` takes slices: `model.predict_one_in(&sample, &mut workspace)`, where `workspace` has `WORKSPACE` \
            floats or more; `predict` takes any number of samples"
)]
pub trait PredictsOne {}

/// Found where a type has no `layer` of its own, and is given no arguments. What it would make is of any type, of which rustc says
/// nothing more once it has said that there is no `layer`.
#[doc(hidden)]
pub trait WithoutLayer0 {
    /// Refuses.
    fn layer<L>() -> L
    where
        Self: HasLayer,
    {
        Self::made()
    }
}

impl<T> WithoutLayer0 for T {}

/// Found where a type has no `layer` of its own, and is given one argument.
#[doc(hidden)]
pub trait WithoutLayer1 {
    /// Refuses.
    fn layer<L, A>(_: A) -> L
    where
        Self: HasLayer,
    {
        Self::made()
    }
}

impl<T> WithoutLayer1 for T {}

/// Found where a type has no `layer` of its own, and is given two arguments.
#[doc(hidden)]
pub trait WithoutLayer2 {
    /// Refuses.
    fn layer<L, A, B>(_: A, _: B) -> L
    where
        Self: HasLayer,
    {
        Self::made()
    }
}

impl<T> WithoutLayer2 for T {}

/// Found where a type has no `layer` of its own, and is given three arguments.
#[doc(hidden)]
pub trait WithoutLayer3 {
    /// Refuses.
    fn layer<L, A, B, C>(_: A, _: B, _: C) -> L
    where
        Self: HasLayer,
    {
        Self::made()
    }
}

impl<T> WithoutLayer3 for T {}
