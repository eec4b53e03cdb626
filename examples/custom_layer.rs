//! A custom layer, with the same interface as the built-in ones: `build` checks shapes at compile time, `forward` and
//! `backward` work on slices.

use keras::{
    layers::{Backward, Built, Forward, Layer, Weight},
    prelude::*,
    shape::{Dims, ShapeError},
};

/// Multiplies each channel by a trainable weight.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    initial: f32,
}

impl Scale {
    /// Creates the layer with this initial value of the weights.
    pub const fn layer(initial: f32) -> Self {
        Self { initial }
    }

    /// Output of the same shape as the input; one weight per channel.
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() == 0 {
            return Err(ShapeError::new("it scales the last axis, but its input is a scalar {a}").dims(input));
        }
        let scale = Weight::new("scale", Dims::new(&[input.last()]), Initializer::constant(self.initial));
        Built::new(input).weight(scale).macs(input.size() as u64).backward_reads_input().ok()
    }
}

impl Layer for Scale {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [scale], [output]) = (pass.inputs.array(), pass.weights.array(), pass.outputs.array());
        for (to, from) in output.chunks_exact_mut(scale.len()).zip(input.chunks_exact(scale.len())) {
            for ((to, from), scale) in to.iter_mut().zip(from).zip(scale) {
                *to = from * scale;
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], [scale]) = (pass.inputs.array(), pass.weights.array());
        let [output_gradient] = pass.output_gradients.array();
        if let Some([gradient]) = pass.weight_gradients.map(|gradients| gradients.array()) {
            if !pass.accumulate {
                gradient.fill(0.0);
            }
            let rows = output_gradient.chunks_exact(scale.len()).zip(input.chunks_exact(scale.len()));
            for (output_gradient, input) in rows {
                for ((sum, g), x) in gradient.iter_mut().zip(output_gradient).zip(input) {
                    *sum += g * x;
                }
            }
        }
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            let rows = input_gradient.chunks_exact_mut(scale.len()).zip(output_gradient.chunks_exact(scale.len()));
            for (to, from) in rows {
                for ((to, from), scale) in to.iter_mut().zip(from).zip(scale) {
                    *to = from * scale;
                }
            }
        }
    }
}

sequential! {
    struct Digits {
        Input(8, 8, 1),
        Conv2D(16, 3, activation = "relu"),
        Scale(0.5),
        MaxPooling2D(2),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?;
    let mut model = Digits::with_seed(7);
    check_gradient(&mut model, &train.x.slice(..8)?, &train.y.slice(..8)?)?;
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    compiled.fit(&train.x, &train.y).epochs(8).verbose(2).run()?;
    println!("test accuracy {:.3}", compiled.evaluate(&test.x, &test.y)?["accuracy"]);
    if let Some((scale, _)) = model.scale().weight("scale") {
        println!("what the layer learnt: {scale:.3?}");
    }
    Ok(())
}

/// Compares the gradient with differences of the loss.
fn check_gradient(model: &mut Digits, x: &Tensor<Shape3<8, 8, 1>>, y: &Labels) -> keras::Result<()> {
    let loss = SparseCategoricalCrossentropy::default();
    let (_, gradients) = model.loss_and_gradients(x, y, &loss)?;
    // The convolution's 9·16 + 16 weights come first, then the layer's.
    for at in 160..176 {
        let step = 1e-2;
        let mut at_offset = |offset: f32| -> keras::Result<f32> {
            model.weights_mut()[at] += offset;
            let (value, _) = model.loss_and_gradients(x, y, &loss)?;
            model.weights_mut()[at] -= offset;
            Ok(value)
        };
        let difference = (at_offset(step)? - at_offset(-step)?) / (2.0 * step);
        let gradient = gradients.values()[at];
        assert!((gradient - difference).abs() < 2e-3, "weight {at}: gradient {gradient}, difference {difference}");
    }
    println!("the gradient agrees with differences");
    Ok(())
}
