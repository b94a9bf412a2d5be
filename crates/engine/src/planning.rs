//! Planning with a store: gather, decide, check.

use strata_base::Diagnostic;
use strata_decide::{Input, Options};
use strata_model::record::{PlanRecord, Stamp};
use strata_model::run::Holder;
use strata_model::{Context, Graph, Plan, PlanSet, Record};
use strata_ports::{ExpectHead, Reads, StoreError, Write, at_one_moment};

use crate::failure::Failure;
use crate::fate::is_over;
use crate::spoil::leave_a_note;
use crate::{Engine, codes, gather, lease};

#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    pub decide: Options,
    /// Compare with the providers and not only with what is recorded.
    pub refresh: bool,
}

#[derive(Debug)]
pub struct Planned {
    pub set: PlanSet,
    /// What should be known although it is no mistake.
    pub warnings: Vec<String>,
}

impl Engine<'_> {
    /// What would be done to make reality what the graph says. Takes no lease, makes no call but reads, writes nothing.
    pub fn plan(&self, graph: &Graph, options: &PlanOptions) -> Result<Planned, Failure> {
        let mut state = gather::state(self, graph, options.decide.destroy)?;
        let instances = graph.nodes.values().map(|node| &node.provider);
        let drivers =
            gather::drivers(self, instances.chain(state.resources.values().map(|resource| &resource.provider)));
        if options.refresh {
            let scope = |resource: &&strata_model::Resource| {
                graph
                    .scope
                    .iter()
                    .any(|partition| partition.tier == resource.tier && resource.address.is_in(&partition.context))
            };
            state.reality = Some(gather::reality(self, &drivers, state.resources.values().filter(scope))?);
        }
        let input = Input { graph, state: &state, schemas: &drivers, options: &options.decide };
        let mut set = strata_decide::plan(&input).map_err(Failure::validation)?;
        for plan in set.plans.iter_mut().filter(|plan| !plan.is_empty()) {
            self.number(plan)?;
        }
        self.refuse_what_providers_would(graph, &drivers, &set)?;
        refuse_broken(strata_decide::check(&set, &state, &drivers))?;
        let mut warnings = Vec::new();
        for partition in &graph.scope {
            warnings.extend(self.unfinished_work(&partition.context)?);
        }
        warnings.sort();
        warnings.dedup();
        leave_a_note(self, graph)?;
        Ok(Planned { set, warnings })
    }

    /// What is being done to a context now, or was left undone.
    fn unfinished_work(&self, context: &Context) -> Result<Option<String>, Failure> {
        let seen = || {
            at_one_moment(self.store, |moment| -> Result<_, StoreError> {
                Ok((moment.lease(context)?, moment.open_intents(context)?.len()))
            })
        };
        let (mut lease, mut open) = seen()?;
        // Who is gone by now may have finished before.
        if lease.as_ref().is_some_and(|lease| !lease::is_held(self, lease)) {
            (lease, open) = seen()?;
        }
        if let Some(lease) = lease.filter(|lease| lease::is_held(self, lease)) {
            let Holder { principal, process, operation } = lease.holder;
            return Ok(Some(format!(
                "{principal} ({process}, {operation}) is at work on {context}; what he does meanwhile is not in this plan"
            )));
        }
        Ok((open > 0).then(|| {
            format!("an earlier run of {context} left {open} calls open; the next apply reads them back first")
        }))
    }

    /// Makes a plan another one than all that have been applied before.
    pub(crate) fn number(&self, plan: &mut Plan) -> Result<(), Failure> {
        while is_over(self, plan)?.is_some() {
            plan.turn += 1;
            plan.hash = plan.compute_hash().map_err(|error| Failure::error(codes::CHANGED_PLAN, error.to_string()))?;
        }
        Ok(())
    }

    fn refuse_what_providers_would(
        &self,
        graph: &Graph,
        drivers: &gather::DriverTable,
        set: &PlanSet,
    ) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for action in set.plans.iter().flat_map(|plan| &plan.actions) {
            let (Some(desired), Some(driver)) = (&action.desired, drivers.get(&action.provider)) else { continue };
            if desired.settings.read {
                continue;
            }
            let span = graph.nodes.get(&action.address).map_or(strata_base::Span::NONE, |node| node.span);
            for (path, wrong) in driver.check(&action.kind, desired.known()) {
                let message = format!("`{path}` of {}: {wrong}", action.address);
                problems.push(Diagnostic::error(strata_decide::codes::REFUSED_VALUE, message).at(span));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Failure::validation(problems)) }
    }

    /// Keeps plans, so that others can read and approve them. Recording one twice changes nothing.
    pub fn record_plans(&self, set: &PlanSet) -> Result<(), Failure> {
        for plan in &set.plans {
            if !plan.is_empty() && self.store.plan(&plan.hash)?.is_none() {
                let stamp = self.stamp();
                let record = PlanRecord { plan: plan.clone(), created: stamp.at, by: self.who.principal.clone() };
                self.store.commit(Write {
                    context: &plan.partition.context,
                    expect: ExpectHead::Any,
                    fence: None,
                    stamp: &stamp,
                    records: &[Record::Plan(Box::new(record))],
                })?;
            }
        }
        Ok(())
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { by: self.who.principal.clone(), at: self.clock.now() }
    }
}

/// Refuses plans that break rules of the independent checker.
pub(crate) fn refuse_broken(broken: Vec<strata_decide::Violation>) -> Result<(), Failure> {
    let told = |violation: strata_decide::Violation| {
        Diagnostic::error(strata_decide::codes::BROKEN_PLAN, format!("the plan breaks {violation}"))
    };
    if broken.is_empty() { Ok(()) } else { Err(Failure::validation(broken.into_iter().map(told).collect())) }
}
