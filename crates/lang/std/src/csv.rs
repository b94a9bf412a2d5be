//! `encoding/csv`: rows of fields separated by commas, with quotes where they are needed.

use cue_data::{Builder, Call, Kinds as K, Package, Value};
use cue_encode::json::{Layout, to_string};
use strata_base::Span;

use crate::args::{Answer, Arguments, TEXT, as_list, fail, function};
use crate::json::{limit, written};

pub(crate) const PACKAGE: Package = Package {
    path: "encoding/csv",
    functions: &[function("Decode", &[TEXT], K::LIST, decode), function("Encode", &[K::TOP], K::STRING, encode)],
    constants: &[],
};

fn encode(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let mut text = String::new();
    for row in args.list(0)?.elements() {
        for (index, field) in as_list(&row)?.elements().enumerate() {
            if index > 0 {
                text.push(',');
            }
            match &field {
                Value::String(field) => push_field(&mut text, field),
                // What is no text is told as JSON.
                other => {
                    let data = other.to_data();
                    push_field(&mut text, &written(to_string(&data, data.root(), Layout::Compact, limit(call)))?);
                }
            }
            call.check_string(text.len())?;
        }
        text.push('\n');
    }
    call.spend(text.len() / 16)?;
    Ok(text.into())
}

fn push_field(text: &mut String, field: &str) {
    let quoted = field == "\\." || field.contains(['\n', '\r', '"', ',']) || field.starts_with(char::is_whitespace);
    if quoted {
        text.push('"');
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(field);
    }
}

fn decode(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let text = String::from_utf8_lossy(args.bytes(0)?).replace("\r\n", "\n");
    call.spend(text.len() / 16)?;
    let mut reader = Reader { lines: text.split_inclusive('\n'), line: 0 };
    let mut builder = Builder::new();
    builder.begin_list(Span::NONE);
    let mut width = None;
    let mut rows = 0;
    while let Some((line, fields)) = reader.row().or_else(fail)? {
        if *width.get_or_insert(fields.len()) != fields.len() {
            return fail(format!("record on line {line}: wrong number of fields"));
        }
        rows += 1;
        call.check_list(rows)?;
        call.spend(fields.len())?;
        builder.begin_list(Span::NONE);
        for field in fields {
            builder.string(field, Span::NONE);
        }
        builder.end(Span::NONE);
    }
    builder.end(Span::NONE);
    Ok(Value::root(builder.finish()))
}

struct Reader<'a> {
    lines: std::str::SplitInclusive<'a, char>,
    /// The number of the line that was read last, from 1.
    line: usize,
}

/// A row and the line that it starts in.
type Row = (usize, Vec<String>);

impl<'a> Reader<'a> {
    fn next_line(&mut self) -> Option<&'a str> {
        let line = self.lines.next()?;
        self.line += 1;
        Some(line)
    }

    /// The next row that is not empty.
    fn row(&mut self) -> Result<Option<Row>, String> {
        let mut line = loop {
            match self.next_line() {
                None => return Ok(None),
                Some("\n") => {}
                Some(line) => break line,
            }
        };
        let start = self.line;
        let wrong = |line: usize, column: usize, why: &str| {
            let place = format!("parse error on line {line}, column {column}: {why}");
            if line == start { place } else { format!("record on line {start}; {place}") }
        };
        let mut fields = Vec::new();
        // Where in the line the field starts.
        let mut at = 0;
        loop {
            let rest = &line[at..];
            if !rest.starts_with('"') {
                let end = rest.find(',');
                let field = end.map_or(rest.trim_end_matches('\n'), |end| &rest[..end]);
                if let Some(quote) = field.find('"') {
                    return Err(wrong(self.line, at + quote + 1, "bare \" in non-quoted-field"));
                }
                fields.push(field.to_owned());
                match end {
                    Some(end) => at += end + 1,
                    None => return Ok(Some((start, fields))),
                }
                continue;
            }
            const QUOTE: &str = "extraneous or missing \" in quoted-field";
            let mut field = String::new();
            at += 1;
            loop {
                let Some(quote) = line[at..].find('"') else {
                    // The field goes on in the next line.
                    field.push_str(&line[at..]);
                    let end = line.len() + 1;
                    let Some(next) = self.next_line() else { return Err(wrong(self.line, end, QUOTE)) };
                    (line, at) = (next, 0);
                    continue;
                };
                field.push_str(&line[at..at + quote]);
                at += quote + 1;
                let behind = &line[at..];
                if behind.starts_with('"') {
                    field.push('"');
                    at += 1;
                } else if behind.starts_with(',') {
                    at += 1;
                    break;
                } else if behind.is_empty() || behind == "\n" {
                    fields.push(field);
                    return Ok(Some((start, fields)));
                } else {
                    return Err(wrong(self.line, at, QUOTE));
                }
            }
            fields.push(field);
        }
    }
}
