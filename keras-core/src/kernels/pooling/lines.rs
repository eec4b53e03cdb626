//! Pools whose vectors run along a line of the image, over its pixels and their channels: few channels would leave most lanes empty, and
//! windows that overlap have sums in common.
//!
//! Windows are taken at every place of a line, as if the stride were 1, and those between the strides are left out afterwards: a stride
//! costs less than it would to gather the pixels of each window.

use core::{marker::PhantomData, mem::MaybeUninit};

use super::choice::together;
use super::{Operation, Window};
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::geometry::Geometry;
use crate::kernels::pointers::{ReadPointer, WritePointer};
use crate::kernels::simd::{Kernel, MAX_LANES, NUMBERS, Vector};

/// The floats of a line that are on the stack at a time.
pub(super) const CHUNK: usize = 1024;

struct Chunk(MaybeUninit<[f32; CHUNK]>);

impl Chunk {
    const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
    #[inline(always)]
    fn get(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
}

/// Lines of the output (going forward), or images (going backward).
pub(super) struct Lines<'a> {
    pub operation: Operation,
    pub g: &'a Geometry,
    pub first: usize,
    pub last: usize,
    pub inputs: [ReadPointer; 3],
    pub to: WritePointer,
}

impl Kernel for Lines<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.operation {
                Operation::Max => V::outlined(Forward::<super::Max>(self, PhantomData)),
                Operation::Average => V::outlined(Forward::<super::Average>(self, PhantomData)),
                Operation::MaxBackward => V::outlined(Backward::<true>(self)),
                Operation::AverageBackward => V::outlined(Backward::<false>(self)),
            }
        }
    }
}

/// Indices of lanes that move by some lanes: by as many as are left out of the first half.
const MOVED: [u32; 2 * MAX_LANES] = {
    let (mut moved, mut lane) = ([0; 2 * MAX_LANES], 0);
    while lane < MAX_LANES {
        moved[MAX_LANES + lane] = lane as u32;
        lane += 1;
    }
    moved
};

/// Visits the floats of a run, as many as a vector has at a time. (A macro rather than a function, whose closure would not always be
/// inlined.)
macro_rules! vectors {
    ($V:ident over $floats:expr => |$at:ident, $count:ident| $visit:block) => {
        let (floats, mut $at) = ($floats, 0);
        while $at < floats {
            let $count = $V::LANES.min(floats - $at);
            $visit
            $at += $V::LANES;
        }
    };
}

/// The pixels of a line that are windows, among those of windows at stride 1: some at a time are taken out of a vector, or put into one.
struct Pixels {
    channels: usize,
    stride: usize,
    /// How many a vector holds with what is between them.
    together: usize,
    taken: [u32; MAX_LANES],
    put: [u32; MAX_LANES],
}

impl Pixels {
    #[inline(always)]
    fn new<V: Vector>(channels: usize, stride: usize) -> Self {
        let (channels, step) = (channels.max(1), (channels * stride).max(1));
        let together = together(V::LANES, channels, stride);
        let (mut taken, mut put) = ([0; MAX_LANES], [0; MAX_LANES]);
        for (lane, (taken, put)) in taken.iter_mut().zip(&mut put).enumerate() {
            *taken = (lane / channels * step + lane % channels) as u32;
            // Between pixels, the lane after those that are loaded is zero.
            let between = lane % step >= channels;
            *put = if between { together * channels } else { lane / step * channels + lane % step } as u32;
        }
        Self { channels, stride, together, taken, put }
    }

    /// # Safety
    /// Windows at stride 1 are readable, and `count` pixels writable.
    #[inline(always)]
    unsafe fn take<V: Vector>(&self, count: usize, from: *const f32, to: *mut f32) {
        let (channels, step) = (self.channels, self.channels * self.stride);
        let mut pixel = 0;
        while pixel < count {
            let together = self.together.min(count - pixel);
            let (from, to) = (from.wrapping_add(pixel * step), to.wrapping_add(pixel * channels));
            // SAFETY: the caller's promise.
            unsafe {
                if channels <= V::LANES {
                    let given = V::LANES.min((together - 1) * step + channels);
                    let pixels = load_some::<V>(from, given).permute(&self.taken);
                    store_some(pixels, to, together * channels);
                } else {
                    copy::<V>(channels, from, to);
                }
            }
            pixel += together;
        }
    }

    /// Zeros are put between them.
    ///
    /// # Safety
    /// `count` pixels are readable, and windows at stride 1 writable.
    #[inline(always)]
    unsafe fn put<V: Vector>(&self, count: usize, from: *const f32, to: *mut f32) {
        let (channels, step) = (self.channels, self.channels * self.stride);
        if self.stride == 1 {
            // SAFETY: the caller's promise.
            return unsafe { copy::<V>(count * channels, from, to) };
        }
        let mut pixel = 0;
        while pixel < count {
            let together = self.together.min(count - pixel);
            let (from, to) = (from.wrapping_add(pixel * channels), to.wrapping_add(pixel * step));
            // SAFETY: the caller's promise.
            unsafe {
                if channels <= V::LANES {
                    let pixels = load_some::<V>(from, together * channels).permute(&self.put);
                    store_some(pixels, to, (together - 1) * step + channels);
                } else {
                    copy::<V>(channels, from, to);
                }
            }
            pixel += together;
        }
    }
}

/// # Safety
/// So many floats are readable and writable.
#[inline(always)]
unsafe fn copy<V: Vector>(floats: usize, from: *const f32, to: *mut f32) {
    vectors!(V over floats => |at, count| {
        // SAFETY: the caller's promise.
        unsafe { store_some(load_some::<V>(from.add(at), count), to.add(at), count) };
    });
}

/// # Safety
/// So many floats are writable.
#[inline(always)]
unsafe fn fill<V: Vector>(value: f32, to: *mut f32, count: usize) {
    vectors!(V over count => |at, count| {
        // SAFETY: the caller's promise.
        unsafe { store_some(V::splat(value), to.add(at), count) };
    });
}

/// Writes how many elements windows have along a line, at each of its places from `start` on, which count the padding.
///
/// # Safety
/// There is room for `count` pixels.
#[inline(always)]
unsafe fn count_elements(g: &Geometry, start: usize, step: usize, count: usize, to: *mut f32) {
    let x = g.x;
    for window in 0..count {
        let place = start + window * step;
        let elements = (place + x.window).min(x.before + x.input).saturating_sub(place.max(x.before));
        for channel in 0..g.channels {
            // SAFETY: the caller's promise.
            unsafe { *to.add(window * g.channels + channel) = elements as f32 };
        }
    }
}

/// A line of the output: the image, and where it lies in that.
struct Line {
    image: usize,
    z: usize,
    y: usize,
}

impl Line {
    #[inline(always)]
    fn new(g: &Geometry, line: usize) -> Self {
        let (plane, planes) = (line / g.y.output.max(1), g.z.output.max(1));
        Self { image: plane / planes, z: plane % planes, y: line % g.y.output.max(1) }
    }

    /// The rows that its windows lie over; the next line follows.
    #[inline(always)]
    fn next_rows(&mut self, g: &Geometry) -> Rows {
        let rows = Rows { z: g.z.clipped(self.z), y: g.y.clipped(self.y), image: self.image };
        self.y += 1;
        if self.y == g.y.output {
            (self.y, self.z) = (0, self.z + 1);
            if self.z == g.z.output {
                (self.z, self.image) = (0, self.image + 1);
            }
        }
        rows
    }
}

/// The rows of an image that some windows lie over.
#[derive(Clone, Copy)]
struct Rows {
    z: (usize, usize),
    y: (usize, usize),
    image: usize,
}

impl Rows {
    #[inline(always)]
    fn count(&self) -> usize {
        self.z.1.saturating_sub(self.z.0) * self.y.1.saturating_sub(self.y.0)
    }
}

/// Visits the offsets of rows, or from the last to the first.
macro_rules! rows {
    (rev $rows:expr, $g:expr => |$start:ident| $visit:block) => {
        rows!(($rows.z.0..$rows.z.1).rev(), ($rows.y.0..$rows.y.1).rev(), $rows, $g => |$start| $visit);
    };
    ($rows:expr, $g:expr => |$start:ident| $visit:block) => {
        rows!($rows.z.0..$rows.z.1, $rows.y.0..$rows.y.1, $rows, $g => |$start| $visit);
    };
    ($z:expr, $y:expr, $rows:expr, $g:expr => |$start:ident| $visit:block) => {
        for z in $z {
            for y in $y {
                let $start = (($rows.image * $g.z.input + z) * $g.y.input + y) * $g.x.input * $g.channels;
                $visit
            }
        }
    };
}

struct Forward<'a, W>(Lines<'a>, PhantomData<W>);

impl<W: Window> Kernel for Forward<'_, W> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Lines { g, inputs: [input, ..], to, .. } = self.0;
        let (channels, x) = (g.channels.max(1), g.x);
        let (mut columns, mut counts, mut joined) = (Chunk::new(), Chunk::new(), Chunk::new());
        let (columns, counts, joined) = (columns.get(), counts.get(), joined.get());
        let pixels = Pixels::new::<V>(channels, x.stride);
        let most = (CHUNK / channels).saturating_sub(x.window) / x.stride.max(1) + 1;
        let mut first = 0;
        while first < x.output {
            let count = most.min(x.output - first);
            // Places of the chunk count the padding: those of windows at stride 1, and those of their elements.
            let (start, windows) = (first * x.stride, (count - 1) * x.stride + 1);
            let places = windows + x.window - 1;
            let before = x.before.saturating_sub(start).min(places);
            let from = (start + before).saturating_sub(x.before);
            let inside = x.input.saturating_sub(from).min(places - before);
            // SAFETY: `most` windows at stride 1 and their elements fit into a chunk, of which `inside` lie in a row of the image from
            // `from` on; the lengths were checked at entry.
            unsafe {
                fill::<V>(W::NEUTRAL, columns, before * channels);
                let end = (before + inside) * channels;
                fill::<V>(W::NEUTRAL, columns.add(end), places * channels - end);
                if W::IS_MEAN {
                    count_elements(g, start, 1, windows, counts);
                }
                let mut at = Line::new(g, self.0.first);
                for line in self.0.first..self.0.last {
                    let rows = at.next_rows(g);
                    vectors!(V over inside * channels => |at, count| {
                        let mut column = V::splat(W::NEUTRAL);
                        rows!(rows, g => |row| {
                            column = W::join(column, load_some(input.get().add(row + from * channels + at), count));
                        });
                        store_some(column, columns.add(before * channels + at), count);
                    });
                    let output = to.get().add((line * x.output + first) * channels);
                    let into = if x.stride == 1 { output } else { joined };
                    let height = V::splat(rows.count() as f32);
                    vectors!(V over windows * channels => |at, count| {
                        let mut window = load_some::<V>(columns.add(at), count);
                        for tap in 1..x.window {
                            window = W::join(window, load_some(columns.add(at + tap * channels), count));
                        }
                        if W::IS_MEAN {
                            window = window / (load_some::<V>(counts.add(at), count) * height);
                        }
                        store_some(window, into.add(at), count);
                    });
                    if x.stride > 1 {
                        pixels.take::<V>(count, joined, output);
                    }
                }
            }
            first += count;
        }
    }
}

/// Gradients of the maximum (`MAX`), or of the mean.
struct Backward<'a, const MAX: bool>(Lines<'a>);

impl<const MAX: bool> Kernel for Backward<'_, MAX> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Lines { g, inputs: [input, output, gradient], to, .. } = self.0;
        let (channels, x, lines) = (g.channels.max(1), g.x, g.z.output * g.y.output);
        let mut chunks = [const { Chunk::new() }; 4];
        let [slopes, highest, winners, counts] = chunks.each_mut().map(Chunk::get);
        let (before, stride) = (x.window - 1, x.stride.max(1));
        let pixels = Pixels::new::<V>(channels, stride);
        let most = (CHUNK / channels).saturating_sub(before).max(1);
        let mut first = 0;
        while first < x.input {
            let count = most.min(x.input - first);
            // Windows at stride 1 that have elements among these pixels; the first one begins `before` places before them. Those
            // that are no window have a gradient of zero.
            let windows = count + before;
            let start = first + x.before;
            let window = start.saturating_sub(before).div_ceil(stride);
            let of_chunk = ((start + count - 1) / stride + 1).min(x.output).saturating_sub(window);
            let offset = (window * stride + before).saturating_sub(start) * channels;
            // SAFETY: `most` pixels and the windows over them fit into a chunk; the rest as going forward.
            unsafe {
                fill::<V>(0.0, slopes, windows * channels);
                if MAX {
                    fill::<V>(0.0, highest, windows * channels);
                } else {
                    count_elements(g, window * stride, stride, of_chunk, counts);
                }
                let mut at = Line::new(g, self.0.first * lines);
                for line in self.0.first * lines..self.0.last * lines {
                    let rows = at.next_rows(g);
                    let given = (line * x.output + window) * channels;
                    let mut from = gradient.get().wrapping_add(given);
                    if !MAX {
                        // The chunk of the winners is free.
                        let height = V::splat(rows.count() as f32);
                        let shares = if stride == 1 { slopes.add(offset) } else { winners };
                        vectors!(V over of_chunk * channels => |at, count| {
                            let elements = load_some::<V>(counts.add(at), count) * height;
                            store_some(load_some::<V>(from.add(at), count) / elements, shares.add(at), count);
                        });
                        from = shares;
                    }
                    if MAX || stride > 1 {
                        pixels.put::<V>(of_chunk, from, slopes.add(offset));
                    }
                    if MAX {
                        let from = output.get().wrapping_add(given);
                        pixels.put::<V>(of_chunk, from, highest.add(offset));
                        self.find_winners::<V>(rows, first, windows, input.get(), highest, winners);
                    }
                    vectors!(V over count * channels => |at, count| {
                        let (mut sum, mut tap) = (V::zero(), 0);
                        if !MAX {
                            for back in 0..x.window {
                                sum = sum + load_some::<V>(slopes.add(at + back * channels), count);
                            }
                        }
                        rows!(rows, g => |row| {
                            if MAX {
                                sum = V::zero();
                                for back in (0..x.window).rev() {
                                    let winner = load_some::<V>(winners.add(at + back * channels), count);
                                    let slope = load_some::<V>(slopes.add(at + back * channels), count);
                                    sum = sum + V::select(winner.eq(V::splat(tap as f32)), slope, V::zero());
                                    tap += 1;
                                }
                            }
                            let to = to.get().add(row + first * channels + at);
                            store_some(load_some::<V>(to, count) + sum, to, count);
                        });
                    });
                }
            }
            first += count;
        }
    }
}

impl<const MAX: bool> Backward<'_, MAX> {
    /// The tap of each window at stride 1 at which its maximum is for the first time, counted over its rows.
    ///
    /// # Safety
    /// As [`Kernel::run`]: of windows that have elements among the pixels from `first` on.
    #[inline(always)]
    unsafe fn find_winners<V: Vector>(
        &self,
        rows: Rows,
        first: usize,
        windows: usize,
        input: *const f32,
        highest: *const f32,
        winners: *mut f32,
    ) {
        let Lines { g, .. } = self.0;
        let (channels, x) = (g.channels.max(1), g.x);
        let before = x.window - 1;
        // SAFETY: elements are clipped to the row; the rest is the caller's promise.
        unsafe {
            let lanes = V::load(NUMBERS.as_ptr());
            // Those whose elements of all taps are in the image.
            let (low, high) = (before.saturating_sub(first), (x.input + before).saturating_sub(first + before));
            let (low, high) = (low * channels, high.min(windows) * channels);
            let image = input.wrapping_add(first * channels).wrapping_sub(before * channels);
            vectors!(V over windows * channels => |at, count| {
                let most = load_some::<V>(highest.add(at), count);
                // From the last tap to the first, which is the one that stays. A NaN equals no number: it is its own.
                let (mut of_number, mut of_nan) = (V::splat(-1.0), V::splat(-1.0));
                let mut number = (rows.count() * x.window) as f32;
                if low <= at && at + count <= high {
                    rows!(rev rows, g => |row| {
                        for tap in (0..x.window).rev() {
                            number -= 1.0;
                            let value = load_some::<V>(image.wrapping_add(row + tap * channels + at), count);
                            of_number = V::select(value.eq(most), V::splat(number), of_number);
                            of_nan = V::select(value.eq(value), of_nan, V::splat(number));
                        }
                    });
                } else {
                    rows!(rev rows, g => |row| {
                        for tap in (0..x.window).rev() {
                            number -= 1.0;
                            // The lanes whose element of this tap is in the image. Those before them are free.
                            let from = (before - tap).saturating_sub(first) * channels;
                            let end = (x.input + before).saturating_sub(first + tap).min(windows) * channels;
                            let (from, end) = (from.saturating_sub(at), end.min(at + count).saturating_sub(at));
                            let moved = MOVED.get(MAX_LANES.saturating_sub(from)..).and_then(|moved| moved.first_chunk());
                            let (true, Some(moved)) = (from < end, moved) else { continue };
                            let elements = image.wrapping_add(row + tap * channels + at + from);
                            let value = V::load_partial(elements, end - from).permute(moved);
                            let here = V::select(lanes.lt(V::splat(from as f32)), V::splat(-1.0), V::splat(number));
                            let here = V::select(lanes.lt(V::splat(end as f32)), here, V::splat(-1.0));
                            let is_here = V::splat(0.0).le(here);
                            let won = V::select(value.eq(most), here, of_number);
                            of_number = V::select(is_here, won, of_number);
                            let won = V::select(value.eq(value), of_nan, here);
                            of_nan = V::select(is_here, won, of_nan);
                        }
                    });
                }
                let winner = V::select(most.eq(most), of_number, of_nan);
                store_some(winner, winners.add(at), count);
            });
        }
    }
}
