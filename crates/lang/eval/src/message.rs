//! Errors and values in words.

use std::fmt::Write;

use cue_syntax::quote;

use crate::errors::{Arg, Bottom, ErrorId};
use crate::ir::{ArcType, LibraryFunction, NodeId};
use crate::label::{Label, LabelKind};
use crate::session::Session;
use crate::value::{Validator, Value};
use crate::vertex::VertexId;

/// How much of a value a message shows.
const SHOWN_DEPTH: u32 = 3;
const SHOWN_FIELDS: usize = 16;
const SHOWN_TEXT: usize = 200;

impl LibraryFunction {
    /// `strings.Join`, `encoding/hex.Decode`
    pub fn name(&self) -> String {
        format!("{}.{}", self.package.path, self.function.name)
    }

    /// As errors about arguments spell it: `strings.Join`, `"encoding/hex".Decode`.
    pub(crate) fn quoted_name(&self) -> String {
        match self.package.path.contains('/') {
            true => format!("{:?}.{}", self.package.path, self.function.name),
            false => self.name(),
        }
    }
}

impl Session {
    /// The message of an error without its place: of a group, that of its first member.
    pub fn message(&self, error: ErrorId) -> String {
        let bottom = self.bottom(error);
        if bottom.is_group() {
            return bottom.children.first().map_or_else(String::new, |&child| self.message(child));
        }
        self.rendered(bottom)
    }

    fn rendered(&self, bottom: &Bottom) -> String {
        let mut out = String::new();
        let mut args = bottom.args.iter();
        let mut rest = bottom.format;
        while let Some((text, after)) = rest.split_once("{}") {
            out.push_str(text);
            if let Some(arg) = args.next() {
                out.push_str(&self.argument_text(arg));
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The arguments of a message, in words.
    pub fn argument_text(&self, arg: &Arg) -> String {
        match arg {
            Arg::Text(text) => text.clone(),
            Arg::Source(node) => self.compact(*node),
            Arg::Value(value) => self.show(value),
            Arg::Label(label) => self.label_source(*label),
            Arg::Kinds(kinds) => kinds.to_string(),
            Arg::Path(vertex) => self.path_text(*vertex),
        }
    }

    /// The errors that a group stands for, or the error itself.
    pub fn members(&self, error: ErrorId) -> Vec<ErrorId> {
        let bottom = self.bottom(error);
        if bottom.is_group() { bottom.children.clone() } else { vec![error] }
    }

    /// The labels from the root to a vertex.
    pub(crate) fn path(&self, vertex: VertexId) -> Vec<Label> {
        let mut labels = Vec::new();
        let mut at = vertex;
        while !at.is_none() {
            let here = self.vertex(at);
            if here.parent.is_none() {
                break;
            }
            labels.push(here.label);
            at = here.parent;
        }
        labels.reverse();
        labels
    }

    /// `a.b[0]."c d"`
    pub(crate) fn path_text(&self, vertex: VertexId) -> String {
        let mut out = String::new();
        for label in self.path(vertex) {
            if label.is_int() {
                if !out.is_empty() {
                    out.push('.');
                }
                _ = write!(out, "{}", label.payload());
                continue;
            }
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&self.label_source(label));
        }
        out
    }

    /// A label as it is written in a path or a struct.
    pub(crate) fn label_source(&self, label: Label) -> String {
        let text = self.label_text(label);
        match label.kind() {
            LabelKind::String if !quote::is_plain_label(&text) => quote::string(&text),
            _ => text,
        }
    }

    /// The text of a node in its source.
    pub(crate) fn source_text(&self, node: NodeId) -> String {
        self.program.sources.text(self.span(node)).to_owned()
    }

    pub(crate) fn validator_text(&self, validator: &Validator) -> String {
        let mut out = validator.callee.name();
        if validator.arguments.is_empty() {
            return out;
        }
        out.push('(');
        for (index, argument) in validator.arguments.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(&self.show(argument));
        }
        out.push(')');
        out
    }

    /// A value in short, as a message shows it.
    pub fn show(&self, value: &Value) -> String {
        let mut out = String::new();
        self.show_into(value, &mut out, SHOWN_DEPTH);
        if out.len() > SHOWN_TEXT * 4 {
            let mut end = SHOWN_TEXT * 4;
            while !out.is_char_boundary(end) {
                end -= 1;
            }
            out.truncate(end);
            out.push('…');
        }
        out
    }

    fn show_into(&self, value: &Value, out: &mut String, depth: u32) {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => _ = write!(out, "{value}"),
            Value::Number(number) => out.push_str(&number.to_cue_string()),
            Value::String(text) => out.push_str(&quote::string(text)),
            Value::Bytes(bytes) => out.push_str(&quote::bytes(bytes)),
            Value::Top => out.push('_'),
            Value::Basic(kinds) => out.push_str(&kinds.to_string()),
            Value::Bound(bound) => {
                out.push_str(bound.op.text());
                self.show_into(&bound.value, out, depth);
            }
            Value::Validator(validator) => out.push_str(&self.validator_text(validator)),
            Value::Conjunction(values) => {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push_str(" & ");
                    }
                    self.show_into(value, out, depth);
                }
            }
            Value::Disjunction(d) => {
                for (index, value) in d.values.iter().enumerate() {
                    if index > 0 {
                        out.push_str(" | ");
                    }
                    if index < d.defaults {
                        out.push('*');
                    }
                    self.show_into(value, out, depth);
                }
            }
            Value::Function(callee) => out.push_str(&callee.name()),
            Value::Struct => out.push_str("{...}"),
            Value::List { .. } => out.push_str("[...]"),
            Value::Bottom(_) => out.push_str("_|_"),
            Value::Vertex(vertex) => self.show_vertex(*vertex, out, depth),
        }
    }

    fn show_vertex(&self, vertex: VertexId, out: &mut String, depth: u32) {
        let at = self.deref(vertex);
        let known = match self.known_value(at).unwrap_or(Value::Top) {
            // The error may be the one that is being told: what it is about is what there is below.
            Value::Bottom(_) if !self.vertex(at).arcs.is_empty() => {
                let list = self.vertex(at).arcs.at(0).is_some_and(|(label, _)| label.is_int());
                if list { Value::List { open: false } } else { Value::Struct }
            }
            known => known,
        };
        match known {
            Value::Struct if depth == 0 => out.push_str("{...}"),
            Value::List { .. } if depth == 0 => out.push_str("[...]"),
            Value::Struct => {
                out.push('{');
                let mut first = true;
                for (label, field) in self.ordered_fields(at).into_iter().take(SHOWN_FIELDS) {
                    if !label.is_string() && !label.is_definition() || self.vertex(field).arc == ArcType::Optional {
                        continue;
                    }
                    if !std::mem::take(&mut first) {
                        out.push(',');
                    }
                    out.push_str(&self.label_source(label));
                    if self.vertex(field).arc == ArcType::Required {
                        out.push('!');
                    }
                    out.push(':');
                    self.show_into(&Value::Vertex(field), out, depth - 1);
                }
                out.push('}');
            }
            Value::List { open } => {
                out.push('[');
                for (index, (_, element)) in self.vertex(at).arcs.iter().take(SHOWN_FIELDS).enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.show_into(&Value::Vertex(element), out, depth - 1);
                }
                if open {
                    if !self.vertex(at).arcs.is_empty() {
                        out.push(',');
                    }
                    out.push_str("...");
                }
                out.push(']');
            }
            Value::Vertex(_) => out.push('_'),
            other => self.show_into(&other, out, depth),
        }
    }
}
