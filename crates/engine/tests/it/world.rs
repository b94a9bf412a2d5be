//! A cloud, a store of secrets and a project, all in memory, with faults on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use strata_base::Sources;
use strata_decide::{Options, Selection};
use strata_engine::{Applied, Authority, Engine, Failure, Identity, Interrupt, Limits, PlanOptions, Planned};
use strata_model::document::{self, Syntax};
use strata_model::schema::TypeSchema;
use strata_model::{
    Address, Context, Digest, Event, Fingerprint, Graph, ObjectId, Path, Plan, PlanSet, Principal, ProviderInstance,
    SecretRef, Timestamp, TypeName, Value,
};
use strata_ports::memory::MemoryStore;
use strata_ports::{
    Call, Create, Delete, Driver, DriverError, Drivers, Found, Guarantees, Health, Listed, ManualClock, Observed,
    Owner, Secret, SecretError, Secrets, Store, Update, seal,
};

pub(crate) fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn address(local: &str) -> Address {
    format!("acme/prod/-/{local}").parse().unwrap()
}

/// What goes wrong at a call.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It fails and does nothing.
    Before(DriverError),
    /// It does what it should and its answer is lost.
    After,
    /// It does nothing and its answer is lost.
    Lost,
    /// The process dies right after it.
    Crash,
}

#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) kind: TypeName,
    pub(crate) attributes: Value,
    pub(crate) owner: Option<Owner>,
    token: Arc<str>,
    tainted: Vec<Path>,
}

pub(crate) struct Cloud {
    pub(crate) objects: Mutex<BTreeMap<ObjectId, Object>>,
    pub(crate) calls: Mutex<Vec<String>>,
    pub(crate) faults: Mutex<BTreeMap<String, Vec<Fault>>>,
    pub(crate) guarantees: Mutex<Guarantees>,
    schemas: BTreeMap<TypeName, TypeSchema>,
    made: Mutex<u64>,
    sick: Mutex<Vec<ObjectId>>,
}

impl Cloud {
    fn new() -> Cloud {
        let paths = |paths: &[&str]| -> Vec<Path> { paths.iter().map(|path| path.parse().unwrap()).collect() };
        let server = TypeSchema {
            immutable: paths(&["zone", "disk"]),
            stable: paths(&["id"]),
            restarts: paths(&["size"]),
            metadata: paths(&["tags"]),
            ..TypeSchema::default()
        };
        let database = TypeSchema {
            immutable: paths(&["engine"]),
            stable: paths(&["id", "host"]),
            sensitive: paths(&["password"]),
            holds_data: true,
            ..TypeSchema::default()
        };
        Cloud {
            objects: Mutex::default(),
            calls: Mutex::default(),
            faults: Mutex::default(),
            guarantees: Mutex::new(Guarantees { idempotent: true, read_after_write: true, complete_list: true }),
            schemas: [("test.server".into(), server), ("test.database".into(), database)].into(),
            made: Mutex::new(0),
            sick: Mutex::default(),
        }
    }

    /// `create web` goes wrong in these ways, one after the other.
    pub(crate) fn fault(&self, call: &str, faults: &[Fault]) {
        self.faults.lock().unwrap().insert(call.to_owned(), faults.to_vec());
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn enter(&self, op: &str, call: &Call) -> Result<Option<Fault>, DriverError> {
        let name = format!("{op} {}", call.owner.address.unit());
        self.calls.lock().unwrap().push(name.clone());
        let mut faults = self.faults.lock().unwrap();
        let next = faults.get_mut(&name).filter(|faults| !faults.is_empty()).map(|faults| faults.remove(0));
        match next {
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::Lost) => Err(DriverError::Unknown("connection reset".to_owned())),
            other => Ok(other),
        }
    }

    fn leave<T>(&self, fault: Option<&Fault>, result: T) -> Result<T, DriverError> {
        match fault {
            Some(Fault::After) => Err(DriverError::Unknown("timed out".to_owned())),
            Some(Fault::Crash) => panic!("the process dies"),
            _ => Ok(result),
        }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Object>> {
        self.objects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// All that exists, as `unit: {attributes}`.
    pub(crate) fn world(&self) -> Vec<String> {
        let objects = self.objects();
        let name =
            |object: &Object| object.owner.as_ref().map_or("-".to_owned(), |owner| owner.address.local().to_owned());
        let mut world: Vec<String> =
            objects.values().map(|object| format!("{}: {}", name(object), object.attributes)).collect();
        world.sort();
        world
    }

    pub(crate) fn id(&self, unit: &str) -> ObjectId {
        let objects = self.objects();
        let found =
            objects.iter().find(|(_, object)| object.owner.as_ref().is_some_and(|owner| owner.address.unit() == unit));
        found.map(|(id, _)| id.clone()).expect("such an object")
    }

    pub(crate) fn vanish(&self, unit: &str) {
        let id = self.id(unit);
        self.objects().remove(&id);
    }

    /// An object that nobody has marked.
    pub(crate) fn stray(&self, id: &str, size: &str) {
        let object = Object {
            kind: "test.server".into(),
            attributes: [("id", id.into()), ("size", size.into())].into_iter().collect(),
            owner: None,
            token: "".into(),
            tainted: Vec::new(),
        };
        self.objects().insert(ObjectId(id.into()), object);
    }

    pub(crate) fn sicken(&self, unit: &str) {
        self.sick.lock().unwrap().push(self.id(unit));
    }

    pub(crate) fn tamper(&self, unit: &str, key: &str, value: Value) {
        let id = self.id(unit);
        let mut objects = self.objects();
        let Some(Value::Map(map)) = objects.get_mut(&id).map(|object| &mut object.attributes) else { return };
        map.insert(key.into(), value);
    }

    fn observed(&self, id: &ObjectId, object: &Object) -> Observed {
        let schema = &self.schemas[&object.kind];
        let sealer = |text: &str| Ok(fingerprint(text));
        let (attributes, secrets) =
            seal(&object.attributes, |path| schema.is_sensitive(path) || object.tainted.contains(path), &sealer)
                .unwrap();
        Observed { object: id.clone(), attributes, secrets, owner: object.owner.clone() }
    }

    fn owned(&self, id: &ObjectId, call: &Call) -> Result<Object, DriverError> {
        let object = self.objects().get(id).cloned().ok_or(DriverError::NotFound)?;
        if object.owner.as_ref() != Some(&call.owner) {
            return Err(DriverError::NotOwner { object: id.clone(), owner: object.owner });
        }
        Ok(object)
    }
}

fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint(Digest::of_parts(&[b"key", text.as_bytes()]).short().into())
}

fn attributes(properties: &Value, id: &str, kind: &str) -> Value {
    let mut map = properties.as_map().cloned().unwrap_or_default();
    map.insert("id".into(), id.into());
    if kind == "test.database" {
        map.insert("host".into(), format!("{id}.db").as_str().into());
        map.entry("port".into()).or_insert_with(|| 5432.into());
    }
    Value::Map(map)
}

impl Driver for Cloud {
    fn guarantees(&self) -> Guarantees {
        *self.guarantees.lock().unwrap()
    }

    fn schema(&self, kind: &TypeName) -> Option<&TypeSchema> {
        self.schemas.get(kind)
    }

    fn create(&self, create: &Create, call: &Call) -> Result<Observed, DriverError> {
        let fault = self.enter("create", call)?;
        if self.guarantees().idempotent {
            let known =
                self.objects().iter().find(|(_, object)| object.token == call.token.0).map(|(id, _)| id.clone());
            if let Some(id) = known {
                let object = self.objects()[&id].clone();
                return self.leave(fault.as_ref(), self.observed(&id, &object));
            }
        }
        let number = {
            let mut made = self.made.lock().unwrap();
            *made += 1;
            *made
        };
        let id = ObjectId(format!("{}-{number}", call.owner.address.unit()).into());
        let object = Object {
            kind: create.kind.clone(),
            attributes: attributes(&create.properties, &id.0, &create.kind),
            owner: Some(call.owner.clone()),
            token: call.token.0.clone(),
            tainted: create.tainted.clone(),
        };
        self.objects().insert(id.clone(), object.clone());
        self.leave(fault.as_ref(), self.observed(&id, &object))
    }

    fn read(&self, _: &TypeName, object: &ObjectId, call: &Call) -> Result<Observed, DriverError> {
        self.enter("read", call)?;
        let found = self.objects().get(object).cloned().ok_or(DriverError::NotFound)?;
        Ok(self.observed(object, &found))
    }

    fn update(&self, update: &Update, call: &Call) -> Result<Observed, DriverError> {
        let fault = self.enter("update", call)?;
        let mut object = self.owned(&update.object, call)?;
        object.tainted = update.tainted.clone();
        object.attributes = attributes(&update.after, &update.object.0, &update.kind);
        self.objects().insert(update.object.clone(), object.clone());
        self.leave(fault.as_ref(), self.observed(&update.object, &object))
    }

    fn delete(&self, delete: &Delete, call: &Call) -> Result<(), DriverError> {
        let fault = self.enter("delete", call)?;
        self.owned(&delete.object, call)?;
        self.objects().remove(&delete.object);
        self.leave(fault.as_ref(), ())
    }

    fn claim(&self, _: &TypeName, id: &ObjectId, from: Option<&Owner>, call: &Call) -> Result<Observed, DriverError> {
        self.enter("claim", call)?;
        let mut object = self.objects().get(id).cloned().ok_or(DriverError::NotFound)?;
        if object.owner.as_ref() != Some(&call.owner) && object.owner.as_ref() != from {
            return Err(DriverError::NotOwner { object: id.clone(), owner: object.owner });
        }
        object.owner = Some(call.owner.clone());
        self.objects().insert(id.clone(), object.clone());
        Ok(self.observed(id, &object))
    }

    fn find(&self, _: &TypeName, call: &Call) -> Result<Found, DriverError> {
        self.enter("find", call)?;
        let found = self
            .objects()
            .iter()
            .find(|(_, object)| object.token == call.token.0)
            .map(|(id, o)| (id.clone(), o.clone()));
        Ok(match found {
            Some((id, object)) if self.guarantees().complete_list => {
                Found::Object(Box::new(self.observed(&id, &object)))
            }
            None if self.guarantees().complete_list => Found::Nothing,
            _ => Found::Unsure,
        })
    }

    fn health(&self, _: &TypeName, object: &ObjectId, _: &Call) -> Result<Health, DriverError> {
        let sick = self.sick.lock().unwrap().contains(object);
        Ok(if sick { Health::Degraded("slow".to_owned()) } else { Health::Healthy })
    }

    fn scale(&self, kind: &TypeName, _: &ObjectId, _: u64, _: &Call) -> Result<Observed, DriverError> {
        Err(DriverError::NotScalable(kind.clone()))
    }

    fn list(&self, _: &Call) -> Result<Vec<Listed>, DriverError> {
        let objects = self.objects();
        let listed = objects.iter().map(|(id, object)| Listed {
            kind: object.kind.clone(),
            object: id.clone(),
            owner: object.owner.clone(),
        });
        Ok(listed.collect())
    }
}

pub(crate) struct OneCloud(Arc<Cloud>);

impl Drivers for OneCloud {
    fn driver(&self, instance: &ProviderInstance) -> Option<Arc<dyn Driver>> {
        (&*instance.provider == "test").then(|| self.0.clone() as Arc<dyn Driver>)
    }
}

/// Secrets in a map, with a counter for a version.
#[derive(Default)]
pub(crate) struct Vault(Mutex<BTreeMap<SecretRef, (u64, String)>>);

impl Secrets for Vault {
    fn version(&self, secret: &SecretRef) -> Result<Arc<str>, SecretError> {
        let map = self.0.lock().unwrap();
        map.get(secret)
            .map(|(version, _)| version.to_string().into())
            .ok_or_else(|| SecretError::NotFound(secret.clone()))
    }

    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError> {
        let map = self.0.lock().unwrap();
        map.get(secret).map(|(_, text)| Secret::new(text.as_str())).ok_or_else(|| SecretError::NotFound(secret.clone()))
    }

    fn put(&self, secret: &SecretRef, value: &Secret) -> Result<(), SecretError> {
        let mut map = self.0.lock().unwrap();
        let entry = map.entry(secret.clone()).or_insert((0, String::new()));
        if entry.1 != value.expose() {
            *entry = (entry.0 + 1, value.expose().to_owned());
        }
        Ok(())
    }

    fn remove(&self, secret: &SecretRef) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(secret);
        Ok(())
    }

    fn list(&self, store: &str) -> Result<Vec<SecretRef>, SecretError> {
        Ok(self.0.lock().unwrap().keys().filter(|secret| &*secret.store == store).cloned().collect())
    }

    fn fingerprint(&self, text: &str) -> Result<Fingerprint, SecretError> {
        Ok(fingerprint(text))
    }
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
            authority: Authority::own(Principal("me".into())),
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
