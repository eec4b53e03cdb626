//! The shapes as types: what a user reads in signatures and in compile errors.

use core::fmt::Debug;

use typenum::{Unsigned, consts};

use super::Dims;

/// The shape of one sample as a type; the batch axis is not part of it.
///
/// `Shape0` is a scalar, `Shape1<10>` a vector, `Shape3<28, 28, 1>` an image (height, width, channels), up to
/// [`Shape5`]. Write one with [`shape!`](crate::shape!).
///
/// ```
/// use keras_core::shape::{Dims, Shape, Shape3};
///
/// assert_eq!(Shape3::<28, 28, 1>::DIMS, Dims::new(&[28, 28, 1]));
/// ```
pub trait Shape: Copy + Default + Debug + Send + Sync + 'static {
    /// The number of axes, as a type: type-level rank arithmetic is typenum's job.
    type Rank: Unsigned;
    /// The shape without its last axis (a scalar stays a scalar): what integer labels of a classifier have.
    type Leading: Shape;
    /// The lengths.
    const DIMS: Dims;
    /// The number of elements of one sample.
    const LEN: usize = Self::DIMS.size();
}

macro_rules! shapes {
    ($($name:ident<$($axis:ident),*> $rank:ident, $leading:ty, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name<$(const $axis: usize),*>;

        impl<$(const $axis: usize),*> Shape for $name<$($axis),*> {
            type Rank = consts::$rank;
            type Leading = $leading;
            const DIMS: Dims = Dims::new(&[$($axis),*]);
        }
    )*};
}

shapes! {
    Shape0<> U0, Shape0, "The shape of a scalar.";
    Shape1<A> U1, Shape0, "The shape of a vector of `A` elements.";
    Shape2<A, B> U2, Shape1<A>, "The shape of a matrix: `A` rows, `B` columns.";
    Shape3<A, B, C> U3, Shape2<A, B>, "A shape of three axes; for an image: height, width, channels.";
    Shape4<A, B, C, D> U4, Shape3<A, B, C>, "A shape of four axes.";
    Shape5<A, B, C, D, E> U5, Shape4<A, B, C, D>, "A shape of five axes.";
}

/// A rank as a type, from which [`Pick`] makes a shape.
pub struct Rank<const RANK: usize>;

/// The shape type of a rank and five lengths, of which the first `RANK` count.
///
/// The generated code goes from `Dims` values to types by it: `<Rank<{ RANK }> as Pick<{ A }, …>>::Out`.
pub trait Pick<const A: usize, const B: usize, const C: usize, const D: usize, const E: usize> {
    /// The shape.
    type Out: Shape;
}

macro_rules! picks {
    ($($rank:literal => $out:ty;)*) => {$(
        impl<const A: usize, const B: usize, const C: usize, const D: usize, const E: usize> Pick<A, B, C, D, E>
            for Rank<$rank>
        {
            type Out = $out;
        }
    )*};
}

picks! {
    0 => Shape0;
    1 => Shape1<A>;
    2 => Shape2<A, B>;
    3 => Shape3<A, B, C>;
    4 => Shape4<A, B, C, D>;
    5 => Shape5<A, B, C, D, E>;
}

/// A shape type from its lengths: `shape![28, 28, 1]` is [`Shape3<28, 28, 1>`](Shape3).
///
/// ```
/// use keras_core::shape::{Shape, Shape2};
///
/// fn takes(_: Shape2<3, 4>) {}
/// takes(<keras_core::shape![3, 4]>::default());
/// ```
#[macro_export]
macro_rules! shape {
    () => { $crate::shape::Shape0 };
    ($a:expr $(,)?) => { $crate::shape::Shape1<{ $a }> };
    ($a:expr, $b:expr $(,)?) => { $crate::shape::Shape2<{ $a }, { $b }> };
    ($a:expr, $b:expr, $c:expr $(,)?) => { $crate::shape::Shape3<{ $a }, { $b }, { $c }> };
    ($a:expr, $b:expr, $c:expr, $d:expr $(,)?) => { $crate::shape::Shape4<{ $a }, { $b }, { $c }, { $d }> };
    ($a:expr, $b:expr, $c:expr, $d:expr, $e:expr $(,)?) => { $crate::shape::Shape5<{ $a }, { $b }, { $c }, { $d }, { $e }> };
}
