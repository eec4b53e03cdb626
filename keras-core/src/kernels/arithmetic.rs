//! Arithmetic of merging layers and operations, element by element: differences, quotients, bounds, and the larger of two.

use super::ensure;

/// to -= from.
pub(crate) fn subtract_assign(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to -= *from;
    }
}

/// to *= from.
pub(crate) fn multiply_assign(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to *= *from;
    }
}

/// to /= from.
pub(crate) fn divide_assign(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to /= *from;
    }
}

/// to = from / divisor, element by element.
pub(crate) fn divide(from: &[f32], divisor: &[f32], to: &mut [f32]) {
    ensure!(from.len() == to.len() && divisor.len() == to.len());
    for ((to, from), divisor) in to.iter_mut().zip(from).zip(divisor) {
        *to = *from / *divisor;
    }
}

/// The gradient of a quotient by its divisor: to = -gradient · quotient / divisor.
pub(crate) fn divisor_gradient(gradient: &[f32], quotient: &[f32], divisor: &[f32], to: &mut [f32]) {
    ensure!(gradient.len() == to.len() && quotient.len() == to.len() && divisor.len() == to.len());
    let values = gradient.iter().zip(quotient).zip(divisor);
    for (to, ((from, y), divisor)) in to.iter_mut().zip(values) {
        *to = -*from * *y / *divisor;
    }
}

/// to = from / divisor.
pub(crate) fn divide_by(divisor: f32, from: &[f32], to: &mut [f32]) {
    ensure!(from.len() == to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from / divisor;
    }
}

/// to = number / from.
pub(crate) fn divide_number(number: f32, from: &[f32], to: &mut [f32]) {
    ensure!(from.len() == to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = number / *from;
    }
}

/// to = -from.
pub(crate) fn negate(from: &[f32], to: &mut [f32]) {
    ensure!(from.len() == to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = -*from;
    }
}

/// values /= divisor.
pub(crate) fn divide_all(divisor: f32, values: &mut [f32]) {
    for value in values {
        *value /= divisor;
    }
}

/// Each element becomes the larger of the two; NaN, if one is.
pub(crate) fn larger(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = if *from > *to || from.is_nan() { *from } else { *to };
    }
}

/// Each element becomes the smaller of the two; NaN, if one is.
pub(crate) fn smaller(to: &mut [f32], from: &[f32]) {
    ensure!(to.len() == from.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = if *from < *to || from.is_nan() { *from } else { *to };
    }
}

/// Moves the gradient of each element that is the chosen one, leaving 0: several inputs take it in their order. `to` may be
/// empty: the gradient is then taken and goes nowhere.
pub(crate) fn take_chosen(input: &[f32], chosen: &[f32], gradient: &mut [f32], to: &mut [f32]) {
    ensure!(input.len() == gradient.len() && chosen.len() == gradient.len());
    ensure!(to.is_empty() || to.len() == gradient.len());
    let mut to = to.iter_mut();
    for ((x, y), gradient) in input.iter().zip(chosen).zip(gradient) {
        let share = if x == y { core::mem::take(gradient) } else { 0.0 };
        if let Some(to) = to.next() {
            *to = share;
        }
    }
}

/// to = from between two bounds; NaN stays.
pub(crate) fn clip(min: f32, max: f32, from: &[f32], to: &mut [f32]) {
    ensure!(from.len() == to.len());
    for (to, &x) in to.iter_mut().zip(from) {
        *to = if x < min {
            min
        } else if x > max {
            max
        } else {
            x
        };
    }
}

/// The gradient of [`clip`]: 0 beyond the bounds, and at them if they do not count.
pub(crate) fn clip_backward(
    (min, max): (f32, f32),
    bounds_count: bool,
    input: &[f32],
    gradient: &[f32],
    to: &mut [f32],
) {
    ensure!(input.len() == to.len() && gradient.len() == to.len());
    for ((to, &x), &gradient) in to.iter_mut().zip(input).zip(gradient) {
        let is_beyond = x < min || x > max;
        let is_bound = x == min || x == max;
        *to = if is_beyond || !bounds_count && is_bound { 0.0 } else { gradient };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_products_and_quotients() {
        let mut values = [8.0, -6.0, 5.0];
        subtract_assign(&mut values, &[2.0, 3.0, 5.0]);
        assert_eq!(values, [6.0, -9.0, 0.0]);
        multiply_assign(&mut values, &[0.5, 2.0, 7.0]);
        assert_eq!(values, [3.0, -18.0, 0.0]);
        divide_assign(&mut values, &[2.0, -3.0, 4.0]);
        assert_eq!(values, [1.5, 6.0, 0.0]);
        divide_all(3.0, &mut values);
        assert_eq!(values, [0.5, 2.0, 0.0]);
        let mut quotients = [f32::NAN; 3];
        divide_by(4.0, &[8.0, -2.0, 0.0], &mut quotients);
        assert_eq!(quotients, [2.0, -0.5, 0.0]);
        divide_number(4.0, &[8.0, -2.0, 1.0], &mut quotients);
        assert_eq!(quotients, [0.5, -2.0, 4.0]);
        negate(&[1.0, -2.0, 0.0], &mut quotients);
        assert_eq!(quotients.map(f32::to_bits), [-1.0f32, 2.0, -0.0].map(f32::to_bits));
    }

    #[test]
    fn quotients_and_their_gradients() {
        let (x, divisor, gradient) = ([6.0, -1.0], [2.0, 4.0], [1.0, 8.0]);
        let (mut quotient, mut to) = ([f32::NAN; 2], [f32::NAN; 2]);
        divide(&x, &divisor, &mut quotient);
        assert_eq!(quotient, [3.0, -0.25]);
        // -x/d² = -6/4 and 1/16, times the gradient.
        divisor_gradient(&gradient, &quotient, &divisor, &mut to);
        assert_eq!(to, [-1.5, 0.5]);
    }

    #[test]
    fn the_larger_and_the_smaller_keep_what_is_no_number() {
        let pairs = ([1.0, 2.0, f32::NAN, 3.0], [2.0, 1.0, 3.0, f32::NAN]);
        let (mut high, mut low) = (pairs.0, pairs.0);
        larger(&mut high, &pairs.1);
        smaller(&mut low, &pairs.1);
        assert_eq!((&high[..2], &low[..2]), (&[2.0, 2.0][..], &[1.0, 1.0][..]));
        assert!(high[2..].iter().chain(&low[2..]).all(|value| value.is_nan()));
    }

    #[test]
    fn the_first_chosen_one_takes_the_gradient() {
        let (chosen, mut gradient) = ([5.0, 7.0, 2.0], [1.0, 2.0, 3.0]);
        let (mut first, mut last) = ([f32::NAN; 3], [f32::NAN; 3]);
        take_chosen(&[5.0, 1.0, 2.0], &chosen, &mut gradient, &mut first);
        assert_eq!((first, gradient), ([1.0, 0.0, 3.0], [0.0, 2.0, 0.0]));
        // One whose gradient is not wanted takes it all the same.
        take_chosen(&[0.0, 7.0, 0.0], &chosen, &mut gradient, &mut []);
        take_chosen(&[5.0, 7.0, 2.0], &chosen, &mut gradient, &mut last);
        assert_eq!(last, [0.0; 3]);
    }

    #[test]
    fn bounds_cut_values_and_gradients() {
        let input = [-2.0, -1.0, 0.5, 1.0, 3.0, f32::NAN];
        let (mut output, mut to) = ([0.0; 6], [f32::NAN; 6]);
        clip(-1.0, 1.0, &input, &mut output);
        assert_eq!(output[..5], [-1.0, -1.0, 0.5, 1.0, 1.0]);
        assert!(output[5].is_nan());
        clip_backward((-1.0, 1.0), true, &input, &[4.0; 6], &mut to);
        assert_eq!(to, [0.0, 4.0, 4.0, 4.0, 0.0, 4.0]);
        clip_backward((-1.0, 1.0), false, &input, &[4.0; 6], &mut to);
        assert_eq!(to, [0.0, 0.0, 4.0, 0.0, 0.0, 4.0]);
    }
}
