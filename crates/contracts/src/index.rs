//! Which fields of packages are contracts, mappings and providers; what is wrong with those that are malformed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_eval::{InstanceId, Session, VertexId};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::Measure;

use crate::codes;
use crate::fidelity::Gap;
use crate::inputs::{self, Giver, INPUTS};
use crate::knowledge::{Candidate, Contract, Mapping, Place, Provider, Scope};
use crate::reader::{Entry, Reader, Sort, missing};
use crate::shape::{Fields, Packages, Shape};

/// Names that mean something else where a contract is named.
const RESERVED: [&str; 5] = ["component", "policy", "provider", "template", "trait"];

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
        let usual = self.reader.named_texts(vertex, "usual");
        let provider = Provider { name: name.clone(), about, place_fields, usual, config, span, place };
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
        let properties = mapping.gaps.iter().map(|gap| &gap.path);
        let bounded = mapping.gaps.iter().flat_map(Gap::bounds).map(|bound| &bound.path);
        for path in properties.chain(bounded) {
            let (shape, path) = match path.strip_prefix("binding:") {
                Some(path) => (mapping.binding.as_ref().or(known.and_then(|known| known.binding.as_ref())), path),
                None => (known.map(|known| &known.spec), &**path),
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
