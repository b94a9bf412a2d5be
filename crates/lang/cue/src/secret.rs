//! What must never be shown: data that was marked, and what stands where a schema says `@sensitive()`.

use std::sync::Arc;

use cue_data::{Data, Node, NodeId};
use cue_eval::VertexId;
use cue_syntax::quote;
use strata_base::{Diagnostic, Span};

use crate::evaluation::{Diagnostics, Evaluation};

/// A text that must not be told, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    text: Arc<str>,
    span: Span,
}

/// What stands for what is not shown.
const MASK: &str = "(sensitive)";

impl Evaluation {
    /// Remembers what is marked in data.
    pub(crate) fn note_marked(&mut self, data: &Data) {
        if !data.has_marks() {
            return;
        }
        let mut todo = vec![(data.root(), false)];
        while let Some((node, above)) = todo.pop() {
            let is_secret = above || data.mark(node).sensitive;
            self.note(data, node, is_secret);
            todo.extend(inner(data, node).map(|inner| (inner, is_secret)));
        }
    }

    /// Remembers what is marked in a document, and what its schema calls sensitive.
    pub(crate) fn note_secrets(&mut self, data: &Data, schema: VertexId) -> Result<(), Diagnostics> {
        self.note_marked(data);
        let mut todo = vec![(data.root(), Some(schema), false)];
        while let Some((node, schema, above)) = todo.pop() {
            let is_said = |vertex| self.session.attributes(vertex).iter().any(|(name, _)| *name == "sensitive");
            let is_secret = above || schema.is_some_and(is_said);
            self.note(data, node, is_secret);
            for field in data.fields(node) {
                let label = self.session.string_label(&field.key);
                todo.push((field.value, self.schema_field(schema, label)?, is_secret));
            }
            for (index, &element) in data.elements(node).iter().enumerate() {
                let label = cue_eval::Label::index(u32::try_from(index).unwrap_or(u32::MAX));
                todo.push((element, self.schema_field(schema, label)?, is_secret));
            }
        }
        Ok(())
    }

    /// The attributes of a field stand where it is declared, so it is not followed to what it stands for.
    fn schema_field(
        &mut self,
        schema: Option<VertexId>,
        label: cue_eval::Label,
    ) -> Result<Option<VertexId>, Diagnostics> {
        let Some(schema) = schema else { return Ok(None) };
        match self.session.arc(schema, label) {
            Some(field) => {
                crate::value::limited(self.session.finalize(field.vertex))?;
                Ok(Some(field.vertex))
            }
            None => self.schema_at(schema, &[label]),
        }
    }

    fn note(&mut self, data: &Data, node: NodeId, is_secret: bool) {
        let text: Arc<str> = match data.node(node) {
            Node::String(text) => Arc::clone(text),
            Node::Number(number) => number.to_cue_string().into(),
            _ => return,
        };
        if is_secret && !text.is_empty() {
            self.secrets.push(Secret { text, span: data.span(node) });
        }
    }

    /// A diagnostic without secrets. A place that would show one is told in words.
    pub(crate) fn masked(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        for secret in &self.secrets {
            let spelt = quote::string(&secret.text);
            let inner = &spelt[1..spelt.len() - 1];
            for text in [spelt.as_str(), inner, &secret.text] {
                if diagnostic.message.contains(text) {
                    diagnostic.message = diagnostic.message.replace(text, MASK);
                }
                for hint in &mut diagnostic.hints {
                    *hint = hint.replace(text, MASK);
                }
            }
        }
        let shows = |span: Span| {
            let line = |at: Span| self.sources().get(at.file).map(|source| source.line_col(at.start).line);
            self.secrets.iter().any(|secret| secret.span.file == span.file && line(secret.span) == line(span))
        };
        if let Some(primary) = diagnostic.primary.take_if(|primary| shows(primary.span)) {
            diagnostic = diagnostic.hint(format!("it stands at {}", self.sources().position(primary.span)));
        }
        diagnostic.secondary.retain(|label| !shows(label.span));
        diagnostic
    }
}

fn inner(data: &Data, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    data.fields(node).iter().map(|field| field.value).chain(data.elements(node).iter().copied())
}
