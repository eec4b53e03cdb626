//! A thread from outside rayon's pool, and threads that help it.
//!
//! To hand work to rayon's pool, a thread from outside wakes a worker and sleeps until it is done: some 30 µs, as much as small
//! batches take altogether. A team avoids both: the thread works itself, and helpers look for work for a bounded time before they
//! sleep, so that one call after the other finds them awake. They are threads of the team, started when they are first wanted, and
//! as many as the pool has: waking them takes nothing from the heap, and the pool is free for the program.

use core::{
    any::Any,
    cell::{Cell, UnsafeCell},
    hint, mem,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use std::{
    boxed::Box,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long helpers look for work that does not come before they sleep.
const PATIENCE: Duration = Duration::from_micros(100);
/// Looks between two glances at the clock, where a thread also gives way to others.
const LOOKS: usize = 256;
/// Tasks that wait at a time: as many as a word has bits.
const TASKS: usize = 64;

thread_local! {
    /// Whether this thread works for the team.
    static MEMBER: Cell<bool> = const { Cell::new(false) };
    /// When this thread left its last team.
    static LEFT: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The team of this process: one thread at a time has it.
static TEAM: Team = Team::new();

/// Whether this thread works for the team.
pub(super) fn is_member() -> bool {
    MEMBER.get()
}

/// Whether helpers are awake, or about to be since this thread does one piece of work after the other.
pub(super) fn is_warm() -> bool {
    TEAM.awake.load(Ordering::Relaxed) > 0 || LEFT.get().is_some_and(|left| left.elapsed() < PATIENCE / 2)
}

/// Remembers when work ended that was too little for a team by itself.
pub(super) fn leave() {
    LEFT.set(Some(Instant::now()));
}

/// Does work with the help of other threads; `false`, with nothing done, if another thread has the team.
pub(super) fn lead(work: &mut (dyn FnMut() + Send)) -> bool {
    if TEAM.is_taken.swap(true, Ordering::Acquire) {
        return false;
    }
    struct Lead;
    impl Drop for Lead {
        fn drop(&mut self) {
            MEMBER.set(false);
            leave();
            TEAM.is_taken.store(false, Ordering::Release);
        }
    }
    MEMBER.set(true);
    let _lead = Lead;
    TEAM.wanted.store(rayon::current_num_threads() - 1, Ordering::Relaxed);
    TEAM.ask_for_help();
    work();
    true
}

/// Does two things, the second one on another member of the team if one is free. For members only.
pub(super) fn join(first: &mut (dyn FnMut() + Send), second: &mut (dyn FnMut() + Send)) {
    TEAM.join(first, second);
}

/// A closure of a thread that waits for it to end.
type Task = *mut (dyn FnMut() + Send);

/// A place for a task. On a cache line of its own, which two threads share and no others.
#[repr(align(128))]
struct Slot {
    task: UnsafeCell<Option<Task>>,
    panic: UnsafeCell<Option<Box<dyn Any + Send>>>,
    is_done: AtomicBool,
}

/// The helpers that were started.
struct Helpers {
    count: usize,
    asleep: usize,
    /// How often those that sleep were called.
    calls: u64,
}

struct Team {
    is_taken: AtomicBool,
    /// The helpers that look for tasks or do some, or were called to, and how many are to.
    awake: AtomicUsize,
    wanted: AtomicUsize,
    helpers: Mutex<Helpers>,
    call: Condvar,
    /// The slots that are in use, and those whose task nobody has begun: a bit for each.
    used: AtomicU64,
    waiting: AtomicU64,
    slots: [Slot; TASKS],
}

// SAFETY: a slot is written by the thread that has set its bit in `used`; then by the one that clears its bit in `waiting`, until
// `is_done`. Tasks are `Send`.
unsafe impl Sync for Team {}

impl Team {
    const fn new() -> Self {
        Self {
            is_taken: AtomicBool::new(false),
            awake: AtomicUsize::new(0),
            wanted: AtomicUsize::new(0),
            helpers: Mutex::new(Helpers { count: 0, asleep: 0, calls: 0 }),
            call: Condvar::new(),
            used: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            slots: [const {
                Slot { task: UnsafeCell::new(None), panic: UnsafeCell::new(None), is_done: AtomicBool::new(false) }
            }; TASKS],
        }
    }

    /// Sees to it that as many helpers as are wanted are awake, or soon will be.
    fn ask_for_help(&'static self) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if self.awake.load(Ordering::Relaxed) >= wanted {
            return;
        }
        let mut helpers = self.helpers.lock().unwrap_or_else(PoisonError::into_inner);
        if helpers.asleep > 0 {
            self.awake.fetch_add(mem::take(&mut helpers.asleep), Ordering::Relaxed);
            helpers.calls += 1;
            self.call.notify_all();
        }
        while helpers.count < wanted {
            if thread::Builder::new().name("keras".into()).spawn(|| -> () { self.help() }).is_err() {
                // A process that cannot have more threads does without. The next work tries again.
                self.wanted.store(helpers.count, Ordering::Relaxed);
                break;
            }
            self.awake.fetch_add(1, Ordering::Relaxed);
            helpers.count += 1;
        }
    }

    fn join(&'static self, first: &mut (dyn FnMut() + Send), second: &mut (dyn FnMut() + Send)) {
        let Some(at) = self.reserve() else {
            first();
            return second();
        };
        let slot = &self.slots[at];
        // SAFETY: the slot is ours. The task outlives its stay there, since `Offer` ends that before this function does.
        unsafe {
            *slot.task.get() = Some(mem::transmute::<*mut (dyn FnMut() + Send + '_), Task>(second));
        }
        slot.is_done.store(false, Ordering::Relaxed);
        self.waiting.fetch_or(1 << at, Ordering::Release);
        let offer = Offer { team: self, at };
        // They have left if there was nothing to do for a while.
        self.ask_for_help();
        first();
        mem::forget(offer);
        if self.take(at) {
            self.release(at);
            return second();
        }
        self.wait_for(slot);
        // SAFETY: who had the task is done with the slot.
        let panic = unsafe { (*slot.panic.get()).take() };
        self.release(at);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Takes a slot that is not in use.
    fn reserve(&self) -> Option<usize> {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let at = used.trailing_ones() as usize;
            if at >= TASKS {
                return None;
            }
            match self.used.compare_exchange_weak(used, used | 1 << at, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(at),
                Err(now) => used = now,
            }
        }
    }

    fn release(&self, at: usize) {
        self.used.fetch_and(!(1 << at), Ordering::Release);
    }

    /// Whether the task of a slot becomes this thread's: nobody has begun it.
    fn take(&self, at: usize) -> bool {
        self.waiting.fetch_and(!(1 << at), Ordering::Acquire) & 1 << at != 0
    }

    /// Does a task that waits, the one that has done so for longest as far as slots tell; `false` if there is none.
    fn do_one(&self) -> bool {
        let waiting = self.waiting.load(Ordering::Relaxed);
        let at = waiting.trailing_zeros() as usize;
        if at >= TASKS || !self.take(at) {
            return false;
        }
        let slot = &self.slots[at];
        // SAFETY: the slot and the task, which its thread waits for, are ours until `is_done`.
        unsafe {
            if let Some(task) = (*slot.task.get()).take() {
                *slot.panic.get() = catch_unwind(AssertUnwindSafe(|| (*task)())).err();
            }
        }
        slot.is_done.store(true, Ordering::Release);
        true
    }

    /// Waits until a task of ours is done, and does others meanwhile.
    fn wait_for(&self, slot: &Slot) {
        let mut looks = 0usize;
        while !slot.is_done.load(Ordering::Acquire) {
            if self.do_one() {
                looks = 0;
                continue;
            }
            looks += 1;
            if looks.is_multiple_of(LOOKS) { thread::yield_now() } else { hint::spin_loop() }
        }
    }

    /// The life of a helper: it does tasks until none has come for a while, and sleeps until it is asked for.
    fn help(&self) -> ! {
        MEMBER.set(true);
        loop {
            self.look_for_tasks();
            let mut helpers = self.helpers.lock().unwrap_or_else(PoisonError::into_inner);
            self.awake.fetch_sub(1, Ordering::Relaxed);
            helpers.asleep += 1;
            // A task that was offered meanwhile is done by its own thread. Who offers one from now on takes the lock, and calls.
            let calls = helpers.calls;
            drop(self.call.wait_while(helpers, |helpers| helpers.calls == calls));
        }
    }

    fn look_for_tasks(&self) {
        let (mut idle_since, mut looks) = (None, 0usize);
        loop {
            if self.do_one() {
                (idle_since, looks) = (None, 0);
                continue;
            }
            looks += 1;
            if !looks.is_multiple_of(LOOKS) {
                hint::spin_loop();
                continue;
            }
            if idle_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                break;
            }
            thread::yield_now();
        }
    }
}

/// A task that others may begin. If its thread unwinds, it takes the task back, or waits for its end.
struct Offer {
    team: &'static Team,
    at: usize,
}

impl Drop for Offer {
    fn drop(&mut self) {
        let slot = &self.team.slots[self.at];
        if !self.team.take(self.at) {
            self.team.wait_for(slot);
            // SAFETY: who had the task is done with the slot. One panic is under way already.
            drop(unsafe { (*slot.panic.get()).take() });
        }
        self.team.release(self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{Barrier, Mutex},
        vec::Vec,
    };

    /// The team is one of the process: a test at a time has it.
    static ALONE: Mutex<()> = Mutex::new(());

    fn sum(numbers: &[u64]) -> u64 {
        match numbers {
            [] => 0,
            [number] => *number,
            _ => {
                let (left, right) = numbers.split_at(numbers.len() / 2);
                let (mut first, mut second) = (0, 0);
                join(&mut || first = sum(left), &mut || second = sum(right));
                first + second
            }
        }
    }

    /// Leads the team, as soon as no other test does.
    fn lead_at_last(work: &mut (dyn FnMut() + Send)) {
        while !lead(work) {
            thread::yield_now();
        }
    }

    #[test]
    fn joins_within_joins() {
        let _alone = ALONE.lock();
        let numbers: Vec<u64> = (0..2000).collect();
        for _ in 0..50 {
            let mut total = 0;
            lead_at_last(&mut || total = sum(&numbers));
            assert_eq!(total, 1_999_000);
        }
        assert!(!is_member());
    }

    #[test]
    fn kernels_in_a_team_give_the_same_as_on_one_thread() {
        use crate::kernels::matmul::{Product, matmul, tests::noise};
        let _alone = ALONE.lock();
        let (a, b) = (noise(257 * 300, 1), noise(300 * 129, 2));
        let product = Product { m: 257, n: 129, k: 300, ..Product::default() };
        let (mut alone, mut together) = (vec![0.0; 257 * 129], vec![0.0; 257 * 129]);
        matmul(product, &a, &b, &mut alone);
        for _ in 0..20 {
            together.fill(f32::NAN);
            lead_at_last(&mut || matmul(product, &a, &b, &mut together));
            assert_eq!(alone, together);
        }
    }

    #[test]
    fn leaders_at_the_same_time_work_alone() {
        let numbers: Vec<u64> = (0..1000).collect();
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..50 {
                        let mut total = 0;
                        if lead(&mut || total = sum(&numbers)) {
                            assert_eq!(total, 499_500);
                        } else {
                            assert_eq!(total, 0);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_who_joined() {
        let _alone = ALONE.lock();
        for which in [0, 1, 2] {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                lead_at_last(&mut || {
                    let fall = |at: usize| {
                        if which == at {
                            resume_unwind(Box::new(at))
                        }
                    };
                    join(&mut || join(&mut || fall(0), &mut || fall(1)), &mut || fall(2));
                });
            }));
            assert_eq!(caught.err().and_then(|panic| panic.downcast::<usize>().ok()), Some(Box::new(which)));
            assert!(!is_member());
            let mut total = 0;
            lead_at_last(&mut || total = sum(&[1, 2, 3]));
            assert_eq!(total, 6);
        }
    }

    #[test]
    fn a_leader_can_wait_for_the_pool() {
        let _alone = ALONE.lock();
        let numbers: Vec<u64> = (0..1000).collect();
        let mut total = (0, 0);
        lead_at_last(&mut || {
            total.0 = sum(&numbers);
            // Every thread of the pool is needed: none may be busy with the team.
            total.1 = rayon::broadcast(|_| 1).iter().sum();
        });
        assert_eq!(total, (499_500, rayon::current_num_threads()));
    }
}
