//! burn, on the processor. Variants: `flex` and `ndarray`, its two back ends there.

use std::{error::Error, hint::black_box};

use burn::{
    nn::{
        BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
        loss::CrossEntropyLossConfig,
        pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig},
    },
    optim::{AdamConfig, GradientsParams, SgdConfig, momentum::MomentumConfig},
    prelude::*,
    tensor::activation::{relu, softmax},
};
use peers::{BLOCKS, Inference, Options, Training, take_turns};

/// A model that makes logits of samples, which come flat.
trait Net: Module {
    fn logits(&self, x: Tensor<2>) -> Tensor<2>;
}

#[derive(Module, Debug)]
struct QuickStart {
    hidden: Linear,
    dropout: Dropout,
    scores: Linear,
}

impl QuickStart {
    fn new(device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(784, 128).init(device),
            dropout: DropoutConfig::new(0.2).init(),
            scores: LinearConfig::new(128, 10).init(device),
        }
    }
}

impl Net for QuickStart {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.scores.forward(self.dropout.forward(relu(self.hidden.forward(x))))
    }
}

#[derive(Module, Debug)]
struct Multilayer {
    first: Linear,
    second: Linear,
    scores: Linear,
}

impl Multilayer {
    fn new(device: &Device) -> Self {
        Self {
            first: LinearConfig::new(784, 512).init(device),
            second: LinearConfig::new(512, 512).init(device),
            scores: LinearConfig::new(512, 10).init(device),
        }
    }
}

impl Net for Multilayer {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.scores.forward(relu(self.second.forward(relu(self.first.forward(x)))))
    }
}

#[derive(Module, Debug)]
struct LeNet {
    first: Conv2d,
    second: Conv2d,
    pool: AvgPool2d,
    wide: Linear,
    narrow: Linear,
    scores: Linear,
}

impl LeNet {
    fn new(device: &Device) -> Self {
        Self {
            first: Conv2dConfig::new([1, 6], [3, 3]).init(device),
            second: Conv2dConfig::new([6, 16], [3, 3]).init(device),
            pool: AvgPool2dConfig::new([2, 2]).init(),
            wide: LinearConfig::new(576, 120).init(device),
            narrow: LinearConfig::new(120, 84).init(device),
            scores: LinearConfig::new(84, 10).init(device),
        }
    }
}

impl Net for LeNet {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.first.forward(images(x, 1, 32))));
        let x = self.pool.forward(relu(self.second.forward(x)));
        self.scores.forward(relu(self.narrow.forward(relu(self.wide.forward(x.flatten(1, 3))))))
    }
}

#[derive(Module, Debug)]
struct Convnet {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    dropout: Dropout,
    scores: Linear,
}

impl Convnet {
    fn new(device: &Device) -> Self {
        Self {
            first: Conv2dConfig::new([1, 32], [3, 3]).init(device),
            second: Conv2dConfig::new([32, 64], [3, 3]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).init(),
            dropout: DropoutConfig::new(0.5).init(),
            scores: LinearConfig::new(1600, 10).init(device),
        }
    }
}

impl Net for Convnet {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.first.forward(images(x, 1, 28))));
        let x = self.pool.forward(relu(self.second.forward(x)));
        self.scores.forward(self.dropout.forward(x.flatten(1, 3)))
    }
}

/// A convolution with padding "same" and a BatchNormalization.
#[derive(Module, Debug)]
struct Normalized {
    convolution: Conv2d,
    normalization: BatchNorm,
}

impl Normalized {
    fn new(inputs: usize, filters: usize, size: usize, stride: usize, device: &Device) -> Self {
        let edge = size / 2;
        let convolution = Conv2dConfig::new([inputs, filters], [size, size])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(edge, edge, edge, edge))
            .with_bias(false);
        let normalization = BatchNormConfig::new(filters).with_epsilon(1e-3).with_momentum(0.01);
        Self { convolution: convolution.init(device), normalization: normalization.init(device) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.normalization.forward(self.convolution.forward(x))
    }
}

#[derive(Module, Debug)]
struct Block {
    first: Normalized,
    second: Normalized,
    shortcut: Option<Normalized>,
}

#[derive(Module, Debug)]
struct ResNet20 {
    stem: Normalized,
    blocks: Vec<Block>,
    scores: Linear,
}

impl ResNet20 {
    fn new(device: &Device) -> Self {
        let block = |&(inputs, filters, stride): &(usize, usize, usize)| Block {
            first: Normalized::new(inputs, filters, 3, stride, device),
            second: Normalized::new(filters, filters, 3, 1, device),
            shortcut: (stride != 1).then(|| Normalized::new(inputs, filters, 1, stride, device)),
        };
        Self {
            stem: Normalized::new(3, 16, 3, 1, device),
            blocks: BLOCKS.iter().map(block).collect(),
            scores: LinearConfig::new(64, 10).init(device),
        }
    }
}

impl Net for ResNet20 {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        let mut x = relu(self.stem.forward(images(x, 3, 32)));
        for block in &self.blocks {
            let y = block.second.forward(relu(block.first.forward(x.clone())));
            let shortcut = match &block.shortcut {
                Some(shortcut) => shortcut.forward(x),
                None => x,
            };
            x = relu(y + shortcut);
        }
        let x: Tensor<3> = x.flatten(2, 3);
        self.scores.forward(x.mean_dim(2).squeeze_dim::<2>(2))
    }
}

/// Flat samples as images. A reshape copies nothing.
fn images(x: Tensor<2>, channels: usize, size: usize) -> Tensor<4> {
    let [batch, _] = x.dims();
    x.reshape([batch, channels, size, size])
}

fn work<N: Net + 'static>(options: &Options, model: impl Fn(&Device) -> N, device: Device) -> std::io::Result<()> {
    let tensor = |values: Vec<f32>, device: &Device| {
        let size = values.len() / options.batch;
        Tensor::<2>::from_data(TensorData::new(values, [options.batch, size]), device)
    };
    if !options.train {
        let (model, x) = (model(&device), tensor(options.samples(), &device));
        let call = move || {
            black_box(softmax(model.logits(x.clone()), 1).into_data());
        };
        return take_turns(Box::new(Inference(call)), "0.22.1");
    }
    let device = device.autodiff();
    let pool = options.pool().into_iter().map(|(samples, labels)| {
        let labels: Vec<i32> = labels.into_iter().map(i32::from).collect();
        (tensor(samples, &device), Tensor::from_data(TensorData::new(labels, [options.batch]), &device))
    });
    let pool: Vec<(Tensor<2>, Tensor<1, Int>)> = pool.collect();
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let (mut optimizer, rate) = match &*options.workload {
        "T5" => (SgdConfig::new().with_momentum(Some(momentum)).init(), 0.01),
        _ => (AdamConfig::new().with_epsilon(1e-7).init(), 1e-3),
    };
    let crossentropy = CrossEntropyLossConfig::new().init(&device);
    let mut model = Some(model(&device));
    let step = move |at: usize| {
        let (x, y) = &pool[at];
        let before = model.take().expect("a step puts it back");
        let loss = crossentropy.forward(before.logits(x.clone()), y.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &before);
        model = Some(optimizer.step(rate, before, gradients));
        loss
    };
    take_turns(Box::new(Training::new(step, |loss: Tensor<1>| loss.into_scalar::<f32>())), "0.22.1")
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_command_line()?;
    let device = if options.variant == "flex" {
        Device::flex()
    } else {
        #[allow(deprecated, reason = "it is a peer as long as it is there")]
        Device::ndarray()
    };
    match &*options.workload {
        "T1" => work(&options, QuickStart::new, device)?,
        "T2" => work(&options, Multilayer::new, device)?,
        "T3" => work(&options, LeNet::new, device)?,
        "T4" => work(&options, Convnet::new, device)?,
        _ => work(&options, ResNet20::new, device)?,
    }
    Ok(())
}
