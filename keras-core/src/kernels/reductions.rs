//! Reductions of rows: a sum, a mean or an extremum of each.

use super::{elementwise, ensure};

/// The reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
}

/// output = the reduction of each row.
///
/// # Shapes
/// rows: (rows, elements); output: (rows).
pub fn forward(reduction: Reduction, elements: usize, rows: &[f32], output: &mut [f32]) {
    ensure!(elements > 0 && rows.len() == output.len().saturating_mul(elements));
    for (row, to) in rows.chunks_exact(elements).zip(output) {
        *to = match reduction {
            Reduction::Sum => elementwise::sum(row),
            Reduction::Mean => elementwise::sum(row) / elements as f32,
            Reduction::Max => extreme(row, |x, best| x > best),
            Reduction::Min => extreme(row, |x, best| x < best),
        };
    }
}

/// The extremum of some elements; NaN is propagated.
fn extreme(row: &[f32], better: impl Fn(f32, f32) -> bool) -> f32 {
    let [first, rest @ ..] = row else { return 0.0 };
    rest.iter().fold(*first, |best, &x| if better(x, best) || x.is_nan() { x } else { best })
}

/// The gradient of each element of the rows, from those of the outputs, in the place of the elements. For a sum or a mean neither
/// the elements nor the outputs are read.
///
/// # Shapes
/// outputs, gradients: (rows); rows: (rows, elements).
pub fn backward_in_place(reduction: Reduction, elements: usize, outputs: &[f32], gradients: &[f32], rows: &mut [f32]) {
    ensure!(elements > 0 && rows.len() == gradients.len().saturating_mul(elements));
    let mut outputs = outputs.iter();
    for (row, &gradient) in rows.chunks_exact_mut(elements).zip(gradients) {
        match reduction {
            Reduction::Sum => row.fill(gradient),
            Reduction::Mean => row.fill(gradient / elements as f32),
            Reduction::Max | Reduction::Min => {
                let best = outputs.next().copied().unwrap_or_default();
                // Elements that are equal to the extremum share its gradient.
                let holders = row.iter().filter(|&&x| x == best).count();
                let share = gradient / holders.max(1) as f32;
                row.iter_mut().for_each(|x| *x = if *x == best { share } else { 0.0 });
            }
        }
    }
}
