//! Extreme arguments and input lengths: every layer and operation rejects them with an error.
//!
//! In these tests, overflow of a sum or a product panics.

use super::*;
use crate::{
    activations,
    constraints::Constraint,
    initializers::Initializer,
    model::BuildResult,
    ops,
    regularizers::Regularizer,
    schema::Masking,
    shape::{Dims, MAX_RANK},
};

/// A source of extreme values.
pub(crate) struct Source(u64);

impl Source {
    /// A number below `count` (a step of SplitMix64).
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    pub(crate) fn make<T: Extreme>(&mut self) -> T {
        T::extreme(self)
    }

    /// The shape of an input.
    pub(crate) fn dims(&mut self) -> Dims {
        let lengths: Vec<usize> = (0..self.below(MAX_RANK + 2)).map(|_| self.make()).collect();
        Dims::new(&lengths)
    }

    /// The shapes of multiple inputs, some of them equal.
    pub(crate) fn several_dims(&mut self) -> Vec<Dims> {
        let first = self.dims();
        (0..self.below(4)).map(|_| if self.make() { first } else { self.dims() }).collect()
    }
}

/// Builds a layer with extreme arguments for extreme inputs.
pub(crate) type Build = fn(&mut Source) -> BuildResult;

/// A layer that is built with extreme arguments; implemented by the declaration of every layer.
pub(crate) trait Extremes {
    fn build(from: &mut Source) -> BuildResult;
}

/// Types with extreme values.
pub(crate) trait Extreme {
    fn extreme(from: &mut Source) -> Self;
}

impl Extreme for usize {
    fn extreme(from: &mut Source) -> Self {
        // Small ones as well, so that some shape rules get as far as the sizes.
        let large =
            [1 << 16, 1 << 20, 1 << 31, u32::MAX as usize, 1 << 32, 1 << 40, 1 << 63, usize::MAX - 1, usize::MAX];
        if from.below(2) == 0 { from.below(4) } else { from.one_of(&large) }
    }
}

impl Extreme for isize {
    fn extreme(from: &mut Source) -> Self {
        let large = [1 << 20, 1 << 31, -(1 << 31), isize::MAX - 1, isize::MAX, isize::MIN + 1, isize::MIN];
        if from.below(2) == 0 { from.below(9) as isize - 4 } else { from.one_of(&large) }
    }
}

impl Extreme for f32 {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[0.0, 0.5, 1.0, -1.0, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY, f32::NEG_INFINITY, f32::NAN])
    }
}

impl Extreme for bool {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[false, true])
    }
}

impl<A: Extreme, B: Extreme> Extreme for (A, B) {
    fn extreme(from: &mut Source) -> Self {
        (from.make(), from.make())
    }
}

impl<T: Extreme> Extreme for &'static [T] {
    fn extreme(from: &mut Source) -> Self {
        let values: Vec<T> = (0..from.below(MAX_RANK + 3)).map(|_| from.make()).collect();
        values.leak()
    }
}

impl Extreme for Padding {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[Self::Valid, Self::Same])
    }
}

impl Extreme for Interpolation {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[Self::Nearest, Self::Bilinear])
    }
}

impl Extreme for activations::Activation {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[Self::Linear, Self::Relu, Self::Softmax, Self::Sigmoid, Self::LogSoftmax])
    }
}

impl Extreme for Initializer {
    fn extreme(from: &mut Source) -> Self {
        from.one_of(&[Self::Zeros, Self::GLOROT_UNIFORM, Self::ORTHOGONAL, Self::IDENTITY, Self::Constant(f32::NAN)])
    }
}

impl Extreme for Regularizer {
    fn extreme(from: &mut Source) -> Self {
        let factor = from.make();
        from.one_of(&[Self::None, Self::L2(factor), Self::ORTHOGONAL_REGULARIZER_DEFAULT])
    }
}

impl Extreme for Constraint {
    fn extreme(from: &mut Source) -> Self {
        let axis = from.make();
        from.one_of(&[Self::NONE, Self::NON_NEG, Self::max_norm(2.0, &[axis])])
    }
}

impl Extreme for ops::Index {
    fn extreme(from: &mut Source) -> Self {
        match from.below(3) {
            0 => Self::At(from.make()),
            1 => Self::Range(Some(from.make()), Some(from.make())),
            _ => Self::Rest,
        }
    }
}

const ROUNDS: u64 = 5000;

/// A successful result is within the limits; an error has a message.
fn check(result: BuildResult) {
    match result {
        Ok(built) => {
            assert!(built.output().is_valid(), "{built:?}");
            assert!(built.weights.list().iter().all(|weight| weight.dims.is_valid()), "{built:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[test]
fn layers() {
    for build in of_families!(EXTREMES).into_iter().flatten() {
        (0..ROUNDS).for_each(|round| check(build(&mut Source(round))));
    }
}

/// Whether a layer treats masks as its declaration, and so its documentation, says.
fn agree(declared: Masking, built: Masks) -> bool {
    match declared {
        Masking::Dropped => built == Masks::Dropped,
        Masking::Passed => built == Masks::Passed,
        Masking::Consumed => built == Masks::Consumed,
        Masking::Made => matches!(built, Masks::Made(_)),
        Masking::MadeOptionally => matches!(built, Masks::Made(_) | Masks::Dropped),
        Masking::Combined => built == Masks::Combined,
        Masking::Refused => matches!(built, Masks::Refused(_)),
    }
}

#[test]
fn masks_are_declared() {
    let builds = of_families!(EXTREMES).into_iter().flatten();
    for (schema, build) in schemas().zip(builds) {
        // Few extreme arguments of some layers, such as the axes of `Dot`, are valid.
        let rounds = (0..1_000_000).map(|round| build(&mut Source(round)));
        let built: Vec<Masks> = rounds.filter_map(|built| Some(built.ok()?.masks)).take(20).collect();
        assert!(!built.is_empty(), "{} was never built", schema.class_name);
        for masks in built {
            assert!(agree(schema.masking, masks), "{}: {:?}, but {masks:?}", schema.class_name, schema.masking);
        }
    }
}

#[test]
fn operations() {
    let operations: [Build; 12] = [
        |from| ops::Clip::layer(from.make(), from.make()).build(from.dims()),
        |from| ops::Divide::layer().build(&from.several_dims()),
        |from| ops::DivideBy::layer(from.make()).build(from.dims()),
        |from| ops::GetItem::layer(from.make()).build(from.dims()),
        |from| ops::Matmul::layer().build(&from.several_dims()),
        |from| ops::Max::layer(from.make()).keepdims(from.make()).build(from.dims()),
        |from| ops::Mean::layer(from.make()).keepdims(from.make()).build(from.dims()),
        |from| ops::Negative::layer().build(from.dims()),
        |from| ops::Reciprocal::layer().numerator(from.make()).build(from.dims()),
        |from| ops::Reshape::layer(from.make()).build(from.dims()),
        |from| ops::Square::layer().build(from.dims()),
        |from| ops::Transpose::layer(from.make()).build(from.dims()),
    ];
    for build in operations {
        (0..ROUNDS).for_each(|round| check(build(&mut Source(round))));
    }
}

/// Each of these overflowed in builds without overflow checks, and was accepted.
#[test]
fn sizes_do_not_wrap_around() {
    let image = Dims::new(&[4, 4, 1]);
    let words = |result: BuildResult| result.unwrap_err().to_string();
    let padded = ZeroPadding2D::layer().padding(((usize::MAX, 0), (0, 0))).build(image);
    assert_eq!(
        words(padded),
        "its output (4294967295 or more, 4, 1) is too large: it may have at most 1099511627776 elements, and 4294967294 \
         along an axis"
    );
    let flat = Flatten::layer().build(Dims::new(&[65536, 65536, 65536, 65536]));
    assert!(words(flat).starts_with("its output (4294967295 or more,) is too large"));
    let cut = Cropping2D::layer().cropping(((usize::MAX, 2), (0, 0))).build(image);
    assert!(words(cut).starts_with("it cuts 18446744073709551615 or more rows and 0 columns off its input (4, 4, 1)"));
    let larger = UpSampling2D::layer().size((1 << 62, 1)).build(image);
    assert!(words(larger).starts_with("its output (4294967295 or more, 4, 1) is too large"));
    let dilated = Conv2D::layer(1, (3, 3)).dilation_rate((1 << 63, 1)).build(image);
    assert!(words(dilated).starts_with("a 18446744073709551615 or more×3 kernel with padding \"valid\" does not fit"));
    let wide = Dense::layer(1 << 32).build(Dims::new(&[3]));
    assert!(words(wide).starts_with("its output (4294967295 or more,) is too large"));
    let kernel = Dense::layer(1 << 20).build(Dims::new(&[(1 << 20) + 1]));
    assert!(words(kernel).starts_with("a weight of shape (1048577, 1048576) is too large"));
    let bias = Dense::layer(1 << 20).build(Dims::new(&[1 << 20]));
    assert_eq!(words(bias), "its weights have 1099512676352 elements, but may have at most 1099511627776");
    let memory = PReLU::layer().shared_axes(&[1]).build(Dims::new(&[1 << 20, 1 << 20]));
    assert!(words(memory).starts_with("its passes need 2199023255552 floats of memory"));
    let joined = Concatenate::layer().build(&[Dims::new(&[u32::MAX as usize - 1]); 3]);
    assert!(words(joined).starts_with("its output (4294967295 or more,) is too large"));
    let folded = Reshape::layer(&[1 << 32, 1 << 32]).build(Dims::new(&[1]));
    assert!(words(folded).starts_with("its output (4294967295 or more, 4294967295 or more) is too large"));
    assert_eq!(Dense::layer(4096).build(Dims::new(&[4096, 4096])).unwrap().macs, 1 << 36);
}

#[test]
#[cfg(feature = "std")]
fn layers_by_themselves_are_refused() {
    let error = crate::Error::from(Dense::layer(1 << 32).build(Dims::new(&[3])).unwrap_err());
    assert!(error.to_string().starts_with("its output (4294967295 or more,) is too large"), "{error}");
}
