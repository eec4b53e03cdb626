//! tract: inference of an ONNX file whose batch is made fixed, optimized. It uses one thread.

use std::{error::Error, hint::black_box};

use peers::{Inference, Options, take_turns};
use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_command_line()?;
    let shape = options.shape();
    let mut model = tract_onnx::onnx().model_for_path(options.onnx()?)?;
    model.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), &shape[..]))?;
    let model = model.into_optimized()?.into_runnable()?;
    let x: TValue = Tensor::from_shape(&shape, &options.samples())?.into();
    let call = move || {
        black_box(model.run(tvec!(x.clone())).expect("scores"));
    };
    Ok(take_turns(Box::new(Inference(call)), "0.23.9")?)
}
