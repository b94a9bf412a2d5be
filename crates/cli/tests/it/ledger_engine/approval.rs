//! Who approves what, for how long, and what an unapproved plan may do: nothing.

use std::path::PathBuf;

use crate::project::{Project, Ran, partition};

const NODES: &str = "a: {type: local.x.t, properties: {size: 1}}";

/// Ada writes and applies, Bob and Cid approve, everything in tier 1 of acme/prod. Whoever has seed N has this key.
fn team(name: &str, quorum: usize) -> Project {
    let project = Project::new(name);
    let key = |seed: u8| {
        let file = format!("{seed}.key");
        project.file(&file, &format!("{seed:02x}").repeat(32));
        public(&project, &file)
    };
    let (bob, cid) = (key(1), key(2));
    key(3);
    let grant = |who: &str, role: &str| {
        format!("[[grants]]\nprincipal = \"{who}\"\nrole = \"{role}\"\nplace = \"acme/prod/*\"\ntier = 1\n")
    };
    project.file(
        "home/.config/strata/trust.toml",
        &format!(
            "modes = {{ \"1\" = \"plan_and_approve\", \"3\" = \"auto_apply\" }}\nquorum = {{ \"1\" = {quorum} }}\n\
             [keys]\nbob = [\"{bob}\"]\ncid = [\"{cid}\"]\n{}{}{}",
            grant("ada", "tier_author"),
            grant("bob", "tier_approver"),
            grant("cid", "tier_approver")
        ),
    );
    project.file("g.yaml", &partition("acme/prod", 1, NODES));
    project
}

/// The public half of a key: what an approval that nobody trusts says its key is.
fn public(project: &Project, file: &str) -> String {
    let other = Project::new(&format!("{}-public", project.0.file_name().unwrap().to_string_lossy()));
    other.graph("g.yaml", "a: {type: local.x.t}");
    other.done("plan g.yaml --out p.json -q");
    let path: PathBuf = project.0.join(file);
    let ran = other.ran(&format!("approve p.json --key {}", path.display()));
    let line = ran.err.lines().find(|line| line.contains("its key is `")).unwrap_or_else(|| panic!("{}", ran.err));
    line.split('`').nth(1).unwrap().to_owned()
}

fn planned(project: &Project) -> String {
    let ran = project.ran_as("ada", "plan g.yaml --out p.json -o json");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let set: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    set["plans"][0]["hash"].as_str().unwrap().to_owned()
}

fn told(ran: &Ran) -> (i32, Vec<String>) {
    (ran.code, crate::project::codes(&ran.err))
}

fn is(ran: &Ran, code: i32, error: &str) {
    assert_eq!(told(ran), (code, vec![error.to_owned()]), "{}", ran.err);
}

#[test]
fn p3_50_an_unapproved_plan_calls_nothing_and_an_approved_one_is_applied_once() {
    let project = team("p3_50", 1);
    let hash = planned(&project);
    is(&project.ran_as("ada", "apply p.json"), 5, "E2101");
    is(&project.ran_as("ada", "apply g.yaml -y"), 5, "E2101");
    assert_eq!(project.calls(), 0);
    let approved = project.ran_as("bob", &format!("approve {} --key 1.key", &hash[..20]));
    assert_eq!(approved.code, 0, "a few digits of the hash are enough: {}", approved.err);
    // By its hash, as whoever has only read it would.
    let applied = project.ran_as("ada", &format!("apply {hash}"));
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(project.calls(), 1);
    is(&project.ran_as("ada", "apply p.json"), 1, "E2104");
    is(&project.ran_as("bob", &format!("approve {hash} --key 1.key")), 1, "E2104");
    assert_eq!(project.calls(), 1);
}

#[test]
fn each_wrong_approval_is_an_error_of_its_own_and_calls_nothing() {
    let project = team("wrong-approvals", 1);
    let hash = planned(&project);
    let approve =
        |who: &str, key: &str, more: &str| project.ran_as(who, &format!("approve {hash} --key {key}.key{more}"));
    is(&approve("ada", "1", ""), 4, "E2111");
    is(&approve("nobody", "3", ""), 4, "E2111");
    is(&approve("bob", "3", ""), 5, "E2112");
    is(&approve("bob", "2", ""), 5, "E2112");
    is(&project.ran_as("ada", "apply p.json"), 5, "E2101");
    assert_eq!(approve("bob", "1", " --valid 1ms").code, 0);
    std::thread::sleep(std::time::Duration::from_millis(20));
    is(&project.ran_as("ada", "apply p.json"), 5, "E2103");
    assert_eq!(approve("bob", "1", "").code, 0);
    is(&project.ran_as("eve", "apply p.json"), 4, "E2111");
    // A plan file that was edited is not what was approved.
    let text = std::fs::read_to_string(project.0.join("p.json")).unwrap();
    project.file("edited.json", &text.replace("\"size\":1", "\"size\":9"));
    is(&project.ran_as("ada", "apply edited.json"), 1, "E2105");
    assert_eq!(project.calls(), 0);
    is(&project.ran_as("ada", "approve abcdef0123"), 10, "E0023");
}

/// Whoever looks at a plan and approves it has seen what it does, or nothing.
#[test]
fn a_plan_that_tells_something_else_than_it_does_is_not_shown() {
    let project = Project::new("told-otherwise");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1}}");
    project.done("apply g.yaml -y");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 200}}");
    project.done("plan g.yaml --out p.json");
    let text = std::fs::read_to_string(project.0.join("p.json")).unwrap();
    let calls = project.calls();
    let told = [
        (r#""new":200"#, r#""new":2"#),
        (r#""risk":"metadata""#, r#""risk":"none""#),
        (r#""reason":"changed""#, r#""reason":"drifted""#),
    ];
    for (is_so, lie) in told {
        let edited = text.replace(is_so, lie);
        assert_ne!(edited, text, "{is_so}");
        project.file("edited.json", &edited);
        for line in ["show edited.json", "approve edited.json", "apply edited.json"] {
            is(&project.ran(line), 1, "E2105");
        }
    }
    assert_eq!(project.calls(), calls);
    project.done("apply p.json");
}

/// What counts is whether a plan is approved when it is applied, not when somebody began to wait for it.
#[test]
fn an_approval_that_expires_while_the_lease_is_waited_for_is_none() {
    let project = Project::new("expires-waiting");
    project.file("slow.yaml", &partition("acme/prod", 2, "z: {type: local.x.t}"));
    let gated = partition("acme/prod", 3, "a: {type: local.x.t}");
    project.file("g.yaml", &gated.replace("  nodes:", "  execution: {mode: plan_and_approve}\n  nodes:"));
    project.done("plan g.yaml --out p.json");
    project.rules(r#"{"latency": [{"when": {"operations": ["create"]}, "min_ms": 4000, "max_ms": 4000}]}"#);
    let mut run = project.watched("apply slow.yaml -y");
    run.until("step_start", "z");
    project.done("approve p.json --valid 2s");
    is(&project.ran("apply p.json --lock-timeout 60s"), 5, "E2103");
    assert!(run.end().0.success());
    assert_eq!(project.statuses(), ["z: active"]);
}

#[test]
fn p3_51_an_approval_is_of_what_was_seen() {
    let project = team("p3_51", 1);
    let hash = planned(&project);
    assert_eq!(project.ran_as("bob", &format!("approve {hash} --key 1.key")).code, 0);
    // A comment changes nothing of the plan, another value does.
    let text = std::fs::read_to_string(project.0.join("g.yaml")).unwrap();
    project.file("g.yaml", &format!("# seen\n{text}"));
    assert_eq!(planned(&project), hash);
    project.file("g.yaml", &text.replace("size: 1", "size: 2"));
    let other = project.ran_as("ada", "apply g.yaml -y");
    is(&other, 5, "E2101");
    let delta = format!("plan {}… was approved; this one differs from it in acme/prod/-/a/main", &hash[..19]);
    assert!(other.err.contains(&delta), "{}", other.err);
    // What is recorded has changed since: the approved plan no longer fits.
    let other = planned(&project);
    assert_eq!(project.ran_as("bob", &format!("approve {other} --key 1.key")).code, 0);
    assert_eq!(project.ran_as("ada", &format!("apply {other}")).code, 0);
    let calls = project.calls();
    is(&project.ran_as("ada", &format!("apply {hash}")), 7, "E2102");
    assert_eq!(project.calls(), calls);
}

#[test]
fn a_quorum_counts_people() {
    let project = team("quorum", 2);
    let hash = planned(&project);
    for _ in 0..2 {
        assert_eq!(project.ran_as("bob", &format!("approve {hash} --key 1.key")).code, 0);
    }
    let short = project.ran_as("ada", "apply p.json");
    is(&short, 5, "E2101");
    assert!(short.err.contains("1 of 2 approvals"), "{}", short.err);
    assert_eq!(project.ran_as("cid", &format!("approve {hash} --key 2.key")).code, 0);
    assert_eq!(project.ran_as("ada", "apply p.json").code, 0);
}

#[test]
fn p3_54_tier_3_runs_unattended_until_a_demand_is_violated() {
    let project = team("p3_54", 1);
    let trust = project.0.join("home/.config/strata/trust.toml");
    let grant = "[[grants]]\nprincipal = \"ada\"\nrole = \"tier_author\"\nplace = \"acme/prod/*\"\ntier = 3\n";
    let text = std::fs::read_to_string(&trust).unwrap() + grant;
    std::fs::write(&trust, text).unwrap();
    let document = |memory: &str| {
        format!(
            "platform:\n  org: acme\n  environment: prod\n  provider: local\n  execution: {{tier3_mode: auto_apply}}\n  \
             tiers:\n    application:\n      capabilities:\n      - name: shop\n        type: container_runtime\n        \
             properties: {{image: \"shop:1\", memory: {memory}}}\n        \
             constraints: [{{field: memory, operator: \"<=\", value: 1Gi}}]\n"
        )
    };
    project.file("shop.yaml", &document("512Mi"));
    let ran = project.ran_as("ada", "apply shop.yaml -y");
    assert_eq!(ran.code, 0, "nobody was asked: {}", ran.err);
    let calls = project.calls();
    project.file("shop.yaml", &document("2Gi"));
    let ran = project.ran_as("ada", "apply shop.yaml -y");
    assert_eq!((ran.code, project.calls()), (4, calls), "{}", ran.err);
}

/// Nobody has made the keys of this file to be trusted.
#[test]
fn keys_of_ssh_approve() {
    const BODY: &str = include_str!("../../../../engine/src/keys/tests/id_ed25519.body");
    const PUBLIC: &str = include_str!("../../../../engine/src/keys/tests/id_ed25519.pub");
    const LOCKED: &str = include_str!("../../../../engine/src/keys/tests/id_locked.body");
    let project = team("ssh", 1);
    let key = |body: &str| {
        let (begin, end) = ["BEGIN", "END"].map(|word| format!("-----{word} OPENSSH PRIVATE KEY-----")).into();
        format!("{begin}\n{body}{end}\n")
    };
    project.file("id", &key(BODY));
    project.file("locked", &key(LOCKED));
    let trust = project.0.join("home/.config/strata/trust.toml");
    let text = std::fs::read_to_string(&trust).unwrap();
    let hash = planned(&project);
    is(&project.ran_as("bob", &format!("approve {hash} --key id")), 5, "E2112");
    let bob = text.lines().find(|line| line.starts_with("bob = ")).unwrap();
    std::fs::write(&trust, text.replace(bob, &format!("bob = [\"{}\"]", PUBLIC.trim()))).unwrap();
    let locked = project.ran_as("bob", &format!("approve {hash} --key locked"));
    is(&locked, 1, "E0026");
    assert!(locked.err.contains("passphrase") && locked.err.contains("ssh-add"), "{}", locked.err);
    let approved = project.ran_as("bob", &format!("approve {hash} --key id"));
    assert_eq!(approved.code, 0, "{}", approved.err);
    assert_eq!(project.ran_as("ada", "apply p.json").code, 0);
}

#[test]
fn in_a_store_of_ones_own_a_gate_of_the_document_is_opened_by_oneself() {
    let project = Project::new("own-gate");
    let text = partition("acme/prod", 1, NODES).replace("  nodes:", "  execution: {mode: plan_and_approve}\n  nodes:");
    project.file("g.yaml", &text);
    project.done("plan g.yaml --out p.json -q");
    is(&project.ran("apply p.json"), 5, "E2101");
    is(&project.ran("apply g.yaml -y"), 5, "E2101");
    assert_eq!(project.calls(), 0);
    project.done("approve p.json");
    project.done("apply p.json");
    assert_eq!(project.calls(), 1);
    project.file("h.yaml", &text.replace("plan_and_approve", "whatever"));
    assert_eq!(project.ran("plan h.yaml").code, 3);
}
