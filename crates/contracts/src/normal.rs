//! Data of a user in the contract's own spelling.

use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use cue_num::Number;
use strata_base::{Diagnostic, Span, meant};
use strata_model::Measure;

use crate::codes;
use crate::shape::{Fields, Given, Literal, Pattern, Shape};

/// The same data with names and words resolved and quantities as numbers. What is not known is told and left out.
///
/// `owner` is what has the shape, as it is called in messages.
pub(crate) fn normal(data: &Data, shape: &Shape, owner: &str) -> (Data, Vec<Diagnostic>) {
    let mut normal = Normal { data, owner, builder: Builder::new(), problems: Vec::new() };
    normal.walk(shape);
    (normal.builder.finish(), normal.problems)
}

struct Normal<'a> {
    data: &'a Data,
    owner: &'a str,
    builder: Builder,
    problems: Vec<Diagnostic>,
}

enum Todo<'a> {
    Visit(NodeId, Option<&'a Shape>),
    Key(Arc<str>, Span),
    End,
}

/// A field as it was written, under the name that the contract has for it.
struct Entry<'a> {
    name: Arc<str>,
    key_span: Span,
    value: NodeId,
    shape: Option<&'a Shape>,
}

impl<'a> Normal<'a> {
    fn walk(&mut self, shape: &'a Shape) {
        let mut todo = vec![Todo::Visit(self.data.root(), Some(shape))];
        while let Some(next) = todo.pop() {
            let (node, shape) = match next {
                Todo::End => {
                    self.builder.end(Span::NONE);
                    continue;
                }
                Todo::Key(name, span) => {
                    self.builder.key(&name, span);
                    continue;
                }
                Todo::Visit(node, shape) => (node, shape.unwrap_or(&ANYTHING)),
            };
            let span = self.data.span(node);
            match self.data.node(node) {
                Node::String(_) | Node::Number(_) | Node::Bytes(_) if shape.sensitive => self.in_clear(span),
                Node::String(text) => self.text(text, shape, span),
                Node::Number(number) => match shape.measure {
                    Some(measure) => self.quantity(measure, &number.to_cue_string(), shape, span),
                    None => _ = self.builder.number(number.clone(), span),
                },
                Node::Struct(_) => match shape.fields().filter(|_| !is_later(self.data, node)) {
                    Some(fields) => {
                        self.builder.begin_struct(span);
                        todo.push(Todo::End);
                        for entry in self.entries(node, fields).into_iter().rev() {
                            todo.push(Todo::Visit(entry.value, entry.shape));
                            todo.push(Todo::Key(entry.name, entry.key_span));
                        }
                    }
                    None => _ = self.builder.copy(self.data, node),
                },
                Node::List(_) => match &shape.kind {
                    crate::shape::Kind::List(element) => {
                        self.builder.begin_list(span);
                        todo.push(Todo::End);
                        let elements = self.data.elements(node).iter().rev();
                        todo.extend(elements.map(|&inner| Todo::Visit(inner, Some(element))));
                    }
                    _ => _ = self.builder.copy(self.data, node),
                },
                _ => _ = self.builder.copy(self.data, node),
            }
        }
    }

    fn entries(&mut self, node: NodeId, fields: &'a Fields) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for field in self.data.fields(node) {
            let known = fields.find(&field.key);
            let name = known.map_or_else(|| field.key.clone(), |known| known.name.clone());
            if let Some(first) = entries.iter().find(|entry| entry.name == name) {
                let message = format!("`{name}` stands here twice, once as `{}`", field.key);
                let twice = Diagnostic::error(codes::SPELT_TWICE, message).at(field.key_span);
                self.problems.push(twice.also(first.key_span, "and here before").hint("leave one of the two out"));
                continue;
            }
            let shape = fields.shape(&field.key);
            if known.is_none() && !fields.open && !fields.patterns.iter().any(|pattern| pattern.takes(&field.key)) {
                self.unknown(&field.key, field.key_span, fields);
                continue;
            }
            entries.push(Entry { name, key_span: field.key_span, value: field.value, shape });
        }
        // Names that are the user's own have one order, so that writing them in another changes nothing.
        let is_listed = |entry: &Entry<'_>| fields.find(&entry.name).is_some();
        entries.sort_by(|a, b| match (is_listed(a), is_listed(b)) {
            (false, false) => a.name.cmp(&b.name),
            (a, b) => b.cmp(&a),
        });
        entries
    }

    fn unknown(&mut self, key: &str, span: Span, fields: &Fields) {
        let known: Vec<&str> = fields.all().into_iter().map(|field| &*field.name).collect();
        let message = format!("`{}` has no property `{key}`", self.owner);
        let problem = Diagnostic::error(codes::UNKNOWN_PROPERTY, message).at(span);
        let names: Vec<String> = fields.patterns.iter().filter_map(Pattern::names_in_words).collect();
        self.problems.push(match meant(key, &known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if !names.is_empty() => problem.hint(format!("names here are {}", names.join(", or "))),
            None if known.is_empty() => problem.hint("it has none"),
            None => problem.hint(format!("it has {}", known.join(", "))),
        });
    }

    /// The place is told in words: a place that is shown would show the secret.
    fn in_clear(&mut self, span: Span) {
        let message = format!("a secret of `{}` stands in clear", self.owner);
        let hint = "keep it with `strata secret set STORE:KEY` and write `${secret:STORE:KEY}`";
        self.problems.push(Diagnostic::error(codes::IN_CLEAR, message).at(span).conceal(span).hint(hint));
        // Something that satisfies the contract, so that what is told does not tell the text.
        let (builder, none) = (&mut self.builder, Span::NONE);
        builder.begin_struct(none);
        builder.key("$secret", none);
        builder.begin_struct(none);
        for key in ["store", "key"] {
            builder.key(key, none);
            builder.string("", none);
        }
        builder.end(none);
        builder.end(none);
    }

    /// A text where the contract may want a quantity, or another word for the same.
    fn text(&mut self, text: &Arc<str>, shape: &Shape, span: Span) {
        if let Some(measure) = shape.measure {
            return self.quantity(measure, text, shape, span);
        }
        let meant = shape.words.iter().find(|(word, _)| word == text).map(|(_, meant)| meant);
        self.builder.string(meant.unwrap_or(text).clone(), span);
    }

    fn quantity(&mut self, measure: Measure, text: &str, shape: &Shape, span: Span) {
        let number = measure.parse(text).map(Number::from).unwrap_or_else(|| {
            let message = format!("`{text}` is not a quantity that is understood here");
            let problem = Diagnostic::error(codes::QUANTITY, message).at(span);
            self.problems.push(problem.hint(format!("write {}", measure.example())));
            // Something that satisfies the contract, so that this is told once.
            match (&shape.default, &shape.limits.least) {
                (Some(Given::Literal(Literal::Number(number))), _) => number.clone(),
                (_, Some(least)) if !least.open => least.value.clone(),
                _ => 1.into(),
            }
        });
        self.builder.number(number, span);
    }
}

/// What nothing is said of.
static ANYTHING: Shape = Shape::ANY;

/// Whether a struct stands for a value that is known later.
fn is_later(data: &Data, node: NodeId) -> bool {
    data.fields(node).iter().any(|field| field.key.starts_with('$'))
}
