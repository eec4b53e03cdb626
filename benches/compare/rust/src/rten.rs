//! RTen: inference of an ONNX file, its weights laid out once.

use std::{error::Error, hint::black_box, sync::Arc};

use peers::{Inference, Options, take_turns};
use rten::{ModelOptions, RunOptions, ThreadPool};
use rten_tensor::Tensor;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_command_line()?;
    let model = ModelOptions::with_all_ops().prepack_weights(true).load_file(options.onnx()?)?;
    let threads = Arc::new(ThreadPool::with_num_threads(options.threads));
    let run = RunOptions::default().with_thread_pool(Some(threads));
    let x = Tensor::from_data(&options.shape()[..], options.samples());
    let call = move || {
        black_box(model.run_one((&x).into(), Some(run.clone())).expect("scores"));
    };
    Ok(take_turns(Box::new(Inference(call)), "0.27.0")?)
}
