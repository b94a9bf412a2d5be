//! What fails does so by rule, the same way each time, and says truly what it did.

use std::time::Duration;

use strata_ports::{Call, Driver, DriverError, Guarantees};
use strata_provider_local::{Admin, Settings};

use crate::rig::{Rig, id, settings};

const KIND: &str = "local.queue";

/// What came of creates in a world, as text.
fn transcript(settings: &Settings, units: impl Iterator<Item = usize>) -> Vec<(usize, String)> {
    let rig = Rig::with(settings);
    let attempt = |unit: usize, attempt: u32| {
        let call = Call { attempt, ..rig.call(&format!("u{unit}"), &format!("t{unit}")) };
        match id(rig.create(KIND, "{}", &call)) {
            Ok(made) => made.to_string(),
            Err(error) => error.to_string(),
        }
    };
    let mut told: Vec<_> =
        units.map(|unit| (unit, (1..=3).map(|n| attempt(unit, n)).collect::<Vec<_>>().join(", "))).collect();
    told.sort();
    told
}

#[test]
fn the_same_seed_gives_the_same_faults_in_any_order() {
    let rules = r#""faults":[{"fault":{"cut":"after"},"permille":200,"attempts":2},
        {"fault":"transient","permille":300,"attempts":2}]"#;
    let with_seed = |seed: u32| settings(&format!(r#"{{"seed":{seed},{rules}}}"#));
    let first = transcript(&with_seed(1), 0..30);
    assert_eq!(transcript(&with_seed(1), (0..30).rev()), first);
    assert_ne!(transcript(&with_seed(2), 0..30), first);
    for kind in ["unknown", "internal error"] {
        assert!(first.iter().any(|(_, told)| told.contains(kind)), "no `{kind}` in {first:?}");
    }
    assert!(first.iter().all(|(_, told)| told.rsplit(", ").next().unwrap().starts_with("queue-")), "{first:?}");
}

#[test]
fn only_what_says_so_may_have_had_an_effect() {
    for (fault, expected, made) in [
        (r#""transient""#, "an internal error, without effect", false),
        (r#""unauthorised""#, "not authenticated: the token has expired", false),
        (r#""forbidden""#, "not allowed: a rule forbids it", false),
        (r#"{"throttled":{"retry_after_ms":7}}"#, "throttled, may be repeated in 7 ms", false),
        (r#"{"cut":"before"}"#, "the outcome is unknown: the connection broke", false),
        (r#"{"cut":"after"}"#, "the outcome is unknown: the connection broke", true),
        (r#"{"hang":"before"}"#, "the outcome is unknown: no answer in time", false),
        (r#"{"hang":"after"}"#, "the outcome is unknown: no answer in time", true),
    ] {
        let rig = Rig::with(&settings(&format!(r#"{{"faults":[{{"fault":{fault}}}]}}"#)));
        let mut call = rig.call("web", "t1");
        if fault.contains("hang") {
            // What never answers need not be waited for long.
            call.until = rig.clock.monotonic() + Duration::from_millis(300);
        }
        assert_eq!(id(rig.create(KIND, "{}", &call)).unwrap_err().to_string(), expected);
        // Who gave up may have done so before it was made.
        while made && rig.objects().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(!rig.objects().is_empty(), made, "{fault}");
    }
}

#[test]
fn a_lost_answer_to_a_question_is_no_unknown_outcome() {
    let rig = Rig::with(&settings(r#"{"faults":[{"when":{"operations":["read","list"]},"fault":{"cut":"after"}}]}"#));
    let made = rig.create(KIND, "{}", &rig.call("web", "t1")).unwrap();
    assert!(matches!(id(rig.read(&made.object, KIND)), Err(DriverError::Transient(_))));
    assert!(matches!(rig.driver.list(&rig.call("web", "t2")), Err(DriverError::Transient(_))));
}

#[test]
fn a_call_may_land_long_after_it_was_given_up() {
    let given_up = |after_ms: u64| {
        let rule = r#"{"faults":[{"when":{"operations":["create"]},"fault":{"late":{"after_ms":AFTER}}}]}"#;
        let rig = Rig::with(&settings(&rule.replace("AFTER", &after_ms.to_string())));
        let call = rig.call("web", "t1");
        assert!(matches!(id(rig.create(KIND, "{}", &call)), Err(DriverError::Unknown(_))));
        rig.find(KIND, &call).is_none().then_some((rig, call))
    };
    // A machine that is itself later than that is given more time.
    let (rig, call) = [300, 3000, 30_000].into_iter().find_map(given_up).expect("it is not there yet");
    while rig.objects().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(rig.find(KIND, &call).is_some(), "it landed, and it is found by its token");
}

#[test]
fn a_deadline_that_is_over_means_no_call() {
    let rig = Rig::new();
    let call = Call { until: Duration::ZERO, ..rig.call("web", "t1") };
    assert!(matches!(id(rig.create(KIND, "{}", &call)), Err(DriverError::Transient(_))));
    assert_eq!(rig.objects().len(), 0);
}

#[test]
fn quotas_count_what_exists_in_a_place() {
    let rig = Rig::with(&settings(r#"{"quotas":{"local.qu*":2}}"#));
    let first = rig.create(KIND, "{}", &rig.call("a", "t1")).unwrap();
    rig.create(KIND, "{}", &rig.call("b", "t2")).unwrap();
    let refused = id(rig.create(KIND, "{}", &rig.call("c", "t3"))).unwrap_err();
    assert_eq!(refused.to_string(), "a quota is used up: 2 of local.queue in account main, region main");
    rig.in_place("other", "main").create(&crate::rig::create(KIND, "{}"), &rig.call("c", "t4")).unwrap();
    rig.create("local.topic", "{}", &rig.call("d", "t5")).unwrap();
    rig.delete(&first.object, KIND, &rig.call("a", "t6")).unwrap();
    rig.create(KIND, "{}", &rig.call("c", "t7")).unwrap();
}

#[test]
fn the_driver_promises_what_the_world_keeps() {
    let rig = Rig::new();
    let all = Guarantees { idempotent: true, read_after_write: true, complete_list: true };
    assert_eq!(rig.driver.guarantees(), all);
    for (json, expected) in [
        (r#"{"idempotent":false}"#, Guarantees { idempotent: false, ..all }),
        (r#"{"lag_ms":10}"#, Guarantees { read_after_write: false, ..all }),
        (r#"{"hidden_permille":1}"#, Guarantees { complete_list: false, ..all }),
    ] {
        rig.admin(Admin::Configure(Box::new(settings(json))));
        assert_eq!(rig.driver.guarantees(), expected);
    }
}

#[test]
fn without_tokens_a_repeated_create_makes_two() {
    let rig = Rig::with(&settings(r#"{"idempotent":false}"#));
    let call = rig.call("web", "t1");
    let first = id(rig.create(KIND, "{}", &call)).unwrap();
    assert_ne!(id(rig.create(KIND, "{}", &call)).unwrap(), first);
    assert_eq!(rig.list().len(), 2);
}

#[test]
fn who_is_told_late_sees_what_was() {
    let rig = Rig::with(&settings(r#"{"lag_ms":600000}"#));
    let made = rig.create(KIND, "{}", &rig.call("web", "t1")).unwrap();
    assert_eq!(id(rig.read(&made.object, KIND)), Err(DriverError::NotFound));
    assert_eq!((rig.list().len(), rig.objects().len()), (0, 1));
    rig.admin(Admin::Configure(Box::default()));
    rig.kill();
    rig.admin(Admin::Configure(Box::new(settings(r#"{"lag_ms":600000}"#))));
    assert_eq!(rig.list().len(), 1, "all is told after a restart");
    rig.delete(&made.object, KIND, &rig.call("web", "t2")).unwrap();
    assert_eq!((rig.list().len(), rig.objects().len()), (1, 0), "still told, and gone");
    assert_eq!(id(rig.read(&made.object, KIND)), Ok(made.object));
}
