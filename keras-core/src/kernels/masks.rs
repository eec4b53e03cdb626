//! Masks: one float for each position, 1 where it is valid and 0 where it is masked.

use super::sums::{Columns, PIECE};

/// A position is valid where it is in one of the masks.
pub fn join<'a>(masks: impl Iterator<Item = &'a [f32]>, joined: &mut [f32]) {
    joined.fill(0.0);
    for mask in masks {
        for (to, from) in joined.iter_mut().zip(mask) {
            *to = to.max(*from);
        }
    }
}

/// A position is valid where its id is not 0.
pub fn of_ids(ids: impl Iterator<Item = f32>, mask: &mut [f32]) {
    for (valid, id) in mask.iter_mut().zip(ids) {
        *valid = if id == 0.0 { 0.0 } else { 1.0 };
    }
}

/// Which rows hold anything else than one value: their mask, and the rows themselves, those that hold nothing else as zeros.
pub fn compare(value: f32, length: usize, input: &[f32], output: &mut [f32], mask: &mut [f32]) {
    let rows = input.chunks_exact(length.max(1)).zip(output.chunks_exact_mut(length.max(1)));
    for ((input, output), valid) in rows.zip(mask) {
        *valid = if input.iter().any(|x| *x != value) { 1.0 } else { 0.0 };
        if *valid == 1.0 {
            super::elementwise::copy(input, output);
        } else {
            output.fill(0.0);
        }
    }
}

/// The gradient of [`compare`]'s rows.
pub fn compare_backward(value: f32, length: usize, input: &[f32], gradient: &[f32], input_gradient: &mut [f32]) {
    let rows = input.chunks_exact(length.max(1)).zip(gradient.chunks_exact(length.max(1)));
    for ((input, gradient), to) in rows.zip(input_gradient.chunks_exact_mut(length.max(1))) {
        if input.iter().any(|x| *x != value) {
            super::elementwise::copy(gradient, to);
        } else {
            to.fill(0.0);
        }
    }
}

/// The means over the valid steps of sequences of `steps` rows of `channels`; without a mask, over all of them.
pub fn mean(steps: usize, channels: usize, input: &[f32], mask: Option<&[f32]>, output: &mut [f32]) {
    let (steps, channels) = (steps.max(1), channels.max(1));
    let mut masks = mask.map(|mask| mask.chunks_exact(steps));
    for (sequence, means) in input.chunks_exact(steps * channels).zip(output.chunks_exact_mut(channels)) {
        let mask = masks.as_mut().and_then(Iterator::next);
        // A masked step may hold anything: it is left out, not multiplied by zero.
        let is_valid = |at: usize| mask.and_then(|mask| mask.get(at)).copied().unwrap_or(1.0) != 0.0;
        let valid = (0..steps).filter(|&at| is_valid(at)).count() as f64;
        if mask.is_none() && channels <= Columns::MOST / 2 {
            // Some steps side by side.
            let mut sums = Columns::zero();
            for rows in sequence.chunks(Columns::MOST / channels * channels) {
                sums.add(rows.iter().copied());
            }
            let sums = sums.totals();
            for (channel, mean) in means.iter_mut().enumerate() {
                *mean = (sums.iter().skip(channel).step_by(channels).sum::<f64>() / valid) as f32;
            }
            continue;
        }
        if mask.is_none() && steps <= PIECE {
            means.fill(0.0);
            sequence.chunks_exact(channels).for_each(|row| super::elementwise::add_assign(means, row));
            means.iter_mut().for_each(|mean| *mean /= steps as f32);
            continue;
        }
        for (strip, means) in means.chunks_mut(Columns::MOST).enumerate() {
            let first = strip * Columns::MOST;
            let mut sums = Columns::zero();
            for (at, row) in sequence.chunks_exact(channels).enumerate() {
                if is_valid(at) {
                    sums.add(row.get(first..).unwrap_or_default().iter().copied());
                }
            }
            for (mean, sum) in means.iter_mut().zip(sums.totals()) {
                *mean = (sum / valid) as f32;
            }
        }
    }
}

/// The gradient of [`mean`].
pub fn mean_backward(
    steps: usize,
    channels: usize,
    mask: Option<&[f32]>,
    gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let (steps, channels) = (steps.max(1), channels.max(1));
    let mut masks = mask.map(|mask| mask.chunks_exact(steps));
    for (sequence, gradient) in input_gradient.chunks_exact_mut(steps * channels).zip(gradient.chunks_exact(channels)) {
        let mask = masks.as_mut().and_then(Iterator::next);
        let is_valid = |at: usize| mask.and_then(|mask| mask.get(at)).copied().unwrap_or(1.0) != 0.0;
        let valid = (0..steps).filter(|&at| is_valid(at)).count() as f32;
        for (at, row) in sequence.chunks_exact_mut(channels).enumerate() {
            for (to, from) in row.iter_mut().zip(gradient) {
                *to = if is_valid(at) { from / valid } else { 0.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_steps_count_for_nothing() {
        let input = [1.0, 2.0, f32::NAN, f32::NAN, 5.0, 6.0];
        let mut means = [0.0; 2];
        mean(3, 2, &input, Some(&[1.0, 0.0, 1.0]), &mut means);
        assert_eq!(means, [3.0, 4.0]);
        let mut gradient = [f32::NAN; 6];
        mean_backward(3, 2, Some(&[1.0, 0.0, 1.0]), &[2.0, 4.0], &mut gradient);
        assert_eq!(gradient, [1.0, 2.0, 0.0, 0.0, 1.0, 2.0]);
        // As in Keras, a sequence without a valid step has no mean.
        mean(1, 2, &[1.0, 2.0], Some(&[0.0]), &mut means);
        assert!(means.iter().all(|mean| mean.is_nan()));
    }

    #[test]
    fn a_mean_is_over_all_steps() {
        for (steps, channels) in [(1, 1), (700, 1), (131, 3), (77, 32), (9, 33), (40, 70)] {
            let input: Vec<f32> = (0..2 * steps * channels).map(|at| (at % 11) as f32).collect();
            let (mut means, mut masked) = (vec![f32::NAN; 2 * channels], vec![f32::NAN; 2 * channels]);
            mean(steps, channels, &input, None, &mut means);
            mean(steps, channels, &input, Some(&vec![1.0; 2 * steps]), &mut masked);
            for (at, mean) in means.iter().enumerate() {
                let first = at / channels * steps * channels + at % channels;
                let sum: f32 = input[first..].iter().step_by(channels).take(steps).sum();
                assert!((mean - sum / steps as f32).abs() < 1e-5, "{channels}");
            }
            assert_eq!(means, masked);
        }
    }

    #[test]
    fn rows_of_the_value_alone_are_masked() {
        let (mut output, mut mask) = ([f32::NAN; 6], [f32::NAN; 3]);
        compare(7.0, 2, &[7.0, 7.0, 7.0, 1.0, f32::NAN, 7.0], &mut output, &mut mask);
        assert_eq!(mask, [0.0, 1.0, 1.0]);
        assert_eq!(output[..4], [0.0, 0.0, 7.0, 1.0]);
        let mut gradient = [f32::NAN; 6];
        compare_backward(7.0, 2, &[7.0, 7.0, 7.0, 1.0, 0.0, 7.0], &[1.0; 6], &mut gradient);
        assert_eq!(gradient, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn ids_of_zero_are_masked() {
        let mut mask = [f32::NAN; 3];
        of_ids([0.0, 7.0, -1.0].into_iter(), &mut mask);
        assert_eq!(mask, [0.0, 1.0, 1.0]);
    }

    #[test]
    fn joined_masks_are_valid_where_one_is() {
        let mut joined = [f32::NAN; 3];
        join([&[1.0, 0.0, 0.0][..], &[0.0, 0.0, 1.0]].into_iter(), &mut joined);
        assert_eq!(joined, [1.0, 0.0, 1.0]);
    }
}
