//! Functions of rows of predictions and their targets, with their gradients: vectors run along a long row, or over short ones, which are
//! transposed so that each lane has a row. A row has the same result alone and among others.

mod softmax;

pub(crate) use softmax::Softmax;

use super::elementwise::{load_some, store_some};
use super::simd::{Isa, Kernel, MAX_LANES, NUMBERS, Sets, Vector};
use super::sums::Sum;
use super::transposed::Block;
use super::{ensure, length};

/// The longest rows of which each lane has one.
const SHORT: usize = MAX_LANES;

/// A function of a row.
pub(crate) trait RowFunction: Sync {
    /// Whether targets are the class of each row, and not a number for each of its values.
    const OF_CLASSES: bool;
    /// What it is compiled for.
    const SETS: Sets = Sets::UpToAvx2;

    /// Its value for the row of each lane, or in each lane for the row that vectors run along (`ALONG`). If slopes are asked for,
    /// all are written.
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V;
}

/// The targets of rows.
#[derive(Clone, Copy)]
pub(crate) enum Targets<'a> {
    Numbers(&'a [f32]),
    Labels(&'a [u32]),
}

/// Rows of one length.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub length: usize,
    pub values: &'a [f32],
    /// The logits of the values; empty if there are none.
    pub logits: &'a [f32],
    pub targets: Targets<'a>,
}

/// Writes the value of a function for each row, and its gradient, by a factor for each row, if that is asked for.
pub(crate) fn each_row<F: RowFunction>(
    function: &F,
    batch: Batch<'_>,
    results: &mut [f32],
    gradient: Option<(&mut [f32], &[f32])>,
) {
    let floats = length([results.len(), batch.length]);
    ensure!(batch.length > 0 && batch.values.len() == floats);
    ensure!(batch.logits.is_empty() || batch.logits.len() == floats);
    let fits = match batch.targets {
        Targets::Numbers(numbers) => !F::OF_CLASSES && numbers.len() == floats,
        Targets::Labels(labels) if F::OF_CLASSES => {
            labels.len() == results.len() && labels.iter().all(|&label| (label as usize) < batch.length)
        }
        Targets::Labels(labels) => labels.len() == floats,
    };
    ensure!(fits);
    if let Some((gradient, factors)) = &gradient {
        ensure!(gradient.len() == floats && factors.len() == results.len());
    }
    // SAFETY: the lengths were checked.
    unsafe { Isa::current().run_pointers(EachRow { function, batch, results, gradient }) }
}

/// A place in a row: one for each lane.
#[derive(Clone, Copy)]
pub(crate) struct Place<V> {
    lanes: V,
    /// That of the row along vectors.
    along: usize,
}

/// Some elements of a row, or one of each lane's row.
#[derive(Clone, Copy)]
pub(crate) struct Elements {
    first: usize,
    count: usize,
}

/// A row along vectors, or a row in each lane.
pub(crate) struct Rows<'a, V, const ALONG: bool> {
    length: usize,
    values: &'a [f32],
    logits: &'a [f32],
    numbers: &'a [f32],
    labels: &'a [u32],
    class: Place<V>,
}

/// The gradient of rows.
pub(crate) struct Slopes<'a, V, const ALONG: bool> {
    to: &'a mut [f32],
    factor: V,
}

impl<V: Vector, const ALONG: bool> Slopes<'_, V, ALONG> {
    /// Writes the slopes of some elements, times the factor.
    #[inline(always)]
    pub(crate) fn write(&mut self, at: Elements, slope: V) {
        let start = if ALONG { at.first } else { at.first * V::LANES };
        if let Some(to) = self.to.get_mut(start..start + at.count) {
            // SAFETY: it is as long.
            unsafe { store_some(slope * self.factor, to.as_mut_ptr(), at.count) };
        }
    }
}

/// All elements of rows.
struct Walk<V, const ALONG: bool> {
    next: usize,
    length: usize,
    lanes: core::marker::PhantomData<V>,
}

impl<V: Vector, const ALONG: bool> Iterator for Walk<V, ALONG> {
    type Item = Elements;
    #[inline(always)]
    fn next(&mut self) -> Option<Elements> {
        let first = self.next;
        if first >= self.length {
            return None;
        }
        let count = if ALONG { V::LANES.min(self.length - first) } else { V::LANES };
        self.next += if ALONG { V::LANES } else { 1 };
        Some(Elements { first, count })
    }
}

#[inline(always)]
fn load<V: Vector, const ALONG: bool>(from: &[f32], at: Elements) -> V {
    let start = if ALONG { at.first } else { at.first * V::LANES };
    match from.get(start..start + at.count) {
        // SAFETY: it is as long.
        Some(from) => unsafe { load_some(from.as_ptr(), at.count) },
        None => V::zero(),
    }
}

impl<'a, V: Vector, const ALONG: bool> Rows<'a, V, ALONG> {
    /// The length of a row.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// All elements, in order.
    #[inline(always)]
    pub(crate) fn elements(&self) -> impl Iterator<Item = Elements> + use<V, ALONG> {
        Walk::<V, ALONG> { next: 0, length: self.length, lanes: core::marker::PhantomData }
    }

    #[inline(always)]
    pub(crate) fn value(&self, at: Elements) -> V {
        load::<V, ALONG>(self.values, at)
    }

    /// The target of each value.
    #[inline(always)]
    pub(crate) fn target(&self, at: Elements) -> V {
        if self.labels.is_empty() {
            return load::<V, ALONG>(self.numbers, at);
        }
        let mut lanes = [0.0; MAX_LANES];
        for (lane, label) in lanes.iter_mut().zip(self.labels.iter().skip(at.first)) {
            *lane = *label as f32;
        }
        // SAFETY: the array has every lane.
        unsafe { V::load(lanes.as_ptr()) }
    }

    /// Of numbers, one for each value of a row.
    #[inline(always)]
    pub(crate) fn parameter(&self, numbers: &[f32], at: Elements) -> V {
        if ALONG { load::<V, ALONG>(numbers, at) } else { V::splat(numbers.get(at.first).copied().unwrap_or_default()) }
    }

    /// The class of each row.
    #[inline(always)]
    pub(crate) fn class(&self) -> Place<V> {
        self.class
    }

    /// Whether elements are at a place.
    #[inline(always)]
    pub(crate) fn is(&self, place: Place<V>, at: Elements) -> V::Mask {
        if !ALONG {
            return V::splat(at.first as f32).eq(place.lanes);
        }
        let lane = if place.along >= at.first && place.along < at.first + at.count {
            place.along - at.first
        } else {
            MAX_LANES
        };
        numbers::<V>().eq(V::splat(lane as f32))
    }

    /// The value at a place.
    #[inline(always)]
    pub(crate) fn value_at(&self, place: Place<V>) -> V {
        self.pick(self.values, place)
    }

    #[inline(always)]
    fn pick(&self, from: &[f32], place: Place<V>) -> V {
        if ALONG {
            return V::splat(from.get(place.along).copied().unwrap_or_default());
        }
        let mut picked = V::zero();
        for at in self.elements() {
            picked = V::select(self.is(place, at), load::<V, ALONG>(from, at), picked);
        }
        picked
    }

    /// Elements that exist; others are replaced.
    #[inline(always)]
    pub(crate) fn or(&self, value: V, at: Elements, other: f32) -> V {
        if !ALONG || at.count == V::LANES {
            return value;
        }
        V::select(numbers::<V>().lt(V::splat(at.count as f32)), value, V::splat(other))
    }

    /// Adds to a sum over the elements.
    #[inline(always)]
    pub(crate) fn add(&self, sum: &mut Sum<V>, at: Elements, term: V) {
        sum.add(self.or(term, at, 0.0));
    }

    /// A sum over the elements.
    #[inline(always)]
    pub(crate) fn total(&self, sum: Sum<V>) -> V {
        if ALONG { V::splat(sum.total().sum()) } else { sum.total() }
    }

    /// The largest of maxima over the elements; a NaN, if there is one.
    #[inline(always)]
    pub(crate) fn highest(&self, maxima: V) -> V {
        if ALONG { V::splat(maxima.fold(|a, b| if b > a || b.is_nan() { b } else { a })) } else { maxima }
    }

    /// The largest value and its place, the first of several. NaN is skipped, as by TensorFlow.
    #[inline(always)]
    pub(crate) fn largest(&self) -> (V, Place<V>) {
        self.largest_of(|at| self.value(at), |at| self.values.get(at).copied())
    }

    /// The place of the largest target.
    #[inline(always)]
    pub(crate) fn largest_target(&self) -> Place<V> {
        let number = |at: usize| match self.labels.get(at) {
            Some(label) => Some(*label as f32),
            None => self.numbers.get(at).copied(),
        };
        self.largest_of(|at| self.target(at), number).1
    }

    #[inline(always)]
    fn largest_of(&self, of: impl Fn(Elements) -> V, number: impl Fn(usize) -> Option<f32>) -> (V, Place<V>) {
        let mut max = V::splat(f32::NEG_INFINITY);
        for at in self.elements() {
            let value = self.or(of(at), at, f32::NEG_INFINITY);
            max = V::select(max.lt(value), value, max);
        }
        if ALONG {
            let highest = max.fold(|a, b| if b > a { b } else { a });
            let along = (0..self.length).position(|at| number(at) == Some(highest)).unwrap_or(0);
            return (V::splat(highest), Place { lanes: V::zero(), along });
        }
        let mut lanes = V::zero();
        for first in (0..self.length).rev() {
            lanes = V::select(of(Elements { first, count: V::LANES }).eq(max), V::splat(first as f32), lanes);
        }
        (max, Place { lanes, along: 0 })
    }

    /// Whether two places are the same.
    #[inline(always)]
    pub(crate) fn is_same(&self, place: Place<V>, other: Place<V>) -> V::Mask {
        if ALONG {
            V::splat(if place.along == other.along { 0.0 } else { 1.0 }).eq(V::zero())
        } else {
            place.lanes.eq(other.lanes)
        }
    }
}

#[inline(always)]
fn numbers<V: Vector>() -> V {
    // SAFETY: the array has every lane.
    unsafe { V::load(NUMBERS.as_ptr()) }
}

/// The transposed rows of a block from one of them on, as many as there are lanes.
///
/// # Safety
/// The block holds them.
#[inline(always)]
unsafe fn group_of<V: Vector>(block: &mut Block, length: usize, row: usize) -> &mut [f32] {
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts_mut(block.group::<V>(length, row / V::LANES), length * V::LANES) }
}

#[inline(always)]
fn part_of<'a, T>(all: &'a [T], part: &core::ops::Range<usize>) -> &'a [T] {
    all.get(part.clone()).unwrap_or_default()
}

struct EachRow<'a, F> {
    function: &'a F,
    batch: Batch<'a>,
    results: &'a mut [f32],
    gradient: Option<(&'a mut [f32], &'a [f32])>,
}

impl<F: RowFunction> Kernel for EachRow<'_, F> {
    type Output = ();
    const SETS: Sets = F::SETS;
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { function, batch, results, mut gradient } = self;
        let Batch { length, values, logits, targets } = batch;
        // A constant, so that no code is generated where it is false.
        if const { !V::IS_FALLBACK || matches!(F::SETS, Sets::Baseline) } && length <= SHORT {
            // SAFETY: the caller's promise.
            return unsafe { Self { function, batch, results, gradient }.short_rows::<V>() };
        }
        for (at, result) in results.iter_mut().enumerate() {
            let part = at * length..(at + 1) * length;
            let (values, logits) = (part_of(values, &part), part_of(logits, &part));
            let (numbers, labels, class) = match targets {
                Targets::Numbers(numbers) => (part_of(numbers, &part), &[][..], 0),
                Targets::Labels(labels) if F::OF_CLASSES => {
                    (&[][..], &[][..], labels.get(at).map_or(0, |&label| label as usize))
                }
                Targets::Labels(labels) => (&[][..], part_of(labels, &part), 0),
            };
            let class = Place { lanes: V::zero(), along: class };
            let row = Rows::<V, true> { length, values, logits, numbers, labels, class };
            let mut slopes = gradient.as_mut().and_then(|(gradient, factors)| {
                let to = gradient.get_mut(part)?;
                Some(Slopes { to, factor: V::splat(*factors.get(at)?) })
            });
            [*result, ..] = function.apply(&row, slopes.as_mut()).lanes();
        }
    }
}

impl<F: RowFunction> EachRow<'_, F> {
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn short_rows<V: Vector>(self) {
        let Self { function, batch, results, mut gradient } = self;
        let Batch { length, values, logits, targets } = batch;
        let (mut of_values, mut of_logits, mut of_targets) = (Block::new(), Block::new(), Block::new());
        let mut of_slopes = Block::new();
        let most = Block::rows::<V>(length);
        let (mut first, all) = (0, results.len());
        while first < all {
            let rows = most.min(all - first);
            let start = first * length;
            // SAFETY: the rows exist, and the blocks hold as many.
            unsafe {
                of_values.load::<V>(values.as_ptr().wrapping_add(start), length, rows);
                if !logits.is_empty() {
                    of_logits.load::<V>(logits.as_ptr().wrapping_add(start), length, rows);
                }
                match targets {
                    Targets::Numbers(numbers) => {
                        of_targets.load::<V>(numbers.as_ptr().wrapping_add(start), length, rows);
                    }
                    Targets::Labels(labels) if !F::OF_CLASSES => {
                        for row in 0..rows {
                            let group = of_targets.group::<V>(length, row / V::LANES);
                            for at in 0..length {
                                *group.add(at * V::LANES + row % V::LANES) =
                                    labels.get(start + row * length + at).map_or(0.0, |&label| label as f32);
                            }
                        }
                    }
                    Targets::Labels(_) => {}
                }
                for row in (0..rows).step_by(V::LANES) {
                    let count = V::LANES.min(rows - row);
                    let mut classes = [0.0; MAX_LANES];
                    if let (true, Targets::Labels(labels)) = (F::OF_CLASSES, targets) {
                        for (class, label) in classes.iter_mut().zip(labels.iter().skip(first + row)).take(count) {
                            *class = *label as f32;
                        }
                    }
                    let lanes = Rows::<V, false> {
                        length,
                        values: group_of::<V>(&mut of_values, length, row),
                        logits: if logits.is_empty() { &[] } else { group_of::<V>(&mut of_logits, length, row) },
                        numbers: group_of::<V>(&mut of_targets, length, row),
                        labels: &[],
                        class: Place { lanes: V::load(classes.as_ptr()), along: 0 },
                    };
                    let mut slopes = gradient.as_ref().map(|(_, factors)| Slopes {
                        to: group_of::<V>(&mut of_slopes, length, row),
                        factor: load_some::<V>(factors.as_ptr().wrapping_add(first + row), count),
                    });
                    let result = function.apply(&lanes, slopes.as_mut());
                    store_some(result, results.as_mut_ptr().wrapping_add(first + row), count);
                }
                if let Some((gradient, _)) = &mut gradient {
                    of_slopes.store::<V>(gradient.as_mut_ptr().wrapping_add(start), length, rows);
                }
            }
            first += rows;
        }
    }
}
