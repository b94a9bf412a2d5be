//! What happens behind the back of the engine, and what the cloud itself adds and refuses.

use strata_model::{ObjectId, Value};
use strata_ports::{Delete, Driver, DriverError, Health};
use strata_provider_local::{Admin, Answer, Condition, Meddle, Place};

use crate::rig::{Rig, id, settings, value};

fn attribute(rig: &Rig, object: &ObjectId, kind: &str, path: &str) -> Option<Value> {
    rig.read(object, kind).unwrap().attributes.at(&path.parse().unwrap()).cloned()
}

#[test]
fn a_hand_changes_an_object() {
    let rig = Rig::new();
    let kind = "local.service";
    let made = rig.create(kind, r#"{"image":"web:1","ports":[{"port":80}]}"#, &rig.call("web", "t1")).unwrap().object;
    rig.meddle(&made, Meddle::Set { path: "ports[0].port".parse().unwrap(), value: 81.into() });
    assert_eq!(attribute(&rig, &made, kind, "ports[0].port"), Some(81.into()));
    rig.meddle(&made, Meddle::Set { path: "labels.by".parse().unwrap(), value: "hand".into() });
    assert_eq!(attribute(&rig, &made, kind, "labels"), Some(value(r#"{"by":"hand"}"#)));
    rig.meddle(&made, Meddle::Unset { path: "labels.by".parse().unwrap() });
    assert_eq!(attribute(&rig, &made, kind, "labels"), Some(value("{}")));

    let health = || rig.driver.health(&kind.into(), &made, &rig.call("web", "t2")).unwrap();
    assert_eq!(health(), Health::Healthy);
    rig.meddle(&made, Meddle::Health(Condition::Degraded("one of two".to_owned())));
    rig.kill();
    assert_eq!(health(), Health::Degraded("one of two".to_owned()));
}

#[test]
fn a_hand_replaces_an_object_by_another_of_the_same_name() {
    let rig = Rig::new();
    let call = rig.call("db", "t1");
    let json = r#"{"name":"orders","engine":"mysql"}"#;
    let made = rig.create("local.database", json, &call).unwrap().object;
    rig.meddle(&made, Meddle::Replace);
    assert_eq!(id(rig.read(&made, "local.database")), Err(DriverError::NotFound));
    let listed = rig.list();
    assert_eq!((listed.len(), &listed[0].owner), (1, &None));
    let other = listed[0].object.clone();
    assert_eq!(attribute(&rig, &other, "local.database", "id"), Some(Value::from(&*other.0)));
    let clash = id(rig.create("local.database", json, &rig.call("db", "t2")));
    assert_eq!(clash, Err(DriverError::AlreadyExists(Some(other.clone()))));
    let stolen = rig.delete(&other, "local.database", &call);
    assert_eq!(stolen, Err(DriverError::NotOwner { object: other.clone(), owner: None }));
    rig.driver.claim(&"local.database".into(), &other, None, &call).unwrap();
    rig.delete(&other, "local.database", &call).unwrap();
}

#[test]
fn what_nobody_manages_is_listed_without_an_owner() {
    let rig = Rig::new();
    let place = Place { account: "main".into(), region: "main".into() };
    let make = |kind: &str, json: &str| {
        rig.world.admin(Admin::Make { place: place.clone(), kind: kind.into(), properties: value(json) })
    };
    let Ok(Answer::Object(made)) = make("local.bucket", r#"{"name":"old"}"#) else { panic!("not made") };
    assert_eq!(rig.list().iter().map(|row| (&row.object, &row.owner)).collect::<Vec<_>>(), [(&made, &None)]);
    for (kind, json, message) in [
        ("local.buckt", "{}", "the type local.buckt (did you mean local.bucket?) is not offered"),
        ("local.bucket", r#"{"nme":"x"}"#, "`nme` there is no such field, did you mean `name`?"),
        ("local.bucket", r#"{"name":"old"}"#, "has that name"),
    ] {
        let error = make(kind, json).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.diagnostic().code.0, "E3013");
    }
}

#[test]
fn things_drift_after_a_time() {
    let rule = r#"{"drift":[{"when":{"kind":"local.cache"},"after_ms":60,"change":{"set":{"path":"nodes","value":9}}},
        {"when":{"kind":"local.cache","address":"*/b/main"},"after_ms":90,"change":"delete"}]}"#;
    let rig = Rig::with(&settings(rule));
    let kind = "local.cache";
    let [a, b] = ["a", "b"].map(|unit| rig.create(kind, "{}", &rig.call(unit, unit)).unwrap().object);
    rig.kill();
    while attribute(&rig, &a, kind, "nodes") != Some(9.into()) || rig.list().len() > 1 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(id(rig.read(&b, kind)), Err(DriverError::NotFound));
}

#[test]
fn the_cloud_fills_in_and_computes() {
    let rig = Rig::new();
    let sent = r#"{"name":"orders","engine":"postgres"}"#;
    let made = rig.create("local.database", sent, &rig.call("db", "t1")).unwrap();
    let at = |path: &str| made.attributes.at(&path.parse().unwrap()).map(Value::to_string).unwrap_or_default();
    assert_eq!((&*at("storageGb"), &*at("port"), &*at("multiAz")), ("20", "5432", "false"));
    assert!(at("arn").starts_with(r#""arn:local.database:main:main:db-"#), "{}", at("arn"));
    assert!(at("host").starts_with(r#""orders."#));
    let service = rig.create("local.service", r#"{"image":"web:1"}"#, &rig.call("web", "t2")).unwrap();
    assert_eq!(attribute(&rig, &service.object, "local.service", "revision"), Some(1.into()));
    let call = rig.call("web", "t3");
    for _ in 0..2 {
        rig.update(&service, "local.service", r#"{"image":"web:2"}"#, &call).unwrap();
        assert_eq!(attribute(&rig, &service.object, "local.service", "revision"), Some(2.into()));
    }
}

#[test]
fn the_cloud_refuses_what_is_wrong() {
    let rig = Rig::new();
    let network = rig.create("local.network", r#"{"name":"core"}"#, &rig.call("net", "t1")).unwrap().object;
    let subnet = format!(r#"{{"network":"{network}","cidr":"10.0.1.0/24"}}"#);
    let made = rig.create("local.subnet", &subnet, &rig.call("sub", "t2")).unwrap();
    let told = |error: Result<ObjectId, DriverError>| error.unwrap_err().to_string();
    let again = |json: &str| told(id(rig.update(&made, "local.subnet", json, &rig.call("sub", "t3"))));
    assert_eq!(again(&subnet.replace("10.0.1", "10.0.2")), "`cidr` cannot be changed");
    assert_eq!(again(r#"{"cidr":"10.0.1.0/24"}"#), "`network` is required");
    assert_eq!(
        told(id(rig.create("local.subnet", r#"{"network":"net-0123456789ab","cidr":"x"}"#, &rig.call("s", "t4")))),
        "there is no network net-0123456789ab"
    );
    assert_eq!(
        told(id(rig.create("local.queue", r#"{"fifo":{"$unknown":true}}"#, &rig.call("q", "t5")))),
        "`fifo` is not known yet"
    );
    let refused = rig.delete(&network, "local.network", &rig.call("net", "t6"));
    assert_eq!(refused, Err(DriverError::Invalid(format!("{network} is still used by {}", made.object))));
    rig.delete(&made.object, "local.subnet", &rig.call("sub", "t7")).unwrap();
    rig.delete(&network, "local.network", &rig.call("net", "t8")).unwrap();
}

#[test]
fn only_what_holds_data_has_a_snapshot() {
    let rig = Rig::new();
    for (kind, json, works) in [("local.volume", r#"{"sizeGb":5}"#, true), ("local.topic", "{}", false)] {
        let call = rig.call(kind, kind);
        let object = rig.create(kind, json, &call).unwrap().object;
        let deleted = rig.driver.delete(&Delete { kind: kind.into(), object, snapshot: true }, &call);
        assert_eq!(deleted.is_ok(), works, "{deleted:?}");
    }
}

#[test]
fn a_place_sees_only_its_own() {
    let rig = Rig::new();
    let made = rig.create("local.bucket", r#"{"name":"b"}"#, &rig.call("b", "t1")).unwrap();
    let other = rig.in_place("main", "elsewhere");
    let call = rig.call("b", "t2");
    assert_eq!(id(other.read(&"local.bucket".into(), &made.object, &call)), Err(DriverError::NotFound));
    assert_eq!(other.list(&call), Ok(Vec::new()));
    let twin = other.create(&crate::rig::create("local.bucket", r#"{"name":"b"}"#), &call).unwrap();
    assert_ne!(twin.object, made.object);
}
