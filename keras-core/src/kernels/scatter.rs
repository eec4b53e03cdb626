//! Rows added to those of a table: the gradient of a look-up.

use super::{
    elementwise, ensure,
    sums::{Columns, PIECE},
};

/// The columns up to which a row is not worth a kernel.
const FEW: usize = 32;

/// Floats of scratch of [`add_rows`]: for a table with this number of rows, and for each row that is added.
pub(crate) const fn add_rows_scratch(table_rows: usize) -> (usize, usize) {
    (table_rows, 1)
}

/// table[id] += Σ of the rows with this id. Where one id has many of them, they are put in the order of their ids first, and summed
/// apart.
///
/// # Shapes
/// ids: (rows), each less than the rows of the table; rows: (rows, columns); table: (…, columns).
pub(crate) fn add_rows(
    columns: usize,
    ids: impl Fn(usize) -> usize,
    rows: &[f32],
    table: &mut [f32],
    (ends, places): (&mut [f32], &mut [f32]),
) {
    let columns = columns.max(1);
    let count = rows.len() / columns;
    let row = |at: usize| rows.get(at * columns..).and_then(|rest| rest.get(..columns)).unwrap_or_default();
    let ends: &mut [u32] = bytemuck::cast_slice_mut(ends);
    let places: &mut [u32] = bytemuck::cast_slice_mut(places);
    ensure!(ends.len() >= table.len() / columns && places.len() >= count);
    let many = count > PIECE && u32::try_from(count).is_ok() && {
        ends.fill(0);
        (0..count).for_each(|at| {
            if let Some(count) = ends.get_mut(ids(at)) {
                *count += 1;
            }
        });
        ends.iter().any(|&count| count as usize > PIECE)
    };
    if !many {
        for at in 0..count {
            let Some(to) = table.get_mut(ids(at) * columns..).and_then(|rest| rest.get_mut(..columns)) else {
                continue;
            };
            if columns > FEW {
                elementwise::add_assign(to, row(at));
            } else {
                to.iter_mut().zip(row(at)).for_each(|(to, from)| *to += from);
            }
        }
        return;
    }
    // Where the places of each id start; as they are filled in, where they end.
    let mut next = 0;
    for end in &mut *ends {
        next += core::mem::replace(end, next);
    }
    for at in 0..count {
        if let Some(end) = ends.get_mut(ids(at)) {
            if let Some(place) = places.get_mut(*end as usize) {
                *place = at as u32;
            }
            *end += 1;
        }
    }
    let mut start = 0;
    for (&end, to) in ends.iter().zip(table.chunks_exact_mut(columns)) {
        let places = places.get(start..end as usize).unwrap_or_default();
        start = end as usize;
        if places.is_empty() {
            continue;
        }
        for (strip, to) in to.chunks_mut(Columns::MOST).enumerate() {
            let mut sums = Columns::zero();
            for &place in places {
                sums.add(row(place as usize).get(strip * Columns::MOST..).unwrap_or_default().iter().copied());
            }
            for (to, sum) in to.iter_mut().zip(sums.totals()) {
                *to += sum as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_to_their_ids() {
        // Few of each id, and many of some.
        for (count, columns, rest) in [(0, 3, 7), (5, 3, 7), (1000, 1, 900), (1000, 70, 4), (3000, 2, 3)] {
            let ids: Vec<usize> = (0..count).map(|at| at * at % 31 % rest).collect();
            let rows: Vec<f32> = (0..count * columns).map(|at| (at % 13) as f32 - 4.0).collect();
            let mut expected = vec![0.5; rest * columns];
            for (at, id) in ids.iter().enumerate() {
                for column in 0..columns {
                    expected[id * columns + column] += rows[at * columns + column];
                }
            }
            let mut table = vec![0.5; rest * columns];
            let (mut ends, mut places) = (vec![f32::NAN; rest], vec![f32::NAN; count]);
            add_rows(columns, |at| ids[at], &rows, &mut table, (&mut ends, &mut places));
            assert_eq!(table, expected, "{count}");
        }
    }
}
