//! The process of the world may be killed at any time: what was acknowledged stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use strata_model::ObjectId;
use strata_ports::{Call, Driver, DriverError, Found};
use strata_provider_local::{Admin, Answer, Launch, World};

use crate::rig::{Rig, create, id, kill, launch, settings};

const KIND: &str = "local.resource";

/// What a client believes: what was acknowledged, and what nobody knows.
#[derive(Default)]
struct Belief {
    there: BTreeMap<String, ObjectId>,
    gone: BTreeSet<ObjectId>,
    unknown: Vec<Call>,
}

/// Writers create and delete while a killer kills, as often as it can.
#[test]
fn no_acknowledged_call_is_lost_by_killing_at_random() {
    let rig = Rig::new();
    let (belief, busy, kills) = (Mutex::new(Belief::default()), AtomicBool::new(true), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let (rig, belief, busy, kills) = (&rig, &belief, &busy, &kills);
        // However quick the writers are, and however slow the killer: they work until some kills were among it.
        let has_work = move |step: &usize| *step < 100 || kills.load(Ordering::Relaxed) < 4;
        let work = move |writer: usize| {
            (0..).take_while(has_work).for_each(|step| write(rig, belief, &format!("w{writer}s{step}")));
        };
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || work(writer))).collect();
        scope.spawn(move || {
            while busy.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(7 + kills.load(Ordering::Relaxed) % 11));
                // The process may just be gone; then there is nothing to kill.
                if let Ok(Answer::Status(status)) = rig.world.admin(Admin::Status) {
                    kill(status.process);
                    kills.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let ended: Vec<_> = writers.into_iter().map(ScopedJoinHandle::join).collect();
        busy.store(false, Ordering::Relaxed);
        ended.into_iter().for_each(Result::unwrap);
    });
    agrees(&rig, &belief.into_inner().unwrap());
}

fn write(rig: &Rig, belief: &Mutex<Belief>, unit: &str) {
    let mut call = rig.call(unit, unit);
    let made = loop {
        match id(rig.create(KIND, &format!(r#"{{"unit":"{unit}"}}"#), &call)) {
            Err(DriverError::Transient(_)) => call.attempt += 1,
            other => break other,
        }
    };
    let made = match made {
        Ok(made) => made,
        Err(DriverError::Unknown(_)) => return belief.lock().unwrap().unknown.push(call),
        Err(error) => panic!("{error}"),
    };
    if unit.len().is_multiple_of(2) {
        belief.lock().unwrap().there.insert(unit.to_owned(), made);
        return;
    }
    let outcome = loop {
        match rig.delete(&made, KIND, &call) {
            Err(DriverError::Transient(_)) => {}
            // A token makes repeating harmless; what is gone then was deleted by us.
            Err(DriverError::Unknown(_)) => {}
            other => break other,
        }
    };
    assert!(matches!(outcome, Ok(()) | Err(DriverError::NotFound)), "{outcome:?}");
    belief.lock().unwrap().gone.insert(made);
}

fn agrees(rig: &Rig, belief: &Belief) {
    let objects: BTreeMap<ObjectId, String> =
        rig.objects().into_iter().map(|object| (object.id, object.mark.unwrap().address.unit().into_owned())).collect();
    for (unit, made) in &belief.there {
        assert_eq!(objects.get(made), Some(unit), "acknowledged and lost");
    }
    for made in &belief.gone {
        assert!(!objects.contains_key(made), "{made} was deleted and is back");
    }
    let mut known: BTreeSet<ObjectId> = belief.there.values().cloned().collect();
    for call in &belief.unknown {
        match rig.driver.find(&KIND.into(), call).unwrap() {
            Found::Object(found) => assert!(known.insert(found.object), "one object of two creates"),
            Found::Nothing => {}
            Found::Unsure => panic!("a world that sees everything is unsure"),
        }
    }
    assert_eq!(objects.keys().cloned().collect::<BTreeSet<_>>(), known, "an object that nobody knows");
}

/// The world dies right before and right after each write, by order.
#[test]
fn a_crash_at_a_boundary_leaves_all_or_nothing() {
    for (moment, is_there) in [("before", false), ("after", true)] {
        let rule = format!(r#"{{"faults":[{{"when":{{"operations":["create"]}},"fault":{{"crash":"{moment}"}}}}]}}"#);
        let rig = Rig::with(&settings(&rule));
        let first = rig.status().process;
        let mut call = rig.call("web", "t1");
        assert!(matches!(id(rig.create(KIND, "{}", &call)), Err(DriverError::Unknown(_))));
        assert_ne!(rig.status().process, first, "another process keeps the world now");
        assert_eq!(rig.find(KIND, &call).is_some(), is_there, "{moment}");
        call.attempt = 2;
        let made = id(rig.create(KIND, "{}", &call)).unwrap();
        assert_eq!(rig.objects().len(), 1);
        assert_eq!(rig.find(KIND, &call), Some(made));
    }
}

/// Every prefix of the file is what some kill could have left: it is opened, and tells what was whole.
#[test]
fn every_torn_tail_is_cut_off() {
    let rig = Rig::new();
    let mut ends = vec![rig.status().bytes];
    for unit in ["a", "b", "c"] {
        rig.create(KIND, "{}", &rig.call(unit, unit)).unwrap();
        ends.push(rig.status().bytes);
    }
    rig.kill();
    let whole = fs::read(rig.log()).unwrap();
    assert_eq!(*ends.last().unwrap(), whole.len() as u64);
    let (first, last) = (ends[0] as usize, whole.len());
    let steps = (first..=last).step_by(((last - first) / 40).max(1)).chain([last - 1, last]);
    for length in steps {
        let scratch = Rig::new();
        let folder = scratch.folder();
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("world.log"), &whole[..length]).unwrap();
        let expected = ends.iter().filter(|end| **end <= length as u64).count() - 1;
        assert_eq!(scratch.objects().len(), expected, "{length} of {last} bytes");
        scratch.create(KIND, "{}", &scratch.call("new", "new")).unwrap();
        scratch.kill();
        assert_eq!(scratch.objects().len(), expected + 1, "what is written after a torn tail is read again");
    }
}

/// The file may not grow beyond some blocks. What was acknowledged before stays, what was not leaves no trace.
#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let rig = Rig::new();
    let limit = "ulimit -f 8; trap '' XFSZ; exec \"$0\" \"$@\"";
    let arguments = ["-c".into(), limit.into(), launch().program.into(), "500".into()];
    let full = Launch { program: "/bin/sh".into(), arguments: arguments.into() };
    let world = Arc::new(World::new(rig.folder(), full));
    let driver = rig.driver_of(&world);
    let mut acknowledged = BTreeSet::new();
    let error = loop {
        let unit = format!("u{}", acknowledged.len());
        match id(driver.create(&create(KIND, "{}"), &rig.call(&unit, &unit))) {
            Ok(made) => assert!(acknowledged.insert(made)),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, DriverError::Unknown(_)), "{error}");
    assert!(acknowledged.len() > 3, "only {} fit", acknowledged.len());
    let there: BTreeSet<ObjectId> = rig.objects().into_iter().map(|object| object.id).collect();
    assert_eq!(there, acknowledged);
    rig.kill();
    let error = loop {
        match driver.create(&create(KIND, "{}"), &rig.call("again", "again")) {
            Err(DriverError::Unknown(_)) => {}
            other => break id(other).unwrap_err().to_string(),
        }
    };
    assert!(error.contains("world.log: File too large"), "{error}");
}

#[test]
fn a_token_outlives_process_and_object() {
    let rig = Rig::new();
    let call = rig.call("web", "t1");
    let made = rig.create(KIND, "{}", &call).unwrap().object;
    rig.kill();
    assert_eq!(id(rig.driver.create(&create(KIND, "{}"), &call)), Ok(made.clone()));
    rig.delete(&made, KIND, &call).unwrap();
    rig.kill();
    let refused = id(rig.create(KIND, "{}", &call));
    assert_eq!(refused, Err(DriverError::Invalid(format!("this token has made {made}, which is gone"))));
    assert_ne!(id(rig.create(KIND, "{}", &rig.call("web", "t2"))), Ok(made));
}

/// The file is rewritten when most of it is past; nothing that matters is lost by that.
#[test]
fn a_long_past_is_forgotten_but_for_what_matters() {
    let rig = Rig::new();
    let gone = rig.call("gone", "gone");
    let made = rig.create(KIND, "{}", &gone).unwrap();
    rig.delete(&made.object, KIND, &gone).unwrap();
    let units: Vec<String> = (0..16).map(|unit| format!("u{unit}")).collect();
    // Many at once, because only then many are written together.
    std::thread::scope(|scope| {
        for unit in &units {
            let rig = &rig;
            scope.spawn(move || {
                let made = rig.create(KIND, r#"{"step":0}"#, &rig.call(unit, unit)).unwrap();
                for step in 1..=700 {
                    let call = rig.call(unit, "update");
                    rig.update(&made, KIND, &format!(r#"{{"step":{step}}}"#), &call).unwrap();
                }
            });
        }
    });
    let before = rig.status().bytes;
    rig.kill();
    let after = rig.status().bytes;
    assert!(after < before / 100, "{after} of {before} bytes");
    assert!(matches!(id(rig.create(KIND, "{}", &gone)), Err(DriverError::Invalid(_))), "a token stays used");
    for unit in &units {
        let made = id(rig.create(KIND, "{}", &rig.call(unit, unit))).unwrap();
        let attributes = rig.read(&made, KIND).unwrap().attributes;
        assert_eq!(attributes.at(&"step".parse().unwrap()), Some(&700.into()));
    }
}
