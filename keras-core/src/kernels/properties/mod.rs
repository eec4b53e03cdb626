//! Properties of every kernel with every instruction set of the machine, over sizes that fit no vector and no tile.
//!
//! Each kernel is compared with its definition, written as plain loops in `f64`. Its slices lie between guards
//! ([`Guarded`]): what it reads beyond an input spoils the result, what it writes beyond an output is noticed.

pub(crate) mod convolutions;
mod elementwise;
mod extremes;
mod layer_normalizations;
mod normalizations;
pub(crate) mod pools;
mod products;
mod resizing;
mod rows;
mod special_values;
mod vectors;

use super::{
    matmul::tests::noise,
    simd::{
        Isa,
        tests::{each_isa, force},
    },
};
use core::ops::{Deref, DerefMut};
use proptest::{prelude::*, sample::select};
use rayon::ThreadPoolBuilder;

/// Nothing, one, primes, and the neighbours of the vectors' and the tiles' lengths.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0), 2 => Just(1), 6 => select(vec![2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17]), 3 => select(vec![
        19, 23, 29, 31, 32, 33, 37, 47, 48, 49, 63, 64, 65,
    ])]
}

/// This number of cases of a property, unless the environment variable `PROPTEST_CASES` gives another; or a few where Miri interprets
/// the program: there it is hundreds of times slower.
pub(super) fn cases(count: u32) -> ProptestConfig {
    if cfg!(miri) {
        return ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(count.div_ceil(32)) };
    }
    match std::env::var_os("PROPTEST_CASES") {
        // The default reads it.
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(count),
    }
}

/// As [`size`], but not nothing.
fn some_size() -> impl Strategy<Value = usize> {
    size().prop_map(|size| size.max(1))
}

/// Sizes that a program may state, whatever memory there is.
pub(crate) fn immense_or_small() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1..8usize,
        1 => (0..usize::BITS).prop_map(|bit| 1 << bit),
        1 => (0..8usize).prop_map(|less| usize::MAX - less),
    ]
}

/// Floats between guards, at an address that fits no vector.
struct Guarded {
    all: Vec<f32>,
    len: usize,
}

/// Floats before what is guarded.
const BEFORE: usize = 17;
/// Floats after it: longer than any vector.
const AFTER: usize = 40;
/// What the guards hold: a NaN that no arithmetic makes.
const GUARD: f32 = f32::from_bits(0x7fc5_a5a5);

/// Copies floats between guards.
fn guarded(values: &[f32]) -> Guarded {
    let all = [&[GUARD; BEFORE], values, &[GUARD; AFTER]].concat();
    Guarded { all, len: values.len() }
}

/// Room for floats that a kernel must write: as long as one was not, it is the guards' NaN.
fn unwritten(len: usize) -> Guarded {
    guarded(&vec![GUARD; len])
}

/// Guarded noise.
fn numbers(len: usize, seed: u32) -> Guarded {
    guarded(&noise(len, seed))
}

impl Deref for Guarded {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.all[BEFORE..BEFORE + self.len]
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.all[BEFORE..BEFORE + self.len]
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let guards = self.all[..BEFORE].iter().chain(&self.all[BEFORE + self.len..]);
        if !std::thread::panicking() {
            assert!(guards.into_iter().all(|guard| guard.to_bits() == GUARD.to_bits()), "written beyond the slice");
        }
    }
}

/// Asserts that each element is within `tolerance·(1 + |expected|)`, infinities are the same, and NaN is where NaN is expected.
#[track_caller]
fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let close = (f64::from(found) - expected).abs() <= tolerance * (1.0 + expected.abs());
        let same = f64::from(found) == expected || found.is_nan() && expected.is_nan();
        assert!(close || same, "{what}[{at}]: {found} instead of {expected} with {:?}", Isa::current());
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Asserts that `run` gives the same on one thread and on more, with every instruction set but the portable one where there
/// is another: work is shared out alike, and without optimization that one takes minutes.
#[track_caller]
fn assert_same_on_threads(run: impl Fn() -> Vec<f32> + Sync) {
    let best = Isa::current();
    each_isa(|| {
        let isa = Isa::current();
        if !isa.fuses() && best != isa {
            return;
        }
        let with = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).start_handler(move |_| force(isa)).build();
            pool.unwrap().install(&run)
        };
        let one = with(1);
        assert!(one.iter().all(|value| value.to_bits() != GUARD.to_bits()), "everything is written");
        for threads in [2, 5] {
            assert!(bits(&one) == bits(&with(threads)), "{threads} threads with {isa:?}");
        }
    });
}
