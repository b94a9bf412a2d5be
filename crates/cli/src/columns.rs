//! Rows for people.

use std::fmt::Write;

/// Lays cells out in columns, two blanks apart; the last cell of a row is as wide as it is.
pub(crate) fn columns<const N: usize>(rows: &[[&str; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// The same of rows that own their cells.
pub(crate) fn columns_of<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    columns(&rows.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "é", "x y"], ["bcd", "", "z"]];
        assert_eq!(super::columns(&rows), "a    é  x y\nbcd     z\n");
        assert_eq!(super::columns::<2>(&[]), "");
    }
}
