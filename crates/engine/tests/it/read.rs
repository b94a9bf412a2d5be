//! Nodes that are only read: what belongs to somebody else is looked at and never changed.

use strata_engine::PlanOptions;
use strata_ports::Reads;

use crate::world::{Project, document, show, told};

const NODES: &str = "
vpc: {type: test.server, read: shared-1}
web: {type: test.server, properties: {host: {$ref: {address: vpc, attr: size}}}}
";

#[test]
fn what_belongs_to_others_is_read_first_and_left_alone() {
    let project = Project::new();
    project.cloud.stray("shared-1", "small");
    let set = project.plan(&document(NODES));
    assert_eq!(
        show(&set.plans[0]),
        "<= vpc/main [none]: it is new\n+ web/main [none]: it is new\nsteps: read vpc, create web\n"
    );
    project.apply_set(&set);
    assert_eq!(project.cloud.calls(), ["read vpc", "create web"]);
    assert!(project.cloud.world().join("\n").contains("\"host\":\"small\""), "{:?}", project.cloud.world());
    assert_eq!(show(&project.refresh(&document(NODES)).plans[0]), "unchanged: 2\n");

    // Another answer goes on to those who use it.
    project.cloud.stray("shared-1", "large");
    let set = project.refresh(&document(NODES));
    assert!(
        show(&set.plans[0])
            .contains("<= vpc/main [none]: reality differs from what is recorded\n    size: \"small\" -> \"large\"")
    );
    project.apply_set(&set);
    assert!(project.cloud.world().join("\n").contains("\"host\":\"large\""), "{:?}", project.cloud.world());

    // What is only read is forgotten, never deleted.
    let set = project.plan(&document("{}"));
    assert!(show(&set.plans[0]).contains("x vpc/main"), "{}", show(&set.plans[0]));
    project.cloud.calls();
    project.apply_set(&set);
    assert_eq!(project.cloud.calls(), ["delete web"]);
    assert_eq!(project.cloud.world().len(), 1);
}

#[test]
fn what_is_read_and_what_is_managed_are_not_mistaken_for_each_other() {
    let project = Project::new();
    project.apply(&document("vpc: {type: test.database}"));
    let managed = project.refused(&document("vpc: {type: test.database, read: vpc-1}"));
    assert_eq!(managed, "E2016 acme/prod/-/vpc/main is managed and would only be read");
    project.cloud.stray("shared-1", "somebody");
    let net = "net: {type: test.server, read: shared-1}\nvpc: {type: test.database}";
    project.apply(&document(net));
    project.cloud.remove("shared-1");
    let options = PlanOptions { refresh: true, ..PlanOptions::default() };
    let told = told(&project.try_plan(&document(net), &options).unwrap_err());
    assert_eq!(told, "E2017 acme/prod/-/net/main reads shared-1, which is not there any more");
    let context = "acme/prod".parse().unwrap();
    let report = project.engine(|engine| engine.drift(&context)).unwrap();
    assert_eq!(report.items.len(), 1);
    // From then on it is ours, and made.
    project.cloud.calls();
    assert_eq!(project.apply(&document("net: {type: test.server}\nvpc: {type: test.database}")), ["create net"]);
    assert_eq!(project.store.resources(&context).unwrap().len(), 2);
}
