//! The driver: what the engine asks for, put to the world.

use std::sync::Arc;
use std::time::Duration;

use strata_defects::{Defect, planted};
use strata_model::schema::TypeSchema;
use strata_model::{ObjectId, Path, ProviderInstance, Segment, Token, TypeName, Value};
use strata_ports::{
    Call, Clock, Create, Delete, Driver, DriverError, Found, Guarantees, Health, Listed, Observed, Owner, Sealer,
    Secret, SecretLeaf, Update, seal,
};

use crate::catalogue::{self, Type};
use crate::client::{Lost, World};
use crate::protocol::{Admin, Answer, Mark, Message, Op, Place, Reply, Request, View};

/// The simulated cloud as a provider, in one account and region.
pub struct Local {
    world: Arc<World>,
    place: Place,
    clock: Arc<dyn Clock>,
    sealer: Arc<Sealer>,
}

impl Local {
    /// Nothing is started and nothing is asked before the first call.
    pub fn new(world: Arc<World>, instance: &ProviderInstance, clock: Arc<dyn Clock>, sealer: Arc<Sealer>) -> Local {
        let part = |part: &Option<Arc<str>>| part.clone().unwrap_or_else(|| "main".into());
        let place = Place { account: part(&instance.account), region: part(&instance.region) };
        Local { world, place, clock, sealer }
    }

    fn ask(&self, op: Op, call: &Call) -> Result<Reply, DriverError> {
        let left = call.until.saturating_sub(self.clock.monotonic());
        if left < Duration::from_millis(1) {
            return Err(DriverError::Transient("there is no time left for the call".to_owned()));
        }
        let only_looks = op.operation().only_looks();
        let request = Request {
            place: self.place.clone(),
            mark: Mark::from(&call.owner),
            token: self.token(call),
            attempt: call.attempt,
            op,
        };
        match self.world.exchange(&Message::Call(Box::new(request)), left) {
            Ok(Reply::Refused(refusal)) => Err(refusal.into()),
            Ok(reply) => Ok(reply),
            Err(Lost::NoAnswer(why)) if !only_looks && !planted(Defect::UnknownToldAsFailed) => {
                Err(DriverError::Unknown(why))
            }
            Err(Lost::NotSent(why) | Lost::NoAnswer(why)) => Err(DriverError::Transient(why)),
        }
    }

    fn token(&self, call: &Call) -> Token {
        if planted(Defect::TokenDropped) {
            return Token(format!("{} {}", call.token.0, self.clock.monotonic().as_nanos()).into());
        }
        call.token.clone()
    }

    fn ask_for_object(&self, op: Op, call: &Call, sent: Vec<SecretLeaf>) -> Result<Observed, DriverError> {
        let kind = catalogue::lookup(op.kind());
        match self.ask(op, call)? {
            Reply::Object(view) => self.observed(kind, *view, sent),
            _ => Err(astray()),
        }
    }

    /// Takes the secrets out of properties that are to be sent.
    fn sealed(
        &self,
        kind: &TypeName,
        properties: &Value,
        tainted: &[Path],
    ) -> Result<(Value, Vec<SecretLeaf>), DriverError> {
        let schema = self.schema(kind);
        if planted(Defect::SecretsInClear) {
            return Ok((properties.clone(), Vec::new()));
        }
        let is_sensitive = |path: &Path| {
            schema.is_some_and(|schema| schema.is_sensitive(path)) || tainted.iter().any(|leaf| leaf.covers(path))
        };
        seal(properties, is_sensitive, &*self.sealer).map_err(|error| DriverError::Transient(error.to_string()))
    }

    /// An object as the engine may see it: what was changed by hand to something in clear is sealed here, what the
    /// cloud has made up is added sealed.
    fn observed(&self, kind: Option<&Type>, view: View, mut secrets: Vec<SecretLeaf>) -> Result<Observed, DriverError> {
        // The call is over, so a failure from here on is no statement about its effect.
        let failed = |error: strata_ports::SecretError| DriverError::Unknown(error.to_string());
        let is_sensitive =
            |path: &Path| kind.is_some_and(|kind| kind.schema.is_sensitive(path)) && !planted(Defect::SecretsInClear);
        let (mut attributes, _) = seal(&view.attributes, is_sensitive, &*self.sealer).map_err(failed)?;
        for (path, text) in view.secrets {
            let fingerprint = (self.sealer)(&text).map_err(failed)?;
            if let (Value::Map(map), [Segment::Key(key)]) = (&mut attributes, path.segments()) {
                map.insert(key.clone(), Value::Sealed(fingerprint));
            }
            secrets.push(SecretLeaf { path, secret: Secret::new(text) });
        }
        secrets.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Observed { object: view.object, attributes, secrets, owner: view.mark.map(Owner::from), unwell: None })
    }
}

/// The world answered a question that was not asked.
fn astray() -> DriverError {
    DriverError::Unknown("the answer does not fit the question".to_owned())
}

impl Driver for Local {
    fn guarantees(&self) -> Guarantees {
        match self.world.admin(Admin::Settings) {
            Ok(Answer::Settings(settings)) => Guarantees {
                idempotent: settings.idempotent,
                read_after_write: settings.lag_ms == 0,
                complete_list: settings.hidden_permille == 0,
            },
            // Who cannot be asked promises nothing.
            _ => Guarantees { idempotent: false, read_after_write: false, complete_list: false },
        }
    }

    fn schema(&self, kind: &TypeName) -> Option<&TypeSchema> {
        catalogue::lookup(kind).map(|kind| &kind.schema)
    }

    fn check(&self, kind: &TypeName, properties: &Value) -> Vec<(Path, String)> {
        catalogue::lookup(kind).map_or_else(Vec::new, |kind| kind.check(properties))
    }

    fn create(&self, create: &Create, call: &Call) -> Result<Observed, DriverError> {
        let (properties, secrets) = self.sealed(&create.kind, &create.properties, &create.tainted)?;
        self.ask_for_object(Op::Create { kind: create.kind.clone(), properties }, call, secrets)
    }

    fn read(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Observed, DriverError> {
        self.ask_for_object(Op::Read { kind: kind.clone(), object: object.clone() }, call, Vec::new())
    }

    fn update(&self, update: &Update, call: &Call) -> Result<Observed, DriverError> {
        let (properties, secrets) = self.sealed(&update.kind, &update.after, &update.tainted)?;
        let op = Op::Update { kind: update.kind.clone(), object: update.object.clone(), properties };
        self.ask_for_object(op, call, secrets)
    }

    fn delete(&self, delete: &Delete, call: &Call) -> Result<(), DriverError> {
        let (kind, object) = (delete.kind.clone(), delete.object.clone());
        match self.ask(Op::Delete { kind, object, snapshot: delete.snapshot }, call)? {
            Reply::Deleted => Ok(()),
            _ => Err(astray()),
        }
    }

    fn claim(
        &self,
        kind: &TypeName,
        object: &ObjectId,
        from: Option<&Owner>,
        call: &Call,
    ) -> Result<Observed, DriverError> {
        let op = Op::Claim { kind: kind.clone(), object: object.clone(), from: from.map(Mark::from) };
        self.ask_for_object(op, call, Vec::new())
    }

    fn find(&self, kind: &TypeName, call: &Call) -> Result<Found, DriverError> {
        match self.ask(Op::Find { kind: kind.clone() }, call)? {
            Reply::Found { object: Some(view), .. } => {
                Ok(Found::Object(Box::new(self.observed(catalogue::lookup(kind), *view, Vec::new())?)))
            }
            Reply::Found { object: None, certain } if certain || planted(Defect::NothingToldWhenUnsure) => {
                Ok(Found::Nothing)
            }
            Reply::Found { object: None, .. } => Ok(Found::Unsure),
            _ => Err(astray()),
        }
    }

    fn health(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Health, DriverError> {
        match self.ask(Op::Health { kind: kind.clone(), object: object.clone() }, call)? {
            Reply::Health(condition) => Ok(condition.into()),
            _ => Err(astray()),
        }
    }

    fn scale(&self, kind: &TypeName, object: &ObjectId, replicas: u64, call: &Call) -> Result<Observed, DriverError> {
        let op = Op::Scale { kind: kind.clone(), object: object.clone(), replicas };
        self.ask_for_object(op, call, Vec::new())
    }

    fn list(&self, call: &Call) -> Result<Vec<Listed>, DriverError> {
        match self.ask(Op::List, call)? {
            Reply::Listed(rows) => Ok(rows
                .into_iter()
                .map(|row| Listed { kind: row.kind, object: row.object, owner: row.mark.map(Owner::from) })
                .collect()),
            _ => Err(astray()),
        }
    }
}
