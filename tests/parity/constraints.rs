//! Constraints: what a weight is turned into.

use keras::prelude::*;

use crate::{
    layers::{number, numbers},
    support::{FORWARD, compare_group},
};

#[test]
fn constraints() {
    compare_group("constraints", &[], |case| {
        let axis = case.keyword("axis").map_or(vec![0], numbers);
        let value = |name, default| case.number(name).unwrap_or(default);
        let constraint = match case.item {
            "MaxNorm" => Constraint::max_norm(case.positional(0).map_or(2.0, number), &axis),
            "MinMaxNorm" => {
                let bounds = (value("min_value", 0.0), value("max_value", 1.0));
                Constraint::min_max_norm(bounds.0, bounds.1, value("rate", 1.0), &axis)
            }
            "NonNeg" => Constraint::non_neg(),
            "UnitNorm" => Constraint::unit_norm(&axis),
            _ => return false,
        };
        assert!(constraint.check(case.dims("weight")).is_ok());
        let mut weight = case.values("weight").to_vec();
        constraint.apply(case.dims("weight"), &mut weight);
        case.check("result", &weight, FORWARD);
        true
    });
}
