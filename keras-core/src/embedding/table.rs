//! The tensors of a file by name.

use crate::{
    model::{WeightName, equal, hash},
    shape::MAX_RANK,
};

/// The largest number of tensors of a file.
pub(super) const MAX_TENSORS: usize = 2048;

/// Twice as many, so that a search soon meets an empty slot.
const SLOTS: usize = 2 * MAX_TENSORS;

/// Where a text lies in the file.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Text {
    pub(super) const fn bytes<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        file.split_at(self.end as usize).0.split_at(self.start as usize).1
    }
}

/// A text without its JSON escapes.
pub(super) struct Name {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Name {
    const CAPACITY: usize = 512;

    /// Undoes the escapes that a name may have; those of characters beyond ASCII, which no writer of `safetensors`
    /// files uses, stay. What does not fit is cut: no weight has such a name.
    pub(super) const fn new(file: &[u8], text: Text) -> Self {
        let raw = text.bytes(file);
        let mut name = Self { bytes: [0; Self::CAPACITY], length: 0 };
        let mut at = 0;
        while at < raw.len() && name.length < Self::CAPACITY {
            let (byte, taken) = match raw[at] {
                b'\\' if at + 5 < raw.len() && raw[at + 1] == b'u' => match ascii(raw, at + 2) {
                    Some(byte) => (byte, 6),
                    None => (b'\\', 1),
                },
                b'\\' if at + 1 < raw.len() => (raw[at + 1], 2),
                byte => (byte, 1),
            };
            name.bytes[name.length] = byte;
            name.length += 1;
            at += taken;
        }
        name
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        self.bytes.split_at(self.length).0
    }

    pub(super) const fn text(&self) -> &str {
        match core::str::from_utf8(self.bytes()) {
            Ok(text) => text,
            Err(_) => "(not a text)",
        }
    }
}

/// The ASCII character of four hexadecimal digits.
const fn ascii(raw: &[u8], at: usize) -> Option<u8> {
    let (mut value, mut digit) = (0, 0);
    while digit < 4 {
        match (raw[at + digit] as char).to_digit(16) {
            Some(more) => value = 16 * value + more,
            None => return None,
        }
        digit += 1;
    }
    if value < 128 { Some(value as u8) } else { None }
}

/// A tensor as the header lists it.
#[derive(Clone, Copy)]
pub(super) struct Tensor {
    pub(super) name: Text,
    pub(super) dtype: Text,
    pub(super) lengths: [u32; MAX_RANK],
    /// The number of axes; of more than [`MAX_RANK`] the first lengths are kept.
    pub(super) rank: u32,
    /// Where its values lie in the data.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Tensor {
    pub(super) const fn new(name: Text) -> Self {
        Self { name, dtype: Text { start: 0, end: 0 }, lengths: [0; MAX_RANK], rank: 0, start: 0, end: 0 }
    }
}

#[derive(Clone, Copy)]
enum Slot {
    Empty,
    Tensor(u32, Tensor),
    Taken,
}

/// The tensors of a file by the hashes of their names: to go through all of them for each weight would take a large
/// model beyond the length at which rustc warns of a const evaluation.
pub(super) struct Table {
    slots: [Slot; SLOTS],
    count: usize,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { slots: [Slot::Empty; SLOTS], count: 0 }
    }

    /// How many tensors were inserted.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Adds a tensor, of which there are less than [`MAX_TENSORS`]; `false` if there is one of that name.
    pub(super) const fn insert(&mut self, file: &[u8], tensor: Tensor) -> bool {
        let name = Name::new(file, tensor.name);
        let hash = hash(name.bytes());
        let mut slot = hash as usize % SLOTS;
        while let Slot::Tensor(theirs, other) = &self.slots[slot] {
            if *theirs == hash && equal(Name::new(file, other.name).bytes(), name.bytes()) {
                return false;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.slots[slot] = Slot::Tensor(hash, tensor);
        self.count += 1;
        true
    }

    /// Takes the tensor of this name out.
    pub(super) const fn take(&mut self, file: &[u8], name: &WeightName) -> Option<Tensor> {
        let hash = name.hash();
        let mut slot = hash as usize % SLOTS;
        loop {
            match self.slots[slot] {
                Slot::Tensor(theirs, tensor) if theirs == hash && name.equals(Name::new(file, tensor.name).bytes()) => {
                    self.slots[slot] = Slot::Taken;
                    return Some(tensor);
                }
                Slot::Empty => return None,
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }

    /// Of the tensors that were not taken, the one that the file lists first.
    pub(super) const fn first(&self) -> Option<Tensor> {
        let mut first: Option<Tensor> = None;
        let mut slot = 0;
        while slot < SLOTS {
            if let Slot::Tensor(_, tensor) = self.slots[slot] {
                first = match first {
                    Some(other) if other.name.start < tensor.name.start => first,
                    _ => Some(tensor),
                };
            }
            slot += 1;
        }
        first
    }
}
