//! The driver: which kind of object a call is about, and the kinds that are simple.

use std::path::PathBuf;
use std::sync::Arc;

use strata_model::diff::{changes, project};
use strata_model::{Change, ObjectId, Path, ProviderInstance, TypeName, TypeSchema, Value};
use strata_ports::{
    Call, Clock, Create, Delete, Driver, DriverError, Found, Guarantees, Health, Listed, LogQuery, Observed, Owner,
    Sealer, Unready, Update,
};

use crate::docker::{Docker, Failed, Question};
use crate::marks;
use crate::names;
use crate::plain::word;
use crate::service::Place;
use crate::types::{self, Kind};

/// A Docker engine as a provider.
pub struct Compose {
    pub(crate) docker: Docker,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealer: Arc<Sealer>,
    /// Where the locks of projects are; all who use one engine on a machine should share it.
    pub(crate) locks: PathBuf,
}

impl Compose {
    /// The account of the instance is a context of Docker's: which engine. Nothing is asked before the first call.
    pub fn new(instance: &ProviderInstance, locks: PathBuf, clock: Arc<dyn Clock>, sealer: Arc<Sealer>) -> Compose {
        Compose { docker: Docker::new(instance.account.clone(), clock.clone()), clock, sealer, locks }
    }
}

fn unknown_type(kind: &TypeName) -> DriverError {
    let known = Kind::ALL.map(Kind::name);
    match strata_base::nearest(kind, known.iter().map(|name| &**name)) {
        Some(near) => DriverError::Unsupported(format!("the type {kind} (did you mean {near}?)")),
        None => DriverError::Unsupported(format!("the type {kind}")),
    }
}

fn known(kind: &TypeName) -> Result<Kind, DriverError> {
    Kind::of(kind).ok_or_else(|| unknown_type(kind))
}

impl Driver for Compose {
    fn guarantees(&self) -> Guarantees {
        Guarantees { idempotent: true, read_after_write: true, complete_list: true }
    }

    fn schema(&self, kind: &TypeName) -> Option<&TypeSchema> {
        Kind::of(kind).map(Kind::schema)
    }

    fn check(&self, kind: &TypeName, properties: &Value) -> Vec<(Path, String)> {
        Kind::of(kind).map_or_else(Vec::new, |kind| types::check(kind, properties))
    }

    fn prepare(
        &self,
        wanted: &[(TypeName, Value)],
        watch: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<(), Vec<Unready>> {
        self.ready(wanted, watch)
    }

    fn create(&self, create: &Create, call: &Call) -> Result<Observed, DriverError> {
        match known(&create.kind)? {
            Kind::Service => self.create_service(create, call),
            Kind::Secret => self.secret(&call.owner),
            kind => self.create_plain(kind, create, call),
        }
    }

    fn read(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Observed, DriverError> {
        match known(kind)? {
            Kind::Service => self.read_service(object, call),
            Kind::Secret => self.secret(&call.owner),
            kind => self.plain(kind, &object.0, call.until)?.ok_or(DriverError::NotFound),
        }
    }

    fn update(&self, update: &Update, call: &Call) -> Result<Observed, DriverError> {
        match known(&update.kind)? {
            Kind::Service => self.update_service(update, call),
            Kind::Secret => self.secret(&call.owner),
            // All that there is to say of them is said when they are made.
            kind => {
                let found = self.owned_plain(kind, &update.object, call)?;
                if self.diff(&update.kind, &update.after, &found.attributes).is_empty() {
                    return Ok(found);
                }
                Err(DriverError::Unsupported(format!("changing a {}", kind.name())))
            }
        }
    }

    fn delete(&self, delete: &Delete, call: &Call) -> Result<(), DriverError> {
        let kind = known(&delete.kind)?;
        if delete.snapshot {
            return Err(DriverError::Unsupported("taking a snapshot".to_owned()));
        }
        match kind {
            Kind::Service => self.delete_service(&delete.object, call),
            Kind::Secret => Ok(()),
            kind => self.delete_plain(kind, &delete.object, call),
        }
    }

    fn claim(
        &self,
        kind: &TypeName,
        object: &ObjectId,
        from: Option<&Owner>,
        call: &Call,
    ) -> Result<Observed, DriverError> {
        match known(kind)? {
            Kind::Service => self.claim_service(object, from, call),
            // Another address would be another value, which nobody who has the one before is told.
            Kind::Secret if from.is_some_and(|from| *from != call.owner) => {
                Err(DriverError::Unsupported("giving a secret another name".to_owned()))
            }
            Kind::Secret => self.secret(&call.owner),
            kind => {
                let found = self.plain(kind, &object.0, call.until)?.ok_or(DriverError::NotFound)?;
                if found.owner.as_ref() == Some(&call.owner) {
                    return Ok(found);
                }
                if found.owner.as_ref() != from {
                    return Err(DriverError::NotOwner { object: found.object, owner: found.owner });
                }
                Err(DriverError::Unsupported(format!("changing the marks of a {}", kind.name())))
            }
        }
    }

    fn find(&self, kind: &TypeName, call: &Call) -> Result<Found, DriverError> {
        match known(kind)? {
            Kind::Service => self.find_service(call),
            Kind::Secret => self.secret(&call.owner).map(|found| Found::Object(Box::new(found))),
            kind => self.find_plain(kind, call),
        }
    }

    /// A service of which nothing was said runs one container.
    fn diff(&self, kind: &TypeName, desired: &Value, observed: &Value) -> Vec<Change> {
        let mut desired = desired.clone();
        if let (Some(Kind::Service), Value::Map(map)) = (Kind::of(kind), &mut desired)
            && let Value::Map(deploy) = map.entry("deploy".into()).or_insert_with(Value::map)
        {
            deploy.entry("replicas".into()).or_insert_with(|| Value::from(1));
        }
        changes(&project(observed, &desired), &desired)
    }

    fn health(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Health, DriverError> {
        match known(kind)? {
            Kind::Service => self.health_of_service(object, call),
            Kind::Secret => Ok(Health::Healthy),
            kind => {
                let found = self.plain(kind, &object.0, call.until)?;
                found.map(|_| Health::Healthy).ok_or(DriverError::NotFound)
            }
        }
    }

    fn scale(&self, kind: &TypeName, object: &ObjectId, replicas: u64, call: &Call) -> Result<Observed, DriverError> {
        match known(kind)? {
            Kind::Service => self.scale_service(object, replicas, call),
            _ => Err(DriverError::NotScalable(kind.clone())),
        }
    }

    /// All that carries our marks, and what stands without them in the project that is asked for.
    fn list(&self, call: &Call) -> Result<Vec<Listed>, DriverError> {
        let mut listed = Vec::new();
        let here = names::project(&call.owner.address.context());
        // One engine serves many: what belongs to no one or to others counts where it stands in the way.
        let is_elsewhere = |row: &Row| {
            let is_ours = row.owner.as_ref().is_some_and(|owner| owner.project == call.owner.project);
            !is_ours && row.names[0] != here
        };
        let service = Kind::Service.name();
        for row in self.rows(&["ps", "-a"], &[marks::COMPOSE_PROJECT, marks::COMPOSE_SERVICE, ONE_OFF], call)? {
            // What somebody runs once in a service is not the service.
            if row.names[2] == "True" || row.names[0].is_empty() || is_elsewhere(&row) {
                continue;
            }
            let place = Place { project: row.names[0].clone(), service: row.names[1].clone() };
            listed.push(Listed { kind: service.clone(), object: place.object(), owner: row.owner });
        }
        for (kind, part) in [(Kind::Network, marks::COMPOSE_NETWORK), (Kind::Volume, marks::COMPOSE_VOLUME)] {
            for row in self.rows(&[word(kind), "ls"], &[marks::COMPOSE_PROJECT, part], call)? {
                let is_default = kind == Kind::Network && row.names[1] == "default";
                if is_default || is_elsewhere(&row) {
                    continue;
                }
                listed.push(Listed { kind: kind.name(), object: ObjectId(row.name.into()), owner: row.owner });
            }
        }
        listed.sort_by(|a, b| (&a.kind, &a.object).cmp(&(&b.kind, &b.object)));
        listed.dedup_by(|a, b| (&a.kind, &a.object) == (&b.kind, &b.object));
        Ok(listed)
    }

    fn logs(
        &self,
        kind: &TypeName,
        object: &ObjectId,
        query: &LogQuery,
        call: &Call,
        line: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<(), DriverError> {
        if known(kind)? != Kind::Service {
            return Err(DriverError::Unsupported(format!("reading what a {kind} has written")));
        }
        let place = Place::parse(object)?;
        let containers = self.containers(&place, call.until)?;
        if containers.is_empty() {
            return Err(DriverError::NotFound);
        }
        let tail = query.tail.map_or_else(|| "all".to_owned(), |tail| tail.to_string());
        let questions: Vec<Question<'_>> = (containers.iter())
            .map(|container| {
                let mut question = Question::new(["logs", "--tail", &tail]);
                question.arguments.extend(query.follow.then_some("--follow"));
                question.arguments.push(container.id());
                question
            })
            .collect();
        // Where there are several, each line says whose it is.
        let mut hand_on = |told: Option<(usize, &str)>| match told {
            Some((index, text)) if containers.len() > 1 => {
                line(Some(&format!("{}-{} | {text}", place.service, containers[index].number())))
            }
            told => line(told.map(|(_, text)| text)),
        };
        self.docker.follow(&questions, &mut hand_on).map_err(Failed::looking)
    }
}

/// The label of containers that were run by hand in the place of a service.
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// A row of a listing.
struct Row {
    name: String,
    owner: Option<Owner>,
    /// The labels that were asked for.
    names: Vec<String>,
}

impl Compose {
    /// All objects of a listing with their marks and some labels more.
    fn rows(&self, listing: &[&str], labels: &[&str], call: &Call) -> Result<Vec<Row>, DriverError> {
        let name = if listing[0] == "ps" { "{{.ID}}" } else { "{{.Name}}" };
        let all = [marks::PROJECT, marks::ADDRESS].iter().chain(labels);
        let format = all.fold(name.to_owned(), |format, label| format + "\t{{.Label \"" + label + "\"}}");
        let mut question = Question::new(listing.iter().copied().chain(["--no-trunc", "--format", &format]));
        question.arguments.retain(|argument| *argument != "--no-trunc" || listing[0] != "volume");
        let text = self.docker.ask(&question, call.until).map_err(Failed::looking)?;
        let row = |line: &str| {
            let mut cells = line.split('\t').map(str::to_owned);
            let name = cells.next()?;
            let (project, address) = (cells.next()?, cells.next()?);
            let label = |name: &str| match name {
                marks::PROJECT => Some(project.clone()),
                _ => Some(address.clone()),
            };
            Some(Row { name, owner: marks::owner(label), names: cells.collect() })
        };
        Ok(text.lines().filter_map(row).filter(|row| row.names.len() == labels.len()).collect())
    }
}
