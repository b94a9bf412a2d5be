//! The process starts when it is needed, once, and ends when it is not; and says why it cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use strata_ports::{Call, DriverError};
use strata_provider_local::{Admin, Answer, Launch, Settings, World, types};

use crate::rig::{Rig, id, kill, launch, scratch};

#[test]
fn many_at_once_share_one_process() {
    let scratch = scratch();
    let folder = scratch.path().join("world");
    // All stay connected until the last one is, so that the process does not end in between.
    let worlds: Vec<World> = (0..8).map(|_| World::new(&folder, launch())).collect();
    let processes: Vec<u32> = std::thread::scope(|scope| {
        let ask = |world: &World| match world.admin(Admin::Status) {
            Ok(Answer::Status(status)) => status.process,
            other => panic!("{other:?}"),
        };
        let asking: Vec<_> = worlds.iter().map(|world| scope.spawn(move || ask(world))).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(processes.iter().all(|process| *process == processes[0]), "{processes:?}");
}

#[test]
fn it_ends_when_nobody_is_there() {
    let scratch = scratch();
    let folder = scratch.path().join("world");
    let quick = Launch { arguments: vec!["20".into()], ..launch() };
    let ask = || match World::new(&folder, quick.clone()).admin(Admin::Status) {
        Ok(Answer::Status(status)) => status.process,
        other => panic!("{other:?}"),
    };
    let first = ask();
    while folder.join("address").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_ne!(ask(), first);
}

#[test]
fn it_ends_when_it_is_told_to() {
    let rig = Rig::new();
    let first = rig.status().process;
    rig.admin(Admin::Stop);
    rig.wait_until_over();
    assert_ne!(rig.status().process, first);
}

#[test]
fn only_its_owner_may_enter_the_folder() {
    let rig = Rig::new();
    rig.status();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(rig.folder()), 0o700);
    assert_eq!(mode(&rig.folder().join("key")), 0o600);
}

#[test]
fn a_long_path_has_a_socket_too() {
    let scratch = scratch();
    let folder = scratch.path().join("x".repeat(120));
    let world = World::new(&folder, launch());
    assert!(matches!(world.admin(Admin::Status), Ok(Answer::Status(_))));
    world.admin(Admin::Stop).unwrap();
}

#[test]
fn what_a_killed_one_has_left_outside_of_its_folder_goes_with_the_next() {
    let scratch = scratch();
    let folder = scratch.path().join("x".repeat(120));
    let world = World::new(&folder, launch());
    let socket = || {
        assert!(matches!(world.admin(Admin::Status), Ok(Answer::Status(_))));
        PathBuf::from(fs::read_to_string(folder.join("address")).unwrap())
    };
    let first = socket();
    let Ok(Answer::Status(status)) = world.admin(Admin::Status) else { panic!("the world does not answer") };
    kill(status.process);
    fs::File::open(folder.join("lock")).unwrap().lock().unwrap();
    assert!(first.parent().unwrap().exists() && socket().exists());
    assert!(!first.parent().unwrap().exists(), "{}", first.display());
    world.admin(Admin::Stop).unwrap();
}

#[test]
fn what_cannot_be_started_says_why() {
    let scratch = scratch();
    let folder = scratch.path().join("world");
    let none = Launch { program: "/no/such/program".into(), arguments: Vec::new() };
    let error = World::new(&folder, none).admin(Admin::Status).unwrap_err();
    assert_eq!(error.diagnostic().code.0, "E3011");
    assert!(error.to_string().contains("No such file"), "{error}");

    fs::write(scratch.path().join("file"), "").unwrap();
    let error = World::new(scratch.path().join("file"), launch()).admin(Admin::Status).unwrap_err();
    assert!(error.to_string().contains("cannot be started"), "{error}");
}

#[test]
fn a_program_that_is_no_world_is_not_started_for_ever() {
    let scratch = scratch();
    let other =
        Launch { program: "/bin/sh".into(), arguments: vec!["-c".into(), "echo no such thing >&2; exit 64".into()] };
    let error = World::new(scratch.path().join("world"), other).admin(Admin::Status).unwrap_err();
    assert!(error.to_string().ends_with("cannot be started: no such thing"), "{error}");
}

#[test]
fn a_world_that_is_stopped_is_waited_for_until_the_deadline_only() {
    let rig = Rig::new();
    let process = rig.status().process.to_string();
    let signal = |name: &str| std::process::Command::new("kill").args([name, &process]).status().unwrap();
    assert!(signal("-STOP").success());
    let until = rig.clock.monotonic() + std::time::Duration::from_millis(200);
    let call = Call { until, ..rig.call("web", "t1") };
    let lost = id(rig.create("local.queue", "{}", &call));
    assert_eq!(lost, Err(DriverError::Unknown("no answer in time".to_owned())));
    let fresh = World::new(rig.folder(), launch());
    assert!(signal("-CONT").success());
    assert!(matches!(fresh.admin(Admin::Status), Ok(Answer::Status(status)) if status.process.to_string() == process));
    // What was asked before it stopped is done when it goes on.
    while rig.find("local.queue", &rig.call("web", "t1")).is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_file_that_is_damaged_or_newer_is_refused_and_left_alone() {
    let rig = Rig::new();
    for unit in ["a", "b"] {
        rig.create("local.resource", "{}", &rig.call(unit, unit)).unwrap();
    }
    rig.kill();
    let good = fs::read(rig.log()).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(rig.log(), bytes).unwrap();
        let error = World::new(rig.folder(), launch()).admin(Admin::Status).unwrap_err().to_string();
        assert_eq!(fs::read(rig.log()).unwrap(), bytes, "nothing is cut off");
        error
    };
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    let error = refused(&flipped);
    assert!(error.contains("world.log is damaged at byte "), "{error}");
    let newer = framed(br#"{"Begin":{"format":2}}"#);
    let error = refused(&newer);
    assert!(error.contains("was written by a newer version, in format 2"), "{error}");
    fs::write(rig.log(), good).unwrap();
    assert_eq!(rig.objects().len(), 2);
}

/// A frame as the file has them.
fn framed(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let digest = strata_model::Digest::of(payload);
    [b"WLD1", &length[..], &digest.0[..8], payload].concat()
}

#[test]
fn what_the_manual_says_is_so() {
    let manual = include_str!("../../../../../docs/local.md");
    let count = format!("{} types of objects", types().len());
    assert!(manual.contains(&count), "the manual does not tell of {count}");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let settings: Settings = toml::from_str(example).unwrap();
    assert_eq!((settings.latency.len(), settings.faults.len(), settings.drift.len()), (1, 1, 1));
    // The faults of the table are the code spans of its first column.
    let table = manual.split_once("| Fault |").unwrap().1;
    let cells =
        table.lines().skip(2).take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
    let faults: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(faults.len(), 11, "{faults:?}");
    for fault in faults {
        let rule = format!("faults = [{{ fault = {fault} }}]");
        assert!(toml::from_str::<Settings>(&rule).is_ok(), "{rule}");
    }
}

#[test]
fn types_are_told() {
    let types = types();
    assert!(types.is_sorted_by_key(|(name, _)| name.clone()));
    assert!(types.iter().any(|(name, about)| &**name == "local.database" && about.contains("database")));
}

/// It outlives who has started it, and who may look at processes reads what they were told.
#[test]
#[cfg(target_os = "linux")]
fn a_world_is_not_told_the_environment() {
    let folder = scratch();
    // Who is connected keeps it from ending.
    let world = World::new(folder.path(), launch());
    let Ok(Answer::Status(status)) = world.admin(Admin::Status) else { panic!("the world does not answer") };
    assert!(std::env::vars_os().count() > 0);
    assert_eq!(std::fs::read(format!("/proc/{}/environ", status.process)).unwrap(), b"");
}
