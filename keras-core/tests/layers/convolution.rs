//! Convolutions: each output pixel is a sum over its window, within the groups.

use keras_core::{
    activations::Activation,
    layers::{Conv2D, Padding},
    shape::Dims,
};
use proptest::prelude::*;

use crate::{
    dense::{activate, activation},
    pass::{Expected, Pass, noise},
};

#[derive(Clone, Copy, Debug)]
struct Case {
    batch: usize,
    size: (usize, usize),
    kernel: (usize, usize),
    strides: (usize, usize),
    dilation: (usize, usize),
    groups: usize,
    /// Channels of the input and of the output, of each group.
    channels: (usize, usize),
    padding: Padding,
    bias: bool,
    activation: Activation,
}

/// The least padding before that lets the windows of one axis fit.
fn pad_before(padding: Padding, length: usize, outputs: usize, window: usize, stride: usize, dilation: usize) -> usize {
    let end = (outputs - 1) * stride + (window - 1) * dilation + 1;
    if padding == Padding::Same { end.saturating_sub(length) / 2 } else { 0 }
}

fn check(case: Case) {
    let Case { batch, size, kernel, strides, dilation, groups, channels, padding, bias, activation } = case;
    let (inputs, filters) = (groups * channels.0, groups * channels.1);
    let dims = [Dims::new(&[size.0, size.1, inputs])];
    let layer = Conv2D::layer(filters, kernel).strides(strides).dilation_rate(dilation).groups(groups).padding(padding);
    let layer = layer.use_bias(bias).activation(activation);
    let Ok(built) = layer.build(dims[0]) else { return };
    let (rows, columns) = (built.output().length(0), built.output().length(1));
    let top = pad_before(padding, size.0, rows, kernel.0, strides.0, dilation.0);
    let left = pad_before(padding, size.1, columns, kernel.1, strides.1, dilation.1);
    let pass = Pass::new(layer, &built, batch, &dims, 3);
    let gradient = noise(batch * built.output().size(), 4);

    // The places in the input, the kernel and the output of every product.
    let mut products = Vec::new();
    for output in 0..batch * rows * columns * filters {
        let (filter, x, y) = (output % filters, output / filters % columns, output / filters / columns % rows);
        let sample = output / filters / columns / rows;
        for at in 0..kernel.0 * kernel.1 * channels.0 {
            let (channel, kx, ky) = (at % channels.0, at / channels.0 % kernel.1, at / channels.0 / kernel.1);
            let (y, x) = (y * strides.0 + ky * dilation.0, x * strides.1 + kx * dilation.1);
            if (top..top + size.0).contains(&y) && (left..left + size.1).contains(&x) {
                let channel = filter / channels.1 * channels.0 + channel;
                let input = ((sample * size.0 + y - top) * size.1 + x - left) * inputs + channel;
                products.push((input, at * filters + filter, output));
            }
        }
    }
    let (input, weights) = (&pass.inputs[0], &pass.weights[0]);
    let mut output: Vec<f64> =
        (0..gradient.len()).map(|at| if bias { f64::from(pass.weights[1][at % filters]) } else { 0.0 }).collect();
    for &(x, k, y) in &products {
        output[y] += f64::from(input[x]) * f64::from(weights[k]);
    }
    let slopes = activate(activation, &mut output, &gradient);
    let (mut dx, mut dk, mut db) = (vec![0.0; input.len()], vec![0.0; weights.len()], vec![0.0; filters]);
    for &(x, k, y) in &products {
        dx[x] += slopes[y] * f64::from(weights[k]);
        dk[k] += slopes[y] * f64::from(input[x]);
    }
    for (at, slope) in slopes.iter().enumerate() {
        db[at % filters] += slope;
    }
    let weight_gradients = if bias { vec![dk, db] } else { vec![dk] };
    pass.check(&gradient, &Expected { output, input_gradients: vec![dx], weight_gradients }, &case);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_size(
        batch in 0usize..4, size in (1usize..10, 1usize..14), kernel in (1usize..5, 1usize..5),
        strides in (1usize..4, 1usize..4), dilation in (1usize..3, 1usize..3),
        (groups, channels) in prop_oneof![
            3 => (Just(1usize), (1usize..6, 1usize..20)),
            1 => (2usize..5, (1usize..4, 1usize..4)),
            1 => (2usize..19, (Just(1usize), 1usize..3)),
        ],
        same: bool, bias: bool, activation in activation(),
    ) {
        let padding = if same { Padding::Same } else { Padding::Valid };
        check(Case { batch, size, kernel, strides, dilation, groups, channels, padding, bias, activation });
    }
}

#[test]
fn shapes_with_ways_of_their_own() {
    let plain = Case {
        batch: 2,
        size: (9, 7),
        kernel: (3, 3),
        strides: (1, 1),
        dilation: (1, 1),
        groups: 1,
        channels: (3, 16),
        padding: Padding::Same,
        bias: true,
        activation: Activation::Relu,
    };
    check(plain);
    // One pixel at a time is a product; one channel at a time is a loop.
    check(Case { kernel: (1, 1), ..plain });
    check(Case { kernel: (1, 1), strides: (2, 3), ..plain });
    check(Case { groups: 17, channels: (1, 1), ..plain });
    check(Case { channels: (1, 33), padding: Padding::Valid, ..plain });
    check(Case { channels: (17, 1), ..plain });
    // A window as large as the image, and one larger than it.
    check(Case { kernel: (9, 7), padding: Padding::Valid, ..plain });
    check(Case { kernel: (11, 9), size: (4, 3), ..plain });
    // Strides that jump over pixels.
    check(Case { kernel: (1, 2), strides: (3, 4), ..plain });
    check(Case { batch: 0, ..plain });
}
