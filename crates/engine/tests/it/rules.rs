//! The checker finds what a faulty planner could do. Each defect is put into a good plan, and its hash made to fit.

use strata_decide::{Rule, State, check};
use strata_model::schema::{Schemas, TypeSchema};
use strata_model::{ActionKind, Address, Expect, Plan, PlanSet, ProviderInstance, StepOp, TypeName, Value};
use strata_ports::{Driver, Reads};

use crate::cloud::Cloud;
use crate::world::{Project, address, document};

struct Types<'a>(&'a Cloud);

impl Schemas for Types<'_> {
    fn schema(&self, _: &ProviderInstance, kind: &TypeName) -> Option<&TypeSchema> {
        self.0.schema(kind)
    }
}

const NODES: &str = "
db: {type: test.database, properties: {engine: postgres, password: {$secret: {store: vault, key: db}}}}
web: {type: test.server, properties: {size: 1, zone: a, db: {$ref: {address: db, attr: host}}}}
old: {type: test.server, depends_on: [older]}
older: {type: test.server}
";

/// Replaces the database, updates web, deletes old and older, creates fresh.
fn project() -> (Project, Plan) {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&document(NODES));
    let changed = "
db: {type: test.database, properties: {engine: mysql, password: {$secret: {store: vault, key: db}}}}
web: {type: test.server, properties: {size: 2, zone: a, db: {$ref: {address: db, attr: host}}}}
fresh: {type: test.server, depends_on: [web]}
";
    let plan = project.plan(&document(changed)).plans.remove(0);
    (project, plan)
}

fn broken(project: &Project, mut plan: Plan, rehash: bool) -> Vec<Rule> {
    if rehash {
        plan.hash = plan.compute_hash().unwrap();
    }
    let context = "acme/prod".parse().unwrap();
    let resources = project.store.resources(&context).unwrap();
    let resources = resources.into_iter().map(|found| (found.address.clone(), found)).collect();
    let state = State { resources, ..State::default() };
    let set = PlanSet { format: 1, plans: vec![plan] };
    let mut rules: Vec<Rule> =
        check(&set, &state, &Types(&project.cloud)).into_iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

#[track_caller]
fn breaks(rule: Rule, defect: impl FnOnce(&mut Plan)) {
    let (project, mut plan) = project();
    assert_eq!(broken(&project, plan.clone(), true), [], "the plan is good before");
    defect(&mut plan);
    let found = broken(&project, plan, rule != Rule::Hash);
    assert!(found.contains(&rule), "{rule:?} is not among {found:?}");
}

fn action(plan: &Plan, unit: &str) -> usize {
    plan.actions.iter().position(|action| action.address.unit() == unit).expect("such an action")
}

fn step(plan: &Plan, unit: &str, op: StepOp) -> usize {
    let action = action(plan, unit);
    plan.steps.iter().position(|step| step.action as usize == action && step.op == op).expect("such a step")
}

#[test]
fn each_rule_is_broken_by_a_defect() {
    breaks(Rule::Hash, |plan| plan.turn = 7);
    breaks(Rule::Scope, |plan| plan.actions[0].address = "acme/stage/-/db/main".parse::<Address>().unwrap());
    breaks(Rule::Scope, |plan| plan.unchanged.push(address("web/main")));
    breaks(Rule::Steps, |plan| {
        plan.steps.pop();
    });
    breaks(Rule::Steps, |plan| {
        let at = step(plan, "db", StepOp::Create);
        plan.steps[at].after.clear();
    });
    breaks(Rule::Expectation, |plan| plan.actions[0].expect = Expect::Serial(1));
    breaks(Rule::Expectation, |plan| plan.actions[0].expect = Expect::Absent);
    breaks(Rule::Protection, |plan| {
        let at = action(plan, "db");
        plan.actions[at].desired.as_mut().unwrap().settings.protect = true;
    });
    breaks(Rule::Deletion, |plan| {
        let at = step(plan, "older", StepOp::Delete);
        plan.steps[at].after.clear();
    });
    breaks(Rule::Dependency, |plan| {
        let at = step(plan, "web", StepOp::Update);
        plan.steps[at].after.clear();
    });
    breaks(Rule::Immutability, |plan| {
        let at = action(plan, "web");
        plan.actions[at].changes[0].path = "zone".parse().unwrap();
    });
    breaks(Rule::Secrecy, |plan| {
        let at = action(plan, "db");
        let desired = plan.actions[at].desired.as_mut().unwrap();
        let Value::Map(map) = &mut desired.properties else { unreachable!() };
        map.insert("password".into(), "hunter2".into());
    });
    breaks(Rule::Knowledge, |plan| {
        let at = action(plan, "web");
        let Some(Value::Map(known)) = &mut plan.actions[at].desired.as_mut().unwrap().known else { unreachable!() };
        known.insert("size".into(), 9.into());
    });
}

#[test]
fn a_plan_that_leaves_a_dependent_behind_is_refused() {
    breaks(Rule::Deletion, |plan| {
        let (old, at) = (action(plan, "old"), step(plan, "old", StepOp::Delete));
        assert_eq!(plan.actions[old].action, ActionKind::Delete);
        // As if nobody had thought of `old`.
        plan.actions.remove(old);
        plan.steps.remove(at);
        for step in &mut plan.steps {
            step.action -= u32::from(step.action as usize > old);
            step.after = step
                .after
                .iter()
                .filter(|&&before| before as usize != at)
                .map(|&before| before - u32::from(before as usize > at))
                .collect();
        }
    });
}

#[test]
fn a_faulty_plan_is_not_applied() {
    let (project, mut plan) = project();
    project.cloud.calls();
    let at = step(&plan, "older", StepOp::Delete);
    plan.steps[at].after.clear();
    plan.hash = plan.compute_hash().unwrap();
    let refused = crate::world::told(&project.apply_plan(&plan).unwrap_err());
    assert_eq!(
        refused,
        "E2020 the plan breaks rule `deletion`: acme/prod/-/older/main goes while acme/prod/-/old/main still needs it"
    );
    assert_eq!(project.cloud.calls(), [""; 0]);
}
