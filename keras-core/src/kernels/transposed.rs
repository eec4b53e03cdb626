//! Short rows, transposed on the stack, so that each lane of a vector has a row: along a row of ten numbers, lanes are empty.

use super::elementwise::{load_some, store_some};
use super::simd::{MAX_LANES, Vector};

/// The vectors of a block.
pub(crate) const VECTORS: usize = 48;

/// Rows that are transposed at a time: vectors with the numbers of one place of as many rows as there are lanes.
#[repr(C, align(64))]
pub(crate) struct Block([f32; VECTORS * MAX_LANES]);

impl Block {
    /// Zeros: lanes without a row hold anything that a row could hold.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self([0.0; VECTORS * MAX_LANES])
    }

    /// The vectors of the group of rows whose number this is, for rows of `length` numbers, at most [`VECTORS`].
    #[inline(always)]
    pub(crate) fn group<V: Vector>(&mut self, length: usize, group: usize) -> *mut f32 {
        self.0.as_mut_ptr().wrapping_add(group * length * V::LANES)
    }

    /// How many rows of this length it holds: some groups, so that a group is not loaded right after it was stored.
    #[inline(always)]
    pub(crate) fn rows<V: Vector>(length: usize) -> usize {
        VECTORS / length.max(1) * V::LANES
    }

    /// Transposes rows into it.
    ///
    /// # Safety
    /// They are readable, and no more than [`rows`](Self::rows).
    #[inline(always)]
    pub(crate) unsafe fn load<V: Vector>(&mut self, from: *const f32, length: usize, rows: usize) {
        for first in (0..rows).step_by(V::LANES) {
            let (from, to) = (from.wrapping_add(first * length), self.group::<V>(length, first / V::LANES));
            // SAFETY: the caller's promise.
            unsafe { turn::<V, true>(from.cast_mut(), to, length, V::LANES.min(rows - first)) };
        }
    }

    /// Transposes rows from it.
    ///
    /// # Safety
    /// They are writable, and no more than [`rows`](Self::rows).
    #[inline(always)]
    pub(crate) unsafe fn store<V: Vector>(&mut self, to: *mut f32, length: usize, rows: usize) {
        for first in (0..rows).step_by(V::LANES) {
            let (to, from) = (to.wrapping_add(first * length), self.group::<V>(length, first / V::LANES));
            // SAFETY: the caller's promise.
            unsafe { turn::<V, false>(to, from, length, V::LANES.min(rows - first)) };
        }
    }
}

/// Copies `count` rows to, or from, vectors with a row in each lane.
///
/// # Safety
/// All of them can be read, or written.
#[inline(always)]
unsafe fn turn<V: Vector, const LOAD: bool>(rows: *mut f32, vectors: *mut f32, length: usize, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut row = 0;
        match length {
            1 if LOAD => store_some(load_some::<V>(rows, count), vectors, count),
            1 => store_some(load_some::<V>(vectors, count), rows, count),
            2 => few::<V, LOAD, 2>(rows, vectors, count),
            3 => few::<V, LOAD, 3>(rows, vectors, count),
            _ => {
                // Tiles of 4 × 4 turn in registers. The last tile of a row may overlap the one before.
                while row + 4 <= count {
                    let mut at = 0;
                    while at < length {
                        at = at.min(length - 4);
                        let in_row = |i: usize| rows.add((row + i) * length + at).cast::<[f32; 4]>();
                        let in_vector = |i: usize| vectors.add((at + i) * V::LANES + row).cast::<[f32; 4]>();
                        if LOAD {
                            tile(
                                [in_row(0), in_row(1), in_row(2), in_row(3)],
                                [in_vector(0), in_vector(1), in_vector(2), in_vector(3)],
                            );
                        } else {
                            tile(
                                [in_vector(0), in_vector(1), in_vector(2), in_vector(3)],
                                [in_row(0), in_row(1), in_row(2), in_row(3)],
                            );
                        }
                        at += 4;
                    }
                    row += 4;
                }
                while row < count {
                    for at in 0..length {
                        let (in_row, in_vector) = (rows.add(row * length + at), vectors.add(at * V::LANES + row));
                        if LOAD { *in_vector = *in_row } else { *in_row = *in_vector }
                    }
                    row += 1;
                }
            }
        }
    }
}

/// Rows of so few numbers that they are taken one by one.
///
/// # Safety
/// As [`turn`].
#[inline(always)]
unsafe fn few<V: Vector, const LOAD: bool, const LENGTH: usize>(rows: *mut f32, vectors: *mut f32, count: usize) {
    for row in 0..count {
        for at in 0..LENGTH {
            // SAFETY: the caller's promise.
            unsafe {
                let (in_row, in_vector) = (rows.add(row * LENGTH + at), vectors.add(at * V::LANES + row));
                if LOAD { *in_vector = *in_row } else { *in_row = *in_vector }
            }
        }
    }
}

/// # Safety
/// The first ones can be read, the second ones written.
#[inline(always)]
unsafe fn tile(from: [*mut [f32; 4]; 4], to: [*mut [f32; 4]; 4]) {
    // SAFETY: the caller's promise.
    unsafe {
        let [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]] =
            from.map(|from| from.read_unaligned());
        let turned = [[a0, b0, c0, d0], [a1, b1, c1, d1], [a2, b2, c2, d2], [a3, b3, c3, d3]];
        for (to, value) in to.into_iter().zip(turned) {
            to.write_unaligned(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::{Isa, Kernel, tests::each_isa};

    /// Loads rows and stores them again, and what the block held.
    struct Back<'a>(usize, &'a [f32], &'a mut [f32]);
    impl Kernel for Back<'_> {
        type Output = ();
        #[inline(always)]
        unsafe fn run<V: Vector>(self) {
            let Self(length, from, to) = self;
            let (mut block, rows) = (Block::new(), from.len() / length);
            // SAFETY: the slices are of one length, and a block holds them.
            unsafe {
                block.load::<V>(from.as_ptr(), length, rows);
                for (row, from) in from.chunks(length).enumerate() {
                    let group = block.group::<V>(length, row / V::LANES);
                    for (at, from) in from.iter().enumerate() {
                        assert_eq!(*group.add(at * V::LANES + row % V::LANES), *from, "{row}, {at}");
                    }
                }
                block.store::<V>(to.as_mut_ptr(), length, rows);
            }
        }
    }

    #[test]
    fn rows_are_transposed_and_back() {
        each_isa(|| {
            for length in 1..=VECTORS {
                for rows in [1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 16, 17, 20, 31, 48] {
                    // As many as fit, whatever the lanes.
                    if rows <= VECTORS / length * 4 {
                        let from: Vec<f32> = (0..rows * length).map(|at| at as f32).collect();
                        let mut to = vec![f32::NAN; from.len()];
                        // SAFETY: as the kernel says.
                        unsafe { Isa::current().run_pointers(Back(length, &from, &mut to)) };
                        assert_eq!(to, from);
                    }
                }
            }
        });
    }
}
