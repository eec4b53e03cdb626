//! Optimizers: ten steps of two variables.

use keras::optimizers::{Adam, AdamW, Optimizer, RMSprop, SGD, Variable};

use crate::support::{Case, FORWARD, compare_group};

/// The arguments that `Adam` and `AdamW` share.
macro_rules! adam {
    ($case:expr, $adam:expr) => {{
        let (case, mut adam) = ($case, $adam);
        if let Some(beta) = double(case, "beta_1") {
            adam = adam.beta_1(beta);
        }
        if let Some(beta) = double(case, "beta_2") {
            adam = adam.beta_2(beta);
        }
        if let Some(epsilon) = case.number("epsilon") {
            adam = adam.epsilon(epsilon);
        }
        adam.amsgrad(case.flag("amsgrad", false))
    }};
}

#[test]
fn optimizers() {
    compare_group("optimizers", &[], |case| {
        let rate = case.positional(0).map(|source| source.parse::<f32>().unwrap());
        let momentum = case.number("momentum").unwrap_or(0.0);
        match case.item {
            "SGD" => {
                let sgd = rate.map_or_else(SGD::default, SGD::new);
                steps(case, sgd.momentum(momentum).nesterov(case.flag("nesterov", false)));
            }
            "RMSprop" => {
                let mut rmsprop = rate.map_or_else(RMSprop::default, RMSprop::new);
                if let Some(rho) = double(case, "rho") {
                    rmsprop = rmsprop.rho(rho);
                }
                if let Some(epsilon) = case.number("epsilon") {
                    rmsprop = rmsprop.epsilon(epsilon);
                }
                steps(case, rmsprop.momentum(momentum).centered(case.flag("centered", false)));
            }
            "Adam" => steps(case, adam!(case, rate.map_or_else(Adam::default, Adam::new))),
            "AdamW" => steps(case, adam!(case, rate.map_or_else(AdamW::default, AdamW::new))),
            _ => return false,
        }
        true
    });
}

fn double(case: &Case<'_>, name: &'static str) -> Option<f64> {
    case.keyword(name).map(|source| source.parse().unwrap())
}

/// Ten steps; after each the variables are compared.
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
    let [kernel, bias] = ["initial_0", "initial_1"].map(|name| case.values(name));
    let mut weights = [kernel, bias].concat();
    let variables = [
        Variable { name: "kernel", range: 0..kernel.len(), trainable: true },
        Variable { name: "bias", range: kernel.len()..weights.len(), trainable: true },
    ];
    let step_of = |name: &str, length: usize, step: usize| &case.values(name)[step * length..(step + 1) * length];
    for step in 0..case.samples("value_0").0 {
        let gradient = [step_of("gradient_0", kernel.len(), step), step_of("gradient_1", bias.len(), step)].concat();
        optimizer.step_variables(&mut weights, &gradient, &variables).unwrap();
        let (our_kernel, our_bias) = weights.split_at(kernel.len());
        case.check_against(
            &format!("kernel after step {step}"),
            our_kernel,
            step_of("value_0", kernel.len(), step),
            FORWARD,
        );
        case.check_against(&format!("bias after step {step}"), our_bias, step_of("value_1", bias.len(), step), FORWARD);
    }
}
