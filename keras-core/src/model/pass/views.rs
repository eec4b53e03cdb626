//! Views of the memory of a pass and of the weights: disjoint places of a slice, and the weights of one layer in its block.

use crate::{
    layers::{MAX_WEIGHTS, Role},
    model::plan::{Place, Split},
};

/// Views of disjoint places of one slice: to write, each its own, and to read, where equal places are one view.
///
/// `None` if places overlap or lie outside, which a plan excludes; so it has no panic path. There are as many views as places, or
/// more.
pub(super) fn carve<'a>(
    memory: &'a mut [f32],
    writes: &[Place],
    reads: &[Place],
    written: &mut [&'a mut [f32]],
    read: &mut [&'a [f32]],
) -> Option<()> {
    let (mut writes_done, mut reads_done) = (0u64, 0u64);
    let (mut rest, mut base) = (memory, 0);
    loop {
        let mut next: Option<(Place, usize, bool)> = None;
        for (list, done, is_write) in [(writes, writes_done, true), (reads, reads_done, false)] {
            for (at, place) in list.iter().enumerate() {
                let comes_first = match next {
                    None => true,
                    Some((first, ..)) => place.offset < first.offset,
                };
                if place.length > 0 && done & (1 << at) == 0 && comes_first {
                    next = Some((*place, at, is_write));
                }
            }
        }
        let Some((place, at, is_write)) = next else { return Some(()) };
        let (_, tail) = rest.split_at_mut_checked(place.offset.checked_sub(base)?)?;
        let (view, tail) = tail.split_at_mut_checked(place.length)?;
        (rest, base) = (tail, place.offset + place.length);
        if is_write {
            *written.get_mut(at)? = view;
            writes_done |= 1 << at;
        } else {
            let view: &'a [f32] = view;
            for (same, (other, slot)) in reads.iter().zip(read.iter_mut()).enumerate() {
                if *other == place {
                    *slot = view;
                    reads_done |= 1 << same;
                }
            }
        }
    }
}

/// The weights of one layer out of its block.
pub(super) fn split<'a>(
    split: &Split,
    role: Role,
    mut block: &'a [f32],
    into: &mut [&'a [f32]; MAX_WEIGHTS],
) -> Option<usize> {
    let mut count = 0;
    for (at, &length) in split.lengths.iter().enumerate().take(split.count) {
        if split.role(at) == role {
            let (weight, rest) = block.split_at_checked(length)?;
            *into.get_mut(count)? = weight;
            count += 1;
            block = rest;
        }
    }
    Some(count)
}

/// The same, to write.
pub(super) fn split_mut<'a>(
    split: &Split,
    role: Role,
    mut block: &'a mut [f32],
    into: &mut [&'a mut [f32]; MAX_WEIGHTS],
) -> Option<usize> {
    let mut count = 0;
    for (at, &length) in split.lengths.iter().enumerate().take(split.count) {
        if split.role(at) == role {
            let (weight, rest) = block.split_at_mut_checked(length)?;
            *into.get_mut(count)? = weight;
            count += 1;
            block = rest;
        }
    }
    Some(count)
}

pub(super) fn part<T>(values: &[T], place: Place) -> Option<&[T]> {
    values.get(place.offset..)?.get(..place.length)
}

pub(super) fn part_mut(values: &mut [f32], place: Place) -> Option<&mut [f32]> {
    values.get_mut(place.offset..)?.get_mut(..place.length)
}

pub(super) fn no_writes<'a, const N: usize>() -> [&'a mut [f32]; N] {
    core::array::from_fn(|_| &mut [][..])
}
