//! Batches in slices that fit into the processor's cache and are the unit of parallelism.
//!
//! The partition only depends on the model and the batch, and sums over slices are added in order, so that results do
//! not depend on the number of threads.

use core::ops::Range;

use crate::kernels::parallel;

/// Floats of a slice's memory: 1 MB, the size of a second-level cache.
const FLOATS: usize = 1 << 18;
/// The maximum number of slices of a training step: each needs a buffer for its gradients.
const MOST: usize = 16;

/// The partition of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slices {
    batch: usize,
    length: usize,
    count: usize,
}

impl Slices {
    /// The whole batch in one slice.
    pub(crate) fn whole(batch: usize) -> Self {
        Self { batch, length: batch, count: 1 }
    }

    /// For inference, with the given number of floats per sample.
    pub(crate) fn inference(batch: usize, per_sample: usize) -> Self {
        Self::even(batch, batch.div_ceil(longest(per_sample)))
    }

    /// For training, with the given number of floats per sample and of weights: in one slice, if the gradients of a
    /// slice would take more memory than its samples.
    pub(crate) fn training(batch: usize, per_sample: usize, weights: usize) -> Self {
        let count = batch.div_ceil(longest(per_sample)).min(MOST);
        let slices = Self::even(batch, count);
        if weights > slices.length * per_sample { Self::whole(batch) } else { slices }
    }

    /// An even number of slices, to balance two threads; all of equal length but the last.
    fn even(batch: usize, count: usize) -> Self {
        let count = if count > 1 { count.next_multiple_of(2) } else { 1 };
        let length = batch.div_ceil(count).max(1);
        Self { batch, length, count: batch.div_ceil(length).max(1) }
    }

    /// The number of slices.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The samples of a slice.
    pub(crate) fn range(&self, slice: usize) -> Range<usize> {
        let start = slice * self.length;
        start.min(self.batch)..(start + self.length).min(self.batch)
    }
}

fn longest(per_sample: usize) -> usize {
    (FLOATS / per_sample.max(1)).max(4)
}

/// Calls `work` for each item, in parallel, with a workspace for each thread.
///
/// Adjacent items share a workspace, in the order of the workspaces. The first error in the order of the items is
/// returned; later items may not have been processed.
pub(crate) fn each<W: Send, T: Send, E: Send>(
    workspaces: &mut [W],
    first: usize,
    things: &mut [T],
    work: &(impl Fn(&mut W, usize, &mut T) -> Result<(), E> + Sync),
) -> Result<(), E> {
    match workspaces {
        [] => Ok(()),
        [workspace] => things.iter_mut().enumerate().try_for_each(|(at, thing)| work(workspace, first + at, thing)),
        _ if things.len() < 2 => each(&mut workspaces[..1], first, things, work),
        _ => {
            let (left, right) = workspaces.split_at_mut(workspaces.len() / 2);
            let middle = things.len() * left.len() / (left.len() + right.len());
            let (these, those) = things.split_at_mut(middle.max(1));
            let second = first + these.len();
            let (done, also) = parallel::join(|| each(left, first, these, work), || each(right, second, those, work));
            done.and(also)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_cover_the_batch(batch in 0usize..300, per_sample in 0usize..200_000, weights in 0usize..1_000_000) {
            for slices in [
                Slices::inference(batch, per_sample),
                Slices::training(batch, per_sample, weights),
                Slices::whole(batch),
            ] {
                let mut end = 0;
                for slice in 0..slices.count() {
                    let range = slices.range(slice);
                    prop_assert_eq!(range.start, end);
                    prop_assert!(range.len() <= slices.length && (batch == 0 || !range.is_empty()));
                    end = range.end;
                }
                prop_assert_eq!(end, batch);
            }
        }
    }

    #[test]
    fn every_thing_gets_its_turn() {
        for threads in 1..5 {
            let mut workspaces = vec![(); threads];
            let mut things = vec![0; 7];
            let done: Result<(), usize> = each(&mut workspaces, 0, &mut things, &|_, at, thing| {
                *thing = at + 1;
                if at == 5 { Err(at) } else { Ok(()) }
            });
            assert_eq!(done, Err(5));
            assert_eq!(things[..6], [1, 2, 3, 4, 5, 6]);
        }
    }
}
