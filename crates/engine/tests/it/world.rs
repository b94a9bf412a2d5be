//! A project in memory: documents in, plans, calls and records out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use strata_base::Sources;
use strata_decide::{Options, Selection};
use strata_engine::{Applied, Authority, Engine, Failure, Identity, Interrupt, Limits, PlanOptions, Planned};
use strata_model::document::{self, Syntax};
use strata_model::{Address, Context, Event, Graph, Plan, PlanSet, Principal, SecretRef, Timestamp, Value};
use strata_ports::memory::MemoryStore;
use strata_ports::{ManualClock, Reads, Secret, Secrets};

use crate::cloud::{Cloud, OneCloud};
use crate::vault::Vault;

pub(crate) fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn address(local: &str) -> Address {
    format!("acme/prod/-/{local}").parse().unwrap()
}

pub(crate) struct Project {
    pub(crate) store: MemoryStore,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) vault: Vault,
    pub(crate) clock: ManualClock,
    pub(crate) interrupt: Interrupt,
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) authority: Authority,
    pub(crate) limits: Limits,
    drivers: OneCloud,
}

impl Project {
    pub(crate) fn new() -> Project {
        let cloud = Arc::new(Cloud::new());
        Project {
            store: MemoryStore::new("test"),
            drivers: OneCloud(cloud.clone()),
            cloud,
            vault: Vault::default(),
            clock: ManualClock::at(Timestamp::from_millis(1_790_000_000_000)),
            interrupt: Interrupt::new(),
            events: Mutex::default(),
            authority: Authority::own(Principal("me".into()), None),
            limits: Limits { parallelism: 1, attempts: 3, ..Limits::default() },
        }
    }

    pub(crate) fn secret(&self, key: &str, text: &str) {
        let secret = SecretRef { store: "vault".into(), key: key.into() };
        self.vault.put(&secret, &Secret::new(text)).unwrap();
    }

    pub(crate) fn as_user<T>(&self, name: &str, work: impl FnOnce(&Engine<'_>) -> T) -> T {
        let who = Identity { principal: Principal(name.into()), process: "host/1".into(), is_gone: |_| None };
        let events = |event: Event| self.events.lock().unwrap().push(event);
        work(&Engine {
            store: &self.store,
            drivers: &self.drivers,
            secrets: &self.vault,
            clock: &self.clock,
            events: &events,
            interrupt: &self.interrupt,
            who: &who,
            limits: &self.limits,
        })
    }

    pub(crate) fn engine<T>(&self, work: impl FnOnce(&Engine<'_>) -> T) -> T {
        self.as_user("me", work)
    }

    pub(crate) fn plan(&self, document: &str) -> PlanSet {
        self.try_plan(document, &PlanOptions::default()).unwrap_or_else(|failure| panic!("{}", told(&failure))).set
    }

    pub(crate) fn try_plan(&self, document: &str, options: &PlanOptions) -> Result<Planned, Failure> {
        self.engine(|engine| engine.plan(&graph(document), options))
    }

    /// What planning refuses, one line a mistake.
    pub(crate) fn refused(&self, document: &str) -> String {
        told(&self.try_plan(document, &PlanOptions::default()).expect_err("a refusal"))
    }

    pub(crate) fn refresh(&self, document: &str) -> PlanSet {
        let options = PlanOptions { refresh: true, ..PlanOptions::default() };
        self.try_plan(document, &options).unwrap_or_else(|failure| panic!("{}", told(&failure))).set
    }

    pub(crate) fn destroy(&self, document: &str) -> Result<PlanSet, Failure> {
        let decide = Options { destroy: true, ..Options::default() };
        self.try_plan(document, &PlanOptions { decide, refresh: false }).map(|planned| planned.set)
    }

    pub(crate) fn target(&self, document: &str, selection: Selection) -> PlanSet {
        let decide = Options { selection, ..Options::default() };
        self.try_plan(document, &PlanOptions { decide, refresh: false }).map(|planned| planned.set).unwrap()
    }

    pub(crate) fn apply_plan(&self, plan: &Plan) -> Result<Applied, Failure> {
        self.engine(|engine| engine.apply(plan, &self.authority))
    }

    pub(crate) fn apply_set(&self, set: &PlanSet) -> Vec<Applied> {
        let plans = set.plans.iter().filter(|plan| !plan.is_empty());
        plans.map(|plan| self.apply_plan(plan).unwrap_or_else(|failure| panic!("{}", told(&failure)))).collect()
    }

    /// Plans and applies, and gives the calls that were made.
    pub(crate) fn apply(&self, document: &str) -> Vec<String> {
        let set = self.plan(document);
        for applied in self.apply_set(&set) {
            assert_eq!(applied.failures.iter().map(|failed| failed.error.to_string()).collect::<Vec<_>>(), [""; 0]);
        }
        self.cloud.calls()
    }

    pub(crate) fn resume(&self) -> Applied {
        let context: Context = "acme/prod".parse().unwrap();
        self.engine(|engine| engine.resume(&context, &self.authority))
            .unwrap_or_else(|failure| panic!("{}", told(&failure)))
    }

    /// What is recorded, as `unit: status object`.
    pub(crate) fn recorded(&self) -> Vec<String> {
        let contexts = self.store.contexts().unwrap();
        let resources = contexts.iter().flat_map(|context| self.store.resources(context).unwrap());
        resources
            .map(|resource| format!("{}: {} {}", resource.address.local(), resource.status.name(), resource.object))
            .collect()
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn graph(document: &str) -> Graph {
    let mut sources = Sources::new();
    let file = sources.add("graph.yaml", document);
    document::read(&sources, file, Syntax::Yaml).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(crate) fn told(failure: &Failure) -> String {
    let lines: Vec<String> =
        failure.diagnostics.iter().map(|told| format!("{} {}", told.code.0, told.message)).collect();
    lines.join("\n")
}

/// A document of one partition, tier 3 of acme/prod, with these nodes.
pub(crate) fn document(nodes: &str) -> String {
    let nodes: String = nodes.lines().map(|line| format!("    {}\n", line.trim_end())).collect();
    format!("graph: 1\nprovider: test\npartitions:\n- context: acme/prod\n  tier: 3\n  nodes:\n{nodes}")
}

/// A plan as people might read it: actions, then steps.
pub(crate) fn show(plan: &Plan) -> String {
    let mut out = String::new();
    for action in &plan.actions {
        let reasons: Vec<String> = action.reasons.iter().map(ToString::to_string).collect();
        out += &format!(
            "{} {} [{}]: {}\n",
            action.action.symbol(),
            action.address.local(),
            action.risk.name(),
            reasons.join("; ")
        );
        for change in &action.changes {
            let side = |side: &Option<Value>| match side {
                None => "nothing".to_owned(),
                Some(Value::Unknown) => "(known after apply)".to_owned(),
                Some(_) if change.sensitive => "(sensitive)".to_owned(),
                Some(value) => value.to_string(),
            };
            let forces = if change.forces_replacement { " # forces replacement" } else { "" };
            out += &format!("    {}: {} -> {}{forces}\n", change.path, side(&change.old), side(&change.new));
        }
    }
    let steps: Vec<String> = plan
        .steps
        .iter()
        .map(|step| format!("{} {}", step.op.name(), plan.actions[step.action as usize].address.unit()))
        .collect();
    if !steps.is_empty() {
        out += &format!("steps: {}\n", steps.join(", "));
    }
    if !plan.unchanged.is_empty() {
        out += &format!("unchanged: {}\n", plan.unchanged.len());
    }
    out
}
