//! Units against their contracts, and the references between them.

use std::collections::BTreeSet;
use std::sync::Arc;

use cue_data::{Builder, Data, Event, NodeId};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Span, nearest};
use strata_contracts::{Contract, Declaration, Library, codes as contracts};
use strata_model::{Stack, Unit};

use crate::codes;

/// A unit that satisfies its contract.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) contract: &'a Contract,
    pub(crate) declaration: Declaration,
}

/// The units of a stack by name, each with its contract.
type Peers<'a> = FxHashMap<&'a str, &'a Contract>;

/// All units, in their order, or all that is wrong with them.
pub(crate) fn declare<'a>(stack: &'a Stack, library: &'a Library) -> Result<Vec<Declared<'a>>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut known = Vec::with_capacity(stack.units.len());
    for unit in &stack.units {
        match library.contract(&unit.contract) {
            Some(contract) => known.push((unit, contract)),
            None => problems.push(unknown_contract(unit, library)),
        }
    }
    let peers: Peers<'_> = known.iter().map(|(unit, contract)| (&*unit.name, *contract)).collect();
    let names: BTreeSet<&str> = stack.units.iter().map(|unit| &*unit.name).collect();
    let mut declared = Vec::with_capacity(known.len());
    for (unit, contract) in known {
        if library.mapping(&contract.name, &unit.provider.provider).is_none() {
            problems.push(unsupported(unit, contract, library));
        }
        for (name, span) in unit.depends_on.iter().filter(|(name, _)| !names.contains(&**name)) {
            problems.push(unknown_unit(name, *span, &names));
        }
        let references = References { unit, peers: &peers, names: &names };
        let properties = references.marked(&unit.properties, &mut problems);
        match library.declare(contract, &properties, unit.span) {
            Ok(declaration) => declared.push(Declared { unit, contract, declaration }),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        return Ok(declared);
    }
    strata_base::diagnostic::sort(&mut problems);
    Err(problems)
}

fn unknown_contract(unit: &Unit, library: &Library) -> Diagnostic {
    let message = format!("there is no contract `{}`", unit.contract);
    let problem = Diagnostic::error(contracts::UNKNOWN_CONTRACT, message).at(unit.contract_span);
    match nearest(&unit.contract, library.contracts().map(|contract| &*contract.name)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("`strata contracts list` lists what there is"),
    }
}

fn unsupported(unit: &Unit, contract: &Contract, library: &Library) -> Diagnostic {
    let message = format!("provider `{}` does not serve `{}`", unit.provider.provider, contract.name);
    let problem = Diagnostic::error(contracts::UNSUPPORTED, message).at(unit.contract_span);
    let serving = library.mappings().filter(|mapping| mapping.contract == contract.name);
    let serving: Vec<String> = serving.map(|mapping| format!("`{}`", mapping.provider)).collect();
    if serving.is_empty() { problem } else { problem.hint(format!("{} does", serving.join(", "))) }
}

fn unknown_unit(name: &str, span: Span, names: &BTreeSet<&str>) -> Diagnostic {
    let problem = Diagnostic::error(codes::UNKNOWN_UNIT, format!("there is no capability `{name}`")).at(span);
    match nearest(name, names.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// The references that the properties of a unit make.
struct References<'a> {
    unit: &'a Unit,
    peers: &'a Peers<'a>,
    names: &'a BTreeSet<&'a str>,
}

impl References<'_> {
    /// The same properties with references to sensitive outputs marked as such, so that mappings can tell them.
    fn marked(&self, data: &Data, problems: &mut Vec<Diagnostic>) -> Data {
        let mut builder = Builder::new();
        // For each open container, whether a mark belongs before its end.
        let mut open: Vec<bool> = Vec::new();
        for step in data.events(data.root()) {
            match step.event {
                Event::BeginStruct => {
                    let sensitive = target(data, step.node).is_some_and(|(unit, output)| {
                        self.is_sensitive(&unit, &output, step.span, problems)
                            && data.get(step.node, "$sensitive").is_none()
                    });
                    open.push(sensitive);
                    builder.begin_struct(step.span);
                }
                Event::BeginList => {
                    open.push(false);
                    builder.begin_list(step.span);
                }
                Event::End => {
                    if open.pop() == Some(true) {
                        builder.key("$sensitive", step.span);
                        builder.bool(true, step.span);
                    }
                    builder.end(Span::NONE);
                }
                Event::Key(key) => builder.key(key, step.span),
                Event::Spelling(_) => {}
                Event::Null => _ = builder.null(step.span),
                Event::Bool(bool) => _ = builder.bool(bool, step.span),
                Event::Number(number) => _ = builder.number(number.clone(), step.span),
                Event::String(text) => _ = builder.string(text, step.span),
                Event::Bytes(bytes) => _ = builder.bytes(bytes, step.span),
            }
        }
        builder.finish()
    }

    fn is_sensitive(&self, unit: &str, output: &str, span: Span, problems: &mut Vec<Diagnostic>) -> bool {
        if unit == &*self.unit.name {
            let message = format!("`{unit}` refers to its own output `{output}`");
            problems.push(Diagnostic::error(codes::CIRCLE, message).at(span));
            return false;
        }
        let Some(contract) = self.peers.get(unit) else {
            // A unit whose contract is not known has been told.
            if !self.names.contains(unit) {
                problems.push(unknown_unit(unit, span, self.names));
            }
            return false;
        };
        let Some(info) = contract.output(output) else {
            let message = format!("`{unit}`, a `{}`, has no output `{output}`", contract.name);
            let problem = Diagnostic::error(codes::UNKNOWN_OUTPUT, message).at(span);
            let known = contract.outputs.keys().map(|known| &**known);
            problems.push(match nearest(output, known.clone()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("it has {}", known.collect::<Vec<_>>().join(", "))),
            });
            return false;
        };
        info.sensitive
    }
}

/// The unit and the output that a struct refers to, if it is such a reference.
pub(crate) fn target(data: &Data, node: NodeId) -> Option<(Arc<str>, Arc<str>)> {
    let body = data.get(node, "$ref")?;
    let text = |key: &str| data.get(body, key).and_then(|id| data.as_str(id)).map(Arc::from);
    Some((text("unit")?, text("attr")?))
}
