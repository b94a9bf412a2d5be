//! A document against a schema, told for whoever wrote the document: everything that is wrong at once, each at its place
//! in the document, in words that need no knowledge of CUE.

use cue_data::{Builder, Data, Node, NodeId};
use cue_eval::{ErrorCode, ErrorId, Label, Value as Known, VertexId, codes};
use cue_syntax::quote;
use rustc_hash::FxHashSet;
use strata_base::{Code, Diagnostic, Span, nearest};

use crate::evaluation::{Diagnostics, Evaluation};
use crate::value::{Subject, Value, limited};

/// A part of the document that is held against a part of the schema.
struct Part {
    node: NodeId,
    schema: VertexId,
    /// The labels that lead to it, as they are written.
    path: Vec<String>,
}

/// What is wrong at one path of a part.
struct Wrong {
    error: ErrorId,
    path: Vec<String>,
    labels: Vec<Label>,
}

impl Evaluation {
    /// The document and the schema at once, where the document is complete and right. Else all that is wrong with it:
    /// a missing key is told at the struct that lacks it, an unknown one with what may have been meant, literals that
    /// exclude each other as *one of*, and of alternatives that a tag tells apart only the one whose tag is given.
    pub fn check_document(&mut self, data: &Data, schema: impl Into<Subject>) -> Result<Value, Diagnostics> {
        let schema = self.value(schema)?.0;
        self.note_secrets(data, schema)?;
        let mut told = Vec::new();
        let mut whole = None;
        let mut todo = vec![Part { node: data.root(), schema, path: Vec::new() }];
        while let Some(part) = todo.pop() {
            let all = self.hold(data, &part)?;
            whole = whole.or(Some(Value(all)));
            for wrong in self.wrong(all) {
                self.tell(data, &part, &wrong, &mut todo, &mut told)?;
            }
        }
        strata_base::diagnostic::sort(&mut told);
        told.dedup_by(|a, b| a.span() == b.span() && a.message == b.message);
        match whole {
            Some(whole) if told.is_empty() => Ok(whole),
            _ => Err(told.into_iter().map(|diagnostic| self.masked(diagnostic)).collect()),
        }
    }

    /// A part of the document unified with its schema.
    fn hold(&mut self, data: &Data, part: &Part) -> Result<VertexId, Diagnostics> {
        let given = match part.path.is_empty() {
            true => limited(self.session.inject(data))?,
            false => {
                let mut builder = Builder::new();
                builder.copy(data, part.node);
                limited(self.session.inject(&builder.finish()))?
            }
        };
        let all = limited(self.session.unify(&[part.schema, given]))?;
        limited(self.session.finalize(all))?;
        Ok(all)
    }

    /// Everything that keeps a value from being complete and right. What is not known only because something else is
    /// wrong is not worth telling.
    fn wrong(&mut self, all: VertexId) -> Vec<Wrong> {
        let mut errors: Vec<ErrorId> = self.session.errors_below(all).into_iter().map(|(_, error)| error).collect();
        errors.extend(self.session.own_error(all).map_or_else(Vec::new, |error| self.session.members(error)));
        errors.extend(self.session.incomplete_below(all));
        let mut seen = FxHashSet::default();
        errors.retain(|error| seen.insert(*error));
        let is_permanent =
            |evaluation: &Evaluation, error: ErrorId| !evaluation.session.error_info(error).code.is_incomplete();
        if errors.iter().any(|&error| is_permanent(self, error)) {
            errors.retain(|&error| is_permanent(self, error) || self.is_missing(error));
        }
        let place = |error: ErrorId| {
            let vertex = self.session.error_info(error).vertex;
            let none = (Vec::new(), Vec::new());
            let (path, labels) = if vertex.is_none() {
                none
            } else {
                (self.session.path_labels(vertex), self.session.labels_to(vertex))
            };
            Wrong { error, path, labels }
        };
        errors.into_iter().map(place).collect()
    }

    fn is_missing(&self, error: ErrorId) -> bool {
        let info = self.session.error_info(error);
        info.code == ErrorCode::Incomplete && self.session.message(error).ends_with("required but not present")
    }

    fn tell(
        &mut self,
        data: &Data,
        part: &Part,
        wrong: &Wrong,
        todo: &mut Vec<Part>,
        told: &mut Diagnostics,
    ) -> Result<(), Diagnostics> {
        let near = nearest_node(data, part.node, &wrong.path);
        let path: Vec<String> = part.path.iter().chain(&wrong.path).cloned().collect();
        let info = self.session.error_info(wrong.error).clone();
        let schema_place = info.spans.iter().copied().find(|span| !near.is_in(data, *span)).unwrap_or(Span::NONE);
        if info.close_check {
            told.push(self.unknown(data, part, wrong, &path)?);
            return Ok(());
        }
        if self.is_missing(wrong.error) || info.code.is_incomplete() && near.depth < wrong.path.len() {
            let message = format!("{}: field is required but not present", path.join("."));
            let missing = Diagnostic::error(codes::REQUIRED, message).at(near.span);
            told.push(missing.also(schema_place, "required here"));
            return Ok(());
        }
        if let Some(schema) = self.schema_at(part.schema, &wrong.labels)?
            && near.depth == wrong.path.len()
            && self.choose(data, near.node, schema, &path, todo, told)?
        {
            return Ok(());
        }
        let message = self.session.message(wrong.error);
        let own = format!("{}: ", wrong.path.join("."));
        let message = message.strip_prefix(&own).unwrap_or(&message);
        let code: Code = if info.code.is_incomplete() { codes::INCOMPLETE } else { codes::CONFLICT };
        let problem = Diagnostic::error(code, with_path(&path, message)).at(near.span);
        told.push(problem.also(schema_place, "demanded here"));
        Ok(())
    }

    /// A key that the schema does not have.
    fn unknown(&mut self, data: &Data, part: &Part, wrong: &Wrong, path: &[String]) -> Result<Diagnostic, Diagnostics> {
        let (above, name) = match wrong.path.split_last() {
            Some((name, above)) => (above, name.as_str()),
            None => (&[][..], ""),
        };
        let near = nearest_node(data, part.node, above);
        let field = data.fields(near.node).iter().find(|field| quoted(&field.key) == *name);
        let span = field.map_or(near.span, |field| field.key_span);
        let mut problem = Diagnostic::error(codes::NOT_ALLOWED, with_path(path, "field not allowed")).at(span);
        let labels = &wrong.labels[..above.len().min(wrong.labels.len())];
        if let Some(schema) = self.schema_at(part.schema, labels)? {
            let fields = self.session.fields(schema).into_iter().filter(|field| field.label.is_string());
            let known: Vec<String> = fields.map(|field| self.session.label_name(field.label)).collect();
            let key = field.map_or(name, |field| &*field.key);
            problem = match nearest(key, known.iter().map(String::as_str)) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None if known.is_empty() => problem,
                None => problem.hint(format!("it has {}", known.join(", "))),
            };
            problem = problem.also(self.session.places(schema).first().copied().unwrap_or(Span::NONE), "closed here");
        }
        Ok(problem)
    }

    /// A value that is none of several alternatives: told by what they are, if that can be said; or held against the one
    /// alternative that its tag asks for. False where neither is so.
    fn choose(
        &mut self,
        data: &Data,
        node: NodeId,
        schema: VertexId,
        path: &[String],
        todo: &mut Vec<Part>,
        told: &mut Diagnostics,
    ) -> Result<bool, Diagnostics> {
        let Known::Disjunction(alternatives) = self.session.value(schema) else { return Ok(false) };
        let settled = |value: &Known| match value {
            Known::Vertex(vertex) => match self.session.value(*vertex) {
                Known::Struct | Known::List { .. } => value.clone(),
                settled => settled,
            },
            value => value.clone(),
        };
        let values: Vec<Known> = alternatives.values.iter().map(settled).collect();
        let structs: Vec<VertexId> = values
            .iter()
            .filter_map(|value| if let Known::Vertex(vertex) = value { Some(*vertex) } else { None })
            .collect();
        if structs.is_empty() {
            told.push(self.one_of(&values, data, node, schema, path));
            return Ok(true);
        }
        if structs.len() != values.len() {
            return Ok(false);
        }
        for field in data.fields(node) {
            let label = self.session.string_label(&field.key);
            let mut tags = Vec::new();
            for &alternative in &structs {
                let tag = limited(self.session.field(alternative, label))?;
                let Some(tag) = tag else { break };
                limited(self.session.finalize(tag))?;
                match self.session.value(tag) {
                    tag if tag.is_scalar() => tags.push(tag),
                    _ => break,
                }
            }
            if tags.len() != structs.len()
                || tags.iter().all(|tag| self.session.show(tag) == self.session.show(&tags[0]))
            {
                continue;
            }
            let given = shown(data, field.value);
            let fitting = tags.iter().position(|tag| Some(self.session.show(tag)) == given);
            match fitting {
                Some(at) => todo.push(Part { node, schema: structs[at], path: path.to_vec() }),
                None => {
                    let path: Vec<String> = path.iter().cloned().chain([quoted(&field.key)]).collect();
                    told.push(self.one_of(&tags, data, field.value, schema, &path));
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn one_of(&self, values: &[Known], data: &Data, node: NodeId, schema: VertexId, path: &[String]) -> Diagnostic {
        // A literal that is only the default of a wider alternative says nothing.
        let is_covered = |value: &Known| {
            let wider = values.iter().filter(|other| !other.is_scalar());
            value.is_scalar() && wider.into_iter().any(|other| other.kinds().intersects(value.kinds()))
        };
        let mut shown: Vec<String> = Vec::new();
        for value in values.iter().filter(|value| !is_covered(value)) {
            let text = self.session.show(value);
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        let words = if shown.len() == 1 { "must be" } else { "must be one of" };
        let message = with_path(path, &format!("{words} {}", shown.join(", ")));
        let mut problem = Diagnostic::error(codes::CONFLICT, message).at(data.span(node));
        if let Node::String(given) = data.node(node) {
            let texts =
                values.iter().filter_map(|value| if let Known::String(text) = value { Some(&**text) } else { None });
            if let Some(near) = nearest(given, texts) {
                problem = problem.hint(format!("did you mean {}?", quote::string(near)));
            }
        }
        problem.also(self.session.places(schema).first().copied().unwrap_or(Span::NONE), "demanded here")
    }

    /// The schema of what is below: by its field, optional or not, or by the only pattern that there is.
    pub(crate) fn schema_at(&mut self, root: VertexId, labels: &[Label]) -> Result<Option<VertexId>, Diagnostics> {
        let mut at = root;
        for &label in labels {
            at = match limited(self.session.field(at, label))? {
                Some(field) => field,
                None => {
                    limited(self.session.finalize(at))?;
                    let patterns = limited(self.session.pattern_values(at))?;
                    match patterns.as_slice() {
                        [(_, only)] => *only,
                        _ => return Ok(None),
                    }
                }
            };
        }
        limited(self.session.finalize(at))?;
        Ok(Some(self.session.end(at)))
    }
}

/// As much of a path as the data has.
struct Near {
    node: NodeId,
    span: Span,
    depth: usize,
}

impl Near {
    fn is_in(&self, data: &Data, span: Span) -> bool {
        span.is_none() || span.file == data.span(data.root()).file
    }
}

fn nearest_node(data: &Data, root: NodeId, path: &[String]) -> Near {
    let (mut node, mut depth) = (root, 0);
    for segment in path {
        let field = data.fields(node).iter().find(|field| quoted(&field.key) == *segment).map(|field| field.value);
        let element = segment.parse::<usize>().ok().and_then(|index| data.elements(node).get(index).copied());
        let Some(inner) = field.or(element) else { break };
        node = inner;
        depth += 1;
    }
    Near { node, span: data.span(node), depth }
}

/// A scalar as messages show it.
fn shown(data: &Data, node: NodeId) -> Option<String> {
    Some(match data.node(node) {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(number) => number.to_cue_string(),
        Node::String(text) => quote::string(text),
        _ => return None,
    })
}

/// A key as it stands in a path.
fn quoted(key: &str) -> String {
    if quote::is_plain_label(key) { key.to_owned() } else { quote::string(key) }
}

fn with_path(path: &[String], message: &str) -> String {
    if path.is_empty() { message.to_owned() } else { format!("{}: {message}", path.join(".")) }
}
