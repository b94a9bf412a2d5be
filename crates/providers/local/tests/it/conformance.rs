//! The suite for drivers, in a world that is kind and in worlds that are not.

use std::sync::Arc;

use strata_model::Context;
use strata_ports::suite::driver::{self, Meddle as Hands};
use strata_provider_local::{Admin, Meddle, Settings, World};

use crate::rig::{Rig, settings, value};

fn conforms(settings: &Settings) {
    // The rigs own the folders, so they live as long as the suite runs.
    let mut rigs = Vec::new();
    driver::run(|| {
        let rig = Rig::with(settings);
        let suite = driver::Rig {
            driver: rig.driver.clone(),
            clock: rig.clock.clone(),
            context: Context::new("suite", "test", None).unwrap(),
            kind: "local.queue".into(),
            properties: value(r#"{"visibilitySeconds":10,"tags":{"team":"a"}}"#),
            changed: value(r#"{"visibilitySeconds":20,"tags":{"team":"a"}}"#),
            scalable: Some(("local.service".into(), value(r#"{"image":"web:1"}"#))),
            not_scalable: Some(("local.task".into(), value(r#"{"image":"job:1"}"#))),
            sensitive: Some((
                "local.database".into(),
                value(r#"{"engine":"postgres","password":"hunter2-canary"}"#),
                "hunter2-canary".into(),
            )),
            tamper: Some(hands(&rig.world, || Meddle::Set {
                path: "visibilitySeconds".parse().unwrap(),
                value: 99.into(),
            })),
            vanish: Some(hands(&rig.world, || Meddle::Delete)),
        };
        rigs.push(rig);
        suite
    });
}

fn hands(world: &Arc<World>, change: fn() -> Meddle) -> Hands {
    let world = world.clone();
    Box::new(move |object| {
        world.admin(Admin::Meddle { object: object.clone(), after_ms: None, change: change() }).unwrap();
    })
}

#[test]
fn p3_30_a_kind_world_conforms() {
    conforms(&Settings::default());
}

#[test]
fn a_world_that_refuses_at_first_conforms() {
    conforms(&settings(
        r#"{"seed":3,"faults":[{"fault":"transient","permille":400,"attempts":4},
            {"fault":{"throttled":{"retry_after_ms":5}},"permille":500,"attempts":6}]}"#,
    ));
}

#[test]
fn a_world_whose_answers_are_lost_conforms() {
    conforms(&settings(
        r#"{"seed":5,"faults":[{"fault":{"cut":"before"},"permille":300,"attempts":3},
            {"fault":{"cut":"after"},"permille":600,"attempts":3}]}"#,
    ));
}

#[test]
fn a_world_that_dies_in_the_middle_conforms() {
    conforms(&settings(
        r#"{"seed":1,"faults":[{"fault":{"crash":"before"},"permille":300,"attempts":2},
            {"fault":{"crash":"after"},"permille":500,"attempts":2}]}"#,
    ));
}

#[test]
fn a_world_that_forgets_tokens_conforms() {
    conforms(&settings(r#"{"idempotent":false}"#));
}

#[test]
fn a_world_that_tells_late_conforms() {
    conforms(&settings(r#"{"lag_ms":30}"#));
}

#[test]
fn a_world_that_lists_in_part_conforms() {
    conforms(&settings(r#"{"seed":9,"hidden_permille":500}"#));
}

#[test]
fn a_world_with_every_switch_off_and_every_fault_on_conforms() {
    conforms(&settings(
        r#"{"seed":11,"idempotent":true,"lag_ms":20,"hidden_permille":300,
            "latency":[{"min_ms":0,"max_ms":3}],
            "faults":[{"fault":{"cut":"after"},"permille":200,"attempts":3},
                      {"fault":{"throttled":{"retry_after_ms":null}},"permille":300,"attempts":3},
                      {"fault":"transient","permille":300,"attempts":3}]}"#,
    ));
}
