//! Whole numbers, as an argument lists them.

use super::MAX_RANK;

/// Whole numbers that an argument lists: lengths or axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integers {
    numbers: [isize; MAX_RANK],
    count: usize,
}

impl Integers {
    /// These numbers.
    pub(crate) const fn new(given: &[isize]) -> Self {
        let mut numbers = [0; MAX_RANK];
        let mut at = 0;
        while at < given.len() && at < MAX_RANK {
            numbers[at] = given[at];
            at += 1;
        }
        Self { numbers, count: given.len() }
    }

    /// The numbers; of more than a sample has axes, the first ones.
    pub(crate) const fn as_slice(&self) -> &[isize] {
        match self.numbers.split_at_checked(self.count) {
            Some((numbers, _)) => numbers,
            None => &self.numbers,
        }
    }

    /// How many there are, more than a sample has axes included.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }
}
