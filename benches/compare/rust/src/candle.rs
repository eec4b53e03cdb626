//! candle, on the processor.

use std::{collections::HashMap, error::Error, hint::black_box};

use candle_core::{DType, Device, Module, ModuleT, Result, Tensor, Var};
use candle_nn::{
    AdamW, BatchNorm, BatchNormConfig, Conv2d, Conv2dConfig, Linear, Optimizer, ParamsAdamW, VarBuilder, VarMap,
};
use peers::{BLOCKS, Inference, Options, Training, take_turns};

/// The logits of a model; `true` for training.
type Net = Box<dyn Fn(&Tensor, bool) -> Result<Tensor>>;

fn dense(inputs: usize, units: usize, name: &str, weights: &VarBuilder) -> Result<Linear> {
    candle_nn::linear(inputs, units, weights.pp(name))
}

fn convolution(inputs: usize, filters: usize, name: &str, weights: &VarBuilder) -> Result<Conv2d> {
    candle_nn::conv2d(inputs, filters, 3, Conv2dConfig::default(), weights.pp(name))
}

/// A convolution with padding "same" and a BatchNormalization.
struct Normalized(Conv2d, BatchNorm);

impl Normalized {
    fn new(inputs: usize, filters: usize, size: usize, stride: usize, weights: &VarBuilder) -> Result<Self> {
        let config = Conv2dConfig { padding: size / 2, stride, ..Conv2dConfig::default() };
        let normalization = BatchNormConfig { eps: 1e-3, momentum: 0.01, ..BatchNormConfig::default() };
        Ok(Self(
            candle_nn::conv2d_no_bias(inputs, filters, size, config, weights.pp("kernel"))?,
            candle_nn::batch_norm(filters, normalization, weights.pp("normalization"))?,
        ))
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        self.1.forward_t(&self.0.forward(x)?, train)
    }
}

struct Block {
    first: Normalized,
    second: Normalized,
    shortcut: Option<Normalized>,
}

impl Block {
    fn new(inputs: usize, filters: usize, stride: usize, weights: &VarBuilder) -> Result<Self> {
        Ok(Self {
            first: Normalized::new(inputs, filters, 3, stride, &weights.pp("first"))?,
            second: Normalized::new(filters, filters, 3, 1, &weights.pp("second"))?,
            shortcut: match stride {
                1 => None,
                _ => Some(Normalized::new(inputs, filters, 1, stride, &weights.pp("shortcut"))?),
            },
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let y = self.second.forward(&self.first.forward(x, train)?.relu()?, train)?;
        let shortcut = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, train)?,
            None => x.clone(),
        };
        (y + shortcut)?.relu()
    }
}

fn dropout(x: Tensor, rate: f32, train: bool) -> Result<Tensor> {
    if train { candle_nn::ops::dropout(&x, rate) } else { Ok(x) }
}

fn model(workload: &str, weights: &VarBuilder) -> Result<Net> {
    Ok(match workload {
        "T1" => {
            let hidden = dense(784, 128, "hidden", weights)?;
            let scores = dense(128, 10, "scores", weights)?;
            Box::new(move |x, train| scores.forward(&dropout(hidden.forward(x)?.relu()?, 0.2, train)?))
        }
        "T2" => {
            let (first, second) = (dense(784, 512, "first", weights)?, dense(512, 512, "second", weights)?);
            let scores = dense(512, 10, "scores", weights)?;
            Box::new(move |x, _| scores.forward(&second.forward(&first.forward(x)?.relu()?)?.relu()?))
        }
        "T3" => {
            let (first, second) = (convolution(1, 6, "first", weights)?, convolution(6, 16, "second", weights)?);
            let (wide, narrow) = (dense(576, 120, "wide", weights)?, dense(120, 84, "narrow", weights)?);
            let scores = dense(84, 10, "scores", weights)?;
            Box::new(move |x, _| {
                let x = first.forward(x)?.relu()?.avg_pool2d(2)?;
                let x = second.forward(&x)?.relu()?.avg_pool2d(2)?.flatten_from(1)?;
                scores.forward(&narrow.forward(&wide.forward(&x)?.relu()?)?.relu()?)
            })
        }
        "T4" => {
            let (first, second) = (convolution(1, 32, "first", weights)?, convolution(32, 64, "second", weights)?);
            let scores = dense(1600, 10, "scores", weights)?;
            Box::new(move |x, train| {
                let x = first.forward(x)?.relu()?.max_pool2d(2)?;
                let x = second.forward(&x)?.relu()?.max_pool2d(2)?.flatten_from(1)?;
                scores.forward(&dropout(x, 0.5, train)?)
            })
        }
        _ => {
            let stem = Normalized::new(3, 16, 3, 1, &weights.pp("stem"))?;
            let blocks = BLOCKS.iter().enumerate().map(|(at, &(inputs, filters, stride))| {
                Block::new(inputs, filters, stride, &weights.pp(format!("block_{at}")))
            });
            let (blocks, scores) = (blocks.collect::<Result<Vec<_>>>()?, dense(64, 10, "scores", weights)?);
            Box::new(move |x, train| {
                let x = stem.forward(x, train)?.relu()?;
                let x = blocks.iter().try_fold(x, |x, block| block.forward(&x, train))?;
                scores.forward(&x.flatten_from(2)?.mean(2)?)
            })
        }
    })
}

/// SGD with momentum, which candle does not have.
struct Momentum {
    variables: Vec<Var>,
    velocities: Vec<Tensor>,
}

impl Momentum {
    fn new(variables: Vec<Var>) -> Result<Self> {
        let velocities = variables.iter().map(|variable| variable.zeros_like()).collect::<Result<_>>()?;
        Ok(Self { variables, velocities })
    }

    fn backward_step(&mut self, loss: &Tensor) -> Result<()> {
        let gradients = loss.backward()?;
        for (variable, velocity) in self.variables.iter().zip(&mut self.velocities) {
            if let Some(gradient) = gradients.get(variable) {
                *velocity = ((&*velocity * 0.9)? + gradient)?.detach();
                variable.set(&(variable.as_tensor() - (&*velocity * 0.01)?)?)?;
            }
        }
        Ok(())
    }
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let options = Options::from_command_line()?;
    let tensor = |samples| Tensor::from_vec(samples, options.shape(), &Device::Cpu);
    let weights = VarMap::new();
    let net = model(&options.workload, &VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu))?;
    let weights = weights.data().lock().expect("no thread has failed").clone();
    if !options.train {
        // Variables would be tracked: the same model of plain tensors is not.
        let plain: HashMap<_, _> = weights.iter().map(|(name, weight)| (name.clone(), weight.as_detached_tensor())).collect();
        let net = model(&options.workload, &VarBuilder::from_tensors(plain, DType::F32, &Device::Cpu))?;
        let x = tensor(options.samples())?;
        let call = move || {
            black_box(candle_nn::ops::softmax_last_dim(&net(&x, false).expect("logits")).expect("scores"));
        };
        return Ok(take_turns(Box::new(Inference(call)), "0.11.1")?);
    }
    let trainable = weights.iter().filter(|(name, _)| !name.contains("running_"));
    let trainable: Vec<Var> = trainable.map(|(_, weight)| weight.clone()).collect();
    let pool = options.pool().into_iter().map(|(samples, labels)| {
        let labels: Vec<u32> = labels.into_iter().map(u32::from).collect();
        Ok((tensor(samples)?, Tensor::from_vec(labels, options.batch, &Device::Cpu)?))
    });
    let pool = pool.collect::<Result<Vec<_>>>()?;
    let loss = move |at: usize| candle_nn::loss::cross_entropy(&net(&pool[at].0, true)?, &pool[at].1);
    let read = |loss: Tensor| loss.to_scalar::<f32>().expect("one number");
    if options.workload == "T5" {
        let mut optimizer = Momentum::new(trainable)?;
        let step = move |at| loss(at).and_then(|loss| optimizer.backward_step(&loss).map(|()| loss)).expect("a step");
        Ok(take_turns(Box::new(Training::new(step, read)), "0.11.1")?)
    } else {
        let adam = ParamsAdamW { lr: 1e-3, eps: 1e-7, weight_decay: 0.0, ..ParamsAdamW::default() };
        let mut optimizer = AdamW::new(trainable, adam)?;
        let step = move |at| loss(at).and_then(|loss| optimizer.backward_step(&loss).map(|()| loss)).expect("a step");
        Ok(take_turns(Box::new(Training::new(step, read)), "0.11.1")?)
    }
}
