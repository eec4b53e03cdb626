//! Constants of one number or an array of numbers, as arguments.

/// Values that a named constant in a model may have: `MEANS` of type `[f32; 3]`, or `SCALE` of type `f32`.
///
/// Generated code converts either to a slice.
#[doc(hidden)]
#[derive(Debug)]
pub struct Numbers<T>(pub T);

impl Numbers<&'static f32> {
    /// The number as a slice.
    pub const fn slice(self) -> &'static [f32] {
        core::slice::from_ref(self.0)
    }
}

impl<const N: usize> Numbers<&'static [f32; N]> {
    /// The numbers.
    pub const fn slice(self) -> &'static [f32] {
        self.0
    }
}

impl Numbers<&'static &'static [f32]> {
    /// The numbers.
    pub const fn slice(self) -> &'static [f32] {
        self.0
    }
}
