//! Gradients of pools in which an element belongs to hundreds of windows: added to it one after the other, they would lose digits
//! (`sums`).

use super::Operation;
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::geometry::{Axis, Geometry};
use crate::kernels::length;
use crate::kernels::parallel::{self, Work};
use crate::kernels::pointers::{ReadPointer, WritePointer};
use crate::kernels::simd::{Isa, Kernel, Vector};
use crate::kernels::sums::{PIECE, Sum};

/// Windows of an element, at most, that are added one after the other.
const MOST: usize = 4 * PIECE;

/// Whether an element belongs to so many windows.
pub(super) fn are_many(g: &Geometry) -> bool {
    let of = |axis: &Axis| axis.window.div_ceil(axis.stride.max(1)).min(axis.output);
    length([of(&g.z), of(&g.y), of(&g.x)]) > MOST
}

/// The gradient of a pool's input.
pub(super) fn backward(operation: Operation, g: &Geometry, batch: usize, inputs: [&[f32]; 3], to: &mut [f32]) {
    let ([input, _, gradient], isa, start) = (inputs, Isa::current(), WritePointer::new(to));
    let (inputs, outputs) = (g.input_len(), g.output_len());
    parallel::share(batch, 1, Work::Floats { each: length([outputs, g.taps()]) }, &|first, last| {
        for image in first..last {
            let gradient = gradient.get(image * outputs..(image + 1) * outputs).unwrap_or_default();
            if operation == Operation::MaxBackward {
                let input = input.get(image * inputs..(image + 1) * inputs).unwrap_or_default();
                // SAFETY: the lengths were checked at entry; threads own disjoint images.
                let to = unsafe { core::slice::from_raw_parts_mut(start.offset(image * inputs).get(), inputs) };
                of_maxima(g, input, gradient, to);
            } else {
                let pass = OfMeans { g, gradient: ReadPointer::new(gradient), to: start.offset(image * inputs) };
                // SAFETY: as above.
                unsafe { isa.run_pointers(pass) };
            }
        }
    });
}

/// Of an image, the gradients of the means of windows: element by element, the sum of what its windows share out.
struct OfMeans<'a> {
    g: &'a Geometry,
    gradient: ReadPointer,
    to: WritePointer,
}

impl Kernel for OfMeans<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { g, gradient, to } = self;
        let elements = |axis: &Axis, window: usize| {
            let (first, end) = axis.clipped(window);
            end.saturating_sub(first)
        };
        for pixel in 0..length([g.z.input, g.y.input, g.x.input]) {
            let (line, x) = (pixel / g.x.input.max(1), pixel % g.x.input.max(1));
            let (z, y) = (g.z.windows_of(line / g.y.input.max(1)), g.y.windows_of(line % g.y.input.max(1)));
            let x = g.x.windows_of(x);
            for channel in (0..g.channels).step_by(V::LANES) {
                let count = V::LANES.min(g.channels - channel);
                let mut sum = Sum::<V>::zero();
                for out_z in z.0..z.1 {
                    for out_y in y.0..y.1 {
                        let rows = elements(&g.z, out_z) * elements(&g.y, out_y);
                        let line = (out_z * g.y.output + out_y) * g.x.output;
                        for out_x in x.0..x.1 {
                            let share = V::splat(1.0 / (rows * elements(&g.x, out_x)) as f32);
                            let from = gradient.get().wrapping_add((line + out_x) * g.channels + channel);
                            // SAFETY: the window is one of the output's, with `count` channels from here.
                            sum.add_product(unsafe { load_some(from, count) }, share);
                        }
                    }
                }
                // SAFETY: the pixel is one of the image's, with `count` channels from here.
                unsafe { store_some(sum.total(), to.get().add(pixel * g.channels + channel), count) };
            }
        }
    }
}

/// The first maximum of a window.
#[derive(Clone, Copy)]
struct Winner {
    column: usize,
    at: usize,
    value: f32,
}

impl Winner {
    /// A NaN is higher than all numbers.
    fn is_before(&self, other: &Self) -> bool {
        match (self.value.is_nan(), other.value.is_nan()) {
            (false, false) if self.value != other.value => self.value > other.value,
            (of_this, of_other) if of_this != of_other => of_this,
            _ => self.at < other.at,
        }
    }
}

/// Of an image, the gradients of the maxima of windows. Along a line, windows that follow each other mostly have the same maximum: it
/// takes the sum of theirs.
fn of_maxima(g: &Geometry, input: &[f32], gradient: &[f32], to: &mut [f32]) {
    to.fill(0.0);
    let mut give = |winner: Option<Winner>, sum: f64| {
        if let Some(to) = winner.and_then(|winner| to.get_mut(winner.at)) {
            *to += sum as f32;
        }
    };
    for line in 0..g.z.output * g.y.output {
        let (z, y) = (g.z.clipped(line / g.y.output.max(1)), g.y.clipped(line % g.y.output.max(1)));
        for channel in 0..g.channels {
            let (mut winner, mut sum, mut searched) = (None::<Winner>, 0.0, 0);
            for out_x in 0..g.x.output {
                let (first, end) = g.x.clipped(out_x);
                // Of those that were searched before, the winner is the maximum as long as it lies in the window.
                let mut best = winner.filter(|winner| winner.column >= first);
                let from = if best.is_some() { first.max(searched) } else { first };
                for row in (z.0..z.1).flat_map(|z| (y.0..y.1).map(move |y| z * g.y.input + y)) {
                    for column in from..end {
                        let at = (row * g.x.input + column) * g.channels + channel;
                        let Some(&value) = input.get(at) else { continue };
                        let here = Winner { column, at, value };
                        if best.is_none_or(|best| here.is_before(&best)) {
                            best = Some(here);
                        }
                    }
                }
                searched = end;
                if best.map(|best| best.at) != winner.map(|winner| winner.at) {
                    give(winner, core::mem::take(&mut sum));
                    winner = best;
                }
                let window = (line * g.x.output + out_x) * g.channels + channel;
                sum += f64::from(gradient.get(window).copied().unwrap_or_default());
            }
            give(winner, sum);
        }
    }
}
