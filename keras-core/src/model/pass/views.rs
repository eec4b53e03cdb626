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
    // The places from `base` on are still to be viewed.
    let (mut rest, mut base) = (memory, 0);
    let mut left = writes.iter().chain(reads).filter(|place| place.length > 0).count();
    loop {
        let mut next: Option<(Place, usize, bool)> = None;
        for (list, is_write) in [(writes, true), (reads, false)] {
            for (at, place) in list.iter().enumerate() {
                let comes_first = match next {
                    None => true,
                    Some((first, ..)) => place.offset < first.offset,
                };
                if place.length > 0 && place.offset >= base && comes_first {
                    next = Some((*place, at, is_write));
                }
            }
        }
        let Some((place, at, is_write)) = next else {
            // A place that starts before the end of another overlaps it.
            return (left == 0).then_some(());
        };
        let (_, tail) = rest.split_at_mut_checked(place.offset - base)?;
        let (view, tail) = tail.split_at_mut_checked(place.length)?;
        (rest, base) = (tail, place.offset + place.length);
        if is_write {
            *written.get_mut(at)? = view;
            left -= 1;
        } else {
            let view: &'a [f32] = view;
            for (other, slot) in reads.iter().zip(read.iter_mut()) {
                if *other == place {
                    *slot = view;
                    left -= 1;
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
