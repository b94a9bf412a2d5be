//! How faithfully providers serve what contracts promise: static data, by property.

use std::sync::Arc;

use cue_data::{Data, Event, Field, Node, NodeId};
use cue_num::Number;

/// From worst to best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fidelity {
    /// Not at all.
    None,
    /// It is taken, and nothing comes of it.
    Stub,
    /// Not in every respect.
    Partial,
    Full,
}

/// What a provider does not do, or only in part.
#[derive(Clone, Debug)]
pub struct Gap {
    /// Of a property, such as `ingress.tls`.
    pub path: Arc<str>,
    pub level: Fidelity,
    /// What is missing.
    pub note: Arc<str>,
    /// What happens instead.
    pub instead: Option<Arc<str>>,
    /// What is missing where nothing is said of the property.
    pub without: Option<Arc<str>>,
    /// Whether it matters only where a secret stands.
    sensitive: bool,
    unless: Option<Data>,
    /// It matters only where a number is beyond one of these.
    bounds: Vec<Bound>,
}

/// A number that a property of the unit is beyond, below it or above it.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) path: Arc<str>,
    below: Option<Number>,
    above: Option<Number>,
}

impl Fidelity {
    pub const ALL: [Fidelity; 4] = [Fidelity::None, Fidelity::Stub, Fidelity::Partial, Fidelity::Full];

    pub fn name(self) -> &'static str {
        match self {
            Fidelity::None => "none",
            Fidelity::Stub => "stub",
            Fidelity::Partial => "partial",
            Fidelity::Full => "full",
        }
    }

    pub fn named(name: &str) -> Option<Fidelity> {
        Fidelity::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl Gap {
    /// Reads the gap of a property out of the data of a mapping.
    pub(crate) fn read(path: &str, data: Data) -> Option<Gap> {
        let text = |key: &str| data.get(data.root(), key).and_then(|id| data.as_str(id)).map(Arc::from);
        let (level, note, instead) = (Fidelity::named(&text("level")?)?, text("note")?, text("instead"));
        let has = |key: &str| data.get(data.root(), key).is_some();
        let (without, sensitive, has_exception) = (text("without"), has("sensitive"), has("unless"));
        let bounds = data.get(data.root(), "where").map_or_else(Vec::new, |id| bounds(&data, id));
        let unless = has_exception.then_some(data);
        Some(Gap { path: path.into(), level, note, instead, without, sensitive, unless, bounds })
    }

    pub(crate) fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// The gap as it concerns a declaration, if it does.
    pub fn of(&self, spec: &Data) -> Option<Gap> {
        match &self.without {
            Some(note) if at(spec, &self.path).is_empty() => {
                Some(Gap { note: note.clone(), instead: None, without: None, ..self.clone() })
            }
            _ => self.concerns(spec).then(|| Gap { without: None, ..self.clone() }),
        }
    }

    /// Whether a declaration asks for what is missing. A property that it does not have, or that is empty, asks for
    /// nothing.
    fn concerns(&self, spec: &Data) -> bool {
        let unless = self.unless.as_ref().and_then(|data| Some((data, data.get(data.root(), "unless")?)));
        let is_exception = |id| unless.is_some_and(|(data, value)| spec.compare(id, data, value).is_eq());
        let is_empty = |id| match spec.node(id) {
            Node::Struct(run) | Node::List(run) => run.is_empty(),
            _ => false,
        };
        let is_concerned = |id| !self.sensitive || has_secret(spec, id);
        let is_beyond = self.bounds.is_empty() || self.bounds.iter().any(|bound| bound.is_passed(spec));
        is_beyond && at(spec, &self.path).into_iter().any(|id| !is_empty(id) && !is_exception(id) && is_concerned(id))
    }
}

impl Bound {
    /// Whether a declaration says a number that is beyond it. What is known only later may be.
    fn is_passed(&self, spec: &Data) -> bool {
        let is_below = |number: &Number| self.below.as_ref().is_some_and(|bound| number.compare(bound).is_lt());
        let is_above = |number: &Number| self.above.as_ref().is_some_and(|bound| number.compare(bound).is_gt());
        at(spec, &self.path).into_iter().any(|id| match spec.node(id) {
            Node::Number(number) => is_below(number) || is_above(number),
            _ => true,
        })
    }
}

/// `{replicas: {above: 1}}`.
fn bounds(data: &Data, id: NodeId) -> Vec<Bound> {
    let number = |id: NodeId, key: &str| match data.node(data.get(id, key)?) {
        Node::Number(number) => Some(number.clone()),
        _ => None,
    };
    let bound = |field: &Field| Bound {
        path: (&*field.key).into(),
        below: number(field.value, "below"),
        above: number(field.value, "above"),
    };
    data.fields(id).iter().map(bound).collect()
}

/// Whether a part of a declaration is a secret, or is made of one.
fn has_secret(data: &Data, node: NodeId) -> bool {
    let has = |id: NodeId, key: &str| data.get(id, key).is_some();
    let is_secret = |id: NodeId| has(id, "$secret") || has(id, "$sensitive");
    data.events(node).any(|step| matches!(step.event, Event::BeginStruct) && is_secret(step.node))
}

/// Whatever stands at a path; `*` stands for every key, and a list for each of its elements.
fn at(data: &Data, path: &str) -> Vec<NodeId> {
    let mut found = vec![data.root()];
    for segment in path.split('.') {
        let inside = |id: NodeId| match data.node(id) {
            Node::List(_) => data.elements(id).to_vec(),
            _ => vec![id],
        };
        let structs = found.into_iter().flat_map(inside);
        let fields = structs.flat_map(|id| data.fields(id));
        found = fields.filter(|field| segment == "*" || *field.key == *segment).map(|field| field.value).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_data::Builder;
    use strata_base::Span;

    /// `{tls: …, mounts: {"/a": {readOnly: …}}, ports: [{protocol: …}], labels: {}}`
    fn spec(tls: bool, read_only: bool, protocol: &str) -> Data {
        let none = Span::NONE;
        let mut builder = Builder::new();
        builder.begin_struct(none);
        builder.key("tls", none);
        builder.bool(tls, none);
        for key in ["mounts", "/a"] {
            builder.key(key, none);
            builder.begin_struct(none);
        }
        builder.key("readOnly", none);
        builder.bool(read_only, none);
        builder.end(none);
        builder.end(none);
        builder.key("ports", none);
        builder.begin_list(none);
        builder.begin_struct(none);
        builder.key("protocol", none);
        builder.string(protocol, none);
        builder.end(none);
        builder.end(none);
        builder.key("labels", none);
        builder.begin_struct(none);
        builder.end(none);
        builder.end(none);
        builder.finish()
    }

    fn gap(path: &str, unless: Option<bool>) -> Gap {
        let none = Span::NONE;
        let mut builder = Builder::new();
        builder.begin_struct(none);
        for (key, text) in [("level", "stub"), ("note", "not here")] {
            builder.key(key, none);
            builder.string(text, none);
        }
        if let Some(unless) = unless {
            builder.key("unless", none);
            builder.bool(unless, none);
        }
        builder.end(none);
        Gap::read(path, builder.finish()).unwrap()
    }

    #[test]
    fn a_gap_concerns_who_asks_for_what_is_missing() {
        let spec = spec(false, true, "UDP");
        for (path, unless, expected) in [
            ("tls", None, true),
            ("tls", Some(false), false),
            ("tls", Some(true), true),
            ("mounts.*.readOnly", Some(false), true),
            ("mounts.*.readOnly", Some(true), false),
            ("ports.protocol", None, true),
            ("ports.name", None, false),
            ("labels", None, false),
            ("nothing", None, false),
        ] {
            assert_eq!(gap(path, unless).concerns(&spec), expected, "{path} unless {unless:?}");
        }
    }

    #[test]
    fn a_gap_may_matter_only_where_a_secret_stands() {
        let none = Span::NONE;
        let read = |marks: &[&str]| {
            let mut builder = Builder::new();
            builder.begin_struct(none);
            for (key, text) in [("level", "partial"), ("note", "it can be read")] {
                builder.key(key, none);
                builder.string(text, none);
            }
            for mark in marks {
                builder.key(mark, none);
                builder.bool(true, none);
            }
            builder.end(none);
            builder.finish()
        };
        // The marks of a secret that is told later are those of a gap too: `{…, $sensitive: true}`.
        let secret = read(&["$sensitive"]);
        for (spec, concerned) in [(read(&[]), false), (secret, true)] {
            let mut outer = Builder::new();
            outer.begin_struct(none);
            outer.key("env", none);
            outer.copy(&spec, spec.root());
            outer.end(none);
            let spec = outer.finish();
            assert_eq!(Gap::read("env", read(&["sensitive"])).unwrap().of(&spec).is_some(), concerned);
            assert!(Gap::read("env", read(&[])).unwrap().of(&spec).is_some());
        }
    }

    #[test]
    fn levels_are_in_order() {
        assert!(Fidelity::ALL.is_sorted());
        assert!(Fidelity::ALL.into_iter().all(|level| Fidelity::named(level.name()) == Some(level)));
    }
}
