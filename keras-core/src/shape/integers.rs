//! Lists of integers as arguments.

use super::MAX_RANK;

/// A list of integers given as an argument: lengths or axes.
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

    /// The numbers, limited to the maximum number of axes.
    pub(crate) const fn as_slice(&self) -> &[isize] {
        match self.numbers.split_at_checked(self.count) {
            Some((numbers, _)) => numbers,
            None => &self.numbers,
        }
    }

    /// The number of integers given, even if it exceeds the maximum number of axes.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }
}
