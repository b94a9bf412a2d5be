//! Declarations through the mappings of their providers.

use strata_base::{Diagnostic, Severity};
use strata_contracts::{Library, MapInput, MapOutput, Mapper, Problem, codes as contracts, nearest_place};

use crate::declare::Declared;

/// What a declaration became.
#[derive(Debug)]
pub(crate) struct Mapped<'a> {
    pub(crate) declared: &'a Declared<'a>,
    pub(crate) output: MapOutput,
}

/// All declarations, in their order, or all that mappings say against them.
pub(crate) fn map<'a>(
    declared: &'a [Declared<'a>],
    library: &Library,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Mapped<'a>>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut mapped = Vec::with_capacity(declared.len());
    for one in declared {
        let (unit, contract) = (one.unit, &*one.contract.name);
        let provider = &*unit.provider.provider;
        // Declaring has found out that there is one.
        let Some(mapper) = library.mapper(contract, provider) else { continue };
        let input = MapInput { unit: &unit.name, spec: &one.declaration.spec, file: unit.span.file };
        match mapper.map(&input) {
            Err(bug) => problems.push(bug.diagnostic(contract, provider, &unit.name, unit.span)),
            Ok(output) => {
                for problem in &output.problems {
                    let told = told(problem, one);
                    if told.is_error() { problems.push(told) } else { warnings.push(told) }
                }
                mapped.push(Mapped { declared: one, output });
            }
        }
    }
    if problems.is_empty() { Ok(mapped) } else { Err(problems) }
}

fn told(problem: &Problem, declared: &Declared<'_>) -> Diagnostic {
    let severity = if problem.is_error { Severity::Error } else { Severity::Warning };
    let (place, _) = nearest_place(&declared.declaration.spec, &problem.path, declared.unit.span);
    let message = format!("`{}`: {}", declared.unit.name, problem.message);
    let told = Diagnostic::new(severity, contracts::PROBLEM, message).at(place);
    problem.fix.iter().fold(told, |told, fix| told.hint(&**fix))
}
