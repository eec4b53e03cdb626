//! Splitting work over rayon's pool, without allocating.

/// Below this many elements of an element-wise pass a fork costs more than it saves: 32 Ki floats take about 5 µs on one
/// core when they sit in its cache, a `join` between two awake threads 1–2 µs.
pub(crate) const ELEMENTS: usize = 32 * 1024;

/// A pointer that may cross threads. Whoever sends it promises that threads touch disjoint elements.
#[derive(Debug)]
pub(crate) struct Shared<T>(pub *mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<T> {}
// SAFETY: the promise above; the pointer itself is only a number.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer; a method, so that closures capture the wrapper and not its field.
    #[inline(always)]
    pub(crate) fn get(self) -> *mut T {
        self.0
    }
}

/// Calls `work(start, end)` over parts of `start..end` that are at most `grain` long, in parallel.
///
/// Cuts lie at multiples of `grain` from `start`.
pub(crate) fn ranges(start: usize, end: usize, grain: usize, work: &(impl Fn(usize, usize) + Sync)) {
    #[cfg(feature = "std")]
    if end.saturating_sub(start) > grain && grain > 0 && rayon::current_num_threads() > 1 {
        let parts = (end - start).div_ceil(grain);
        let middle = start + parts / 2 * grain;
        rayon::join(|| ranges(start, middle, grain, work), || ranges(middle, end, grain, work));
        return;
    }
    let _ = grain;
    if start < end {
        work(start, end);
    }
}

/// How many threads share the work.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "std")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "std"))]
    return 1;
}
