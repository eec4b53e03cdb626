//! Which way a pool is computed: what is faster, by the geometry.

use super::Operation;
use super::lines::CHUNK;
use crate::kernels::geometry::Geometry;
use crate::kernels::length;
use crate::kernels::sums::PIECE;

/// Whether lines take less time than windows, counted in vectors that are loaded. Of `disjoint` windows no element belongs to two.
pub(super) fn lines_are_better(lanes: usize, operation: Operation, g: &Geometry, disjoint: bool) -> bool {
    let (x, rows) = (g.x, length([g.z.window, g.y.window]));
    // A chunk holds some windows, whose sums are short.
    let fits = length([x.window.max(x.stride), g.channels]) <= CHUNK / 2 && x.window <= PIECE && rows <= PIECE;
    if !fits || x.window == 0 {
        return false;
    }
    let vectors = |pixels: usize| length([pixels, g.channels]).div_ceil(lanes);
    let of_pixel = vectors(1);
    let of_windows = length([x.output, 1 + length([of_pixel, rows, x.window])]);
    // Chunks overlap by what the windows at their ends have in common.
    let chunk = CHUNK / g.channels.max(1);
    let of_line = |pixels: usize, passes: usize| {
        length([vectors(pixels), passes, chunk]) / chunk.saturating_sub(x.window).saturating_add(1)
    };
    match operation {
        // Rows are joined at every place of a line, then the places of every window, of which those between strides are left out.
        Operation::Max | Operation::Average => {
            let passes = rows + x.window + usize::from(operation == Operation::Average);
            let together = together(lanes, g.channels, x.stride);
            let taken = if x.stride == 1 { 0 } else { length([x.output.div_ceil(together), of_pixel]) };
            of_line(length([x.output, x.stride]), passes).saturating_add(taken) <= of_windows
        }
        // Every window at stride 1 is searched; the ends of a line take longer. Windows that overlap add to what was just stored,
        // and wait for it if that was a vector in part.
        Operation::MaxBackward => {
            let searched = length([4, vectors(x.input + x.window - 1) + 4]);
            g.channels < lanes && searched <= length([x.output, if disjoint { 3 } else { 6 }])
        }
        // The shares of a line are divided out, added at every place, and then to every row. Windows of whole vectors do not wait.
        Operation::AverageBackward => {
            let (of_windows, of_line) = (length([2, of_windows]), length([2, of_line(x.input, 1 + x.window + rows)]));
            let of_windows = match g.channels {
                channels if channels < lanes => length([3, of_windows]),
                channels if channels.is_multiple_of(lanes) => of_windows / 3 * 2,
                _ => of_windows,
            };
            !disjoint && of_line <= of_windows
        }
    }
}

/// The windows of a line that a vector holds with what is between them.
#[inline(always)]
pub(super) fn together(lanes: usize, channels: usize, stride: usize) -> usize {
    lanes.saturating_sub(channels) / length([channels, stride]).max(1) + 1
}
