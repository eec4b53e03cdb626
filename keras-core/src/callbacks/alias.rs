//! Keras' other names of losses and metrics, by which logs and histories are asked for them.

/// Short names, and the names that metrics have here.
const ALIASES: [(&str, &str); 8] = [
    ("acc", "accuracy"),
    ("mae", "mean_absolute_error"),
    ("mse", "mean_squared_error"),
    ("mape", "mean_absolute_percentage_error"),
    ("msle", "mean_squared_logarithmic_error"),
    ("bce", "binary_crossentropy"),
    ("kld", "kl_divergence"),
    ("auc", "auc"),
];

/// Finds what has this name, or the one that it is an alias of, in capitals too; `val_` and the name of an output may precede both.
pub(crate) fn find<T>(name: &str, mut get: impl FnMut(&str) -> Option<T>) -> Option<T> {
    get(name).or_else(|| {
        let start = name.rfind('_').map_or(0, |at| at + 1);
        let (before, last) = name.split_at(start);
        let last = if last.bytes().all(|byte| byte.is_ascii_uppercase()) { &last.to_lowercase() } else { last };
        ALIASES.iter().filter(|(alias, _)| *alias == last).find_map(|(_, long)| get(&format!("{before}{long}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_before_its_alias() {
        let known = ["mae", "val_mean_absolute_error", "class_accuracy", "auc", "val_class_auc", "lacc"];
        let found = |name| find(name, |name| known.iter().copied().find(|known| *known == name));
        assert_eq!(found("mae"), Some("mae"));
        assert_eq!(found("val_mae"), Some("val_mean_absolute_error"));
        assert_eq!(found("val_MAE"), Some("val_mean_absolute_error"));
        assert_eq!((found("class_acc"), found("acc")), (Some("class_accuracy"), None));
        assert_eq!((found("AUC"), found("val_class_AUC")), (Some("auc"), Some("val_class_auc")));
        assert_eq!((found("lacc"), found("iacc"), found("mse"), found("")), (Some("lacc"), None, None, None));
    }
}
