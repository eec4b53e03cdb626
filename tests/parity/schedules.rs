//! Learning rates, step by step.

use keras::optimizers::{
    IntoLearningRate, LearningRate,
    schedules::{
        CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay,
    },
};

use crate::support::{Argument, Case, FORWARD, compare_group, parse};

#[test]
fn schedules() {
    compare_group("schedules", &[], |case| {
        let Some(rate) = learning_rate(case.call) else { return false };
        case.heeded();
        compare(case, &rate);
        true
    });
}

fn compare(case: &Case<'_>, rate: &LearningRate) {
    let values: Vec<f32> = case.values("step").iter().map(|&step| rate.at(step as u64)).collect();
    case.check("value", &values, FORWARD);
}

/// The learning rate of this source: a number, or the construction of a schedule.
pub fn learning_rate(source: &str) -> Option<LearningRate> {
    if let Ok(number) = source.parse::<f32>() {
        return Some(number.into_learning_rate());
    }
    let (item, arguments) = parse(source);
    let mut arguments = Arguments(arguments);
    let rate = match item {
        "ExponentialDecay" => ExponentialDecay::new(arguments.next(), arguments.next(), arguments.next())
            .staircase(arguments.flag("staircase"))
            .into_learning_rate(),
        "InverseTimeDecay" => InverseTimeDecay::new(arguments.next(), arguments.next(), arguments.next())
            .staircase(arguments.flag("staircase"))
            .into_learning_rate(),
        "PiecewiseConstantDecay" => {
            let (boundaries, values) = (arguments.list::<u64>(), arguments.list::<f32>());
            PiecewiseConstantDecay::new(boundaries, values).into_learning_rate()
        }
        "PolynomialDecay" => {
            let mut decay = PolynomialDecay::new(arguments.next(), arguments.next()).cycle(arguments.flag("cycle"));
            if let Some(end) = arguments.take("end_learning_rate") {
                decay = decay.end_learning_rate(end);
            }
            if let Some(power) = arguments.take("power") {
                decay = decay.power(power);
            }
            decay.into_learning_rate()
        }
        "CosineDecay" => {
            let mut decay = CosineDecay::new(arguments.next(), arguments.next());
            if let Some(alpha) = arguments.take("alpha") {
                decay = decay.alpha(alpha);
            }
            if let Some(target) = arguments.take("warmup_target") {
                decay = decay.warmup_target(target);
            }
            if let Some(steps) = arguments.take("warmup_steps") {
                decay = decay.warmup_steps(steps as u64);
            }
            decay.into_learning_rate()
        }
        "CosineDecayRestarts" => {
            let mut decay = CosineDecayRestarts::new(arguments.next(), arguments.next());
            if let Some(factor) = arguments.take("t_mul") {
                decay = decay.t_mul(factor);
            }
            if let Some(factor) = arguments.take("m_mul") {
                decay = decay.m_mul(factor);
            }
            if let Some(alpha) = arguments.take("alpha") {
                decay = decay.alpha(alpha);
            }
            decay.into_learning_rate()
        }
        _ => return None,
    };
    assert!(arguments.0.is_empty(), "{source}: not all arguments were heeded");
    Some(rate)
}

/// The arguments of a schedule that were not heeded yet.
struct Arguments<'a>(Vec<Argument<'a>>);

impl Arguments<'_> {
    /// The next positional one.
    fn next<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        self.0.remove(0).1.parse().unwrap()
    }

    /// The next positional one, a list.
    fn list<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> Vec<T> {
        let source = self.0.remove(0).1.trim_matches(['[', ']']);
        source.split(',').map(|number| number.trim().parse().unwrap()).collect()
    }

    /// The one of this keyword, a number.
    fn take(&mut self, name: &str) -> Option<f32> {
        let at = self.0.iter().position(|(key, _)| *key == Some(name))?;
        Some(self.0.remove(at).1.parse().unwrap())
    }

    /// Whether the one of this keyword is `True`.
    fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|(key, _)| *key == Some(name));
        at.is_some_and(|at| self.0.remove(at).1 == "True")
    }
}
