//! Single layers at shapes of well-known networks: convolutions and dense layers with a bias and a rectifier.

use std::hint::black_box;

use keras_core::{
    activations::Activation,
    kernels::{
        Epilogue, activation, convolution, elementwise,
        geometry::{Axis, Geometry},
        matmul::{Product, dense, dense_in_panels, matmul},
        panels,
    },
};

use crate::turns::{Inference, Work, noise};

/// A layer, written as in `compare/shapes.py`: `56x56x64,3x3,128,stride2` or `2048x1000`.
enum Layer {
    Convolution(Geometry),
    Dense { inputs: usize, units: usize },
}

impl Layer {
    fn parse(written: &str) -> Option<Self> {
        let numbers = |written: &str| written.split('x').map(|n| n.parse().ok()).collect::<Option<Vec<usize>>>();
        let mut parts = written.split(',');
        match (numbers(parts.next()?)?[..].as_ref(), parts.next()) {
            (&[inputs, units], None) => Some(Self::Dense { inputs, units }),
            (&[height, width, channels], Some(kernel)) => {
                let &[down, across] = &numbers(kernel)?[..] else { return None };
                let filters = parts.next()?.parse().ok()?;
                let (mut stride, mut groups) = (1, 1);
                for part in parts {
                    match (part.strip_prefix("stride"), part.strip_prefix("groups")) {
                        (Some(number), _) => stride = number.parse().ok()?,
                        (_, Some(number)) => groups = number.parse().ok()?,
                        _ => return None,
                    }
                }
                let axes = [same(height, down, stride), same(width, across, stride)];
                Some(Self::Convolution(Geometry { groups, ..Geometry::convolution(&axes, channels, filters, 1) }))
            }
            _ => None,
        }
    }
}

/// An axis of windows with the padding "same".
fn same(input: usize, window: usize, stride: usize) -> Axis {
    let output = input.div_ceil(stride);
    let before = ((output - 1) * stride + window).saturating_sub(input) / 2;
    Axis { input, window, stride, dilation: 1, before, output }
}

/// The passes of a layer that a job measures.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    /// The forward pass.
    Infer,
    /// The forward pass, and the gradients of input, kernel and bias.
    Train,
}

/// The work of a job: `infer 56x56x64,3x3,128 32`, a pass, a layer and a batch.
fn work(job: &str) -> Option<Box<dyn Work>> {
    let &[pass, layer, batch] = &job.split(' ').collect::<Vec<_>>()[..] else { return None };
    let pass = match pass {
        "infer" => Pass::Infer,
        "train" => Pass::Train,
        _ => return None,
    };
    let batch = batch.parse().ok()?;
    Some(match Layer::parse(layer)? {
        Layer::Convolution(geometry) => convolution(pass, geometry, batch),
        Layer::Dense { inputs, units } => dense_layer(pass, inputs, units, batch),
    })
}

fn convolution(pass: Pass, g: Geometry, batch: usize) -> Box<dyn Work> {
    let (input, kernel, bias) = (noise(batch * g.input_len(), 1), noise(g.kernel_len(), 2), noise(g.filters, 3));
    let mut output = vec![0.0; batch * g.output_len()];
    if pass == Pass::Infer {
        return Box::new(Inference(move || {
            let epilogue = Epilogue::new(&bias, Activation::Relu);
            convolution::forward(&g, batch, black_box(&input), &kernel, epilogue, &mut output);
            black_box(&mut output);
        }));
    }
    let gradient = noise(output.len(), 4);
    let [mut of_sums, mut of_input, mut of_kernel, mut of_bias] =
        [output.len(), input.len(), kernel.len(), bias.len()].map(|length| vec![0.0; length]);
    let mut scratch = vec![0.0; convolution::backward_kernel_scratch(&g)];
    Box::new(Inference(move || {
        let epilogue = Epilogue::new(&bias, Activation::Relu);
        convolution::forward(&g, batch, black_box(&input), &kernel, epilogue, &mut output);
        activation::backward(Activation::Relu, g.filters, &[], &output, black_box(&gradient), &mut of_sums);
        elementwise::column_sums(&of_sums, &mut of_bias, false);
        convolution::backward_kernel(&g, batch, &input, &of_sums, &mut of_kernel, false, &mut scratch);
        convolution::backward_input(&g, batch, &of_sums, &kernel, &mut of_input);
        black_box((&mut of_input, &mut of_kernel, &mut of_bias));
    }))
}

fn dense_layer(pass: Pass, inputs: usize, units: usize, batch: usize) -> Box<dyn Work> {
    let (input, kernel, bias) = (noise(batch * inputs, 1), noise(inputs * units, 2), noise(units, 3));
    let mut output = vec![0.0; batch * units];
    let forward = Product { m: batch, n: units, k: inputs, ..Product::default() };
    if pass == Pass::Infer {
        // As in a model that predicts again and again.
        if batch > 1 && panels::pays(inputs, units) {
            let mut panels = vec![0.0; kernel.len()];
            panels::interleave(inputs, units, &kernel, &mut panels);
            return Box::new(Inference(move || {
                let epilogue = Epilogue::new(&bias, Activation::Relu);
                dense_in_panels((batch, units, inputs), black_box(&input), &panels, epilogue, &mut output);
                black_box(&mut output);
            }));
        }
        return Box::new(Inference(move || {
            let epilogue = Epilogue::new(&bias, Activation::Relu);
            dense(forward, black_box(&input), &kernel, epilogue, &mut output);
            black_box(&mut output);
        }));
    }
    let gradient = noise(output.len(), 4);
    let [mut of_sums, mut of_input, mut of_kernel, mut of_bias] =
        [output.len(), input.len(), kernel.len(), bias.len()].map(|length| vec![0.0; length]);
    let to_input = Product { m: batch, n: inputs, k: units, transpose_b: true, ..Product::default() };
    let to_kernel = Product { m: inputs, n: units, k: batch, transpose_a: true, ..Product::default() };
    Box::new(Inference(move || {
        dense(forward, black_box(&input), &kernel, Epilogue::new(&bias, Activation::Relu), &mut output);
        activation::backward(Activation::Relu, units, &[], &output, black_box(&gradient), &mut of_sums);
        elementwise::column_sums(&of_sums, &mut of_bias, false);
        matmul(to_kernel, &input, &of_sums, &mut of_kernel);
        matmul(to_input, &of_sums, &kernel, &mut of_input);
        black_box((&mut of_input, &mut of_kernel, &mut of_bias));
    }))
}

/// Work that turns from layer to layer.
#[derive(Default)]
pub struct Sweep(Option<Box<dyn Work>>);

impl Work for Sweep {
    fn call(&mut self) {
        if let Some(work) = &mut self.0 {
            work.call();
        }
    }

    fn turn_to(&mut self, job: &str) -> bool {
        // The memory of one job at a time.
        self.0 = None;
        self.0 = work(job);
        self.0.is_some()
    }
}
