//! How faithfully the providers of a document serve what it asks for. Static data of mappings, held against declarations.

use std::sync::Arc;

use strata_base::{Diagnostic, Span};
use strata_contracts::{Fidelity, Gap, Library, codes as contracts};

use crate::codes;
use crate::declare::Declared;

/// What a unit asks for and is given only in part.
#[derive(Clone, Debug)]
pub struct UnitFidelity {
    pub unit: Arc<str>,
    pub contract: Arc<str>,
    pub provider: Arc<str>,
    /// By the paths of properties, with the places where they were asked for. All others are served fully.
    pub gaps: Vec<(Gap, Span)>,
}

impl UnitFidelity {
    /// That of its worst property.
    pub fn level(&self) -> Fidelity {
        self.gaps.iter().map(|(gap, _)| gap.level).min().unwrap_or(Fidelity::Full)
    }

    /// What stays below a level that is demanded.
    pub fn below(&self, demanded: Fidelity) -> Vec<Diagnostic> {
        let problem = |(gap, span): &(Gap, Span)| {
            let (path, unit, level, provider) = (&gap.path, &self.unit, gap.level.name(), &self.provider);
            let message =
                format!("`{path}` of `{unit}` is {level} on `{provider}`, and {} is demanded", demanded.name());
            Diagnostic::error(codes::FIDELITY, message).at(*span).hint(told(gap))
        };
        self.gaps.iter().filter(|(gap, _)| gap.level < demanded).map(problem).collect()
    }
}

/// What is missing and what happens instead, in one line.
pub fn told(gap: &Gap) -> String {
    match &gap.instead {
        Some(instead) => format!("{}; {instead}", gap.note),
        None => gap.note.to_string(),
    }
}

/// All units in their order.
pub(crate) fn report(declared: &[Declared<'_>], library: &Library) -> Vec<UnitFidelity> {
    let unit = |one: &Declared<'_>| {
        let (contract, provider) = (one.contract.name.clone(), one.provider.provider.clone());
        let gaps = library.mapping(&contract, &provider).map_or(&[][..], |mapping| &mapping.gaps);
        let spec = &one.declaration.spec;
        let gaps = gaps.iter().filter_map(|gap| gap.of(spec));
        let place = |gap: &Gap| library.place_of(spec, &gap.path, one.unit.span);
        let gaps = gaps.map(|gap| {
            let place = place(&gap);
            (gap, place)
        });
        let gaps = gaps.collect();
        UnitFidelity { unit: one.unit.name.clone(), contract, provider, gaps }
    };
    declared.iter().map(unit).collect()
}

/// What cannot be done at all is refused; what is done in part is told.
pub(crate) fn refused(report: &[UnitFidelity]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for unit in report {
        for (gap, span) in unit.gaps.iter().filter(|(gap, _)| gap.level == Fidelity::None) {
            let (path, contract, provider) = (&gap.path, &unit.contract, &unit.provider);
            let message = format!("provider `{provider}` does not serve `{path}` of `{contract}` as it is asked for");
            problems.push(Diagnostic::error(contracts::UNSUPPORTED, message).at(*span).hint(told(gap)));
        }
    }
    problems
}
