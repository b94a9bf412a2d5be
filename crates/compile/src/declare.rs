//! Units against their contracts, and the references between them.

use cue_data::{Data, Event, Step};
use strata_base::{Diagnostic, Span, meant, nearest};
use strata_contracts::{Contract, Declaration, Library, Worker, codes as contracts};
use strata_model::{ProviderInstance, Recorded, Stack, Unit};

use crate::UnitDeclaration;
use crate::codes;
use crate::references::{Peers, References};

/// A unit that satisfies its contract.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) contract: &'a Contract,
    pub(crate) provider: &'a ProviderInstance,
    pub(crate) declaration: Declaration,
}

impl Declared<'_> {
    pub(crate) fn told(self) -> UnitDeclaration {
        UnitDeclaration {
            unit: self.unit.name.clone(),
            contract: self.contract.name.clone(),
            tier: self.unit.tier,
            spec: self.declaration.spec,
            outputs: self.contract.outputs.keys().cloned().collect(),
        }
    }
}

/// All units, in their order, or all that is wrong with them.
pub(crate) fn declare<'a, 'l: 'a>(
    stack: &'a Stack,
    worker: &mut Worker<'l>,
    recorded: Option<&Recorded>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Declared<'a>>, Vec<Diagnostic>> {
    let library = worker.library();
    let mut problems = unknown_providers(stack, library);
    let peers: Peers<'_> =
        stack.units.iter().map(|unit| (&*unit.name, (unit, library.contract(&unit.contract)))).collect();
    let mut declared = Vec::with_capacity(stack.units.len());
    for unit in &stack.units {
        let Some(contract) = library.contract(&unit.contract) else {
            problems.push(unknown_contract(&unit.contract, unit.contract_span, library));
            continue;
        };
        if unit.tier > contract.tier {
            problems.push(below_its_tier(unit, contract));
        }
        let provider = route(unit, contract, library, &mut problems);
        let references = References { unit, peers: &peers, stack, recorded };
        references.dependencies(&mut problems);
        let properties = references.marked(&unit.properties, &mut problems);
        match (worker.declare(contract, &properties, unit.span), provider) {
            (Ok(declaration), Some(provider)) => declared.push(Declared { unit, contract, provider, declaration }),
            (Ok(_), None) => {}
            (Err(more), _) => problems.extend(more.into_iter().map(|problem| told_of_secrets(problem, &properties))),
        }
    }
    strata_base::diagnostic::sort(&mut problems);
    if problems.iter().any(Diagnostic::is_error) {
        return Err(problems);
    }
    warnings.append(&mut problems);
    Ok(declared)
}

/// What belongs to an upper tier is not to be had in a lower one, whatever it is called there.
fn below_its_tier(unit: &Unit, contract: &Contract) -> Diagnostic {
    let message =
        format!("`{}` belongs to tier {} and cannot be asked for in tier {}", contract.name, contract.tier, unit.tier);
    let problem = Diagnostic::error(codes::TIER_BOUNDARY, message).at(unit.contract_span);
    problem.hint(format!(
        "ask those who own tier {} for it, and refer to what it tells: `${{tier{}.…}}`",
        contract.tier, contract.tier
    ))
}

/// Who serves a unit: the one provider that it names, or the only one of its document that serves its contract.
fn route<'a>(
    unit: &'a Unit,
    contract: &Contract,
    library: &Library,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a ProviderInstance> {
    let is_known = |name: &str| library.provider(name).is_some();
    let serves = |instance: &&ProviderInstance| library.mapping(&contract.name, &instance.provider).is_some();
    if let Some((name, span)) = &unit.provider {
        let found = unit.providers.iter().find(|instance| instance.provider == *name);
        if found.is_none() {
            let known: Vec<&str> = unit.providers.iter().map(|instance| &*instance.provider).collect();
            let problem =
                Diagnostic::error(codes::NO_PROVIDER, format!("the document has no provider `{name}`")).at(*span);
            problems.push(problem.hint(format!("it has {}", known.join(", "))));
        }
        if let Some(instance) = found.filter(|instance| !serves(instance) && is_known(&instance.provider)) {
            problems.push(unsupported(unit, contract, library, &instance.provider));
        }
        return found;
    }
    let mut serving = unit.providers.iter().filter(serves);
    match (serving.next(), serving.next()) {
        (Some(only), None) => Some(only),
        (Some(first), Some(second)) => {
            let message = format!("both `{}` and `{}` serve `{}`", first.provider, second.provider, contract.name);
            let problem = Diagnostic::error(codes::NO_PROVIDER, message).at(unit.contract_span);
            problems.push(problem.hint(format!("say which: `provider: {}`", first.provider)));
            Some(first)
        }
        (None, _) => {
            // A document without a provider has been told, and so has a provider that there is not.
            let names: Vec<&str> = unit.providers.iter().map(|instance| &*instance.provider).collect();
            if !names.is_empty() && names.iter().all(|name| is_known(name)) {
                problems.push(unsupported(unit, contract, library, &names.join("` or `")));
            }
            None
        }
    }
}

/// Providers that are named and that nobody knows, told once each.
fn unknown_providers(stack: &Stack, library: &Library) -> Vec<Diagnostic> {
    let known = || library.providers().map(|provider| &*provider.name);
    let unknown = stack.providers.iter().filter(|named| library.provider(&named.instance.provider).is_none());
    let told = unknown.map(|named| {
        let name = &named.instance.provider;
        let problem =
            Diagnostic::error(contracts::UNSUPPORTED, format!("there is no provider `{name}`")).at(named.span);
        match nearest(name, known()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => {
                let all: Vec<&str> = known().collect();
                problem
                    .hint(format!("there are {}; `--provider NAME` serves everything by one of them", all.join(", ")))
            }
        }
    });
    told.collect()
}

/// A name of a contract that there is not, where it stands.
pub(crate) fn unknown_contract(name: &str, place: Span, library: &Library) -> Diagnostic {
    let message = format!("there is no contract `{name}`");
    let problem = Diagnostic::error(contracts::UNKNOWN_CONTRACT, message).at(place);
    let known: Vec<&str> = library.contracts().map(|contract| &*contract.name).collect();
    if let Some(near) = meant(name, &known) {
        return problem.hint(format!("did you mean `{near}`?"));
    }
    let says = |contract: &Contract| contract.spec.fields()?.says(name).map(|field| field.to_owned());
    let found = library.contracts().find_map(|contract| Some((&contract.name, says(contract)?)));
    match found {
        Some((contract, field)) => {
            problem.hint(format!("write `type: {contract}`, and `{field}: {name}` under its `properties`"))
        }
        None => problem.hint(format!("there are {}", known.join(", "))),
    }
}

fn unsupported(unit: &Unit, contract: &Contract, library: &Library, provider: &str) -> Diagnostic {
    let message = format!("provider `{provider}` does not serve `{}`", contract.name);
    let problem = Diagnostic::error(contracts::UNSUPPORTED, message).at(unit.contract_span);
    let serving = library.mappings().filter(|mapping| mapping.contract == contract.name);
    let serving: Vec<String> = serving.map(|mapping| format!("`{}`", mapping.provider)).collect();
    if serving.is_empty() { problem } else { problem.hint(format!("{} does", serving.join(", "))) }
}

/// A value that a contract refuses may be refused because it is known later only, which the contract cannot say.
fn told_of_secrets(problem: Diagnostic, properties: &Data) -> Diagnostic {
    let later = |step: &Step<'_>| {
        let is_here = matches!(step.event, Event::BeginStruct) && step.span == problem.span();
        is_here && properties.fields(step.node).iter().any(|field| field.key.starts_with('$'))
    };
    if problem.code != contracts::PROPERTY || !properties.events(properties.root()).any(|step| later(&step)) {
        return problem;
    }
    let hint =
        "what is secret or known only after apply cannot stand here: give it as a parameter, `${…}` with `--set`";
    problem.hint(hint)
}
