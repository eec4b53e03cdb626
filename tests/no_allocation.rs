//! Inference on embedded weights takes nothing from the heap, and says what the trained model says.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use keras::{
    layers::{Backward, Built, Forward, Layer, StateVariable},
    prelude::*,
    shape::{Dims, ShapeError},
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
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
    struct Digits {
        Input(8, 8, 1),
        Conv2D(8, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(32, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

static DIGITS: Digits<Embedded> = embed!(Digits, "../examples/weights/digits.safetensors");

#[test]
fn embedded_inference_allocates_nothing() {
    let (_, test) = keras::datasets::digits().unwrap();
    let images: Vec<[f32; 64]> = test.x.samples().map(|image| image.try_into().unwrap()).collect();
    let mut workspace = [0.0; Digits::WORKSPACE];
    let mut scores = vec![[0.0; 10]; images.len()];
    let before = ALLOCATIONS.with(Cell::get);
    for (image, scores) in images.iter().zip(&mut scores) {
        *scores = *DIGITS.predict_one_in(image, &mut workspace);
        assert_eq!(*scores, DIGITS.predict_one(image));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);

    let mut model = Digits::new();
    model.load("examples/weights/digits.safetensors").unwrap();
    let owned: Vec<[f32; 10]> = images.iter().map(|image| model.predict_one(image)).collect();
    assert_eq!(owned, scores);
    let batched = Predict::new(&DIGITS).run(&test.x).unwrap();
    for (one, batched) in scores.iter().zip(batched.samples()) {
        assert!(one.iter().zip(batched).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

sequential! {
    /// So many weights that other threads help with a single sample.
    struct Wide { Input(512), Dense(2048, activation = "relu"), Dense(256) }
}

#[test]
fn help_with_a_sample_allocates_nothing_once_its_threads_run() {
    let (model, input) = (Wide::with_seed(1), [0.5; 512]);
    let predict = || model.predict_one(&input);
    let first = predict();
    // The threads are started by the second of two predictions, one right after the other.
    for _ in 0..200 {
        assert_eq!(predict(), first);
    }
    let before = ALLOCATIONS.with(Cell::get);
    for pause in 0..50 {
        // Helpers sleep after a while, and are woken.
        std::thread::sleep(std::time::Duration::from_micros(20 * pause));
        assert!((0..20).all(|_| predict() == first));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
}

sequential! {
    /// With what is done to weights and outputs beside the passes.
    struct Constrained {
        Input(8, 8, 1),
        Conv2D(4, 3, kernel_constraint = FILTERS, activity_regularizer = "l2"),
        PReLU(shared_axes = (1, 2), alpha_constraint = "non_neg"),
        LayerNormalization(axis = (1, 3)),
        Flatten(),
        GaussianNoise(0.1),
        Dense(10, activation = "softmax", kernel_regularizer = "orthogonal_regularizer", kernel_constraint = "unit_norm"),
    }
}

const FILTERS: Constraint = Constraint::max_norm(1.0, &[0, 1, 2]);

/// The allocations of an epoch over so many samples.
fn allocations_of_an_epoch<M: Train<Inputs = Shape3<8, 8, 1>, Outputs = Shape1<10>>>(
    mut model: M,
    samples: usize,
) -> usize {
    let (train, _) = keras::datasets::digits().unwrap();
    let x: Vec<f32> = train.x.values().iter().cycle().take(samples * 64).copied().collect();
    let y: Vec<u32> = train.y.values().iter().cycle().take(samples).copied().collect();
    let (x, y) = (Tensor::<Shape3<8, 8, 1>>::from_vec(x).unwrap(), Labels::try_from(y).unwrap());
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let mut epoch = || {
        let before = ALLOCATIONS.with(Cell::get);
        compiled.fit(&x, &y).batch_size(16).verbose(0).run().unwrap();
        ALLOCATIONS.with(Cell::get) - before
    };
    epoch();
    epoch()
}

#[test]
fn steps_after_the_first_allocate_nothing() {
    // A step of this size stays on its thread, where allocations are counted.
    let digits = |samples| allocations_of_an_epoch(Digits::with_seed(1), samples);
    assert_eq!(digits(16 * 4), digits(16 * 64));
    let constrained = |samples| allocations_of_an_epoch(Constrained::with_seed(1), samples);
    assert_eq!(constrained(16 * 2), constrained(16 * 8));
}

/// The sum of all that a sample was so far.
#[derive(Clone, Copy)]
pub struct Total;

impl Total {
    const fn layer() -> Self {
        Self
    }
    const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).state(StateVariable::per_sample("total", input)).ok()
    }
}

impl Layer for Total {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [total], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
        total.iter_mut().zip(input).for_each(|(total, value)| *total += value);
        output.copy_from_slice(total);
    }
    fn backward(&self, pass: Backward<'_>) {
        let ([gradient], [output_gradient]) = (pass.input_gradients.array(), pass.output_gradients.array());
        if let Some(gradient) = gradient {
            gradient.copy_from_slice(output_gradient);
        }
    }
}

sequential! {
    struct Totals { Input(8, 8, 1), Total(), Flatten(), Dense(10, activation = "softmax") }
}

#[test]
fn a_state_is_kept_without_allocations() {
    let totals = |samples| allocations_of_an_epoch(Totals::with_seed(1), samples);
    assert_eq!(totals(16 * 4), totals(16 * 64));
    let mut model = Totals::with_seed(1);
    let (mut state, mut workspace) = (Totals::initial_state(), [0.0; Totals::WORKSPACE]);
    let first = model.predict_one_stateful(&[0.5; 64]).unwrap();
    let before = ALLOCATIONS.with(Cell::get);
    let with_state = *model.predict_one_with_state(&[0.5; 64], &mut state, &mut workspace);
    assert_ne!(model.predict_one_stateful(&[0.5; 64]).unwrap(), first);
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
    assert_eq!(with_state, first);
}
