//! What operators say: settings of providers and bindings of contracts, checked before any mapping sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data};
use strata_base::{Diagnostic, Span, nearest};
use strata_contracts::Library;
use strata_model::Stack;

use crate::codes;
use crate::declare::Declared;

/// Complete, by the names of providers and contracts. A provider or contract that lets nothing be said has none.
#[derive(Debug)]
pub(crate) struct Said {
    settings: BTreeMap<Arc<str>, Data>,
    bindings: BTreeMap<Arc<str>, Data>,
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
        let known: Vec<&str> = library.providers().map(|provider| &*provider.name).collect();
        unknown("provider", &stack.settings, &known, problems);
        let contracts = library.contracts().filter(|contract| contract.binding.is_some());
        let known: Vec<&str> = contracts.map(|contract| &*contract.name).collect();
        unknown("contract", &stack.bindings, &known, problems);
        meaningless(stack, library, problems);
        for one in declared {
            let (unit, contract) = (one.unit, one.contract);
            let provider = &one.provider.provider;
            if let (Some(info), false) = (library.provider(provider), said.settings.contains_key(provider)) {
                let given = stack.settings.get(provider);
                let checked = library.configure(info, given.unwrap_or(&said.nothing), place(given, unit.span));
                match checked {
                    Ok(settings) => _ = said.settings.insert(provider.clone(), settings),
                    Err(more) => {
                        problems.extend(more);
                        said.settings.insert(provider.clone(), nothing());
                    }
                }
            }
            if contract.binding.is_some() && !said.bindings.contains_key(&contract.name) {
                let given = stack.bindings.get(&contract.name);
                let checked = library.bind(contract, given.unwrap_or(&said.nothing), place(given, unit.span));
                let binding = checked.unwrap_or_else(|more| {
                    problems.extend(more);
                    None
                });
                said.bindings.insert(contract.name.clone(), binding.unwrap_or_else(nothing));
            }
        }
        said
    }

    pub(crate) fn settings(&self, provider: &str) -> &Data {
        self.settings.get(provider).unwrap_or(&self.nothing)
    }

    pub(crate) fn binding(&self, contract: &str) -> &Data {
        self.bindings.get(contract).unwrap_or(&self.nothing)
    }
}

fn unknown(what: &str, said: &BTreeMap<Arc<str>, Data>, known: &[&str], problems: &mut Vec<Diagnostic>) {
    for (name, data) in said.iter().filter(|(name, _)| !known.contains(&&***name)) {
        let message = format!("there is nothing to say of the {what} `{name}`");
        let problem = Diagnostic::error(codes::NO_SETTINGS, message).at(data.span(data.root()));
        problems.push(match nearest(name, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => problem.hint("leave it out"),
            None => problem.hint(format!("something can be said of {}", known.join(", "))),
        });
    }
}

/// Where a provider is and who calls it, as far as it does not care.
fn meaningless(stack: &Stack, library: &Library, problems: &mut Vec<Diagnostic>) {
    for (name, said) in &stack.places {
        let Some(provider) = library.provider(name) else { continue };
        for (field, span) in said.iter().filter(|(field, _)| !provider.place_fields.contains(field)) {
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
