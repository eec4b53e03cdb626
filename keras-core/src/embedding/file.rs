//! A file to embed, and its error messages.

use super::table::{MAX_TENSORS, Table};
use crate::{
    model::{Description, NamedWeight, equal},
    shape::{MAX_RANK, Message},
    weights_file::{Damage, Dtype, Header, START, Tensor, Text, attempt, check_length, header_length},
};

/// The fix for a file of another model.
const ADVICE: &str = "; embed a file that this model has saved";

/// The longest header for const evaluation, which takes a few seconds: about the length for 2048 tensors.
const MAX_HEADER: usize = 1 << 18;

/// A file: the length of its header in 8 bytes, the header, and the data.
pub(super) struct File<'a> {
    path: &'a str,
    header: &'a [u8],
    data: &'a [u8],
}

impl<'a> File<'a> {
    pub(super) const fn new(bytes: &'a [u8], path: &'a str) -> Result<Self, Message> {
        let file = Self { path, header: &[], data: &[] };
        let Some((start, rest)) = bytes.split_first_chunk() else {
            return Err(file.damaged(Damage::new(bytes.len(), "the file ends before its header")));
        };
        let length = attempt!(file.sound(header_length(*start)));
        let Some((header, data)) = rest.split_at_checked(length) else {
            return Err(file.damaged(Damage::new(bytes.len(), "the file ends within its header")));
        };
        if length > MAX_HEADER {
            let mut message = file.message();
            message.text("the file's header takes ");
            message.integer(length);
            message.text(" bytes, and at most ");
            message.integer(MAX_HEADER);
            message.text(" can be embedded; save the weights with less metadata");
            return Err(message);
        }
        Ok(Self { path, header, data })
    }

    /// The dtype of the first listed tensor.
    pub(super) const fn first_dtype(&self) -> Option<Dtype> {
        match Header::new(self.header).advance() {
            Ok(Some(tensor)) => Dtype::of(tensor.dtype),
            _ => None,
        }
    }

    /// Reads all tensors.
    pub(super) const fn list(&self, table: &mut Table<'a>) -> Result<(), Message> {
        let mut header = Header::new(self.header);
        while let Some(tensor) = attempt!(self.sound(header.advance())) {
            if table.count() == MAX_TENSORS {
                let mut message = self.message();
                message.text("the file has more than ");
                message.integer(MAX_TENSORS);
                message.text(" tensors, which is more than can be embedded");
                return Err(message);
            }
            table.push(tensor);
        }
        let data = attempt!(self.sound(table.data_length()));
        let found = START + self.header.len() + self.data.len();
        attempt!(self.sound(check_length(self.header.len(), data, found)));
        match table.index() {
            Some(name) => Err(self.damaged(Damage::doubled(name))),
            None => Ok(()),
        }
    }

    /// The values of a tensor, after checking its shape and dtype.
    pub(super) const fn values(
        &self,
        tensor: &Tensor<'_>,
        weight: &NamedWeight,
        dtype: Dtype,
    ) -> Result<&'a [u8], Message> {
        if !tensor.has_dims(weight.dims) {
            let mut message = self.message_on(weight);
            write_shape(&mut message, tensor);
            message.text(" in the file, but the model's is ");
            message.dims(weight.dims);
            message.text(ADVICE);
            return Err(message);
        }
        if !equal(tensor.dtype.as_bytes(), dtype.name().as_bytes()) {
            let mut message = self.message_on(weight);
            message.text(" has dtype ");
            message.text(tensor.dtype);
            if Dtype::of(tensor.dtype).is_some() {
                message.text(", and others have dtype ");
                message.text(dtype.name());
                message.text("; embed a file of one dtype");
            } else {
                message.text(", but weights are F32, F16 or BF16");
            }
            return Err(message);
        }
        Ok(self.data.split_at(tensor.end).0.split_at(tensor.start).1)
    }

    /// A result of the parser, with an error message that names the file.
    const fn sound<T: Copy>(&self, result: Result<T, Damage>) -> Result<T, Message> {
        match result {
            Ok(value) => Ok(value),
            Err(damage) => Err(self.damaged(damage)),
        }
    }

    /// A message that starts with the name of the file, without its directories.
    const fn message(&self) -> Message {
        let path = self.path.as_bytes();
        let mut start = path.len();
        while start > 0 && path[start - 1] != b'/' && path[start - 1] != b'\\' {
            start -= 1;
        }
        let mut message = Message::new();
        message.text(self.path.split_at(start).1);
        message.text(": ");
        message
    }

    const fn message_on(&self, weight: &NamedWeight) -> Message {
        let mut message = self.message();
        message.text("weight `");
        weight.name.write(&mut message);
        message.text("`");
        message
    }

    const fn damaged(&self, damage: Damage) -> Message {
        let mut message = self.message();
        message.text("this is not a complete safetensors file: ");
        damage.write(&mut message);
        message
    }

    /// The error for a missing weight.
    pub(super) const fn missing(&self, weight: &NamedWeight, model: &Description) -> Message {
        let mut message = self.message_on(weight);
        message.text(" ");
        message.dims(weight.dims);
        message.text(" of the model `");
        message.text(model.name);
        message.text("` is not in the file");
        message.text(ADVICE);
        message
    }

    /// The error for a tensor that is not a weight of the model.
    pub(super) const fn unexpected(&self, table: &Table<'_>, model: &Description) -> Message {
        let mut message = self.message();
        message.text("the file has a tensor `");
        if let Some(tensor) = table.first() {
            Self::write_name(&mut message, tensor.name);
        }
        message.text("`, but the model `");
        message.text(model.name);
        message.text("` has no such weight");
        message.text(ADVICE);
        message
    }

    /// Writes a name from the file, truncated if it is long.
    const fn write_name(message: &mut Message, name: Text<'_>) {
        let (mut start, mut length, mut bytes) = ([0; 128], 0, name.bytes());
        while length < start.len() {
            let Some(byte) = bytes.advance() else { break };
            start[length] = byte;
            length += 1;
        }
        let start = start.split_at(length).0;
        let whole = match core::str::from_utf8(start) {
            Ok(_) => start,
            // Do not cut within a character.
            Err(error) => start.split_at(error.valid_up_to()).0,
        };
        if let Ok(text) = core::str::from_utf8(whole) {
            message.text(text);
        }
    }
}

/// Writes ` is (2, 3)`, for lengths that need not be valid [`Dims`](crate::shape::Dims).
const fn write_shape(message: &mut Message, tensor: &Tensor<'_>) {
    if tensor.rank > MAX_RANK {
        message.text(" has ");
        message.integer(tensor.rank);
        return message.text(" axes");
    }
    message.text(" is (");
    let mut axis = 0;
    while axis < tensor.rank {
        if axis > 0 {
            message.text(", ");
        }
        message.integer(tensor.lengths[axis]);
        axis += 1;
    }
    message.text(if tensor.rank == 1 { ",)" } else { ")" });
}
