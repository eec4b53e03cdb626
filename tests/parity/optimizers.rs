//! Optimizers: ten steps of two variables.

use keras::optimizers::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, LearningRate, Lion, MultiOptimizer, Muon, Nadam,
    Optimizer, RMSprop, SGD, ScheduleFreeAdamW, Variable,
};

use crate::{
    schedules::learning_rate,
    support::{Case, FORWARD, compare_group},
};

/// An optimizer with the learning rate and the arguments that a case gives: numbers by keyword, all of one type.
macro_rules! build {
    ($case:expr, $optimizer:ident { $($argument:ident)* }) => {{
        let rate: Option<LearningRate> = $case.positional(0).map(|source| learning_rate(source).unwrap());
        #[allow(unused_mut, reason = "without arguments")]
        let mut optimizer = rate.map_or_else($optimizer::default, $optimizer::new);
        $(if let Some(source) = $case.keyword(stringify!($argument)) {
            optimizer = optimizer.$argument(source.parse().unwrap());
        })*
        optimizer
    }};
}

#[test]
fn optimizers() {
    compare_group("optimizers", &[], |case| {
        let amsgrad = case.flag("amsgrad", false);
        match case.item {
            "SGD" => steps(case, build!(case, SGD { momentum }).nesterov(case.flag("nesterov", false))),
            "RMSprop" => {
                let rmsprop = build!(case, RMSprop { rho momentum epsilon });
                steps(case, rmsprop.centered(case.flag("centered", false)));
            }
            "Adam" => steps(case, build!(case, Adam { beta_1 beta_2 epsilon }).amsgrad(amsgrad)),
            "AdamW" => steps(case, build!(case, AdamW { beta_1 beta_2 epsilon }).amsgrad(amsgrad)),
            "Adagrad" => steps(case, build!(case, Adagrad { initial_accumulator_value epsilon })),
            "Adadelta" => steps(case, build!(case, Adadelta { rho epsilon })),
            "Adamax" => steps(case, build!(case, Adamax { beta_1 beta_2 epsilon })),
            "Nadam" => steps(case, build!(case, Nadam { beta_1 beta_2 epsilon })),
            "Lion" => steps(case, build!(case, Lion { beta_1 beta_2 })),
            "Lamb" => steps(case, build!(case, Lamb { beta_1 beta_2 epsilon })),
            "Adafactor" => {
                let adafactor = build!(case, Adafactor { beta_2_decay epsilon_1 epsilon_2 clip_threshold });
                steps(case, adafactor.relative_step(case.flag("relative_step", true)));
            }
            "ScheduleFreeAdamW" => {
                steps(case, build!(case, ScheduleFreeAdamW { beta_1 beta_2 epsilon warmup_steps }));
            }
            "Muon" => {
                let mut muon = build!(case, Muon {
                    adam_beta_1 adam_beta_2 epsilon muon_a muon_b muon_c adam_lr_ratio momentum ns_steps
                });
                muon = muon.nesterov(case.flag("nesterov", true));
                if case.keyword("rms_rate") == Some("None") {
                    muon = muon.rms_rate(None);
                }
                if case.keyword("adam_weight_decay") == Some("None") {
                    muon = muon.adam_weight_decay(None);
                }
                if case.keyword("exclude_layers").is_some() {
                    muon = muon.exclude_layers(["ker".to_owned()]);
                }
                steps(case, muon);
            }
            "MultiOptimizer" => {
                case.heeded();
                let mut optimizer = MultiOptimizer::new(SGD::new(0.1).momentum(0.9).clipnorm(1.0));
                if case.name == "multioptimizer.two" {
                    optimizer = optimizer.with("bias", Adam::new(0.05).weight_decay(0.1));
                }
                steps(case, optimizer);
            }
            "Ftrl" => steps(
                case,
                build!(case, Ftrl {
                    learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength
                    l2_shrinkage_regularization_strength beta
                }),
            ),
            _ => return false,
        }
        true
    });
}

/// Ten steps; after each the variables are compared, and their averages.
fn steps(case: &Case<'_>, mut optimizer: impl Optimizer) {
    if let Some(decay) = case.number("weight_decay") {
        optimizer = optimizer.weight_decay(decay);
    }
    if let Some(norm) = case.number("clipnorm") {
        optimizer = optimizer.clipnorm(norm);
    }
    if let Some(limit) = case.number("clipvalue") {
        optimizer = optimizer.clipvalue(limit);
    }
    if let Some(norm) = case.number("global_clipnorm") {
        optimizer = optimizer.global_clipnorm(norm);
    }
    if let Some(steps) = case.keyword("gradient_accumulation_steps") {
        optimizer = optimizer.gradient_accumulation_steps(steps.parse().unwrap());
    }
    optimizer = optimizer.use_ema(case.flag("use_ema", false));
    if let Some(momentum) = case.number("ema_momentum") {
        optimizer = optimizer.ema_momentum(momentum);
    }
    if let Some(steps) = case.keyword("ema_overwrite_frequency") {
        optimizer = optimizer.ema_overwrite_frequency(steps.parse().unwrap());
    }
    if let Some((_, names)) = case.call.split_once("exclude_from_weight_decay(var_names=") {
        let names: Vec<&str> = ["kernel", "bias"].into_iter().filter(|name| names.contains(name)).collect();
        optimizer = optimizer.exclude_from_weight_decay(&names);
    }
    let [kernel, bias] = ["initial_0", "initial_1"].map(|name| case.values(name));
    let mut weights = [kernel, bias].concat();
    let variables = [
        Variable { dims: case.dims("initial_0"), ..Variable::new("kernel", 0..kernel.len()) },
        Variable { dims: case.dims("initial_1"), ..Variable::new("bias", kernel.len()..weights.len()) },
    ];
    let step_of = |name: &str, length: usize, step: usize| &case.values(name)[step * length..(step + 1) * length];
    for step in 0..case.samples("value_0").0 {
        let both = |name: &str| {
            let [kernel, bias] =
                [(0, kernel), (1, bias)].map(|(at, part)| step_of(&format!("{name}_{at}"), part.len(), step));
            [kernel, bias].concat()
        };
        optimizer.step_variables(&mut weights, &both("gradient"), &variables).unwrap();
        case.check_against(&format!("weights after step {step}"), &weights, &both("value"), FORWARD);
        assert_eq!(optimizer.average().is_some(), case.has("average_0"));
        if let Some(average) = optimizer.average() {
            case.check_against(&format!("averages after step {step}"), average, &both("average"), FORWARD);
        }
    }
}
