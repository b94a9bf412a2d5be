//! What tiers tell others: the outputs that they list, and what they demand of those below.

use strata_base::Diagnostic;
use strata_model::unit::{Constraint, OutputKind, TierOutput, constraints_output};
use strata_model::{Graph, Output, Recorded, Stack, Value};

use crate::bounds;
use crate::codes;
use crate::declare::Declared;

/// Puts the outputs of tiers into the graph. `find` gives those of units.
pub(crate) fn publish(
    stack: &Stack,
    recorded: Option<&Recorded>,
    declared: &[&Declared<'_>],
    find: &dyn Fn(&str, &str) -> Option<Value>,
    graph: &mut Graph,
    problems: &mut Vec<Diagnostic>,
) {
    for output in &stack.outputs {
        match value(output, declared, find) {
            Ok(published) => _ = graph.outputs.insert((output.context.clone(), output.name.clone()), published),
            Err(problem) => problems.push(*problem),
        }
    }
    for (partition, _) in &stack.scope {
        let own = |one: &&Constraint| one.context == partition.context && one.tier == partition.tier;
        let constraints: Vec<&Constraint> = stack.constraints.iter().filter(own).collect();
        if !constraints.is_empty() {
            let key = (partition.context.clone(), constraints_output(partition.tier));
            let value = bounds::published(&constraints);
            // Another name of the document demands nothing else.
            let known = recorded.and_then(|recorded| recorded.outputs.get(&key)).map(|output| &output.value);
            let value = known.filter(|known| bounds::demands_the_same(known, &value)).cloned().unwrap_or(value);
            graph.outputs.insert(key, Output { tier: partition.tier, value, sensitive: false });
        }
    }
}

fn value(
    output: &TierOutput,
    declared: &[&Declared<'_>],
    find: &dyn Fn(&str, &str) -> Option<Value>,
) -> Result<Output, Box<Diagnostic>> {
    let [_, source, kind] = output.spans;
    let told = declared.iter().find(|one| one.unit.name == output.unit).map(|one| one.contract);
    let found = told.and_then(|contract| contract.output(&output.output));
    let Some((name, info)) = found else {
        let of = told.map_or("", |contract| &contract.name);
        let message = format!("`{}`, a `{of}`, has no output `{}`", output.unit, output.output);
        let problem = Diagnostic::error(codes::UNKNOWN_OUTPUT, message).at(source);
        let known = told.into_iter().flat_map(|contract| contract.outputs.keys()).map(|known| &**known);
        return Err(Box::new(match strata_base::nearest(&output.output, known.clone()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("it has {}", known.collect::<Vec<_>>().join(", "))),
        }));
    };
    let wrong = |message: String| Box::new(Diagnostic::error(codes::OUTPUT_KIND, message).at(kind));
    if output.kind == OutputKind::Credential && !info.sensitive {
        return Err(wrong(format!("`{}` of `{}` is no secret, so it is no `credential_ref`", name, output.unit)));
    }
    if info.sensitive && !matches!(output.kind, OutputKind::Credential | OutputKind::Any | OutputKind::String) {
        return Err(wrong(format!("`{}` of `{}` is a secret: its type is `credential_ref`", name, output.unit)));
    }
    let Some(value) = find(&output.unit, name) else {
        let message = format!("`{}` does not tell its `{name}` as it stands here", output.unit);
        return Err(Box::new(Diagnostic::error(codes::UNKNOWN_OUTPUT, message).at(source)));
    };
    let fits = match (&value, output.kind) {
        (Value::String(_), OutputKind::Int | OutputKind::Bool) => false,
        (Value::Number(number), kind) => match kind {
            OutputKind::Int => number.is_integer(),
            kind => kind == OutputKind::Any,
        },
        (Value::Bool(_), kind) => matches!(kind, OutputKind::Bool | OutputKind::Any),
        (Value::List(_) | Value::Map(_), kind) => kind == OutputKind::Any,
        _ => true,
    };
    if !fits {
        return Err(wrong(format!("`{name}` of `{}` is {value}, which is not of that type", output.unit)));
    }
    Ok(Output { tier: output.tier, value, sensitive: info.sensitive })
}
