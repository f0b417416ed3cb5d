//! Tables.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::screen::{BOLD, painted};
use super::words::harmless;

/// Rows whose cells stand below each other.
pub(crate) struct Columns {
    sides: Vec<Side>,
    rows: Vec<Vec<Cell>>,
}

/// To which side of its column a cell goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// One cell, whose text does nothing to a terminal.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: harmless(text.as_ref()).into_owned(), style }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

impl Columns {
    /// A table with a head.
    pub(crate) fn new<const N: usize>(heads: [(&str, Side); N]) -> Self {
        let head = heads.iter().map(|(text, _)| Cell::styled(text, BOLD)).collect();
        Self { sides: heads.iter().map(|(_, side)| *side).collect(), rows: vec![head] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes all rows, with nothing behind the last cell of each.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width()).max()
        };
        let widths: Vec<usize> = (0..self.sides.len()).map(|column| width(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.text.is_empty());
            for (at, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
                let missing = widths.get(at).map_or(0, |width| width - cell.text.width());
                let is_right = self.sides.get(at) == Some(&Side::Right);
                let (before, behind) = if is_right { (missing, 0) } else { (0, missing) };
                let gap = if at == 0 { 0 } else { 2 };
                write!(out, "{:1$}{2}", "", gap + before, painted(&cell.text, cell.style))?;
                if Some(at) != last {
                    write!(out, "{:behind$}", "")?;
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_whatever_their_script() {
        let mut columns = Columns::new([("name", Side::Left), ("count", Side::Right), ("note", Side::Left)]);
        columns.row(["日本".into(), "7".into(), "".into()]);
        columns.row(["a\u{1b}[2J".into(), "1,000,000".into(), "x".into()]);
        let mut out = anstream::StripStream::new(Vec::new());
        columns.write(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out.into_inner()).unwrap(),
            "name            count  note\n日本                7\na\\u{1b}[2J  1,000,000  x\n"
        );
    }
}
