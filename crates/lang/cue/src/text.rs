//! Values as CUE text: data as it is, constraints in their shortest form, and what is not known yet as its source.
//!
//! What is put together here has its lines where they belong; columns and indentation are the printer's.

use std::fmt::Write as _;

use cue_data::Kinds;
use cue_eval::{ArcType, Bound, FieldView, LabelKind, Limit, Session, Value, VertexId};
use cue_num::Number;
use cue_syntax::ParseOptions;
use cue_syntax::ast::{BinaryOp, Expr, File, Import};
use cue_syntax::build::Builder;
use cue_syntax::quote;
use strata_base::{Diagnostic, FileId, Sources, Span};

use crate::report;

/// What is shown of a value beside its regular fields, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TextOptions<'a> {
    pub definitions: bool,
    pub hidden: bool,
    pub optional: bool,
    pub attributes: bool,
    /// The comments that document fields, if the workspace was loaded with comments.
    pub docs: bool,
    /// Errors are values: `_|_ // message`.
    pub errors: bool,
    /// The package that the text belongs to, if it is to say so.
    pub package: Option<&'a str>,
    /// Lines are indented by four spaces and not by tabs.
    pub spaces: bool,
}

/// Where a value stands, which decides about the lines of structs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// It is the whole text.
    Top,
    /// Behind the label of a field: a struct of one field needs no braces.
    Field,
    /// In a list or a disjunction.
    Element,
}

/// The text that is put together: it has places of its own, and keeps them to itself.
const TEXT: FileId = FileId(0);

/// How much more memory the layout of a text takes than the text.
const LAYOUT: usize = 16;

enum Task {
    Text(String),
    Vertex(VertexId, At),
    /// The elements of a list, without what else it holds.
    List(VertexId),
    Value(Value, At),
}

/// What a value that is not known yet is made of: names come first, those of types among them, then literals, the
/// rest, and structs and lists at the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    Name,
    Literal,
    Other,
    Composite,
}

/// One of the expressions that a value is the conjunction of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Operand {
    rank: Rank,
    text: String,
    /// It has alternatives, and so needs parentheses beside others.
    is_or: bool,
}

struct Writer<'a> {
    session: &'a mut Session,
    sources: &'a Sources,
    options: &'a TextOptions<'a>,
    out: String,
    /// What is to be said at the end of the line.
    comment: Option<String>,
    todo: Vec<Task>,
}

/// The text of a value that was evaluated in depth, with a line end.
pub(crate) fn text(
    session: &mut Session,
    sources: &Sources,
    vertex: VertexId,
    options: &TextOptions<'_>,
) -> Result<String, Limit> {
    let todo = vec![Task::Vertex(vertex, At::Top)];
    let mut writer = Writer { session, sources, options, out: String::new(), comment: None, todo };
    let most = writer.session.limits().output_bytes / LAYOUT;
    while let Some(task) = writer.todo.pop() {
        if writer.out.len() > most {
            return Err(Limit::OutputBytes);
        }
        match task {
            Task::Text(text) => writer.text(&text),
            Task::Vertex(vertex, at) => {
                // Optional fields are evaluated only by those who look at them.
                writer.session.finalize(vertex)?;
                writer.vertex(vertex, at);
            }
            Task::List(vertex) => writer.list(vertex),
            Task::Value(value, at) => writer.value(&value, at),
        }
    }
    writer.text("\n");
    Ok(laid_out(&writer.out, options))
}

/// The canonical layout, with the imports that the text needs.
fn laid_out(text: &str, options: &TextOptions<'_>) -> String {
    let clause = options.package.map(|name| format!("package {name}\n\n"));
    let text = clause.unwrap_or_default() + text;
    let parsed = cue_syntax::parse(TEXT, &text, &ParseOptions::default());
    if parsed.has_errors() {
        return format!("{text}\n");
    }
    let printed = cue_syntax::print(&with_imports(parsed.file));
    if options.spaces { spaced(&printed) } else { printed }
}

/// Adds the packages of the library that are spoken of.
fn with_imports(file: File) -> File {
    let mut paths: Vec<&str> = Vec::new();
    for expr in &file.exprs {
        let Expr::Selector { operand, .. } = expr else { continue };
        let Expr::Ident(name) = file.expr(*operand) else { continue };
        let name = &**file.text(name);
        let found = cue_std::packages().iter().find(|package| package.path.rsplit('/').next() == Some(name));
        paths.extend(found.map(|package| package.path));
    }
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        return file;
    }
    let mut builder = Builder::new(file.id);
    builder.file = file;
    for path in &paths {
        let import = Import {
            alias: None,
            path: builder.text(path),
            path_span: Span::NONE,
            attributes: Default::default(),
            span: Span::NONE,
            group: 0,
            parenthesised: paths.len() > 1,
        };
        builder.file.imports.push(import);
    }
    builder.finish()
}

/// Four spaces for each tab at the start of a line.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches('\t');
        out.extend(std::iter::repeat_n("    ", line.len() - rest.len()));
        out.push_str(rest);
    }
    out
}

/// The operands of `&` that an expression consists of, each in a layout of its own, without comments. The value of a
/// chained label has no braces: it is a declaration.
fn operands(text: &str) -> Option<Vec<Operand>> {
    let (mut file, root, diagnostics) = cue_syntax::parse_expr(TEXT, text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        let parsed = cue_syntax::parse(TEXT, text, &ParseOptions::default());
        let is_one = !parsed.has_errors() && parsed.file.decl_list(parsed.file.decls).len() == 1;
        let text = cue_syntax::print(&parsed.file).trim_end().to_owned();
        return is_one.then(|| vec![Operand { rank: Rank::Composite, text, is_or: false }]);
    }
    file.lines.clear();
    file.comments.clear();
    let mut found = Vec::new();
    let mut todo = vec![root];
    while let Some(expr) = todo.pop() {
        let inner = match file.expr(expr) {
            Expr::Paren(inner) => inner,
            _ => expr,
        };
        if let Expr::Binary { op: BinaryOp::And, left, right, .. } = file.expr(inner) {
            todo.extend([right, left]);
            continue;
        }
        let rank = match file.expr(inner) {
            Expr::Ident(_) => Rank::Name,
            Expr::Int(_) | Expr::Float(_) | Expr::String { .. } | Expr::Bytes { .. } | Expr::Bool(_) | Expr::Null => {
                Rank::Literal
            }
            Expr::Struct(_) | Expr::List(_) => Rank::Composite,
            _ => Rank::Other,
        };
        let is_or = matches!(file.expr(inner), Expr::Binary { op: BinaryOp::Or, .. });
        found.push(Operand { rank, text: cue_syntax::print_expr(&file, inner), is_or });
    }
    Some(found)
}

impl Writer<'_> {
    /// The first line end comes after what is to be said about the line.
    fn text(&mut self, text: &str) {
        match (text.split_once('\n'), &self.comment) {
            (Some((before, after)), Some(comment)) => {
                _ = write!(self.out, "{before} // {comment}\n{after}");
                self.comment = None;
            }
            _ => self.out.push_str(text),
        }
    }

    fn push(&mut self, text: impl Into<String>) {
        self.todo.push(Task::Text(text.into()));
    }

    fn vertex(&mut self, vertex: VertexId, at: At) {
        let (end, value) = self.session.chosen_value(vertex);
        let value = value.clone();
        match &value {
            Value::Struct => self.structure(end, at),
            Value::List { .. } if !self.is_wrapped(end) => self.list(end),
            Value::Bottom(error) => {
                let info = self.session.error_info(*error);
                let fields = self.session.fields(end);
                let is_told = self.options.errors && !info.code.is_incomplete() || at == At::Top && self.is_asked(end);
                if is_told {
                    self.error(vertex, *error);
                } else if let Some(source) = self.source(end) {
                    self.out.push_str(&source);
                } else if fields.is_empty() {
                    self.out.push_str("_|_");
                } else {
                    self.structure(end, at);
                }
            }
            _ if self.is_wrapped(end) => self.with_fields(end, value, at),
            _ => self.value(&value, at),
        }
    }

    /// A value that stands in a struct, embedded, beside definitions or hidden fields: before them, or behind them if it
    /// is a list, which may be long.
    fn with_fields(&mut self, vertex: VertexId, value: Value, at: At) {
        let (open, close) = if at == At::Top { ("", "") } else { ("{\n", "\n}") };
        let fields = self.shown_fields(vertex);
        let is_list = matches!(value, Value::List { .. });
        self.push(close);
        if is_list {
            self.todo.push(Task::List(vertex));
            self.push("\n");
        }
        self.members(&self.notes(vertex), &fields, "\n");
        if !is_list {
            self.push("\n");
            self.todo.push(Task::Value(value, At::Element));
        }
        self.push(open);
    }

    /// The attributes of a struct, each on a line, and its fields.
    fn members(&mut self, notes: &[String], fields: &[FieldView], between: &str) {
        self.fields(fields, between);
        let end = if notes.is_empty() || fields.is_empty() { "" } else { "\n" };
        self.push(notes.join("\n") + end);
    }

    /// Whether a value that is no struct stands in one all the same.
    fn is_wrapped(&self, vertex: VertexId) -> bool {
        self.session.fields(vertex).iter().any(|field| self.is_shown(field)) || !self.notes(vertex).is_empty()
    }

    fn shown_fields(&self, vertex: VertexId) -> Vec<FieldView> {
        self.session.fields(vertex).into_iter().filter(|field| self.is_shown(field)).collect()
    }

    fn error(&mut self, vertex: VertexId, error: cue_eval::ErrorId) {
        self.out.push_str("_|_");
        let told = report::diagnostics(self.session, self.sources, &[(vertex, error)]);
        let message = told.into_iter().next().map(|told| told.message).unwrap_or_default();
        self.comment = Some(message.replace('\n', " "));
    }

    /// Whether a value is an expression that was asked for, and no field that it leads to.
    fn is_asked(&self, vertex: VertexId) -> bool {
        let files = self.session.places(vertex).into_iter().filter_map(|span| self.sources.get(span.file));
        files.into_iter().any(report::is_asked)
    }

    /// The expressions that a value is made of, as they were written.
    fn source(&self, vertex: VertexId) -> Option<String> {
        let mut parts: Vec<Operand> = Vec::new();
        for span in self.session.places(vertex) {
            for part in operands(self.sources.text(span))? {
                if part.text != "_" && !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        parts.sort_by_key(|part| part.rank);
        let are_several = parts.len() > 1;
        let texts = parts.into_iter().map(|part| match part.is_or && are_several {
            true => format!("({})", part.text),
            false => part.text,
        });
        let text = texts.collect::<Vec<_>>().join(" & ");
        (!text.is_empty()).then_some(text)
    }

    /// The attributes that stand in a struct by themselves.
    fn notes(&self, vertex: VertexId) -> Vec<String> {
        if !self.options.attributes {
            return Vec::new();
        }
        let attributes = self.session.struct_attributes(vertex).into_iter();
        attributes.map(|(name, body)| format!("@{name}({body})")).collect()
    }

    /// The comments that document a field, each on lines of its own.
    fn docs(&self, field: VertexId) -> String {
        match self.options.docs {
            true => self.session.docs(field).join("\n//\n"),
            false => String::new(),
        }
    }

    fn structure(&mut self, vertex: VertexId, at: At) {
        let fields = self.shown_fields(vertex);
        let notes = self.notes(vertex);
        let single = notes.is_empty() && matches!(&fields[..], [only] if self.docs(only.vertex).is_empty());
        let (open, between, close) = match (fields.is_empty() && notes.is_empty(), at) {
            (true, At::Top) => return,
            (true, _) => ("{}", "", ""),
            (false, At::Top) => ("", "\n", ""),
            (false, At::Field) if single => ("", "", ""),
            (false, At::Element) if single => ("{", "", "}"),
            (false, _) => ("{\n", "\n", "\n}"),
        };
        self.push(close);
        self.members(&notes, &fields, between);
        self.push(open);
    }

    fn fields(&mut self, fields: &[FieldView], between: &str) {
        for (index, field) in fields.iter().enumerate().rev() {
            if self.options.attributes {
                let attributes = self.session.attributes(field.vertex).into_iter();
                let texts: Vec<String> = attributes.map(|(name, body)| format!(" @{name}({body})")).collect();
                self.push(texts.concat());
            }
            self.todo.push(Task::Vertex(field.vertex, At::Field));
            self.push(self.label(field) + ": ");
            let docs = self.docs(field.vertex);
            if !docs.is_empty() {
                self.push(docs + "\n");
            }
            if index > 0 {
                self.push(between);
            }
        }
    }

    fn has_error(&self, vertex: VertexId) -> bool {
        self.session.own_error(vertex).is_some_and(|error| !self.session.error_info(error).code.is_incomplete())
    }

    fn is_shown(&self, field: &FieldView) -> bool {
        let options = self.options;
        let by_label = match field.label.kind() {
            LabelKind::String => true,
            LabelKind::Definition => options.definitions,
            LabelKind::Hidden | LabelKind::HiddenDefinition => options.hidden,
            LabelKind::Int | LabelKind::Let => false,
        };
        by_label && (field.arc != ArcType::Optional || options.optional)
    }

    fn label(&self, field: &FieldView) -> String {
        let name = self.session.label_name(field.label);
        let is_plain = field.label.kind() != LabelKind::String || quote::is_plain_label(&name);
        let mark = match field.arc {
            ArcType::Member => "",
            ArcType::Required => "!",
            ArcType::Optional => "?",
        };
        if is_plain { name + mark } else { quote::text(&name) + mark }
    }

    fn list(&mut self, vertex: VertexId) {
        let fields = self.session.fields(vertex);
        let elements: Vec<FieldView> = fields.into_iter().filter(|field| field.label.is_int()).collect();
        let has_errors = self.options.errors && elements.iter().any(|element| self.has_error(element.vertex));
        let (open, between, close) = if has_errors { ("[\n", ",\n", ",\n]") } else { ("[", ", ", "]") };
        self.push(close);
        for (index, element) in elements.iter().enumerate().rev() {
            self.todo.push(Task::Vertex(element.vertex, At::Element));
            if index > 0 {
                self.push(between);
            }
        }
        self.push(open);
    }

    fn value(&mut self, value: &Value, at: At) {
        match value {
            Value::Vertex(vertex) => self.vertex(*vertex, at),
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => _ = write!(self.out, "{value}"),
            Value::Number(number) => self.out.push_str(&number.to_cue_string()),
            Value::String(text) => self.out.push_str(&quote::text(text)),
            Value::Bytes(bytes) => self.out.push_str(&quote::byte_text(bytes)),
            Value::Top => self.out.push('_'),
            Value::Basic(kinds) => self.out.push_str(&kinds_text(*kinds)),
            Value::Bound(bound) => {
                self.out.push_str(bound.op.text());
                self.todo.push(Task::Value(bound.value.clone(), At::Element));
            }
            Value::Validator(validator) => {
                if !validator.arguments.is_empty() {
                    self.push(")");
                    for (index, argument) in validator.arguments.iter().enumerate().rev() {
                        self.todo.push(Task::Value(argument.clone(), At::Element));
                        if index > 0 {
                            self.push(", ");
                        }
                    }
                    self.push("(");
                }
                let name = self.session.show(&Value::Function(validator.callee));
                self.out.push_str(&name);
            }
            Value::Conjunction(values) => self.conjunction(values),
            Value::Disjunction(d) => {
                // Several defaults are what remains to be chosen from.
                let count = if d.defaults > 0 { d.defaults } else { d.values.len() };
                for (index, value) in d.values[..count].iter().enumerate().rev() {
                    self.todo.push(Task::Value(value.clone(), At::Element));
                    if index > 0 {
                        self.push(" | ");
                    }
                }
            }
            Value::Function(_) => self.out.push_str(&self.session.show(value)),
            Value::Struct | Value::List { .. } => self.out.push('_'),
            Value::Bottom(_) => self.out.push_str("_|_"),
        }
    }

    /// The type first, then the rest in order; integers within well-known bounds by the name of the range.
    fn conjunction(&mut self, values: &[Value]) {
        let (types, rest): (Vec<&Value>, Vec<&Value>) =
            values.iter().partition(|value| matches!(value, Value::Basic(_) | Value::Top));
        let mut rest: Vec<Value> = rest.into_iter().cloned().collect();
        let mut first: Vec<String> = types
            .iter()
            .map(|value| match value {
                Value::Basic(kinds) => kinds_text(*kinds),
                _ => "_".to_owned(),
            })
            .collect();
        if first == ["int"]
            && let Some((name, used)) = range_name(&rest)
        {
            first = vec![name.to_owned()];
            let mut index = 0;
            rest.retain(|_| {
                index += 1;
                !used.contains(&(index - 1))
            });
        }
        for (index, value) in rest.into_iter().enumerate().rev() {
            self.todo.push(Task::Value(value, At::Element));
            if index > 0 || !first.is_empty() {
                self.push(" & ");
            }
        }
        self.push(first.join(" & "));
    }
}

fn kinds_text(kinds: Kinds) -> String {
    kinds.to_type().trim_start_matches('(').trim_end_matches(')').replace('|', " | ")
}

/// The name of the range that bounds on an integer make, and which of them it stands for.
fn range_name(bounds: &[Value]) -> Option<(&'static str, Vec<usize>)> {
    const RANGES: [(&str, &str, &str); 11] = [
        ("uint8", "0", "255"),
        ("uint16", "0", "65535"),
        ("uint32", "0", "4294967295"),
        ("uint64", "0", "18446744073709551615"),
        ("uint128", "0", "340282366920938463463374607431768211455"),
        ("int8", "-128", "127"),
        ("int16", "-32768", "32767"),
        ("int32", "-2147483648", "2147483647"),
        ("int64", "-9223372036854775808", "9223372036854775807"),
        ("int128", "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"),
        ("rune", "0", "1114111"),
    ];
    let find = |texts: [&str; 2]| {
        bounds.iter().enumerate().find_map(|(index, value)| match value {
            Value::Bound(bound) if texts.contains(&bound.op.text()) => Some((index, &**bound)),
            _ => None,
        })
    };
    let (low_index, low) = find([">=", ">"])?;
    let high = find(["<=", "<"]);
    let is_zero = |bound: &Bound| matches!(&bound.value, Value::Number(number) if number.is_zero());
    let Some((high_index, high)) = high else {
        return (low.op.text() == ">=" && is_zero(low)).then(|| ("uint", vec![low_index]));
    };
    let text = |bound: &Bound, op: &str| match &bound.value {
        Value::Number(number) if bound.op.text() == op => number.to_cue_string(),
        _ => String::new(),
    };
    let (from, to) = (text(low, ">="), text(high, "<="));
    if let Some((name, ..)) = RANGES.iter().find(|range| range.1 == from && range.2 == to) {
        return Some((name, vec![low_index, high_index]));
    }
    let is_negative = |number: &Number| number.is_negative() && !number.is_zero();
    match &low.value {
        Value::Number(number) if !is_negative(number) => {
            let is_said = low.op.text() == ">=" && number.is_zero();
            Some(("uint", if is_said { vec![low_index] } else { Vec::new() }))
        }
        _ => None,
    }
}
