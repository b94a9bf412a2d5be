//! Evaluations of a mapping on made-up units.

use std::cell::RefCell;
use std::sync::Arc;

use cue_data::{Builder, Data};
use serde_json::{Map, Value, json};
use strata_base::{Diagnostic, FileId, Span};

use super::values::{data_of, value_of};
use crate::knowledge::{Contract, Mapping, Scope};
use crate::library::Library;
use crate::mapper::{MapOutput, Mapper, Part};
use crate::samples::{self, Variation};
use crate::worker::Worker;

/// The name of the unit that is tried.
pub(super) const UNIT: &str = "one";

/// What a mapping gave for a unit.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Outcome {
    /// The contract refuses it.
    Refused(String),
    Bug(String, Span),
    /// What is told to the user instead of nodes.
    Problems(Value),
    Mapped(Output),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Output {
    /// `nodes`, `outputs`, and `warnings` where there are any.
    pub(super) whole: Value,
}

/// A mapping with all that it is given besides a unit.
pub(super) struct Rig<'a> {
    pub(super) library: &'a Library,
    pub(super) mapping: &'a Mapping,
    /// Nothing for what is made once.
    pub(super) contract: Option<&'a Contract>,
    worker: RefCell<Worker<'a>>,
    settings: Data,
    binding: Data,
    place: Data,
    stack: Data,
}

impl<'a> Rig<'a> {
    pub(super) fn new(library: &'a Library, mapping: &'a Mapping) -> Rig<'a> {
        let contract = Some(mapping).filter(|mapping| mapping.scope == Scope::Unit);
        let contract = contract.and_then(|mapping| library.contract(&mapping.contract));
        let nothing = data_of(&json!({}));
        let provider = library.provider(&mapping.provider);
        let settings = provider.and_then(|provider| library.configure(provider, &nothing, Span::NONE).ok());
        let binding = contract.and_then(|contract| binding(library, contract, &mapping.provider));
        let mut stack = Map::new();
        for other in library.release_mappings(&mapping.provider) {
            let reference = |export: &Arc<str>| json!({"$ref": {"unit": *other.contract, "attr": **export}});
            let exports = other.exports.iter().map(|export| (export.to_string(), reference(export)));
            stack.insert(other.contract.to_string(), Value::Object(exports.collect()));
        }
        Rig {
            library,
            mapping,
            contract,
            worker: RefCell::new(library.worker()),
            settings: settings.unwrap_or_else(|| nothing.clone()),
            binding: binding.unwrap_or_else(|| nothing.clone()),
            place: data_of(&json!({"org": "acme", "env": "dev", "app": "shop"})),
            stack: data_of(&Value::Object(stack)),
        }
    }

    /// The same mapping of another library, of which only that mapping is asked.
    pub(super) fn over<'b>(&'b self, library: &'b Library) -> Rig<'b> {
        let Rig { mapping, contract, settings, binding, place, stack, .. } = self;
        Rig {
            library,
            mapping,
            contract: *contract,
            worker: RefCell::new(library.worker()),
            settings: settings.clone(),
            binding: binding.clone(),
            place: place.clone(),
            stack: stack.clone(),
        }
    }

    /// What the contract makes of properties, and what the mapping makes of that.
    pub(super) fn run(&self, unit: &str, properties: &Value, peers: &Value) -> (Option<Arc<Data>>, Outcome) {
        match self.declare(&data_of(properties)) {
            Ok(spec) => {
                let outcome = self.map(unit, &spec, &data_of(peers), None);
                (Some(Arc::new(spec)), outcome)
            }
            Err(refused) => (None, refused),
        }
    }

    pub(super) fn run_data(&self, unit: &str, properties: &Data, peers: &Data, binding: Option<&Data>) -> Outcome {
        match self.declare(properties) {
            Ok(spec) => self.map(unit, &spec, peers, binding),
            Err(refused) => refused,
        }
    }

    fn declare(&self, properties: &Data) -> Result<Data, Outcome> {
        let Some(contract) = self.contract else { return Ok(properties.clone()) };
        let declared = self.worker.borrow_mut().declare(contract, properties, Span::NONE);
        declared.map(|declaration| declaration.spec).map_err(|problems| Outcome::Refused(told(&problems)))
    }

    pub(super) fn map(&self, unit: &str, spec: &Data, peers: &Data, binding: Option<&Data>) -> Outcome {
        let parts = [
            ("unit", Part::Text(unit)),
            ("place", Part::Tree(&self.place)),
            ("spec", Part::Tree(spec)),
            ("settings", Part::Tree(&self.settings)),
            ("binding", Part::Tree(binding.unwrap_or(&self.binding))),
            ("peers", Part::Tree(peers)),
            ("stack", Part::Tree(&self.stack)),
        ];
        let input = self.mapping.input(FileId::NONE, &parts);
        let mut worker = self.worker.borrow_mut();
        let Some(mut mapper) = worker.mapper(&self.mapping.contract, &self.mapping.provider) else {
            return Outcome::Refused("there is no such mapping".to_owned());
        };
        match mapper.map(&input) {
            Err(bug) => Outcome::Bug(bug.message, bug.span),
            Ok(output) if output.problems.iter().any(|problem| problem.is_error) => {
                Outcome::Problems(problems(&output))
            }
            Ok(output) => {
                let mut whole = value_of(&output.data, output.data.root());
                if !output.problems.is_empty() {
                    whole["warnings"] = problems(&output);
                }
                Outcome::Mapped(Output { whole })
            }
        }
    }

    /// Peers to try with: none, and one or two of each contract that the mapping reads.
    pub(super) fn peers(&self) -> Vec<Value> {
        let reads: Vec<&Contract> = self
            .library
            .contracts()
            .filter(|contract| self.mapping.reads.iter().any(|read| **read == *contract.name || **read == *"*"))
            .collect();
        if reads.is_empty() {
            return vec![json!({})];
        }
        let several = |count: usize| {
            let units = reads.iter().map(|contract| {
                let names = (0..count).map(|index| format!("{}-{index}", contract.name.replace('_', "-")));
                let units = names.map(|name| (name.clone(), self.peer(contract, &name)));
                (contract.name.to_string(), Value::Object(units.collect()))
            });
            Value::Object(units.collect())
        };
        let mut peers = vec![several(1), several(2)];
        if self.contract.is_some() {
            peers.insert(0, json!({}));
        }
        peers
    }

    fn peer(&self, contract: &Contract, name: &str) -> Value {
        let bases = samples::bases(&contract.spec);
        let declared = bases.full.first().map(data_of);
        let declared = declared.and_then(|data| self.library.declare(contract, &data, Span::NONE).ok());
        let spec = declared.map_or_else(|| json!({}), |one| value_of(&one.spec, one.spec.root()));
        let outputs = contract.outputs.iter().map(|(output, info)| {
            let mut reference = json!({"$ref": {"unit": name, "attr": **output}});
            if info.sensitive {
                reference["$sensitive"] = true.into();
            }
            (output.to_string(), reference)
        });
        json!({"spec": spec, "outputs": Value::Object(outputs.collect()), "ready": {"$unit": name}})
    }
}

/// Units to try, and those that differ from each in one place. Of those with little there is little to vary.
pub(super) fn units(contract: &Contract) -> Vec<(Value, Vec<Variation>)> {
    let bases = samples::bases(&contract.spec);
    let full = bases.full.into_iter().map(|base| (base.clone(), samples::variations(&contract.spec, &base)));
    full.chain(bases.least.into_iter().map(|base| (base, Vec::new()))).collect()
}

fn problems(output: &MapOutput) -> Value {
    let told = output.problems.iter().map(|problem| {
        let mut told = json!({"path": *problem.path, "message": *problem.message});
        if let Some(fix) = &problem.fix {
            told["fix"] = (**fix).into();
        }
        told
    });
    told.collect()
}

fn told(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// What an operator says who says no more than he must.
fn binding(library: &Library, contract: &Contract, provider: &str) -> Option<Data> {
    let least = samples::bases(library.binding(contract, provider)?).least;
    let said = std::iter::once(json!({})).chain(least);
    let mut bound = said.map(|said| library.bind(contract, provider, &data_of(&said), Span::NONE));
    bound.find_map(Result::ok).flatten()
}

/// What a mapping makes of a case, as YAML: `properties`, and perhaps `unit`, `peers` and `binding`.
pub fn case(library: &Library, mapping: &Mapping, input: &Data) -> String {
    let rig = Rig::new(library, mapping);
    let part = |key: &str| {
        let mut builder = Builder::new();
        match input.get(input.root(), key) {
            Some(node) => _ = builder.copy(input, node),
            None => {
                builder.begin_struct(Span::NONE);
                builder.end(Span::NONE);
            }
        }
        builder.finish()
    };
    let unit = input.get(input.root(), "unit").and_then(|id| input.as_str(id)).unwrap_or(UNIT);
    let said = rig.contract.filter(|_| input.get(input.root(), "binding").is_some());
    let bound = said.map(|contract| library.bind(contract, &mapping.provider, &part("binding"), Span::NONE));
    let outcome = match bound.transpose() {
        Ok(bound) => rig.run_data(unit, &part("properties"), &part("peers"), bound.flatten().as_ref()),
        Err(problems) => Outcome::Refused(told(&problems)),
    };
    let value = match outcome {
        Outcome::Refused(message) => json!({"refused": message}),
        Outcome::Bug(message, _) => json!({"bug": message}),
        Outcome::Problems(problems) => json!({"problems": problems}),
        Outcome::Mapped(output) => output.whole,
    };
    let data = data_of(&value);
    cue_encode::yaml::to_string(&data, data.root(), cue_encode::Limit::default()).unwrap_or_default()
}
