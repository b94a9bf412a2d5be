//! A secret is in no file of the world.

use strata_model::{Path, Value};
use strata_ports::{Create, Driver};

use crate::rig::{Rig, fingerprint, value};

const CANARY: &str = "canary-4f1d-never-to-be-seen";

#[test]
fn no_file_holds_a_secret() {
    let rig = Rig::new();
    let sent = format!(r#"{{"engine":"postgres","password":"{CANARY}"}}"#);
    let database = rig.create("local.database", &sent, &rig.call("db", "t1")).unwrap();
    let service = Create {
        kind: "local.service".into(),
        properties: value(&format!(r#"{{"image":"web:1","env":{{"TOKEN":"{CANARY}"}}}}"#)),
        tainted: vec![Path::key("env")],
    };
    let service = rig.driver.create(&service, &rig.call("web", "t2")).unwrap();
    assert_eq!(service.attributes.at(&"env.TOKEN".parse().unwrap()), Some(&Value::Sealed(fingerprint(CANARY))));

    let told: Vec<_> = database.secrets.iter().map(|leaf| leaf.path.to_string()).collect();
    assert_eq!(told, ["adminPassword", "password"], "what the cloud has made up, and what was sent");
    let made_up = database.secrets[0].secret.expose();
    assert!(made_up.len() == 32 && !database.attributes.to_string().contains(made_up));
    let again = rig.read(&database.object, "local.database").unwrap();
    assert_eq!(again.attributes, database.attributes, "equal secrets, equal fingerprints");
    rig.kill();
    assert_eq!(rig.read(&database.object, "local.database").unwrap().attributes, database.attributes);

    for entry in std::fs::read_dir(rig.folder()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(CANARY) && !text.contains(made_up), "{} holds a secret", path.display());
    }
}
