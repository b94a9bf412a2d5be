//! The store of secrets from outside.

use std::fs;
use std::time::Duration;

use strata_model::SecretRef;
use strata_ports::{Secret, SecretError, Secrets};
use strata_store_secrets::FileSecrets;
use tempfile::TempDir;

fn open(folder: &TempDir) -> FileSecrets {
    let environment = Box::new(|name: &str| (name == "TOKEN").then(|| "from outside".to_owned()));
    FileSecrets::new(folder.path().join("data/secrets"), folder.path().join("config/key"), environment)
}

fn named(store: &str, key: &str) -> SecretRef {
    SecretRef { store: store.into(), key: key.into() }
}

fn get(secrets: &FileSecrets, secret: &SecretRef) -> Option<String> {
    secrets.get(secret).ok().map(|secret| secret.expose().to_owned())
}

/// One who was stopped in the middle of a line must not stop all others.
#[test]
fn who_holds_the_file_for_ever_is_not_waited_for_for_ever() {
    let folder = TempDir::new().unwrap();
    let (db, secrets) = (named("vault", "db"), open(&folder).patient_for(Duration::from_millis(20)));
    secrets.put(&db, &Secret::new("one")).unwrap();
    let held = fs::File::open(folder.path().join("data/secrets")).unwrap();
    held.lock().unwrap();
    let refused = secrets.put(&db, &Secret::new("two"));
    assert!(
        matches!(&refused, Err(SecretError::Unavailable { reason, .. }) if reason.ends_with("locked for too long")),
        "{refused:?}"
    );
    assert_eq!(get(&secrets, &db).as_deref(), Some("one"), "readers need not wait");
    drop(held);
    secrets.put(&db, &Secret::new("two")).unwrap();
    assert_eq!(get(&secrets, &db).as_deref(), Some("two"));
}

#[test]
fn what_is_kept_is_there_for_the_next_and_in_no_file() {
    let folder = TempDir::new().unwrap();
    let (db, first, second) = (named("vault", "db"), open(&folder), open(&folder));
    first.put(&db, &Secret::new("hunter2")).unwrap();
    assert_eq!(get(&second, &db).as_deref(), Some("hunter2"));
    let version = first.version(&db).unwrap();
    second.put(&db, &Secret::new("hunter2")).unwrap();
    assert_eq!(first.version(&db).unwrap(), version, "the same content keeps its version");
    second.put(&db, &Secret::new("swordfish")).unwrap();
    assert_ne!(first.version(&db).unwrap(), version);
    assert_eq!(open(&folder).list("vault").unwrap(), std::slice::from_ref(&db));
    assert_eq!(first.fingerprint("x").unwrap(), open(&folder).fingerprint("x").unwrap());
    let text = fs::read_to_string(folder.path().join("data/secrets")).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("swordfish"));
    first.remove(&db).unwrap();
    assert!(matches!(second.get(&db), Err(SecretError::NotFound(_))));
}

#[test]
fn a_torn_line_is_not_there_and_a_changed_one_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data/secrets");
    let (a, b) = (named("vault", "a"), named("vault", "b"));
    open(&folder).put(&a, &Secret::new("1")).unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    for cut in 1..whole.len() {
        fs::write(&file, format!("{whole}{}", &whole[..cut - 1])).unwrap();
        let secrets = open(&folder);
        secrets.put(&b, &Secret::new("2")).unwrap();
        assert_eq!((get(&secrets, &a).as_deref(), get(&secrets, &b).as_deref()), (Some("1"), Some("2")));
    }
    // The content of one secret under the name of another, and what came later.
    fs::write(&file, whole.replace(r#""key":"a""#, r#""key":"b""#) + &whole).unwrap();
    assert!(matches!(open(&folder).get(&b), Err(SecretError::Unavailable { .. })));
}

#[test]
fn a_line_that_was_torn_within_a_character_is_not_there_either() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data/secrets");
    let (a, b) = (named("vault", "a"), named("vault", "ü"));
    open(&folder).put(&a, &Secret::new("1")).unwrap();
    let whole = fs::read(&file).unwrap();
    open(&folder).put(&b, &Secret::new("2")).unwrap();
    let both = fs::read(&file).unwrap();
    for cut in whole.len()..both.len() {
        fs::write(&file, &both[..cut]).unwrap();
        let secrets = open(&folder);
        assert_eq!((get(&secrets, &a).as_deref(), get(&secrets, &b)), (Some("1"), None), "cut at {cut}");
    }
}

/// After a power cut the end of what was being written may be there, and its beginning not.
#[test]
fn a_line_of_which_only_the_end_is_there_is_not_there_either() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data/secrets");
    let (a, b) = (named("vault", "a"), named("vault", "b"));
    open(&folder).put(&a, &Secret::new("1")).unwrap();
    let whole = fs::read(&file).unwrap();
    open(&folder).put(&b, &Secret::new("2")).unwrap();
    let both = fs::read(&file).unwrap();
    for lost in whole.len() + 1..both.len() {
        let mut torn = both.clone();
        torn[whole.len()..lost].fill(0);
        fs::write(&file, &torn).unwrap();
        let secrets = open(&folder);
        assert_eq!((get(&secrets, &a).as_deref(), get(&secrets, &b)), (Some("1"), None), "lost up to {lost}");
        secrets.put(&b, &Secret::new("3")).unwrap();
        assert_eq!(get(&open(&folder), &b).as_deref(), Some("3"));
    }
}

#[test]
fn another_key_is_told_and_nothing_is_lost_by_it() {
    let folder = TempDir::new().unwrap();
    let (file, key) = (folder.path().join("data/secrets"), folder.path().join("config/key"));
    let a = named("vault", "a");
    open(&folder).put(&a, &Secret::new("1")).unwrap();
    let (kept, own) = (fs::read(&file).unwrap(), fs::read_to_string(&key).unwrap());
    fs::write(&key, own.chars().rev().collect::<String>()).unwrap();
    let refused = open(&folder).put(&a, &Secret::new("2")).unwrap_err().to_string();
    assert!(refused.ends_with("is damaged, or its key is another one"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), kept);
}

#[test]
fn a_key_that_is_gone_is_missed_and_not_made_anew() {
    let folder = TempDir::new().unwrap();
    let (key, aside) = (folder.path().join("config/key"), folder.path().join("aside"));
    let a = named("vault", "a");
    open(&folder).put(&a, &Secret::new("1")).unwrap();
    fs::rename(&key, &aside).unwrap();
    let told = open(&folder).get(&a).unwrap_err().to_string();
    assert!(told.contains("config/key") && told.ends_with("is not there"), "{told}");
    assert!(open(&folder).put(&a, &Secret::new("2")).is_err());
    assert!(open(&folder).fingerprint("x").is_err());
    assert!(!key.exists());
    fs::rename(&aside, &key).unwrap();
    assert_eq!(get(&open(&folder), &a).as_deref(), Some("1"));
}

#[test]
fn the_environment_gives_and_takes_nothing() {
    let folder = TempDir::new().unwrap();
    let secrets = open(&folder);
    assert_eq!(get(&secrets, &named("env", "TOKEN")).as_deref(), Some("from outside"));
    assert!(matches!(secrets.get(&named("env", "OTHER")), Err(SecretError::NotFound(_))));
    assert!(matches!(secrets.put(&named("env", "TOKEN"), &Secret::new("x")), Err(SecretError::ReadOnly { .. })));
    assert!(!folder.path().join("config/key").exists(), "nothing was made");
}

#[test]
fn a_variable_has_another_version_when_it_has_another_content() {
    let folder = TempDir::new().unwrap();
    let version = |name: &str, content: &'static str| {
        let environment = Box::new(move |_: &str| Some(content.to_owned()));
        let secrets =
            FileSecrets::new(folder.path().join("data/secrets"), folder.path().join("config/key"), environment);
        secrets.version(&named("env", name)).unwrap()
    };
    let first = version("TOKEN", "swordfish");
    assert_eq!(version("TOKEN", "swordfish"), first, "also in another process");
    assert_ne!(version("TOKEN", "swordfisch"), first);
    assert_ne!(version("OTHER", "swordfish"), first, "two of one content do not show it");
    assert!(!first.contains("swordfish"));
    fs::remove_file(folder.path().join("config/key")).unwrap();
    assert_ne!(version("TOKEN", "swordfish"), first, "without the key it cannot be made again");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    open(&folder).put(&named("vault", "a"), &Secret::new("1")).unwrap();
    for file in ["data/secrets", "config/key"] {
        let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

/// Of what is removed and of what was changed nothing stays, not even sealed; others who have the file open read on.
#[test]
fn what_is_removed_is_gone_from_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data/secrets");
    let (mine, other) = (open(&folder), open(&folder));
    let (a, b, c) = (named("vault", "a"), named("vault", "b"), named("sink", "c"));
    for (secret, text) in [(&a, "1"), (&b, "2"), (&b, "3"), (&c, "4")] {
        mine.put(secret, &Secret::new(text)).unwrap();
    }
    assert_eq!(get(&other, &b).as_deref(), Some("3"));
    let versions = [&a, &b].map(|secret| mine.version(secret).unwrap());
    let lines = || fs::read_to_string(&file).unwrap().lines().count();
    assert_eq!(lines(), 4);
    mine.sweep("sink", &mut |kept| kept.to_vec()).unwrap();
    assert_eq!(lines(), 2);
    assert_eq!([&a, &b].map(|secret| other.version(secret).unwrap()), versions, "what stays is as it was");
    assert!(matches!(other.get(&c), Err(SecretError::NotFound(_))));
    other.put(&c, &Secret::new("5")).unwrap();
    assert_eq!(get(&mine, &c).as_deref(), Some("5"));
    other.remove(&a).unwrap();
    assert_eq!((get(&mine, &a), lines()), (None, 2));
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "nothing is left beside it");
}

/// Who removes decides while nobody can keep anything; who keeps meanwhile is not overlooked.
#[test]
fn many_who_keep_and_remove_lose_nothing() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let folder = &folder;
            scope.spawn(move || {
                let secrets = open(folder);
                for turn in 0..40 {
                    let own = named(name, &turn.to_string());
                    secrets.put(&own, &Secret::new(name)).unwrap();
                    assert_eq!(get(&secrets, &own).as_deref(), Some(name));
                    // All of its own but the last.
                    secrets.sweep(name, &mut |kept| kept.iter().filter(|it| **it != own).cloned().collect()).unwrap();
                }
            });
        }
    });
    let names: Vec<String> = open(&folder).all().unwrap().iter().map(|it| format!("{}:{}", it.store, it.key)).collect();
    assert_eq!(names, ["a:39", "b:39", "c:39"]);
}
