//! What refers to something sensitive, which nothing recorded can be compared with.

use strata_model::{Plan, PlanSet, SecretRef};
use strata_ports::Secrets;

use crate::world::{Project, document, show};

fn nodes(size: u32) -> String {
    document(&format!(
        "db: {{type: test.database, properties: {{size: {size}, password: {{$secret: {{store: vault, key: db}}}}}}}}\n\
         web: {{type: test.server, properties: {{p: {{$ref: {{address: db, attr: password}}}}}}}}"
    )) + "  outputs:\n    password: {sensitive: true, value: {$ref: {address: db, attr: password}}}\n"
}

#[track_caller]
fn unchanged(set: &PlanSet) {
    assert!(set.plans.iter().all(Plan::is_empty), "{}", set.plans.iter().map(show).collect::<String>());
}

#[test]
fn what_refers_to_something_sensitive_changes_only_with_it() {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&nodes(1));
    unchanged(&project.plan(&nodes(1)));

    assert_eq!(project.apply(&nodes(2)), ["update db"], "the password is the same");
    unchanged(&project.plan(&nodes(2)));

    project.secret("db", "swordfish");
    assert_eq!(project.apply(&nodes(2)), ["update db", "update web"]);
    unchanged(&project.plan(&nodes(2)));
    let key = SecretRef { store: strata_engine::SINK.into(), key: "acme/prod/-#password".into() };
    assert_eq!(project.vault.get(&key).unwrap().expose(), "swordfish");
}

#[test]
fn an_output_made_of_a_secret_is_published_again_with_a_new_version() {
    let token = "{$secret: {store: vault, key: token}}";
    let text = document("web: {type: test.server, properties: {size: 1}}")
        + &format!(
            "  outputs:\n    token: {{value: {token}}}\n    header: {{value: {{$join: [\"Bearer \", {token}]}}}}\n"
        );
    let project = Project::new();
    let published = |name: &str| {
        let key = SecretRef { store: strata_engine::SINK.into(), key: format!("acme/prod/-#{name}").into() };
        project.vault.get(&key).unwrap().expose().to_owned()
    };
    project.secret("token", "hunter2");
    project.apply(&text);
    unchanged(&project.plan(&text));
    assert_eq!([published("token"), published("header")], ["hunter2", "Bearer hunter2"]);

    project.secret("token", "swordfish");
    project.apply(&text);
    unchanged(&project.plan(&text));
    assert_eq!([published("token"), published("header")], ["swordfish", "Bearer swordfish"]);
}
