//! A cloud in memory, with faults on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use strata_model::schema::TypeSchema;
use strata_model::{ObjectId, Path, ProviderInstance, TypeName, Value};
use strata_ports::{
    Call, Create, Delete, Driver, DriverError, Drivers, Found, Guarantees, Health, Listed, Observed, Owner, Update,
    seal,
};

use crate::vault::fingerprint;

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
    pub(crate) fn new() -> Cloud {
        let paths = |paths: &[&str]| -> Vec<Path> { paths.iter().map(|path| path.parse().unwrap()).collect() };
        let server = TypeSchema {
            immutable: paths(&["zone", "disk"]),
            stable: paths(&["id"]),
            restarts: paths(&["size"]),
            ..TypeSchema::default()
        };
        let database = TypeSchema {
            immutable: paths(&["engine"]),
            stable: paths(&["id", "host"]),
            sensitive: paths(&["password"]),
            holds_data: true,
            ..TypeSchema::default()
        };
        let disk = TypeSchema { stays: true, ..TypeSchema::default() };
        Cloud {
            objects: Mutex::default(),
            calls: Mutex::default(),
            faults: Mutex::default(),
            guarantees: Mutex::new(Guarantees { idempotent: true, read_after_write: true, complete_list: true }),
            schemas: [("test.server".into(), server), ("test.database".into(), database), ("test.disk".into(), disk)]
                .into(),
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
        self.remove(&self.id(unit).0);
    }

    pub(crate) fn remove(&self, id: &str) {
        self.objects().remove(&ObjectId(id.into()));
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
        // What has the property `ill` stands and does not work.
        let unwell = object.attributes.as_map().and_then(|map| map.get("ill")?.as_str()).map(Arc::from);
        Observed { object: id.clone(), attributes, secrets, owner: object.owner.clone(), unwell }
    }

    fn owned(&self, id: &ObjectId, call: &Call) -> Result<Object, DriverError> {
        let object = self.objects().get(id).cloned().ok_or(DriverError::NotFound)?;
        if object.owner.as_ref() != Some(&call.owner) {
            return Err(DriverError::NotOwner { object: id.clone(), owner: object.owner });
        }
        Ok(object)
    }
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
        let fault = self.enter("claim", call)?;
        let mut object = self.objects().get(id).cloned().ok_or(DriverError::NotFound)?;
        if object.owner.as_ref() != Some(&call.owner) && object.owner.as_ref() != from {
            return Err(DriverError::NotOwner { object: id.clone(), owner: object.owner });
        }
        object.owner = Some(call.owner.clone());
        self.objects().insert(id.clone(), object.clone());
        self.leave(fault.as_ref(), self.observed(id, &object))
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

pub(crate) struct OneCloud(pub(crate) Arc<Cloud>);

impl Drivers for OneCloud {
    fn driver(&self, instance: &ProviderInstance) -> Option<Arc<dyn Driver>> {
        (&*instance.provider == "test").then(|| self.0.clone() as Arc<dyn Driver>)
    }
}
