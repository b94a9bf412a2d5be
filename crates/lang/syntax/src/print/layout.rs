//! Lines under construction: indentation, and columns that are aligned over the rows of a table.

/// A place in a line before which a column begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Value,
    Attribute,
    Comment,
}

struct Line {
    /// Where its text starts in the buffer; it ends where the next one starts.
    start: usize,
    indent: usize,
    /// Rows of one table stand on lines that follow each other; 0 is none.
    table: u32,
    /// Where its columns start in the list of columns.
    columns: usize,
    /// Whether it continues a literal: no indentation and no columns.
    raw: bool,
}

pub(super) struct Layout {
    buffer: String,
    lines: Vec<Line>,
    columns: Vec<(usize, Column)>,
    /// The indentation of the next line.
    pub(super) indent: usize,
    /// Whether a comment ended the line, so that nothing else may follow on it.
    closed: bool,
    tables: u32,
}

impl Layout {
    pub(super) fn new() -> Layout {
        let first = Line { start: 0, indent: 0, table: 0, columns: 0, raw: false };
        Layout { buffer: String::new(), lines: vec![first], columns: Vec::new(), indent: 0, closed: false, tables: 0 }
    }

    /// The number of the line that is being written.
    pub(super) fn line(&self) -> usize {
        self.lines.len() - 1
    }

    /// The indentation of the line that is being written.
    pub(super) fn line_indent(&self) -> usize {
        self.lines.last().map_or(0, |line| line.indent)
    }

    pub(super) fn is_line_empty(&self) -> bool {
        self.lines.last().is_none_or(|line| line.start == self.buffer.len() && !line.raw)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    fn new_line(&mut self, raw: bool) {
        self.closed = false;
        let start = self.buffer.len();
        self.lines.push(Line { start, indent: self.indent, table: 0, columns: self.columns.len(), raw });
    }

    pub(super) fn newline(&mut self) {
        if self.is_line_empty() {
            let indent = self.indent;
            if let Some(line) = self.lines.last_mut() {
                line.indent = indent;
            }
        } else {
            self.new_line(false);
        }
    }

    /// Ends the line and leaves one blank; not at the start of the text.
    pub(super) fn blank_line(&mut self) {
        self.newline();
        let blank_before = self.lines.len() < 2 || {
            let before = &self.lines[self.lines.len() - 2];
            before.start == self.buffer.len() && !before.raw
        };
        if !blank_before {
            self.new_line(false);
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.closed {
            self.newline();
        }
        self.buffer.push_str(text);
    }

    /// A line of a multi-line literal, from its margin.
    pub(super) fn literal_line(&mut self, margin: usize, text: &str) {
        if text.is_empty() {
            self.new_line(true);
        } else {
            self.literal_start(margin, text);
        }
    }

    /// The start of a line of a multi-line literal that goes on with something else.
    pub(super) fn literal_start(&mut self, margin: usize, text: &str) {
        self.new_line(true);
        self.buffer.extend(std::iter::repeat_n('\t', margin));
        self.buffer.push_str(text);
        if let Some(line) = self.lines.last_mut() {
            line.indent = margin;
        }
    }

    /// Begins a column: in a table it is aligned, elsewhere it is one space.
    pub(super) fn column(&mut self, column: Column) {
        self.columns.push((self.buffer.len(), column));
    }

    /// Writes the rest of a line.
    pub(super) fn comment(&mut self, text: &str) {
        self.write(text);
        self.closed = true;
    }

    pub(super) fn new_table(&mut self) -> u32 {
        self.tables += 1;
        self.tables
    }

    pub(super) fn set_table(&mut self, line: usize, table: u32) {
        self.lines[line].table = table;
    }

    fn end_of(&self, line: usize) -> usize {
        self.lines.get(line + 1).map_or(self.buffer.len(), |next| next.start)
    }

    /// The pieces of a line between its columns: the first has none.
    fn pieces(&self, line: usize) -> Vec<(Option<Column>, &str)> {
        let end = self.end_of(line);
        let columns_end = self.lines.get(line + 1).map_or(self.columns.len(), |next| next.columns);
        let mut pieces = Vec::with_capacity(4);
        let mut at = self.lines[line].start;
        let mut column = None;
        for &(start, next) in &self.columns[self.lines[line].columns..columns_end] {
            pieces.push((column, &self.buffer[at..start]));
            (at, column) = (start, Some(next));
        }
        pieces.push((column, &self.buffer[at..end]));
        pieces
    }

    pub(super) fn finish(self) -> String {
        let mut output = String::with_capacity(self.buffer.len() + self.buffer.len() / 4);
        let mut at = 0;
        while at < self.lines.len() {
            let table = self.lines[at].table;
            let same = |line: &&Line| table != 0 && line.table == table;
            let rows = self.lines[at..].iter().take_while(same).count();
            if rows > 0 {
                self.render_table(at..at + rows, &mut output);
            } else {
                self.render_line(at, &mut output);
            }
            at += rows.max(1);
        }
        while output.ends_with('\n') {
            output.pop();
        }
        if !output.is_empty() {
            output.push('\n');
        }
        output
    }

    fn render_line(&self, number: usize, output: &mut String) {
        let line = &self.lines[number];
        let pieces = self.pieces(number);
        if !line.raw && pieces.iter().any(|(_, text)| !text.is_empty()) {
            output.extend(std::iter::repeat_n('\t', line.indent));
        }
        for (number, (_, text)) in pieces.iter().enumerate() {
            if number > 0 {
                output.push(' ');
            }
            output.push_str(text);
        }
        output.push('\n');
    }

    /// What stands before the columns of a row and in each of them.
    fn cells(&self, row: usize) -> [Option<&str>; 4] {
        let mut cells = [None; 4];
        for (column, text) in self.pieces(row) {
            cells[column.map_or(0, |column| column as usize + 1)] = Some(text);
        }
        cells
    }

    /// A cell is as wide as the widest of those that something follows on their row; it is padded if one of the columns
    /// behind it has more than one cell, so that there is something to align.
    fn render_table(&self, rows: std::ops::Range<usize>, output: &mut String) {
        let mut counts = [0; 4];
        let mut widths = [0; 4];
        let last = |cells: &[Option<&str>; 4]| cells.iter().rposition(Option::is_some).unwrap_or(0);
        for row in rows.clone() {
            let cells = self.cells(row);
            for (column, text) in cells.iter().enumerate().filter_map(|(at, cell)| Some((at, (*cell)?))) {
                counts[column] += 1;
                if column < last(&cells) {
                    widths[column] = text.chars().count().max(widths[column]);
                }
            }
        }
        for row in rows {
            let cells = self.cells(row);
            output.extend(std::iter::repeat_n('\t', self.lines[row].indent));
            for column in (0..=last(&cells)).filter(|&column| counts[column] > 0) {
                let text = cells[column].unwrap_or("");
                if column > 0 {
                    output.push(' ');
                }
                output.push_str(text);
                if column < last(&cells) && counts[column + 1..].iter().any(|&count| count > 1) {
                    let padding = widths[column].saturating_sub(text.chars().count());
                    output.extend(std::iter::repeat_n(' ', padding));
                }
            }
            output.push('\n');
        }
    }
}
