//! The tables in the pages: read, compared, and written anew.

use std::{fs, path::PathBuf};

use crate::root;

/// Says whether the pages are to be written anew.
pub const RECORD: &str = "RECORD_CATALOGUE";

/// The lines of a table, without those of its head.
pub type Rows = Vec<Vec<String>>;

/// A page that has tables.
pub struct Page {
    path: PathBuf,
    lines: Vec<String>,
}

impl Page {
    pub fn read(path: &str) -> Self {
        let path = root().join(path);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, lines: text.lines().map(str::to_owned).collect() }
    }

    /// The rows of the table with this head, the first one after this line.
    pub fn table(&self, after: &str, head: &str) -> Rows {
        let (start, end) = self.place(after, head);
        self.lines[start..end].iter().map(|line| cells(line)).collect()
    }

    /// Compares the table with what it should be, or writes it.
    pub fn expect(&mut self, after: &str, head: &str, rows: &Rows) {
        let (start, end) = self.place(after, head);
        let expected: Vec<String> = rows.iter().map(|cells| line(cells)).collect();
        if std::env::var_os(RECORD).is_some() {
            self.lines.splice(start..end, expected);
            fs::write(&self.path, self.lines.join("\n") + "\n").unwrap();
            return;
        }
        let shown = &self.lines[start..end];
        let missing: Vec<&String> = expected.iter().filter(|line| !shown.contains(line)).collect();
        let wrong: Vec<&String> = shown.iter().filter(|line| !expected.contains(line)).collect();
        assert!(
            shown == expected,
            "{}, {after}: there should be\n{missing:#?}\nin place of\n{wrong:#?}\n`{RECORD}=1 cargo test --test catalogue` \
             writes it",
            self.path.display()
        );
    }

    fn place(&self, after: &str, head: &str) -> (usize, usize) {
        let find = |from: usize, text: &str| {
            let found = self.lines[from..].iter().position(|line| line == text);
            found.unwrap_or_else(|| panic!("{} has no line `{text}`", self.path.display())) + from
        };
        let start = find(find(0, after), head) + 2;
        let length = self.lines[start..].iter().take_while(|line| line.starts_with('|')).count();
        (start, start + length)
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn line(cells: &[String]) -> String {
    cells.iter().fold("|".to_owned(), |line, cell| line + if cell.is_empty() { "" } else { " " } + cell + " |")
}

/// The code in a cell: what stands in backquotes.
pub fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Names as code: `` `a`, `b` ``.
pub fn as_code<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
