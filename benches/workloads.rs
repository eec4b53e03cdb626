//! The five workloads of the comparison, one JSON line each: `cargo bench --bench workloads -- --help`.
//!
//! Training cycles through eight batches of classes that can be told apart, so the loss must fall where weights are
//! updated. A figure is the median of several windows: samples a second over whole optimizer steps, or over calls of
//! inference; at batch 1 microseconds a call; of products, GFLOP/s. With `--turns` the windows are told by whoever runs the
//! program: see `README.md`.

use std::{io, time::Instant};

use benches::{PRODUCTS, Sweep, Work, inference, multiplication, operations, product, take_turns, training, window};

const HELP: &str = "cargo bench --bench workloads -- (train|infer) [T1 T2 T3 T4 T5] [--batch 32,128] [--threads 1] [--seconds 0.3] [--repeats 7]
cargo bench --bench workloads -- matmul [128x784x512 784x128x512,ta 128x512x784,tb] [--threads 1] [--seconds 0.3] [--repeats 7]
cargo bench --bench workloads -- (train|infer|matmul) T1 --batch 32 [--threads 1] --turns
cargo bench --bench workloads -- sweep [--threads 1] --turns

T1  Dense 784-128-10 with Dropout, Adam          T2  Dense 784-512-512-10, Adam
T3  LeNet on 32×32×1, Adam                       T4  Keras' convnet of MNIST, Adam
T5  ResNet-20 on 32×32×3, SGD with momentum";

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Train,
    Infer,
    Matmul,
    Sweep,
}

struct Options {
    mode: Mode,
    workloads: Vec<String>,
    batches: Vec<usize>,
    threads: usize,
    seconds: f64,
    repeats: usize,
    turns: bool,
}

fn options() -> Option<Options> {
    let mut options = Options {
        mode: Mode::Train,
        workloads: vec![],
        batches: vec![],
        threads: 1,
        seconds: 0.3,
        repeats: 7,
        turns: false,
    };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "train" => options.mode = Mode::Train,
            "infer" => options.mode = Mode::Infer,
            "matmul" => options.mode = Mode::Matmul,
            "sweep" => options.mode = Mode::Sweep,
            "--batch" => {
                options.batches = arguments.next()?.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?
            }
            "--threads" => options.threads = arguments.next()?.parse().ok()?,
            "--seconds" => options.seconds = arguments.next()?.parse().ok()?,
            "--repeats" => options.repeats = arguments.next()?.parse().ok()?,
            "--turns" => options.turns = true,
            workload if !workload.starts_with('-') => options.workloads.push(workload.to_owned()),
            _ => return None,
        }
    }
    let products = options.mode == Mode::Matmul;
    if options.workloads.is_empty() {
        let all: &[&str] = if products { &PRODUCTS } else { &["T1", "T2", "T3", "T4", "T5"] };
        options.workloads = all.iter().map(|&workload| workload.to_owned()).collect();
    }
    if options.batches.is_empty() {
        options.batches = match options.mode {
            Mode::Train => vec![32, 128],
            Mode::Infer => vec![1, 32, 256],
            Mode::Matmul | Mode::Sweep => vec![1],
        };
    }
    Some(options)
}

/// The median time of a call and the shortest, in seconds.
fn time(options: &Options, work: &mut dyn Work) -> (f64, f64) {
    let start = Instant::now();
    let mut warm = 0;
    while warm < 3 || start.elapsed().as_secs_f64() < options.seconds {
        work.call();
        warm += 1;
    }
    let calls = ((options.seconds / window(work, 1).max(1e-7)) as usize).max(1);
    let mut windows: Vec<f64> = (0..options.repeats.max(1)).map(|_| window(work, calls) / calls as f64).collect();
    windows.sort_by(f64::total_cmp);
    (windows[windows.len() / 2], windows[0])
}

/// The work of a workload, and the operations of a call if it is a product of matrices.
fn work(mode: Mode, workload: &str, batch: usize) -> Option<(Box<dyn Work>, Option<f64>)> {
    match mode {
        Mode::Train => Some((training(workload, batch)?, None)),
        Mode::Infer => Some((inference(workload, batch)?, None)),
        Mode::Matmul => product(workload).map(|product| (multiplication(product), Some(operations(product) as f64))),
        Mode::Sweep => Some((Box::new(Sweep::default()), None)),
    }
}

fn measure(options: &Options, workload: &str, batch: usize) {
    let Some((mut work, operations)) = work(options.mode, workload, batch) else {
        println!("there is no workload {workload}\n{HELP}");
        return;
    };
    let losses = work.learn();
    let (median, best) = time(options, &mut *work);
    let (figure, unit): (Box<dyn Fn(f64) -> f64>, _) = match (options.mode, operations) {
        (_, Some(operations)) => (Box::new(move |seconds| operations / seconds / 1e9), "GFLOP/s"),
        (Mode::Infer, None) if batch == 1 => (Box::new(|seconds| seconds * 1e6), "µs"),
        _ => (Box::new(|seconds| batch as f64 / seconds), "samples/s"),
    };
    let mode = match options.mode {
        Mode::Train => "train",
        Mode::Infer => "infer",
        Mode::Matmul => "matmul",
        Mode::Sweep => "sweep",
    };
    let losses = losses
        .map_or_else(String::new, |[first, last]| format!(", \"first_loss\": {first:.4}, \"last_loss\": {last:.4}"));
    println!(
        "{{\"peer\": \"keras-rs\", \"kind\": \"{mode}\", \"workload\": \"{workload}\", \"batch\": {batch}, \
         \"threads\": {}, \"value\": {:.1}, \"best\": {:.1}, \"unit\": \"{unit}\"{losses}}}",
        options.threads,
        figure(median),
        figure(best)
    );
}

/// What the command line asks for; `false` if there is no such thing.
fn run(options: &Options) -> io::Result<bool> {
    if options.turns {
        let Some((work, _)) = work(options.mode, &options.workloads[0], options.batches[0]) else {
            return Ok(false);
        };
        take_turns(work, env!("CARGO_PKG_VERSION"))?;
        return Ok(true);
    }
    for workload in &options.workloads {
        options.batches.iter().for_each(|&batch| measure(options, workload, batch));
    }
    Ok(true)
}

fn main() -> io::Result<()> {
    let Some(options) = options() else {
        println!("{HELP}");
        return Ok(());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads);
    let known = if matches!(options.mode, Mode::Matmul | Mode::Sweep) {
        // A product or a layer is part of a step, which has entered the pool before; from outside it takes one thread.
        pool.build().expect("the pool").install(|| run(&options))?
    } else {
        pool.build_global().expect("the first pool");
        run(&options)?
    };
    if !known {
        println!("{HELP}");
    }
    Ok(())
}
