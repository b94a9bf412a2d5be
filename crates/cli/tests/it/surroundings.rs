//! What the command stands in: no home, texts in another encoding, somebody who has second thoughts.

use std::io::Read;
use std::process::Stdio;

use crate::project::{Project, codes, ran};

const DOCUMENT: &str = "\
platform:
  org: acme
  environment: dev
  provider: local
  tiers:
    infrastructure:
      capabilities: [{name: net, type: network}]
    shared_primitives:
      capabilities: [{name: db, type: database, properties: {engine: postgres}}]
  execution: {tier1_mode: plan_and_approve, tier2_mode: plan_and_approve}
";

/// What is told must be what helps: each plan that waits is named, and found by that name.
#[test]
fn who_is_told_to_have_plans_approved_can_do_so() {
    let project = Project::new("surroundings-approve");
    project.file("d.yaml", DOCUMENT);
    let refused = project.ran("apply d.yaml -y");
    assert_eq!((refused.code, codes(&refused.err)), (5, vec!["E2101".to_owned(); 2]), "{}", refused.err);
    let commands: Vec<&str> = refused
        .err
        .lines()
        .filter_map(|line| line.split_once("approved: strata "))
        .map(|(_, command)| command)
        .collect();
    assert_eq!(commands.len(), 2, "{}", refused.err);
    commands.iter().for_each(|command| _ = project.done(command));
    project.done("apply d.yaml -y");
    assert_eq!(project.statuses(), ["db: active", "net: active"]);
    for name in ["db", "db/server", "acme/dev/-/db/server"] {
        assert_eq!(project.json(&format!("show {name}"))["address"], "acme/dev/-/db/server", "{name}");
    }
}

/// Standard input never ends, so that a wish to stop that is only noted would wait for ever.
#[test]
fn an_interrupt_while_nothing_is_changed_ends_the_command() {
    let project = Project::new("surroundings-interrupt");
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut child = project.command("plan - -v").stdin(Stdio::piped()).spawn().unwrap();
        let _held = child.stdin.take();
        let store = project.0.join("home/.local/share/strata");
        while !std::fs::read_dir(&store).is_ok_and(|mut found| found.next().is_some()) {
            std::thread::yield_now();
        }
        // Until the handlers are there the signal ends it too, by its own way.
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = child.wait().unwrap();
        let by_default = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
        assert_eq!(status.code().or(by_default), Some(code));
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(!err.contains("stopping"), "{err}");
    }
}

#[test]
fn without_a_home_nothing_is_kept_anywhere() {
    let project = Project::new("surroundings-home");
    project.file("d.yaml", DOCUMENT);
    for home in [None, Some("relative")] {
        let run = |line: &str| {
            let mut command = project.command(line);
            command.env_remove("HOME");
            home.map(|home| command.env("HOME", home));
            ran(&mut command)
        };
        let refused = run("plan d.yaml");
        assert_eq!((refused.code, codes(&refused.err)), (1, vec!["E0025".to_owned()]), "{}", refused.err);
        assert_eq!(run("vet d.yaml").code, 0, "what keeps nothing needs none");
    }
    // A file stands where the folder should be.
    project.file("taken", "");
    let refused = ran(project.command("plan d.yaml").env("XDG_DATA_HOME", project.0.join("taken")));
    assert_eq!((refused.code, codes(&refused.err)), (1, vec!["E2201".to_owned()]), "{}", refused.err);
    assert!(refused.err.contains("help: STRATA_DATA names another folder"), "{}", refused.err);
}

#[test]
fn a_file_in_another_encoding_is_told_with_its_line() {
    let project = Project::new("surroundings-text");
    let told = |name: &str, bytes: &[u8]| {
        std::fs::write(project.0.join(name), bytes).unwrap();
        let told = project.ran(&format!("vet {name}"));
        assert_eq!(told.code, 1, "{}", told.err);
        told.err
    };
    let latin = told("latin.yaml", b"platform:\n  org: caf\xe9\n");
    assert_eq!(latin, "error[E0004]: `latin.yaml` is not text in UTF-8, from line 2 on\nhelp: save it as UTF-8\n");
    let wide = told("wide.yaml", b"\xff\xfep\0l\0");
    assert!(wide.contains("line 1") && wide.contains("UTF-16"), "{wide}");
    // What editors on other systems write is no mistake.
    let crlf = DOCUMENT.replace('\n', "\r\n");
    project.file("crlf.yaml", &format!("\u{feff}{crlf}"));
    project.done("vet crlf.yaml");
}

/// Who sees a lock wonders whether to wait for it; only where the machine can tell.
#[cfg(target_os = "linux")]
#[test]
fn a_lease_of_a_process_that_has_died_is_told_as_such() {
    let project = Project::new("surroundings-died");
    project.graph("g.yaml", "a: {type: local.x.a}\n");
    project.rules(r#"{"latency": [{"when": {"operations": ["create"]}, "min_ms": 600000, "max_ms": 600000}]}"#);
    let mut child = project.command("apply g.yaml -y").spawn().unwrap();
    while !project.run("status").1.contains("creating") {
        assert!(child.try_wait().unwrap().is_none(), "it waits for the cloud");
    }
    let held = project.done("lock list");
    assert!(held.contains("  until "), "{held}");
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, told) = project.run("status");
    assert_eq!(code, 9);
    assert!(told.contains("which has died: the next apply takes over"), "{told}");
    assert_eq!(project.json("status")["contexts"][0]["abandoned"], true);
    let held = project.done("lock list");
    assert!(held.contains("its process has died"), "{held}");
}

#[test]
fn a_mistake_in_the_file_of_roles_has_its_place_and_a_refusal_leads_there() {
    let project = Project::new("surroundings-trust");
    project.file("d.yaml", DOCUMENT);
    project.file("home/.config/strata/trust.toml", "modes = {}\nquorumm = {}\n");
    let refused = project.ran("plan d.yaml");
    assert_eq!((refused.code, codes(&refused.err)), (3, vec!["E0021".to_owned()]), "{}", refused.err);
    assert!(refused.err.contains("trust.toml:2:1") && refused.err.contains("quorumm = {}"), "{}", refused.err);
    project.file("home/.config/strata/trust.toml", "modes = {}\n");
    let refused = project.ran("plan d.yaml");
    assert_eq!((refused.code, codes(&refused.err)), (4, vec!["E2111".to_owned(); 2]), "{}", refused.err);
    assert!(refused.err.contains("who has which role where says `trust.toml`"), "{}", refused.err);
}
