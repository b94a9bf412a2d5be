//! The suite that every driver must pass.

use std::cell::RefCell;

use strata_fixtures::docker;
use strata_ports::suite::driver;

use crate::rig::{Rig, value};

#[test]
fn docker_conforms() {
    if !docker::engine() {
        return;
    }
    // A rig clears its project when it goes, so the one before it goes first.
    let kept: RefCell<Option<Rig>> = RefCell::new(None);
    driver::run(|| {
        kept.take();
        let rig = Rig::new("test");
        let service = |more: &str| value(&format!(r#"{{"image":"strata-test/app","stop_grace_period":"0s"{more}}}"#));
        let of_project = format!("label=com.docker.compose.project={}", rig.project());
        let by_labels = move |object: &strata_model::ObjectId| {
            let service = object.0.split_once('/').unwrap().1;
            let filter = format!("label=com.docker.compose.service={service}");
            docker::ask(&["ps", "-aq", "--filter", &of_project, "--filter", &filter]).unwrap()
        };
        let world = driver::Rig {
            driver: rig.driver.clone(),
            clock: rig.clock.clone(),
            context: rig.context.clone(),
            kind: "compose.service".into(),
            properties: service(
                r#","deploy":{"replicas":1,"resources":{"limits":{"memory":"64M"}}},"environment":{"MODE":"fast"}"#,
            ),
            changed: service(
                r#","deploy":{"replicas":1,"resources":{"limits":{"memory":"64M"}}},"environment":{"MODE":"slow"}"#,
            ),
            scalable: Some(("compose.service".into(), service(r#","secrets":{"key":"swordfish"}"#))),
            not_scalable: Some(("compose.volume".into(), value("{}"))),
            sensitive: Some((
                "compose.service".into(),
                service(r#","secrets":{"key":"swordfish"}"#),
                "swordfish".into(),
            )),
            tamper: Some(Box::new({
                let by_labels = by_labels.clone();
                move |object| {
                    docker::ask(&["update", "--memory", "128M", "--memory-swap", "256M", &by_labels(object)]).unwrap();
                }
            })),
            vanish: Some(Box::new(move |object| {
                docker::ask(&["rm", "-f", &by_labels(object)]).unwrap();
            })),
        };
        kept.replace(Some(rig));
        world
    });
}
