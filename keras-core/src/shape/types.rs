//! Shapes as types, as they appear in signatures and compile errors.

use core::fmt::Debug;

use typenum::{Unsigned, consts};

use super::Dims;

/// The shape of one sample as a type, without the batch axis.
///
/// `Shape0` is a scalar, `Shape1<10>` a vector, `Shape3<28, 28, 1>` an image (height, width, channels), up to
/// [`Shape5`]. Write one with [`shape!`](crate::shape!).
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// assert_eq!(Shape3::<28, 28, 1>::DIMS, Dims::new(&[28, 28, 1]));
/// assert_eq!(<Shape3<28, 28, 1> as Shape>::LEN, 784);
///
/// /// Generic over the shape of samples.
/// fn mean<S: Shape>(tensor: &Tensor<S>) -> f32 {
///     tensor.values().iter().sum::<f32>() / (tensor.len() * S::LEN) as f32
/// }
/// assert_eq!(mean(&Tensor::from([[1.0, 2.0], [3.0, 6.0]])), 3.0);
/// ```
///
/// The rank is also a type-level number of the crate `typenum`, so that code can be restricted to one rank:
///
/// ```
/// use keras::prelude::*;
///
/// /// The height of images, with any number of channels.
/// fn height<S: Shape<Rank = typenum::U3>>(_: &Tensor<S>) -> usize {
///     S::DIMS.length(0)
/// }
/// assert_eq!(height(&Tensor::<Shape3<28, 20, 1>>::from_vec(vec![0.0; 560])?), 28);
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Shape: Copy + Default + Debug + Send + Sync + 'static {
    /// The rank, as a type-level number.
    type Rank: Unsigned;
    /// The shape without its last axis (a scalar stays a scalar): the shape of a classifier's integer labels.
    type Leading: Shape;
    /// The lengths.
    const DIMS: Dims;
    /// The number of elements of one sample.
    const LEN: usize = Self::DIMS.size();
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident<$($axis:ident),*> $rank:ident, $leading:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name<$(const $axis: usize),*>;

        impl<$(const $axis: usize),*> Shape for $name<$($axis),*> {
            type Rank = consts::$rank;
            type Leading = $leading;
            const DIMS: Dims = {
                let dims = Dims::new(&[$($axis),*]);
                assert!(dims.is_valid(), "a sample of this shape has too many elements, or an axis is too long");
                dims
            };
        }
    )*};
}

shapes! {
    /// The shape of a scalar.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let prices = Tensor::<Shape0>::from([1.5, 2.0]);
    /// assert_eq!((prices.len(), Shape0::LEN), (2, 1));
    /// ```
    Shape0<> U0, Shape0;
    /// The shape of a vector of `A` elements.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let points = Tensor::<Shape1<3>>::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!((points.len(), Shape1::<3>::LEN), (2, 3));
    /// ```
    Shape1<A> U1, Shape0;
    /// The shape of a matrix with `A` rows and `B` columns.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let series = Tensor::<Shape2<24, 4>>::from_vec(vec![0.0; 2 * 96])?;
    /// assert_eq!((series.len(), Shape2::<24, 4>::LEN), (2, 96));
    /// # Ok::<(), keras::Error>(())
    /// ```
    Shape2<A, B> U2, Shape1<A>;
    /// A shape with three axes; for images: height, width, channels.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let images = Tensor::<Shape3<28, 28, 1>>::from_vec(vec![0.0; 2 * 784])?;
    /// assert_eq!((images.len(), Shape3::<28, 28, 1>::LEN), (2, 784));
    /// # Ok::<(), keras::Error>(())
    /// ```
    Shape3<A, B, C> U3, Shape2<A, B>;
    /// A shape with four axes; for videos: frames, height, width, channels.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let films = Tensor::<Shape4<10, 8, 8, 3>>::from_vec(vec![0.0; 1920])?;
    /// assert_eq!((films.len(), Shape4::<10, 8, 8, 3>::LEN), (1, 1920));
    /// # Ok::<(), keras::Error>(())
    /// ```
    Shape4<A, B, C, D> U4, Shape3<A, B, C>;
    /// A shape with five axes.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let grids = Tensor::<Shape5<2, 2, 2, 2, 3>>::from_vec(vec![0.0; 48])?;
    /// assert_eq!((grids.len(), Shape5::<2, 2, 2, 2, 3>::LEN), (1, 48));
    /// # Ok::<(), keras::Error>(())
    /// ```
    Shape5<A, B, C, D, E> U5, Shape4<A, B, C, D>;
}

/// A rank as a type, from which [`Pick`] makes a shape.
///
/// ```
/// use keras::{prelude::*, shape::{Pick, Rank}};
///
/// type Image = <Rank<3> as Pick<28, 28, 1, 0, 0>>::Out;
/// let _: Image = Shape3::<28, 28, 1>;
/// ```
pub struct Rank<const RANK: usize>;

/// The shape type with rank `RANK` and the first `RANK` of five lengths.
///
/// Generated code uses it to convert `Dims` values to types: `<Rank<{ RANK }> as Pick<{ A }, …>>::Out`.
///
/// ```
/// use keras::{prelude::*, shape::{Pick, Rank}};
///
/// type Scores = <Rank<1> as Pick<10, 0, 0, 0, 0>>::Out;
/// assert_eq!(Scores::LEN, 10);
/// ```
pub trait Pick<const A: usize, const B: usize, const C: usize, const D: usize, const E: usize> {
    /// The shape type.
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
/// use keras::{prelude::*, shape};
///
/// type Image = shape![28, 28, 1];
/// let _: Image = Shape3::<28, 28, 1>;
/// assert_eq!(<shape![2 * 5, 4]>::LEN, 40);
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

/// The samples of an input that is not `float32`: their shape, and the Rust type of their elements.
///
/// ```
/// use keras::{prelude::*, shape::Typed};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(20, dtype = "int32"), Embedding(1000, 8), Flatten(), Dense(1) } }
///
/// fn takes_ids<M: Model<Inputs = Typed<Shape1<20>, i32>>>(_: &M) {}
/// takes_ids(&Net::new());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Typed<S, T>(core::marker::PhantomData<(S, T)>);

/// The elements of an input with `dtype = "string"`.
///
/// ```
/// use keras::shape::Text;
///
/// let _: Option<Text> = None; // has no values: it is used in types only
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Text {}
