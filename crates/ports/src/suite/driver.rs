//! The suite for drivers. A [`Rig`] gives a driver in a fresh world, and what the suite needs to know of its types.

use std::sync::Arc;
use std::time::Duration;

use strata_model::diff::project;
use strata_model::{Context, ObjectId, Path, Timestamp, Token, TypeName, Value};

use crate::clock::Clock;
use crate::driver::{Call, Create, Delete, Driver, DriverError, Found, Health, Owner, Update};

/// Does something to an object behind the engine's back.
pub type Meddle = Box<dyn Fn(&ObjectId)>;

/// A driver under test, in a world of its own.
pub struct Rig {
    pub driver: Arc<dyn Driver>,
    pub clock: Arc<dyn Clock>,
    /// A type of which objects can be made.
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
    what_is_not_there_is_not_found(&fresh());
    an_unknown_type_is_refused(&fresh());
    list_tells_all_with_their_owners(&fresh());
    only_what_can_scale_scales(&fresh());
    a_secret_leaves_only_by_its_door(&fresh());
    a_change_behind_the_back_is_a_difference(&fresh());
}

impl Rig {
    fn call(&self, unit: &str, token: &str) -> Call {
        let context = Context::new("suite", "test", None).expect("a valid context");
        let address = context.address(unit, "main").expect("a valid address");
        let owner = Owner { project: "suite".into(), address };
        Call { owner, token: Token(token.into()), deadline: self.deadline(), attempt: 1 }
    }

    fn deadline(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(60))
    }

    /// Repeats what a provider puts off, as the engine would.
    fn patiently<T>(&self, mut attempt: impl FnMut() -> Result<T, DriverError>) -> Result<T, DriverError> {
        for _ in 0..50 {
            match attempt() {
                Err(error) if error.may_be_repeated() => self.clock.sleep(Duration::from_millis(20)),
                other => return other,
            }
        }
        attempt()
    }

    fn create(&self, unit: &str, token: &str) -> ObjectId {
        self.create_as(&self.kind, &self.properties, unit, token)
    }

    fn create_as(&self, kind: &TypeName, properties: &Value, unit: &str, token: &str) -> ObjectId {
        let create = Create { kind: kind.clone(), properties: properties.clone() };
        let observed = self.patiently(|| self.driver.create(&create, &self.call(unit, token)));
        observed.expect("a create that the provider accepts").object
    }
}

fn an_object_lives_and_dies(rig: &Rig) {
    let object = rig.create("web", "t1");
    let call = rig.call("web", "t2");
    let health = rig.patiently(|| rig.driver.health(&rig.kind, &object, &call)).expect("a health");
    assert_eq!(health, Health::Healthy);
    let update = Update {
        kind: rig.kind.clone(),
        object: object.clone(),
        before: rig.properties.clone(),
        after: rig.changed.clone(),
    };
    let updated = rig.patiently(|| rig.driver.update(&update, &call)).expect("updated");
    assert_eq!(updated.object, object, "an update keeps the object");
    assert!(rig.driver.diff(&rig.kind, &rig.changed, &updated.attributes).is_empty(), "the update took effect");
    assert!(!rig.driver.diff(&rig.kind, &rig.properties, &updated.attributes).is_empty(), "and can be seen");
    let delete = Delete { kind: rig.kind.clone(), object: object.clone(), snapshot: false };
    rig.patiently(|| rig.driver.delete(&delete, &rig.call("web", "t3"))).expect("deleted");
    if rig.driver.guarantees().read_after_write {
        let gone = rig.patiently(|| rig.driver.read(&rig.kind, &object, &call)).map(|observed| observed.object);
        assert_eq!(gone, Err(DriverError::NotFound));
    }
}

fn what_is_sent_is_read_back(rig: &Rig) {
    let object = rig.create("web", "t1");
    if !rig.driver.guarantees().read_after_write {
        return;
    }
    let observed = rig.patiently(|| rig.driver.read(&rig.kind, &object, &rig.call("web", "t1"))).expect("read");
    assert_eq!(observed.object, object);
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
    let before = rig.patiently(|| rig.driver.find(&rig.kind, &rig.call("web", "t1"))).expect("an answer");
    match before {
        Found::Nothing => assert!(certain, "`Nothing` is said only by who sees everything"),
        Found::Unsure => assert!(!certain, "who sees everything is never unsure"),
        Found::Object(found) => panic!("found {} before it was made", found.object),
    }
    let object = rig.create("web", "t1");
    match rig.patiently(|| rig.driver.find(&rig.kind, &rig.call("web", "t1"))).expect("an answer") {
        Found::Object(found) => assert_eq!(found.object, object),
        Found::Unsure => assert!(!certain, "who sees everything finds it"),
        Found::Nothing => panic!("it exists and the driver says it surely does not"),
    }
}

fn an_object_of_somebody_else_is_left_alone(rig: &Rig) {
    let object = rig.create("web", "t1");
    let stranger = rig.call("thief", "t2");
    let update = Update {
        kind: rig.kind.clone(),
        object: object.clone(),
        before: rig.properties.clone(),
        after: rig.changed.clone(),
    };
    let refused = rig.patiently(|| rig.driver.update(&update, &stranger)).map(|observed| observed.object);
    assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    let delete = Delete { kind: rig.kind.clone(), object, snapshot: false };
    let refused = rig.patiently(|| rig.driver.delete(&delete, &stranger));
    assert!(matches!(refused, Err(DriverError::NotOwner { .. })), "{refused:?}");
    rig.patiently(|| rig.driver.delete(&delete, &rig.call("web", "t3"))).expect("its owner may");
}

fn what_is_not_there_is_not_found(rig: &Rig) {
    let object = rig.create("web", "t1");
    let call = rig.call("web", "t2");
    let delete = Delete { kind: rig.kind.clone(), object: object.clone(), snapshot: false };
    rig.patiently(|| rig.driver.delete(&delete, &call)).expect("deleted");
    assert_eq!(rig.patiently(|| rig.driver.delete(&delete, &rig.call("web", "t3"))), Err(DriverError::NotFound));
    let update = Update { kind: rig.kind.clone(), object, before: rig.properties.clone(), after: rig.changed.clone() };
    let refused = rig.patiently(|| rig.driver.update(&update, &rig.call("web", "t4"))).map(|observed| observed.object);
    assert_eq!(refused, Err(DriverError::NotFound));
}

fn an_unknown_type_is_refused(rig: &Rig) {
    let kind: TypeName = "no.such_type".into();
    assert!(rig.driver.schema(&kind).is_none());
    assert!(rig.driver.schema(&rig.kind).is_some());
    let create = Create { kind, properties: Value::map() };
    let refused = rig.patiently(|| rig.driver.create(&create, &rig.call("web", "t1"))).map(|observed| observed.object);
    assert!(matches!(refused, Err(DriverError::Invalid(_) | DriverError::Unsupported(_))), "{refused:?}");
}

fn list_tells_all_with_their_owners(rig: &Rig) {
    let guarantees = rig.driver.guarantees();
    let made = [("web", "t1"), ("api", "t2")].map(|(unit, token)| (rig.create(unit, token), rig.call(unit, token)));
    let listed = rig.patiently(|| rig.driver.list(&rig.call("web", "t3"))).expect("a list");
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
        let object = rig.create_as(kind, properties, "web", "t1");
        let field: Path =
            rig.driver.schema(kind).and_then(|schema| schema.scales.clone()).expect("it says what scales");
        let scaled = rig.patiently(|| rig.driver.scale(kind, &object, 3, &rig.call("web", "t2"))).expect("scaled");
        assert_eq!(scaled.attributes.at(&field), Some(&Value::from(3)));
    }
    if let Some((kind, properties)) = &rig.not_scalable {
        let object = rig.create_as(kind, properties, "job", "t3");
        let refused = rig.patiently(|| rig.driver.scale(kind, &object, 3, &rig.call("job", "t4")));
        assert_eq!(refused.map(|observed| observed.object), Err(DriverError::NotScalable(kind.clone())));
    }
}

fn a_secret_leaves_only_by_its_door(rig: &Rig) {
    let Some((kind, properties, text)) = &rig.sensitive else { return };
    let create = Create { kind: kind.clone(), properties: properties.clone() };
    let created = rig.patiently(|| rig.driver.create(&create, &rig.call("db", "t1"))).expect("created");
    assert!(!format!("{created:?}").contains(&**text), "what is observed and its debug text hold no secret");
    assert!(!created.attributes.to_string().contains(&**text));
    let mut sealed = 0;
    created.attributes.each_leaf(&mut |_, leaf| sealed += usize::from(matches!(leaf, Value::Sealed(_))));
    assert!(sealed > 0, "a fingerprint stands in its place");
    let wrong = Create { kind: "no.such_type".into(), properties: properties.clone() };
    let error = rig.patiently(|| rig.driver.create(&wrong, &rig.call("db", "t2"))).expect_err("refused");
    assert!(!format!("{error} {error:?}").contains(&**text), "an error holds no secret");
}

fn a_change_behind_the_back_is_a_difference(rig: &Rig) {
    if let Some(tamper) = &rig.tamper {
        let object = rig.create("web", "t1");
        tamper(&object);
        let observed = rig.patiently(|| rig.driver.read(&rig.kind, &object, &rig.call("web", "t2"))).expect("read");
        assert!(!rig.driver.diff(&rig.kind, &rig.properties, &observed.attributes).is_empty());
    }
    if let Some(vanish) = &rig.vanish {
        let object = rig.create("api", "t3");
        vanish(&object);
        let gone = rig.patiently(|| rig.driver.read(&rig.kind, &object, &rig.call("api", "t4")));
        assert_eq!(gone.map(|observed| observed.object), Err(DriverError::NotFound));
    }
}
