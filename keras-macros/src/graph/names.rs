//! Names of layers, as Keras gives them.

use std::collections::{HashMap, HashSet};

/// Keras' name of a class: `Conv2D` is `conv2d`, `MaxPooling2D` `max_pooling2d`, `ReLU` `re_lu`.
pub(crate) fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        // Keras splits before a capital that a small letter follows, and between a small letter or digit and a capital;
        // a `D` after a digit (`2D`) stays with it.
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || (before.is_ascii_digit() && after.is_some_and(|after| after.is_lowercase()))
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Hands out `dense`, `dense_1`, …, around the names that are taken.
#[derive(Default)]
pub(super) struct Counter {
    counts: HashMap<String, usize>,
}

impl Counter {
    pub(super) fn next(&mut self, base: &str, taken: impl Fn(&str) -> bool) -> String {
        loop {
            let count = self.counts.entry(base.to_owned()).or_default();
            let name = if *count == 0 { base.to_owned() } else { format!("{base}_{count}") };
            *count += 1;
            if !taken(&name) {
                return name;
            }
        }
    }
}

/// The names of a model that are taken: those given, and the identifiers that generated code has for them.
#[derive(Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    identifiers: HashSet<String>,
}

impl Taken {
    pub(super) fn insert(&mut self, name: &str) {
        self.names.insert(name.to_owned());
        self.identifiers.insert(key(name));
    }

    /// Whether a name, or what is generated for it, is there already: `a b` and `a_b` are one method, and the method
    /// `dense_mut` is that of `dense`.
    pub(super) fn contains(&self, name: &str) -> bool {
        let key = key(name);
        self.names.contains(name)
            || self.identifiers.contains(&key)
            || self.identifiers.contains(&format!("{key}_mut"))
            || key.strip_suffix("_mut").is_some_and(|of| self.identifiers.contains(of))
    }
}

/// What must differ between two names: constants are in capitals, methods are not.
fn key(name: &str) -> String {
    identifier(name).to_lowercase()
}

/// Methods that every model has, its own ones and those of traits: an accessor of the name would hide them.
const METHODS: &[&str] = &[
    "adapt",
    "backpropagate",
    "backpropagate_all",
    "clone",
    "compile",
    "evaluate",
    "fit",
    "freeze",
    "from_embedded",
    "initial_state",
    "layer",
    "load",
    "loss_and_all_gradients",
    "loss_and_gradients",
    "loss_and_input_gradients",
    "new",
    "predict",
    "predict_on_batch",
    "predict_one",
    "predict_one_in",
    "predict_one_named",
    "predict_one_stateful",
    "predict_one_with_state",
    "predict_stateful",
    "reset_states",
    "save",
    "save_as",
    "summary",
    "train_on_batch",
    "unfreeze",
    "vjp",
    "weights",
    "weights_mut",
    "with_seed",
    "with_shape",
];

/// Constants that every model has.
const CONSTANTS: &[&str] = &[
    "BUILT",
    "CHECK",
    "DESCRIPTION",
    "FITS_THE_STACK",
    "HAS_NO_STATE",
    "INPUT_SIZES",
    "MACS",
    "MEMORY",
    "OUTPUTS",
    "OUTPUT_SIZES",
    "PARAMETERS",
    "PLAN",
    "STATE",
    "STATED_OUTPUT",
    "TRAINABLE_PARAMETERS",
    "WORKSPACE",
    "WORKSPACE_BYTES",
];

/// What of every model has this name, if anything has.
pub(super) fn reserved(name: &str) -> Option<&'static str> {
    let identifier = identifier(name);
    let is_taken = |name: &str| METHODS.contains(&name);
    if is_taken(&identifier) || is_taken(&format!("{identifier}_mut")) {
        Some("method")
    } else if CONSTANTS.contains(&&*identifier) || identifier.ends_with("_PLAN") {
        Some("constant")
    } else {
        None
    }
}

/// A valid identifier for a name.
pub(super) fn identifier(name: &str) -> String {
    let mut ident: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if ident.is_empty()
        || ident.starts_with(|c: char| c.is_ascii_digit())
        || syn::parse_str::<syn::Ident>(&ident).is_err()
    {
        ident.insert(0, '_');
    }
    if ident.chars().all(|c| c == '_') {
        ident.push_str("layer");
    }
    ident
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_keras_own() {
        for (class, name) in [
            ("Dense", "dense"),
            ("Conv2D", "conv2d"),
            ("MaxPooling2D", "max_pooling2d"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("BatchNormalization", "batch_normalization"),
            ("ReLU", "re_lu"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("SpaceToDepth", "space_to_depth"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
