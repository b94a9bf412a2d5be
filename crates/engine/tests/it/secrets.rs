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

/// The keys that are in the sink.
fn sink(project: &Project) -> Vec<String> {
    project.vault.list(strata_engine::SINK).unwrap().iter().map(|secret| secret.key.to_string()).collect()
}

const DATABASE: &str = "type: test.database, properties: {size: 1, password: {$secret: {store: vault, key: db}}}";

#[test]
fn what_nobody_needs_any_more_leaves_the_sink() {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&nodes(1));
    let all = ["acme/prod/-#password", "acme/prod/-/db/main#password", "acme/prod/-/web/main#p"];
    assert_eq!(sink(&project), all);

    project.apply(&document(&format!("db: {{{DATABASE}}}")));
    assert_eq!(sink(&project), ["acme/prod/-/db/main#password"], "an output and a resource are gone");

    let renamed = document(&format!("store: {{{DATABASE}}}"))
        + "moved:\n- {from: acme/prod/-/db/main, to: acme/prod/-/store/main}\n";
    project.apply(&renamed);
    assert_eq!(sink(&project), ["acme/prod/-/store/main#password"]);

    project.apply(&document("store: {type: test.server, properties: {size: 1}}"));
    assert_eq!(sink(&project), [""; 0], "what took its place has no secret");

    project.apply(&document(&format!("db: {{{DATABASE}}}")));
    let db = crate::world::address("db/main");
    project.engine(|engine| engine.forget(&db, &project.authority)).unwrap();
    assert_eq!(sink(&project), [""; 0]);
}

/// A call that is open may have told what only the sink knows.
#[test]
fn what_an_open_call_has_kept_stays_until_it_is_read_back() {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.cloud.fault("create db", &[crate::cloud::Fault::Lost; 1]);
    *project.cloud.guarantees.lock().unwrap() =
        strata_ports::Guarantees { idempotent: false, read_after_write: false, complete_list: false };
    let text = document(&format!("db: {{{DATABASE}}}"));
    assert_eq!(project.apply_set(&project.plan(&text)).remove(0).status, strata_model::RunStatus::Partial);
    let told = SecretRef { store: strata_engine::SINK.into(), key: "acme/prod/-/db/main#password".into() };
    project.vault.put(&told, &strata_ports::Secret::new("hunter2")).unwrap();
    let context = "acme/prod".parse().unwrap();
    project.engine(|engine| engine.tidy(&context)).unwrap();
    assert_eq!(sink(&project), ["acme/prod/-/db/main#password"]);
    project.engine(|engine| engine.forget(&crate::world::address("db/main"), &project.authority)).unwrap();
    assert_eq!(sink(&project), [""; 0], "settled by hand");
}

/// Whoever was killed before he could remove it leaves it to the next, who need not have anything else to do.
#[test]
fn what_was_left_in_the_sink_goes_with_the_next_run() {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&nodes(1));
    let elsewhere = "acme/prod/shop/db/main#password";
    for key in ["acme/prod/-/gone/main#password", "acme/prod/-#gone", elsewhere] {
        let left = SecretRef { store: strata_engine::SINK.into(), key: key.into() };
        project.vault.put(&left, &strata_ports::Secret::new("swordfish")).unwrap();
    }
    let context = "acme/prod".parse().unwrap();
    assert_eq!(project.engine(|engine| engine.recover(&context)).unwrap(), 0);
    let needed = ["acme/prod/-#password", "acme/prod/-/db/main#password", "acme/prod/-/web/main#p", elsewhere];
    assert_eq!(sink(&project), needed, "of another context nothing is removed");
}

#[test]
fn nobody_refers_to_what_is_in_the_sink() {
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&nodes(1));
    let stolen = "web: {type: test.server, properties: {p: {$secret: {store: outputs, key: acme/prod/-#password}}}}";
    let told = project.refused(&document(stolen));
    let wanted = "`p` of acme/prod/-/web/main needs the secret `acme/prod/-#password`, which `outputs` does not have";
    assert!(told.ends_with(wanted), "{told}");
}
