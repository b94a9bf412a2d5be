//! The suite that every driver must pass.

use std::cell::RefCell;

use strata_ports::suite::driver;

use crate::rig::{self, Rig, docker, value};

#[test]
fn docker_conforms() {
    if !rig::engine() {
        return;
    }
    // A rig clears its project when it goes, so the one before it goes first.
    let kept: RefCell<Option<Rig>> = RefCell::new(None);
    driver::run(|| {
        kept.take();
        let rig = Rig::new("test");
        let service = |more: &str| value(&format!(r#"{{"image":"strata-test/app","stop_grace_period":"0s"{more}}}"#));
        let by_labels = |object: &strata_model::ObjectId| {
            let service = object.0.split_once('/').unwrap().1;
            let filter = format!("label=com.docker.compose.service={service}");
            docker(&["ps", "-aq", "--filter", "label=com.docker.compose.project=suite-test", "--filter", &filter])
                .unwrap()
        };
        let world = driver::Rig {
            driver: rig.driver.clone(),
            clock: rig.clock.clone(),
            kind: "compose.service".into(),
            properties: service(r#","deploy":{"resources":{"limits":{"memory":"64M"}}},"environment":{"MODE":"fast"}"#),
            changed: service(r#","deploy":{"resources":{"limits":{"memory":"64M"}}},"environment":{"MODE":"slow"}"#),
            scalable: Some(("compose.service".into(), service(r#","secrets":{"key":"swordfish"}"#))),
            not_scalable: Some(("compose.volume".into(), value("{}"))),
            sensitive: Some((
                "compose.service".into(),
                service(r#","secrets":{"key":"swordfish"}"#),
                "swordfish".into(),
            )),
            tamper: Some(Box::new(move |object| {
                docker(&["update", "--memory", "128M", "--memory-swap", "256M", &by_labels(object)]).unwrap();
            })),
            vanish: Some(Box::new(move |object| {
                docker(&["rm", "-f", &by_labels(object)]).unwrap();
            })),
        };
        kept.replace(Some(rig));
        world
    });
}
