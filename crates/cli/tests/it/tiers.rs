//! From ten lines of YAML to a stack that runs, through everything there is: contract and mapping in CUE, graph, plan,
//! apply, a kill, resume, drift, destroy.

use crate::project::Project;

/// Ten lines.
const SHOP: &str = r#"platform:
  org: acme
  environment: dev
  provider: local
  tiers:
    shared_primitives:
      capabilities: [{name: db, type: database, properties: {engine: postgres}}]
    application:
      capabilities:
      - {name: shop, type: container_runtime, properties: {image: "shop:1", env: {DATABASE_URL: "${db.url}"}}}
"#;

/// A project with the ten lines.
fn shop(name: &str) -> Project {
    let project = Project::new(name);
    project.file("shop.yaml", SHOP);
    project
}

#[test]
fn ten_lines_become_a_stack_that_survives_a_kill() {
    let project = shop("ten-lines");
    assert_eq!(SHOP.lines().count(), 10);
    let listed = project.done("vet shop.yaml");
    assert_eq!(
        listed,
        "acme/dev/-/db/server        2  database           local.database  local\n\
         acme/dev/shop/shop/service  3  container_runtime  local.service   local\n"
    );
    assert_eq!(project.run("plan shop.yaml --detailed-exitcode").0, 2);
    assert!(project.objects().is_empty(), "planning makes nothing");

    killed_while_it_creates(&project);
    assert_eq!(project.run("status").0, 9, "one call is open");
    project.rules("{}");
    project.done("apply --resume acme/dev");
    let applied = project.done("apply shop.yaml -y");
    assert_eq!(applied, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n");
    let objects = project.objects();
    let owners: Vec<&str> = objects.iter().map(|[_, _, owner]| owner.as_str()).collect();
    assert_eq!(owners, ["acme/dev/-/db/server", "acme/dev/shop/shop/service"], "each once, whatever the kill left");
    assert_eq!(project.run("plan shop.yaml --refresh --detailed-exitcode").0, 0);

    // Drift is seen where reality is asked, and mended.
    let [service, ..] = &objects[1];
    project.done(&format!("local set {service} image other:9"));
    let set = project.json("plan shop.yaml --refresh");
    let change = &set["plans"][1]["actions"][0]["changes"][0];
    assert_eq!(change["path"], "image", "{set:#}");
    assert_eq!((&change["origin"]["file"], &change["origin"]["line"]), (&"shop.yaml".into(), &10.into()));
    assert_eq!(
        project.done("apply shop.yaml --refresh -y"),
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n"
    );
    assert_eq!(project.run("plan shop.yaml --refresh --detailed-exitcode").0, 0);

    assert_eq!(project.done("destroy shop.yaml -y"), "Destroy complete! Resources: 0 added, 0 changed, 2 destroyed.\n");
    assert!(project.objects().is_empty(), "destroy leaves nothing");
}

/// Starts an apply in a slow cloud, and kills it when its first call is under way.
fn killed_while_it_creates(project: &Project) {
    project.rules(r#"{"latency": [{"when": {"operations": ["create"]}, "min_ms": 3000, "max_ms": 3000}]}"#);
    let mut running = project.watched("apply shop.yaml -y --timeout 4s");
    running.until("step_start", "db");
    running.kill();
}

#[test]
fn a_contract_and_its_mapping_come_from_a_folder() {
    let project = shop("own-contracts");
    std::fs::create_dir(project.0.join("own")).unwrap();
    let contract = r#"package own

import "strata.dev/core"

bucket: core.#Contract & {
	name: "bucket"
	kind: "component"
	about: "A place for files"
	#spec: versioned: *false | bool
	#outputs: url!: core.#Value
}

bucket_local: core.#Mapping & {
	contract: "bucket"
	provider: "local"
	#in: {unit!: string, spec!: bucket.#spec}
	nodes: bucket: {type: "local.bucket", #attrs: ["url"], props: versioned: #in.spec.versioned}
	outputs: url: nodes.bucket.#out.url
}
"#;
    std::fs::write(project.0.join("own/bucket.cue"), contract).unwrap();
    let files = SHOP
        .replace("type: container_runtime", "type: bucket")
        .replace(r#"{image: "shop:1", env: {DATABASE_URL: "${db.url}"}}"#, "{versioned: true}");
    std::fs::write(project.0.join("files.yaml"), files).unwrap();
    let listed = project.done("contracts list --contracts own");
    assert!(listed.lines().any(|line| line.split_whitespace().take(3).eq(["bucket", "3", "local"])), "{listed}");
    assert_eq!(project.done("contracts show bucket --contracts own"), contract);
    project.done("apply files.yaml --contracts own -y");
    let [_, kind, _] = &project.objects()[0];
    assert_eq!(kind, "local.bucket");
    assert_eq!(project.run("vet files.yaml").0, 3, "without the folder there is no such contract");
}
