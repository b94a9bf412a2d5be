//! Volumes and networks: objects of the engine's with names of their own, which are made and deleted and never changed.

use std::time::Duration;

use serde_json::Value as Any;
use strata_model::{Map, ObjectId, Value};
use strata_ports::{Call, Create, DriverError, Found, Observed};

use crate::docker::{Failed, Question};
use crate::driver::Compose;
use crate::marks::{self, Marks};
use crate::names;
use crate::types::Kind;

pub(crate) fn word(kind: Kind) -> &'static str {
    if kind == Kind::Network { "network" } else { "volume" }
}

impl Compose {
    pub(crate) fn create_plain(&self, kind: Kind, create: &Create, call: &Call) -> Result<Observed, DriverError> {
        let name = names::global(&kind.name(), &call.owner.address);
        if let Some(found) = self.inspected(kind, &name, call.until)? {
            let marks = marks_of(&found);
            let ours = marks.as_ref().is_some_and(|marks| marks.owner == call.owner);
            return match marks {
                Some(marks) if ours && marks.token == call.token => Ok(told(&name, &found)),
                Some(_) if ours => Err(DriverError::AlreadyExists(Some(ObjectId(name.into())))),
                marks => {
                    Err(DriverError::NotOwner { object: ObjectId(name.into()), owner: marks.map(|marks| marks.owner) })
                }
            };
        }
        let (sent, secrets) = self.sealed(kind, &create.properties, &create.tainted)?;
        let marks = Marks { owner: call.owner.clone(), token: call.token.clone(), sent, first: 0 };
        let mut labels = marks.labels();
        labels.insert(marks::COMPOSE_PROJECT.to_owned(), names::project(&call.owner.address.context()));
        let part = if kind == Kind::Network { marks::COMPOSE_NETWORK } else { marks::COMPOSE_VOLUME };
        labels.insert(part.to_owned(), names::local(&kind.name(), &call.owner.address));
        let mut options: Vec<String> = labels.iter().map(|(label, text)| format!("--label={label}={text}")).collect();
        options.extend(plain_options(&create.properties));
        let question =
            Question::new([word(kind), "create"].into_iter().chain(options.iter().map(String::as_str)).chain([&*name]));
        match self.docker.ask(&question, call.until) {
            Ok(_) => {}
            // Neither is made in part.
            Err(Failed::Refused(why)) => return Err(DriverError::Invalid(why)),
            Err(failed) => return Err(failed.doing()),
        }
        let found = self.plain(kind, &name, call.until).map_err(|error| DriverError::Unknown(error.to_string()))?;
        let found = found.ok_or_else(|| DriverError::Unknown(format!("{name} was made and has gone")))?;
        Ok(Observed { secrets, ..found })
    }

    pub(crate) fn delete_plain(&self, kind: Kind, object: &ObjectId, call: &Call) -> Result<(), DriverError> {
        self.owned_plain(kind, object, call)?;
        match self.docker.ask(&Question::new([word(kind), "rm", &object.0]), call.until) {
            Ok(_) => Ok(()),
            Err(failed) if failed.says(&["in use", "active endpoints"]) => {
                Err(DriverError::Transient(failed.to_string()))
            }
            Err(failed) => Err(failed.doing()),
        }
    }

    pub(crate) fn find_plain(&self, kind: Kind, call: &Call) -> Result<Found, DriverError> {
        let name = names::global(&kind.name(), &call.owner.address);
        let Some(found) = self.inspected(kind, &name, call.until)? else { return Ok(Found::Nothing) };
        let ours = marks_of(&found).is_some_and(|marks| marks.owner == call.owner && marks.token == call.token);
        Ok(if ours { Found::Object(Box::new(told(&name, &found))) } else { Found::Nothing })
    }

    fn inspected(&self, kind: Kind, name: &str, until: Duration) -> Result<Option<Any>, DriverError> {
        match self.docker.ask(&Question::new([word(kind), "inspect", name]), until) {
            Ok(text) => {
                let found: Vec<Any> = serde_json::from_str(&text)
                    .map_err(|error| DriverError::Transient(format!("the engine's answer cannot be read: {error}")))?;
                Ok(found.into_iter().next())
            }
            Err(failed) if failed.says(&["no such", "not found"]) => Ok(None),
            Err(failed) => Err(failed.looking()),
        }
    }

    pub(crate) fn plain(&self, kind: Kind, name: &str, until: Duration) -> Result<Option<Observed>, DriverError> {
        Ok(self.inspected(kind, name, until)?.map(|found| told(name, &found)))
    }

    pub(crate) fn owned_plain(&self, kind: Kind, object: &ObjectId, call: &Call) -> Result<Observed, DriverError> {
        let found = self.plain(kind, &object.0, call.until)?.ok_or(DriverError::NotFound)?;
        if found.owner.as_ref() == Some(&call.owner) {
            return Ok(found);
        }
        Err(DriverError::NotOwner { object: found.object, owner: found.owner })
    }
}

fn plain_options(properties: &Value) -> Vec<String> {
    let mut options = Vec::new();
    for (key, value) in properties.as_map().into_iter().flatten() {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (&**key, value) {
            ("driver", value) => options.push(format!("--driver={}", text(value))),
            ("subnet", value) => options.push(format!("--subnet={}", text(value))),
            ("internal" | "attachable", Value::Bool(true)) => options.push(format!("--{key}")),
            ("driver_opts", Value::Map(map)) => {
                options.extend(map.iter().map(|(name, value)| format!("--opt={name}={}", text(value))));
            }
            ("labels", Value::Map(map)) => {
                options.extend(map.iter().map(|(name, value)| format!("--label={name}={}", text(value))));
            }
            _ => {}
        }
    }
    options
}

fn marks_of(found: &Any) -> Option<Marks> {
    let labels = found.get("Labels")?;
    Marks::of(|name| labels.get(name)?.as_str().map(str::to_owned))
}

/// A volume or network as it is. Neither can be changed, so what was sent is what is.
fn told(name: &str, found: &Any) -> Observed {
    let marks = marks_of(found);
    let mut map = marks.as_ref().and_then(|marks| marks.sent.as_map()).cloned().unwrap_or_default();
    corrected(&mut map, found);
    map.insert("name".into(), Value::from(name));
    let owner = marks.map(|marks| marks.owner);
    Observed { object: ObjectId(name.into()), attributes: Value::Map(map), secrets: Vec::new(), owner, unwell: None }
}

/// Somebody may have made another object of the same name and with the same marks.
fn corrected(map: &mut Map, found: &Any) {
    if let Some(driver) = found.get("Driver").and_then(Any::as_str).filter(|_| map.contains_key("driver")) {
        map.insert("driver".into(), Value::from(driver));
    }
    if let Some(internal) = found.get("Internal").and_then(Any::as_bool).filter(|_| map.contains_key("internal")) {
        map.insert("internal".into(), Value::Bool(internal));
    }
    let subnet = found.pointer("/IPAM/Config/0/Subnet").and_then(Any::as_str);
    if let Some(subnet) = subnet.filter(|_| map.contains_key("subnet")) {
        map.insert("subnet".into(), Value::from(subnet));
    }
}
