//! The numbers that weights are stored as.

use crate::kernels::half::{from_bfloat16, from_float16};

/// A number of a model's weights: an `f32`, or one that takes half the bytes in a program, and is widened to an `f32` before a
/// layer computes with it.
///
/// ```
/// use keras_core::model::{BFloat16, Float16, StoredFloat};
///
/// let stored = [0x3C00, 0x3800].map(Float16::from_bits);
/// let (mut space, weights) = ([0.0; 3], [1.0, 0.5]);
/// let (widened, rest) = StoredFloat::widen(&stored, &mut space).unwrap();
/// assert_eq!((widened, rest.len()), (&weights[..], 1));
/// let (same, rest) = StoredFloat::widen(&weights, &mut space).unwrap(); // nothing to do
/// assert_eq!((same, rest.len()), (&weights[..], 3));
/// assert_eq!((f32::floats(10), BFloat16::floats(10)), (0, 10));
/// ```
pub trait StoredFloat: Copy + PartialEq + Send + Sync + 'static + sealed::Sealed {
    /// The workspace of inference for one sample: an array of the first length, or of the second if it has to hold widened
    /// weights too.
    type Workspace<const PLAIN: usize, const HALF: usize>: Workspace;

    /// The number of floats that this number of weights is widened into: none if they are floats already.
    fn floats(weights: usize) -> usize;

    /// These numbers as floats, and what is left of the space; `None` if it is too small.
    fn widen<'a>(numbers: &'a [Self], space: &'a mut [f32]) -> Option<(&'a [f32], &'a mut [f32])>;

    /// These numbers as floats: borrowed, or widened into memory of their own.
    #[cfg(feature = "std")]
    fn to_floats(numbers: &[Self]) -> std::borrow::Cow<'_, [f32]>;
}

/// The workspace of inference for one sample.
///
/// ```
/// use keras_core::model::Workspace;
///
/// let mut workspace: [f32; 4] = Workspace::ZEROS;
/// assert_eq!(workspace.as_mut(), [0.0; 4]);
/// ```
pub trait Workspace: AsMut<[f32]> {
    /// A new one.
    const ZEROS: Self;
}

impl<const N: usize> Workspace for [f32; N] {
    const ZEROS: Self = [0.0; N];
}

pub(super) mod sealed {
    use crate::model::{BFloat16, Float16, Inference, pass::AnyForward, plan::AnyCallPlan};

    /// A layer and the plan of its call, opaque outside this crate.
    #[derive(Clone, Copy)]
    pub struct Call<'a> {
        pub(in crate::model) layer: &'a dyn AnyForward,
        pub(in crate::model) plan: AnyCallPlan<'a>,
    }

    /// That every pattern of bits is a number, `embedding` relies on.
    pub trait Sealed: Sized {
        /// Runs a call of an inference pass. A method of the type, so that it is compiled with this crate and not with each
        /// program.
        fn run(pass: &mut Inference<'_, Self>, call: Call<'_>);
    }

    macro_rules! sealed {
        ($($number:ty)*) => {
            $(impl Sealed for $number {
                fn run(pass: &mut Inference<'_, Self>, call: Call<'_>) {
                    pass.run(call.layer, call.plan);
                }
            })*
        };
    }

    sealed!(f32 Float16 BFloat16);
}

impl StoredFloat for f32 {
    type Workspace<const PLAIN: usize, const HALF: usize> = [f32; PLAIN];

    #[inline]
    fn floats(_: usize) -> usize {
        0
    }

    #[inline]
    fn widen<'a>(numbers: &'a [Self], space: &'a mut [f32]) -> Option<(&'a [f32], &'a mut [f32])> {
        Some((numbers, space))
    }

    #[cfg(feature = "std")]
    fn to_floats(numbers: &[Self]) -> std::borrow::Cow<'_, [f32]> {
        numbers.into()
    }
}

/// The two types of 16 bits, which differ in what their bits mean.
macro_rules! half {
    ($(#[$docs:meta])* $name:ident, $widen:ident) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug)]
        #[repr(transparent)]
        pub struct $name(u16);

        impl $name {
            /// The number of these bits.
            ///
            /// ```
            #[doc = concat!("use keras::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::from_bits(0).to_f32(), 0.0);")]
            /// ```
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits)
            }

            /// The same number as an `f32`.
            ///
            /// ```
            #[doc = concat!("use keras::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::from_bits(0x8000).to_f32().to_bits(), (-0.0f32).to_bits());")]
            /// ```
            #[inline]
            pub const fn to_f32(self) -> f32 {
                $widen(self.0)
            }
        }

        /// As numbers: two zeros are equal, and NaN is not equal to itself.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl StoredFloat for $name {
            type Workspace<const PLAIN: usize, const HALF: usize> = [f32; HALF];

            #[inline]
            fn floats(weights: usize) -> usize {
                weights
            }

            fn widen<'a>(numbers: &'a [Self], space: &'a mut [f32]) -> Option<(&'a [f32], &'a mut [f32])> {
                let (widened, rest) = space.split_at_mut_checked(numbers.len())?;
                for (float, number) in widened.iter_mut().zip(numbers) {
                    *float = number.to_f32();
                }
                Some((widened, rest))
            }

            #[cfg(feature = "std")]
            fn to_floats(numbers: &[Self]) -> std::borrow::Cow<'_, [f32]> {
                numbers.iter().map(|number| number.to_f32()).collect()
            }
        }
    };
}

half! {
    /// A weight of 16 bits, 11 of them significant: of `Digits<Embedded<Float16>>`, which `embed!` makes of a file that was saved
    /// as [`Dtype::Float16`](crate::weights_file::Dtype).
    ///
    /// ```
    /// use keras::{Float16, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(1) } }
    ///
    /// static WEIGHTS: [Float16; 3] = [Float16::from_bits(0x3C00), Float16::from_bits(0x4900), Float16::from_bits(0x3800)];
    /// static NET: Net<Embedded<Float16>> = Net::from_embedded(&WEIGHTS); // `embed!` does so, after it has checked them
    /// assert_eq!(NET.predict_one(&[1.0, 2.0]), [21.5]); // by weights of 1, 10 and 0.5
    /// ```
    Float16, from_float16
}

half! {
    /// A weight of 16 bits, 8 of them significant: of `Digits<Embedded<BFloat16>>`, which `embed!` makes of a file that was saved
    /// as [`Dtype::BFloat16`](crate::weights_file::Dtype).
    ///
    /// ```
    /// use keras::{BFloat16, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(1) } }
    ///
    /// static WEIGHTS: [BFloat16; 3] = [BFloat16::from_bits(0x3F80), BFloat16::from_bits(0x4120), BFloat16::from_bits(0x3F00)];
    /// static NET: Net<Embedded<BFloat16>> = Net::from_embedded(&WEIGHTS); // `embed!` does so, after it has checked them
    /// assert_eq!(NET.predict_one(&[1.0, 2.0]), [21.5]); // by weights of 1, 10 and 0.5
    /// ```
    BFloat16, from_bfloat16
}
