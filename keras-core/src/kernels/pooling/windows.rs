//! Pools of any windows: vectors run along the channels.

use core::marker::PhantomData;

use super::{Average, Image, Max, Operation, Window};
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::pointers::ReadPointer;
use crate::kernels::simd::{Kernel, Vector};
use crate::kernels::sums::{PIECE, Sum};

/// An image of any windows. Where it is planar, windows are one element deep.
pub(super) struct Windows<'a, const PLANAR: bool> {
    pub image: Image<'a>,
    /// Whether no element belongs to two windows.
    pub disjoint: bool,
}

impl<const PLANAR: bool> Kernel for Windows<'_, PLANAR> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.image.operation {
                Operation::Max => V::outlined(Each::<Max, PLANAR, false>(self, PhantomData)),
                Operation::Average => V::outlined(Each::<Average, PLANAR, false>(self, PhantomData)),
                Operation::MaxBackward => V::outlined(Each::<Max, PLANAR, true>(self, PhantomData)),
                Operation::AverageBackward => V::outlined(Each::<Average, PLANAR, true>(self, PhantomData)),
            }
        }
    }
}

/// What is done with each window, in code of its own.
struct Each<'a, W, const PLANAR: bool, const BACKWARD: bool>(Windows<'a, PLANAR>, PhantomData<W>);

impl<W: Window, const PLANAR: bool, const BACKWARD: bool> Kernel for Each<'_, W, PLANAR, BACKWARD> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Image { g, image, lines, .. } = self.0.image;
        for line in lines.0..lines.1 {
            let (z, y) = if PLANAR {
                ((0, 1), g.y.clipped(line))
            } else {
                (g.z.clipped(line / g.y.output.max(1)), g.y.clipped(line % g.y.output.max(1)))
            };
            for x in 0..g.x.output {
                let window = Elements { z, y, x: g.x.clipped(x) };
                let pixel = ((image * g.z.output * g.y.output + line) * g.x.output + x) * g.channels;
                let mut channel = 0;
                // SAFETY: the caller's promise.
                unsafe {
                    while channel + V::LANES <= g.channels {
                        self.window::<V>(window, pixel + channel, channel, V::LANES);
                        channel += V::LANES;
                    }
                    if channel < g.channels {
                        self.window::<V>(window, pixel + channel, channel, g.channels - channel);
                    }
                }
            }
        }
    }
}

/// The elements of a window that lie in the input: along each axis the first one, and the one after the last.
#[derive(Clone, Copy)]
struct Elements {
    z: (usize, usize),
    y: (usize, usize),
    x: (usize, usize),
}

impl Elements {
    #[inline(always)]
    fn count(&self) -> usize {
        let count = |(first, end): (usize, usize)| end.saturating_sub(first);
        count(self.z) * count(self.y) * count(self.x)
    }
}

impl<W: Window, const PLANAR: bool, const BACKWARD: bool> Each<'_, W, PLANAR, BACKWARD> {
    /// # Safety
    /// As [`Kernel::run`], for `count` channels of a window of the output.
    #[inline(always)]
    unsafe fn window<V: Vector>(&self, window: Elements, out: usize, channel: usize, count: usize) {
        let Image { g, image, inputs, to, .. } = self.0.image;
        let [input, output, gradient] = inputs.map(ReadPointer::get);
        let z = if PLANAR { (0, 1) } else { window.z };
        // Gradients are written, not added, if nothing was added before: a load of what was just stored in part would wait for it.
        // (Whole vectors do not wait, and what is loaded is in the cache when it is stored.)
        let is_alone = self.0.disjoint && count < V::LANES;
        // SAFETY: windows are clipped to the image, `count` lanes exist, and every pointer that the operation uses has the
        // length that its entry checked.
        let load = |from: *const f32, at: usize| unsafe { load_some::<V>(from.add(at), count) };
        // SAFETY: as above.
        let store = |value: V, at: usize| unsafe { store_some(value, to.get().add(at), count) };
        // The offset of each element. (A macro rather than a method, whose closure would not always be inlined.)
        macro_rules! each {
            ($at:ident => $visit:block) => {
                for z in z.0..z.1 {
                    for y in window.y.0..window.y.1 {
                        let plane = if PLANAR { image } else { image * g.z.input + z };
                        let line = (plane * g.y.input + y) * g.x.input;
                        let mut $at = (line + window.x.0) * g.channels + channel;
                        for _ in window.x.0..window.x.1 {
                            $visit
                            $at += g.channels;
                        }
                    }
                }
            };
        }
        match (BACKWARD, W::IS_MEAN) {
            (false, false) => {
                let mut highest = V::splat(f32::NEG_INFINITY);
                each!(at => {
                    let value = load(input, at);
                    // A NaN value is taken, and a NaN maximum is kept: no comparison with it is true.
                    let higher = V::select(value.le(highest), highest, value);
                    highest = V::select(highest.eq(highest), higher, highest);
                });
                store(highest, out);
            }
            (false, true) => {
                let sum = if window.count() <= PIECE {
                    let mut sum = V::zero();
                    each!(at => { sum = sum + load(input, at); });
                    sum
                } else {
                    let mut sum = Sum::<V>::zero();
                    each!(at => { sum.add(load(input, at)); });
                    sum.total()
                };
                store(sum / V::splat(window.count() as f32), out);
            }
            (true, false) => {
                let (highest, mut rest) = (load(output, out), load(gradient, out));
                // What an element takes of the gradient.
                macro_rules! take {
                    ($at:ident) => {{
                        let value = load(input, $at);
                        // The first maximum takes the gradient and leaves zero. A NaN equals no number: it is its own.
                        let first = V::select(highest.eq(highest), V::zero(), V::splat(1.0));
                        let nan = V::select(value.eq(value), V::zero(), V::splat(1.0)) * first;
                        let wins = V::select(value.eq(highest), V::splat(1.0), nan);
                        let taken = V::select(wins.eq(V::zero()), V::zero(), rest);
                        rest = V::select(wins.eq(V::zero()), rest, V::zero());
                        taken
                    }};
                }
                if is_alone {
                    each!(at => { store(take!(at), at); });
                } else {
                    each!(at => { store(load(to.get(), at) + take!(at), at); });
                }
            }
            (true, true) => {
                let share = load(gradient, out) / V::splat(window.count() as f32);
                if is_alone {
                    each!(at => { store(share, at); });
                } else {
                    each!(at => { store(load(to.get(), at) + share, at); });
                }
            }
        }
    }
}
