//! Reads contracts, mappings and providers out of evaluated packages, and tells what is wrong with their fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::Data;
use cue_eval::{FieldView, InstanceId, Session, Value, VertexId};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::{Measure, Phase, Tier};

use crate::codes;
use crate::export::{concrete, export};
use crate::fidelity::Gap;
use crate::knowledge::{Contract, Dimension, Mapping, OutputInfo, Place, Scope};
use crate::mistake::mistake;
use crate::shape::{Packages, Presence, Shape};

/// What might be looked for in a contract or a mapping, and what there is instead.
const NOT_SERVED: [(&str, &str); 6] = [
    (
        "lookups",
        "nothing is read from outside while mapping: let an operator say it, in `#binding` or in the `config` of the provider",
    ),
    ("slots", "a node is made by one mapping: refer to the other unit, and read it as a peer (`reads`)"),
    ("match", "one mapping serves a contract for a provider: write a condition in it"),
    ("uses", "what belongs together is one contract, or refers to another unit (`reads`)"),
    ("alias", "write `@alias(other)` behind the property that is also called `other`"),
    ("requires", "a property of the type `core.#Value` takes what another unit tells"),
];

/// What a field turned out to be, by a field that nothing else has.
#[derive(Clone, Copy)]
pub(crate) enum Sort {
    Contract,
    Mapping,
    Provider,
}

impl Sort {
    const ALL: [(Sort, &str); 3] =
        [(Sort::Contract, "dimensions"), (Sort::Mapping, "gaps"), (Sort::Provider, "isProvider")];

    fn knows(self, name: &str) -> bool {
        [self.fields(), self.others(), self.definitions()].iter().any(|names| names.contains(&name))
    }

    /// As it is called in messages.
    fn name(self) -> &'static str {
        match self {
            Sort::Contract => "a contract",
            Sort::Mapping => "a mapping",
            Sort::Provider => "a provider",
        }
    }

    /// The fields that must be right before anything is mapped.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Sort::Contract => &["name", "kind", "about", "tier", "phase", "dimensions", "quotas", "examples"],
            Sort::Mapping => &["contract", "provider", "per", "reads", "exports", "override", "gaps"],
            Sort::Provider => &["name", "about", "place", "usual"],
        }
    }

    /// The definitions, which are closed and no part of what it says of itself.
    fn definitions(self) -> &'static [&'static str] {
        match self {
            Sort::Contract => &["#spec", "#outputs", "#binding"],
            Sort::Mapping => &["#in", "#binding"],
            Sort::Provider => &["#config"],
        }
    }

    /// The fields that are looked at later.
    fn others(self) -> &'static [&'static str] {
        match self {
            Sort::Contract => &[],
            Sort::Mapping => &["nodes", "outputs", "problems"],
            Sort::Provider => &["isProvider"],
        }
    }
}

/// A contract, mapping or provider that is looked at.
pub(crate) struct Entry<'a> {
    pub(crate) sort: Sort,
    pub(crate) vertex: VertexId,
    pub(crate) place: &'a Place,
    pub(crate) span: Span,
}

/// Looks at contracts and mappings as they are evaluated.
pub(crate) struct Reader {
    pub(crate) session: Session,
}

impl Reader {
    pub(crate) fn sort(&mut self, vertex: VertexId) -> Option<Sort> {
        // Evaluates the vertex itself, so that its fields can be seen.
        self.field(vertex, "name");
        Sort::ALL.into_iter().find_map(|(sort, field)| {
            let label = self.session.string_label(field);
            self.session.arc(vertex, label).map(|_| sort)
        })
    }

    /// What is wrong with the fields that must be right, at the places where it is.
    pub(crate) fn problems(&mut self, entry: &Entry<'_>, packages: &Packages) -> Vec<Diagnostic> {
        let &Entry { sort, vertex, span, .. } = entry;
        // Much in a mapping is not known before it has its input.
        let own = self.session.own_error(vertex).into_iter().flat_map(|error| self.session.members(error));
        let mut errors: Vec<_> = own.filter(|&error| !self.session.error_info(error).code.is_incomplete()).collect();
        let mut problems = self.unknown(entry, packages);
        if !problems.is_empty() {
            return problems;
        }
        for &name in sort.fields() {
            let label = self.session.string_label(name);
            let Some(arc) = self.session.arc(vertex, label) else { continue };
            match arc.arc {
                cue_eval::ArcType::Required => problems.push(missing(sort, name, span)),
                cue_eval::ArcType::Optional => {}
                cue_eval::ArcType::Member => {
                    if self.session.finalize(arc.vertex).is_ok() {
                        errors.extend(self.session.incomplete_below(arc.vertex));
                    }
                }
            }
        }
        for error in errors {
            let info = self.session.error_info(error).clone();
            let members = self.session.members(error);
            let spans = members.iter().flat_map(|&member| &self.session.error_info(member).spans).chain(&info.spans);
            let own = self.session.places(info.vertex);
            let at = spans.chain(&own).copied().find(|place| place.file == span.file).unwrap_or(span);
            let mistake = mistake(&self.session, error, None);
            let message = format!("{} is wrong: {}", sort.name(), mistake.message);
            let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
            let problem = mistake.hint.into_iter().fold(problem, Diagnostic::hint);
            if !problems.iter().any(|known: &Diagnostic| known.span() == at) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Fields that neither contracts nor mappings have.
    fn unknown(&mut self, entry: &Entry<'_>, packages: &Packages) -> Vec<Diagnostic> {
        let &Entry { sort, vertex, place, span } = entry;
        let mut problems = Vec::new();
        for field in self.session.fields(vertex).into_iter().filter(|field| field.label.is_string()) {
            let name = self.session.label_name(field.label);
            if sort.knows(&name) {
                continue;
            }
            let at = packages.place(place, &name).unwrap_or(span);
            if let Some((_, instead)) = NOT_SERVED.iter().find(|(known, _)| *known == &*name) {
                let message = format!("nothing serves `{name}` of {}", sort.name());
                problems.push(Diagnostic::error(codes::MALFORMED, message).at(at).hint(*instead));
                continue;
            }
            let message = format!("{} has no field `{name}`", sort.name());
            let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
            let definition = sort.definitions().iter().find(|definition| definition[1..] == *name);
            let known = || sort.fields().iter().chain(sort.others()).copied();
            problems.push(match (definition, nearest(&name, known())) {
                (Some(definition), _) => {
                    problem.hint(format!("write `{definition}`: what a definition lists is all that may be said"))
                }
                (None, Some(near)) => problem.hint(format!("did you mean `{near}`?")),
                (None, None) => problem,
            });
        }
        // Other definitions are the author's own, but for those that are nearly one of ours.
        for (name, at) in packages.labels(place.instance.0 as usize, &place.field) {
            let near = nearest(&name, sort.definitions().iter().copied()).filter(|near| *near != &*name);
            // What is as short as `#in` is like many a name.
            let is_near = |near: &&str| near.len() > 4 || near.eq_ignore_ascii_case(&name);
            if let Some(near) = near.filter(is_near).filter(|_| name.starts_with('#')) {
                let message = format!("{} has no definition `{name}`", sort.name());
                let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
                problems.push(problem.hint(format!("did you mean `{near}`?")));
            }
        }
        problems
    }

    pub(crate) fn contract(
        &mut self,
        vertex: VertexId,
        place: Place,
        span: Span,
        packages: &Packages,
    ) -> Option<Contract> {
        let (name, about) = (self.text(vertex, "name")?, self.text(vertex, "about")?);
        let Value::Number(tier) = self.value(vertex, "tier")? else { return None };
        let tier = tier.to_cue_string().parse().ok().and_then(Tier::from_number)?;
        let phase = self.text(vertex, "phase")?;
        let phase = Phase::ALL.into_iter().find(|known| known.name() == &*phase)?;
        let shape =
            |definition| -> Option<Shape> { packages.shape(place.instance.0 as usize, &place.field, definition) };
        let (spec, binding) = (shape("#spec")?, shape("#binding"));
        let mut outputs = BTreeMap::new();
        for field in shape("#outputs")?.fields().into_iter().flat_map(|fields| &fields.fields) {
            let info = OutputInfo {
                sensitive: field.shape.sensitive,
                aliases: field.aliases.clone(),
                about: field.about.clone(),
                required: field.presence == Presence::Required,
            };
            outputs.insert(field.name.clone(), info);
        }
        let mut dimensions = BTreeMap::new();
        for field in self.members(vertex, "dimensions") {
            let (path, unit) = (self.text(field.vertex, "path")?, self.text(field.vertex, "unit")?);
            let Value::Number(each) = self.value(field.vertex, "each")? else { return None };
            let (each, times) = (each.to_cue_string().parse().ok()?, self.text(field.vertex, "times"));
            let dimension = Dimension { path, measure: Measure::named(&unit)?, each, times };
            dimensions.insert(self.session.label_name(field.label).into(), dimension);
        }
        let quotas = self.named_texts(vertex, "quotas");
        Some(Contract { name, about, tier, phase, spec, outputs, dimensions, quotas, span, binding, place })
    }

    pub(crate) fn mapping(
        &mut self,
        vertex: VertexId,
        harness: InstanceId,
        place: Place,
        span: Span,
    ) -> Option<Mapping> {
        let (contract, provider) = (self.text(vertex, "contract")?, self.text(vertex, "provider")?);
        let scope = match self.text(vertex, "per").as_deref() {
            Some("release") => Scope::Release,
            _ => Scope::Unit,
        };
        let overrides = matches!(self.value(vertex, "override"), Some(Value::Bool(true)));
        let (reads, exports) = (self.texts(vertex, "reads"), self.texts(vertex, "exports"));
        let (gaps, wants, file) = (self.gaps(vertex), self.wants(vertex), span.file);
        let binding = None;
        Some(Mapping {
            contract,
            provider,
            scope,
            reads,
            exports,
            gaps,
            binding,
            span,
            place,
            harness,
            file,
            wants,
            overrides,
        })
    }

    /// The parts of its input that a mapping states; nothing where it states no fields.
    fn wants(&mut self, vertex: VertexId) -> Option<BTreeSet<Arc<str>>> {
        let input = self.field(vertex, "#in")?;
        // Evaluates the input itself, so that its fields can be seen.
        self.field(input, "unit");
        let fields = self.session.fields(input).into_iter().filter(|field| field.label.is_string());
        let names: BTreeSet<Arc<str>> = fields.map(|field| self.session.label_name(field.label).into()).collect();
        (!names.is_empty()).then_some(names)
    }

    fn gaps(&mut self, vertex: VertexId) -> Vec<Gap> {
        let found = self.members(vertex, "gaps").into_iter();
        found
            .filter_map(|field| {
                let data = export(&self.session, field.vertex, None).data;
                Gap::read(&self.session.label_name(field.label), data)
            })
            .collect()
    }

    pub(crate) fn examples(&mut self, place: &Place) -> Vec<(Arc<str>, Data)> {
        let Some(vertex) = self.at(place) else { return Vec::new() };
        let examples = self.members(vertex, "examples").into_iter();
        let named = examples.map(|field| {
            let name = self.session.label_name(field.label).into();
            (name, export(&self.session, field.vertex, None).data)
        });
        named.collect()
    }

    pub(crate) fn at(&mut self, place: &Place) -> Option<VertexId> {
        let root = self.session.root_of(place.instance).ok()?;
        self.field(root, &place.field)
    }

    pub(crate) fn field(&mut self, vertex: VertexId, name: &str) -> Option<VertexId> {
        let label = self.session.label(name, "");
        self.session.field(vertex, label).ok().flatten()
    }

    fn members(&mut self, vertex: VertexId, name: &str) -> Vec<FieldView> {
        let Some(vertex) = self.field(vertex, name) else { return Vec::new() };
        if self.session.finalize(vertex).is_err() {
            return Vec::new();
        }
        self.session.fields(vertex).into_iter().filter(|field| field.label.is_string()).collect()
    }

    pub(crate) fn text(&mut self, vertex: VertexId, name: &str) -> Option<Arc<str>> {
        match self.value(vertex, name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn named_texts(&mut self, vertex: VertexId, name: &str) -> BTreeMap<Arc<str>, Arc<str>> {
        let members = self.members(vertex, name);
        let named = |field: FieldView| match concrete(&self.session, field.vertex).1 {
            Value::String(text) => Some((self.session.label_name(field.label).into(), text)),
            _ => None,
        };
        members.into_iter().filter_map(named).collect()
    }

    pub(crate) fn texts(&mut self, vertex: VertexId, name: &str) -> Vec<Arc<str>> {
        let Some(list) = self.field(vertex, name) else { return Vec::new() };
        if self.session.finalize(list).is_err() {
            return Vec::new();
        }
        let elements = self.session.fields(list).into_iter();
        let texts = elements.filter_map(|element| match concrete(&self.session, element.vertex).1 {
            Value::String(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    fn value(&mut self, vertex: VertexId, name: &str) -> Option<Value> {
        let field = self.field(vertex, name)?;
        self.session.finalize(field).ok()?;
        Some(concrete(&self.session, field).1)
    }
}

pub(crate) fn missing(sort: Sort, field: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::MALFORMED, format!("{} needs `{field}`", sort.name())).at(span)
}
