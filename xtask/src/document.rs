//! Tables of a document that people and this program read.

/// The cells of the rows of the first table under a heading, without its head; `None` where there is no such heading.
pub(crate) fn table(text: &str, heading: &str) -> Option<Vec<Vec<String>>> {
    let lines = text.lines().skip_while(|line| *line != heading);
    let mut section =
        lines.skip(1).take_while(|line| !line.starts_with("## ")).skip_while(|line| !line.starts_with('|'));
    section.next()?;
    let rows = section.skip(1).take_while(|line| line.starts_with('|'));
    Some(rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect())
}

/// What stands between backticks in a cell.
pub(crate) fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_under_a_heading_is_found() {
        let text =
            "# A\n| x |\n|---|\n| 0 |\n## B\nwords\n\n| a | b |\n|---|---|\n| `x` | `y`, z, `w` |\n| | 2 |\n\n| c |\n";
        let rows = table(text, "## B").unwrap();
        assert_eq!(rows, [["`x`", "`y`, z, `w`"], ["", "2"]]);
        assert_eq!(names(&rows[0][1]), ["y", "w"]);
        assert!(table(text, "## C").is_none());
    }
}
