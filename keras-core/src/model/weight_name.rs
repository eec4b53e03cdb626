//! Names of weights and paths of layers, in const evaluation too.

use core::fmt;

use super::MAX_NESTING;
use crate::shape::Message;

/// The full name of a weight: `conv2d/kernel`, in an inner model `mlp/dense/kernel`. Without its last part, it is the path of a
/// layer.
///
/// It is kept in parts, since const evaluation cannot join texts.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Encoder { Input(8), Dense(4) } }
/// sequential! { struct Net { Input(8), Encoder(name = "encoder") } }
///
/// let weights: Vec<_> = Net::DESCRIPTION.named_weights().collect();
/// assert_eq!(weights[1].name.to_string(), "encoder/dense/bias");
/// assert!(weights[1].name.equals(b"encoder/dense/bias")); // in `const` expressions too
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WeightName {
    parts: [&'static str; MAX_NESTING + 1],
    count: usize,
}

impl WeightName {
    /// The name of nothing yet.
    pub(super) const EMPTY: Self = Self { parts: [""; MAX_NESTING + 1], count: 0 };

    /// The name of what is in this.
    pub(super) const fn push(mut self, part: &'static str) -> Self {
        self.parts[self.count] = part;
        self.count += 1;
        self
    }

    /// A byte of a part, or the `/` after it; `None` where the next part starts.
    const fn byte(&self, part: usize, at: usize) -> Option<u8> {
        let bytes = self.parts[part].as_bytes();
        if at < bytes.len() {
            Some(bytes[at])
        } else if at == bytes.len() && part + 1 < self.count {
            Some(b'/')
        } else {
            None
        }
    }

    /// Whether this is the name (`==` for const evaluation).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, name = "scores") } }
    ///
    /// let name = Net::DESCRIPTION.named_weights().next().unwrap().name;
    /// assert!(name.equals(b"scores/kernel") && !name.equals(b"scores"));
    /// ```
    pub const fn equals(&self, name: &[u8]) -> bool {
        let (mut part, mut at, mut compared) = (0, 0, 0);
        while part < self.count {
            while let Some(byte) = self.byte(part, at) {
                if compared >= name.len() || name[compared] != byte {
                    return false;
                }
                at += 1;
                compared += 1;
            }
            (part, at) = (part + 1, 0);
        }
        compared == name.len()
    }

    /// A hash of the name: [`hash`] of its bytes.
    pub(crate) const fn hash(&self) -> u32 {
        let (mut part, mut at, mut hash) = (0, 0, HASH_START);
        while part < self.count {
            while let Some(byte) = self.byte(part, at) {
                hash = hash_byte(hash, byte);
                at += 1;
            }
            (part, at) = (part + 1, 0);
        }
        hash
    }

    /// Writes the name, in const evaluation.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Message};
    ///
    /// sequential! { struct Net { Input(8), Dense(4) } }
    ///
    /// let mut message = Message::new();
    /// Net::DESCRIPTION.named_weights().next().unwrap().name.write(&mut message);
    /// assert_eq!(message.as_str(), "dense/kernel");
    /// ```
    pub const fn write(&self, message: &mut Message) {
        let mut part = 0;
        while part < self.count {
            if part > 0 {
                message.text("/");
            }
            message.text(self.parts[part]);
            part += 1;
        }
    }
}

impl fmt::Display for WeightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts[..self.count].iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for WeightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// FNV-1a: a multiplication a byte, which const evaluation does quickly enough.
const HASH_START: u32 = 0x811c_9dc5;

const fn hash_byte(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// The hash of a name that was read from a file.
pub(crate) const fn hash(name: &[u8]) -> u32 {
    let (mut at, mut hash) = (0, HASH_START);
    while at < name.len() {
        hash = hash_byte(hash, name[at]);
        at += 1;
    }
    hash
}

/// Whether two texts are the same (`==` for const evaluation).
pub(crate) const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
