//! The tensors of a file by name.

use crate::{
    model::WeightName,
    weights_file::{Damage, Tensor, Text, data_length},
};

/// The maximum number of tensors in a file.
pub(super) const MAX_TENSORS: usize = 2048;

/// Twice the number, so that a probe soon meets an empty slot.
const SLOTS: usize = 2 * MAX_TENSORS;

/// An empty slot.
const EMPTY: u16 = u16::MAX;

/// A hash table of the tensors of a file: a linear search for each weight would take large models beyond the length at
/// which rustc warns about a const evaluation.
pub(super) struct Table<'a> {
    tensors: [Tensor<'a>; MAX_TENSORS],
    taken: [bool; MAX_TENSORS],
    count: usize,
    hashes: [u32; MAX_TENSORS],
    slots: [u16; SLOTS],
}

impl<'a> Table<'a> {
    pub(super) const fn new() -> Self {
        Self {
            tensors: [Tensor::NONE; MAX_TENSORS],
            hashes: [0; MAX_TENSORS],
            taken: [false; MAX_TENSORS],
            count: 0,
            slots: [EMPTY; SLOTS],
        }
    }

    /// The number of tensors.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Adds a tensor; there must be less than [`MAX_TENSORS`].
    pub(super) const fn push(&mut self, tensor: Tensor<'a>) {
        self.tensors[self.count] = tensor;
        self.count += 1;
    }

    /// The length of the data of all tensors, which are sorted by offset.
    pub(super) const fn data_length(&mut self) -> Result<usize, Damage> {
        let tensors = self.tensors.split_at_mut(self.count).0;
        sort(tensors);
        data_length(tensors)
    }

    /// Indexes the tensors by name, after sorting; returns a duplicate name.
    pub(super) const fn index(&mut self) -> Option<Text<'a>> {
        let mut at = 0;
        while at < self.count {
            let name = self.tensors[at].name;
            let hash = name.hash();
            let mut slot = hash as usize % SLOTS;
            while self.slots[slot] != EMPTY {
                let other = self.slots[slot] as usize;
                if self.hashes[other] == hash && same(name, self.tensors[other].name) {
                    return Some(name);
                }
                slot = (slot + 1) % SLOTS;
            }
            self.slots[slot] = at as u16;
            self.hashes[at] = hash;
            at += 1;
        }
        None
    }

    /// Removes the tensor of this name.
    pub(super) const fn take(&mut self, name: &WeightName) -> Option<Tensor<'a>> {
        let hash = name.hash();
        let mut slot = hash as usize % SLOTS;
        while self.slots[slot] != EMPTY {
            let at = self.slots[slot] as usize;
            if self.hashes[at] == hash && self.tensors[at].name.is_name_of(name) {
                self.taken[at] = true;
                return Some(self.tensors[at]);
            }
            slot = (slot + 1) % SLOTS;
        }
        None
    }

    /// Of the tensors that were not removed, the first that the file lists.
    pub(super) const fn first(&self) -> Option<Tensor<'a>> {
        let (mut first, mut at): (Option<Tensor<'a>>, usize) = (None, 0);
        while at < self.count {
            let is_first = match &first {
                Some(other) => self.tensors[at].name.position() < other.name.position(),
                None => true,
            };
            if is_first && !self.taken[at] {
                first = Some(self.tensors[at]);
            }
            at += 1;
        }
        first
    }
}

const fn same(one: Text<'_>, other: Text<'_>) -> bool {
    let (mut ones, mut others) = (one.bytes(), other.bytes());
    loop {
        match (ones.advance(), others.advance()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Sorts by offset, with empty tensors first among those that start at the same offset (`sort_by_key` for const
/// evaluation).
const fn sort<'a>(tensors: &mut [Tensor<'a>]) {
    let (count, mut sorted) = (tensors.len(), 1);
    while sorted < count && !comes_after(&tensors[sorted - 1], &tensors[sorted]) {
        sorted += 1;
    }
    // Files usually list their tensors in this order.
    if sorted >= count {
        return;
    }
    let mut distance = 1;
    while distance < count / 3 {
        distance = 3 * distance + 1;
    }
    // Shellsort.
    while distance > 0 {
        let mut next = distance;
        while next < count {
            let (tensor, mut at) = (tensors[next], next);
            while at >= distance && comes_after(&tensors[at - distance], &tensor) {
                tensors[at] = tensors[at - distance];
                at -= distance;
            }
            tensors[at] = tensor;
            next += 1;
        }
        distance /= 3;
    }
}

const fn comes_after(one: &Tensor<'_>, other: &Tensor<'_>) -> bool {
    one.start > other.start || one.start == other.start && one.end > other.end
}
