//! Defects of files that are not valid `safetensors` files.

use core::fmt;

use super::Text;
use crate::shape::Message;

/// Why bytes are not a complete `safetensors` file.
///
/// ```
/// use keras::{Error, prelude::*, saving::LoadError};
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let path = std::env::temp_dir().join(format!("damage-{}.safetensors", std::process::id()));
/// std::fs::write(&path, b"\x02\0\0\0\0\0\0\0[]").unwrap();
/// let Err(Error::Load(LoadError::Damaged { source, .. })) = Net::new().load(&path) else { panic!() };
/// assert_eq!(source.to_string(), "at byte 8, `{` is missing");
/// # std::fs::remove_file(&path).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    at: usize,
    what: &'static str,
}

impl Damage {
    pub(crate) const fn new(at: usize, what: &'static str) -> Self {
        Self { at, what }
    }

    /// A duplicate name.
    pub(crate) const fn doubled(name: Text<'_>) -> Self {
        Self::new(name.position(), "two tensors have the same name")
    }

    /// Writes the message, in const evaluation.
    pub(crate) const fn write(&self, message: &mut Message) {
        message.text("at byte ");
        message.integer(self.at);
        message.text(", ");
        message.text(self.what);
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}, {}", self.at, self.what)
    }
}

impl core::error::Error for Damage {}
