//! Looking at reality: drift, refresh; and taking over by hand what the planner would not: import, move, forget.

use std::collections::{BTreeMap, BTreeSet};

use strata_decide::Reality;
use strata_model::diff::{changes, project};
use strata_model::plan::Desired;
use strata_model::run::StepResult;
use strata_model::{
    Action, ActionKind, Address, Change, Context, Digest, DriftItem, DriftKind, DriftReport, Event, Expect, Graph,
    InProgress, Node, ObjectId, OnDrift, Outcome, Partition, Plan, ProviderInstance, Reason, Record, Resource, Risk,
    RunId, Status, Step, StepOp, Token,
};
use strata_ports::{Call, ExpectHead, Health, Owner, Reads, StoreError, Write, at_one_moment};

use crate::apply::recover;
use crate::approve::{Authority, Verb};
use crate::failure::{Failure, FailureKind};
use crate::gather::DriverTable;
use crate::lease::Held;
use crate::{Applied, Engine, PlanOptions, codes, gather, lease, pool};

impl Engine<'_> {
    /// Compares what is recorded of a context with what is, and keeps the report. Changes neither.
    pub fn drift(&self, context: &Context) -> Result<DriftReport, Failure> {
        let before = self.store.resources(context)?;
        let drivers = gather::drivers(self, before.iter().map(|resource| &resource.provider));
        let reality = gather::reality(self, &drivers, &before)?;
        let (in_progress, resources) = self.at_rest(context, before)?;
        let compared = resources.len() as u64;
        let mut items: Vec<DriftItem> = Vec::new();
        for resource in &resources {
            items.extend(item(&drivers, resource, reality.get(&resource.address)));
        }
        let (unmanaged, unlisted) = self.unmanaged(context, &resources)?;
        (self.events)(Event::Drift {
            context: context.clone(),
            compared,
            differing: items.len() as u64,
            unmanaged: unmanaged.len() as u64,
        });
        items.extend(unmanaged);
        let report = DriftReport { at: self.clock.now(), compared, items, in_progress, unlisted };
        self.store.commit(Write {
            context,
            expect: ExpectHead::Any,
            fence: None,
            stamp: &self.stamp(),
            records: &[Record::Drift(report.clone())],
        })?;
        Ok(report)
    }

    /// Of what was recorded before reality was looked at: what somebody is at, and what nobody was, of which alone it can be said
    /// how it differs. What is not recorded any more is neither.
    fn at_rest(&self, context: &Context, before: Vec<Resource>) -> Result<(Vec<InProgress>, Vec<Resource>), Failure> {
        let (now, open, last) = at_one_moment(self.store, |moment| -> Result<_, StoreError> {
            Ok((moment.resources(context)?, moment.open_intents(context)?, moment.runs(context, 1)?.pop()))
        })?;
        let now: BTreeMap<&Address, &Resource> = now.iter().map(|resource| (&resource.address, resource)).collect();
        let mut in_progress: BTreeMap<Address, RunId> =
            open.into_iter().map(|intent| (intent.address, intent.run)).collect();
        let mut at_rest = Vec::new();
        for resource in before {
            let Some(found) = now.get(&resource.address) else { continue };
            match &last {
                _ if in_progress.contains_key(&resource.address) => {}
                // A call has ended meanwhile, and perhaps was looked at while it was open.
                Some(run) if **found != resource => _ = in_progress.insert(resource.address, run.id.clone()),
                _ => at_rest.push(resource),
            }
        }
        Ok((in_progress.into_iter().map(|(address, run)| InProgress { address, run }).collect(), at_rest))
    }

    /// Compares the contexts of a document, and where the document asks for it records the plans that put right what
    /// differs, to be approved and applied as any other.
    pub fn remedy(&self, graph: &Graph) -> Result<Vec<(Context, DriftReport, Vec<Digest>)>, Failure> {
        let contexts: BTreeSet<&Context> = graph.scope.iter().map(|partition| &partition.context).collect();
        let mut found = Vec::new();
        let mut wanted = BTreeSet::new();
        for context in contexts {
            let report = self.drift(context)?;
            for address in report.differing() {
                let tier = self.store.resource(address)?.map(|resource| resource.tier);
                wanted.extend(tier.map(|tier| Partition { context: context.clone(), tier }));
            }
            found.push((context.clone(), report, Vec::new()));
        }
        let asks = |partition: &Partition| {
            graph.execution.get(partition).is_some_and(|execution| execution.on_drift == OnDrift::PlanRemediation)
        };
        wanted.retain(asks);
        if wanted.is_empty() {
            return Ok(found);
        }
        let options = PlanOptions { refresh: true, ..PlanOptions::default() };
        let mut set = self.plan(graph, &options)?.set;
        set.plans.retain(|plan| wanted.contains(&plan.partition) && !plan.is_empty());
        self.record_plans(&set)?;
        for plan in &set.plans {
            let Partition { context, tier } = &plan.partition;
            (self.events)(Event::Remedy { plan: plan.hash, context: context.clone(), tier: *tier });
            let own = found.iter_mut().filter(|(found, ..)| found == context);
            own.for_each(|(.., plans)| plans.push(plan.hash));
        }
        Ok(found)
    }

    /// Objects that carry our mark for this context and that nothing recorded knows of, and objects that carry no mark;
    /// and the instances that cannot tell of all.
    fn unmanaged(
        &self,
        context: &Context,
        resources: &[Resource],
    ) -> Result<(Vec<DriftItem>, Vec<ProviderInstance>), Failure> {
        let ours = self.store.project()?;
        // What came too late is of a call that a plan has made, and perhaps nothing is recorded beside it.
        let planned = self.store.planned_at(context)?;
        let left = resources.iter().flat_map(|resource| resource.deposed.iter().map(|old| &old.provider));
        let recorded = resources.iter().map(|resource| &resource.provider);
        let instances: BTreeSet<&ProviderInstance> = recorded.chain(left).chain(&planned).collect();
        let nobody =
            context.address("unmanaged", "list").map_err(|error| Failure::error(codes::DRIVER, error.to_string()))?;
        let (mut all, mut unlisted) = (Vec::new(), Vec::new());
        for instance in instances {
            let Some(driver) = self.drivers.driver(instance) else { continue };
            if !driver.guarantees().complete_list {
                unlisted.push(instance.clone());
            }
            let call = self.look(Owner { project: ours.clone(), address: nobody.clone() });
            let listed = driver.list(&call).map_err(|error| {
                Failure::error(codes::DRIVER, format!("cannot list the objects of `{instance}`: {error}"))
            })?;
            all.extend(listed);
        }
        // Somebody may be at work: what was listed is recorded before, or by now, or made by a call that is still open.
        let (after, open) = at_one_moment(self.store, |moment| -> Result<_, StoreError> {
            Ok((moment.resources(context)?, moment.open_intents(context)?))
        })?;
        let known: BTreeSet<&ObjectId> = resources.iter().chain(&after).flat_map(objects).collect();
        let under_way: BTreeSet<&Address> = open.iter().map(|intent| &intent.address).collect();
        let mut items = Vec::new();
        for found in all.into_iter().filter(|found| !known.contains(&found.object)) {
            let address = match &found.owner {
                Some(owner) if owner.project == ours && owner.address.is_in(context) => Some(owner.address.clone()),
                // Somebody else's, or another context's.
                Some(_) => continue,
                None => None,
            };
            if address.as_ref().is_some_and(|address| under_way.contains(address)) {
                continue;
            }
            let (kind, object) = (found.kind, found.object);
            items.push(DriftItem { address, kind, object, drift: DriftKind::Unmanaged, changes: Vec::new() });
        }
        Ok((items, unlisted))
    }

    fn look(&self, owner: Owner) -> Call {
        let until = self.clock.monotonic() + self.limits.call;
        Call { owner, token: Token("look".into()), until, attempt: 1 }
    }

    /// Records what is: attributes as they are read, and whether each resource is healthy and as it was sent. How many
    /// records changed.
    pub fn refresh(&self, context: &Context, authority: &Authority) -> Result<usize, Failure> {
        let tiers: BTreeSet<_> = self.store.resources(context)?.iter().map(|resource| resource.tier).collect();
        for tier in tiers {
            authority.permit(&self.who.principal, Verb::Apply, context, tier)?;
        }
        lease::with(self, context, "refresh", |held| {
            recover(self, held)?;
            let resources = self.store.resources(context)?;
            let drivers = gather::drivers(self, resources.iter().map(|resource| &resource.provider));
            let reality = gather::reality(self, &drivers, &resources)?;
            let healths = self.healths(&drivers, &resources)?;
            let mut records = Vec::new();
            for resource in &resources {
                let mut now = resource.clone();
                let drifted = item(&drivers, resource, reality.get(&resource.address)).is_some();
                if let Some(Reality::Present(attributes)) = reality.get(&resource.address) {
                    now.observed = attributes.clone();
                }
                now.status = match (drifted, healths.get(&resource.address)) {
                    (true, _) => Status::Drifted,
                    (false, Some(Health::Degraded(_) | Health::Unhealthy(_))) => Status::Degraded,
                    (false, _) => Status::Active,
                };
                if now != *resource {
                    // Only what others may refer to makes their plans stale.
                    if now.observed != resource.observed {
                        now.serial = held.serial();
                    }
                    now.updated = self.clock.now();
                    records.push(Record::Resource(Box::new(now)));
                }
            }
            if !records.is_empty() {
                held.commit(self, &records)?;
            }
            Ok(records.len())
        })
    }

    fn healths(&self, drivers: &DriverTable, resources: &[Resource]) -> Result<BTreeMap<Address, Health>, Failure> {
        let ours = self.store.project()?;
        let told = pool::map(self.limits.parallelism, resources, |resource| {
            let driver = drivers.get(&resource.provider)?;
            let call = self.look(Owner { project: ours.clone(), address: resource.address.clone() });
            // Who cannot tell has no bearing on the status.
            let health = driver.health(&resource.kind, &resource.object, &call).unwrap_or(Health::Unknown);
            Some((resource.address.clone(), health))
        });
        Ok(told.into_iter().flatten().collect())
    }

    /// Takes over an object that exists, as the node of a document says it shall be. What differs is the next plan's.
    pub fn import(
        &self,
        graph: &Graph,
        address: &Address,
        object: &ObjectId,
        authority: &Authority,
    ) -> Result<Applied, Failure> {
        let Some(node) = graph.nodes.get(address) else {
            let message = format!("the document has no node {address}");
            return Err(Failure::new(FailureKind::NotFound, codes::NO_SUCH_RESOURCE, message));
        };
        if self.store.resource(address)?.is_some() {
            return Err(in_the_way(address));
        }
        let action = Action {
            import: Some(object.clone()),
            ..bare(address, ActionKind::Import, &node.kind, &node.provider, Expect::Absent)
        };
        let desired = Desired {
            properties: node.properties.clone(),
            known: None,
            depends_on: node.depends_on.clone(),
            settings: node.settings.clone(),
            checks: node.checks.clone(),
        };
        if self.store.open_intents(&address.context())?.iter().any(|intent| intent.address == *address) {
            // What is said of the open call is worth no more than the name that stands for it.
            self.there_is(node, object)?;
        }
        self.settle_by_hand(address, authority, node.tier)?;
        self.apply_one(node.partition(), Action { desired: Some(desired), ..action }, StepOp::Import, authority)
    }

    fn there_is(&self, node: &Node, object: &ObjectId) -> Result<(), Failure> {
        let Some(driver) = self.drivers.driver(&node.provider) else {
            return Err(gather::no_provider(&node.address, &node.provider));
        };
        let call = self.look(Owner { project: self.store.project()?, address: node.address.clone() });
        let found = driver.read(&node.kind, object, &call);
        found.map(drop).map_err(|error| Failure::error(codes::DRIVER, format!("cannot take over {object}: {error}")))
    }

    /// Knows a resource by another address from now on.
    pub fn rename(&self, from: &Address, to: &Address, authority: &Authority) -> Result<Applied, Failure> {
        let resource = self.store.resource(from)?.ok_or_else(|| not_recorded(from))?;
        authority.permit(&self.who.principal, Verb::Administer, &from.context(), resource.tier)?;
        if from.context_str() != to.context_str() {
            let message = format!("{from} stays in its context, and {to} is of another");
            return Err(Failure::error(codes::IN_THE_WAY, message));
        }
        if self.store.resource(to)?.is_some() {
            return Err(in_the_way(to));
        }
        let desired = Desired {
            properties: resource.desired.clone(),
            known: None,
            depends_on: resource.depends_on.clone(),
            settings: resource.settings.clone(),
            checks: BTreeMap::new(),
        };
        let expect = Expect::Serial(resource.serial);
        let action = Action {
            desired: Some(desired),
            moved_from: Some(from.clone()),
            reasons: vec![Reason::Moved],
            ..bare(to, ActionKind::NoOp, &resource.kind, &resource.provider, expect)
        };
        let partition = Partition { context: to.context(), tier: resource.tier };
        self.apply_one(partition, action, StepOp::Record, authority)
    }

    /// Drops a resource from the records and leaves its object alone; or says that a call of which nobody knows had no
    /// effect.
    pub fn forget(&self, address: &Address, authority: &Authority) -> Result<(), Failure> {
        let context = address.context();
        let resource = self.store.resource(address)?;
        let open = self.store.open_intents(&context)?.iter().any(|intent| intent.address == *address);
        let Some(tier) = resource.as_ref().map(|resource| resource.tier).or(open.then_some(strata_model::Tier::Shared))
        else {
            return Err(not_recorded(address));
        };
        self.settle_by_hand(address, authority, tier)?;
        lease::with(self, &context, "forget", |held| {
            if resource.is_some() {
                // Calls that are open may refer to it, and could not be read back without it.
                recover(self, held)?;
            }
            let mut records = vec![Record::Note { text: format!("{address} forgotten by hand").into() }];
            if self.store.resource(address)?.is_some() {
                records.insert(0, Record::Removed { address: address.clone() });
            }
            held.commit(self, &records)?;
            Ok(())
        })
    }

    /// Closes calls at an address of which somebody says that he knows what became of them.
    fn settle_by_hand(
        &self,
        address: &Address,
        authority: &Authority,
        tier: strata_model::Tier,
    ) -> Result<(), Failure> {
        let context = address.context();
        authority.permit(&self.who.principal, Verb::Administer, &context, tier)?;
        let open = self.store.open_intents(&context)?;
        if !open.iter().any(|intent| intent.address == *address) {
            return Ok(());
        }
        lease::with(self, &context, "settle", |held: &mut Held| {
            let open = self.store.open_intents(&context)?;
            let records: Vec<Record> = open
                .into_iter()
                .filter(|intent| intent.address == *address)
                .map(|intent| {
                    let result = StepResult::Failed("settled by hand".to_owned());
                    Record::Outcome(Outcome { run: intent.run, step: intent.step, address: intent.address, result })
                })
                .collect();
            if !records.is_empty() {
                held.commit(self, &records)?;
            }
            Ok(())
        })
    }

    /// Applies a plan of one action, journaled and checked like any other.
    fn apply_one(
        &self,
        partition: Partition,
        action: Action,
        op: StepOp,
        authority: &Authority,
    ) -> Result<Applied, Failure> {
        authority.permit(&self.who.principal, Verb::Administer, &partition.context, partition.tier)?;
        let mut plan = Plan {
            hash: Digest([0; 32]),
            partition,
            turn: 0,
            gated: false,
            actions: vec![action],
            steps: vec![Step { action: 0, op, wave: 0, after: Vec::new(), follows: Vec::new() }],
            outputs: Vec::new(),
            relies: Vec::new(),
            unchanged: Vec::new(),
            affected: Vec::new(),
            warnings: Vec::new(),
            evidence: BTreeMap::new(),
        };
        let told = |error: serde_json::Error| Failure::error(codes::CHANGED_PLAN, error.to_string());
        plan.hash = plan.compute_hash().map_err(told)?;
        self.number(&mut plan)?;
        let applied = self.apply(&plan, authority)?;
        match applied.failure(&plan) {
            Some(failure) => Err(failure),
            None => Ok(applied),
        }
    }
}

/// The objects that a resource has, those that a replacement left behind too.
fn objects(resource: &Resource) -> impl Iterator<Item = &ObjectId> {
    std::iter::once(&resource.object).chain(resource.deposed.iter().map(|old| &old.object))
}

fn bare(
    address: &Address,
    action: ActionKind,
    kind: &strata_model::TypeName,
    provider: &ProviderInstance,
    expect: Expect,
) -> Action {
    Action {
        address: address.clone(),
        action,
        kind: kind.clone(),
        provider: provider.clone(),
        risk: Risk::None,
        reasons: vec![Reason::Requested],
        changes: Vec::new(),
        expect,
        reads: Vec::new(),
        secrets: Vec::new(),
        desired: None,
        moved_from: None,
        import: None,
        lifted: false,
    }
}

/// How a recorded resource differs from what is, if it does.
fn item(drivers: &DriverTable, resource: &Resource, reality: Option<&Reality>) -> Option<DriftItem> {
    match reality? {
        Reality::Missing => Some(differs(resource, DriftKind::Missing, Vec::new())),
        Reality::Present(attributes) => {
            let driver = drivers.get(&resource.provider)?;
            if resource.settings.read {
                let found = changes(&resource.observed, attributes);
                return changed(resource, found.into_iter());
            }
            let wanted = driver.diff(&resource.kind, resource.filled(), attributes);
            // Whether something matters is for the driver to say; told is what was and what is.
            let matters = |change: &Change| {
                wanted.iter().any(|found| found.path.covers(&change.path) || change.path.covers(&found.path))
            };
            let ignored =
                |change: &Change| resource.settings.ignore.iter().any(|pattern| pattern.matches(&change.path));
            let found = changes(resource.filled(), &project(attributes, resource.filled()));
            changed(resource, found.into_iter().filter(|change| matters(change) && !ignored(change)))
        }
    }
}

fn changed(resource: &Resource, found: impl Iterator<Item = Change>) -> Option<DriftItem> {
    let found: Vec<Change> = found.map(|change| Change { sensitive: is_sealed(&change), ..change }).collect();
    (!found.is_empty()).then(|| differs(resource, DriftKind::Changed, found))
}

fn differs(resource: &Resource, drift: DriftKind, changes: Vec<Change>) -> DriftItem {
    let (kind, object) = (resource.kind.clone(), resource.object.clone());
    DriftItem { address: Some(resource.address.clone()), kind, object, drift, changes }
}

fn is_sealed(change: &Change) -> bool {
    [&change.old, &change.new].into_iter().flatten().any(|value| matches!(value, strata_model::Value::Sealed(_)))
}

fn not_recorded(address: &Address) -> Failure {
    Failure::new(FailureKind::NotFound, codes::NO_SUCH_RESOURCE, format!("{address} is not recorded"))
}

fn in_the_way(address: &Address) -> Failure {
    Failure::error(codes::IN_THE_WAY, format!("{address} is recorded already"))
}
