//! The header of a `safetensors` file, read in const evaluation.

use super::table::{MAX_TENSORS, Name, Table, Tensor, Text};
use crate::{
    model::{Description, NamedWeight, equal},
    shape::{MAX_RANK, Message},
};

/// What to do about a file of another model.
const ADVICE: &str = "; embed a file that this model has saved";

/// The header of a file: its length in 8 bytes, then JSON, of which the part that `safetensors` uses is understood.
pub(super) struct Header<'a> {
    file: &'a [u8],
    path: &'a str,
    /// The next byte to read.
    at: usize,
    /// Where the header ends and the data starts.
    end: usize,
}

impl<'a> Header<'a> {
    #[track_caller]
    pub(super) const fn new(file: &'a [u8], path: &'a str) -> Self {
        let mut header = Self { file, path, at: 8, end: 8 };
        let Some((length, rest)) = file.split_first_chunk() else { header.fail_damaged() };
        let length = u64::from_le_bytes(*length);
        // Positions in the header are kept in 32 bits.
        if length > rest.len() as u64 || length > u32::MAX as u64 / 2 {
            header.fail_damaged()
        }
        header.end = 8 + length as usize;
        header
    }

    /// Reads all tensors: `{"__metadata__": {…}, "dense/kernel": {"dtype": "F32", "shape": […], "data_offsets": […]}, …}`.
    #[track_caller]
    pub(super) const fn read(&mut self, table: &mut Table) {
        self.expect(b'{');
        if self.accept(b'}') {
            return;
        }
        loop {
            let name = self.string();
            self.expect(b':');
            if equal(name.bytes(self.file), b"__metadata__") {
                self.skip();
            } else {
                let tensor = self.tensor(name);
                if table.count() == MAX_TENSORS {
                    let mut message = self.message();
                    message.text("the file has more than ");
                    message.integer(MAX_TENSORS);
                    message.text(" tensors, which is more than can be embedded");
                    panic!("{}", message.as_str())
                }
                if !table.insert(self.file, tensor) {
                    let mut message = self.message();
                    message.text("this file is damaged: it lists `");
                    message.text(Name::new(self.file, name).text());
                    message.text("` twice");
                    panic!("{}", message.as_str())
                }
            }
            if !self.accept(b',') {
                return self.expect(b'}');
            }
        }
    }

    #[track_caller]
    const fn tensor(&mut self, name: Text) -> Tensor {
        let mut tensor = Tensor::new(name);
        self.expect(b'{');
        loop {
            let field = self.string();
            self.expect(b':');
            match field.bytes(self.file) {
                b"dtype" => tensor.dtype = self.string(),
                b"shape" => self.shape(&mut tensor),
                b"data_offsets" => {
                    self.expect(b'[');
                    tensor.start = self.number();
                    self.expect(b',');
                    tensor.end = self.number();
                    self.expect(b']');
                }
                _ => self.skip(),
            }
            if !self.accept(b',') {
                self.expect(b'}');
                return tensor;
            }
        }
    }

    #[track_caller]
    const fn shape(&mut self, tensor: &mut Tensor) {
        self.expect(b'[');
        if self.accept(b']') {
            return;
        }
        loop {
            let length = self.number();
            if (tensor.rank as usize) < MAX_RANK {
                // A length that does not fit is not the model's either.
                tensor.lengths[tensor.rank as usize] =
                    if length > u32::MAX as usize { u32::MAX } else { length as u32 };
            }
            tensor.rank += 1;
            if !self.accept(b',') {
                return self.expect(b']');
            }
        }
    }

    /// The next byte that is not a space; 0 at the end.
    const fn peek(&mut self) -> u8 {
        while self.at < self.end {
            match self.file[self.at] {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return byte,
            }
        }
        0
    }

    const fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        if found {
            self.at += 1;
        }
        found
    }

    #[track_caller]
    const fn expect(&mut self, byte: u8) {
        if !self.accept(byte) {
            self.fail_damaged()
        }
    }

    #[track_caller]
    const fn string(&mut self) -> Text {
        self.expect(b'"');
        let start = self.at;
        while self.at < self.end {
            match self.file[self.at] {
                b'"' => {
                    self.at += 1;
                    return Text { start: start as u32, end: self.at as u32 - 1 };
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.fail_damaged()
    }

    #[track_caller]
    const fn number(&mut self) -> usize {
        let (mut number, mut digits) = (0usize, 0);
        self.peek();
        while self.at < self.end && self.file[self.at].is_ascii_digit() {
            number = number.saturating_mul(10).saturating_add((self.file[self.at] - b'0') as usize);
            self.at += 1;
            digits += 1;
        }
        if digits == 0 {
            self.fail_damaged()
        }
        number
    }

    /// Skips a value of any kind.
    #[track_caller]
    const fn skip(&mut self) {
        let mut depth = 0;
        loop {
            match self.peek() {
                0 => self.fail_damaged(),
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b'}' | b']' if depth == 0 => return,
                _ => self.at += 1,
            }
        }
    }

    /// The values of a tensor, once it is the weight's in shape and type.
    #[track_caller]
    pub(super) const fn data(&self, tensor: &Tensor, weight: &NamedWeight) -> &'a [u8] {
        let mut same = tensor.rank as usize == weight.dims.rank();
        let mut axis = 0;
        while same && axis < weight.dims.rank() {
            same = tensor.lengths[axis] as usize == weight.dims.length(axis);
            axis += 1;
        }
        if !same {
            let mut message = self.message_on(weight);
            shape_in_file(&mut message, tensor);
            message.text(" in the file, but the model's is ");
            message.dims(weight.dims);
            message.text(ADVICE);
            panic!("{}", message.as_str())
        }
        if !equal(tensor.dtype.bytes(self.file), b"F32") {
            let mut message = self.message_on(weight);
            message.text(" holds numbers of type ");
            message.text(Name::new(self.file, tensor.dtype).text());
            message.text(", but a model's are F32; save it as 32-bit floats");
            panic!("{}", message.as_str())
        }
        let data = self.file.split_at(self.end).1;
        if tensor.start > tensor.end || tensor.end > data.len() || tensor.end - tensor.start != 4 * weight.dims.size() {
            self.fail_damaged()
        }
        data.split_at(tensor.end).0.split_at(tensor.start).1
    }

    /// A message on the file, without the folders it is in.
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

    #[track_caller]
    const fn fail_damaged(&self) -> ! {
        let mut message = self.message();
        message.text("this is not a safetensors file, or only a part of one");
        panic!("{}", message.as_str())
    }

    #[track_caller]
    pub(super) const fn fail_missing(&self, weight: &NamedWeight, model: &Description) -> ! {
        let mut message = self.message_on(weight);
        message.text(" ");
        message.dims(weight.dims);
        message.text(" of the model `");
        message.text(model.name);
        message.text("` is not in the file");
        message.text(ADVICE);
        panic!("{}", message.as_str())
    }

    /// Refuses a file that has more than the model's weights.
    #[track_caller]
    pub(super) const fn fail_unexpected(&self, table: &Table, model: &Description) -> ! {
        let mut message = self.message();
        message.text("the file has a tensor `");
        if let Some(tensor) = table.first() {
            message.text(Name::new(self.file, tensor.name).text());
        }
        message.text("`, but the model `");
        message.text(model.name);
        message.text("` has no such weight");
        message.text(ADVICE);
        panic!("{}", message.as_str())
    }
}

/// Writes ` is (2, 3)`, of lengths that need not be those of [`Dims`](crate::shape::Dims).
const fn shape_in_file(message: &mut Message, tensor: &Tensor) {
    if tensor.rank as usize > MAX_RANK {
        message.text(" has ");
        message.integer(tensor.rank as usize);
        return message.text(" axes");
    }
    message.text(" is (");
    let mut axis = 0;
    while axis < tensor.rank as usize {
        if axis > 0 {
            message.text(", ");
        }
        message.integer(tensor.lengths[axis] as usize);
        axis += 1;
    }
    message.text(if tensor.rank == 1 { ",)" } else { ")" });
}
