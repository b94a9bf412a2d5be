//! The suite for drivers. A [`Rig`] gives a driver in a fresh world, and what the suite needs to know of its types.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use strata_model::diff::project;
use strata_model::{Context, ObjectId, Path, Token, TypeName, Value};

use crate::clock::Clock;
use crate::driver::{Call, Create, Delete, Driver, DriverError, Found, Health, Observed, Owner, Update};

/// Does something to an object behind the engine's back.
pub type Meddle = Box<dyn Fn(&ObjectId)>;

/// A driver under test, in a world of its own.
pub struct Rig {
    pub driver: Arc<dyn Driver>,
    pub clock: Arc<dyn Clock>,
    /// A type of which objects can be made.
    /// In which all objects are made.
    pub context: Context,
    pub kind: TypeName,
    /// Properties for a first object, and the same changed in a field that can change in place.
    pub properties: Value,
    pub changed: Value,
    /// A type that can be scaled with properties for it, and one that cannot.
    pub scalable: Option<(TypeName, Value)>,
    pub not_scalable: Option<(TypeName, Value)>,
    /// A type with a sensitive property, properties for it, and the text that must not be seen.
    pub sensitive: Option<(TypeName, Value, Arc<str>)>,
    /// Changes an object behind the engine's back, so that it differs from what was sent. Deletes it.
    pub tamper: Option<Meddle>,
    pub vanish: Option<Meddle>,
}

/// Runs every check, each in a fresh world.
pub fn run(mut fresh: impl FnMut() -> Rig) {
    an_object_lives_and_dies(&fresh());
    what_is_sent_is_read_back(&fresh());
    a_token_makes_one_object(&fresh());
    another_token_makes_another_object(&fresh());
    what_a_lost_create_made_is_found(&fresh());
    an_object_of_somebody_else_is_left_alone(&fresh());
    an_object_changes_hands_only_as_its_owner_says(&fresh());
    what_is_not_there_is_not_found(&fresh());
    an_unknown_type_is_refused(&fresh());
    list_tells_all_with_their_owners(&fresh());
    only_what_can_scale_scales(&fresh());
    a_secret_leaves_only_by_its_door(&fresh());
    a_tainted_leaf_is_a_secret(&fresh());
    a_change_behind_the_back_is_a_difference(&fresh());
    looking_changes_nothing(&fresh());
    what_is_not_known_yet_is_not_refused(&fresh());
    a_mutation_may_be_repeated(&fresh());
    calls_at_the_same_time_do_not_disturb_each_other(&fresh());
}

impl Rig {
    fn call(&self, unit: &str, token: &str) -> Call {
        let address = self.context.address(unit, "main").expect("a valid address");
        let owner = Owner { project: "suite".into(), address };
        Call { owner, token: Token(token.into()), until: self.until(), attempt: 1 }
    }

    fn until(&self) -> Duration {
        self.clock.monotonic() + Duration::from_secs(60)
    }

    /// Repeats what a provider puts off or leaves open, as the engine would. A mutation whose outcome is unknown is
    /// repeated only where its token makes that safe.
    fn patiently<T>(
        &self,
        mut call: Call,
        attempt: impl Fn(&dyn Driver, &Call) -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        let idempotent = self.driver.guarantees().idempotent;
        loop {
            match attempt(&*self.driver, &call) {
                Err(error) if error.may_be_repeated() && call.attempt < 50 => {}
                Err(DriverError::Unknown(_)) if idempotent && call.attempt < 50 => {}
                other => return other,
            }
            self.clock.sleep(Duration::from_millis(20));
            call.attempt += 1;
        }
    }

    fn create(&self, unit: &str, token: &str) -> ObjectId {
        self.create_as(&self.kind, &self.properties, unit, token).object
    }

    fn create_as(&self, kind: &TypeName, properties: &Value, unit: &str, token: &str) -> Observed {
        let create = Create { kind: kind.clone(), properties: properties.clone(), tainted: Vec::new() };
        self.patiently(self.call(unit, token), |driver, call| driver.create(&create, call))
            .expect("a create that the provider accepts")
    }

    /// Updates an object of the first type from `properties` to `changed`.
    fn update(&self, object: &ObjectId, call: Call) -> Result<Observed, DriverError> {
        let update = Update {
            kind: self.kind.clone(),
            object: object.clone(),
            before: self.properties.clone(),
            after: self.changed.clone(),
            tainted: Vec::new(),
        };
        self.patiently(call, |driver, call| driver.update(&update, call))
    }

    /// After an attempt whose outcome is unknown, what is not found is deleted.
    fn delete(&self, object: &ObjectId, call: Call) -> Result<(), DriverError> {
        let unsure = Cell::new(false);
        let deleted = self.patiently(call, |driver, call| {
            let deleted = driver.delete(&self.deletion(object), call);
            unsure.set(unsure.get() || matches!(deleted, Err(DriverError::Unknown(_))));
            deleted
        });
        if unsure.get() && deleted == Err(DriverError::NotFound) { Ok(()) } else { deleted }
    }

    fn deletion(&self, object: &ObjectId) -> Delete {
        Delete { kind: self.kind.clone(), object: object.clone(), snapshot: false }
    }

    fn read(&self, object: &ObjectId, call: Call) -> Result<Observed, DriverError> {
        self.patiently(call, |driver, call| driver.read(&self.kind, object, call))
    }

    fn find(&self, call: Call) -> Found {
        self.patiently(call, |driver, call| driver.find(&self.kind, call)).expect("an answer")
    }
}

/// The part of a result that can be compared.
fn object(observed: Result<Observed, DriverError>) -> Result<ObjectId, DriverError> {
    observed.map(|observed| observed.object)
}

fn an_object_lives_and_dies(rig: &Rig) {
    let made = rig.create("web", "t1");
    if rig.driver.guarantees().read_after_write {
        let health = rig.patiently(rig.call("web", "t2"), |driver, call| driver.health(&rig.kind, &made, call));
        assert_eq!(health.expect("a health"), Health::Healthy);
    }
    let updated = rig.update(&made, rig.call("web", "t2")).expect("updated");
    assert_eq!(updated.object, made, "an update keeps the object");
    assert!(rig.driver.diff(&rig.kind, &rig.changed, &updated.attributes).is_empty(), "the update took effect");
    assert!(!rig.driver.diff(&rig.kind, &rig.properties, &updated.attributes).is_empty(), "and can be seen");
    rig.delete(&made, rig.call("web", "t3")).expect("deleted");
    if rig.driver.guarantees().read_after_write {
        assert_eq!(object(rig.read(&made, rig.call("web", "t4"))), Err(DriverError::NotFound));
    }
}

fn what_is_sent_is_read_back(rig: &Rig) {
    let made = rig.create("web", "t1");
    if !rig.driver.guarantees().read_after_write {
        return;
    }
    let observed = rig.read(&made, rig.call("web", "t1")).expect("read");
    assert_eq!(observed.object, made);
    assert_eq!(project(&observed.attributes, &rig.properties), rig.properties);
    assert!(rig.driver.diff(&rig.kind, &rig.properties, &observed.attributes).is_empty());
}

fn a_token_makes_one_object(rig: &Rig) {
    if rig.driver.guarantees().idempotent {
        let first = rig.create("web", "t1");
        assert_eq!(rig.create("web", "t1"), first, "the same token gives the same object");
    }
}

fn another_token_makes_another_object(rig: &Rig) {
    assert_ne!(rig.create("web", "t1"), rig.create("api", "t2"));
}

fn what_a_lost_create_made_is_found(rig: &Rig) {
    let guarantees = rig.driver.guarantees();
    let certain = guarantees.complete_list && guarantees.read_after_write;
    match rig.find(rig.call("web", "t1")) {
        Found::Nothing => assert!(certain, "`Nothing` is said only by who sees everything"),
        Found::Unsure => assert!(!certain, "who sees everything is never unsure"),
        Found::Object(found) => panic!("found {} before it was made", found.object),
    }
    let made = rig.create("web", "t1");
    match rig.find(rig.call("web", "t1")) {
        Found::Object(found) => assert_eq!(found.object, made),
        Found::Unsure => assert!(!certain, "who sees everything finds it"),
        Found::Nothing => panic!("it exists and the driver says it surely does not"),
    }
}

fn an_object_of_somebody_else_is_left_alone(rig: &Rig) {
    let made = rig.create("web", "t1");
    let refused = object(rig.update(&made, rig.call("thief", "t2")));
    assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    let refused = rig.delete(&made, rig.call("thief", "t2"));
    assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    if rig.scalable.as_ref().is_some_and(|(kind, _)| *kind == rig.kind) {
        let scaled = rig.patiently(rig.call("thief", "t2"), |driver, call| driver.scale(&rig.kind, &made, 2, call));
        assert!(matches!(object(scaled), Err(DriverError::NotOwner { .. })));
    }
    rig.delete(&made, rig.call("web", "t3")).expect("its owner may");
}

fn an_object_changes_hands_only_as_its_owner_says(rig: &Rig) {
    let made = rig.create("web", "t1");
    let (old, new) = (rig.call("web", "t1").owner, rig.call("site", "t2").owner);
    let claim = |from: Option<&Owner>, unit: &str| {
        rig.patiently(rig.call(unit, "t2"), |driver, call| driver.claim(&rig.kind, &made, from, call))
    };
    for wrong in [None, Some(&new)] {
        let refused = object(claim(wrong, "thief"));
        assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    }
    for _ in 0..2 {
        let claimed = claim(Some(&old), "site").expect("claimed, and again");
        assert_eq!((claimed.object, claimed.owner), (made.clone(), Some(new.clone())));
    }
    let refused = object(rig.update(&made, rig.call("web", "t3")));
    assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    rig.update(&made, rig.call("site", "t3")).expect("its new owner may");
}

fn what_is_not_there_is_not_found(rig: &Rig) {
    let made = rig.create("web", "t1");
    rig.delete(&made, rig.call("web", "t2")).expect("deleted");
    let again = rig.patiently(rig.call("web", "t3"), |driver, call| driver.delete(&rig.deletion(&made), call));
    assert_eq!(again, Err(DriverError::NotFound));
    assert_eq!(object(rig.update(&made, rig.call("web", "t4"))), Err(DriverError::NotFound));
    let owner = rig.call("web", "t5").owner;
    let claimed =
        rig.patiently(rig.call("api", "t5"), |driver, call| driver.claim(&rig.kind, &made, Some(&owner), call));
    assert_eq!(object(claimed), Err(DriverError::NotFound));
    if rig.driver.guarantees().read_after_write {
        let health = rig.patiently(rig.call("web", "t6"), |driver, call| driver.health(&rig.kind, &made, call));
        assert!(!matches!(health, Ok(Health::Healthy)), "what is not there is not healthy: {health:?}");
    }
}

fn an_unknown_type_is_refused(rig: &Rig) {
    let kind: TypeName = "no.such_type".into();
    assert!(rig.driver.schema(&kind).is_none());
    assert!(rig.driver.schema(&rig.kind).is_some());
    let create = Create { kind, properties: Value::map(), tainted: Vec::new() };
    let refused = object(rig.patiently(rig.call("web", "t1"), |driver, call| driver.create(&create, call)));
    assert!(matches!(refused, Err(DriverError::Invalid(_) | DriverError::Unsupported(_))), "{refused:?}");
}

fn list_tells_all_with_their_owners(rig: &Rig) {
    let guarantees = rig.driver.guarantees();
    let made = [("web", "t1"), ("api", "t2")].map(|(unit, token)| (rig.create(unit, token), rig.call(unit, token)));
    let listed = rig.patiently(rig.call("web", "t3"), |driver, call| driver.list(call)).expect("a list");
    let keys: Vec<_> = listed.iter().map(|listed| (listed.kind.clone(), listed.object.clone())).collect();
    assert!(keys.is_sorted(), "sorted by type and id");
    if guarantees.complete_list && guarantees.read_after_write {
        for (object, call) in made {
            let found = listed.iter().find(|listed| listed.object == object).expect("all are listed");
            assert_eq!(found.owner, Some(call.owner));
        }
    }
}

fn only_what_can_scale_scales(rig: &Rig) {
    if let Some((kind, properties)) = &rig.scalable {
        let made = rig.create_as(kind, properties, "web", "t1").object;
        let field: Path =
            rig.driver.schema(kind).and_then(|schema| schema.scales.clone()).expect("it says what scales");
        let scaled = rig.patiently(rig.call("web", "t2"), |driver, call| driver.scale(kind, &made, 3, call));
        assert_eq!(scaled.expect("scaled").attributes.at(&field), Some(&Value::from(3)));
    }
    if let Some((kind, properties)) = &rig.not_scalable {
        let made = rig.create_as(kind, properties, "job", "t3").object;
        let refused = rig.patiently(rig.call("job", "t4"), |driver, call| driver.scale(kind, &made, 3, call));
        assert_eq!(object(refused), Err(DriverError::NotScalable(kind.clone())));
    }
}

fn a_secret_leaves_only_by_its_door(rig: &Rig) {
    let Some((kind, properties, text)) = &rig.sensitive else { return };
    let created = rig.create_as(kind, properties, "db", "t1");
    assert!(hides(&created, text));
    assert!(created.secrets.iter().any(|leaf| leaf.secret.expose() == &**text), "the sink is given the clear text");
    let wrong = Create { kind: "no.such_type".into(), properties: properties.clone(), tainted: Vec::new() };
    let error = object(rig.patiently(rig.call("db", "t2"), |driver, call| driver.create(&wrong, call)));
    let error = error.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains(&**text), "an error holds no secret");
}

/// Reading, listing, searching and asking for health leave everything as it was.
fn looking_changes_nothing(rig: &Rig) {
    let made = rig.create("web", "t1");
    let list = || rig.patiently(rig.call("web", "look"), |driver, call| driver.list(call)).expect("a list");
    let read = || rig.read(&made, rig.call("web", "look")).expect("read").attributes;
    if !rig.driver.guarantees().read_after_write {
        return;
    }
    let before = (rig.driver.guarantees().complete_list.then(list), read());
    // Whoever asks, and however often.
    for unit in ["web", "stranger"] {
        rig.read(&made, rig.call(unit, "look")).expect("read");
        rig.find(rig.call(unit, "look"));
        let health = rig.patiently(rig.call(unit, "look"), |driver, call| driver.health(&rig.kind, &made, call));
        health.expect("a health");
    }
    assert_eq!((rig.driver.guarantees().complete_list.then(list), read()), before);
}

/// While planning, leaves may be unknown; a driver says only what it would surely refuse.
fn what_is_not_known_yet_is_not_refused(rig: &Rig) {
    assert_eq!(rig.driver.check(&rig.kind, &rig.properties), Vec::new());
    assert_eq!(rig.driver.check(&rig.kind, &rig.changed), Vec::new());
    let unknown = rig.properties.map_leaves(&mut |_, leaf| (!leaf.is_container()).then_some(Value::Unknown));
    assert_eq!(rig.driver.check(&rig.kind, &unknown), Vec::new());
}

/// With the same token and the next attempt, as after a lost answer.
fn a_mutation_may_be_repeated(rig: &Rig) {
    if !rig.driver.guarantees().idempotent {
        return;
    }
    let made = rig.create("web", "t1");
    for attempt in 1..=2 {
        let updated = rig.update(&made, Call { attempt, ..rig.call("web", "t2") }).expect("updated, and again");
        assert_eq!(updated.object, made);
        assert!(rig.driver.diff(&rig.kind, &rig.changed, &updated.attributes).is_empty());
    }
    assert_eq!(rig.create("web", "t1"), made, "the token of the create is known long after");
}

fn calls_at_the_same_time_do_not_disturb_each_other(rig: &Rig) {
    let idempotent = rig.driver.guarantees().idempotent;
    let create = |unit: &str, token: &str| {
        let create = Create { kind: rig.kind.clone(), properties: rig.properties.clone(), tainted: Vec::new() };
        let (driver, clock, mut call) = (rig.driver.clone(), rig.clock.clone(), rig.call(unit, token));
        move || loop {
            match driver.create(&create, &call) {
                Err(error) if error.may_be_repeated() && call.attempt < 50 => {}
                Err(DriverError::Unknown(_)) if idempotent && call.attempt < 50 => {}
                made => return made.expect("a create that the provider accepts").object,
            }
            clock.sleep(Duration::from_millis(20));
            call.attempt += 1;
        }
    };
    let same = if idempotent { "t1" } else { "t3" };
    let callers = [("web", "t1"), ("api", "t2"), ("web", same)].map(|(unit, token)| create(unit, token));
    let made: Vec<ObjectId> = std::thread::scope(|scope| {
        let threads = callers.map(|caller| scope.spawn(caller));
        threads.into_iter().map(|thread| thread.join().expect("a caller that does not panic")).collect()
    });
    assert_ne!(made[0], made[1]);
    if idempotent {
        assert_eq!(made[0], made[2], "the same token gives the same object, also at the same time");
    }
}

/// The type does not say that the field is sensitive; the call does.
fn a_tainted_leaf_is_a_secret(rig: &Rig) {
    let mut leaf = None;
    rig.properties.each_leaf(&mut |path, value| leaf = value.as_str().map(|text| (path.clone(), text)).or(leaf.take()));
    let Some((path, text)) = leaf else { return };
    let create = Create { kind: rig.kind.clone(), properties: rig.properties.clone(), tainted: vec![path.clone()] };
    let created = rig.patiently(rig.call("web", "t1"), |driver, call| driver.create(&create, call)).expect("created");
    assert!(matches!(created.attributes.at(&path), Some(Value::Sealed(_))), "{path} is sealed");
    assert!(created.secrets.iter().any(|leaf| leaf.path == path && leaf.secret.expose() == text));
}

/// Neither what is observed nor its debug text holds the secret, and a fingerprint stands in its place.
fn hides(observed: &Observed, text: &str) -> bool {
    let mut sealed = 0;
    observed.attributes.each_leaf(&mut |_, leaf| sealed += usize::from(matches!(leaf, Value::Sealed(_))));
    sealed > 0 && !observed.attributes.to_string().contains(text) && !format!("{observed:?}").contains(text)
}

fn a_change_behind_the_back_is_a_difference(rig: &Rig) {
    let certain = rig.driver.guarantees().read_after_write;
    if let Some(tamper) = rig.tamper.as_ref().filter(|_| certain) {
        let made = rig.create("web", "t1");
        tamper(&made);
        let observed = rig.read(&made, rig.call("web", "t2")).expect("read");
        assert!(!rig.driver.diff(&rig.kind, &rig.properties, &observed.attributes).is_empty());
    }
    if let Some(vanish) = rig.vanish.as_ref().filter(|_| certain) {
        let made = rig.create("api", "t3");
        vanish(&made);
        assert_eq!(object(rig.read(&made, rig.call("api", "t4"))), Err(DriverError::NotFound));
    }
}
