//! Roles: what each allows, on which tier and in which place.

use crate::project::{Project, partition};

const ROLES: [&str; 4] = ["viewer", "author", "approver", "admin"];
const DOINGS: [&str; 5] = ["view", "plan", "apply", "approve", "administer"];

/// The table of the requirements.
fn allowed(role: &str, doing: &str) -> bool {
    match role {
        "viewer" => doing == "view",
        "author" => matches!(doing, "view" | "plan" | "apply"),
        "approver" => matches!(doing, "view" | "approve"),
        _ => true,
    }
}

#[test]
fn p3_47_each_role_may_do_what_the_table_says_on_its_tier_and_place() {
    let project = Project::new("p3_47");
    project.file("key", &"07".repeat(32));
    let places = [("acme/prod", 2_u8, "prod.yaml"), ("acme/prod", 3, "tier3.yaml"), ("acme/stage", 2, "stage.yaml")];
    let of_roles = ROLES.iter().map(|role| grant(role, &format!("tier_{role}"), "acme/prod/*", 2));
    let of_owner = [2, 3].map(|tier| grant("owner", "tier_admin", "*/*/*", tier));
    let grants: String = of_owner.into_iter().chain(of_roles).collect();
    let trust = |key: &str| {
        let keys: String = ROLES.iter().map(|role| format!("{role} = [\"{key}\"]\n")).collect();
        format!("modes = {{ \"2\" = \"auto_apply\", \"3\" = \"auto_apply\" }}\n[keys]\n{keys}{grants}")
    };
    project.file("home/.config/strata/trust.toml", &trust(&format!("ed25519:{}", public(&project))));
    for (context, tier, file) in places {
        // What one role applies must leave something to do for the next: the size is that of the round.
        project.file(file, &partition(context, tier, &node(tier, 0)));
        let ran = project.ran_as("owner", &format!("apply {file} -y"));
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let mut round = 0;
    for (context, tier, file) in places {
        let here = (context, tier) == ("acme/prod", 2);
        for role in ROLES {
            for doing in DOINGS {
                round += 1;
                project.file(file, &partition(context, tier, &node(tier, round)));
                let planned = project.ran_as("owner", &format!("plan {file} --out p.json -q"));
                assert_eq!(planned.code, 0, "{}", planned.err);
                let line = match doing {
                    "view" => format!("show {context}/-/a{tier}/main"),
                    "plan" => format!("plan {file}"),
                    "apply" => "apply p.json".to_owned(),
                    "approve" => "approve p.json --key key".to_owned(),
                    _ => format!("state mv {context}/-/a{tier}/main {context}/-/a{tier}/main"),
                };
                let calls = project.calls();
                let ran = project.ran_as(role, &line);
                if here && allowed(role, doing) {
                    assert_ne!(ran.code, 4, "{role} {doing} {context} {tier}: {}", ran.err);
                } else {
                    assert_eq!(ran.code, 4, "{role} {doing} {context} {tier}: {}", ran.err);
                    assert!(ran.err.contains("E2111"), "{}", ran.err);
                    assert_eq!(project.calls(), calls, "{role} {doing} {context} {tier}");
                }
            }
        }
    }
}

/// Without a grant nothing is told of what is recorded, and nothing is brought in.
#[test]
fn p3_47_who_may_not_see_a_context_is_told_nothing_of_it() {
    let project = Project::new("p3_47-unseen");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 4711}}");
    project.done("apply g.yaml -y");
    let export = project.done("state export");
    project.file("export.jsonl", &export);
    let grants = grant("vic", "tier_viewer", "acme/prod/*", 3) + &grant("sam", "tier_admin", "acme/stage/*", 3);
    project.file("home/.config/strata/trust.toml", &grants);
    let of_one = ["status acme/prod", "outputs acme/prod", "history acme/prod", "state list acme/prod"];
    let more = ["state history acme/prod", "state export", "show acme/prod/-/a/main", "state show acme/prod/-/a/main"];
    for line in of_one.into_iter().chain(more) {
        assert_eq!(project.ran_as("vic", line).code, 0, "{line}");
        let told = project.ran_as("sam", line);
        assert_eq!((told.code, told.out.as_str()), (4, ""), "{line}");
    }
    for line in ["status", "outputs", "state list", "state history", "lock list"] {
        let told = project.ran_as("sam", line);
        assert!(told.code == 0 && !told.out.contains("acme/prod"), "{line}: {}", told.out);
    }
    assert_eq!(project.ran_as("vic", "state import export.jsonl").code, 4);
}

fn node(tier: u8, size: u32) -> String {
    format!("a{tier}: {{type: local.x.t, properties: {{size: {size}}}}}")
}

fn grant(who: &str, role: &str, place: &str, tier: u8) -> String {
    format!("[[grants]]\nprincipal = \"{who}\"\nrole = \"{role}\"\nplace = \"{place}\"\ntier = {tier}\n")
}

/// The public half of the key, which an approval that nobody trusts names.
fn public(project: &Project) -> String {
    project.graph("any.yaml", "a: {type: local.x.t}");
    project.done("plan any.yaml --out any.json -q");
    let err = project.ran("approve any.json --key key").err;
    let line = err.lines().find(|line| line.contains("`ed25519:")).unwrap_or_else(|| panic!("{err}"));
    line.split("`ed25519:").nth(1).unwrap().split('`').next().unwrap().to_owned()
}
