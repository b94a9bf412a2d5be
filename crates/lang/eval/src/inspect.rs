//! What tools that look at values as they are may ask a session: what nobody who only wants data needs.

use crate::api::FieldView;
use crate::ir::LetId;
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{EnvId, Frame, VertexId};
use crate::work::Need;

impl Session {
    /// The field of a vertex as it is there, optional ones too. No default is chosen and nothing is evaluated.
    pub fn arc(&self, vertex: VertexId, label: Label) -> Option<FieldView> {
        let at = self.deref(vertex);
        let field = self.vertex(at).arcs.get(label)?;
        Some(FieldView { label, vertex: field, arc: self.vertex(field).arc })
    }

    /// The patterns of a struct with the values that fields they match must also be.
    pub fn pattern_values(&mut self, vertex: VertexId) -> Result<Vec<(Value, VertexId)>, Limit> {
        let at = self.deref(vertex);
        let mut found = Vec::new();
        for pattern in self.vertex(at).rare().patterns.clone() {
            let mut conjunct = pattern.conjunct;
            if pattern.keyed {
                // Any label will do: a pattern that looks at its label has no one value.
                let label = Label::string(self.intern(""));
                conjunct.env = self.add_env(conjunct.env, Frame::Key(label));
            }
            let value = self.add_detached(at, vec![conjunct])?;
            self.require(value, Need::Deep)?;
            found.push((pattern.filter, value));
        }
        Ok(found)
    }

    /// The value of a `let` of a struct, if something has asked for it.
    pub fn let_value(&mut self, vertex: VertexId, name: &str) -> Result<Option<VertexId>, Limit> {
        let at = self.deref(vertex);
        let named = (0u32..).map(LetId).zip(&self.ir().lets);
        let candidates: Vec<LetId> =
            named.filter(|(_, literal)| self.label_text(literal.label) == name).map(|(id, _)| id).collect();
        let frames = (0u32..).map(EnvId).take(self.envs.len());
        let found = frames
            .filter(|&env| matches!(self.env(env).frame, Frame::Vertex(owner) if self.deref(owner) == at))
            .flat_map(|env| candidates.iter().map(move |&id| (env, id)))
            .find_map(|key| self.lets.get(&key).copied());
        if let Some(found) = found {
            self.require(found, Need::Deep)?;
        }
        Ok(found)
    }

    /// Whether a definition or `close()` has closed the vertex, `...` or not.
    pub fn is_marked_closed(&self, vertex: VertexId) -> bool {
        let mut at = vertex;
        while !at.is_none() {
            let here = self.vertex(at);
            if here.closed || here.closed_once {
                return true;
            }
            at = here.forward;
        }
        false
    }

    /// Whether a struct would take fields of any name, or a list elements of any index.
    pub fn takes_any(&self, vertex: VertexId, index: bool) -> bool {
        let at = self.deref(vertex);
        match self.vertex(at).value {
            Value::List { open } => index && open,
            _ => !index && (self.vertex(at).has_ellipsis || !self.is_closed(at)),
        }
    }
}
