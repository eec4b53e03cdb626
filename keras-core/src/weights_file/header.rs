//! The tensors listed in a header.

use super::{
    Damage, START,
    json::{Json, Text},
};
use crate::shape::{Dims, MAX_RANK};

/// The maximum length of a header in the format.
const MAX_LENGTH: u64 = 100_000_000;

/// The dtypes of the format, those of weights first, and their sizes in bits.
const TYPES: &[(&str, usize)] = &[
    ("F32", 32),
    ("F16", 16),
    ("BF16", 16),
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("I16", 16),
    ("U16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// A tensor listed in the header.
#[derive(Clone, Copy)]
pub(crate) struct Tensor<'a> {
    pub(crate) name: Text<'a>,
    /// The dtype, as spelled in the format.
    pub(crate) dtype: &'static str,
    /// The number of axes.
    pub(crate) rank: usize,
    /// The lengths of the first axes.
    pub(crate) lengths: [usize; MAX_RANK],
    /// The span of the shape in the header.
    #[cfg_attr(
        not(feature = "std"),
        expect(dead_code, reason = "only `load` lists the lengths of a shape that is another")
    )]
    shape: &'a [u8],
    /// The range of the tensor in the data.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Tensor<'_> {
    /// A placeholder for a tensor.
    pub(crate) const NONE: Self =
        Self { name: Text::EMPTY, dtype: "", rank: 0, lengths: [0; MAX_RANK], shape: &[], start: 0, end: 0 };

    /// Whether the tensor has this shape.
    pub(crate) const fn has_dims(&self, dims: Dims) -> bool {
        if self.rank != dims.rank() {
            return false;
        }
        let mut axis = 0;
        while axis < self.rank {
            if self.lengths[axis] != dims.length(axis) {
                return false;
            }
            axis += 1;
        }
        true
    }
}

#[cfg(feature = "std")]
impl Tensor<'_> {
    /// The lengths of all axes.
    pub(crate) fn shape(&self) -> Vec<usize> {
        let mut lengths = Json::new(self.shape);
        (0..self.rank).map_while(|axis| (axis == 0 || lengths.accept(b',')).then(|| lengths.number().ok())?).collect()
    }
}

/// The length of the header, which is stored in front of it.
pub(crate) const fn header_length(bytes: [u8; START]) -> Result<usize, Damage> {
    let length = u64::from_le_bytes(bytes);
    if length > MAX_LENGTH {
        return Err(Damage::new(0, "the header is too long: this is another kind of file"));
    }
    Ok(length as usize)
}

/// A parser of the header: JSON, limited to the subset that the format uses.
#[derive(Clone, Copy)]
pub(crate) struct Header<'a> {
    json: Json<'a>,
    is_first: bool,
    has_metadata: bool,
}

impl<'a> Header<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { json: Json::new(text), is_first: true, has_metadata: false }
    }

    /// The next tensor of
    /// `{"__metadata__": {…}, "dense/kernel": {"dtype": "F32", "shape": […], "data_offsets": […]}, …}`; `None` at the
    /// end.
    pub(crate) const fn advance(&mut self) -> Result<Option<Tensor<'a>>, Damage> {
        loop {
            let is_over = if self.is_first {
                attempt!(self.json.expect(b'{'));
                self.json.accept(b'}')
            } else if self.json.accept(b',') {
                false
            } else {
                attempt!(self.json.expect(b'}'));
                true
            };
            self.is_first = false;
            if is_over {
                attempt!(self.json.end());
                return Ok(None);
            }
            let name = attempt!(self.json.string());
            attempt!(self.json.expect(b':'));
            if !name.equals(b"__metadata__") {
                return match self.tensor(name) {
                    Ok(tensor) => Ok(Some(tensor)),
                    Err(damage) => Err(damage),
                };
            }
            if self.has_metadata {
                return self.json.damage("`__metadata__` is given twice");
            }
            self.has_metadata = true;
            attempt!(self.metadata());
        }
    }

    /// An object whose values are strings, or `null`.
    const fn metadata(&mut self) -> Result<(), Damage> {
        if self.json.peek() == b'n' {
            return self.json.skip_word(b"null");
        }
        attempt!(self.json.expect(b'{'));
        if self.json.accept(b'}') {
            return Ok(());
        }
        loop {
            attempt!(self.json.string());
            attempt!(self.json.expect(b':'));
            attempt!(self.json.string());
            if !self.json.accept(b',') {
                return self.json.expect(b'}');
            }
        }
    }

    const fn tensor(&mut self, name: Text<'a>) -> Result<Tensor<'a>, Damage> {
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        attempt!(self.json.expect(b'{'));
        loop {
            let field = attempt!(self.json.string());
            attempt!(self.json.expect(b':'));
            let is_doubled;
            if field.equals(b"dtype") {
                is_doubled = dtype.is_some();
                dtype = Some(attempt!(self.dtype()));
            } else if field.equals(b"shape") {
                is_doubled = shape.is_some();
                shape = Some(attempt!(self.shape()));
            } else if field.equals(b"data_offsets") {
                is_doubled = offsets.is_some();
                offsets = Some(attempt!(self.offsets()));
            } else {
                is_doubled = false;
                attempt!(self.json.skip());
            }
            if is_doubled {
                return self.json.damage("a field of the tensor is given twice");
            }
            if !self.json.accept(b',') {
                attempt!(self.json.expect(b'}'));
                break;
            }
        }
        let (Some((dtype, bits)), Some(shape), Some((start, end))) = (dtype, shape, offsets) else {
            return self.json.damage("a tensor lacks `dtype`, `shape` or `data_offsets`");
        };
        let bits = match shape.size {
            Some(size) => size.checked_mul(bits),
            None => None,
        };
        match bits {
            Some(bits) if start <= end && bits.is_multiple_of(8) && bits / 8 == end - start => {}
            _ => return self.json.damage("the offsets of a tensor do not match its shape and dtype"),
        }
        Ok(Tensor { name, dtype, rank: shape.rank, lengths: shape.lengths, shape: shape.raw, start, end })
    }

    const fn dtype(&mut self) -> Result<(&'static str, usize), Damage> {
        let text = attempt!(self.json.string());
        let mut at = 0;
        while at < TYPES.len() {
            if text.equals(TYPES[at].0.as_bytes()) {
                return Ok(TYPES[at]);
            }
            at += 1;
        }
        self.json.damage("this is not a known data type")
    }

    const fn shape(&mut self) -> Result<Shape<'a>, Damage> {
        attempt!(self.json.expect(b'['));
        let start = self.json.at();
        let mut shape = Shape { rank: 0, lengths: [0; MAX_RANK], raw: &[], size: Some(1) };
        if self.json.accept(b']') {
            return Ok(shape);
        }
        loop {
            let length = attempt!(self.json.number());
            if shape.rank < MAX_RANK {
                shape.lengths[shape.rank] = length;
            }
            shape.rank += 1;
            shape.size = match shape.size {
                Some(size) => size.checked_mul(length),
                None => None,
            };
            if !self.json.accept(b',') {
                shape.raw = self.json.between(start, self.json.at());
                attempt!(self.json.expect(b']'));
                return Ok(shape);
            }
        }
    }

    const fn offsets(&mut self) -> Result<(usize, usize), Damage> {
        attempt!(self.json.expect(b'['));
        let start = attempt!(self.json.number());
        attempt!(self.json.expect(b','));
        let end = attempt!(self.json.number());
        attempt!(self.json.expect(b']'));
        Ok((start, end))
    }
}

#[derive(Clone, Copy)]
struct Shape<'a> {
    rank: usize,
    lengths: [usize; MAX_RANK],
    raw: &'a [u8],
    /// The number of elements; `None` if it is too large.
    size: Option<usize>,
}

/// The length of the data of these tensors, sorted by offset: each must start where the previous one ends.
pub(crate) const fn data_length(tensors: &[Tensor]) -> Result<usize, Damage> {
    let (count, mut at, mut end) = (tensors.len(), 0, 0);
    while at < count {
        let tensor = &tensors[at];
        if tensor.start != end {
            return Err(Damage::new(
                tensor.name.position(),
                "a tensor's data overlaps another's, or leaves a gap before it",
            ));
        }
        end = tensor.end;
        at += 1;
    }
    Ok(end)
}

/// Whether the length of a file matches its header.
pub(crate) const fn check_length(header: usize, data: usize, file: usize) -> Result<(), Damage> {
    let found = file.saturating_sub(START + header);
    if found < data {
        return Err(Damage::new(file, "the file ends within its data"));
    }
    if found > data {
        return Err(Damage::new(START + header + data, "the file continues after its data"));
    }
    Ok(())
}
