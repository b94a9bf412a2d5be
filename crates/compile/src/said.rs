//! What operators say: settings of providers and bindings of contracts, checked before any mapping sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data, Node};
use strata_base::{Diagnostic, Span, nearest};
use strata_contracts::shape::Shape;
use strata_contracts::{Contract, Library};
use strata_model::Stack;

use crate::codes;
use crate::declare::{Declared, unknown_contract};

/// Complete: settings by provider, bindings by provider and contract. Where nothing can be said there are none.
#[derive(Debug)]
pub(crate) struct Said {
    settings: BTreeMap<Arc<str>, Data>,
    bindings: BTreeMap<(Arc<str>, Arc<str>), Data>,
    nothing: Data,
}

impl Said {
    /// Checks what was said, and fills in what was not for whatever is asked for.
    pub(crate) fn check(
        stack: &Stack,
        declared: &[Declared<'_>],
        library: &Library,
        problems: &mut Vec<Diagnostic>,
    ) -> Said {
        let mut said = Said { settings: BTreeMap::new(), bindings: BTreeMap::new(), nothing: nothing() };
        unbindable(stack, library, problems);
        meaningless(stack, library, problems);
        for one in declared {
            let (unit, contract) = (one.unit, one.contract);
            let provider = &one.provider.provider;
            if let (Some(info), false) = (library.provider(provider), said.settings.contains_key(provider)) {
                let given = stack.settings(provider);
                let named = stack.of(provider).map(|named| named.span).find(|span| !span.is_none());
                let named = named.unwrap_or(unit.span);
                let checked = library.configure(info, given.unwrap_or(&said.nothing), place(given, named));
                match checked {
                    Ok(settings) => _ = said.settings.insert(provider.clone(), settings),
                    Err(more) => {
                        problems.extend(more);
                        said.settings.insert(provider.clone(), nothing());
                    }
                }
            }
            let key = (provider.clone(), contract.name.clone());
            if library.binding(contract, provider).is_some() && !said.bindings.contains_key(&key) {
                let given = stack.bindings.get(&contract.name).map(|(_, given)| given);
                let own = given.map_or_else(nothing, |given| without_others(given, contract, provider, library));
                let binding = library.bind(contract, provider, &own, place(given, unit.contract_span));
                let binding = binding.unwrap_or_else(|more| {
                    problems.extend(more.into_iter().map(|problem| match given {
                        Some(_) => problem,
                        None => problem.hint(format!("an operator says it under `bindings: {}:`", contract.name)),
                    }));
                    None
                });
                said.bindings.insert(key, binding.unwrap_or_else(nothing));
            }
        }
        said
    }

    pub(crate) fn settings(&self, provider: &str) -> &Data {
        self.settings.get(provider).unwrap_or(&self.nothing)
    }

    pub(crate) fn binding(&self, provider: &Arc<str>, contract: &Arc<str>) -> &Data {
        self.bindings.get(&(provider.clone(), contract.clone())).unwrap_or(&self.nothing)
    }
}

/// What is said of a contract without what only means something where another provider serves it.
fn without_others(said: &Data, contract: &Contract, provider: &str, library: &Library) -> Data {
    let knows = |shape: &Shape, name: &str| shape.fields().is_some_and(|fields| fields.find(name).is_some());
    let is_own = |name: &str| library.binding(contract, provider).is_some_and(|own| knows(own, name));
    let is_known = |name: &str| library.bindings(contract).any(|(_, shape)| knows(shape, name));
    if !matches!(said.node(said.root()), Node::Struct(_)) {
        return said.clone();
    }
    let mut builder = Builder::new();
    builder.begin_struct(said.span(said.root()));
    for field in said.fields(said.root()).iter().filter(|field| is_own(&field.key) || !is_known(&field.key)) {
        builder.key(&field.key, field.key_span);
        builder.copy(said, field.value);
    }
    builder.end(Span::NONE);
    builder.finish()
}

/// What is said of contracts of which nothing can be said.
fn unbindable(stack: &Stack, library: &Library, problems: &mut Vec<Diagnostic>) {
    let known = library.contracts().filter(|contract| library.bindings(contract).next().is_some());
    let known: Vec<&str> = known.map(|contract| &*contract.name).collect();
    for (name, (span, _)) in stack.bindings.iter().filter(|(name, _)| !known.contains(&&***name)) {
        if library.contract(name).is_none() {
            problems.push(unknown_contract(name, *span, library));
            continue;
        }
        let message = format!("there is nothing to say of the contract `{name}`");
        let problem = Diagnostic::error(codes::NO_SETTINGS, message).at(*span);
        problems.push(match nearest(name, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => problem.hint("leave it out"),
            None => problem.hint(format!("something can be said of {}", known.join(", "))),
        });
    }
}

/// What is said to providers that do not care.
fn meaningless(stack: &Stack, library: &Library, problems: &mut Vec<Diagnostic>) {
    for named in &stack.providers {
        let name = &named.instance.provider;
        // One that there is not has been told.
        let Some(provider) = library.provider(name) else { continue };
        for (field, span) in named.place.iter().filter(|(field, _)| !provider.place_fields.contains(field)) {
            let message = format!("`{field}` means nothing to `{name}`");
            let problem = Diagnostic::error(codes::NO_SETTINGS, message).at(*span);
            problems.push(problem.hint(match &provider.place_fields[..] {
                [] => "leave it out".to_owned(),
                known => format!("leave it out; what it takes is {}", known.join(", ")),
            }));
        }
    }
}

fn place(given: Option<&Data>, unit: Span) -> Span {
    given.map_or(unit, |data| data.span(data.root()))
}

/// A struct without fields.
pub(crate) fn nothing() -> Data {
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.end(Span::NONE);
    builder.finish()
}
