//! The functional API: two inputs, two outputs, a shared layer, a residual block, a loop.
//!
//! From a small image and six numbers, the model predicts the brightest quarter of the image, and the mean of the numbers.

use keras::prelude::*;

const SAMPLES: usize = 1000;

model! {
    /// A model with an image and a vector as inputs.
    pub struct TwoTowers(image: Input(8, 8, 1), numbers: Input(6)) {
        fn residual(x, filters) {
            let y = Conv2D(filters, 3, padding = "same", use_bias = false)(x);
            let y = BatchNormalization()(y);
            Activation("relu")(Add()([x, y]))
        }
        let x = Conv2D(8, 3, padding = "same", activation = "relu")(image);
        for _ in 0..2 { x = residual(x, 8); }
        let x = Flatten()(AveragePooling2D(4)(x));
        let encode = Dense(32, activation = "relu", name = "encode");       // called twice: shared weights
        let joined = Concatenate()([encode(x), encode(Dense(32)(numbers))]);
        let quarter = Dense(4, activation = "softmax", name = "quarter")(joined);
        let mean = Dense(1, name = "mean")(joined);
        (quarter, mean)
    }
}

type Samples = (Tensor<Shape3<8, 8, 1>>, Tensor<Shape1<6>>);
type Targets = (Labels, Tensor<Shape1<1>>);

fn main() -> keras::Result<()> {
    println!("{}", TwoTowers::summary());
    let (x, y) = data()?;
    let mut model = TwoTowers::with_seed(3);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let history = model
        .compile(Adam::new(3e-3), losses, ((Accuracy::default(),), ()))
        .loss_weights([1.0, 0.5])
        .fit((&x.0, &x.1), (&y.0, &y.1))
        .epochs(12)
        .validation_split(0.2)
        .run()?;
    println!("quarters right: {:.1}%", 100.0 * history["val_quarter_accuracy"].last().copied().unwrap_or_default());
    let (quarters, means) = model.predict((&x.0, &x.1))?;
    println!("the first sample: quarters {:.2?}, mean {:.2?}", &quarters[0], &means[0]);
    Ok(())
}

/// Images with one bright quarter, and numbers, by a small generator of our own.
fn data() -> keras::Result<(Samples, Targets)> {
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut images, mut numbers, mut quarters, mut means) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let quarter = (random() * 4.0) as usize;
        for pixel in 0..64 {
            let (y, x) = (pixel / 8, pixel % 8);
            let bright = y / 4 * 2 + x / 4 == quarter;
            images.push(random() * if bright { 1.0 } else { 0.7 });
        }
        let row: Vec<f32> = (0..6).map(|_| random()).collect();
        means.push(row.iter().sum::<f32>() / 6.0);
        numbers.extend(row);
        quarters.push(quarter);
    }
    let x = (Tensor::from_vec(images)?, Tensor::from_vec(numbers)?);
    Ok((x, (Labels::try_from(quarters)?, Tensor::from_vec(means)?)))
}
