//! The models of the workloads, and what is timed of each.

use keras::{prelude::*, training::Predict as PredictRun};

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

/// An optimizer step on a batch, which gives the loss.
pub type Trainer<B> = Box<dyn FnMut(&B, &Labels) -> f32>;
/// The inference of a batch, which gives its first output.
pub type Predictor<B> = Box<dyn FnMut(&B) -> f32>;

/// A model that classifies into ten classes, and what is timed of it.
pub trait Classifier {
    /// Floats of a sample.
    const INPUTS: usize;
    /// A batch of samples.
    type Batch;

    fn batch(values: Vec<f32>) -> Self::Batch;
    fn trainer() -> Trainer<Self::Batch>;
    /// For batches of one size.
    fn predictor(batch: usize) -> Predictor<Self::Batch>;
}

macro_rules! classifiers {
    ($($model:ident($shape:ty), $optimizer:expr;)*) => {$(
        impl Classifier for $model {
            const INPUTS: usize = <$shape as Shape>::LEN;
            type Batch = Tensor<$shape>;

            fn batch(values: Vec<f32>) -> Self::Batch {
                Tensor::from_vec(values).expect("whole samples")
            }

            fn trainer() -> Trainer<Self::Batch> {
                let model = Box::leak(Box::new($model::with_seed(1)));
                let mut compiled = model.compile($optimizer, SparseCategoricalCrossentropy::default(), ());
                Box::new(move |x, y| compiled.train_on_batch(x, y).expect("a step").loss)
            }

            fn predictor(batch: usize) -> Predictor<Self::Batch> {
                let model = $model::with_seed(1);
                if batch == 1 {
                    let mut workspace = Box::new([0.0; $model::WORKSPACE]);
                    return Box::new(move |x| {
                        let sample = x.values().first_chunk().expect("one sample");
                        model.predict_one_in(sample, &mut workspace)[0]
                    });
                }
                Box::new(move |x| {
                    PredictRun::new(&model).batch_size(batch).run(x).expect("samples").values()[0]
                })
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
