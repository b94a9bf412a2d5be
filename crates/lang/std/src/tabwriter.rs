//! `text/tabwriter`: text in columns. A tab ends a cell; cells above each other in lines without a gap are as wide as
//! the widest of them and a space.

use cue_data::{Call, CallError, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, fail, function};

pub(crate) const PACKAGE: Package =
    Package { path: "text/tabwriter", functions: &[function("Write", &[K::TOP], K::STRING, write)], constants: &[] };

fn write(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let mut text = String::new();
    match args.value(0) {
        Value::String(_) | Value::Bytes(_) => text = lossy(args, 0)?,
        list if list.kind() == K::LIST => {
            let elements: Vec<Value> = args.list(0)?.elements().collect();
            for element in 0..elements.len() {
                text.push_str(&lossy(&elements, element)?);
                text.push('\n');
                call.check_string(text.len())?;
            }
        }
        other => return fail(format!("tabwriter.Write: unsupported type {}", other.kind())),
    }
    align(call, &text).map(Value::from)
}

fn lossy(values: &[Value], index: usize) -> Result<String, CallError> {
    values.bytes(index).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn align(call: &mut Call<'_>, text: &str) -> Result<String, CallError> {
    call.spend(text.len() / 16)?;
    // A form feed ends a line as well, and no column goes past it.
    let mut aligned = String::new();
    let sections: Vec<&str> = text.split('\x0C').collect();
    for (index, section) in sections.iter().enumerate() {
        if index > 0 {
            aligned.push('\n');
        }
        let mut lines: Vec<Vec<&str>> = section.split('\n').map(|line| line.split(['\t', '\x0B']).collect()).collect();
        if let Some(last) = lines.last_mut().filter(|last| index + 1 == sections.len() && last.ends_with(&[""])) {
            // At the very end a tab ends a cell, but begins none.
            last.pop();
        }
        let widths = widths(&lines);
        for (index, (line, widths)) in lines.iter().zip(&widths).enumerate() {
            if index > 0 {
                aligned.push('\n');
            }
            for (column, cell) in line.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or(0);
                let padding = width.saturating_sub(cell.chars().count());
                call.check_string(aligned.len() + cell.len() + padding)?;
                aligned.push_str(cell);
                aligned.extend(std::iter::repeat_n(' ', padding));
            }
        }
    }
    Ok(aligned)
}

/// How wide each cell of each line is, but for the last, which nothing follows.
fn widths(lines: &[Vec<&str>]) -> Vec<Vec<usize>> {
    let cells = |line: &[&str]| line.iter().rev().skip(1).rev().map(|cell| cell.chars().count() + 1).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| cells(line)).collect();
    // Down and up again, so that every cell of a column learns of the widest.
    for line in 1..widths.len() {
        let (above, below) = widths.split_at_mut(line);
        widen(&above[line - 1], &mut below[0]);
    }
    for line in (1..widths.len()).rev() {
        let (above, below) = widths.split_at_mut(line);
        widen(&below[0], &mut above[line - 1]);
    }
    widths
}

fn widen(from: &[usize], to: &mut [usize]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = (*to).max(*from);
    }
}
