//! Reading documents strictly: one object at a time, each field once, none unknown, none missing.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use cue_data::{Data, Node, NodeId};
use cue_encode::{DuplicateKeys, ReadOptions};
use strata_base::{Code, Diagnostic, FileId, Source, Sources, Span, meant, nearest};

use crate::codes;
use crate::value::MAX_DEPTH;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Syntax {
    Json,
    Yaml,
}

/// The one document that a file holds, with the place of each of its parts.
pub fn data(sources: &Sources, file: FileId, syntax: Syntax) -> Result<Data, Vec<Diagnostic>> {
    let Some(source) = sources.get(file) else {
        return Err(vec![Diagnostic::error(codes::NOT_ONE_DOCUMENT, "there is no document")]);
    };
    let options = ReadOptions {
        // The document itself is a few levels around the properties.
        max_depth: MAX_DEPTH + 8,
        duplicate_keys: DuplicateKeys::Refuse,
        ..ReadOptions::default()
    };
    let mut documents = match syntax {
        Syntax::Json => vec![cue_encode::json::read(file, source.text(), &options)?],
        Syntax::Yaml => cue_encode::yaml::read(file, source.text(), &options)?,
    };
    let name = source.name();
    match (documents.pop(), documents.first()) {
        (Some(data), None) => Ok(data),
        (Some(data), Some(_)) => {
            let message = format!("`{name}` holds {} documents", documents.len() + 1);
            let another = Diagnostic::error(codes::NOT_ONE_DOCUMENT, message).at(data.span(data.root()));
            Err(vec![another.hint("write each in a file of its own")])
        }
        (None, _) => {
            let message = format!("`{name}` is empty");
            let empty = Diagnostic::error(codes::NOT_ONE_DOCUMENT, message).at(Span::new(file, 0, 0));
            Err(vec![empty.hint("write a document into it, or name another file")])
        }
    }
}

/// Reads a document and collects what is wrong with it; what is wrong is left out of the result.
#[derive(Debug)]
pub struct Reader<'a> {
    pub data: &'a Data,
    pub source: &'a Source,
    pub name: Arc<str>,
    pub problems: Vec<Diagnostic>,
}

/// The fields of one object, and which of them were asked for.
#[derive(Debug)]
pub struct Fields {
    id: NodeId,
    what: &'static str,
    left: Vec<(Arc<str>, Span, NodeId)>,
    asked: Vec<&'static str>,
}

impl Fields {
    pub fn optional(&mut self, name: &'static str) -> Option<NodeId> {
        self.asked.push(name);
        let at = self.left.iter().position(|(key, ..)| **key == *name)?;
        Some(self.left.swap_remove(at).2)
    }

    pub fn required(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Option<NodeId> {
        self.required_such_as(reader, name, None)
    }

    /// The same with what could stand there.
    pub fn required_such_as(
        &mut self,
        reader: &mut Reader<'_>,
        name: &'static str,
        such_as: Option<&str>,
    ) -> Option<NodeId> {
        let found = self.optional(name);
        // One that is misspelt is told as such, by its own name.
        let is_misspelt = || self.left.iter().any(|(key, ..)| meant(key, &[name]).is_some());
        if found.is_none() && !is_misspelt() {
            let message = format!("{} needs `{name}`", self.what);
            let problem = Diagnostic::error(codes::MISSING_FIELD, message).at(reader.data.span(self.id));
            reader.problems.push(such_as.into_iter().fold(problem, Diagnostic::hint));
        }
        found
    }

    /// Tells a field that is known and cannot be used here, if it is there, and why.
    pub fn not_served(&mut self, reader: &mut Reader<'_>, name: &'static str, why: &str) {
        let Some(at) = self.left.iter().position(|(key, ..)| **key == *name) else { return };
        let (_, span, _) = self.left.swap_remove(at);
        let message = format!("`{name}` has no effect in {}", self.what);
        reader.problems.push(Diagnostic::error(codes::UNKNOWN_FIELD, message).at(span).hint(why));
    }

    /// Tells the fields that nobody asked for.
    pub fn close(self, reader: &mut Reader<'_>) {
        let known = format!("it has {}", self.asked.join(", "));
        self.close_with(reader, &known);
    }

    /// The same, with what to say of a field that is like none of them.
    pub fn close_with(mut self, reader: &mut Reader<'_>, otherwise: &str) {
        self.left.sort_by_key(|(_, span, _)| *span);
        for (key, span, _) in &self.left {
            let message = format!("{} has no field `{key}`", self.what);
            let problem = Diagnostic::error(codes::UNKNOWN_FIELD, message).at(*span);
            reader.problems.push(match meant(key, &self.asked) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(otherwise),
            });
        }
    }
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a Data, source: &'a Source) -> Reader<'a> {
        Reader { data, source, name: source.name().into(), problems: Vec::new() }
    }

    pub fn wrong(&mut self, code: Code, id: NodeId, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, message).at(self.data.span(id)));
    }

    /// The same with what to do about it.
    pub fn refuse(&mut self, code: Code, id: NodeId, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, message).at(self.data.span(id)).hint(hint));
    }

    pub fn fields(&mut self, id: NodeId, what: &'static str) -> Option<Fields> {
        if !matches!(self.data.node(id), Node::Struct(_)) {
            let hint = match self.data.node(id) {
                Node::List(_) => "write `name: value` below each other, without `- `",
                Node::Null => "nothing stands here: write its fields below it",
                _ => "write its fields below it, each as `name: value`",
            };
            self.refuse(codes::WRONG_KIND, id, format!("{what} must be an object"), hint);
            return None;
        }
        let fields = self.data.fields(id).iter();
        let left = fields.map(|field| (field.key.clone(), field.key_span, field.value)).collect();
        Some(Fields { id, what, left, asked: Vec::new() })
    }

    /// The entries of an object whose keys are names; an absent one has none.
    pub fn entries(&mut self, id: Option<NodeId>) -> Vec<(Arc<str>, Span, NodeId)> {
        let Some(id) = id else { return Vec::new() };
        // `nodes:` with nothing behind it is an empty section.
        if matches!(self.data.node(id), Node::Null) {
            return Vec::new();
        }
        self.fields(id, "this").map_or_else(Vec::new, |fields| fields.left)
    }

    pub fn list(&mut self, id: NodeId) -> &'a [NodeId] {
        if !matches!(self.data.node(id), Node::List(_)) {
            let hint = match self.data.node(id) {
                Node::Struct(_) => "begin each with `- `; what is its key here goes into it, as its `name`",
                Node::Null => "nothing stands here: `[]` is an empty list",
                _ => "begin each on a line of its own with `- `, or write `[a, b]`",
            };
            self.refuse(codes::WRONG_KIND, id, "this must be a list", hint);
        }
        self.data.elements(id)
    }

    pub fn text(&mut self, id: NodeId) -> Option<Arc<str>> {
        match self.data.node(id) {
            Node::String(text) => Some(text.clone()),
            _ => {
                let hint = match self.data.node(id) {
                    Node::Number(number) => format!("write it in quotes: \"{}\"", number.to_cue_string()),
                    Node::Bool(bool) => format!("write it in quotes: \"{bool}\""),
                    Node::Null => "nothing stands here".to_owned(),
                    _ => "one text is wanted".to_owned(),
                };
                self.refuse(codes::WRONG_KIND, id, "this must be text", hint);
                None
            }
        }
    }

    pub fn bool(&mut self, id: NodeId) -> Option<bool> {
        match self.data.node(id) {
            Node::Bool(bool) => Some(*bool),
            _ => {
                self.wrong(codes::WRONG_KIND, id, "this must be true or false");
                None
            }
        }
    }

    pub fn int(&self, id: NodeId) -> Option<i64> {
        match self.data.node(id) {
            Node::Number(number) if number.is_int() => number.to_cue_string().parse().ok(),
            _ => None,
        }
    }

    pub fn parsed<T: FromStr<Err: Display>>(&mut self, id: NodeId) -> Option<T> {
        let text = self.text(id)?;
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.wrong(codes::BAD_VALUE, id, error.to_string());
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, id: NodeId, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(id)?;
        let found = words.iter().find(|(word, _)| **word == *text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let allowed: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{text}` is none of {}", allowed.join(", "));
            let problem = Diagnostic::error(codes::BAD_VALUE, message).at(self.data.span(id));
            let near = nearest(&text, words.iter().map(|(word, _)| *word));
            self.problems.push(near.map_or(problem.clone(), |near| problem.hint(format!("did you mean `{near}`?"))));
        }
        found
    }
}
