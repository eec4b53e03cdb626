//! Regularizers: what a weight costs, and the gradient of that.

use keras::{prelude::*, regularizers::Mode};

use crate::support::{FORWARD, GRADIENT, compare_group};

#[test]
fn regularizers() {
    compare_group("regularizers", &[], |case| {
        let factor = |at: usize| case.positional(at).map_or(0.01, |source| source.parse().unwrap());
        let regularizer = match case.item {
            "L1" => Regularizer::l1(factor(0)),
            "L2" => Regularizer::l2(factor(0)),
            "L1L2" => Regularizer::l1_l2(factor(0), factor(1)),
            "OrthogonalRegularizer" => {
                let columns = case.keyword("mode") == Some("'columns'");
                Regularizer::orthogonal_regularizer(factor(0), if columns { Mode::Columns } else { Mode::Rows })
            }
            _ => return false,
        };
        let (dims, weight) = (case.dims("weight"), case.values("weight"));
        case.check("value", &[regularizer.value(dims, weight)], FORWARD);
        let mut gradient = vec![0.0; weight.len()];
        regularizer.add_gradient(dims, weight, &mut gradient);
        case.check("gradient", &gradient, GRADIENT);
        true
    });
}
