//! Passes over (rows, channels) with coefficients of each channel.

use crate::kernels::columns;
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::parallel::{self, Work};
use crate::kernels::pointers::{ReadPointer, WritePointer};
use crate::kernels::simd::{Isa, Kernel, MAX_LANES, Vector};

/// A function of (x, y) whose coefficients depend on the channel.
pub(super) trait PerChannel: Copy + Sync {
    /// The coefficients of channels `at..at + count`.
    ///
    /// # Safety
    /// They exist.
    unsafe fn coefficients<V: Vector>(&self, at: usize, count: usize) -> [V; 5];
    fn apply<V: Vector>(coefficients: [V; 5], x: V, y: V) -> V;
}

/// Channels whose coefficients are on the stack at a time: whole vectors of any number of channels that is less than a vector's.
const STRIP: usize = 15 * MAX_LANES;

pub(super) struct Apply<F> {
    pub function: F,
    pub x: ReadPointer,
    pub y: ReadPointer,
    pub to: WritePointer,
    pub channels: usize,
    pub rows: (usize, usize),
}

impl<F: PerChannel> Kernel for Apply<F> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // So many rows of few channels are taken as one that vectors are full.
        let width = self.channels * columns::rows_of_whole_vectors(self.channels, STRIP);
        let (mut first, end) = (0, self.rows.1 * self.channels);
        while first < width {
            let strip = STRIP.min(width - first);
            let mut kept = [[0.0f32; STRIP]; 5];
            // SAFETY: `strip` channels exist from `first`, or one row of them, which is repeated; STRIP is a multiple of every
            // vector's length.
            unsafe {
                let given = strip.min(self.channels - first);
                for at in (0..given).step_by(V::LANES) {
                    let count = V::LANES.min(given - at);
                    let coefficients = self.function.coefficients::<V>(first + at, count);
                    for (kept, value) in kept.iter_mut().zip(&coefficients) {
                        value.store(kept.as_mut_ptr().add(at));
                    }
                }
                for kept in &mut kept {
                    let kept = kept.as_mut_ptr();
                    for at in given..strip {
                        *kept.add(at) = *kept.add(at - given);
                    }
                }
                let mut start = self.rows.0 * self.channels + first;
                while start < end {
                    let strip = strip.min(end - start);
                    for at in (0..strip).step_by(V::LANES) {
                        let count = V::LANES.min(strip - at);
                        let mut coefficients = [V::zero(); 5];
                        for (kept, value) in kept.iter().zip(&mut coefficients) {
                            *value = V::load(kept.as_ptr().add(at));
                        }
                        let x = load_some::<V>(self.x.get().add(start + at), count);
                        let y = load_some::<V>(self.y.get().add(start + at), count);
                        store_some(F::apply(coefficients, x, y), self.to.get().add(start + at), count);
                    }
                    start += width;
                }
            }
            first += strip;
        }
    }
}

/// to = function(x, y) for every row.
pub(super) fn apply<F: PerChannel>(function: F, channels: usize, x: &[f32], y: &[f32], to: &mut [f32]) {
    let isa = Isa::current();
    let (x, y) = (ReadPointer::new(x), ReadPointer::new(y));
    let (rows, to) = (to.len() / channels.max(1), WritePointer::new(to));
    parallel::share(rows, 1, Work::Floats { each: channels }, &|first, last| {
        // SAFETY: the caller checked the lengths; threads own disjoint rows.
        unsafe { isa.run_pointers(Apply { function, x, y, to, channels, rows: (first, last) }) };
    });
}
