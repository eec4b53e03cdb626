//! Splitting work over rayon's pool, without allocating.
//!
//! A thread from outside would have to wake the pool for every part that it gives away, and to be woken. So a whole step
//! [enters](enter) the pool, if it is long enough, and kernels share their work out only there.

/// Below this many elements of an element-wise pass a fork costs more than it saves: 32 Ki floats take about 5 µs on one
/// core when they sit in its cache, a `join` between two awake threads 1–2 µs.
pub(crate) const ELEMENTS: usize = 32 * 1024;

/// Below this many multiplications a step stays outside the pool: 2²⁴ take about 150 µs on one core, entering and
/// leaving the pool some 30 µs.
#[cfg(feature = "std")]
const ENTRY: u64 = 1 << 24;

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
    if end.saturating_sub(start) > grain && grain > 0 && threads() > 1 {
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

/// How many threads share the work: one outside the pool.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "std")]
    return if rayon::current_thread_index().is_some() { rayon::current_num_threads() } else { 1 };
    #[cfg(not(feature = "std"))]
    return 1;
}

/// Does work of so many multiplications on a thread of the pool, if it is worth the way.
#[cfg(feature = "std")]
pub(crate) fn enter<R: Send>(multiplications: u64, work: impl FnOnce() -> R + Send) -> R {
    if multiplications < ENTRY || rayon::current_thread_index().is_some() || rayon::current_num_threads() == 1 {
        return work();
    }
    // The other half of the fork is empty, but wakes a thread for what comes.
    rayon::join(work, || ()).0
}

/// Does two things, at the same time where there are threads for it.
#[cfg(feature = "std")]
pub(crate) fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    if threads() > 1 { rayon::join(first, second) } else { (first(), second()) }
}
