//! From ten lines of YAML to a stack that runs, through everything there is: contract and mapping in CUE, graph, plan,
//! apply, a kill, resume, drift, destroy.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

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

/// A folder with a project, and the cloud of it, which ends with it.
struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Project {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(folder.join("home")).unwrap();
        std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
        Project(folder)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
        command.args(line.split_whitespace()).current_dir(&self.0).env_clear().env("HOME", self.0.join("home"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command and gives the exit code and what it printed on standard output.
    fn run(&self, line: &str) -> (i32, String) {
        let Output { status, stdout, .. } = self.command(line).output().unwrap();
        (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap())
    }

    /// What a command printed that must do what it was asked for.
    fn done(&self, line: &str) -> String {
        let Output { status, stdout, stderr } = self.command(line).output().unwrap();
        assert!(status.success(), "`strata {line}`: {status}\n{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn json(&self, line: &str) -> Value {
        let (_, out) = self.run(&format!("{line} -o json"));
        serde_json::from_str(&out).unwrap()
    }

    /// Kind and owner of each object of the cloud.
    fn objects(&self) -> Vec<[String; 3]> {
        let listed = self.json("local list");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let object = |object: &Value| [text(&object["id"]), text(&object["kind"]), text(&object["mark"]["address"])];
        listed.as_array().unwrap().iter().map(object).collect()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.command("local stop").output();
    }
}

#[test]
fn ten_lines_become_a_stack_that_survives_a_kill() {
    let project = Project::new("ten-lines");
    assert_eq!(SHOP.lines().count(), 10);
    let listed = project.done("vet shop.yaml");
    assert_eq!(
        listed,
        "acme/dev/-/db/server        2  local.database  local\n\
         acme/dev/shop/shop/service  3  local.service   local\n"
    );
    assert_eq!(project.run("plan shop.yaml --detailed-exitcode").0, 2);
    assert!(project.objects().is_empty(), "planning makes nothing");

    killed_while_it_creates(&project);
    assert_eq!(project.run("status").0, 9, "one call is open");
    project.done("local rules fast.json");
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

    assert_eq!(project.done("destroy shop.yaml -y"), "Apply complete! Resources: 0 added, 0 changed, 2 destroyed.\n");
    assert!(project.objects().is_empty(), "destroy leaves nothing");
}

/// Starts an apply in a slow cloud, and kills it when its first call is under way.
fn killed_while_it_creates(project: &Project) {
    let slow = r#"{"latency": [{"when": {"operations": ["create"]}, "min_ms": 3000, "max_ms": 3000}]}"#;
    std::fs::write(project.0.join("slow.json"), slow).unwrap();
    std::fs::write(project.0.join("fast.json"), "{}").unwrap();
    project.done("local rules slow.json");
    let mut apply = project.command("apply shop.yaml -y").spawn().unwrap();
    let is_creating = || project.run("status").1.contains("creating");
    while !is_creating() {
        assert!(apply.try_wait().unwrap().is_none(), "apply ended before it could be killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
}

#[test]
fn a_contract_and_its_mapping_come_from_a_folder() {
    let project = Project::new("own-contracts");
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
