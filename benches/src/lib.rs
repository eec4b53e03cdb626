//! The workloads: their models, their data, and what is timed of each.

use std::hint::black_box;

use keras::{prelude::*, training::Predict as PredictRun};
use keras_core::kernels::matmul::{Product, matmul};
pub use layers::Sweep;
pub use turns::{Inference, POOL, ROUNDS, Training, Work, classified, noise, take_turns, window};

mod layers;
mod turns;

sequential! {
    /// T1: Keras' quick start.
    pub struct QuickStart {
        Input(784),
        Dense(128, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    }
}

sequential! {
    /// T2: a wider network of three dense layers.
    pub struct Multilayer {
        Input(784),
        Dense(512, activation = "relu"),
        Dense(512, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

sequential! {
    /// T3: LeNet.
    pub struct LeNet {
        Input(32, 32, 1),
        Conv2D(6, 3, activation = "relu"),
        AveragePooling2D(2),
        Conv2D(16, 3, activation = "relu"),
        AveragePooling2D(2),
        Flatten(),
        Dense(120, activation = "relu"),
        Dense(84, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

sequential! {
    /// T4: Keras' convnet of MNIST.
    pub struct Convnet {
        Input(28, 28, 1),
        Conv2D(32, 3, activation = "relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    }
}

model! {
    /// T5: ResNet-20 of CIFAR-10.
    pub struct ResNet20(image: Input(32, 32, 3)) {
        fn convolution(x, filters, strides, size) {
            let y = Conv2D(filters, size, strides = strides, padding = "same", use_bias = false)(x);
            BatchNormalization()(y)
        }
        fn block(x, filters) {
            let y = Activation("relu")(convolution(x, filters, 1, 3));
            let y = convolution(y, filters, 1, 3);
            Activation("relu")(y + x)
        }
        fn narrowing(x, filters) {
            let y = Activation("relu")(convolution(x, filters, 2, 3));
            let y = convolution(y, filters, 1, 3);
            Activation("relu")(y + convolution(x, filters, 2, 1))
        }
        let x = Activation("relu")(convolution(image, 16, 1, 3));
        for _ in 0..3 { x = block(x, 16); }
        let x = narrowing(x, 32);
        for _ in 0..2 { x = block(x, 32); }
        let x = narrowing(x, 64);
        for _ in 0..2 { x = block(x, 64); }
        Dense(10, activation = "softmax")(GlobalAveragePooling2D()(x))
    }
}

/// Whole optimizer steps of a workload (`T1` … `T5`); `None` if there is no such workload.
pub fn training(workload: &str, batch: usize) -> Option<Box<dyn Work>> {
    Some(match workload {
        "T1" => QuickStart::training(batch),
        "T2" => Multilayer::training(batch),
        "T3" => LeNet::training(batch),
        "T4" => Convnet::training(batch),
        "T5" => ResNet20::training(batch),
        _ => return None,
    })
}

/// Inference of a batch by a workload's model; `None` if there is no such workload.
pub fn inference(workload: &str, batch: usize) -> Option<Box<dyn Work>> {
    Some(match workload {
        "T1" => QuickStart::inference(batch),
        "T2" => Multilayer::inference(batch),
        "T3" => LeNet::inference(batch),
        "T4" => Convnet::inference(batch),
        "T5" => ResNet20::inference(batch),
        _ => return None,
    })
}

/// The products of the dense layers of T1 and T2, forward, by the kernel and by the input; then square ones: see
/// [`product`].
pub const PRODUCTS: [&str; 33] = [
    "32x784x128",
    "784x32x128,ta",
    "32x128x784,tb",
    "128x784x128",
    "784x128x128,ta",
    "128x128x784,tb",
    "128x784x512",
    "784x128x512,ta",
    "128x512x784,tb",
    "128x512x512",
    "512x128x512,ta",
    "128x512x512,tb",
    "128x128x10",
    "128x128x10,ta",
    "128x10x128,tb",
    "128x512x10",
    "512x128x10,ta",
    "128x10x512,tb",
    "256x784x128",
    "256x784x512",
    "256x512x512",
    "256x256x256",
    "256x256x256,ta",
    "256x256x256,tb",
    "256x256x256,tatb",
    "512x512x512",
    "512x512x512,ta",
    "512x512x512,tb",
    "512x512x512,tatb",
    "1024x1024x1024",
    "1024x1024x1024,ta",
    "1024x1024x1024,tb",
    "1024x1024x1024,tatb",
];

/// A product of matrices, written as its m, k and n and what is transposed in memory: `128x784x512`, `784x128x512,ta`,
/// `128x512x784,tb`, `256x256x256,tatb`; `None` if it is not written so.
pub fn product(written: &str) -> Option<Product> {
    let (sizes, transposed) = written.split_once(',').unwrap_or((written, ""));
    let sizes: Vec<usize> = sizes.split('x').map(|size| size.parse().ok()).collect::<Option<_>>()?;
    let &[m, k, n] = &sizes[..] else { return None };
    let (transpose_a, transpose_b) = match transposed {
        "" => (false, false),
        "ta" => (true, false),
        "tb" => (false, true),
        "tatb" => (true, true),
        _ => return None,
    };
    Some(Product { m, n, k, transpose_a, transpose_b, accumulate: false })
}

/// Multiplications and additions of a product.
pub fn operations(product: Product) -> u64 {
    2 * (product.m * product.k * product.n) as u64
}

/// A product of matrices that look random.
pub fn multiplication(product: Product) -> Box<dyn Work> {
    let Product { m, n, k, .. } = product;
    let (a, b, mut c) = (noise(m * k, 1), noise(k * n, 2), vec![0.0; m * n]);
    Box::new(Inference(move || {
        matmul(product, black_box(&a), black_box(&b), &mut c);
        black_box(&mut c);
    }))
}

/// A model that classifies into ten classes.
trait Classifier {
    fn training(batch: usize) -> Box<dyn Work>;
    fn inference(batch: usize) -> Box<dyn Work>;
}

macro_rules! classifiers {
    ($($model:ident($shape:ty), $optimizer:expr;)*) => {$(
        impl Classifier for $model {
            fn training(batch: usize) -> Box<dyn Work> {
                let model = Box::leak(Box::new($model::with_seed(1)));
                let mut compiled = model.compile($optimizer, SparseCategoricalCrossentropy::default(), ());
                let pool = pool::<$shape>(batch);
                let step = move |at: usize| compiled.train_on_batch(&pool[at].0, &pool[at].1).expect("a step").loss;
                Box::new(Training::new(step, |loss| loss))
            }

            fn inference(batch: usize) -> Box<dyn Work> {
                let model = $model::with_seed(1);
                let x = samples::<$shape>(batch, 1);
                if batch == 1 {
                    let mut workspace = Box::new([0.0; $model::WORKSPACE]);
                    return Box::new(Inference(move || {
                        let sample = black_box(x.values()).first_chunk().expect("one sample");
                        black_box(model.predict_one_in(sample, &mut workspace));
                    }));
                }
                Box::new(Inference(move || {
                    black_box(PredictRun::new(&model).batch_size(batch).run(black_box(&x)).expect("samples"));
                }))
            }
        }
    )*};
}

classifiers! {
    QuickStart(Shape1<784>), Adam::default();
    Multilayer(Shape1<784>), Adam::default();
    LeNet(Shape3<32, 32, 1>), Adam::default();
    Convnet(Shape3<28, 28, 1>), Adam::default();
    ResNet20(Shape3<32, 32, 3>), SGD::new(0.01).momentum(0.9);
}

/// Samples that look random.
pub fn samples<S: Shape>(batch: usize, seed: u32) -> Tensor<S> {
    Tensor::from_vec(noise(batch * S::LEN, seed)).expect("whole samples")
}

/// Samples that a model can learn to classify, with their labels.
pub fn learnable<S: Shape>(batch: usize, seed: u32) -> (Tensor<S>, Labels) {
    let (samples, classes) = classified(batch, S::LEN, seed);
    (Tensor::from_vec(samples).expect("whole samples"), Labels::try_from(classes).expect("small numbers"))
}

/// The batches of training.
pub fn pool<S: Shape>(batch: usize) -> Vec<(Tensor<S>, Labels)> {
    (0..POOL as u32).map(|at| learnable(batch, at + 1)).collect()
}
