//! What Keras writes in Python, said in Rust: `keras.regularizers.l2(0.01)` is `Regularizer::l2(0.01)`.

use quote::ToTokens;
use syn::Expr;

use crate::kinds::{Kind, is_activation};

/// Python's names, each with what it is here. `…` stands for the arguments that were given.
const REGULARIZERS: &[(&str, &str)] = &[
    ("l1", "Regularizer::l1(…)"),
    ("l2", "Regularizer::l2(…)"),
    ("l1_l2", "Regularizer::l1_l2(…)"),
    ("l1l2", "Regularizer::l1_l2(…)"),
    ("orthogonal_regularizer", "Regularizer::orthogonal_regularizer(0.01, Mode::Rows)"),
];
const CONSTRAINTS: &[(&str, &str)] = &[
    ("max_norm", "Constraint::max_norm(3.0, &[0])"),
    ("maxnorm", "Constraint::max_norm(3.0, &[0])"),
    ("min_max_norm", "Constraint::min_max_norm(0.0, 1.0, 1.0, &[0])"),
    ("minmaxnorm", "Constraint::min_max_norm(0.0, 1.0, 1.0, &[0])"),
    ("non_neg", "\"non_neg\""),
    ("nonneg", "\"non_neg\""),
    ("unit_norm", "Constraint::unit_norm(&[0])"),
    ("unitnorm", "Constraint::unit_norm(&[0])"),
];
const INITIALIZERS: &[(&str, &str)] = &[
    ("zeros", "\"zeros\""),
    ("ones", "\"ones\""),
    ("glorot_uniform", "\"glorot_uniform\""),
    ("glorotuniform", "\"glorot_uniform\""),
    ("glorot_normal", "\"glorot_normal\""),
    ("glorotnormal", "\"glorot_normal\""),
    ("he_uniform", "\"he_uniform\""),
    ("heuniform", "\"he_uniform\""),
    ("he_normal", "\"he_normal\""),
    ("henormal", "\"he_normal\""),
    ("lecun_uniform", "\"lecun_uniform\""),
    ("lecununiform", "\"lecun_uniform\""),
    ("lecun_normal", "\"lecun_normal\""),
    ("lecunnormal", "\"lecun_normal\""),
    ("constant", "Initializer::constant(…)"),
    ("random_normal", "Initializer::RandomNormal { mean: 0.0, stddev: 0.05 }"),
    ("randomnormal", "Initializer::RandomNormal { mean: 0.0, stddev: 0.05 }"),
    ("random_uniform", "Initializer::RandomUniform { minval: -0.05, maxval: 0.05 }"),
    ("randomuniform", "Initializer::RandomUniform { minval: -0.05, maxval: 0.05 }"),
    ("truncated_normal", "Initializer::TruncatedNormal { mean: 0.0, stddev: 0.05 }"),
    ("truncatednormal", "Initializer::TruncatedNormal { mean: 0.0, stddev: 0.05 }"),
    ("variance_scaling", "Initializer::variance_scaling(1.0, Fan::In, Distribution::TruncatedNormal)"),
    ("variancescaling", "Initializer::variance_scaling(1.0, Fan::In, Distribution::TruncatedNormal)"),
    ("orthogonal", "Initializer::orthogonal(1.0)"),
    ("identity", "Initializer::identity(1.0)"),
];

/// What the dotted names of Python start with.
const MODULES: &[&str] = &["keras", "tf", "activations", "constraints", "initializers", "regularizers"];

/// Variants of the enums: after a `use` of one, a call of its bare name is right.
const VARIANTS: &[&str] = &["L1", "L2", "Constant"];

/// What to say of a value in Python's spelling.
pub(crate) fn advice(parameter: &str, layer: &str, kind: Kind, value: &Expr) -> Option<syn::Error> {
    let (name, arguments, is_dotted) = match value {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            (path.path.get_ident()?, call.args.iter().collect(), false)
        }
        Expr::MethodCall(call) if is_module(&call.receiver) => (&call.method, call.args.iter().collect(), true),
        Expr::Field(field) if is_module(&field.base) => match &field.member {
            syn::Member::Named(name) => (name, Vec::new(), true),
            syn::Member::Unnamed(_) => return None,
        },
        _ => return None,
    };
    let name = name.to_string();
    if !is_dotted && VARIANTS.contains(&&*name) {
        return None;
    }
    let here = here(kind, &name, &arguments)?;
    let own = if is_dotted { String::new() } else { format!("; call a Rust function by its path: self::{name}(…)") };
    Some(syn::Error::new_spanned(value, format!("`{parameter}` of {layer} is written {here} here{own}")))
}

/// The value as it is written here, if it is a known one.
fn here(kind: Kind, name: &str, arguments: &[&Expr]) -> Option<String> {
    let names = match kind {
        Kind::Regularizer => REGULARIZERS,
        Kind::Constraint => CONSTRAINTS,
        Kind::Initializer => INITIALIZERS,
        Kind::Activation => return is_activation(name).then(|| format!("\"{name}\"")),
        _ => return None,
    };
    let lower = name.to_lowercase();
    let (_, here) = names.iter().find(|(known, _)| *known == lower)?;
    let given = |argument: &&Expr| match argument {
        Expr::Assign(named) => named.right.to_token_stream().to_string(),
        other => other.to_token_stream().to_string(),
    };
    let given = match arguments {
        [] => "0.01".to_owned(),
        some => some.iter().map(given).collect::<Vec<_>>().join(", "),
    };
    Some(here.replace('…', &given))
}

/// Whether an expression is `keras`, or `keras.regularizers`.
fn is_module(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => path.path.get_ident().is_some_and(|ident| MODULES.iter().any(|module| ident == module)),
        Expr::Field(field) => is_module(&field.base),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(kind: Kind, value: &str) -> Option<String> {
        advice("argument", "Dense", kind, &syn::parse_str(value).unwrap()).map(|error| error.to_string())
    }

    #[test]
    fn pythons_spelling_is_translated() {
        for (kind, python, rust) in [
            (Kind::Regularizer, "l2(0.01)", "Regularizer::l2(0.01)"),
            (Kind::Regularizer, "keras.regularizers.l2(0.01)", "Regularizer::l2(0.01)"),
            (Kind::Regularizer, "keras.regularizers.L1L2(l1 = 0.1, l2 = 0.2)", "Regularizer::l1_l2(0.1, 0.2)"),
            (Kind::Regularizer, "regularizers.L1()", "Regularizer::l1(0.01)"),
            (Kind::Constraint, "max_norm(2)", "Constraint::max_norm(3.0, &[0])"),
            (Kind::Constraint, "keras.constraints.NonNeg()", "\"non_neg\""),
            (Kind::Initializer, "HeNormal()", "\"he_normal\""),
            (Kind::Initializer, "keras.initializers.Constant(0.5)", "Initializer::constant(0.5)"),
            (Kind::Activation, "keras.activations.relu", "\"relu\""),
        ] {
            let advice = advised(kind, python).unwrap_or_else(|| panic!("{python} is not known"));
            assert!(advice.contains(&format!("is written {rust} here")), "{python}: {advice}");
        }
    }

    #[test]
    fn what_is_rust_is_left_alone() {
        for value in
            ["Regularizer::l2(0.01)", "self::l2(0.01)", "L2(0.01)", "STRONG", "STRONG.times(2)", "weights(0.1)"]
        {
            assert_eq!(advised(Kind::Regularizer, value), None, "{value}");
        }
    }
}
