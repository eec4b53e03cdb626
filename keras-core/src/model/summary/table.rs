//! A table of texts between lines, laid out as `rich` lays out Keras' tables.

use std::fmt;

/// How a column's texts are placed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Center,
}

/// A column.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) align: Align,
    /// Which part of the line it and the columns before it take.
    pub(super) end: f64,
    /// Whether it is in the table at all.
    pub(super) shown: bool,
}

/// A table of five columns, of which some are not shown.
pub(super) struct Table {
    columns: Vec<(usize, Column)>,
    /// The characters of each column between its lines, a space on either side included.
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: [Column; 5], line_length: usize) -> Self {
        let columns: Vec<_> = columns.into_iter().enumerate().filter(|(_, column)| column.shown).collect();
        let widths = widths(&columns, line_length);
        let titles = columns.iter().map(|(_, column)| column.title.to_owned()).collect();
        Self { columns, widths, rows: vec![titles] }
    }

    /// Adds a row; the cells of columns that are not shown are dropped.
    pub(super) fn row(&mut self, cells: &[String; 5]) {
        self.rows.push(self.columns.iter().map(|(index, _)| cells[*index].clone()).collect());
    }

    /// Writes a line between rows.
    fn line(&self, f: &mut fmt::Formatter<'_>, [left, line, cross, right]: [char; 4]) -> fmt::Result {
        let parts: Vec<String> = self.widths.iter().map(|&width| line.to_string().repeat(width)).collect();
        writeln!(f, "{left}{}{right}", parts.join(&cross.to_string()))
    }

    /// Writes a row, of as many lines as its longest cell takes.
    fn cells(&self, f: &mut fmt::Formatter<'_>, row: &[String], border: char) -> fmt::Result {
        let cells: Vec<Vec<String>> =
            row.iter().zip(&self.widths).map(|(cell, &width)| wrap(cell, width.saturating_sub(2))).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            for ((cell, (_, column)), &width) in cells.iter().zip(&self.columns).zip(&self.widths) {
                let (text, width) = (cell.get(line).map_or("", String::as_str), width.saturating_sub(2));
                match column.align {
                    Align::Left => write!(f, "{border} {text:<width$} ")?,
                    Align::Right => write!(f, "{border} {text:>width$} ")?,
                    Align::Center => write!(f, "{border} {text:^width$} ")?,
                }
            }
            writeln!(f, "{border}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.rows.iter().enumerate() {
            let (line, border) = match index {
                0 => (['┏', '━', '┳', '┓'], '┃'),
                1 => (['┡', '━', '╇', '┩'], '│'),
                _ => (['├', '─', '┼', '┤'], '│'),
            };
            self.line(f, line)?;
            self.cells(f, row, border)?;
        }
        self.line(f, if self.rows.len() == 1 { ['┗', '━', '┻', '┛'] } else { ['└', '─', '┴', '┘'] })
    }
}

/// The widths that `rich` gives columns for which Keras asks more than there is: each gives up the same number of
/// characters, rounded half to even, for the spaces and the borders.
fn widths(columns: &[(usize, Column)], line_length: usize) -> Vec<usize> {
    let mut before = 0;
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|(_, column)| {
            let end = (column.end * line_length as f64) as usize;
            let width = end.saturating_sub(before) + 2;
            before = end;
            width
        })
        .collect();
    let available = line_length.saturating_sub(widths.len() + 1);
    let mut excess = widths.iter().sum::<usize>().saturating_sub(available);
    let mut left = widths.len();
    for width in &mut widths {
        let share = ((excess as f64 / left as f64).round_ties_even() as usize).min(*width);
        *width -= share;
        excess -= share;
        left -= 1;
    }
    widths
}

/// Breaks a text between words; a word that is longer than a line ends in `…`.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut spaces = String::new();
    let mut words = text;
    while !words.trim_start().is_empty() {
        let start = words.len() - words.trim_start().len();
        spaces.push_str(&words[..start]);
        let (word, rest) = words[start..].split_at(words[start..].find(' ').unwrap_or(words.len() - start));
        let last = lines.len() - 1;
        let length = |text: &str| text.chars().count();
        if lines[last].is_empty() || length(&lines[last]) + length(&spaces) + length(word) <= width {
            lines[last] += &spaces;
            lines[last] += word;
        } else {
            lines.push(word.to_owned());
        }
        spaces.clear();
        words = rest;
    }
    for line in &mut lines {
        if line.chars().count() > width {
            *line = line.chars().take(width.saturating_sub(1)).chain(['…']).collect();
        }
    }
    lines
}
