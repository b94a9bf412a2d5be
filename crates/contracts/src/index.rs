//! Which fields of packages are contracts, mappings and providers; what is wrong with those that are malformed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::Data;
use cue_eval::{FieldView, InstanceId, Session, Value, VertexId};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::{Measure, Phase, Tier};

use crate::codes;
use crate::export::{concrete, export};
use crate::fidelity::Gap;
use crate::inputs::{self, Giver, INPUTS};
use crate::library::{Candidate, Contract, Dimension, Mapping, OutputInfo, Place, Provider, Scope};
use crate::mistake::mistake;
use crate::shape::{Fields, Packages, Shape};

/// Names that mean something else where a contract is named.
const RESERVED: [&str; 5] = ["component", "policy", "provider", "template", "trait"];

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

/// All that packages hold, by name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) contracts: BTreeMap<Arc<str>, Contract>,
    /// By contract, then by provider.
    pub(crate) mappings: BTreeMap<(Arc<str>, Arc<str>), Mapping>,
    pub(crate) providers: BTreeMap<Arc<str>, Provider>,
}

pub(crate) struct Indexing {
    reader: Reader,
    packages: Packages,
    index: Index,
    /// The mappings that took the place of another.
    replaced: BTreeSet<(Arc<str>, Arc<str>)>,
    problems: Vec<Diagnostic>,
}

/// What a field turned out to be, by a field that nothing else has.
#[derive(Clone, Copy)]
enum Sort {
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
            Sort::Provider => &["name", "about", "place"],
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

impl Indexing {
    pub(crate) fn new(session: Session, packages: Packages) -> Indexing {
        Indexing {
            reader: Reader { session },
            packages,
            index: Index::default(),
            replaced: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, candidate: Candidate, harness: InstanceId) {
        let Candidate { place, span, .. } = candidate;
        let Some(vertex) = self.reader.at(&place) else { return };
        let Some(sort) = self.reader.sort(vertex) else { return };
        let problems = self.reader.problems(&Entry { sort, vertex, place: &place, span }, &self.packages);
        if !problems.is_empty() {
            self.problems.extend(problems);
            return;
        }
        match sort {
            Sort::Contract => self.contract(vertex, place, span),
            Sort::Mapping => self.mapping(vertex, harness, place, span),
            Sort::Provider => self.provider(vertex, place, span),
        }
    }

    fn contract(&mut self, vertex: VertexId, place: Place, span: Span) {
        for part in ["#spec", "#outputs"] {
            if self.reader.field(vertex, part).is_none() {
                let problem = missing(Sort::Contract, part, span);
                let nothing = if part == "#outputs" { "refer to" } else { "say" };
                self.problems.push(problem.hint(format!("write `{part}: {{}}` where there is nothing to {nothing}")));
            }
        }
        let contract = self.reader.contract(vertex, place, span, &self.packages);
        self.problems.extend(self.packages.flaws());
        let Some(contract) = contract else {
            if self.problems.is_empty() {
                let message = "a contract's `#spec` and `#outputs` must stand where they can be read";
                self.problems.push(Diagnostic::error(codes::MALFORMED, message).at(span));
            }
            return;
        };
        if RESERVED.contains(&&*contract.name) {
            let message = format!("a contract cannot be called `{}`: the word means something else", contract.name);
            self.problems.push(Diagnostic::error(codes::MALFORMED, message).at(span));
        }
        for (name, dimension) in &contract.dimensions {
            for path in dimension.times.iter().chain([&dimension.path]) {
                self.property(&contract, path, &format!("the dimension `{name}`"));
            }
        }
        for (name, path) in &contract.quotas {
            self.property(&contract, path, &format!("the quota `{name}`"));
        }
        let what = format!("the contract `{}`", contract.name);
        let before = self.index.contracts.insert(contract.name.clone(), contract);
        self.twice(&what, before.map(|contract| contract.span), span);
    }

    /// A path that a contract names must be one of a property.
    fn property(&mut self, contract: &Contract, path: &str, what: &str) {
        if contract.spec.at(path).is_none() {
            let message = format!("{what} of `{}` speaks of `{path}`, which is no property", contract.name);
            self.problems.push(Diagnostic::error(codes::MALFORMED, message).at(contract.span));
        }
    }

    fn mapping(&mut self, vertex: VertexId, harness: InstanceId, place: Place, span: Span) {
        let Some(mut mapping) = self.reader.mapping(vertex, harness, place, span) else { return };
        mapping.binding = self.packages.shape(mapping.place.instance.0 as usize, &mapping.place.field, "#binding");
        self.problems.extend(self.packages.flaws());
        let key = (mapping.contract.clone(), mapping.provider.clone());
        let Some(before) = self.index.mappings.get(&key) else {
            self.index.mappings.insert(key, mapping);
            return;
        };
        match (before.overrides, mapping.overrides) {
            (false, true) => {
                self.replaced.insert(key.clone());
                self.index.mappings.insert(key, mapping);
            }
            (true, false) => _ = self.replaced.insert(key),
            _ => {
                let what = format!("the mapping of `{}` for `{}`", mapping.contract, mapping.provider);
                let before = before.span;
                self.twice(&what, Some(before), span);
                if let Some(problem) = self.problems.last_mut().filter(|_| !mapping.overrides) {
                    let hint = "one that takes the place of another says `override: true`";
                    *problem = problem.clone().hint(hint);
                }
            }
        }
    }

    fn provider(&mut self, vertex: VertexId, place: Place, span: Span) {
        let (Some(name), Some(about)) = (self.reader.text(vertex, "name"), self.reader.text(vertex, "about")) else {
            return;
        };
        let shape = self.packages.shape(place.instance.0 as usize, &place.field, "#config");
        self.problems.extend(self.packages.flaws());
        let Some(config) = shape else {
            self.problems.push(missing(Sort::Provider, "#config", span));
            return;
        };
        let place_fields = self.reader.texts(vertex, "place");
        let provider = Provider { name: name.clone(), about, place_fields, config, span, place };
        let before = self.index.providers.insert(name.clone(), provider);
        self.twice(&format!("the provider `{name}`"), before.map(|provider| provider.span), span);
    }

    fn twice(&mut self, what: &str, before: Option<Span>, now: Span) {
        let Some(before) = before else { return };
        let message = format!("{what} stands here twice");
        self.problems.push(Diagnostic::error(codes::TWO_OF_ONE_NAME, message).at(now).also(before, "and here before"));
    }

    pub(crate) fn finish(mut self) -> Result<Index, Vec<Diagnostic>> {
        // What a mapping speaks of may be what was found to be wrong.
        if self.problems.is_empty() {
            self.problems = self.index.mappings.values().flat_map(|mapping| self.strangers(mapping)).collect();
            self.problems.extend(self.measured_twice());
        }
        if self.problems.is_empty() { Ok(self.index) } else { Err(self.problems) }
    }

    /// A bound of one name bounds one thing: contracts that measure it in other units would each read it otherwise.
    fn measured_twice(&self) -> Vec<Diagnostic> {
        // Whoever adds a contract looks at those that there are.
        let mut contracts: Vec<&Contract> = self.index.contracts.values().collect();
        contracts.sort_by_key(|contract| contract.place.instance.0);
        let mut first: BTreeMap<&Arc<str>, (Measure, &Contract)> = BTreeMap::new();
        let mut problems = Vec::new();
        for contract in contracts {
            for (name, dimension) in &contract.dimensions {
                let (measure, other) = *first.entry(name).or_insert((dimension.measure, contract));
                if measure != dimension.measure {
                    let (own, other, before) = (&contract.name, &other.name, other.span);
                    let message = format!("the dimension `{name}` of `{own}` has another unit than that of `{other}`");
                    let problem = Diagnostic::error(codes::MALFORMED, message).at(contract.span).also(before, "here");
                    problems.push(problem.hint("give both one `unit`; `each` says how much one of the property is"));
                }
            }
        }
        problems
    }

    /// What a mapping names and nobody knows.
    fn strangers(&self, mapping: &Mapping) -> Vec<Diagnostic> {
        let Index { contracts, providers, .. } = &self.index;
        let (contract, provider) = (&mapping.contract, &mapping.provider);
        let mut problems = Vec::new();
        let mut stranger = |field: &str, name: &str, message: String, known: &mut dyn Iterator<Item = &str>| {
            let at = self.packages.place(&mapping.place, field).unwrap_or(mapping.span);
            let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
            let known: Vec<&str> = known.collect();
            problems.push(match nearest(name, known.iter().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("there are {}", known.join(", "))),
            });
        };
        let known = contracts.get(contract);
        if mapping.scope == Scope::Unit && known.is_none() {
            let message = format!("there is no contract `{contract}` to map");
            stranger("contract", contract, message, &mut contracts.keys().map(|name| &**name));
        }
        if !providers.contains_key(provider) {
            let message = format!("no `core.#Provider` tells of a provider `{provider}`");
            stranger("provider", provider, message, &mut providers.keys().map(|name| &**name));
        }
        for read in mapping.reads.iter().filter(|read| ***read != *"*" && !contracts.contains_key(*read)) {
            let message = format!("there is no contract `{read}` for a mapping to read");
            stranger("reads", read, message, &mut contracts.keys().map(|name| &**name));
        }
        for part in mapping.wants.iter().flatten().filter(|part| !INPUTS.contains(&&***part)) {
            stranger("#in", part, format!("a mapping is given no `{part}`"), &mut INPUTS.into_iter());
        }
        for gap in &mapping.gaps {
            let (shape, path) = match gap.path.strip_prefix("binding:") {
                Some(path) => (mapping.binding.as_ref().or(known.and_then(|known| known.binding.as_ref())), path),
                None => (known.map(|known| &known.spec), &*gap.path),
            };
            if let Some(shape) = shape.filter(|shape| shape.at(path).is_none()) {
                let names: Vec<&str> = shape
                    .fields()
                    .map_or_else(Vec::new, |fields| fields.all().into_iter().map(|field| &*field.name).collect());
                let message = format!("a gap speaks of `{path}`, which is no property of `{contract}`");
                stranger("gaps", path, message, &mut names.into_iter());
            }
        }
        let listed = |shape: &Option<Shape>| -> Vec<Arc<str>> {
            let fields = shape.as_ref().and_then(Shape::fields).map_or_else(Vec::new, Fields::all);
            fields.into_iter().map(|field| field.name.clone()).collect()
        };
        if let Some(known) = known.filter(|_| mapping.binding.is_some()) {
            let own = listed(&mapping.binding);
            if let Some(left) = listed(&known.binding).into_iter().find(|name| !own.contains(name)) {
                let message =
                    format!("the `#binding` of this mapping leaves out `{left}`, which that of `{contract}` has");
                let at = self.packages.place(&mapping.place, "#binding").unwrap_or(mapping.span);
                let hint = format!("begin it with what the contract says: `#binding: {{{contract}.#binding, …}}`");
                problems.push(Diagnostic::error(codes::MALFORMED, message).at(at).hint(hint));
            }
        }
        if problems.is_empty() {
            let giver = Giver { mapping, contract: known, provider: providers.get(provider) };
            for (file, span) in self.packages.written(&mapping.place) {
                problems.extend(inputs::strangers(file, span, &giver));
            }
        }
        let key = (contract.clone(), provider.clone());
        if mapping.overrides && !self.replaced.contains(&key) && problems.is_empty() {
            let message = format!("there is no mapping of `{contract}` for `{provider}` to override");
            problems.push(Diagnostic::error(codes::MALFORMED, message).at(mapping.span));
        }
        problems
    }
}

fn missing(sort: Sort, field: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::MALFORMED, format!("{} needs `{field}`", sort.name())).at(span)
}

/// A contract, mapping or provider that is looked at.
struct Entry<'a> {
    sort: Sort,
    vertex: VertexId,
    place: &'a Place,
    span: Span,
}

/// Looks at contracts and mappings as they are evaluated.
pub(crate) struct Reader {
    pub(crate) session: Session,
}

impl Reader {
    fn sort(&mut self, vertex: VertexId) -> Option<Sort> {
        // Evaluates the vertex itself, so that its fields can be seen.
        self.field(vertex, "name");
        Sort::ALL.into_iter().find_map(|(sort, field)| {
            let label = self.session.string_label(field);
            self.session.arc(vertex, label).map(|_| sort)
        })
    }

    /// What is wrong with the fields that must be right, at the places where it is.
    fn problems(&mut self, entry: &Entry<'_>, packages: &Packages) -> Vec<Diagnostic> {
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

    fn contract(&mut self, vertex: VertexId, place: Place, span: Span, packages: &Packages) -> Option<Contract> {
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
                required: field.presence == crate::shape::Presence::Required,
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
        let mut quotas = BTreeMap::new();
        for field in self.members(vertex, "quotas") {
            if let Value::String(path) = concrete(&self.session, field.vertex).1 {
                quotas.insert(self.session.label_name(field.label).into(), path);
            }
        }
        Some(Contract { name, about, tier, phase, spec, outputs, dimensions, quotas, span, binding, place })
    }

    fn mapping(&mut self, vertex: VertexId, harness: InstanceId, place: Place, span: Span) -> Option<Mapping> {
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

    fn at(&mut self, place: &Place) -> Option<VertexId> {
        let root = self.session.root_of(place.instance).ok()?;
        self.field(root, &place.field)
    }

    fn field(&mut self, vertex: VertexId, name: &str) -> Option<VertexId> {
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

    fn text(&mut self, vertex: VertexId, name: &str) -> Option<Arc<str>> {
        match self.value(vertex, name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn texts(&mut self, vertex: VertexId, name: &str) -> Vec<Arc<str>> {
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
