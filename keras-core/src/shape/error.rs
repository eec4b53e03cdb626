//! Errors of shape rules: small values, formatted when they are reported.

use core::fmt;

use super::Dims;

const NUMBERS: usize = 3;
const DIMS: usize = 2;

/// An error of a shape rule: a message with placeholders for a few numbers and shapes.
///
/// `{0}` to `{2}` are replaced by numbers, `{a}` and `{b}` by [`Dims`], in the order in which they are given. The value
/// is small (less than 128 bytes, the limit of clippy's lint for the result of a layer's `build`), so that layers can
/// return it by value; the message is formatted when it is displayed.
///
/// ```
/// use keras::shape::{Dims, ShapeError};
///
/// const RULE: ShapeError = ShapeError::new("{0} units do not fit {a}; use fewer").number(7).dims(Dims::new(&[3, 4]));
/// assert_eq!(RULE.to_string(), "7 units do not fit (3, 4); use fewer");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShapeError {
    template: &'static str,
    within: Option<&'static str>,
    /// Whether it is within an operation, and not within a layer.
    is_operation: bool,
    numbers: [usize; NUMBERS],
    dims: [Dims; DIMS],
    number_count: u8,
    dims_count: u8,
}

const _: () = assert!(size_of::<ShapeError>() < 128);

impl ShapeError {
    /// An error with this message.
    ///
    /// ```
    /// use keras::shape::ShapeError;
    ///
    /// assert_eq!(ShapeError::new("it needs at least 1 unit").to_string(), "it needs at least 1 unit");
    /// ```
    pub const fn new(template: &'static str) -> Self {
        Self {
            template,
            within: None,
            is_operation: false,
            numbers: [0; NUMBERS],
            dims: [Dims::SCALAR; DIMS],
            number_count: 0,
            dims_count: 0,
        }
    }

    /// Sets the next number of the message.
    ///
    /// ```
    /// use keras::shape::ShapeError;
    ///
    /// let error = ShapeError::new("{0} heads do not divide {1} units").number(5).number(64);
    /// assert_eq!(error.to_string(), "5 heads do not divide 64 units");
    /// ```
    pub const fn number(mut self, number: usize) -> Self {
        self.numbers[self.number_count as usize] = number;
        self.number_count += 1;
        self
    }

    /// Sets the next shape of the message.
    ///
    /// ```
    /// use keras::shape::{Dims, ShapeError};
    ///
    /// let error = ShapeError::new("{a} and {b} cannot be broadcast").dims(Dims::new(&[2, 3])).dims(Dims::new(&[4]));
    /// assert_eq!(error.to_string(), "(2, 3) and (4,) cannot be broadcast");
    /// ```
    pub const fn dims(mut self, dims: Dims) -> Self {
        self.dims[self.dims_count as usize] = dims;
        self.dims_count += 1;
        self
    }

    /// Names the layer of a nested model that the error occurred in.
    ///
    /// ```
    /// use keras::shape::ShapeError;
    ///
    /// let error = ShapeError::new("it needs at least 1 unit").within("dense_1");
    /// assert_eq!(error.to_string(), "in its layer `dense_1`: it needs at least 1 unit");
    /// ```
    pub const fn within(mut self, layer: &'static str) -> Self {
        (self.within, self.is_operation) = (Some(layer), false);
        self
    }

    /// Says in which operation of a layer's body the error occurred, as it is written there.
    ///
    /// ```
    /// use keras::shape::{Dims, ShapeError};
    ///
    /// let error = ShapeError::new("{a} does not fit").dims(Dims::new(&[3])).within_operation("x @ w");
    /// assert_eq!(error.to_string(), "in `x @ w`: (3,) does not fit");
    /// ```
    pub const fn within_operation(mut self, operation: &'static str) -> Self {
        (self.within, self.is_operation) = (Some(operation), true);
        self
    }

    /// The formatted message, in const evaluation.
    ///
    /// ```
    /// use keras::shape::{Message, ShapeError};
    ///
    /// const WORDS: Message = ShapeError::new("at least {0} inputs are needed").number(2).message();
    /// assert_eq!(WORDS.as_str(), "at least 2 inputs are needed");
    /// ```
    pub const fn message(&self) -> Message {
        let mut message = Message::new();
        if let Some(layer) = self.within {
            message.text(if self.is_operation { "in `" } else { "in its layer `" });
            message.text(layer);
            message.text("`: ");
        }
        let template = self.template.as_bytes();
        let mut at = 0;
        while at < template.len() {
            if template[at] == b'{' && at + 2 < template.len() && template[at + 2] == b'}' {
                match template[at + 1] {
                    digit @ b'0'..=b'2' => {
                        let number = self.numbers[(digit - b'0') as usize];
                        message.integer(number);
                        // Sums and products saturate at this value.
                        if number == usize::MAX {
                            message.text(" or more");
                        }
                    }
                    letter @ b'a'..=b'b' => message.dims(self.dims[(letter - b'a') as usize]),
                    _ => {}
                }
                at += 3;
            } else {
                message.byte(template[at]);
                at += 1;
            }
        }
        message
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().as_str())
    }
}

impl fmt::Debug for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for ShapeError {}

/// A short text that can be built in const evaluation (where `format!` is not available).
///
/// ```
/// use keras::shape::{Dims, Message};
///
/// const TEXT: Message = {
///     let mut message = Message::new();
///     message.integer(3);
///     message.text(" images of ");
///     message.dims(Dims::new(&[28, 28]));
///     message
/// };
/// assert_eq!(TEXT.as_str(), "3 images of (28, 28)");
/// ```
#[derive(Clone, Copy)]
pub struct Message {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Message {
    const CAPACITY: usize = 640;

    /// An empty text.
    ///
    /// ```
    /// use keras::shape::Message;
    ///
    /// assert_eq!(Message::new().as_str(), "");
    /// ```
    #[expect(clippy::new_without_default, reason = "only const evaluation makes one")]
    pub const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    /// Appends a byte of UTF-8; excess bytes are dropped.
    const fn byte(&mut self, byte: u8) {
        if self.length < Self::CAPACITY {
            self.bytes[self.length] = byte;
            self.length += 1;
        }
    }

    /// Appends a string.
    ///
    /// ```
    /// use keras::shape::Message;
    ///
    /// let mut message = Message::new();
    /// message.text("layer ");
    /// message.text("dense");
    /// assert_eq!(message.as_str(), "layer dense");
    /// ```
    pub const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            self.byte(bytes[at]);
            at += 1;
        }
    }

    /// Appends a decimal number.
    ///
    /// ```
    /// use keras::shape::Message;
    ///
    /// let mut message = Message::new();
    /// message.integer(1024);
    /// assert_eq!(message.as_str(), "1024");
    /// ```
    pub const fn integer(&mut self, number: usize) {
        if number >= 10 {
            self.integer(number / 10);
        }
        self.byte(b'0' + (number % 10) as u8);
    }

    /// Appends a shape, formatted as a Python tuple: `(28, 28, 1)`, `(10,)`.
    ///
    /// ```
    /// use keras::shape::{Dims, Message};
    ///
    /// let mut message = Message::new();
    /// message.dims(Dims::new(&[10]));
    /// assert_eq!(message.as_str(), "(10,)");
    /// ```
    pub const fn dims(&mut self, dims: Dims) {
        self.byte(b'(');
        let mut axis = 0;
        while axis < dims.rank() {
            if axis > 0 {
                self.text(", ");
            }
            self.integer(dims.length(axis));
            if dims.is_too_long(axis) {
                self.text(" or more");
            }
            axis += 1;
        }
        if dims.has_more_axes() {
            self.text(", …");
        }
        self.text(if dims.rank() == 1 { ",)" } else { ")" });
    }

    /// The text so far.
    ///
    /// ```
    /// use keras::shape::Message;
    ///
    /// const TEXT: Message = {
    ///     let mut message = Message::new();
    ///     message.text("at compile time");
    ///     message
    /// };
    /// assert_eq!(TEXT.as_str(), "at compile time");
    /// ```
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "(a message too long to show)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in() {
        let error = ShapeError::new("a {0}×{1} kernel does not fit {a}")
            .number(5)
            .number(120)
            .dims(Dims::new(&[3, 3, 16]))
            .within("conv2d");
        assert_eq!(error.to_string(), "in its layer `conv2d`: a 5×120 kernel does not fit (3, 3, 16)");
    }
}
