//! Splitting work over threads, without allocating.
//!
//! A thread from outside rayon's pool would have to wake the pool for every part that it gives away, and to be woken. So a whole step
//! [leads a team](enter) of threads, if it is long enough, and kernels share their work out only there, or on a thread of the
//! pool.

#[cfg(feature = "std")]
use super::team;

/// Below this many elements of an element-wise pass a fork costs more than it saves: 32 Ki floats take about 5 µs on one
/// core when they sit in its cache, a `join` between two awake threads 1–2 µs.
pub(crate) const ELEMENTS: usize = 32 * 1024;

/// The multiplications from which a call asks for the help of other threads.
#[cfg(feature = "std")]
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Of a call by itself.
    first: u64,
    /// Of one that follows another so soon that help is still there, or will be for those that follow.
    next: u64,
}

/// 2²³ multiplications take about 80 µs on one core, asking for help 5 µs, and 2²⁰ take 10 µs, a fork 1–2 µs.
#[cfg(feature = "std")]
pub(crate) const INFERENCE: Entry = Entry { first: 1 << 23, next: 1 << 20 };

/// Of a single sample, which is limited by the weights that it reads: two cores' caches hold more of them, and read twice as fast.
#[cfg(feature = "std")]
pub(crate) const SAMPLE: Entry = Entry { first: 1 << 22, next: 1 << 19 };

/// In a training step, weights and gradients move between the threads' caches.
#[cfg(feature = "std")]
pub(crate) const TRAINING: Entry = Entry { first: 1 << 24, next: 1 << 24 };

/// Below this many multiplications one core is done sooner than a fork: 2¹⁹ take about 8 µs at 128 GFLOP/s.
const MULTIPLICATIONS: usize = 1 << 19;

/// The work that a kernel has to share out.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// A pass over `each` floats per item. Parts are as short as a fork pays off for, on any number of threads.
    Floats { each: usize },
    /// Sums of columns, which are the items, over `floats` floats in total. If a fork pays off, parts are as short as cuts allow.
    ColumnSums { floats: usize },
    /// `all` multiplications in total. If a fork pays off, every thread gets `parts` parts.
    Multiplications { all: usize, parts: usize },
}

impl Work {
    /// Work that is not shared out.
    pub(crate) const ALONE: Self = Self::Multiplications { all: 0, parts: 1 };

    /// How many threads share the work.
    pub(crate) fn threads(self) -> usize {
        let pays_off = match self {
            Self::Floats { .. } => true,
            Self::ColumnSums { floats } => floats >= ELEMENTS,
            Self::Multiplications { all, .. } => all >= MULTIPLICATIONS,
        };
        if pays_off { threads() } else { 1 }
    }

    /// The items of a part.
    fn grain(self, items: usize, threads: usize) -> usize {
        match self {
            _ if threads == 1 => items,
            Self::Floats { each } => ELEMENTS.div_ceil(each.max(1)),
            Self::ColumnSums { .. } => 1,
            Self::Multiplications { parts, .. } => items.div_ceil(parts.saturating_mul(threads).max(1)),
        }
    }
}

/// Calls `part(start, end)` over parts of `0..items`, in parallel if the work is worth it: every kernel shares its work out
/// here. Cuts lie at multiples of `multiple`.
pub(crate) fn share(items: usize, multiple: usize, work: Work, part: &(dyn Fn(usize, usize) + Sync)) {
    let grain = work.grain(items, work.threads()).max(1);
    ranges(0, items, grain.checked_next_multiple_of(multiple).unwrap_or(items), part);
}

/// Calls `work(start, end)` over parts of `start..end` that are at most `grain` long, in parallel.
///
/// Cuts lie at multiples of `grain` from `start`.
fn ranges(start: usize, end: usize, grain: usize, work: &(dyn Fn(usize, usize) + Sync)) {
    #[cfg(feature = "std")]
    if end.saturating_sub(start) > grain && grain > 0 && threads() > 1 {
        let parts = (end - start).div_ceil(grain);
        let middle = start + parts / 2 * grain;
        fork(&mut || ranges(start, middle, grain, work), &mut || ranges(middle, end, grain, work));
        return;
    }
    let _ = grain;
    if start < end {
        work(start, end);
    }
}

/// How many threads share the work: one outside of a team and of the pool.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "std")]
    return if is_within() { rayon::current_num_threads() } else { 1 };
    #[cfg(not(feature = "std"))]
    return 1;
}

/// Does work of this number of multiplications with the help of other threads, if that pays off.
#[cfg(feature = "std")]
pub(crate) fn enter<R: Send>(entry: Entry, multiplications: u64, work: impl FnOnce() -> R + Send) -> R {
    let mut result = None;
    enter_with(entry, multiplications, &mut once(work, &mut result));
    returned(result)
}

/// The same of the inference of one sample.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn enter_sample(multiplications: u64, work: &mut (dyn FnMut() + Send)) {
    if multiplications < SAMPLE.next { work() } else { enter_with(SAMPLE, multiplications, work) }
}

/// Does two things, at the same time where there are threads for it.
#[cfg(feature = "std")]
pub(crate) fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    let (mut of_first, mut of_second) = (None, None);
    join_with(&mut once(first, &mut of_first), &mut once(second, &mut of_second));
    (returned(of_first), returned(of_second))
}

// A fork is a lot of code. What follows is compiled with this crate, and not again for each closure of each program.

#[cfg(feature = "std")]
fn is_within() -> bool {
    team::is_member() || rayon::current_thread_index().is_some()
}

#[cfg(feature = "std")]
fn enter_with(entry: Entry, multiplications: u64, work: &mut (dyn FnMut() + Send)) {
    // WebAssembly has no clock for helpers that look for work for a while.
    let has_team = !cfg!(target_family = "wasm");
    if multiplications < entry.next || !has_team || is_within() || rayon::current_num_threads() == 1 {
        return work();
    }
    if multiplications < entry.first && !team::is_warm() {
        work();
        return team::leave();
    }
    if !team::lead(work) {
        // Threads that work at the same time need no others.
        work();
    }
}

#[cfg(feature = "std")]
fn join_with(first: &mut (dyn FnMut() + Send), second: &mut (dyn FnMut() + Send)) {
    if threads() > 1 {
        fork(first, second);
    } else {
        first();
        second();
    }
}

/// Does two things at the same time, within a team or the pool.
#[cfg(feature = "std")]
fn fork(first: &mut (dyn FnMut() + Send), second: &mut (dyn FnMut() + Send)) {
    if team::is_member() {
        team::join(first, second);
    } else {
        rayon::join(first, second);
    }
}

/// A closure that runs another one, and leaves its result.
#[cfg(feature = "std")]
fn once<'a, R: Send>(work: impl FnOnce() -> R + Send + 'a, result: &'a mut Option<R>) -> impl FnMut() + Send + 'a {
    let mut work = Some(work);
    move || *result = work.take().map(|work| work())
}

#[cfg(feature = "std")]
fn returned<R>(result: Option<R>) -> R {
    result.expect("a closure that was run has left its result")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// The parts for this number of threads.
    fn parts(threads: usize, items: usize, multiple: usize, work: Work) -> Vec<(usize, usize)> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let parts = Mutex::new(Vec::new());
        pool.install(|| share(items, multiple, work, &|start, end| parts.lock().unwrap().push((start, end))));
        let mut parts = parts.into_inner().unwrap();
        parts.sort_unstable();
        parts
    }

    #[test]
    fn little_work_stays_on_a_thread() {
        for work in [
            Work::Floats { each: ELEMENTS / 100 },
            Work::ColumnSums { floats: ELEMENTS - 1 },
            Work::Multiplications { all: MULTIPLICATIONS - 1, parts: 4 },
            Work::ALONE,
        ] {
            assert_eq!(parts(3, 100, 1, work), [(0, 100)]);
            assert_eq!(parts(3, 0, 1, work), []);
        }
    }

    #[test]
    fn parts_cover_all_items_once_and_are_cut_at_multiples() {
        for work in [
            Work::Floats { each: ELEMENTS / 7 },
            Work::ColumnSums { floats: ELEMENTS },
            Work::Multiplications { all: MULTIPLICATIONS, parts: 2 },
            Work::Multiplications { all: usize::MAX, parts: usize::MAX },
        ] {
            for (threads, items, multiple) in [(1, 100, 16), (2, 100, 16), (3, 101, 1), (5, 7, 64), (2, 1000, 3)] {
                let parts = parts(threads, items, multiple, work);
                assert!(threads == 1 || parts.len() > 1 || items <= multiple, "{parts:?}");
                let mut ends = parts.iter().map(|part| part.1);
                assert!(parts.iter().map(|part| part.0).eq([0].into_iter().chain(ends.clone().take(parts.len() - 1))));
                assert_eq!(ends.next_back(), Some(items));
                assert!(parts.iter().all(|part| part.0.is_multiple_of(multiple)), "{parts:?}");
            }
        }
    }
}
