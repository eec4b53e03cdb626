//! How often training takes memory from the heap, on whichever thread: so seldom that steps do not.
//!
//! One test to a program: allocations of another would count.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use keras::prelude::*;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// Asking a thread of the pool for help, after a pause, takes as much as a pointer: those allocations do not count.
const OF_HELP: usize = size_of::<usize>();

struct Counting;

// SAFETY: everything is handed to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > OF_HELP {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

sequential! {
    /// So small that a step stays on one thread.
    struct Small { Input(16), Dense(8, activation = "relu"), Dropout(0.5), Dense(3, activation = "softmax") }
}

sequential! {
    /// So large that a batch is taken in slices.
    struct Sliced {
        Input(28, 28, 1),
        Conv2D(16, 3, activation = "relu"),
        GlobalAveragePooling2D(),
        Dense(3, activation = "softmax"),
    }
}

sequential! {
    /// Takes its batch as a whole, with kernels that share their work out.
    struct Whole {
        Input(16, 16, 3),
        Conv2D(8, 3, use_bias = false),
        BatchNormalization(),
        Activation("relu"),
        GlobalAveragePooling2D(),
        Dense(3, activation = "softmax"),
    }
}

model! {
    struct TwoOutputs(x: Input(16)) {
        let h = Dense(32, activation = "tanh", kernel_regularizer = "l2")(x);
        (Dense(3, activation = "softmax", name = "class")(h), Dense(1, name = "score")(h))
    }
}

const BATCH: usize = 16;

fn numbers<S: Shape>(steps: usize) -> Tensor<S> {
    let numbers = (0..steps * BATCH * S::DIMS.size()).map(|at| (at * 7 % 23) as f32 / 23.0);
    Tensor::from_vec(numbers.collect()).unwrap()
}

fn classes(steps: usize) -> Labels {
    Labels::try_from((0..steps * BATCH).map(|at| (at % 3) as u8).collect::<Vec<_>>()).unwrap()
}

/// The allocations of 60 steps: those of an epoch of 64, less those of an epoch of 4. Each epoch runs twice, and the
/// second one counts.
fn of_sixty_steps(mut epoch: impl FnMut(usize)) -> usize {
    let [few, many] = [4, 64].map(|steps| {
        epoch(steps);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        epoch(steps);
        ALLOCATIONS.load(Ordering::Relaxed) - before
    });
    many.saturating_sub(few)
}

/// [`of_sixty_steps`] of a classifier.
macro_rules! of_classifier {
    ($model:ident) => {{
        let mut model = $model::with_seed(1);
        let loss = SparseCategoricalCrossentropy::default();
        let mut compiled = model.compile(Adam::default(), loss, (Accuracy::default(),));
        let data = [4, 64].map(|steps| (steps, numbers(steps), classes(steps)));
        of_sixty_steps(|steps| {
            let (_, x, y) = data.iter().find(|(of, ..)| *of == steps).unwrap();
            compiled.fit(x, y).batch_size(BATCH).verbose(0).run().unwrap();
        })
    }};
}

fn of_two_outputs() -> usize {
    let mut model = TwoOutputs::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = model.compile(SGD::new(0.01).momentum(0.9), losses, ((Accuracy::default(),), ()));
    let data = [4, 64].map(|steps| (steps, numbers(steps), classes(steps), numbers::<Shape1<1>>(steps)));
    of_sixty_steps(|steps| {
        let (_, x, y, score) = data.iter().find(|(of, ..)| *of == steps).unwrap();
        compiled.fit(x, (y, score)).batch_size(BATCH).verbose(0).run().unwrap();
    })
}

fn of_evaluation_and_prediction() -> usize {
    let mut model = Sliced::with_seed(1);
    let data = [4, 64].map(|steps| (steps, numbers(steps), classes(steps)));
    of_sixty_steps(|steps| {
        let (_, x, y) = data.iter().find(|(of, ..)| *of == steps).unwrap();
        Predict::new(&model).batch_size(BATCH).run(x).unwrap();
        let mut compiled = model.compile(SGD::default(), SparseCategoricalCrossentropy::default(), ());
        compiled.evaluate(x, y).unwrap();
    })
}

/// Rayon queues what its pool is asked in blocks of 63 entries, each an allocation: one for 60 steps, or two.
const ENTRIES: usize = 2;

#[test]
fn steps_do_not_allocate() {
    let counts = [
        ("on one thread", of_classifier!(Small)),
        ("in slices", of_classifier!(Sliced)),
        ("as a whole", of_classifier!(Whole)),
        ("with two outputs", of_two_outputs()),
        ("evaluating and predicting", of_evaluation_and_prediction()),
    ];
    for (how, count) in counts {
        println!("60 steps {how}: {count} allocations");
    }
    for (how, count) in counts {
        assert!(count <= ENTRIES, "60 steps {how} allocate {count} times");
    }
}
