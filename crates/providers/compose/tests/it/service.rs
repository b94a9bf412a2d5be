//! What only containers do.

use strata_model::{ObjectId, Path, Value};
use strata_ports::{Create, Delete, Driver, DriverError, Found, Health, LogQuery, Observed, Update};

use strata_fixtures::docker;

use crate::rig::{Rig, value};

const KIND: &str = "compose.service";

impl Rig {
    fn make(&self, unit: &str, json: &str) -> Result<Observed, DriverError> {
        let create = Create { kind: KIND.into(), properties: value(json), tainted: Vec::new() };
        self.driver.create(&create, &self.call(unit, "service", "t1"))
    }

    fn change(&self, unit: &str, object: &ObjectId, json: &str) -> Result<Observed, DriverError> {
        let update = Update {
            kind: KIND.into(),
            object: object.clone(),
            before: Value::map(),
            after: value(json),
            tainted: Vec::new(),
        };
        self.driver.update(&update, &self.call(unit, "service", "t2"))
    }

    fn look(&self, unit: &str, object: &ObjectId) -> Observed {
        self.driver.read(&KIND.into(), object, &self.call(unit, "service", "r")).unwrap()
    }

    fn remove(&self, unit: &str, object: &ObjectId) {
        let delete = Delete { kind: KIND.into(), object: object.clone(), snapshot: false };
        self.driver.delete(&delete, &self.call(unit, "service", "t3")).unwrap();
    }
}

fn at(observed: &Observed, path: &str) -> String {
    observed.attributes.at(&path.parse::<Path>().unwrap()).map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// All that the engine has of a project.
fn all(project: &str) -> String {
    let filter = format!("label=com.docker.compose.project={project}");
    let lists: [&[&str]; 3] =
        [&["ps", "-aq", "--filter"], &["network", "ls", "-q", "--filter"], &["volume", "ls", "-q", "--filter"]];
    lists.map(|list| docker::ask(&[list, &[filter.as_str()]].concat()).unwrap()).concat()
}

/// What ends later than anybody waits for it is told by who looks again, whatever it does at that moment.
#[test]
fn what_ends_again_and_again_is_not_well() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("loops");
    let ends = r#"{"image":"strata-test/app","restart":"unless-stopped","stop_grace_period":"0s","deploy":{"replicas":1},
                   "command":["sh","-c","until [ -e /end ]; do sleep 0.1; done; sleep 2; exit 3"]}"#;
    let made = rig.make("web", ends).unwrap();
    assert_eq!(made.unwell, None, "it works as long as anybody waits");
    docker::ask(&["exec", &rig.name("web-1"), "touch", "/end"]).unwrap();
    let health = || rig.driver.health(&KIND.into(), &made.object, &rig.call("web", "service", "h")).unwrap();
    while docker::ask(&["inspect", "-f", "{{.RestartCount}}", &rig.name("web-1")]).unwrap().trim() == "0" {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    for _ in 0..10 {
        let (Health::Degraded(why) | Health::Unhealthy(why)) = health() else { panic!("it is not well") };
        assert!(why.contains("ends again and again"), "{why}");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    rig.remove("web", &made.object);
}

#[test]
fn a_stopped_container_is_seen_and_started_again() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("stopped");
    let two = r#"{"image":"strata-test/app","stop_grace_period":"0s","deploy":{"replicas":2}}"#;
    let made = rig.make("web", two).unwrap();
    assert_eq!(at(&made, "deploy.replicas"), "2");
    let health = |unit: &str| rig.driver.health(&KIND.into(), &made.object, &rig.call(unit, "service", "h")).unwrap();
    assert_eq!(health("web"), Health::Healthy);
    docker::ask(&["stop", "-t", "0", &rig.name("web-1")]).unwrap();
    let seen = rig.look("web", &made.object);
    let told: Vec<String> = (rig.driver.diff(&KIND.into(), &value(two), &seen.attributes).into_iter())
        .map(|change| format!("{}: {:?} is {:?}", change.path, change.new.unwrap(), change.old.unwrap()))
        .collect();
    assert_eq!(told, ["deploy.replicas: 2 is 1"]);
    assert!(
        matches!(health("web"), Health::Degraded(why) if why.starts_with(&format!("{} has ended", rig.name("web-1"))))
    );
    assert_eq!(at(&rig.change("web", &made.object, two).unwrap(), "deploy.replicas"), "2");
    // None at all is a service too: it can be found, and comes back.
    let none = two.replace('2', "0");
    let idle = rig.change("web", &made.object, &none).unwrap();
    assert_eq!(at(&idle, "deploy.replicas"), "0");
    assert!(rig.driver.diff(&KIND.into(), &value(&none), &idle.attributes).is_empty());
    assert_eq!(health("web"), Health::Healthy);
    assert_eq!(at(&rig.change("web", &made.object, two).unwrap(), "deploy.replicas"), "2");
    rig.remove("web", &made.object);
    assert_eq!(all(&rig.project()), "", "nothing is left, not even the network");
}

#[test]
fn a_variable_is_the_text_that_was_written() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("variables");
    let json = r#"{"image":"strata-test/app","stop_grace_period":"0s",
                   "environment":{"COUNT":10,"SHARE":1.5,"ON":true,"TEXT":"a$b ${c}","NONE":""}}"#;
    let made = rig.make("web", json).unwrap();
    let environment = docker::ask(&["exec", &rig.name("web-1"), "env"]).unwrap();
    for line in ["COUNT=10", "SHARE=1.5", "ON=true", "TEXT=a$b ${c}", "NONE="] {
        assert!(environment.lines().any(|is| is == line), "{line}: {environment}");
    }
    assert!(rig.driver.diff(&KIND.into(), &value(json), &made.attributes).is_empty());
}

#[test]
fn an_image_that_was_built_anew_is_another_one() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("anew");
    let tag = format!("strata-test/{}", docker::unique("anew"));
    docker::ask(&["tag", "strata-test/app", &tag]).unwrap();
    let json = format!(r#"{{"image":"{tag}","stop_grace_period":"0s"}}"#);
    let json = json.as_str();
    let made = rig.make("web", json).unwrap();
    assert!(rig.driver.diff(&KIND.into(), &value(json), &rig.look("web", &made.object).attributes).is_empty());
    docker::ask(&["tag", "strata-test/nginx", &tag]).unwrap();
    let seen = at(&rig.look("web", &made.object), "image");
    assert!(seen.starts_with(&format!("\"{tag}@sha256:")), "{seen}");
    rig.change("web", &made.object, json).unwrap();
    assert_eq!(at(&rig.look("web", &made.object), "image"), format!("\"{tag}\""));
    assert_eq!(docker::ask(&["inspect", "--format", "{{.Path}}", &rig.name("web-1")]).unwrap(), "/entry/nginx");
    drop(rig);
    docker::ask(&["rmi", &tag]).unwrap();
}

#[test]
fn an_image_that_cannot_be_had_changes_nothing() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("image");
    let error = rig.make("web", r#"{"image":"Not/An/Image"}"#).unwrap_err();
    assert!(matches!(&error, DriverError::Invalid(why) if why.contains("there is no image `Not/An/Image`")), "{error}");
    assert_eq!(all(&rig.project()), "");
    let made = rig.make("web", r#"{"image":"strata-test/app","stop_grace_period":"0s"}"#).unwrap();
    let error = rig.change("web", &made.object, r#"{"image":"Not/An/Image"}"#).unwrap_err();
    assert!(matches!(error, DriverError::Invalid(_)));
    assert_eq!(at(&rig.look("web", &made.object), "deploy.replicas"), "1", "the old one still runs");
}

#[test]
fn a_create_that_cannot_start_leaves_nothing_behind() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ports = format!(r#""ports":[{{"target":8080,"published":"{port}","host_ip":"127.0.0.1"}}]"#);
    let error = rig.make("web", &format!(r#"{{"image":"strata-test/app",{ports}}}"#)).unwrap_err();
    assert!(
        matches!(&error, DriverError::Invalid(why) if why.starts_with(&format!("port {port} of 127.0.0.1 is in use"))),
        "{error:?}"
    );
    assert_eq!(
        docker::ask(&["ps", "-aq", "--filter", &format!("label=com.docker.compose.project={}", rig.project())])
            .unwrap(),
        ""
    );
}

#[test]
fn a_create_that_did_not_end_is_done_again_and_not_twice() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("half");
    let three = r#"{"image":"strata-test/app","stop_grace_period":"0s","deploy":{"replicas":3}}"#;
    let made = rig.make("web", three).unwrap();
    docker::ask(&["rm", "-f", &rig.name("web-2"), &rig.name("web-3")]).unwrap();
    let found = rig.driver.find(&KIND.into(), &rig.call("web", "service", "t1")).unwrap();
    assert!(matches!(found, Found::Unsure), "{found:?}");
    let again = rig.make("web", three).unwrap();
    assert_eq!((again.object, at(&rig.look("web", &made.object), "deploy.replicas")), (made.object, "3".to_owned()));
    let other = Create { kind: KIND.into(), properties: value(three), tainted: Vec::new() };
    let refused = rig.driver.create(&other, &rig.call("web", "service", "t9")).unwrap_err();
    assert!(matches!(refused, DriverError::AlreadyExists(Some(_))), "{refused}");
}

#[test]
fn a_secret_is_in_a_file_and_nowhere_else() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("secret");
    let json = r#"{"image":"strata-test/app","stop_grace_period":"0s","secrets":{"key":"sword$fish"},
                   "configs":{"/etc/app.conf":"price = 5$\n"}}"#;
    let made = rig.make("web", json).unwrap();
    let inside = |path: &str| docker::ask(&["exec", &rig.name("web-1"), "cat", path]).unwrap();
    assert_eq!((inside("/run/secrets/key").as_str(), inside("/etc/app.conf").as_str()), ("sword$fish", "price = 5$"));
    assert!(!docker::ask(&["inspect", &rig.name("web-1")]).unwrap().contains("fish"));
    // Another text is another container, although Compose does not look at what a secret says.
    let changed = rig.change("web", &made.object, &json.replace("sword", "gold")).unwrap();
    assert_eq!(inside("/run/secrets/key"), "gold$fish");
    assert_ne!(at(&changed, "secrets.key"), at(&made, "secrets.key"));
    // More containers have it too, although nobody tells it again.
    rig.driver.scale(&KIND.into(), &made.object, 2, &rig.call("web", "service", "t4")).unwrap();
    assert_eq!(docker::ask(&["exec", &rig.name("web-2"), "cat", "/run/secrets/key"]).unwrap(), "gold$fish");
}

#[test]
fn what_a_service_writes_is_read_and_followed() {
    if !docker::engine() {
        return;
    }
    let rig = Rig::new("logs");
    let json = r#"{"image":"strata-test/app","stop_grace_period":"0s",
                   "command":["sh","-c","echo one; echo two; sleep 2; echo three; sleep 60"]}"#;
    let made = rig.make("web", json).unwrap();
    let read = |query: LogQuery, until: &[&str]| {
        let mut lines: Vec<String> = Vec::new();
        let call = rig.call("web", "service", "l");
        rig.driver
            .logs(&KIND.into(), &made.object, &query, &call, &mut |line| {
                lines.extend(line.map(str::to_owned));
                !until.iter().all(|wanted| lines.iter().any(|line| line == wanted))
            })
            .unwrap();
        lines
    };
    assert_eq!(read(LogQuery { tail: None, follow: true }, &["three"]), ["one", "two", "three"]);
    assert_eq!(read(LogQuery { tail: Some(1), follow: false }, &["more"]), ["three"]);
    rig.driver.scale(&KIND.into(), &made.object, 2, &rig.call("web", "service", "t4")).unwrap();
    // Of several, each line says whose it is.
    let all = read(LogQuery { tail: None, follow: true }, &["web-1 | three", "web-2 | two"]);
    assert!(all.contains(&"web-1 | three".to_owned()) && all.contains(&"web-2 | two".to_owned()), "{all:?}");
}
