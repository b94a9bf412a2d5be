//! The form of a document: fields, references, providers, execution.

use super::{container, document, project};
use crate::project::Project;

#[test]
fn p3_01_only_contracts_can_be_asked_for() {
    let project = project("p3_01", "infrastructure: {capabilities: [{name: c, type: aws.eks_cluster}]}");
    assert_eq!(project.refused("vet d.yaml"), (3, vec!["E1104".to_owned()]));
    assert_eq!(project.refused("plan d.yaml"), (3, vec!["E1104".to_owned()]));
}

#[test]
fn p3_06_org_environment_and_provider_are_required() {
    let whole = document("application: {capabilities: []}");
    let project = Project::new("p3_06");
    for field in ["org", "environment", "provider"] {
        let without: String =
            whole.lines().filter(|line| !line.trim().starts_with(field)).map(|line| format!("{line}\n")).collect();
        project.file("d.yaml", &without);
        let ran = project.ran("vet d.yaml");
        assert_eq!(ran.code, 3, "{field}");
        assert!(ran.err.contains(&format!("a platform needs `{field}`")), "{}", ran.err);
    }
}

#[test]
fn p3_07_a_variable_of_the_environment_is_resolved_or_an_error() {
    let project = project("p3_07", &container("env: {A: \"${env:SHOP_A}\"}"));
    let ran = project.ran("plan d.yaml");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("`SHOP_A`"), "{}", ran.err);
    let ran = crate::project::ran(project.command("apply d.yaml -y").env("SHOP_A", "canary-7"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = format!("{}{}{}", ran.out, ran.err, project.done("state export"));
    assert!(!text.contains("canary-7") && !text.contains("${env:"), "{text}");
    // As a part of a place it is plain text.
    project.file("d.yaml", &document(&container("")).replace("environment: prod", "environment: \"${env:STAGE}\""));
    let ran = crate::project::ran(project.command("vet d.yaml").env("STAGE", "blue"));
    assert!(ran.out.starts_with("acme/blue/shop/shop/service"), "{}{}", ran.out, ran.err);
    assert_eq!(project.refused("vet d.yaml"), (3, vec!["E1024".to_owned()]));
}

#[test]
fn p3_08_a_vault_reference_is_only_seen_by_the_driver() {
    let project = project("p3_08", &container("env: {A: \"${vault:shop/a}\"}"));
    // Nothing is called while it is missing.
    assert_ne!(project.ran("apply d.yaml -y").code, 0);
    assert!(project.objects().is_empty());
    let mut set = project.command("secret set vault:shop/a").stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut set.stdin.take().unwrap(), b"canary-8").unwrap();
    assert!(set.wait().unwrap().success());
    let plan = project.done("plan d.yaml -o json");
    assert!(plan.contains("shop/a") && !plan.contains("canary-8"), "{plan}");
    project.done("apply d.yaml -y");
    assert!(!project.done("state export").contains("canary-8"));
}

#[test]
fn p3_09_three_tiers_in_one_file() {
    let tiers = "infrastructure: {capabilities: [{name: net, type: network}]}\n\
                 shared_primitives: {capabilities: [{name: db, type: database, properties: {engine: postgres}}]}\n";
    let project = project("p3_09", &format!("{tiers}{}", container("")));
    let rows = project.json("vet d.yaml");
    let tier = |row: &serde_json::Value| (row["contract"].as_str().unwrap().to_owned(), row["tier"].as_u64().unwrap());
    let tiers: Vec<_> = rows.as_array().unwrap().iter().map(tier).collect();
    let expected = [("network", 1), ("database", 2), ("container_runtime", 3)];
    assert_eq!(tiers, expected.map(|(name, tier)| (name.to_owned(), tier)));
}

#[test]
fn p3_10_fields_of_a_capability() {
    let project = Project::new("p3_10");
    for (capability, error) in [
        ("{type: container_runtime, properties: {image: \"a:1\"}}", "a capability needs `name`"),
        ("{name: a, properties: {image: \"a:1\"}}", "a capability needs `type`"),
        ("{name: a, type: container_runtime, properties: {image: \"a:1\"}, dependsOn: [b]}", "no capability `b`"),
        ("{name: a, type: container_runtime, propertys: {image: \"a:1\"}}", "no field `propertys`"),
        ("{name: app, type: container_runtime, properties: {image: \"a:1\"}}", "`app` cannot be the name"),
    ] {
        project.file("d.yaml", &document(&format!("application:\n  capabilities: [{capability}]")));
        let ran = project.ran("plan d.yaml");
        assert_eq!(ran.code, 3, "{capability}");
        assert!(ran.err.contains(error), "{}", ran.err);
    }
    let twice = "{name: a, type: container_runtime, properties: {image: \"a:1\"}}";
    project.file("d.yaml", &document(&format!("application:\n  capabilities: [{twice}, {twice}]")));
    assert!(project.ran("vet d.yaml").err.contains("two capabilities are called `a`"));
}

#[test]
fn p3_18_modes_of_execution_are_honoured() {
    let project = project("p3_18", &container(""));
    let with = |mode: &str| format!("{}  execution: {{tier3_mode: {mode}}}\n", document(&container("")));
    project.file("d.yaml", &with("manually"));
    assert!(project.ran("vet d.yaml").err.contains("none of `plan_and_approve`, `auto_apply`"));
    let grants = "modes = { \"3\" = \"auto_apply\" }\n[[grants]]\nprincipal = \"ada\"\nrole = \"tier_author\"\n\
                  place = \"acme/prod/*\"\ntier = 3\n";
    project.file("home/.config/strata/trust.toml", grants);
    project.file("d.yaml", &with("plan_and_approve"));
    let gated = project.ran_as("ada", "apply d.yaml -y");
    assert_eq!(gated.code, 5, "{}", gated.err);
    assert!(project.objects().is_empty());
    project.file("d.yaml", &with("auto_apply"));
    assert_eq!(project.ran_as("ada", "apply d.yaml -y").code, 0);
}

#[test]
fn p3_19_durations_parse_or_are_refused() {
    let project = Project::new("p3_19");
    for (text, fits) in
        [("5m", true), ("30s", true), ("1h", true), ("5", false), ("5 m", false), ("0s", false), ("m", false)]
    {
        for key in ["reconciliation_interval", "lock_timeout"] {
            let execution = format!("  execution: {{{key}: \"{text}\"}}\n");
            project.file("d.yaml", &(document(&container("")) + &execution));
            let ran = project.ran("vet d.yaml");
            assert_eq!(ran.code, if fits { 0 } else { 3 }, "{key}: {text}: {}", ran.err);
        }
    }
}

#[test]
fn p3_23_several_providers_route_by_contract() {
    let project = project("p3_23", &container(""));
    let with = |providers: &str, tiers: &str| {
        document(tiers).replace("\n  provider: local\n", &format!("\n  provider: {providers}\n"))
    };
    // Both serve it: which one must be said.
    project.file("d.yaml", &with("[local, compose]", &container("")));
    let ran = project.ran("vet d.yaml");
    assert_eq!((ran.code, ran.err.contains("provider: local")), (3, true), "{}", ran.err);
    let named = |name: &str| {
        let section = "application: {capabilities: [{name: shop, type: container_runtime, provider: NAME, properties: {image: \"s:1\"}}]}";
        with("[local, {name: compose}]", &section.replace("NAME", name))
    };
    for name in ["local", "compose"] {
        project.file("d.yaml", &named(name));
        assert_eq!(project.json("vet d.yaml")[0]["provider"]["provider"], *name);
    }
    project.file("d.yaml", &named("moon"));
    assert!(project.ran("vet d.yaml").err.contains("no provider `moon`"));
    // One serves it, the other does not.
    let cluster = "infrastructure: {capabilities: [{name: c, type: kubernetes_cluster}]}";
    project.file(
        "own/moon.cue",
        "package own\n\nimport \"strata.dev/core\"\n\n\
         moon: core.#Provider & {name: \"moon\", about: \"Far away\", #config: {}}\n\
         rock: core.#Contract & {name: \"rock\", kind: \"component\", about: \"A rock\", #spec: {}, #outputs: {}}\n\
         rock_moon: core.#Mapping & {contract: \"rock\", provider: \"moon\", #in: {unit!: string}, \
         nodes: rock: {type: \"moon.rock\", props: {}}}\n",
    );
    project.file("d.yaml", &with("[moon, local]", cluster));
    assert_eq!(project.json("vet d.yaml --contracts own")[0]["provider"]["provider"], "local");
    project.file("d.yaml", &with("moon", cluster));
    let ran = project.ran("vet d.yaml --contracts own");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("provider `moon` does not serve `kubernetes_cluster`"), "{}", ran.err);
    // One that there is not is told once, whoever is served by others.
    project.file("d.yaml", &with("[local, moon, sun]", cluster));
    let ran = project.ran("vet d.yaml");
    assert_eq!((ran.code, ran.err.matches("error[E1105]").count()), (3, 2), "{}", ran.err);
}

/// What a provider makes nothing of is refused and not ignored.
#[test]
fn where_a_provider_is_means_something_to_it_or_is_refused() {
    let project = Project::new("provider-place");
    let with = |provider: &str| document(&container("")).replace("provider: local", &format!("provider: {provider}"));
    for (config, refused) in [
        ("{name: local, config: {region: north, account_id: main}}", None),
        (
            "{name: local, config: {region: north, credentials: \"${vault:a}\"}}",
            Some("`credentials` means nothing to `local`"),
        ),
        ("{name: compose, config: {account_id: build}}", None),
        ("{name: compose, config: {region: north}}", Some("`region` means nothing to `compose`")),
        ("{name: compose, config: {credentials: \"${vault:a}\"}}", Some("`credentials` means nothing to `compose`")),
    ] {
        project.file("d.yaml", &with(config));
        let ran = project.ran("vet d.yaml");
        match refused {
            None => assert_eq!(ran.code, 0, "{config}: {}", ran.err),
            Some(says) => assert!((ran.code, ran.err.contains(says)) == (3, true), "{config}: {}", ran.err),
        }
    }
}

#[test]
fn p3_24_a_document_means_the_same_in_every_notation() {
    let project = project(
        "p3_24",
        &container("replicas: 2, memory: 1Gi, env: {A: \"1\", B: 2, C: true, D: \"$${x}\"}, command: [a, \"b c\"]"),
    );
    let json = r#"{"platform": {"org": "acme", "environment": "prod", "provider": "local", "tiers": {"application":
        {"capabilities": [{"name": "shop", "type": "container_runtime", "properties": {"image": "s:1", "replicas": 2,
        "memory": "1Gi", "env": {"A": "1", "B": 2, "C": true, "D": "$${x}"}, "command": ["a", "b c"]}}]}}}}"#;
    project.file("d.json", json);
    project.file("d.cue", json);
    let plan = |name: &str| project.json(&format!("plan {name}"))["plans"][0]["hash"].clone();
    assert_eq!(plan("d.yaml"), plan("d.json"));
    assert_eq!(plan("d.yaml"), plan("d.cue"));
}
