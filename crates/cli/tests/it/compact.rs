//! A store that forgets what is over, and nothing else.

use crate::project::{Project, ran};

/// Applied so many times, each time with a change.
fn grown(project: &Project, times: u32) {
    for size in 1..=times {
        project.graph("graph.yaml", &format!("db: {{type: local.x.thing, properties: {{size: {size}}}}}"));
        project.done("apply graph.yaml --auto-approve");
    }
}

#[test]
fn what_is_over_goes_and_what_holds_stays() {
    let project = Project::new("compact");
    project.graph("graph.yaml", "db: {type: local.x.thing, properties: {size: 0}}");
    project.done("plan graph.yaml --out first.plan");
    project.done("apply first.plan");
    grown(&project, 9);
    let resources = project.json("state show acme/prod/-/db/main");
    let before = entries(&project);
    let told = project.done("state compact --keep 2");
    assert_eq!(told, format!("acme/prod/-: entries 1 to {} compacted\n", before + 1), "up to its own lease");

    assert_eq!(entries(&project), 2, "the checkpoint, and the lease given back");
    let history = project.done("state history");
    assert!(history.contains(&format!("entries 1 to {} compacted by ", before + 1)), "{history}");
    assert_eq!(project.json("history acme/prod").as_array().unwrap().len(), 2);
    assert_eq!(project.json("state show acme/prod/-/db/main"), resources);
    assert!(project.done("state verify").starts_with("The store is whole"));
    assert_eq!(project.ran("plan graph.yaml --detailed-exitcode").code, 0, "nothing to change");
    assert_eq!(project.done("state compact"), "acme/prod/-: nothing to compact\n");
    assert_eq!(project.refused("apply first.plan"), (1, vec!["E2104".to_owned()]), "what was applied is known");

    grown(&project, 1);
    assert!(project.done("state verify").starts_with("The store is whole"), "the log goes on");
}

/// The length of the log of acme/prod.
fn entries(project: &Project) -> usize {
    project.json("state history --limit 1000")[0]["entries"].as_array().unwrap().len()
}

#[test]
fn a_log_that_has_grown_long_is_compacted_by_itself_unless_that_is_switched_off() {
    let project = Project::new("compact-itself");
    let apply = |size: u32, after: &str| {
        project.graph("graph.yaml", &format!("db: {{type: local.x.thing, properties: {{size: {size}}}}}"));
        let ran = ran(project.command("apply graph.yaml -y -v").env("STRATA_COMPACT_AFTER", after));
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.err.contains(" compacted")
    };
    assert!((1..6).all(|size| !apply(size, "never")));
    let grown = entries(&project);
    assert!(grown > 20, "{grown}");
    project.file("strata.toml", "compact_after = 20\n");
    let resources = project.json("state show acme/prod/-/db/main");
    let told = project.ran("drift -v");
    assert!(told.err.contains(&format!("acme/prod/-: entries 1 to {} compacted", grown + 2)), "{}", told.err);
    assert_eq!(entries(&project), 2, "the checkpoint, and the lease given back");
    assert_eq!(project.json("state show acme/prod/-/db/main"), resources);
    assert!(project.done("state verify").starts_with("The store is whole"));
    assert_eq!(project.json("history acme/prod").as_array().unwrap().len(), 5);
    // It is paid for by what was written since, so not after each run.
    let compacted = (6..20).filter(|&size| apply(size, "20")).count();
    assert!((2..6).contains(&compacted), "{compacted} of 14 runs");
    assert!(entries(&project) < 30);

    // Where others have a say it is left to an administrator.
    let before = entries(&project);
    let grants = "[[grants]]\nprincipal = \"ada\"\nrole = \"tier_admin\"\nplace = \"*/*/*\"\ntier = 3\n";
    project.file("home/.config/strata/trust.toml", &format!("modes = {{ \"3\" = \"auto_apply\" }}\n{grants}"));
    for size in 20..26 {
        project.graph("graph.yaml", &format!("db: {{type: local.x.thing, properties: {{size: {size}}}}}"));
        assert_eq!(project.ran_as("ada", "apply graph.yaml -y").code, 0);
    }
    let seen = project.ran_as("ada", "state history --limit 1000 -o json").out;
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert!(seen[0]["entries"].as_array().unwrap().len() > before + 20);

    assert_eq!(ran(project.command("status").env("STRATA_COMPACT_AFTER", "often")).code, 3);
}

#[test]
fn a_compacted_store_can_be_carried_elsewhere() {
    let (from, to) = (Project::new("compact-from"), Project::new("compact-to"));
    grown(&from, 3);
    from.done("state compact");
    grown(&from, 1);
    let export = from.done("state export");
    to.file("export.jsonl", &export);
    to.done("state import export.jsonl");
    assert_eq!(to.done("state export"), export);
    let kept = export.lines().find(|line| line.contains("\"kept\"")).expect("a record that is kept");
    let edited = export.replacen(kept, &kept.replace("\"eu-1\"", "\"eu-2\"").replace("active", "failed"), 1);
    to.file("edited.jsonl", &edited);
    assert_eq!(to.refused("state import edited.jsonl").0, 3, "what is kept is vouched for");
}

#[test]
fn a_compaction_is_vouched_for_by_somebody_who_is_trusted() {
    let project = Project::new("compact-trust");
    grown(&project, 2);
    project.done("state compact");
    // Whoever took the key away cannot pass for who compacted.
    std::fs::remove_file(project.0.join("home/.config/strata/keys/approve.key")).unwrap();
    assert_eq!(project.refused("state verify"), (1, vec!["E2116".to_owned()]));
    // And nobody may who is no administrator.
    project.file("home/.config/strata/trust.toml", "grants = []\n");
    let mut command = project.command("state compact");
    assert_eq!(ran(command.env("STRATA_PRINCIPAL", "eve")).code, 4);
}
