//! Copies of runs of floats, cleared runs, and transposed blocks.

/// `into[d·width + c] = from[c·stride + d]` for c < columns, zero up to `width`.
///
/// # Safety
/// `from` is readable there, `into` has room for `depth · width` floats.
#[inline(always)]
pub(crate) unsafe fn transpose(
    from: *const f32,
    stride: usize,
    columns: usize,
    depth: usize,
    into: *mut f32,
    width: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        turn(from, stride, columns, depth, into, width);
        if columns < width {
            for d in 0..depth {
                zero_run(into.add(d * width + columns), width - columns);
            }
        }
    }
}

/// `into[d·width + c] = from[c·stride + d]` for c < columns.
///
/// # Safety
/// `from` is readable there, `into` writable.
#[inline(always)]
pub(crate) unsafe fn turn(from: *const f32, stride: usize, columns: usize, depth: usize, into: *mut f32, width: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut c = 0;
        // Tiles of 4 × 4 turn in registers: four vector loads, eight shuffles, four vector stores.
        while c + 4 <= columns {
            let mut d = 0;
            while d + 4 <= depth {
                let line = |i: usize| from.add((c + i) * stride + d).cast::<[f32; 4]>().read_unaligned();
                let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (line(0), line(1));
                let ([c0, c1, c2, c3], [d0, d1, d2, d3]) = (line(2), line(3));
                let put = |i: usize, v: [f32; 4]| into.add((d + i) * width + c).cast::<[f32; 4]>().write_unaligned(v);
                put(0, [a0, b0, c0, d0]);
                put(1, [a1, b1, c1, d1]);
                put(2, [a2, b2, c2, d2]);
                put(3, [a3, b3, c3, d3]);
                d += 4;
            }
            while d < depth {
                for i in 0..4 {
                    *into.add(d * width + c + i) = *from.add((c + i) * stride + d);
                }
                d += 1;
            }
            c += 4;
        }
        while c < columns {
            for d in 0..depth {
                *into.add(d * width + c) = *from.add(c * stride + d);
            }
            c += 1;
        }
    }
}

/// Copies a run of floats; short ones without a call.
///
/// # Safety
/// Both are valid for `count` floats and do not overlap.
#[inline(always)]
pub(crate) unsafe fn copy_run(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match count {
            0 => {}
            1 => to.write(from.read()),
            2 => to.cast::<[f32; 2]>().write(from.cast::<[f32; 2]>().read()),
            3 => to.cast::<[f32; 3]>().write(from.cast::<[f32; 3]>().read()),
            4..=8 => {
                // Two windows of four that overlap.
                let (head, tail) = (from.cast::<[f32; 4]>().read(), from.add(count - 4).cast::<[f32; 4]>().read());
                to.cast::<[f32; 4]>().write(head);
                to.add(count - 4).cast::<[f32; 4]>().write(tail);
            }
            9..=16 => {
                let (head, tail) = (from.cast::<[f32; 8]>().read(), from.add(count - 8).cast::<[f32; 8]>().read());
                to.cast::<[f32; 8]>().write(head);
                to.add(count - 8).cast::<[f32; 8]>().write(tail);
            }
            17..=32 => {
                let (head, tail) = (from.cast::<[f32; 16]>().read(), from.add(count - 16).cast::<[f32; 16]>().read());
                to.cast::<[f32; 16]>().write(head);
                to.add(count - 16).cast::<[f32; 16]>().write(tail);
            }
            _ => core::ptr::copy_nonoverlapping(from, to, count),
        }
    }
}

/// Clears a run of floats.
///
/// # Safety
/// `to` is valid for `count` floats.
#[inline(always)]
pub(crate) unsafe fn zero_run(to: *mut f32, count: usize) {
    if count > 0 {
        // SAFETY: the caller's promise; all bits zero is 0.0.
        unsafe { core::ptr::write_bytes(to, 0, count) }
    }
}
