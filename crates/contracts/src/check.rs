//! A unit against its contract: properties become a declaration, or mistakes at the places where they were made.

use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use cue_eval::{ErrorCode, ErrorId, Session, Value, VertexId};
use strata_base::{Diagnostic, FileId, Span, nearest};

use crate::codes;
use crate::export::{concrete, export};
use crate::library::{Contract, Library};
use crate::quantity::Measure;

/// A unit that satisfies its contract: complete and concrete, each part with the place of whoever set it.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub spec: Data,
}

impl Library {
    /// Checks properties and fills in what was not said. `unit` is the place to tell what stands nowhere.
    pub fn declare(&self, contract: &Contract, properties: &Data, unit: Span) -> Result<Declaration, Vec<Diagnostic>> {
        let mut session = self.session();
        let mut check = Check { contract, session: &mut session, unit, problems: Vec::new() };
        let Some(schema) = check.schema() else { return Err(check.problems) };
        let normal = check.normal(properties, schema);
        let Some(checked) = check.unified(&normal, schema) else { return Err(check.problems) };
        if check.problems.is_empty() {
            Ok(Declaration { spec: export(&session, checked, Some(&normal)).data })
        } else {
            let mut problems = check.problems;
            strata_base::diagnostic::sort(&mut problems);
            Err(problems)
        }
    }
}

struct Check<'a> {
    contract: &'a Contract,
    session: &'a mut Session,
    unit: Span,
    problems: Vec<Diagnostic>,
}

enum Todo {
    Visit(NodeId, Option<VertexId>),
    Key(Arc<str>, Span),
    End,
}

impl Check<'_> {
    fn schema(&mut self) -> Option<VertexId> {
        let place = &self.contract.place;
        let found = self.session.root_of(place.instance).and_then(|root| {
            let (name, spec) = (self.session.string_label(&place.field), self.session.label("#spec", ""));
            match self.session.field(root, name)? {
                Some(contract) => self.session.field(contract, spec),
                None => Ok(None),
            }
        });
        found.unwrap_or_else(|limit| {
            self.problems.push(Diagnostic::error(codes::PROPERTY, limit.to_string()).at(self.unit));
            None
        })
    }

    /// The same data in the contract's own spelling: aliases resolved, quantities as numbers. What the contract does not
    /// know is told and left out.
    fn normal(&mut self, properties: &Data, schema: VertexId) -> Data {
        let mut builder = Builder::new();
        let mut todo = vec![Todo::Visit(properties.root(), Some(schema))];
        while let Some(next) = todo.pop() {
            let (node, schema) = match next {
                Todo::End => {
                    builder.end(Span::NONE);
                    continue;
                }
                Todo::Key(key, span) => {
                    builder.key(&key, span);
                    continue;
                }
                Todo::Visit(node, schema) => (node, schema),
            };
            let span = properties.span(node);
            match (properties.node(node), schema) {
                (Node::String(_) | Node::Number(_) | Node::Bytes(_), Some(schema)) if self.is_sensitive(schema) => {
                    self.in_clear(span, &mut builder);
                }
                (Node::String(text), Some(schema)) => self.text(text, schema, span, &mut builder),
                (Node::Number(number), Some(schema)) => match self.measure(schema) {
                    Some(measure) => self.quantity(measure, &number.to_cue_string(), span, &mut builder),
                    None => _ = builder.number(number.clone(), span),
                },
                (Node::Struct(_), Some(schema)) if self.is_struct(schema) => {
                    builder.begin_struct(span);
                    todo.push(Todo::End);
                    let entries = self.entries(properties, node, schema);
                    for (key, key_span, value, inner) in entries.into_iter().rev() {
                        todo.push(Todo::Visit(value, inner));
                        todo.push(Todo::Key(key, key_span));
                    }
                }
                _ => _ = builder.copy(properties, node),
            }
        }
        builder.finish()
    }

    /// Whether a contract names fields here. One whose fields depend on values that are missing is an error by itself.
    fn is_struct(&mut self, schema: VertexId) -> bool {
        let known = self.session.finalize(schema).is_ok();
        known
            && match concrete(self.session, schema) {
                (_, Value::Struct) => true,
                (at, Value::Bottom(_)) => !self.session.fields(at).is_empty(),
                _ => false,
            }
    }

    /// The fields of a struct under the names that the contract has for them, with what it says of each.
    fn entries(
        &mut self,
        data: &Data,
        node: NodeId,
        schema: VertexId,
    ) -> Vec<(Arc<str>, Span, NodeId, Option<VertexId>)> {
        let mut entries: Vec<(Arc<str>, Span, NodeId, Option<VertexId>)> = Vec::new();
        for field in data.fields(node) {
            let key = &self.meant(&field.key, schema);
            if let Some((_, first, ..)) = entries.iter().find(|(known, ..)| known == key) {
                let message = format!("`{key}` stands here twice, once as `{}`", field.key);
                let twice = Diagnostic::error(codes::SPELT_TWICE, message).at(field.key_span);
                self.problems.push(twice.also(*first, "and here before"));
                continue;
            }
            let label = self.session.string_label(key);
            let inner = self.session.field(schema, label).ok().flatten();
            if inner.is_none() && !self.session.takes(schema, label) {
                self.unknown(&field.key, field.key_span, schema);
                continue;
            }
            entries.push((key.clone(), field.key_span, field.value, inner));
        }
        entries
    }

    /// The contract's own spelling of a key.
    fn meant(&self, key: &Arc<str>, schema: VertexId) -> Arc<str> {
        let has_alias = |field: &cue_eval::FieldView| {
            self.session.attributes(field.vertex).iter().any(|(name, other)| *name == "alias" && **key == **other)
        };
        let found = self.session.fields(schema).into_iter().find(has_alias);
        found.map_or_else(|| key.clone(), |field| self.session.label_name(field.label).into())
    }

    fn unknown(&mut self, key: &str, span: Span, schema: VertexId) {
        let fields = self.session.fields(schema).into_iter().filter(|field| field.label.is_string());
        let known: Vec<String> = fields.map(|field| self.session.label_name(field.label)).collect();
        let message = format!("`{}` has no property `{key}`", self.contract.name);
        let mut problem = Diagnostic::error(codes::UNKNOWN_PROPERTY, message).at(span);
        problem = match nearest(key, known.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("it has {}", known.join(", "))),
        };
        self.problems.push(problem);
    }

    fn is_sensitive(&self, schema: VertexId) -> bool {
        self.session.attributes(schema).iter().any(|(name, _)| *name == "sensitive")
    }

    /// The place is told in words: a place that is shown would show the secret.
    fn in_clear(&mut self, span: Span, builder: &mut Builder) {
        let place = self.session.program().sources().position(span);
        let message = format!("a secret of `{}` stands in clear at {place}", self.contract.name);
        let hint = "keep it with `strata secret set`, and write `{$secret: {store: …, key: …}}`";
        self.problems.push(Diagnostic::error(codes::IN_CLEAR, message).hint(hint));
        // Something that satisfies the contract, so that what is told does not tell the text.
        builder.begin_struct(Span::NONE);
        builder.key("$secret", Span::NONE);
        builder.begin_struct(Span::NONE);
        for key in ["store", "key"] {
            builder.key(key, Span::NONE);
            builder.string("", Span::NONE);
        }
        builder.end(Span::NONE);
        builder.end(Span::NONE);
    }

    fn measure(&self, schema: VertexId) -> Option<Measure> {
        let attributes = self.session.attributes(schema);
        attributes.iter().find(|(name, _)| *name == "unit").and_then(|(_, unit)| Measure::named(unit))
    }

    fn quantity(&mut self, measure: Measure, text: &str, span: Span, builder: &mut Builder) {
        let number = measure.parse(text).unwrap_or_else(|| {
            let message = format!("`{text}` is not a quantity that is understood here");
            let problem = Diagnostic::error(codes::QUANTITY, message).at(span);
            self.problems.push(problem.hint(format!("write {}", measure.example())));
            // Something that satisfies most contracts, so that this is told once.
            1.into()
        });
        builder.number(number, span);
    }

    /// A text where the contract may want a quantity, or another word for the same.
    fn text(&mut self, text: &Arc<str>, schema: VertexId, span: Span, builder: &mut Builder) {
        if let Some(measure) = self.measure(schema) {
            return self.quantity(measure, text, span, builder);
        }
        let attributes = self.session.attributes(schema);
        let words = attributes.iter().filter(|(name, _)| *name == "alias").flat_map(|(_, words)| words.split(','));
        let meant = words.filter_map(|pair| pair.split_once('=')).find(|(word, _)| word.trim() == &**text);
        match meant.map(|(_, meant)| Arc::<str>::from(meant.trim())) {
            Some(meant) => _ = builder.string(meant, span),
            None => _ = builder.string(text.clone(), span),
        }
    }

    /// The contract and the data at once, evaluated; what is wrong is told.
    fn unified(&mut self, data: &Data, schema: VertexId) -> Option<VertexId> {
        let evaluated = self.session.inject(data).and_then(|given| {
            let all = self.session.unify(&[schema, given])?;
            self.session.finalize(all)?;
            Ok(all)
        });
        let all = match evaluated {
            Ok(all) => all,
            Err(limit) => {
                self.problems.push(Diagnostic::error(codes::PROPERTY, limit.to_string()).at(self.unit));
                return None;
            }
        };
        let mut errors = self.session.incomplete_below(all);
        if let Some(error) = self.session.error_of(all).filter(|_| errors.is_empty()) {
            errors = self.session.members(error);
        }
        // What is not known only because something else is wrong is not worth telling.
        let is_wrong = |session: &Session, error: ErrorId| !session.error_info(error).code.is_incomplete();
        if errors.iter().any(|&error| is_wrong(self.session, error)) {
            errors.retain(|&error| is_wrong(self.session, error) || self.is_missing(error));
        }
        for error in errors {
            let problem = self.told(error, data, schema);
            if !self.problems.iter().any(|known| known.span() == problem.span() && known.message == problem.message) {
                self.problems.push(problem);
            }
        }
        Some(all)
    }

    fn is_missing(&self, error: ErrorId) -> bool {
        let code = self.session.error_info(error).code;
        code == ErrorCode::Incomplete && self.session.message(error).ends_with("required but not present")
    }

    /// An error of the evaluator in the words of the contract, at the place in the document that comes nearest.
    fn told(&mut self, error: ErrorId, data: &Data, schema: VertexId) -> Diagnostic {
        let info = self.session.error_info(error).clone();
        let path = self.session.path_of(info.vertex);
        let message = match self.session.message(error) {
            message if message.contains("empty disjunction") => match self.wanted(schema, &path) {
                Some(wanted) => format!("must be {wanted}"),
                None => "is none of what the contract allows".to_owned(),
            },
            message => message,
        };
        let is_missing = self.is_missing(error);
        let (near, depth) = nearest_place(data, &path, self.unit);
        let own = info.spans.iter().copied().find(|span| span.file == self.unit.file);
        let members = self.session.members(error);
        let spans = members.iter().flat_map(|&member| &self.session.error_info(member).spans);
        let spans = info.spans.iter().chain(spans).copied();
        let contract = spans.into_iter().find(|span| span.file != self.unit.file && !info.close_check);
        let name = &self.contract.name;
        let problem = if info.close_check {
            let message = format!("`{name}` has no property `{path}`");
            Diagnostic::error(codes::UNKNOWN_PROPERTY, message).at(own.unwrap_or(near))
        } else if is_missing || (info.code.is_incomplete() && depth < segments(&path)) {
            Diagnostic::error(codes::MISSING_PROPERTY, format!("`{name}` needs `{path}`")).at(near)
        } else {
            let message = match message.strip_prefix(&format!("{path}: ")) {
                Some(rest) => rest.to_owned(),
                None => message,
            };
            Diagnostic::error(codes::PROPERTY, format!("`{path}`: {message}")).at(own.unwrap_or(near))
        };
        problem.also(contract.unwrap_or(Span::NONE), "required by the contract")
    }

    /// What the contract says of a path, where it says one thing for all.
    fn wanted(&mut self, schema: VertexId, path: &str) -> Option<String> {
        let mut at = schema;
        for segment in path.split('.') {
            let label = self.session.string_label(segment);
            at = self.session.field(at, label).ok()??;
        }
        self.session.finalize(at).ok()?;
        Some(self.session.show(&self.session.value(at)))
    }
}

fn segments(path: &str) -> usize {
    if path.is_empty() { 0 } else { path.split('.').count() }
}

/// The place of a path in a document, or of the part of it that is there, and how many segments that are.
pub fn nearest_place(data: &Data, path: &str, unit: Span) -> (Span, usize) {
    let (mut node, mut span, mut depth) = (data.root(), unit, 0);
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let field = data.fields(node).iter().find(|field| *field.key == *segment);
        let element = segment.parse::<usize>().ok().and_then(|index| data.elements(node).get(index).copied());
        let Some(inner) = field.map(|field| field.value).or(element) else { break };
        node = inner;
        let own = data.span(inner);
        if own.file == unit.file && own.file != FileId::NONE {
            span = own;
        }
        depth += 1;
    }
    (span, depth)
}
