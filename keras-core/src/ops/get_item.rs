//! Indexing and slicing.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer},
    shape::{Dims, MAX_RANK, ShapeError, Strided},
};

/// The index of an axis. Negative numbers count from the end.
///
/// ```
/// use keras::{ops::{GetItem, Index}, shape::Dims};
///
/// let part = GetItem::layer(&[Index::Range(Some(1), None), Index::At(-1)]);
/// assert_eq!(part.build(Dims::new(&[4, 3]))?.output(), Dims::new(&[3]));
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// A single element: the axis is removed.
    At(isize),
    /// A range from the first number, or the start, to before the second, or the end: `1..3`, `..`, `-2..`.
    Range(Option<isize>, Option<isize>),
    /// All remaining axes: `...`.
    Rest,
}

/// A part of a tensor, by ranges or single indices along its axes.
///
/// In a model: `x[.., 0..3]`, as [Keras'](https://keras.io/api/ops/) `x[:, 0:3]`. The first index is that of the batch,
/// and must be `..`; axes without an index are taken as a whole. `...` stands for all axes without an index.
///
/// # Shapes
/// The lengths of the ranges; axes with a single index are removed.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Ends(x: Input(4)) { x[.., ..2] - x[.., -2..] } }
/// assert_eq!(Ends::new().predict_one(&[1.0, 2.0, 3.0, 5.0]), [-2.0, -3.0]);
///
/// model! { struct Column(x: Input(2, 3)) { x[..., 1] } }
/// assert_eq!(Column::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [2.0, 5.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GetItem {
    indices: [Index; MAX_RANK + 1],
    count: usize,
}

/// The selected part of an axis: its start and length.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    length: usize,
    is_dropped: bool,
}

impl GetItem {
    /// Selects these parts, in the order of the axes, without the batch.
    ///
    /// ```
    /// use keras::{ops::{GetItem, Index}, prelude::*, shape::Dims};
    ///
    /// // As `x[.., 0..2]`: the first axis of a sample is cut.
    /// assert_eq!(GetItem::layer(&[Index::Range(Some(0), Some(2))]).build(Dims::new(&[4, 6]))?.output(), Dims::new(&[2, 6]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn layer(indices: &[Index]) -> Self {
        let mut list = [Index::Rest; MAX_RANK + 1];
        let mut at = 0;
        while at < indices.len() && at < MAX_RANK + 1 {
            list[at] = indices[at];
            at += 1;
        }
        Self { indices: list, count: indices.len() }
    }

    /// The index of an axis.
    const fn index(&self, axis: usize, rank: usize) -> Index {
        const ALL: Index = Index::Range(None, None);
        let (mut at, mut before) = (0, 0);
        while at < self.count && at < MAX_RANK + 1 {
            if matches!(self.indices[at], Index::Rest) {
                let left = rank.saturating_sub(self.count - 1);
                if axis < before + left {
                    return ALL;
                }
                before += left;
            } else {
                if axis == before {
                    return self.indices[at];
                }
                before += 1;
            }
            at += 1;
        }
        ALL
    }

    /// The selected part of an axis; `None` if it is empty or out of bounds.
    const fn part(&self, axis: usize, input: Dims) -> Option<Part> {
        let length = input.length(axis) as isize;
        let (start, end, is_dropped) = match self.index(axis, input.rank()) {
            Index::At(at) => {
                let at = if at < 0 { at.saturating_add(length) } else { at };
                (at, at.saturating_add(1), true)
            }
            Index::Range(start, end) => {
                let start = match start {
                    Some(start) if start < 0 => start.saturating_add(length),
                    Some(start) => start,
                    None => 0,
                };
                let end = match end {
                    Some(end) if end < 0 => end.saturating_add(length),
                    Some(end) => end,
                    None => length,
                };
                (start, end, false)
            }
            Index::Rest => (0, length, false),
        };
        if 0 <= start && start < end && end <= length {
            Some(Part { start: start as usize, length: (end - start) as usize, is_dropped })
        } else {
            None
        }
    }

    /// Builds the operation for an input of this shape.
    ///
    /// # Errors
    /// If there are more indices than axes or more than one `...`, or an index is out of bounds or empty.
    ///
    /// ```
    /// use keras::{ops::{GetItem, Index}, shape::Dims};
    ///
    /// let first = GetItem::layer(&[Index::At(0)]);
    /// assert_eq!(first.build(Dims::new(&[4, 3]))?.output(), Dims::new(&[3]));
    /// assert!(GetItem::layer(&[Index::At(4)]).build(Dims::new(&[4, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let (mut rests, mut at) = (0, 0);
        while at < self.count && at < MAX_RANK + 1 {
            if matches!(self.indices[at], Index::Rest) {
                rests += 1;
            }
            at += 1;
        }
        if rests > 1 {
            return Err(ShapeError::new("`...` can be used only once; its input is {a}").dims(input));
        }
        if self.count - rests > input.rank() {
            return Err(ShapeError::new(
                "it has {0} indices after the batch index, but its input {a} has only {1} axes",
            )
            .number(self.count - rests)
            .number(input.rank())
            .dims(input));
        }
        let (mut output, mut axis) = (Dims::SCALAR, 0);
        while axis < input.rank() {
            match self.part(axis, input) {
                Some(part) if part.is_dropped => {}
                Some(part) => output = output.append(part.length),
                None => {
                    return Err(ShapeError::new(
                        "its index for axis {0} of its input {a} is empty or out of range for length {1}; indices \
                         start at 0, and a range excludes its end",
                    )
                    .number(axis + 1)
                    .number(input.length(axis))
                    .dims(input));
                }
            }
            axis += 1;
        }
        Built::new(output).dtypes(Dtypes::Moved).ok()
    }

    /// The offset and the strides of the part in a batch.
    fn axes(&self, batch: usize, input: Dims) -> (usize, Strided) {
        let (mut lengths, mut strides, mut offset) = ([1; MAX_RANK + 1], [0; MAX_RANK + 1], 0);
        let mut axis = input.rank();
        for (length, stride) in lengths.iter_mut().zip(&mut strides).rev().take(input.rank()) {
            axis = axis.saturating_sub(1);
            if let Some(part) = self.part(axis, input) {
                (*length, *stride) = (part.length, input.after(axis).size());
                offset += part.start * *stride;
            }
        }
        [lengths[0], strides[0]] = [batch, input.size()];
        (offset, Strided::new(lengths, strides))
    }
}

impl Layer for GetItem {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let (input, [dims]) = (pass.inputs.get(0).words(), pass.input_dims.array());
        let (offset, axes) = self.axes(pass.batch, dims);
        axes.gather(input.get(offset..).unwrap_or_default(), output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        input_gradient.fill(0.0);
        let (offset, axes) = self.axes(pass.batch, dims);
        if let Some(part) = input_gradient.get_mut(offset..) {
            axes.scatter_add(output_gradient, part);
        }
    }
}
