//! The middle of the compiler: units are declared (checked against their contracts), mapped (turned into drafts of nodes by
//! their provider's mappings) and linked (drafts become nodes of one graph).
//!
//! Invariant: pure. Sees no state, no file and no provider by name: the same units and the same library give the same
//! graph. All mistakes of a stage are told at once; a stage begins when the one before it found none.

mod bounds;
pub mod codes;
mod convert;
mod declare;
mod explain;
pub mod fidelity;
mod link;
mod lint;
mod map;
mod peers;
mod publish;
mod quotas;
mod references;
mod said;
mod secrets;
mod whereabouts;

use std::sync::Arc;

use cue_data::Data;
use strata_base::{Diagnostic, Sources};
use strata_contracts::{Counts, Worker};
use strata_model::{Graph, Recorded, Stack, Tier};

pub use explain::{Bound, Leaf, explain};
pub use fidelity::UnitFidelity;
pub use quotas::is_usage;

/// The graph of a document, and what should be known although it is no mistake.
#[derive(Debug)]
pub struct Compiled {
    pub graph: Graph,
    pub warnings: Vec<Diagnostic>,
    /// What each unit asks for, checked and complete; the same whoever serves it.
    pub declarations: Vec<UnitDeclaration>,
    /// How faithfully each unit is served.
    pub fidelity: Vec<UnitFidelity>,
    /// What may be worth knowing, such as constraints that do not apply.
    pub notes: Vec<String>,
    pub effort: Effort,
}

/// What a unit asks for, after its contract has seen it.
#[derive(Debug)]
pub struct UnitDeclaration {
    pub unit: Arc<str>,
    pub contract: Arc<str>,
    pub tier: Tier,
    /// References to outputs of others stand in it as data.
    pub spec: Data,
    /// What others may refer to.
    pub outputs: Vec<Arc<str>>,
}

/// What a graph is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    Make,
    /// So that all that belongs to it goes: nothing of it is held against what others demand, or it could never go.
    Destroy,
}

/// How many declarations and mappings were evaluated, and how many were known from before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effort {
    pub declared: Counts,
    pub mapped: Counts,
}

/// Makes a graph of units by the library of a worker. The sources hold the texts of the document and of the library; what
/// is recorded is `None` where nobody looked, and then what it might hold is taken to be there.
pub fn compile(
    stack: &Stack,
    worker: &mut Worker<'_>,
    recorded: Option<&Recorded>,
    sources: &Sources,
    purpose: Purpose,
) -> Result<Compiled, Vec<Diagnostic>> {
    let (library, before) = (worker.library(), worker.counts());
    let mut warnings = Vec::new();
    let declared = declare::declare(stack, worker, recorded, &mut warnings)?;
    let fidelity = fidelity::report(&declared, library);
    let mut notes = Vec::new();
    if purpose == Purpose::Make {
        let held = bounds::hold(&declared, stack, library, recorded, sources);
        warnings.extend(held.warnings);
        warnings.extend(whereabouts::unsaid(&declared, stack, library, recorded));
        warnings.extend(lint::lint(&declared));
        notes = held.notes;
        notes.extend(lint::unused(&declared, stack));
        let exceeded = quotas::hold(&declared, stack, recorded);
        let others = secrets::hold(&declared);
        let problems = [held.problems, exceeded, others, fidelity::refused(&fidelity)].concat();
        if !problems.is_empty() {
            return Err(problems);
        }
    }
    let between = worker.counts();
    let mapped = map::map(stack, &declared, worker, &mut warnings)?;
    let effort = Effort { declared: between.since(before), mapped: worker.counts().since(between) };
    let mut graph = link::link(stack, mapped, recorded, sources)?;
    graph.relies = bounds::relies(stack);
    quotas::publish(&declared, stack, recorded, &mut graph);
    let declarations = declared.into_iter().map(declare::Declared::told).collect();
    Ok(Compiled { graph, warnings, declarations, fidelity, notes, effort })
}
