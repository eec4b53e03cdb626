//! Names of weights and paths of layers, in const evaluation too.

use core::fmt;

use super::MAX_NESTING;
use crate::{layers::Scope, shape::Message};

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
/// assert_eq!(weights[1].name, "encoder/dense/bias");
/// assert!(weights[1].name.ends_with("/bias")); // as a `&str`
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

    /// The name of what is in this by a path.
    pub(super) const fn within(mut self, path: &[&'static str]) -> Self {
        let mut at = 0;
        while at < path.len() {
            self = self.push(path[at]);
            at += 1;
        }
        self
    }

    /// The name of what is in this by the path of a layer.
    pub(super) const fn within_scope(mut self, scope: Scope) -> Self {
        let mut at = 0;
        while let Some(name) = scope.get(at) {
            self = self.push(name);
            at += 1;
        }
        self
    }

    /// All but the last part: the path of the layer whose weight it names.
    pub(super) const fn scope(&self) -> Scope {
        let (mut scope, mut at) = (Scope::NONE, self.count.saturating_sub(1));
        while at > 0 {
            at -= 1;
            scope = scope.within(self.parts[at]);
        }
        scope
    }

    /// The byte at this place of the name; `None` at its end.
    pub(crate) const fn get(&self, mut at: usize) -> Option<u8> {
        let mut part = 0;
        while part < self.count {
            let bytes = self.parts[part].as_bytes();
            if at < bytes.len() {
                return Some(bytes[at]);
            }
            at -= bytes.len();
            part += 1;
            if part < self.count {
                if at == 0 {
                    return Some(b'/');
                }
                at -= 1;
            }
        }
        None
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
        self.stands_in(name, 0, name.len())
    }

    /// Whether this is the name that stands in a text from one place to another.
    pub(crate) const fn stands_in(&self, text: &[u8], start: usize, end: usize) -> bool {
        let (mut part, mut compared) = (0, start);
        while part < self.count {
            let (bytes, mut at) = (self.parts[part].as_bytes(), 0);
            let length = bytes.len();
            if part > 0 {
                if compared >= end || text[compared] != b'/' {
                    return false;
                }
                compared += 1;
            }
            while at < length {
                if compared >= end || text[compared] != bytes[at] {
                    return false;
                }
                at += 1;
                compared += 1;
            }
            part += 1;
        }
        compared == end
    }

    /// The hash of the name.
    pub(crate) const fn hash(&self) -> u32 {
        let (mut part, mut sum) = (0, HASH_START);
        while part < self.count {
            if part > 0 {
                sum = hash(sum, b"/", 0, 1);
            }
            let bytes = self.parts[part].as_bytes();
            sum = hash(sum, bytes, 0, bytes.len());
            part += 1;
        }
        sum
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

#[cfg(feature = "std")]
mod joined {
    use std::{
        collections::BTreeSet,
        ops::Deref,
        sync::{Mutex, PoisonError},
    };

    use super::WeightName;

    /// All names that were used as texts. There are as many as the models of the program have weights.
    static JOINED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

    impl WeightName {
        /// The name as a text.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8), Dense(4), Dense(2) } }
        ///
        /// let names: Vec<&str> = Net::DESCRIPTION.named_weights().map(|weight| weight.name.as_str()).collect();
        /// assert_eq!(names, ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
        /// ```
        pub fn as_str(&self) -> &'static str {
            let name = self.to_string();
            let mut joined = JOINED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = joined.get(&*name) {
                return known;
            }
            let name: &'static str = name.leak();
            joined.insert(name);
            name
        }
    }

    /// A name has the methods of a text: `name.starts_with("encoder/")`.
    impl Deref for WeightName {
        type Target = str;

        fn deref(&self) -> &str {
            self.as_str()
        }
    }

    impl AsRef<str> for WeightName {
        fn as_ref(&self) -> &str {
            self.as_str()
        }
    }

    impl From<WeightName> for &'static str {
        fn from(name: WeightName) -> Self {
            name.as_str()
        }
    }
}

/// Compares the name with a text.
impl PartialEq<str> for WeightName {
    fn eq(&self, text: &str) -> bool {
        self.equals(text.as_bytes())
    }
}

impl PartialEq<&str> for WeightName {
    fn eq(&self, text: &&str) -> bool {
        self.equals(text.as_bytes())
    }
}

impl fmt::Debug for WeightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of nothing.
pub(crate) const HASH_START: u32 = 0x811c_9dc5;

/// The hash of what was hashed before and a part of a text: FNV-1a, which takes const evaluation one multiplication a byte.
pub(crate) const fn hash(mut hash: u32, text: &[u8], mut at: usize, end: usize) -> u32 {
    while at < end {
        hash = ((hash ^ text[at] as u32) as u64 * 0x0100_0193) as u32;
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
