//! Random numbers by counter: the n-th number of a stream is a function of seed, stream and n, so it does not matter who
//! asks for it or when.

use super::{
    ensure, math,
    parallel::{self, Work},
    pointers::{ReadPointer, WritePointer},
    simd::{Isa, Kernel, Vector},
};

/// A stream of random numbers: [Philox 4x32-10](https://doi.org/10.1145/2063384.2063405), keyed by seed and stream.
///
/// ```
/// use keras_core::Random;
///
/// let random = Random::new(42, 0);
/// assert_eq!(random.number(1_000_000), Random::new(42, 0).number(1_000_000)); // whoever asks, and whenever
/// assert_ne!(random.number(0), Random::new(42, 1).number(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    key: [u32; 2],
    stream: [u32; 2],
}

#[inline(always)]
fn philox(mut key: [u32; 2], mut c: [u32; 4]) -> [u32; 4] {
    let mut round = 0;
    while round < 10 {
        let a = u64::from(c[0]) * 0xD251_1F53;
        let b = u64::from(c[2]) * 0xCD9E_8D57;
        c = [(b >> 32) as u32 ^ c[1] ^ key[0], b as u32, (a >> 32) as u32 ^ c[3] ^ key[1], a as u32];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        round += 1;
    }
    c
}

/// A number in [0, 1) of 24 random bits.
#[inline(always)]
fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// `(sin 2πu, cos 2πu)` for `u` in [0, 1).
#[inline(always)]
fn sin_cos_turns(u: f32) -> (f32, f32) {
    // A quarter turn around the nearest multiple of it, then Taylor polynomials (|x| ≤ π/4).
    let quarter = (u * 4.0 + 0.5) as i32;
    let x = (u - quarter as f32 * 0.25) * core::f32::consts::TAU;
    let z = x * x;
    let sin = x * (1.0 + z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z / 362_880.0))));
    let cos = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z / 40_320.0)));
    match quarter & 3 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

impl Random {
    /// A stream of a seed.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// assert_ne!(Random::new(1, 0), Random::new(2, 0));
    /// ```
    pub const fn new(seed: u64, stream: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], stream: [stream as u32, (stream >> 32) as u32] }
    }

    /// A seed for streams within this one: an inner model's.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let inner = Random::new(Random::new(42, 3).derive(), 0);
    /// assert_ne!(inner.number(0), Random::new(42, 3).number(0));
    /// ```
    pub fn derive(self) -> u64 {
        self.number(u64::MAX)
    }

    /// The stream of one sample within this one.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let random = Random::new(42, 3);
    /// assert_ne!(random.of_sample(0).number(0), random.of_sample(1).number(0));
    /// ```
    pub fn of_sample(self, sample: usize) -> Self {
        Self::new(self.number(u64::MAX - 1), sample as u64)
    }

    /// The n-th number of the stream: 64 random bits.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let random = Random::new(42, 0);
    /// assert_ne!(random.number(0), random.number(1));
    /// ```
    pub fn number(self, n: u64) -> u64 {
        let [a, b, ..] = self.block(n);
        u64::from(a) << 32 | u64::from(b)
    }

    #[inline(always)]
    fn block(self, n: u64) -> [u32; 4] {
        philox(self.key, [n as u32, (n >> 32) as u32, self.stream[0], self.stream[1]])
    }

    /// Sixteen blocks from `n` on, word by word.
    #[inline(always)]
    fn blocks(self, n: u64) -> [[u32; 16]; 4] {
        let counters: [u64; 16] = core::array::from_fn(|lane| n + lane as u64);
        let mut c = [
            counters.map(|counter| counter as u32),
            counters.map(|counter| (counter >> 32) as u32),
            [self.stream[0]; 16],
            [self.stream[1]; 16],
        ];
        let mut key = self.key;
        for _ in 0..10 {
            let mut next = [[0; 16]; 4];
            for lane in 0..16 {
                let a = u64::from(c[0][lane]) * 0xD251_1F53;
                let b = u64::from(c[2][lane]) * 0xCD9E_8D57;
                next[0][lane] = (b >> 32) as u32 ^ c[1][lane] ^ key[0];
                next[1][lane] = b as u32;
                next[2][lane] = (a >> 32) as u32 ^ c[3][lane] ^ key[1];
                next[3][lane] = a as u32;
            }
            c = next;
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        c
    }

    /// Fills with numbers uniform in `[low, high)`.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let mut values = [0.0; 1000];
    /// Random::new(42, 0).fill_uniform(-1.0, 1.0, &mut values);
    /// assert!(values.iter().all(|value| (-1.0..1.0).contains(value)));
    /// ```
    pub fn fill_uniform(self, low: f32, high: f32, values: &mut [f32]) {
        for (n, values) in values.chunks_mut(4).enumerate() {
            for (value, bits) in values.iter_mut().zip(self.block(n as u64)) {
                *value = low + (high - low) * unit(bits);
            }
        }
    }

    /// Fills with normal numbers, by Box and Muller.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let mut values = [0.0; 1000];
    /// Random::new(42, 0).fill_normal(5.0, 0.5, &mut values);
    /// assert!((values.iter().sum::<f32>() / 1000.0 - 5.0).abs() < 0.05);
    /// ```
    pub fn fill_normal(self, mean: f32, stddev: f32, values: &mut [f32]) {
        for (n, values) in values.chunks_mut(4).enumerate() {
            for (value, normal) in values.iter_mut().zip(self.normals(n as u64)) {
                *value = mean + stddev * normal;
            }
        }
    }

    #[inline(always)]
    fn normals(self, n: u64) -> [f32; 4] {
        let [a, b, c, d] = self.block(n);
        let pair = |a, b| {
            let radius = libm::sqrtf(-2.0 * math::ln(1.0 - unit(a)));
            let (sin, cos) = sin_cos_turns(unit(b));
            (radius * cos, radius * sin)
        };
        let ((w, x), (y, z)) = (pair(a, b), pair(c, d));
        [w, x, y, z]
    }

    /// Fills with normal numbers, those beyond two standard deviations drawn again.
    ///
    /// ```
    /// use keras_core::Random;
    ///
    /// let mut values = [0.0; 1000];
    /// Random::new(42, 0).fill_truncated_normal(5.0, 0.5, &mut values);
    /// assert!(values.iter().all(|value| (4.0..=6.0).contains(value)));
    /// ```
    pub fn fill_truncated_normal(self, mean: f32, stddev: f32, values: &mut [f32]) {
        let mut n = 0;
        let mut source = [0.0; 4];
        let mut left = 0;
        for value in values {
            loop {
                if left == 0 {
                    source = self.normals(n);
                    (n, left) = (n + 1, 4);
                }
                left -= 1;
                let normal = source[left];
                if normal.abs() < 2.0 {
                    *value = mean + stddev * normal;
                    break;
                }
            }
        }
    }
}

/// Sets a share `rate` of the values to 0 and scales the others by `1 / (1 − rate)`.
///
/// Which ones follows from the stream and the index alone, so the gradient is the same call on the gradient.
///
/// ```
/// use keras_core::kernels::random::{self, Random};
///
/// let mut output = [0.0; 100];
/// random::dropout(0.5, Random::new(42, 0), &[1.0; 100], &mut output);
/// assert!(output.iter().all(|&value| value == 0.0 || value == 2.0));
/// ```
pub fn dropout(rate: f32, random: Random, input: &[f32], output: &mut [f32]) {
    let scale = if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 };
    drop_out(rate, random, Values { dropped: 0.0, scale, shift: 0.0 }, input, output);
}

/// What dropout makes of values.
///
/// ```
/// use keras_core::kernels::random::{self, Random, Values};
///
/// let inverted = Values { dropped: 1.0, scale: 0.0, shift: 0.0 }; // one where dropout drops
/// let mut dropped = [0.0; 100];
/// random::drop_out(0.5, Random::new(42, 0), inverted, &[7.0; 100], &mut dropped);
/// assert!(dropped.contains(&0.0) && dropped.contains(&1.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Values {
    /// What stands in place of a dropped one.
    pub dropped: f32,
    /// What one that stays is multiplied by.
    pub scale: f32,
    /// What is then added to it.
    pub shift: f32,
}

/// Drops those values that [`dropout`] would drop, and makes of them, and of the others, what `values` says.
///
/// ```
/// use keras_core::kernels::random::{self, Random, Values};
///
/// let (random, input) = (Random::new(42, 0), [1.0; 100]);
/// let (mut zeroed, mut marked) = ([0.0; 100], [0.0; 100]);
/// random::dropout(0.5, random, &input, &mut zeroed);
/// random::drop_out(0.5, random, Values { dropped: -1.0, scale: 1.0, shift: 0.0 }, &input, &mut marked);
/// assert!(zeroed.iter().zip(&marked).all(|(a, b)| (*a == 0.0) == (*b == -1.0)));
/// ```
pub fn drop_out(rate: f32, random: Random, values: Values, input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == output.len());
    let (length, from, to) = (output.len(), ReadPointer::new(input), WritePointer::new(output));
    let isa = Isa::current();
    parallel::share(length.div_ceil(GROUP), 1, Work::Floats { each: GROUP }, &|first, last| {
        // SAFETY: equal lengths; threads own disjoint groups.
        unsafe { isa.run_pointers(Dropout { rate, random, values, first, last, length, from, to }) };
    });
}

/// Values that one draw decides on: 16 bits each of sixteen blocks.
const GROUP: usize = 128;

struct Dropout {
    rate: f32,
    random: Random,
    values: Values,
    /// The groups to do.
    first: usize,
    last: usize,
    length: usize,
    from: ReadPointer,
    to: WritePointer,
}

impl Kernel for Dropout {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let threshold = (self.rate * 65_536.0) as u32;
        let Values { dropped, scale, shift } = self.values;
        for group in self.first..self.last {
            let words = self.random.blocks(group as u64 * 16);
            let start = group * GROUP;
            let count = GROUP.min(self.length - start);
            // SAFETY: `start + count` is at most the length of both slices, and the groups are this thread's.
            let (from, to) = unsafe {
                let from = core::slice::from_raw_parts(self.from.get().add(start), count);
                (from, core::slice::from_raw_parts_mut(self.to.get().add(start), count))
            };
            // Values 0..16 take the lower halves of the first words, 16..32 the upper ones, and so on.
            let parts = to.chunks_mut(32).zip(from.chunks(32)).zip(&words);
            for ((to, from), words) in parts {
                let halves = [words.map(|word| word & 0xffff), words.map(|word| word >> 16)];
                for ((to, from), bits) in to.chunks_mut(16).zip(from.chunks(16)).zip(&halves) {
                    for ((to, from), bits) in to.iter_mut().zip(from).zip(bits) {
                        *to = if *bits < threshold { dropped } else { *from * scale + shift };
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_known_answer() {
        // From the Random123 distribution's known-answer tests.
        assert_eq!(philox([0, 0], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 2], [u32::MAX; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn moments() {
        let mut values = vec![0.0; 100_000];
        let moments = |values: &[f32]| {
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            (mean, values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / values.len() as f64)
        };
        Random::new(1, 2).fill_normal(0.0, 1.0, &mut values);
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        Random::new(1, 3).fill_truncated_normal(0.0, 1.0, &mut values);
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.02 && (variance.sqrt() - 0.8796).abs() < 0.01 && values.iter().all(|v| v.abs() < 2.0));
        Random::new(1, 4).fill_uniform(-1.0, 1.0, &mut values);
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.02 && (variance - 1.0 / 3.0).abs() < 0.01);
    }

    #[test]
    fn dropout_keeps_the_mean() {
        let input = vec![1.0; 100_000];
        let mut output = vec![0.0; 100_000];
        dropout(0.25, Random::new(5, 6), &input, &mut output);
        let kept = output.iter().filter(|v| **v != 0.0).count();
        assert!((kept as f64 / 1e5 - 0.75).abs() < 0.01);
        assert!(output.iter().all(|&v| v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-6));
    }
}
