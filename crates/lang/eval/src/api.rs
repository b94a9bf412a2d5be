//! What a reader of values may ask a session.

use cue_data::{Data, Kinds};
use strata_base::Span;

use crate::errors::{Bottom, ErrorId};
use crate::ir::{ArcType, InstanceId, Node};
use crate::label::{Label, LabelKind};
use crate::limits::{Limit, Limits};
use crate::session::{Halt, Session};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Status, Trail, VertexId};
use crate::work::Need;

/// A field as a reader meets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldView {
    pub label: Label,
    pub vertex: VertexId,
    pub arc: ArcType,
}

impl Session {
    /// Evaluates a package in depth: every field that is not optional.
    pub fn evaluate(&mut self, instance: InstanceId) -> Result<VertexId, Limit> {
        let root = self.root(instance)?;
        self.require(root, Need::Deep)?;
        Ok(root)
    }

    /// The program that is evaluated.
    pub fn program(&self) -> &std::sync::Arc<crate::Program> {
        &self.program
    }

    /// The root of a package, whose fields are evaluated when they are asked for.
    pub fn root_of(&mut self, instance: InstanceId) -> Result<VertexId, Limit> {
        self.root(instance)
    }

    pub fn limits(&self) -> &Limits {
        &self.meter.limits
    }

    /// Data as a root of its own, with the places of its document, to be unified with a schema.
    pub fn inject(&mut self, data: &Data) -> Result<VertexId, Limit> {
        match self.vertex_of(data, data.root()) {
            Ok(vertex) => Ok(vertex),
            Err(Halt::Limit(limit)) => Err(limit),
            Err(Halt::Wait(..)) => Err(Limit::Work),
        }
    }

    /// From now on the fields of injected data stand among those of literals, in the order in which CUE puts what was
    /// written in different files. Else they come first, as they were met.
    pub fn mingle_data(&mut self) {
        self.mingles_data = true;
    }

    /// A new root that is all of the parts at once, as if they had been written with `&` between them.
    pub fn unify(&mut self, parts: &[VertexId]) -> Result<VertexId, Limit> {
        let conjuncts = parts
            .iter()
            .map(|&part| Conjunct { item: Item::Vertex(part), env: EnvId::NONE, trail: Trail::default() })
            .collect();
        self.add_detached(VertexId::NONE, conjuncts)
    }

    /// An expression that was compiled with a package ([`crate::PackageSource::expressions`]).
    pub fn expression(&mut self, instance: InstanceId, index: usize) -> Result<Option<VertexId>, Limit> {
        let root = self.root(instance)?;
        let program = std::sync::Arc::clone(&self.program);
        let Some(&node) = program.instances[instance.0 as usize].expressions.get(index) else { return Ok(None) };
        let env = self.add_env(EnvId::NONE, Frame::Vertex(root));
        let conjunct = Conjunct { item: Item::Node(node), env, trail: Trail::default() };
        Ok(Some(self.add_detached(VertexId::NONE, vec![conjunct])?))
    }

    /// Evaluates a vertex in depth.
    pub fn finalize(&mut self, vertex: VertexId) -> Result<(), Limit> {
        self.require(vertex, Need::Deep)
    }

    /// The field of a vertex, evaluating no more than that takes.
    pub fn field(&mut self, vertex: VertexId, label: Label) -> Result<Option<VertexId>, Limit> {
        self.require(vertex, Need::Done)?;
        let mut at = self.deref(vertex);
        if let Some(chosen) = self.default_vertex(at) {
            at = chosen;
        }
        Ok(self.vertex(at).arcs.get(label))
    }

    /// A label for a name as it is written: `a`, `"a b"` without quotes, `#a`; hidden ones belong to a package.
    pub fn label(&mut self, name: &str, package: &str) -> Label {
        let kind = crate::label::kind_of_identifier(name);
        let symbol = match kind {
            LabelKind::Hidden | LabelKind::HiddenDefinition => {
                self.intern(&format!("{name}{}{package}", crate::label::HIDDEN_SEPARATOR))
            }
            _ => self.intern(name),
        };
        Label::new(kind, symbol)
    }

    /// The label of a field that is no identifier, whatever it looks like.
    pub fn string_label(&mut self, name: &str) -> Label {
        Label::string(self.intern(name))
    }

    /// The value of a vertex: scalars, constraints, or [`Value::Struct`] and [`Value::List`] whose fields are asked for
    /// by [`Session::fields`].
    pub fn value(&self, vertex: VertexId) -> Value {
        let at = self.deref(vertex);
        self.known_value(at).unwrap_or(Value::Top)
    }

    /// The vertex that a value ends at: shared ones and only alternatives are followed.
    pub fn end(&self, vertex: VertexId) -> VertexId {
        self.deref(vertex)
    }

    /// The default of a vertex, where it is a disjunction that has exactly one.
    pub fn default(&self, vertex: VertexId) -> Option<Value> {
        let at = self.deref(vertex);
        match &self.vertex(at).value {
            Value::Disjunction(d) if d.defaults == 1 => Some(d.values[0].clone()),
            _ => None,
        }
    }

    /// The fields of a vertex in order: regular ones, definitions, hidden ones, elements; optional ones too.
    pub fn fields(&self, vertex: VertexId) -> Vec<FieldView> {
        let mut list = Vec::new();
        self.list_fields(vertex, &mut list);
        list
    }

    /// The patterns of a struct: what labels they match, and the places of what matching fields must be.
    pub fn patterns(&self, vertex: VertexId) -> Vec<(Value, Span)> {
        let at = self.deref(vertex);
        self.vertex(at)
            .rare()
            .patterns
            .iter()
            .map(|pattern| {
                let span = match pattern.conjunct.item {
                    Item::Node(node) => self.span(node),
                    _ => Span::NONE,
                };
                (pattern.filter.clone(), span)
            })
            .collect()
    }

    /// The own error of a vertex, or that of something below it.
    pub fn error_of(&self, vertex: VertexId) -> Option<ErrorId> {
        self.permanent_first(self.deref(vertex))
    }

    /// The error of a vertex, unless that may still be mended and one below may not.
    pub(crate) fn permanent_first(&self, vertex: VertexId) -> Option<ErrorId> {
        let at = self.vertex(vertex);
        match at.value {
            Value::Bottom(error) if self.bottom(error).code.is_incomplete() => at.rare().child_error.or(Some(error)),
            Value::Bottom(error) => Some(error),
            _ => at.rare().child_error,
        }
    }

    /// Only the own error of a vertex.
    pub fn own_error(&self, vertex: VertexId) -> Option<ErrorId> {
        match self.vertex(self.deref(vertex)).value {
            Value::Bottom(error) => Some(error),
            _ => None,
        }
    }

    pub fn error_info(&self, error: ErrorId) -> &Bottom {
        self.bottom(error)
    }

    /// The kinds that a vertex is or may become.
    pub fn kinds(&self, vertex: VertexId) -> Kinds {
        self.kinds_of(&Value::Vertex(vertex))
    }

    /// Whether a struct refuses fields that it does not have.
    pub fn is_closed(&self, vertex: VertexId) -> bool {
        let at = self.deref(vertex);
        let here = self.vertex(at);
        match here.value {
            Value::List { open } => !open,
            _ => (here.closed || here.closed_once) && !here.has_ellipsis,
        }
    }

    /// Whether a struct or list would take a field.
    pub fn takes(&mut self, vertex: VertexId, label: Label) -> bool {
        let at = self.deref(vertex);
        if self.vertex(at).arcs.get(label).is_some() {
            return true;
        }
        if let Value::List { open } = self.vertex(at).value {
            return open && label.is_int();
        }
        for pattern in self.vertex(at).rare().patterns.clone() {
            if self.matches(&pattern.filter, label) {
                return true;
            }
        }
        !self.is_closed(at)
    }

    /// The name of a label without quotes.
    pub fn label_name(&self, label: Label) -> String {
        self.label_text(label)
    }

    /// The name of a label as it stands in a path or a struct.
    pub fn label_as_written(&self, label: Label) -> String {
        self.label_source(label)
    }

    /// The package that a hidden label belongs to.
    pub fn label_owner(&self, label: Label) -> Option<String> {
        let text = self.symbol_text(label.symbol());
        label.is_hidden().then(|| text.split(crate::label::HIDDEN_SEPARATOR).nth(1).unwrap_or("").to_owned())
    }

    /// The path of a vertex as text.
    pub fn path_of(&self, vertex: VertexId) -> String {
        self.path_text(vertex)
    }

    /// Whether a vertex belongs to a value that stands at no path, such as one that is made within an expression.
    pub fn is_apart(&self, vertex: VertexId) -> bool {
        let mut at = vertex;
        while !at.is_none() {
            if self.vertex(at).detached {
                return true;
            }
            at = self.vertex(at).parent;
        }
        false
    }

    /// The places of the conjuncts of a vertex.
    pub fn places(&self, vertex: VertexId) -> Vec<Span> {
        self.conjunct_spans(vertex)
    }

    /// The attributes of a field: names and raw bodies, those of all its conjuncts, each once.
    pub fn attributes(&self, vertex: VertexId) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for conjunct in &self.vertex(vertex).conjuncts {
            let Item::Node(node) = conjunct.item else { continue };
            for (name, body) in self.ir().attributes.get(&node).into_iter().flatten() {
                if !found.contains(&(&**name, &**body)) {
                    found.push((&**name, &**body));
                }
            }
        }
        found
    }

    /// The attributes that stand in the structs of a value by themselves: names and raw bodies, each once.
    pub fn struct_attributes(&self, vertex: VertexId) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        if self.ir().struct_attributes.is_empty() {
            return found;
        }
        let at = self.vertex(vertex);
        let conjuncts = at.conjuncts.iter().filter_map(|conjunct| match conjunct.item {
            Item::Node(node) => Some(node),
            _ => None,
        });
        for literal in conjuncts.chain(at.more().inserted.iter().map(|inserted| inserted.literal)) {
            let Node::Struct(id) = self.ir().node(literal) else { continue };
            for (name, body) in self.ir().struct_attributes.get(&id).into_iter().flatten() {
                if !found.contains(&(&**name, &**body)) {
                    found.push((&**name, &**body));
                }
            }
        }
        found
    }

    /// The comments that document a field, those of all its conjuncts, each once, with their slashes. There are none if
    /// the program was loaded without comments.
    pub fn docs(&self, vertex: VertexId) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        if self.ir().docs.is_empty() {
            return found;
        }
        for conjunct in &self.vertex(vertex).conjuncts {
            let Item::Node(node) = conjunct.item else { continue };
            for text in self.ir().docs.get(&node).into_iter().flatten() {
                if !found.contains(&&**text) {
                    found.push(text);
                }
            }
        }
        found
    }

    /// What tells the hidden fields of a package from those of others.
    pub fn identity(&self, instance: InstanceId) -> &str {
        &self.program.instances[instance.0 as usize].identity
    }

    /// Whether the vertex stands for another one by a reference.
    pub fn is_shared(&self, vertex: VertexId) -> bool {
        self.vertex(vertex).shared
    }

    /// Everything below a vertex as data: defaults are chosen, and what is not concrete is the error.
    pub fn export(&mut self, vertex: VertexId) -> Result<Result<Data, ErrorId>, Limit> {
        self.require(vertex, Need::Deep)?;
        if let Some(error) = self.error_of(vertex) {
            return Ok(Err(error));
        }
        match self.data_of(vertex) {
            Ok(result) => Ok(result),
            Err(Halt::Limit(limit)) => Err(limit),
            Err(Halt::Wait(..)) => Err(Limit::Work),
        }
    }

    /// All errors below a vertex that keep it from being concrete data: permanent ones, missing required fields and
    /// values that are not concrete, in the order of fields.
    pub fn incomplete_below(&mut self, root: VertexId) -> Vec<ErrorId> {
        self.unfinished_below(root, true)
    }

    /// All errors below a vertex, and missing required fields. `concrete`: values that are not concrete too.
    pub(crate) fn unfinished_below(&mut self, root: VertexId, concrete: bool) -> Vec<ErrorId> {
        let mut found = Vec::new();
        if self.is_data(root) {
            return found;
        }
        let mut todo = vec![root];
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(vertex) = todo.pop() {
            let mut at = self.deref(vertex);
            if let Some(chosen) = self.default_vertex(at) {
                at = chosen;
            }
            if !seen.insert(at) || self.vertex(at).status < Status::Done {
                continue;
            }
            let value = match self.vertex(at).value.clone() {
                Value::Disjunction(d) if d.defaults == 1 => d.values[0].clone(),
                other => other,
            };
            match value {
                Value::Bottom(error) => found.extend(self.members(error)),
                Value::Struct | Value::List { .. } => {
                    for (label, field) in self.ordered_fields(at).into_iter().rev() {
                        if !label.is_regular() {
                            continue;
                        }
                        match self.vertex(field).arc {
                            ArcType::Member => todo.push(field),
                            ArcType::Required => found.push(self.required_missing(field)),
                            ArcType::Optional => {}
                        }
                    }
                }
                value if value.is_scalar() || !concrete => {}
                other => found.push(self.not_concrete(at, other)),
            }
        }
        found
    }

    /// How many steps the session has taken.
    pub fn work_done(&self) -> u64 {
        self.meter.used()
    }
}
