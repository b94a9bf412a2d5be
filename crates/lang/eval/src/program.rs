//! A compiled program: immutable, shared by any number of sessions on any number of threads.

use std::sync::{Arc, OnceLock};

use strata_base::{Diagnostic, Sources};

use crate::ir::{ComprehensionId, Ir, Node, NodeId, StructLit};
use crate::label::Interner;
use crate::lower::{Instance, Library, PackageSource, lower};
use crate::origins::Surroundings;

/// Packages, resolved and ready for evaluation.
pub struct Program {
    pub(crate) ir: Ir,
    pub(crate) symbols: Interner,
    pub(crate) instances: Vec<Instance>,
    pub(crate) empty: Arc<str>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) library: Arc<Library>,
    comprehension_nodes: Vec<NodeId>,
    pub(crate) surroundings: OnceLock<Arc<Surroundings>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("nodes", &self.ir.nodes.len()).finish_non_exhaustive()
    }
}

impl Program {
    /// Compiles packages. The diagnostics are all that is wrong with names and literals; a program with errors can
    /// still be evaluated where they do not matter.
    pub fn compile(
        sources: &Arc<Sources>,
        packages: &[PackageSource<'_>],
        library: &Arc<Library>,
    ) -> (Arc<Program>, Vec<Diagnostic>) {
        let mut lowered = lower(packages, &**library);
        let mut comprehension_nodes = Vec::with_capacity(lowered.ir.comprehensions.len());
        for index in 0..lowered.ir.comprehensions.len() {
            let id = ComprehensionId(u32::try_from(index).unwrap_or(u32::MAX));
            let span = lowered.ir.span(lowered.ir.comprehension(id).body);
            comprehension_nodes.push(lowered.ir.add(Node::Comprehension(id), span));
        }
        let literals = lowered.ir.structs.iter().zip(&lowered.ir.struct_nodes);
        let place = |(literal, node): (&StructLit, &NodeId)| lowered.ir.own_place(literal, lowered.ir.span(*node));
        lowered.ir.struct_places = literals.map(place).collect();
        let program = Program {
            ir: lowered.ir,
            symbols: lowered.symbols,
            instances: lowered.instances,
            empty: "".into(),
            sources: Arc::clone(sources),
            library: Arc::clone(library),
            comprehension_nodes,
            surroundings: OnceLock::new(),
        };
        let mut diagnostics = lowered.diagnostics;
        strata_base::diagnostic::sort(&mut diagnostics);
        (Arc::new(program), diagnostics)
    }

    /// The node that stands for a comprehension of a struct, which is a declaration and no expression.
    pub(crate) fn comprehension_node(&self, id: ComprehensionId) -> NodeId {
        self.comprehension_nodes[id.0 as usize]
    }

    pub fn sources(&self) -> &Sources {
        &self.sources
    }
}
