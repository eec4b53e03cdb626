//! Every layer and activation against recordings of real Keras: outputs, and gradients of inputs and weights.

use std::{cell::RefCell, collections::BTreeSet};

use keras::{
    activations::Activation as Function,
    layers::{Backward, Buffers, Built, Forward, Layer, State},
    prelude::*,
    shape::Dims,
};
use safetensors::SafeTensors;

struct Recordings<'a> {
    file: SafeTensors<'a>,
    compared: RefCell<BTreeSet<String>>,
}

impl Recordings<'_> {
    fn get(&self, case: &str, tensor: &str) -> Option<(Vec<f32>, Vec<usize>)> {
        let view = self.file.tensor(&format!("{case}/{tensor}")).ok()?;
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Some((values, view.shape().to_vec()))
    }

    /// All cases whose name starts so must have been compared.
    fn assert_complete(&self) {
        let all: BTreeSet<String> =
            self.file.names().iter().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
        let left: Vec<_> = all.difference(&self.compared.borrow()).cloned().collect();
        assert!(left.is_empty(), "recorded and not compared: {left:?}");
    }
}

fn close(what: &str, ours: &[f32], theirs: &[f32], limit: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-3f32, |scale, value| scale.max(value.abs())).min(1.0);
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= limit * scale.max(b.abs()), "{what}[{at}]: ours {a}, Keras {b}");
    }
}

const FORWARD: f32 = 1e-5;
const GRADIENT: f32 = 1e-4;

/// Runs a layer on a case's inputs and weights, and compares everything that was recorded.
fn compare<L: Layer>(recordings: &Recordings<'_>, case: &str, layer: L, build: impl Fn(&[Dims]) -> Built) {
    recordings.compared.borrow_mut().insert(case.to_owned());
    let mut inputs = Vec::new();
    if let Some(input) = recordings.get(case, "input") {
        inputs.push(input);
    }
    while let Some(input) = recordings.get(case, &format!("input_{}", inputs.len())) {
        inputs.push(input);
    }
    let batch = inputs[0].1[0];
    let dims: Vec<Dims> = inputs.iter().map(|(_, shape)| Dims::new(&shape[1..])).collect();
    let built = build(&dims);
    let (mut trainable, mut moving) = (Vec::new(), Vec::new());
    for weight in built.weights.list() {
        let (values, shape) = recordings.get(case, weight.name).unwrap_or_else(|| panic!("{case}: no {}", weight.name));
        assert_eq!(Dims::new(&shape), weight.dims, "{case}: {}", weight.name);
        if weight.trainable { trainable.push((weight.name, values)) } else { moving.push((weight.name, values)) }
    }
    let updated = recordings.get(case, "updated_moving_mean").is_some();
    let (expected, shape) = recordings.get(case, "output").unwrap();
    assert_eq!(Dims::new(&shape[1..]), built.output, "{case}: the output's shape");
    let input_views: Vec<&[f32]> = inputs.iter().map(|(values, _)| &values[..]).collect();
    let weights: Vec<&[f32]> = trainable.iter().map(|(_, values)| &values[..]).collect();
    let zeros = |per_sample: usize| vec![0.0; per_sample * batch];
    let (mut output, mut kept, mut scratch) =
        (zeros(built.output.size()), zeros(built.kept.per_sample), zeros(built.scratch.per_sample));
    let (mut kept_fixed, mut scratch_fixed) = (vec![0.0; built.kept.fixed], vec![0.0; built.scratch.fixed]);
    let is_dropout = case.starts_with("dropout");
    {
        let mut updatable: Vec<&mut [f32]> = moving.iter_mut().map(|(_, values)| &mut values[..]).collect();
        let fixed: Vec<Vec<f32>> = updatable.iter().map(|values| values.to_vec()).collect();
        let fixed: Vec<&[f32]> = fixed.iter().map(|values| &values[..]).collect();
        layer.forward(Forward {
            batch,
            training: !is_dropout,
            input_dims: &dims,
            output_dims: built.output,
            inputs: &input_views,
            weights: &weights,
            state: if updated { State::Updated(&mut updatable) } else { State::Fixed(&fixed) },
            output: &mut output,
            kept: Buffers { per_sample: &mut kept, fixed: &mut kept_fixed },
            scratch: Buffers { per_sample: &mut scratch, fixed: &mut scratch_fixed },
            random: random(),
        });
    }
    close(&format!("{case}: output"), &output, &expected, FORWARD);
    if updated {
        for (name, values) in &moving {
            let (expected, _) = recordings.get(case, &format!("updated_{name}")).unwrap();
            close(&format!("{case}: {name}"), values, &expected, FORWARD);
        }
    }
    if is_dropout {
        return;
    }
    let Some((mut output_gradient, _)) = recordings.get(case, "output_gradient") else { return };
    let mut input_gradients: Vec<Vec<f32>> = inputs.iter().map(|(values, _)| vec![f32::NAN; values.len()]).collect();
    let mut weight_gradients: Vec<Vec<f32>> =
        trainable.iter().map(|(_, values)| vec![f32::NAN; values.len()]).collect();
    {
        let mut input_views_mut: Vec<&mut [f32]> = input_gradients.iter_mut().map(|values| &mut values[..]).collect();
        let mut weight_views: Vec<&mut [f32]> = weight_gradients.iter_mut().map(|values| &mut values[..]).collect();
        let state: Vec<&[f32]> = moving.iter().map(|(_, values)| &values[..]).collect();
        let (mut scratch, mut scratch_fixed) =
            (zeros(built.backward_scratch.per_sample), vec![0.0; built.backward_scratch.fixed]);
        let unread: Vec<&[f32]> = vec![&[]; input_views.len()];
        layer.backward(Backward {
            batch,
            input_dims: &dims,
            output_dims: built.output,
            inputs: if built.backward_reads_input { &input_views } else { &unread },
            weights: &weights,
            state: &state,
            state_updated: updated,
            output: if built.backward_reads_output { &output } else { &[] },
            kept: Buffers { per_sample: &mut kept, fixed: &mut kept_fixed },
            scratch: Buffers { per_sample: &mut scratch, fixed: &mut scratch_fixed },
            output_gradient: &mut output_gradient,
            from_logits: false,
            input_gradients: &mut input_views_mut,
            weight_gradients: &mut weight_views,
            accumulate: false,
            random: random(),
        });
    }
    for (at, ours) in input_gradients.iter().enumerate() {
        let name = if inputs.len() == 1 { "input_gradient".to_owned() } else { format!("input_gradient_{at}") };
        let (expected, _) = recordings.get(case, &name).unwrap();
        close(&format!("{case}: {name}"), ours, &expected, GRADIENT);
    }
    for ((name, _), ours) in trainable.iter().zip(&weight_gradients) {
        let (expected, _) = recordings.get(case, &format!("{name}_gradient")).unwrap();
        close(&format!("{case}: {name}_gradient"), ours, &expected, GRADIENT);
    }
}

fn random() -> keras::__private::Random {
    keras::__private::Random::new(0, 0)
}

macro_rules! cases {
    ($recordings:expr, $($case:literal => $layer:expr;)*) => {
        $(compare(&$recordings, $case, $layer, |dims| $layer.build(dims[0]).unwrap());)*
    };
    (list $recordings:expr, $($case:literal => $layer:expr;)*) => {
        $(compare(&$recordings, $case, $layer, |dims| $layer.build(dims).unwrap());)*
    };
}

#[test]
fn layers() {
    let bytes = std::fs::read("tests/recordings/layers.safetensors").unwrap();
    let r = Recordings { file: SafeTensors::deserialize(&bytes).unwrap(), compared: RefCell::default() };
    let same = Padding::Same;
    cases! { r,
        "dense.rank_2" => Dense::layer(4);
        "dense.rank_3" => Dense::layer(4);
        "dense.rank_4" => Dense::layer(4);
        "dense.no_bias" => Dense::layer(4).use_bias(false);
        "dense.no_bias_rank_3" => Dense::layer(2).use_bias(false);
        "dense.relu" => Dense::layer(6).activation(Function::Relu);
        "dense.gelu" => Dense::layer(6).activation(Function::Gelu);
        "dense.softmax" => Dense::layer(4).activation(Function::Softmax);
        "dense.softmax_rank_3" => Dense::layer(4).activation(Function::Softmax);
        "dense.one_unit_sigmoid" => Dense::layer(1).activation(Function::Sigmoid);
        "activation.relu" => Activation::layer(Function::Relu);
        "activation.tanh" => Activation::layer(Function::Tanh);
        "activation.gelu" => Activation::layer(Function::Gelu);
        "activation.softmax" => Activation::layer(Function::Softmax);
        "conv2d.valid" => Conv2D::layer(4, (3, 3));
        "conv2d.same" => Conv2D::layer(4, (3, 3)).padding(same);
        "conv2d.same_even_kernel" => Conv2D::layer(3, (2, 4)).padding(same);
        "conv2d.valid_stride2" => Conv2D::layer(3, (3, 3)).strides((2, 2));
        "conv2d.same_stride2" => Conv2D::layer(3, (3, 3)).strides((2, 2)).padding(same);
        "conv2d.same_stride2_even" => Conv2D::layer(3, (3, 3)).strides((2, 2)).padding(same);
        "conv2d.same_stride2_odd" => Conv2D::layer(3, (3, 3)).strides((2, 2)).padding(same);
        "conv2d.same_stride2_1x1" => Conv2D::layer(3, (1, 1)).strides((2, 2)).padding(same);
        "conv2d.same_stride3_2x2" => Conv2D::layer(3, (2, 2)).strides((3, 3)).padding(same);
        "conv2d.valid_stride_2_1" => Conv2D::layer(3, (3, 3)).strides((2, 1));
        "conv2d.same_stride_2_1" => Conv2D::layer(3, (3, 3)).strides((2, 1)).padding(same);
        "conv2d.valid_dilation2" => Conv2D::layer(3, (3, 3)).dilation_rate((2, 2));
        "conv2d.same_dilation2" => Conv2D::layer(3, (3, 3)).dilation_rate((2, 2)).padding(same);
        "conv2d.same_dilation_1_2" => Conv2D::layer(3, (3, 3)).dilation_rate((1, 2)).padding(same);
        "conv2d.valid_groups2" => Conv2D::layer(6, (3, 3)).groups(2);
        "conv2d.same_groups2_stride2" => Conv2D::layer(4, (3, 3)).groups(2).strides((2, 2)).padding(same);
        "conv2d.no_bias" => Conv2D::layer(4, (3, 3)).use_bias(false);
        "conv2d.relu" => Conv2D::layer(4, (3, 3)).activation(Function::Relu);
        "conv2d.tanh" => Conv2D::layer(4, (3, 3)).padding(same).activation(Function::Tanh);
        "conv2d.kernel_1x1" => Conv2D::layer(5, (1, 1));
        "conv2d.kernel_5x3" => Conv2D::layer(3, (5, 3));
        "conv2d.kernel_5x3_same" => Conv2D::layer(3, (5, 3)).padding(same);
        "max_pooling2d.default" => MaxPooling2D::layer();
        "max_pooling2d.pool2" => MaxPooling2D::layer().pool_size((2, 2));
        "max_pooling2d.pool2_same" => MaxPooling2D::layer().padding(same);
        "max_pooling2d.pool3_stride2_same" => MaxPooling2D::layer().pool_size((3, 3)).strides((2, 2)).padding(same);
        "max_pooling2d.pool3_stride2_valid" => MaxPooling2D::layer().pool_size((3, 3)).strides((2, 2));
        "max_pooling2d.pool_3_2_stride1" => MaxPooling2D::layer().pool_size((3, 2)).strides((1, 1));
        "max_pooling2d.stride_1_2" => MaxPooling2D::layer().strides((1, 2));
        "max_pooling2d.negative_same" => MaxPooling2D::layer().pool_size((3, 3)).strides((2, 2)).padding(same);
        "max_pooling2d.ties" => MaxPooling2D::layer();
        "max_pooling2d.ties_overlapping_same" => MaxPooling2D::layer().pool_size((3, 3)).strides((2, 2)).padding(same);
        "average_pooling2d.pool2" => AveragePooling2D::layer((2, 2));
        "average_pooling2d.pool2_same" => AveragePooling2D::layer((2, 2)).padding(same);
        "average_pooling2d.pool3_stride2_same" => AveragePooling2D::layer((3, 3)).strides((2, 2)).padding(same);
        "average_pooling2d.pool3_stride1_same" => AveragePooling2D::layer((3, 3)).strides((1, 1)).padding(same);
        "average_pooling2d.pool_3_2_stride1" => AveragePooling2D::layer((3, 2)).strides((1, 1));
        "average_pooling2d.stride_1_2" => AveragePooling2D::layer((2, 2)).strides((1, 2));
        "global_average_pooling2d.default" => GlobalAveragePooling2D::layer();
        "global_average_pooling2d.keepdims" => GlobalAveragePooling2D::layer().keepdims(true);
        "flatten.rank_4" => Flatten::layer();
        "flatten.rank_3" => Flatten::layer();
        "flatten.rank_2" => Flatten::layer();
        "reshape.split" => Reshape::layer(&[2, 3, 4]);
        "reshape.inferred" => Reshape::layer(&[-1, 6]);
        "reshape.flat" => Reshape::layer(&[12]);
        "dropout.inference" => Dropout::layer(0.5);
        "dropout.inference_rank_4" => Dropout::layer(0.2);
        "batch_normalization.training_rank_2" => BatchNormalization::layer();
        "batch_normalization.training_no_scale_rank_2" => BatchNormalization::layer().scale(false);
        "batch_normalization.training_no_center_rank_2" => BatchNormalization::layer().center(false);
        "batch_normalization.training_other_rank_2" => BatchNormalization::layer().momentum(0.7).epsilon(0.1);
        "batch_normalization.inference_rank_2" => BatchNormalization::layer();
        "batch_normalization.inference_no_scale_rank_2" => BatchNormalization::layer().scale(false);
        "batch_normalization.inference_no_center_rank_2" => BatchNormalization::layer().center(false);
        "batch_normalization.inference_other_rank_2" => BatchNormalization::layer().momentum(0.7).epsilon(0.1);
        "batch_normalization.training_rank_4" => BatchNormalization::layer();
        "batch_normalization.training_no_scale_rank_4" => BatchNormalization::layer().scale(false);
        "batch_normalization.training_no_center_rank_4" => BatchNormalization::layer().center(false);
        "batch_normalization.training_other_rank_4" => BatchNormalization::layer().momentum(0.7).epsilon(0.1);
        "batch_normalization.inference_rank_4" => BatchNormalization::layer();
        "batch_normalization.inference_no_scale_rank_4" => BatchNormalization::layer().scale(false);
        "batch_normalization.inference_no_center_rank_4" => BatchNormalization::layer().center(false);
        "batch_normalization.inference_other_rank_4" => BatchNormalization::layer().momentum(0.7).epsilon(0.1);
        "batch_normalization.training_plain" => BatchNormalization::layer().scale(false).center(false);
        "batch_normalization.training_rank_3" => BatchNormalization::layer();
        "softmax.default" => Softmax::layer();
        "softmax.rank_3" => Softmax::layer();
        "softmax.axis_1" => Softmax::layer().axis(1);
        "relu.default" => ReLU::layer();
        "relu.max_value" => ReLU::layer().max_value(2.0);
        "relu.negative_slope" => ReLU::layer().negative_slope(0.1);
        "relu.threshold" => ReLU::layer().threshold(0.5);
        "relu.all" => ReLU::layer().max_value(3.0).negative_slope(0.2).threshold(1.0);
        "relu.at_the_corners" => ReLU::layer().max_value(2.0).negative_slope(0.5).threshold(1.0);
    }
    cases! { list r,
        "add.two" => Add::layer();
        "add.three" => Add::layer();
        "add.images" => Add::layer();
        "concatenate.two" => Concatenate::layer();
        "concatenate.three" => Concatenate::layer();
        "concatenate.images" => Concatenate::layer();
        "concatenate.axis_1" => Concatenate::layer().axis(1);
        "concatenate.axis_1_three" => Concatenate::layer().axis(1);
    }
    r.assert_complete();
}

#[test]
fn activations() {
    let bytes = std::fs::read("tests/recordings/activations.safetensors").unwrap();
    let r = Recordings { file: SafeTensors::deserialize(&bytes).unwrap(), compared: RefCell::default() };
    let functions = [
        ("elu", Function::Elu),
        ("gelu", Function::Gelu),
        ("leaky_relu", Function::LeakyRelu),
        ("linear", Function::Linear),
        ("relu", Function::Relu),
        ("selu", Function::Selu),
        ("sigmoid", Function::Sigmoid),
        ("silu", Function::Silu),
        ("softmax", Function::Softmax),
        ("softplus", Function::Softplus),
        ("tanh", Function::Tanh),
        ("exponential", Function::Exponential),
        ("hard_sigmoid", Function::HardSigmoid),
        ("hard_silu", Function::HardSilu),
        ("log_sigmoid", Function::LogSigmoid),
        ("log_softmax", Function::LogSoftmax),
        ("mish", Function::Mish),
        ("relu6", Function::Relu6),
        ("softsign", Function::Softsign),
    ];
    for (name, function) in functions {
        for case in ["default", "narrow"] {
            compare(&r, &format!("{name}.{case}"), Activation::layer(function), |dims| {
                Activation::layer(function).build(dims[0]).unwrap()
            });
        }
    }
}
