//! The operations of vectors, lane by lane as IEEE 754 and their documentation say.

use super::{GUARD, guarded, unwritten};
use crate::kernels::simd::{Isa, MAX_LANES, SafeKernel, Vector, tests::each_isa};

const VALUES: [f32; 19] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.5,
    -7.0,
    0.1,
    16_777_216.0,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    1e-40,
    -1e-40,
    f32::from_bits(1),
    -f32::from_bits(1),
    f32::MAX,
    f32::MIN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];

/// Every operation of a pair of numbers, in the first lane and in the last.
struct Operations(f32, f32);

impl SafeKernel for Operations {
    type Output = Vec<(&'static str, f32, f32)>;
    #[inline(always)]
    fn run<V: Vector>(self) -> Self::Output {
        let (a, b) = (V::splat(self.0), V::splat(self.1));
        let truth = |mask| V::select(mask, V::splat(1.0), V::zero());
        [
            ("a + b", a + b),
            ("a - b", a - b),
            ("a * b", a * b),
            ("a / b", a / b),
            ("-a", -a),
            ("min", a.min(b)),
            ("max", a.max(b)),
            ("abs", a.abs()),
            ("copysign", a.copysign(b)),
            ("lt", truth(a.lt(b))),
            ("le", truth(a.le(b))),
            ("eq", truth(a.eq(b))),
            ("select", V::select(a.lt(b), a, b)),
            ("and", a.and(b)),
            ("or", a.or(b)),
            ("left", a.shift_left_23()),
            ("right", a.shift_right_23()),
            ("sqrt", a.sqrt()),
        ]
        .map(|(name, vector)| (name, vector.lanes()[0], vector.lanes()[V::LANES - 1]))
        .to_vec()
    }
}

fn expected(name: &str, a: f32, b: f32) -> f32 {
    let word = f32::from_bits;
    match name {
        "a + b" => a + b,
        "a - b" => a - b,
        "a * b" => a * b,
        "a / b" => a / b,
        "-a" => -a,
        "min" if a < b => a,
        "max" if a > b => a,
        "min" | "max" => b,
        "abs" => a.abs(),
        "copysign" => a.copysign(b),
        "lt" => f32::from(a < b),
        "le" => f32::from(a <= b),
        "eq" => f32::from(a == b),
        "select" => [b, a][usize::from(a < b)],
        "and" => word(a.to_bits() & b.to_bits()),
        "or" => word(a.to_bits() | b.to_bits()),
        "left" => word(a.to_bits() << 23),
        "right" => word(a.to_bits() >> 23),
        "sqrt" => a.sqrt(),
        _ => unreachable!("{name}"),
    }
}

#[test]
fn every_operation_is_the_scalar_one() {
    each_isa(|| {
        for a in VALUES {
            for b in VALUES {
                for (name, first, last) in Isa::current().run(Operations(a, b)) {
                    let expected = expected(name, a, b);
                    for found in [first, last] {
                        let same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
                        assert!(same, "{name} of {a:e} and {b:e}: {found:e}, not {expected:e}; {:?}", Isa::current());
                    }
                }
            }
        }
    });
}

/// `factor · value + addend`, fused or rounded apart.
struct MulAdd([f32; 3]);

impl SafeKernel for MulAdd {
    type Output = f32;
    #[inline(always)]
    fn run<V: Vector>(self) -> f32 {
        let [a, b, c] = self.0.map(V::splat);
        a.mul_add(b, c).lanes()[0]
    }
}

#[test]
fn a_product_and_a_sum_are_fused_except_where_portable() {
    each_isa(|| {
        for a in VALUES {
            for b in VALUES {
                for c in VALUES {
                    let apart = !Isa::current().fuses();
                    let expected = if apart { a * b + c } else { a.mul_add(b, c) };
                    let found = Isa::current().run(MulAdd([a, b, c]));
                    let same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
                    assert!(same, "{a:e} * {b:e} + {c:e}: {found:e}, not {expected:e}; {:?}", Isa::current());
                }
            }
        }
    });
}

/// Copies a slice through a vector, as far as one reaches; returns the vector.
struct Partial<'a> {
    from: &'a [f32],
    to: &'a mut [f32],
}

impl SafeKernel for Partial<'_> {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<V: Vector>(self) -> Vec<f32> {
        let count = self.from.len().min(self.to.len()).min(V::LANES);
        // SAFETY: both slices have `count` floats.
        let vector = unsafe { V::load_partial(self.from.as_ptr(), count) };
        // SAFETY: as above.
        unsafe { vector.store_partial(self.to.as_mut_ptr(), count) };
        vector.lanes()[..V::LANES].to_vec()
    }
}

#[test]
fn a_part_of_a_vector_touches_nothing_else() {
    each_isa(|| {
        for count in 0..=MAX_LANES {
            let from = guarded(&(1..=count).map(|at| at as f32).collect::<Vec<_>>());
            let mut to = unwritten(count);
            let vector = Isa::current().run(Partial { from: &from, to: &mut to });
            let copied = count.min(vector.len());
            assert_eq!((&vector[..copied], &to[..copied]), (&from[..copied], &from[..copied]));
            assert!(vector[copied..].iter().all(|lane| lane.to_bits() == 0), "the other lanes are zero");
            assert!(to[copied..].iter().all(|lane| lane.to_bits() == GUARD.to_bits()));
        }
    });
}

/// The sum of the lanes.
struct Sum<'a>(&'a [f32]);

impl SafeKernel for Sum<'_> {
    type Output = (f32, usize);
    #[inline(always)]
    fn run<V: Vector>(self) -> (f32, usize) {
        assert!(self.0.len() >= V::LANES);
        // SAFETY: asserted.
        (unsafe { V::load(self.0.as_ptr()) }.sum(), V::LANES)
    }
}

#[test]
fn the_sum_has_every_lane_once() {
    each_isa(|| {
        let powers: Vec<f32> = (0..MAX_LANES).map(|at| (1u32 << at) as f32).collect();
        let (sum, lanes) = Isa::current().run(Sum(&powers));
        assert_eq!(sum, ((1u32 << lanes) - 1) as f32);
    });
}
