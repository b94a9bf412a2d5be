//! The middle of the compiler: units are declared (checked against their contracts), mapped (turned into drafts of nodes by
//! their provider's mappings) and linked (drafts become nodes of one graph).
//!
//! Invariant: pure. Sees no state, no file and no provider by name: the same units and the same library give the same
//! graph. All mistakes of a stage are told at once; a stage begins when the one before it found none.

pub mod codes;
mod convert;
mod declare;
mod link;
mod map;
mod peers;
mod said;

use strata_base::{Diagnostic, Sources};
use strata_contracts::Library;
use strata_model::{Graph, Stack};

/// The graph of a document, and what should be known although it is no mistake.
#[derive(Debug)]
pub struct Compiled {
    pub graph: Graph,
    pub warnings: Vec<Diagnostic>,
}

/// Makes a graph of units. The sources hold the texts of the document and of the library.
pub fn compile(stack: &Stack, library: &Library, sources: &Sources) -> Result<Compiled, Vec<Diagnostic>> {
    let declared = declare::declare(stack, library)?;
    let mut warnings = Vec::new();
    let mapped = map::map(stack, &declared, library, &mut warnings)?;
    let graph = link::link(stack, &mapped, sources)?;
    Ok(Compiled { graph, warnings })
}
