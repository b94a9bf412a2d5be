//! Services: the containers of a name in a project. `docker compose up` makes them what they shall be, told of this one
//! service only, so what is not in the plan is not touched.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Any;
use strata_model::{ObjectId, Path, Value};
use strata_ports::{Call, Create, DriverError, Found, Health, Observed, Owner, SecretLeaf, Update, seal};

use crate::docker::{Failed, Question};
use crate::driver::Compose;
use crate::lock::Lock;
use crate::marks::{self, Marks};
use crate::names;
use crate::observe::{self, Container};
use crate::sending::{Sending, document, replicas, without_count};
use crate::types::Kind;

/// A service by its names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) project: String,
    pub(crate) service: String,
}

impl Place {
    pub(crate) fn of(owner: &Owner) -> Place {
        let service = names::local(&Kind::Service.name(), &owner.address);
        Place { project: names::project(&owner.address.context()), service }
    }

    pub(crate) fn parse(object: &ObjectId) -> Result<Place, DriverError> {
        let (project, service) = object.0.split_once('/').ok_or(DriverError::NotFound)?;
        Ok(Place { project: project.to_owned(), service: service.to_owned() })
    }

    pub(crate) fn object(&self) -> ObjectId {
        ObjectId(format!("{}/{}", self.project, self.service).into())
    }
}

impl Compose {
    pub(crate) fn create_service(&self, create: &Create, call: &Call) -> Result<Observed, DriverError> {
        let place = Place::of(&call.owner);
        let (sent, secrets) = self.sealed(Kind::Service, &create.properties, &create.tainted)?;
        let first = replicas(&create.properties);
        self.fetch_image(&create.properties, call.until)?;
        let lock = self.lock(&place, call)?;
        let before = self.containers(&place, call.until)?;
        if let Some(marks) = before.first().map(Container::marks) {
            match marks {
                Some(marks) if marks.owner == call.owner && marks.token == call.token => {}
                Some(marks) if marks.owner == call.owner => {
                    return Err(DriverError::AlreadyExists(Some(place.object())));
                }
                other => return Err(self.not_owner(&place, other.map(|marks| marks.owner))),
            }
        }
        let marks = Marks { owner: call.owner.clone(), token: call.token.clone(), sent: without_count(&sent), first };
        let sending = Sending { clear: create.properties.clone(), marks, secrets };
        if let Err(failed) = self.up(&place, &sending, false, call) {
            return Err(self.undone(&place, &before, failed, call));
        }
        self.settled(&place, sending, lock, call)
    }

    pub(crate) fn update_service(&self, update: &Update, call: &Call) -> Result<Observed, DriverError> {
        let place = Place::parse(&update.object)?;
        let (sent, secrets) = self.sealed(Kind::Service, &update.after, &update.tainted)?;
        // What is not there needs no image.
        self.owned(&place, &call.owner, call)?;
        self.fetch_image(&update.after, call.until)?;
        let lock = self.lock(&place, call)?;
        let (_, marks) = self.owned(&place, &call.owner, call)?;
        let sending =
            Sending { clear: update.after.clone(), marks: Marks { sent: without_count(&sent), ..marks }, secrets };
        self.up(&place, &sending, false, call).map_err(Failed::doing)?;
        self.settled(&place, sending, lock, call)
    }

    /// Makes the containers anew with other marks. What was sent is found in them, secrets too.
    pub(crate) fn claim_service(
        &self,
        object: &ObjectId,
        from: Option<&Owner>,
        call: &Call,
    ) -> Result<Observed, DriverError> {
        let place = Place::parse(object)?;
        let lock = self.lock(&place, call)?;
        let containers = self.containers(&place, call.until)?;
        let Some(container) = containers.first() else { return Err(DriverError::NotFound) };
        let marks = container.marks();
        let owner = marks.as_ref().map(|marks| marks.owner.clone());
        if owner.as_ref() == Some(&call.owner) {
            return self.observed_service(&place, &containers);
        }
        if owner.as_ref() != from {
            return Err(self.not_owner(&place, owner));
        }
        let Some(marks) = marks else {
            return Err(DriverError::Unsupported("taking over containers that were not made here".to_owned()));
        };
        let running = containers.iter().filter(|container| container.runs()).count();
        let (clear, secrets) = self.opened(&marks.sent, container, running as u64, call)?;
        let sending = Sending { clear, marks: Marks { owner: call.owner.clone(), ..marks }, secrets };
        self.up(&place, &sending, false, call).map_err(Failed::doing)?;
        self.settled(&place, sending, lock, call)
    }

    pub(crate) fn scale_service(&self, object: &ObjectId, count: u64, call: &Call) -> Result<Observed, DriverError> {
        let place = Place::parse(object)?;
        let lock = self.lock(&place, call)?;
        let (containers, marks) = self.owned(&place, &call.owner, call)?;
        let Some(container) = containers.first() else { return Err(DriverError::NotFound) };
        let (clear, secrets) = self.opened(&marks.sent, container, count, call)?;
        let sending = Sending { clear, marks, secrets };
        self.up(&place, &sending, false, call).map_err(Failed::doing)?;
        self.settled(&place, sending, lock, call)
    }

    /// The network of the project goes with the last service. It goes before the containers do: who finds containers knows that
    /// there is work left.
    pub(crate) fn delete_service(&self, object: &ObjectId, call: &Call) -> Result<(), DriverError> {
        let place = Place::parse(object)?;
        let _lock = self.lock(&place, call)?;
        let (containers, _) = self.owned(&place, &call.owner, call)?;
        let ids: Vec<&str> = containers.iter().map(Container::id).collect();
        let ask = |verb: &[&'static str], names: &[&str]| {
            let question = Question::new(verb.iter().copied().chain(names.iter().copied()));
            self.docker.ask(&question, call.until)
        };
        ask(&["stop"], &ids).map_err(Failed::doing)?;
        let filter = format!("label={}={}", marks::COMPOSE_PROJECT, place.project);
        let all = ask(&["ps", "-aq", "--no-trunc", "--filter"], &[&filter]).map_err(Failed::doing)?;
        if all.lines().all(|id| ids.contains(&id)) {
            match ask(&["network", "rm"], &[&names::default_network(&place.project)]) {
                Ok(_) => {}
                // It has gone, or somebody else uses it.
                Err(failed) if failed.says(&["not found", "no such network", "active endpoints"]) => {}
                Err(failed) => return Err(failed.doing()),
            }
        }
        // With the volumes that have no name.
        match ask(&["rm", "-f", "-v"], &ids) {
            Ok(_) => Ok(()),
            Err(failed) if failed.says(&["no such container"]) => Ok(()),
            Err(failed) => Err(failed.doing()),
        }
    }

    pub(crate) fn read_service(&self, object: &ObjectId, call: &Call) -> Result<Observed, DriverError> {
        let place = Place::parse(object)?;
        let containers = self.containers(&place, call.until)?;
        let Some(first) = containers.first() else { return Err(DriverError::NotFound) };
        let mut observed = self.observed_service(&place, &containers)?;
        // An image that was built anew under the same name is another image.
        let image = first.image();
        let question = Question::new(["image", "inspect", "--format", "{{.Id}}", image]);
        let now = self.docker.ask(&question, call.until).unwrap_or_default();
        let old = containers.iter().map(Container::image_id).find(|id| *id != now.trim());
        if let (Some(old), Value::Map(map)) = (old.filter(|_| !now.is_empty()), &mut observed.attributes) {
            map.insert("image".into(), Value::from(&*format!("{image}@{old}")));
        }
        Ok(observed)
    }

    /// A create that did not come to its end is not told as done, so that it is done again.
    pub(crate) fn find_service(&self, call: &Call) -> Result<Found, DriverError> {
        let place = Place::of(&call.owner);
        let containers = self.containers(&place, call.until)?;
        let Some(marks) = containers.first().and_then(Container::marks) else { return Ok(Found::Nothing) };
        if marks.owner != call.owner || marks.token != call.token {
            return Ok(Found::Nothing);
        }
        let running = containers.iter().filter(|container| container.runs()).count();
        if (running as u64) < marks.first {
            return Ok(Found::Unsure);
        }
        Ok(Found::Object(Box::new(self.observed_service(&place, &containers)?)))
    }

    pub(crate) fn health_of_service(&self, object: &ObjectId, call: &Call) -> Result<Health, DriverError> {
        let containers = self.containers(&Place::parse(object)?, call.until)?;
        if containers.is_empty() {
            Err(DriverError::NotFound)
        } else {
            Ok(observe::health(&containers, self.clock.now()))
        }
    }

    fn lock(&self, place: &Place, call: &Call) -> Result<Lock, DriverError> {
        let path: PathBuf = self.locks.join(format!("{}.lock", place.project));
        Lock::take(&path, &*self.clock, call.until)
    }

    /// All containers of a service, whoever made them, in the order of their numbers.
    pub(crate) fn containers(&self, place: &Place, until: Duration) -> Result<Vec<Container>, DriverError> {
        let filters = [
            format!("label={}={}", marks::COMPOSE_PROJECT, place.project),
            format!("label={}={}", marks::COMPOSE_SERVICE, place.service),
            "label=com.docker.compose.oneoff=False".to_owned(),
        ];
        let mut question = Question::new(["ps", "-aq", "--no-trunc"]);
        for filter in &filters {
            question.arguments.extend(["--filter", filter]);
        }
        let ids = self.docker.ask(&question, until).map_err(Failed::looking)?;
        let mut containers: Vec<Container> =
            self.inspect("container", ids.lines(), until)?.into_iter().map(Container).collect();
        containers.sort_by_key(Container::number);
        Ok(containers)
    }

    /// Those of a service that is ours, and their marks.
    fn owned(&self, place: &Place, owner: &Owner, call: &Call) -> Result<(Vec<Container>, Marks), DriverError> {
        let containers = self.containers(place, call.until)?;
        let Some(first) = containers.first() else { return Err(DriverError::NotFound) };
        match first.marks() {
            Some(marks) if marks.owner == *owner => Ok((containers, marks)),
            other => Err(self.not_owner(place, other.map(|marks| marks.owner))),
        }
    }

    fn not_owner(&self, place: &Place, owner: Option<Owner>) -> DriverError {
        DriverError::NotOwner { object: place.object(), owner }
    }

    fn observed_service(&self, place: &Place, containers: &[Container]) -> Result<Observed, DriverError> {
        let marks = containers.first().and_then(Container::marks);
        let sent = marks.as_ref().map(|marks| &marks.sent);
        let attributes = observe::attributes(&place.project, &place.service, sent, containers, &*self.sealer);
        let owner = marks.map(|marks| marks.owner);
        Ok(Observed { object: place.object(), attributes, secrets: Vec::new(), owner, unwell: None })
    }

    /// Brings the containers to what is to be sent.
    fn up(&self, place: &Place, sending: &Sending, anew: bool, call: &Call) -> Result<(), Failed> {
        self.ensure_network(place, call.until)?;
        let (document, variables) = document(place, sending);
        let count = replicas(&sending.clear);
        // One container carries the marks even where none is to run.
        let scale = format!("{}={}", place.service, count.max(1));
        let mut question = Question::new(["compose", "--project-name", &place.project, "--file", "-"]);
        question.arguments.extend(["--env-file", "/dev/null", "--progress", "quiet"]);
        question.arguments.extend(["up", "--detach", "--no-deps", "--pull", "never", "--no-build", "--scale", &scale]);
        if count == 0 {
            question.arguments.extend(["--no-start", "--force-recreate"]);
        } else if anew {
            question.arguments.push("--force-recreate");
        }
        question.arguments.push(&place.service);
        question.input = Some(document.to_string().into_bytes());
        question.variables = variables;
        self.docker.ask(&question, call.until).map(drop)
    }

    /// The network that all services of the project stand in, under the lock: the engine would make two of one name.
    fn ensure_network(&self, place: &Place, until: Duration) -> Result<(), Failed> {
        let name = names::default_network(&place.project);
        match self.docker.ask(&Question::new(["network", "inspect", "--format", "{{.Id}}", &name]), until) {
            Ok(_) => return Ok(()),
            Err(Failed::Refused(_)) => {}
            Err(other) => return Err(other),
        }
        let project = format!("{}={}", marks::COMPOSE_PROJECT, place.project);
        let network = format!("{}=default", marks::COMPOSE_NETWORK);
        let question = Question::new(["network", "create", "--label", &project, "--label", &network, &name]);
        self.docker.ask(&question, until).map(drop)
    }

    /// A create that failed, with all that it made taken away, so that it had no effect; or else nobody knows.
    fn undone(&self, place: &Place, before: &[Container], failed: Failed, call: &Call) -> DriverError {
        if !before.is_empty() || !matches!(failed, Failed::Refused(_)) {
            return failed.doing();
        }
        let Ok(made) = self.containers(place, call.until) else { return failed.doing() };
        let ids = made.iter().map(Container::id);
        if !made.is_empty()
            && self.docker.ask(&Question::new(["rm", "-f", "-v"].into_iter().chain(ids)), call.until).is_err()
        {
            return failed.doing();
        }
        DriverError::Invalid(failed.to_string())
    }

    /// What has become of it, once it is well or surely is not. Somebody may have changed a container where Compose does
    /// not look; then it is made anew.
    fn settled(&self, place: &Place, sending: Sending, lock: Lock, call: &Call) -> Result<Observed, DriverError> {
        let unknown = |error: DriverError| DriverError::Unknown(error.to_string());
        let containers = self.containers(place, call.until).map_err(unknown)?;
        let observed = self.observed_service(place, &containers)?;
        let wanted = without_count(&observed.attributes);
        let as_sent = strata_model::diff::project(&wanted, &sending.marks.sent) == sending.marks.sent;
        if !as_sent {
            self.up(place, &sending, true, call).map_err(Failed::doing)?;
        }
        drop(lock);
        let (containers, unwell) = self.watch(place, call).map_err(unknown)?;
        let observed = self.observed_service(place, &containers)?;
        Ok(Observed { secrets: sending.secrets, unwell, ..observed })
    }

    /// The engine's own account of objects.
    pub(crate) fn inspect<'a>(
        &self,
        kind: &'a str,
        ids: impl Iterator<Item = &'a str>,
        until: Duration,
    ) -> Result<Vec<Any>, DriverError> {
        let mut question = Question::new([kind, "inspect"]);
        question.arguments.extend(ids);
        if question.arguments.len() == 2 {
            return Ok(Vec::new());
        }
        match self.docker.ask(&question, until) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| DriverError::Transient(format!("the engine's answer cannot be read: {error}"))),
            // One of them has gone since it was listed: the next look will be consistent.
            Err(failed) if failed.says(&["no such"]) => Err(DriverError::Transient(failed.to_string())),
            Err(failed) => Err(failed.looking()),
        }
    }

    pub(crate) fn sealed(
        &self,
        kind: Kind,
        properties: &Value,
        tainted: &[Path],
    ) -> Result<(Value, Vec<SecretLeaf>), DriverError> {
        let is_sensitive =
            |path: &Path| kind.schema().is_sensitive(path) || tainted.iter().any(|leaf| leaf.covers(path));
        seal(properties, is_sensitive, &*self.sealer).map_err(|error| DriverError::Transient(error.to_string()))
    }
}
