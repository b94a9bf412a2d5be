//! What the world does when a driver calls.

use strata_defects::{Defect, planted};
use strata_model::{Map, ObjectId, Path, Timestamp, TypeName, Value};

use super::meddle;
use super::state::{Event, State, attributes};
use crate::catalogue::{self, Facts, Type};
use crate::protocol::{Condition, Due, Mark, Object, Op, Refusal, Reply, Request, Row, View};
use crate::settings::{Occasion, Operation};

/// Does what is asked for and tells what came of it. `key` is what secrets are made from.
pub(super) fn call(state: &mut State, key: &[u8], request: &Request, now: Timestamp) -> Reply {
    meddle::settle(state, now);
    let mut world = World { state, key, request, now };
    let replied = match &request.op {
        Op::Create { kind, properties } => world.create(kind, properties),
        Op::Read { kind, object } => world.seen(kind, object).map(|object| world.view(object)),
        Op::Update { kind, object, properties } => world.update(kind, object, properties),
        Op::Delete { kind, object, snapshot } => world.delete(kind, object, *snapshot),
        Op::Claim { kind, object, from } => world.claim(kind, object, from.as_ref()),
        Op::Find { kind } => Ok(world.find(kind)),
        Op::Health { kind, object } => world.seen(kind, object).map(health),
        Op::Scale { kind, object, replicas } => world.scale(kind, object, *replicas),
        Op::List => Ok(world.list()),
    };
    replied.unwrap_or_else(Reply::Refused)
}

fn health(object: &Object) -> Reply {
    Reply::Health(object.condition.clone().unwrap_or(Condition::Healthy))
}

struct World<'a> {
    state: &'a mut State,
    key: &'a [u8],
    request: &'a Request,
    now: Timestamp,
}

impl World<'_> {
    fn create(&mut self, kind: &TypeName, properties: &Value) -> Result<Reply, Refusal> {
        let request = self.request;
        let offered = offered(kind)?;
        if let Some(id) = self.state.made_by(&request.token).filter(|_| self.state.settings.idempotent) {
            return match self.state.object(id) {
                Some(object) if object.kind == *kind => Ok(self.view(object)),
                Some(_) => Err(Refusal::Invalid("this token has made an object of another type".to_owned())),
                None => Err(Refusal::Invalid(format!("this token has made {id}, which is gone"))),
            };
        }
        let id = self.state.fresh_id(kind, &offered.data.prefix, request.mark.address.as_str());
        let attributes = self.complete(offered, kind, &id, properties, 1)?;
        let object = Object {
            id,
            kind: kind.clone(),
            place: request.place.clone(),
            mark: Some(request.mark.clone()),
            token: Some(request.token.clone()),
            attributes: Value::Map(attributes),
            revision: 1,
            condition: None,
            due: self.due(kind),
        };
        self.refuse_namesake(&object)?;
        if let Some(quota) = self.state.settings.quota(kind)
            && self.state.count(kind, &request.place) >= quota
        {
            return Err(Refusal::Quota(format!("{quota} of {kind} in {}", place(request))));
        }
        Ok(self.put(object))
    }

    fn update(&mut self, kind: &TypeName, id: &ObjectId, properties: &Value) -> Result<Reply, Refusal> {
        let offered = offered(kind)?;
        let object = self.owned(kind, id)?;
        let same = self.complete(offered, kind, id, properties, object.revision)?;
        if same == *attributes(object) {
            return Ok(self.view(object));
        }
        let problems = offered.check_change(attributes(object), &same);
        refuse(&problems)?;
        let revision = object.revision + 1;
        let attributes = Value::Map(self.complete(offered, kind, id, properties, revision)?);
        let object = Object { attributes, revision, due: self.due(kind), ..object.clone() };
        self.refuse_namesake(&object)?;
        Ok(self.put(object))
    }

    fn delete(&mut self, kind: &TypeName, id: &ObjectId, snapshot: bool) -> Result<Reply, Refusal> {
        let object = self.owned(kind, id)?.clone();
        if let Some(user) = self.state.user_of(id) {
            return Err(Refusal::Invalid(format!("{id} is still used by {user}")));
        }
        if snapshot {
            if !offered(kind)?.schema.holds_data {
                return Err(Refusal::Unsupported(format!("a snapshot of {kind}")));
            }
            self.state.write(Event::Snapshot(Box::new(object)), self.now);
        }
        self.state.write(Event::Gone { object: id.clone() }, self.now);
        Ok(Reply::Deleted)
    }

    fn claim(&mut self, kind: &TypeName, id: &ObjectId, from: Option<&Mark>) -> Result<Reply, Refusal> {
        let object = self.existing(kind, id)?;
        if object.mark.as_ref() == Some(&self.request.mark) {
            return Ok(self.view(object));
        }
        if object.mark.as_ref() != from {
            return Err(Refusal::NotOwner { object: id.clone(), mark: object.mark.clone() });
        }
        let object = Object { mark: Some(self.request.mark.clone()), ..object.clone() };
        Ok(self.put(object))
    }

    fn scale(&mut self, kind: &TypeName, id: &ObjectId, replicas: u64) -> Result<Reply, Refusal> {
        let offered = offered(kind)?;
        let field = offered.data.scales.as_ref().ok_or_else(|| Refusal::NotScalable(kind.clone()))?;
        let object = self.owned(kind, id)?;
        let [strata_model::Segment::Key(name)] = field.segments() else {
            return Err(Refusal::NotScalable(kind.clone()));
        };
        let mut changed = attributes(object).clone();
        changed.insert(name.clone(), Value::Number(replicas.into()));
        if changed == *attributes(object) {
            return Ok(self.view(object));
        }
        // Only the one field is judged: the others may have been changed by hand to what no call could ask for.
        let problems = offered.check(&Value::Map(changed.clone()));
        refuse(&problems.into_iter().filter(|(path, _)| path == field).collect::<Vec<_>>())?;
        let revision = object.revision + 1;
        offered.drop_changing(&mut changed);
        offered.compute(&mut changed, &self.facts(kind, id, revision));
        let object = Object { attributes: Value::Map(changed), revision, due: self.due(kind), ..object.clone() };
        Ok(self.put(object))
    }

    fn find(&self, kind: &TypeName) -> Reply {
        let settings = &self.state.settings;
        let made = self.state.made_by(&self.request.token).filter(|id| !settings.hides(&id.0, self.request.attempt));
        let found = made.and_then(|id| self.state.seen(id, self.now));
        let ours = found.filter(|object| {
            object.kind == *kind
                && object.place == self.request.place
                && object.mark.as_ref() == Some(&self.request.mark)
        });
        let certain = settings.lag_ms == 0 && settings.hidden_permille == 0;
        Reply::Found { object: ours.map(|object| Box::new(self.look(object))), certain }
    }

    fn list(&self) -> Reply {
        let settings = &self.state.settings;
        let here = self.state.all_seen(self.now).filter(|object| object.place == self.request.place);
        let told = here.filter(|object| !settings.hides(&object.id.0, self.request.attempt));
        let mut rows: Vec<Row> = told
            .map(|object| Row { kind: object.kind.clone(), object: object.id.clone(), mark: object.mark.clone() })
            .collect();
        rows.sort_by(|a, b| (&a.kind, &a.object).cmp(&(&b.kind, &b.object)));
        Reply::Listed(rows)
    }

    /// As it is: mutations are never late.
    fn existing(&self, kind: &TypeName, id: &ObjectId) -> Result<&Object, Refusal> {
        self.ours(self.state.object(id), kind)
    }

    /// As those see it who look.
    fn seen(&self, kind: &TypeName, id: &ObjectId) -> Result<&Object, Refusal> {
        self.ours(self.state.seen(id, self.now), kind)
    }

    fn ours<'a>(&self, object: Option<&'a Object>, kind: &TypeName) -> Result<&'a Object, Refusal> {
        let fits = |object: &&Object| object.kind == *kind && object.place == self.request.place;
        object.filter(fits).ok_or(Refusal::NotFound)
    }

    fn owned(&self, kind: &TypeName, id: &ObjectId) -> Result<&Object, Refusal> {
        let object = self.existing(kind, id)?;
        if object.mark.as_ref() == Some(&self.request.mark) || planted(Defect::OwnerIgnored) {
            return Ok(object);
        }
        Err(Refusal::NotOwner { object: id.clone(), mark: object.mark.clone() })
    }

    /// Checks properties and makes all attributes of them.
    fn complete(
        &self,
        offered: &Type,
        kind: &TypeName,
        id: &ObjectId,
        properties: &Value,
        revision: u64,
    ) -> Result<Map, Refusal> {
        let mut problems = offered.check(properties);
        properties.each_leaf(&mut |path, leaf| {
            if matches!(leaf, Value::Later(_) | Value::Unknown) {
                problems.push((path.clone(), "is not known yet".to_owned()));
            }
        });
        let mut attributes = properties.as_map().cloned().unwrap_or_default();
        for (other, target) in offered.references(&attributes) {
            let found = self.state.object(&ObjectId(target.into()));
            let is_there = found.is_some_and(|object| object.place == self.request.place);
            if looks_like_id(other, target) && !is_there {
                problems.push((Path::root(), format!("there is no {other} {target}")));
            }
        }
        refuse(&problems)?;
        offered.fill(&mut attributes);
        offered.compute(&mut attributes, &self.facts(kind, id, revision));
        Ok(attributes)
    }

    fn facts<'a>(&'a self, kind: &'a str, id: &'a ObjectId, revision: u64) -> Facts<'a> {
        let place = &self.request.place;
        Facts { id: &id.0, kind, account: &place.account, region: &place.region, revision }
    }

    fn refuse_namesake(&self, object: &Object) -> Result<(), Refusal> {
        self.state.namesake(object).map_or(Ok(()), |other| Err(Refusal::AlreadyExists(other.clone())))
    }

    /// What the rules say will happen by itself to what is written now.
    fn due(&self, kind: &str) -> Vec<Due> {
        let occasion = Occasion {
            kind,
            address: self.request.mark.address.as_str(),
            operation: self.request.op.operation(),
            attempt: self.request.attempt,
        };
        let rules = self.state.settings.drift.iter().filter(|rule| rule.when.fits(&occasion));
        let at = |after_ms| self.now.plus(std::time::Duration::from_millis(after_ms));
        rules.map(|rule| Due { at: at(rule.after_ms), change: rule.change.clone() }).collect()
    }

    fn put(&mut self, object: Object) -> Reply {
        let reply = self.view(&object);
        self.state.write(Event::Put(Box::new(object)), self.now);
        reply
    }

    fn view(&self, object: &Object) -> Reply {
        Reply::Object(Box::new(self.look(object)))
    }

    fn look(&self, object: &Object) -> View {
        let kind = catalogue::lookup(&object.kind);
        View {
            object: object.id.clone(),
            attributes: object.attributes.clone(),
            secrets: kind.map_or_else(Vec::new, |kind| kind.secrets(self.key, &object.id.0)),
            mark: object.mark.clone(),
        }
    }
}

fn offered(kind: &TypeName) -> Result<&'static Type, Refusal> {
    catalogue::lookup(kind).ok_or_else(|| Refusal::Unsupported(catalogue::unknown(kind)))
}

fn refuse(problems: &[(Path, String)]) -> Result<(), Refusal> {
    if problems.is_empty() { Ok(()) } else { Err(Refusal::Invalid(catalogue::told(problems))) }
}

/// Whether a text has the form of an id of a type, so that it can be told to be wrong. Other texts are names, of which
/// the world knows nothing.
fn looks_like_id(kind: &str, text: &str) -> bool {
    let prefix = catalogue::lookup(&format!("local.{kind}")).map(|kind| kind.data.prefix.as_str());
    let digits = prefix.and_then(|prefix| text.strip_prefix(prefix)?.strip_prefix('-'));
    digits.is_some_and(|digits| digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn place(request: &Request) -> String {
    format!("account {}, region {}", request.place.account, request.place.region)
}

/// What decides about the faults of a request.
pub(super) fn occasion(request: &Request) -> Occasion<'_> {
    let operation: Operation = request.op.operation();
    Occasion { kind: request.op.kind(), address: request.mark.address.as_str(), operation, attempt: request.attempt }
}
