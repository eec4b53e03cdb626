//! Copies rows of a source into contiguous memory.

use crate::{
    data::Source,
    kernels::{parallel, simd::prefetch},
    layers::Elements,
};

/// Prefetch distance, in rows.
const AHEAD: usize = 2;
/// Floats per cache line.
const LINE: usize = 16;

/// Copies rows of a source of any dtype into words, in a given order.
pub(super) fn gather_words(source: &Source<'_>, rows: &[usize], into: &mut [f32]) {
    let size = source.dims.size();
    match source.values {
        Elements::Float32(_) | Elements::Int32(_) => gather(source.values.words(), size, rows, into),
        Elements::UInt8(bytes) => {
            let into: &mut [u8] = bytemuck::cast_slice_mut(into);
            for (to, &row) in into.chunks_exact_mut(size.max(1)).zip(rows) {
                to.copy_from_slice(&bytes[row * size..(row + 1) * size]);
            }
        }
    }
}

/// Copies rows of a source, in a given order.
fn gather(values: &[f32], size: usize, rows: &[usize], into: &mut [f32]) {
    if rows.len() > 1 && into.len() >= 2 * parallel::ELEMENTS && parallel::threads() > 1 {
        let (these, those) = rows.split_at(rows.len() / 2);
        let (left, right) = into.split_at_mut(these.len() * size);
        parallel::join(|| gather(values, size, these, left), || gather(values, size, those, right));
        return;
    }
    let source = |row: usize| &values[row * size..(row + 1) * size];
    for (at, (target, &row)) in into.chunks_exact_mut(size.max(1)).zip(rows).enumerate() {
        match rows.get(at + AHEAD) {
            // The processor prefetches consecutive rows, but not shuffled ones. For each line that is copied, one is
            // prefetched: prefetching all lines of a row at once would exceed the pending loads of the processor.
            Some(&next) if next != row + AHEAD => {
                let (lines, end) = source(row).as_chunks::<LINE>();
                let (targets, target_end) = target.as_chunks_mut::<LINE>();
                let mut ahead = source(next).chunks(LINE);
                for ((target, line), next) in targets.iter_mut().zip(lines).zip(&mut ahead) {
                    prefetch(next.as_ptr());
                    *target = *line;
                }
                ahead.for_each(|end| prefetch(end.as_ptr()));
                target_end.copy_from_slice(end);
            }
            _ => target.copy_from_slice(source(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_asked_for() {
        // Of less than a line of the cache, of one, of lines and a rest, of so much that threads share it, and of so much that
        // one row is a share.
        for size in [3, LINE, 2 * LINE + 5, parallel::ELEMENTS / 2 + 1, 2 * parallel::ELEMENTS] {
            let values: Vec<f32> = (0..5 * size).map(|value| value as f32).collect();
            for rows in [vec![0, 1, 2, 3, 4], vec![4, 0, 3, 3, 1], vec![2], vec![]] {
                let mut gathered = vec![-1.0; size * rows.len()];
                rayon::join(|| gather(&values, size, &rows, &mut gathered), || ());
                let row = |&row: &usize| &values[size * row..size * (row + 1)];
                assert_eq!(gathered, rows.iter().flat_map(row).copied().collect::<Vec<f32>>());
            }
        }
    }
}
