//! Pointers that cross threads: some are read through, others written through.
//!
//! Making one is safe. Whoever reads or writes through it says why the address is valid and, where threads share the work out,
//! why no two of them touch what one writes.

/// Where floats are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadPointer(pub *const f32);

/// Where floats are written, and may be read again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WritePointer(pub *mut f32);

// SAFETY: the pointer itself is only a number; using it is the user's promise.
unsafe impl Send for ReadPointer {}
// SAFETY: as above.
unsafe impl Sync for ReadPointer {}
// SAFETY: as above.
unsafe impl Send for WritePointer {}
// SAFETY: as above.
unsafe impl Sync for WritePointer {}

impl ReadPointer {
    /// Nothing.
    pub(crate) const NULL: Self = Self(core::ptr::null());

    /// The first of some floats.
    pub(crate) fn new(values: &[f32]) -> Self {
        Self(values.as_ptr())
    }

    /// The first of some floats; null if there are none.
    pub(crate) fn or_null(values: &[f32]) -> Self {
        if values.is_empty() { Self::NULL } else { Self::new(values) }
    }

    /// The pointer; a method, so that closures capture the wrapper and not its field.
    #[inline(always)]
    pub(crate) fn get(self) -> *const f32 {
        self.0
    }

    /// The address of a later float, perhaps outside what may be read.
    #[inline(always)]
    pub(crate) fn offset(self, floats: usize) -> Self {
        Self(self.0.wrapping_add(floats))
    }
}

impl WritePointer {
    /// The first of some floats.
    pub(crate) fn new(values: &mut [f32]) -> Self {
        Self(values.as_mut_ptr())
    }

    /// The pointer; a method, so that closures capture the wrapper and not its field.
    #[inline(always)]
    pub(crate) fn get(self) -> *mut f32 {
        self.0
    }

    /// The address of a later float, perhaps outside what may be written.
    #[inline(always)]
    pub(crate) fn offset(self, floats: usize) -> Self {
        Self(self.0.wrapping_add(floats))
    }

    /// The same floats, to be read.
    #[inline(always)]
    pub(crate) fn read(self) -> ReadPointer {
        ReadPointer(self.0)
    }
}
