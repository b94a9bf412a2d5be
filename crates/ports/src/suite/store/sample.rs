//! Deterministic values for tests of stores.

use std::collections::BTreeMap;

use strata_model::record::{PlanRecord, Stamp};
use strata_model::run::{Holder, StepResult};
use strata_model::{
    Action, ActionKind, Address, Checkpoint, Context, Dependency, Digest, Expect, Fence, Intent, Lease, ObjectId,
    Outcome, Partition, Plan, Principal, ProviderInstance, Record, Resource, Risk, Run, RunId, RunStatus, Status,
    StepOp, Strength, Tier, Timestamp, Token, Value,
};

use crate::compaction::Summary;

pub fn context(app: &str) -> Context {
    Context::new("acme", "prod", Some(app)).expect("a valid context")
}

pub fn stamp(second: u64) -> Stamp {
    let at = Timestamp::from_millis(1_790_000_000_000 + i64::try_from(second).unwrap_or(0) * 1000);
    Stamp { by: Principal("tester".into()), at }
}

pub fn lease(fence: u64) -> Lease {
    let since = stamp(fence).at;
    let holder = Holder {
        principal: Principal("tester".into()),
        process: format!("host/{fence}").into(),
        operation: "apply".into(),
    };
    Lease { fence: Fence(fence), holder, since, expires: stamp(fence + 30).at }
}

pub fn resource(address: &Address, serial: u64, needs: &[&Address]) -> Resource {
    Resource {
        address: address.clone(),
        tier: Tier::Application,
        kind: "local.server".into(),
        provider: ProviderInstance::named("local"),
        status: Status::Active,
        serial,
        object: ObjectId(format!("obj-{}", address.local()).into()),
        desired: [("size", Value::from(i64::try_from(serial).unwrap_or(0)))].into_iter().collect(),
        filled: None,
        observed: [("id", Value::from(address.as_str()))].into_iter().collect(),
        secrets: Vec::new(),
        inputs: Vec::new(),
        allocations: BTreeMap::new(),
        depends_on: needs.iter().map(|on| Dependency { on: (*on).clone(), strength: Strength::Hard }).collect(),
        settings: Default::default(),
        deposed: Vec::new(),
        updated: stamp(serial).at,
    }
}

pub fn plan(context: &Context, mark: u64) -> PlanRecord {
    let plan = Plan {
        hash: Digest::of(format!("{context} {mark}").as_bytes()),
        partition: Partition { context: context.clone(), tier: Tier::Application },
        turn: 0,
        gated: false,
        actions: Vec::new(),
        steps: Vec::new(),
        outputs: Vec::new(),
        relies: Vec::new(),
        unchanged: Vec::new(),
        affected: Vec::new(),
        warnings: vec![format!("plan {mark}")],
        evidence: BTreeMap::new(),
    };
    PlanRecord { plan, created: stamp(mark).at, by: Principal("tester".into()) }
}

/// The same, of one action at a provider.
pub fn plan_at(context: &Context, mark: u64, provider: &str) -> PlanRecord {
    let mut record = plan(context, mark);
    record.plan.actions.push(Action {
        address: context.address("web", "main").expect("an address"),
        action: ActionKind::Create,
        kind: "local.server".into(),
        provider: ProviderInstance { region: Some("eu".into()), ..ProviderInstance::named(provider) },
        risk: Risk::None,
        reasons: Vec::new(),
        changes: Vec::new(),
        expect: Expect::Absent,
        reads: Vec::new(),
        secrets: Vec::new(),
        desired: None,
        moved_from: None,
        import: None,
        lifted: false,
    });
    record
}

pub fn run(id: &str, status: RunStatus) -> Run {
    Run {
        id: RunId(id.into()),
        plan: Digest::of(id.as_bytes()),
        tier: Tier::Application,
        by: Principal("tester".into()),
        started: stamp(1).at,
        finished: None,
        status,
    }
}

pub fn intent(run: &str, step: u32, address: &Address) -> Intent {
    Intent {
        run: RunId(run.into()),
        step,
        op: StepOp::Create,
        address: address.clone(),
        kind: "local.server".into(),
        provider: ProviderInstance::named("local"),
        token: Token(format!("{run}-{step}").into()),
        deadline: stamp(60).at,
        object: None,
        allocations: BTreeMap::new(),
    }
}

pub fn outcome(run: &str, step: u32, address: &Address) -> Outcome {
    Outcome { run: RunId(run.into()), step, address: address.clone(), result: StepResult::Done }
}

/// A checkpoint that nobody has signed: stores look at what it says, not at who says it.
pub fn checkpoint(summary: &Summary) -> Record {
    let Stamp { by, at } = stamp(9);
    let kept = Checkpoint::hash_of(&summary.kept).expect("a hash");
    let Summary { through, since, limit, .. } = *summary;
    let (key, signature) = ("".into(), "".into());
    Record::Checkpoint(Box::new(Checkpoint { through, since, limit, kept, principal: by, at, key, signature }))
}
