//! Constraints, quotas and boundaries.

use super::{container, document, project};
use crate::project::Project;

/// A bound of tier 1 and a container in tier 3.
fn bounded(operator: &str, field: &str, value: &str, properties: &str) -> String {
    let bound = format!("{{field: {field}, operator: \"{operator}\", value: {value}}}");
    format!("infrastructure: {{capabilities: [], constraints_for_downstream: [{bound}]}}\n{}", container(properties))
}

#[test]
fn p3_12_constraints_reach_lower_tiers_in_one_file_and_through_state() {
    let project = project("p3_12", &bounded("<=", "memory", "4Gi", "memory: 8Gi"));
    assert_eq!(project.refused("plan d.yaml"), (4, vec!["E1139".to_owned()]));
    let upper = "infrastructure: {capabilities: [], constraints_for_downstream: [{field: memory, operator: \"<=\", value: 4Gi}]}";
    project.file("upper.yaml", &document(upper));
    project.file("lower.yaml", &document(&container("memory: 8Gi")));
    assert_eq!(project.run("plan lower.yaml").0, 0, "nothing is demanded yet");
    project.done("apply upper.yaml -y");
    let ran = project.ran("apply lower.yaml -y");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("tier 1 of acme/prod demands it, in upper.yaml as"), "{}", ran.err);
    assert!(project.objects().is_empty());
    // What is no longer demanded binds nobody.
    project.file("upper.yaml", &document("infrastructure: {capabilities: []}"));
    project.done("apply upper.yaml -y");
    assert_eq!(project.run("plan lower.yaml").0, 0);
}

#[test]
fn p3_13_constraints_accumulate() {
    let bound =
        |value: &str| format!("constraints_for_downstream: [{{field: memory, operator: \"<=\", value: {value}}}]");
    let tiers = |memory: &str| {
        format!(
            "infrastructure: {{capabilities: [], {}}}\nshared_primitives: {{capabilities: [], {}}}\n{}",
            bound("4Gi"),
            bound("1Gi"),
            container(&format!("memory: {memory}"))
        )
    };
    let project = project("p3_13", &tiers("8Gi"));
    let ran = project.ran("plan d.yaml");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("at most 4Gi") && ran.err.contains("at most 1Gi"), "{}", ran.err);
    project.file("d.yaml", &document(&tiers("2Gi")));
    let ran = project.ran("plan d.yaml");
    assert!(!ran.err.contains("at most 4Gi") && ran.err.contains("at most 1Gi"), "the stricter one: {}", ran.err);
    project.file("d.yaml", &document(&tiers("1Gi")));
    assert_eq!(project.run("plan d.yaml").0, 0);
}

#[test]
fn p3_14_each_operator() {
    let project = Project::new("p3_14");
    for (operator, value, fits, fails) in [
        ("<=", "3", "3", "4"),
        (">=", "3", "3", "2"),
        ("==", "3", "3", "2"),
        ("in", "[1, 3]", "3", "2"),
        ("not_in", "[1, 3]", "2", "3"),
    ] {
        for (replicas, code) in [(fits, 0), (fails, 4)] {
            let tiers = bounded(operator, "replicas", value, &format!("replicas: {replicas}"));
            project.file("d.yaml", &document(&tiers));
            assert_eq!(project.run("vet d.yaml").0, code, "{replicas} {operator} {value}");
        }
    }
    for operator in ["<", "=<", "=>", "=", "!=", "matches", ""] {
        project.file("d.yaml", &document(&bounded(operator, "replicas", "3", "")));
        assert_eq!(project.refused("vet d.yaml"), (3, vec!["E1028".to_owned()]), "`{operator}`");
    }
}

#[test]
fn p3_15_amounts_are_compared_with_their_units() {
    let project = Project::new("p3_15");
    for (field, operator, limit, given, code) in [
        ("memory", "<=", "4Gi", "512Mi", 0),
        ("memory", "==", "4Gi", "4096Mi", 0),
        ("memory", "<=", "1.5Gi", "1536Mi", 0),
        ("memory", "<=", "1.5Gi", "1537Mi", 4),
        ("memory", "<=", "1G", "1Gi", 4),
        ("cpu", "<=", "2000m", "500m", 0),
        ("cpu", "<=", "2000m", "2", 0),
        ("cpu", "<=", "2000m", "2.001", 4),
        ("cpu", "<=", "2", "2000m", 0),
        ("memory", "<=", "abc", "1Gi", 3),
        ("cpu", "<=", "2Gi", "1", 3),
    ] {
        let tiers = bounded(operator, field, &format!("\"{limit}\""), &format!("{field}: \"{given}\""));
        project.file("d.yaml", &document(&tiers));
        assert_eq!(project.run("vet d.yaml").0, code, "{field} {given} {operator} {limit}");
    }
}

/// Gigabytes of a database and bytes of a disk are held against one amount.
#[test]
fn p3_15_a_bound_means_the_same_for_every_contract() {
    let project = Project::new("p3_15_storage");
    let bound = "infrastructure: {capabilities: [], constraints_for_downstream: [{field: storage, operator: \"<=\", value: 50Gi}]}";
    for (section, kind, properties, says) in [
        ("shared_primitives", "database", "engine: postgres, storage_gb: 50", None),
        (
            "shared_primitives",
            "database",
            "engine: postgres, storage_gb: 51",
            Some("storage is 51Gi, but at most 50Gi"),
        ),
        ("shared_primitives", "message_queue", "storage_gb: 60", Some("storage is 60Gi")),
        ("application", "persistent_volume", "size: 50Gi", None),
        ("application", "persistent_volume", "size: 51200Mi1", Some("is not a quantity")),
        ("application", "persistent_volume", "size: 51201Mi", Some("storage is 51201Mi")),
    ] {
        let one = format!("{{name: one, type: {kind}, properties: {{{properties}}}}}");
        project.file("d.yaml", &document(&format!("{bound}\n{section}: {{capabilities: [{one}]}}")));
        let ran = project.ran("vet d.yaml");
        assert_eq!(ran.code == 0, says.is_none(), "{properties}: {}", ran.err);
        assert!(says.is_none_or(|says| ran.err.contains(says)), "{properties}: {}", ran.err);
    }
}

#[test]
fn p3_16_what_is_not_said_is_no_way_around() {
    // The default is what is checked.
    let project = project("p3_16", &bounded("<=", "memory", "256Mi", ""));
    let ran = project.ran("plan d.yaml");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("memory is 512Mi") && ran.err.contains("the default"), "{}", ran.err);
}

#[test]
fn p3_17_violations_are_data_and_nothing_is_called() {
    let project = project("p3_17", &bounded("<=", "memory", "4Gi", "memory: 8Gi"));
    let calls = project.calls();
    let report = project.json("plan d.yaml");
    let facts = &report["diagnostics"][0]["facts"];
    for (name, value) in
        [("field", "memory"), ("operator", "<="), ("limit", "4Gi"), ("actual", "8Gi"), ("tier", "1"), ("unit", "shop")]
    {
        assert_eq!(facts[name], *value, "{facts}");
    }
    assert!(facts["source"].as_str().unwrap().starts_with("d.yaml:6:"), "{facts}");
    assert!(report["diagnostics"][0]["summary"].as_str().unwrap().contains("at most 4Gi"));
    assert_eq!(project.calls(), calls);
}

#[test]
fn p3_34_nothing_of_an_upper_tier_is_asked_for_below() {
    let project = Project::new("p3_34");
    let direct = "application: {capabilities: [{name: c, type: kubernetes_cluster}]}";
    let by_template =
        "application: {templates: [{template: t, version: latest, parameters: {kind: kubernetes_cluster}}]}";
    let by_parameter = "application: {capabilities: [{name: c, type: \"${kind}\"}]}";
    project.file(
        "templates/t.yaml",
        "template:\n  name: t\n  version: 1.0.0\n  parameters: [{name: kind, type: string}]\n  capabilities: [{name: c, type: \"${kind}\"}]\n",
    );
    for (tiers, options) in [(direct, ""), (by_template, ""), (by_parameter, " --set kind=kubernetes_cluster")] {
        project.file("d.yaml", &document(tiers));
        for command in ["vet", "plan", "apply -y"] {
            let refused = project.refused(&format!("{command} d.yaml{options}"));
            assert_eq!(refused, (4, vec!["E1142".to_owned()]), "{command}: {tiers}");
        }
    }
    // A document that computes what it says is held to what comes out.
    let computed = r#"{platform: {org: "acme", environment: "prod", provider: "local", tiers: application: {
        let kind = "kubernetes_" + "cluster", capabilities: [{name: "c", type: kind}]}}}"#;
    project.file("d.cue", computed);
    assert_eq!(project.refused("plan d.cue"), (4, vec!["E1142".to_owned()]));
    // Nobody gives a contract another tier.
    let own = "package own\n\nimport (\n\t\"strata.dev/core\"\n\t\"strata.dev/contracts\"\n)\n\n\
               mine: core.#Contract & {name: \"kubernetes_cluster\", kind: \"component\", about: \"Mine\", \
               #spec: contracts.kubernetes_cluster.#spec, #outputs: contracts.kubernetes_cluster.#outputs}\n";
    project.file("own/own.cue", own);
    project.file("d.yaml", &document(direct));
    assert_eq!(project.refused("plan d.yaml --contracts own"), (3, vec!["E1102".to_owned()]));
}

/// Whatever it is called, what is in tier 3 has no address of an upper tier.
#[test]
fn p3_34_no_name_leads_out_of_an_application() {
    let project = Project::new("p3_34_names");
    for name in ["-", "..", "-/space", "a/b", "%2D"] {
        let container = format!("{{name: \"{name}\", type: container_runtime, properties: {{image: \"s:1\"}}}}");
        for application in ["", "  application: \"-\"\n"] {
            let whole = document(&format!("application: {{capabilities: [{container}]}}"));
            project.file("d.yaml", &whole.replace("  provider: local\n", &format!("  provider: local\n{application}")));
            let set = project.json("plan d.yaml");
            let plans = set["plans"].as_array().unwrap();
            let addresses = plans.iter().flat_map(|plan| plan["actions"].as_array().unwrap());
            let addresses: Vec<&str> = addresses.map(|action| action["address"].as_str().unwrap()).collect();
            assert_eq!(addresses.len(), 1, "{name}");
            assert!(addresses[0].split('/').count() == 5 && !addresses[0].starts_with("acme/prod/-/"), "{addresses:?}");
        }
    }
}

#[test]
fn p3_48_only_authors_of_a_tier_plan_it() {
    let net = "infrastructure: {capabilities: [{name: net, type: network}]}";
    let project = project("p3_48", net);
    let grant = "[[grants]]\nprincipal = \"dev\"\nrole = \"tier_author\"\nplace = \"acme/prod/*\"\ntier = 3\n";
    project.file("home/.config/strata/trust.toml", &format!("modes = {{ \"3\" = \"auto_apply\" }}\n{grant}"));
    for command in ["plan d.yaml", "plan d.yaml --out p.json", "apply d.yaml -y", "destroy d.yaml -y"] {
        let ran = project.ran_as("dev", command);
        assert_eq!(
            (ran.code, crate::project::codes(&ran.err)),
            (4, vec!["E2111".to_owned()]),
            "{command}: {}",
            ran.err
        );
        assert!(ran.err.contains("d.yaml:6"), "the section: {}", ran.err);
    }
    assert!(!project.0.join("p.json").exists(), "no plan is kept");
    let trust = project.0.join("home/.config/strata/trust.toml");
    let text = std::fs::read_to_string(&trust).unwrap();
    std::fs::remove_file(&trust).unwrap();
    assert_eq!(project.refused("history acme/prod"), (10, vec!["E0023".to_owned()]), "nor recorded");
    std::fs::write(&trust, text).unwrap();
    project.file("d.yaml", &document(&container("")));
    assert_eq!(project.ran_as("dev", "apply d.yaml -y").code, 0);
}

/// Quotas of the only namespace bound the sum over all applications.
#[test]
fn p3_83_a_namespace_bounds_the_sum_of_its_applications() {
    let space = |cpu: &str| {
        format!(
            "shared_primitives: {{capabilities: [{{name: space, type: namespace, properties: {{resource_quotas: {{cpu: {cpu}, pods: 5}}}}}}]}}"
        )
    };
    let app = |name: &str, replicas: u32| {
        format!(
            "application: {{capabilities: [{{name: {name}, type: container_runtime, properties: {{image: \"s:1\", cpu: 500m, replicas: {replicas}}}}}]}}"
        )
    };
    let project = project("p3_83", &format!("{}\n{}", space("1000m"), app("one", 3)));
    let ran = project.ran("plan d.yaml");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("namespace `space`: cpu is 1500m in all, but at most 1000m is allowed"), "{}", ran.err);
    project.file("space.yaml", &document(&space("2000m")));
    project.file("one.yaml", &document(&app("one", 3)));
    project.file("two.yaml", &document(&app("two", 2)));
    project.done("apply space.yaml -y");
    project.done("apply one.yaml -y");
    let ran = project.ran("apply two.yaml -y");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("cpu is 2500m in all") && ran.err.contains("acme/prod/one 1500m"), "{}", ran.err);
    // Room is made, and taken.
    project.file("one.yaml", &document(&app("one", 2)));
    project.done("apply one.yaml -y");
    project.done("apply two.yaml -y");
    // Nor can the bound be lowered below what is used.
    project.file("space.yaml", &document(&space("1500m")));
    assert_eq!(project.refused("plan space.yaml"), (4, vec!["E1141".to_owned()]));
}

/// What has no room left is told as people write it, not in bytes.
#[test]
fn p3_83_a_share_that_is_refused_is_told_in_units() {
    let space = "shared_primitives: {capabilities: [{name: space, type: namespace, properties: {resource_quotas: {memory: 2Gi}}}]}";
    let project = project("p3_83_units", space);
    project.done("apply d.yaml -y");
    for name in ["one", "two"] {
        let app = format!(
            "application: {{capabilities: [{{name: {name}, type: container_runtime, properties: {{image: \"s:1\", memory: 1536Mi}}}}]}}"
        );
        project.file(&format!("{name}.yaml"), &document(&app));
        project.done(&format!("plan {name}.yaml --out {name}.json"));
    }
    project.done("apply one.json -y");
    let ran = project.ran("apply two.json -y");
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("it would be 3Gi in all, and 2Gi is allowed"), "{}", ran.err);
    assert!(ran.err.contains("it is made of acme/prod/two 1536Mi, acme/prod/one 1536Mi"), "{}", ran.err);
}

/// Plans that each keep to a quota do not keep to it together: whoever comes second is refused before any call, and of
/// two processes at once never both are done.
#[test]
fn p3_83_two_applications_cannot_both_take_the_last_share() {
    let space =
        "shared_primitives: {capabilities: [{name: space, type: namespace, properties: {resource_quotas: {pods: 5}}}]}";
    let app = |name: &str, replicas: u32| {
        document(&format!(
            "application: {{capabilities: [{{name: {name}, type: container_runtime, properties: {{image: \"s:1\", replicas: {replicas}}}}}]}}"
        ))
    };
    let project = project("p3_83_race", space);
    project.done("apply d.yaml -y");
    for name in ["one", "two"] {
        project.file(&format!("{name}.yaml"), &app(name, 3));
        project.done(&format!("plan {name}.yaml --out {name}.json"));
    }
    project.done("apply one.json -y");
    let before = project.objects();
    let ran = project.ran("apply two.json -y");
    assert_eq!((ran.code, crate::project::codes(&ran.err)), (4, vec!["E2115".to_owned()]), "{}", ran.err);
    assert!(ran.err.contains("acme/prod/one 3"), "{}", ran.err);
    assert_eq!(project.objects(), before, "nothing was made");
    // What was refused holds nothing: what is left can be had.
    project.file("two.yaml", &app("two", 2));
    project.done("apply two.yaml -y");
    project.done("destroy one.yaml -y");
    project.done("destroy two.yaml -y");
    for round in 0..3 {
        for name in ["one", "two"] {
            project.file(&format!("{name}.yaml"), &app(name, 3));
            project.done(&format!("plan {name}.yaml --out {name}.json"));
        }
        let both = ["one", "two"].map(|name| project.command(&format!("apply {name}.json -y")).spawn().unwrap());
        let codes = both.map(|mut child| child.wait().unwrap().code().unwrap());
        assert!(codes.contains(&4) && codes.iter().all(|code| [0, 4].contains(code)), "round {round}: {codes:?}");
        // Who was refused has nothing, and may have it now.
        for (name, _) in ["one", "two"].iter().zip(codes).filter(|(_, code)| *code == 0) {
            project.done(&format!("destroy {name}.yaml -y"));
        }
    }
}

/// A namespace with a quota of pods.
fn space(name: &str, pods: u32) -> String {
    format!("{{name: {name}, type: namespace, properties: {{resource_quotas: {{pods: {pods}}}}}}}")
}

/// A document of one application.
fn app(name: &str, properties: &str) -> String {
    let properties = format!("image: \"s:1\", {properties}");
    document(&format!(
        "application: {{capabilities: [{{name: {name}, type: container_runtime, properties: {{{properties}}}}}]}}"
    ))
}

/// Where there are several namespaces, whoever names none would be bounded by none.
#[test]
fn p3_83_of_several_namespaces_one_must_be_named() {
    let upper = format!(
        "shared_primitives:\n  capabilities: [{}, {}]\n  outputs: [{{name: room, source: small.name}}]",
        space("small", 2),
        space("large", 5)
    );
    let project = project("p3_83_several", &upper);
    project.done("apply d.yaml -y");
    let refused = |properties: &str, says: &str| {
        project.file("one.yaml", &app("one", properties));
        let ran = project.ran("plan one.yaml");
        assert_eq!((ran.code, crate::project::codes(&ran.err)), (4, vec!["E1141".to_owned()]), "{}", ran.err);
        assert!(ran.err.contains(says), "{says}: {}", ran.err);
    };
    refused("replicas: 1", "as in `namespace: large`; there are large, small");
    refused("replicas: 1, namespace: smal", "did you mean `small`?");
    // By its name, and by what its tier tells of it.
    for named in ["small", "\"${tier2.room}\""] {
        refused(&format!("replicas: 3, namespace: {named}"), "pods is 3 in all, but at most 2");
        project.file("one.yaml", &app("one", &format!("replicas: 2, namespace: {named}")));
        assert_eq!(project.run("plan one.yaml").0, 0, "{named}");
    }
    refused("replicas: 6, namespace: large", "at most 5");
    // Within one file it is the same.
    let both = |properties: &str| {
        let container = app("one", properties).lines().last().unwrap_or_default().trim_start().to_owned();
        document(&format!("{upper}\n{container}"))
    };
    project.file("both.yaml", &both("replicas: 3, namespace: \"${tier2.room}\""));
    assert_eq!(project.refused("vet both.yaml"), (4, vec!["E1141".to_owned()]));
    project.file("both.yaml", &both("replicas: 3, namespace: \"${large.name}\""));
    assert_eq!(project.run("vet both.yaml").0, 0);
}

/// What a plan gives up is used until it is done: nobody else may have it before.
#[test]
fn p3_83_a_share_is_given_back_when_it_is_free() {
    let project = project("p3_83_free", &format!("shared_primitives: {{capabilities: [{}]}}", space("space", 5)));
    project.done("apply d.yaml -y");
    project.file("one.yaml", &app("one", "replicas: 4"));
    project.file("two.yaml", &app("two", "replicas: 3"));
    project.done("apply one.yaml -y");
    project.file("one.yaml", &app("one", "replicas: 1"));
    project.rules(r#"{"faults": [{"when": {"operations": ["update", "delete"]}, "fault": "forbidden"}]}"#);
    assert_eq!(project.run("apply one.yaml -y").0, 8, "it cannot shrink");
    assert_eq!(project.refused("plan two.yaml"), (4, vec!["E1141".to_owned()]));
    assert_eq!(project.run("destroy one.yaml -y").0, 8, "nor go");
    assert_eq!(project.refused("apply two.yaml -y"), (4, vec!["E1141".to_owned()]));
    project.rules("{}");
    project.done("apply one.yaml -y");
    project.done("apply two.yaml -y");
    project.done("destroy one.yaml -y");
    project.file("two.yaml", &app("two", "replicas: 5"));
    project.done("apply two.yaml -y");
}

/// Who lowers a quota meets those who have grown since he planned it.
#[test]
fn p3_83_a_quota_is_not_lowered_below_what_is_used_by_then() {
    let upper = |pods| document(&format!("shared_primitives: {{capabilities: [{}]}}", space("space", pods)));
    let project = project("p3_83_lower", &format!("shared_primitives: {{capabilities: [{}]}}", space("space", 5)));
    project.done("apply d.yaml -y");
    project.file("one.yaml", &app("one", "replicas: 2"));
    project.done("apply one.yaml -y");
    project.file("d.yaml", &upper(3));
    project.done("plan d.yaml --out lower.json");
    project.file("one.yaml", &app("one", "replicas: 4"));
    project.done("apply one.yaml -y");
    let before = project.objects();
    let ran = project.ran("apply lower.json -y");
    assert_eq!((ran.code, crate::project::codes(&ran.err)), (4, vec!["E2115".to_owned()]), "{}", ran.err);
    assert!(ran.err.contains("acme/prod/one 4"), "{}", ran.err);
    assert_eq!(project.objects(), before);
    project.file("one.yaml", &app("one", "replicas: 5"));
    project.done("apply one.yaml -y");
}

/// Who lowers a quota and what uses it in one document makes room first.
#[test]
fn p3_83_a_quota_and_its_use_become_smaller_together() {
    let both = |pods: u32| {
        let app = app("one", &format!("replicas: {pods}")).lines().last().unwrap_or_default().trim_start().to_owned();
        document(&format!("shared_primitives: {{capabilities: [{}]}}\n{app}", space("space", pods)))
    };
    let project = Project::new("p3_83_both");
    for pods in [3, 5, 2, 4, 1] {
        project.file("d.yaml", &both(pods));
        project.done("apply d.yaml -y");
        assert_eq!(project.run("plan d.yaml --detailed-exitcode").0, 0, "{pods}");
    }
}

/// What goes is bounded by nobody: demands that have become stricter do not keep it.
#[test]
fn what_no_longer_keeps_to_a_demand_can_go() {
    let project = project("demands-go", &container("memory: 2Gi, replicas: 3"));
    project.done("apply d.yaml -y");
    let stricter = format!(
        "shared_primitives:\n  capabilities: [{}]\n  constraints_for_downstream: [{{field: memory, operator: \"<=\", value: 1Gi}}]",
        space("space", 2)
    );
    project.file("upper.yaml", &document(&stricter));
    project.done("apply upper.yaml -y");
    assert_eq!(project.run("plan d.yaml").0, 4);
    assert_eq!(project.run("plan d.yaml --destroy").0, 0);
    project.done("destroy d.yaml -y --min-fidelity full");
    assert_eq!(project.objects().len(), 1, "the namespace");
}

/// A plan was held to what upper tiers demanded when it was made.
#[test]
fn a_demand_that_changes_makes_plans_below_stale() {
    let project = project("demands", &container("memory: 1Gi"));
    let demand = |limit: &str| {
        let rule = format!("{{field: memory, operator: \"<=\", value: {limit}}}");
        document(&format!("shared_primitives: {{capabilities: [], constraints_for_downstream: [{rule}]}}"))
    };
    project.done("plan d.yaml --out first.json");
    project.file("upper.yaml", &demand("4Gi"));
    project.done("apply upper.yaml -y");
    let stale = |plan: &str| {
        let ran = project.ran(&format!("apply {plan} -y"));
        assert_eq!((ran.code, crate::project::codes(&ran.err)), (7, vec!["E2102".to_owned()]), "{}", ran.err);
        assert!(ran.err.contains("`tier2.constraints` of acme/prod"), "what has changed: {}", ran.err);
        assert_eq!(project.objects().len(), 0);
    };
    stale("first.json");
    project.done("plan d.yaml --out second.json");
    project.file("upper.yaml", &demand("512Mi"));
    project.done("apply upper.yaml -y");
    stale("second.json");
    project.file("upper.yaml", &demand("2Gi"));
    project.done("apply upper.yaml -y");
    project.done("plan d.yaml --out third.json");
    project.done("apply third.json -y");
}
