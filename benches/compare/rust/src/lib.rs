//! What the programs of other Rust libraries have in common: what they are asked to do, and the data.

#[path = "../../../src/turns.rs"]
mod turns;

use turns::{POOL, classified, noise};
pub use turns::{Inference, Training, Work, take_turns};

/// What a program is to do.
pub struct Options {
    /// Train; otherwise infer.
    pub train: bool,
    /// `T1` … `T5`.
    pub workload: String,
    /// Samples of a batch.
    pub batch: usize,
    /// Threads to use.
    pub threads: usize,
    /// Of the peer, if it has any.
    pub variant: String,
}

impl Options {
    /// From the command line: `train T1 --batch 32 --threads 1 --variant flex`.
    pub fn from_command_line() -> Result<Self, String> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name);
            at.and_then(|at| arguments.get(at + 1)).ok_or_else(|| format!("{name} is missing"))
        };
        let number = |name: &str| value(name)?.parse().map_err(|_| format!("{name} is no number"));
        Ok(Self {
            train: arguments.first().is_some_and(|mode| mode == "train"),
            workload: arguments.get(1).ok_or("the workload is missing")?.clone(),
            batch: number("--batch")?,
            threads: number("--threads")?,
            variant: value("--variant").map_or_else(|_| String::new(), Clone::clone),
        })
    }

    /// The shape of a batch, channels first.
    pub fn shape(&self) -> Vec<usize> {
        let sample: &[usize] = match &*self.workload {
            "T3" => &[1, 32, 32],
            "T4" => &[1, 28, 28],
            "T5" => &[3, 32, 32],
            _ => &[784],
        };
        [&[self.batch], sample].concat()
    }

    /// A batch that looks random.
    pub fn samples(&self) -> Vec<f32> {
        noise(self.shape().iter().product(), 1)
    }

    /// The batches of training: samples and their labels.
    pub fn pool(&self) -> Vec<(Vec<f32>, Vec<u8>)> {
        let shape = &self.shape()[1..];
        let length = shape.iter().product();
        let batches = (0..POOL as u32).map(|at| {
            let (samples, labels) = classified(self.batch, length, at + 1);
            // They come channels last.
            let channels = if shape.len() == 3 { shape[0] } else { 1 };
            let pixels = length / channels;
            let first = |sample: &[f32]| -> Vec<f32> {
                (0..length).map(|at| sample[at % pixels * channels + at / pixels]).collect()
            };
            (samples.chunks_exact(length).flat_map(first).collect(), labels)
        });
        batches.collect()
    }

    /// Where `onnx_models.py` wrote the workload's model.
    pub fn onnx(&self) -> Result<std::path::PathBuf, std::env::VarError> {
        Ok(std::path::Path::new(&std::env::var("ONNX_MODELS")?).join(format!("{}.onnx", self.workload)))
    }
}

/// The blocks of ResNet-20: filters of the input, filters of the output, stride.
pub const BLOCKS: [(usize, usize, usize); 9] = [
    (16, 16, 1),
    (16, 16, 1),
    (16, 16, 1),
    (16, 32, 2),
    (32, 32, 1),
    (32, 32, 1),
    (32, 64, 2),
    (64, 64, 1),
    (64, 64, 1),
];
