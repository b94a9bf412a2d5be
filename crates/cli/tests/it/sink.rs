//! What resources and outputs tell in secret is kept as long as something refers to it, and no longer.

use crate::project::{Project, partition};

fn kept(project: &Project) -> Vec<String> {
    let keys = project.json("secret list outputs");
    keys.as_array().unwrap().iter().map(|secret| secret["key"].as_str().unwrap().to_owned()).collect()
}

const BOTH: &str = "db: {type: local.x.db, properties: {sensitive: {password: {$secret: {store: env, key: HOME}}}}}\n\
                    web: {type: local.x.web, properties: {url: {$ref: {address: db, attr: sensitive.password}}}}";

#[test]
fn a_secret_that_nobody_needs_is_not_kept() {
    let project = Project::new("sink");
    project.file("g.yaml", &partition("acme/prod", 3, BOTH));
    project.done("apply g.yaml -y");
    assert_eq!(kept(&project), ["acme/prod/-/db/main#sensitive.password", "acme/prod/-/web/main#url"]);
    let file = project.json("state where")["secrets"].as_str().unwrap().to_owned();
    let lines = || std::fs::read_to_string(&file).unwrap().lines().count();
    assert_eq!(lines(), 2);

    project.done("state mv web site");
    assert_eq!(kept(&project), ["acme/prod/-/db/main#sensitive.password", "acme/prod/-/site/main#url"]);
    project.done("state forget site");
    assert_eq!((kept(&project).len(), lines()), (1, 1));
    project.done("destroy g.yaml -y");
    assert_eq!((kept(&project).len(), lines()), (0, 0), "not even sealed");
}

/// The answer to the create is lost, so the object is looked for; what was sent in secret is not told by it.
#[test]
fn a_secret_that_was_sent_by_a_lost_call_can_be_referred_to() {
    let project = Project::new("sink-lost");
    project.file("g.yaml", &partition("acme/prod", 3, BOTH));
    let lost = r#"{"when": {"operations": ["create"]}, "fault": {"cut": "after"}, "attempts": 1}"#;
    project.rules(&format!(r#"{{"idempotent": false, "faults": [{lost}]}}"#));
    project.done("apply g.yaml -y");
    assert_eq!(kept(&project), ["acme/prod/-/db/main#sensitive.password", "acme/prod/-/web/main#url"]);
    assert_eq!(project.ran("plan g.yaml --refresh --detailed-exitcode").code, 0);
}

/// Whoever could name what is there could read what others were told.
#[test]
fn the_sink_is_not_for_people() {
    let project = Project::new("sink-people");
    for line in ["secret set outputs:x", "secret rm outputs:x", "secret issue outputs:x"] {
        assert_eq!(project.ran(line).code, 64, "{line}");
    }
    project.file("g.yaml", &partition("acme/prod", 3, BOTH));
    project.done("apply g.yaml -y");
    let key = "acme/prod/-/db/main#sensitive.password";
    let stolen =
        format!("thief: {{type: local.x.db, properties: {{url: {{$secret: {{store: outputs, key: {key:?}}}}}}}}}");
    project.file("t.yaml", &partition("acme/dev", 3, &stolen));
    assert_eq!(project.refused("plan t.yaml"), (3, vec!["E2012".to_owned()]));
}

#[test]
fn one_output_is_told_as_it_is() {
    let project = Project::new("sink-outputs");
    let outputs = "  outputs:\n    name: {value: 'a b'}\n    size: {value: {of: 3}}\n\
                   \x20   word: {sensitive: true, value: hush}\n";
    project.file("g.yaml", &(partition("acme/prod", 3, "a: {type: local.x.t}") + outputs));
    project.done("apply g.yaml -y");
    let told = |name: &str| project.done(&format!("outputs acme/prod {name}"));
    assert_eq!([told("name"), told("size"), told("word")], ["a b\n", "{\"of\":3}\n", "(sensitive)\n"]);
    assert_eq!(project.json("outputs acme/prod name")["value"], "a b");
    let missing = project.ran("outputs acme/prod nmae");
    assert_eq!((missing.code, missing.err.contains("did you mean `name`?")), (10, true), "{}", missing.err);
}
