//! The memory of a pass while it is planned: ranges are taken, given back, and taken again.

use crate::layers::Space;

/// A range of an arena, in floats.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Mode, Model};
///
/// sequential! { struct Net { Input(2), Dense(3), Dense(1) } }
///
/// let output = Net::<Embedded>::outputs(Mode::Inference)[0];
/// assert_eq!(output.length, 1); // floats a sample
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first float.
    pub offset: usize,
    /// The number of floats; 0 for a place that is not needed.
    pub length: usize,
}

impl Place {
    /// Nowhere.
    ///
    /// ```
    /// use keras_core::model::Place;
    ///
    /// assert_eq!(Place::NONE, Place { offset: 0, length: 0 });
    /// ```
    pub const NONE: Self = Self { offset: 0, length: 0 };

    /// The range for a batch.
    pub(crate) const fn of_batch(self, batch: usize) -> Self {
        Self { offset: self.offset * batch, length: self.length * batch }
    }
}

/// Places in both arenas.
///
/// ```
/// use keras_core::model::{Place, Places};
///
/// let kept = Places { per_sample: Place { offset: 16, length: 10 }, fixed: Place::NONE };
/// assert_eq!(kept.fixed.length, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Floats for each sample.
    pub per_sample: Place,
    /// Floats for the batch.
    pub fixed: Place,
}

impl Places {
    pub(super) const NONE: Self = Self { per_sample: Place::NONE, fixed: Place::NONE };
}

/// Every place starts on a cache line: 16 floats.
pub(super) const ALIGNMENT: usize = 16;

pub(super) const fn aligned(length: usize) -> usize {
    length.div_ceil(ALIGNMENT).saturating_mul(ALIGNMENT)
}

/// Free memory as a sorted list of holes, and an end that grows.
pub(super) struct Arena {
    holes: [Place; Self::HOLES],
    count: usize,
    end: usize,
}

impl Arena {
    /// More holes than this at one time are forgotten: memory is lost, never shared.
    const HOLES: usize = 96;

    const fn new() -> Self {
        Self { holes: [Place::NONE; Self::HOLES], count: 0, end: 0 }
    }

    pub(super) const fn take(&mut self, length: usize) -> Place {
        if length == 0 {
            return Place::NONE;
        }
        let needed = aligned(length);
        let mut at = 0;
        while at < self.count {
            let hole = self.holes[at];
            if hole.length >= needed {
                if hole.length == needed {
                    self.remove(at);
                } else {
                    self.holes[at] = Place { offset: hole.offset + needed, length: hole.length - needed };
                }
                return Place { offset: hole.offset, length };
            }
            at += 1;
        }
        // A hole at the very end can grow.
        if self.count > 0 && self.holes[self.count - 1].offset + self.holes[self.count - 1].length == self.end {
            let offset = self.holes[self.count - 1].offset;
            self.count -= 1;
            self.end = offset.saturating_add(needed);
            return Place { offset, length };
        }
        let offset = self.end;
        // A plan beyond all limits is refused as a whole.
        self.end = self.end.saturating_add(needed);
        Place { offset, length }
    }

    pub(super) const fn give(&mut self, place: Place) {
        if place.length == 0 {
            return;
        }
        let (start, end) = (place.offset, place.offset.saturating_add(aligned(place.length)));
        let mut at = 0;
        while at < self.count && self.holes[at].offset < start {
            at += 1;
        }
        let joins_before = at > 0 && self.holes[at - 1].offset + self.holes[at - 1].length == start;
        let joins_after = at < self.count && self.holes[at].offset == end;
        if joins_before && joins_after {
            self.holes[at - 1].length += end - start + self.holes[at].length;
            self.remove(at);
        } else if joins_before {
            self.holes[at - 1].length += end - start;
        } else if joins_after {
            self.holes[at].offset = start;
            self.holes[at].length += end - start;
        } else if self.count < Self::HOLES {
            let mut from = self.count;
            while from > at {
                self.holes[from] = self.holes[from - 1];
                from -= 1;
            }
            self.holes[at] = Place { offset: start, length: end - start };
            self.count += 1;
        }
    }

    const fn remove(&mut self, at: usize) {
        let mut from = at + 1;
        while from < self.count {
            self.holes[from - 1] = self.holes[from];
            from += 1;
        }
        self.count -= 1;
    }
}

/// Both arenas.
pub(super) struct Arenas {
    pub(super) samples: Arena,
    pub(super) fixed: Arena,
}

impl Arenas {
    pub(super) const fn new() -> Self {
        Self { samples: Arena::new(), fixed: Arena::new() }
    }

    pub(super) const fn take(&mut self, space: Space) -> Places {
        Places { per_sample: self.samples.take(space.per_sample), fixed: self.fixed.take(space.fixed) }
    }

    pub(super) const fn give(&mut self, places: Places) {
        self.samples.give(places.per_sample);
        self.fixed.give(places.fixed);
    }

    pub(super) const fn space(&self) -> Space {
        Space { per_sample: self.samples.end, fixed: self.fixed.end }
    }
}
