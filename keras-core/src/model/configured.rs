//! Layers of all types behind one pointer.

use core::fmt;

use crate::layers::Layer;

/// A layer of any type, as its description refers to it.
#[doc(hidden)]
pub trait Configured: Send + Sync {
    #[cfg(feature = "std")]
    fn config(&self) -> crate::config::Config;
}

impl<L: Layer> Configured for L {
    #[cfg(feature = "std")]
    fn config(&self) -> crate::config::Config {
        Layer::config(self)
    }
}

impl fmt::Debug for dyn Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a layer")
    }
}

/// A layer for descriptions that tests write.
#[cfg(test)]
pub(crate) const ANY_LAYER: &dyn Configured = &crate::layers::Identity::layer();
