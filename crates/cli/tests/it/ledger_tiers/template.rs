//! Templates.

use super::document;
use crate::project::Project;

fn template(version: &str, more: &str) -> String {
    format!(
        "template:\n  name: web\n  version: {version}\n  parameters:\n\
         \x20 - {{name: service, type: string, required: true, validation: \"^[a-z]+$\"}}\n\
         \x20 - {{name: replicas, type: int, default: 3}}\n\
         \x20 - {{name: flag, type: bool, default: true}}\n\
         \x20 - {{name: command, type: list, default: [run]}}\n\
         \x20 - {{name: env, type: map, default: {{}}}}\n\
         \x20 - {{name: port, type: int, default: 8080}}\n\
         \x20 capabilities:\n\
         \x20 - name: \"${{service}}\"\n    type: container_runtime\n    properties:\n\
         \x20     image: \"${{service}}:1\"\n      replicas: \"${{replicas}}\"\n      command: \"${{command}}\"\n\
         \x20     env: \"${{env}}\"\n      ports: [{{container_port: \"${{port}}\"}}]\n{more}\
         \x20 outputs:\n  - {{name: at, value: \"${{service}}.endpoint\"}}\n  - {{name: port, value: \"${{port}}\"}}\n"
    )
}

fn project(name: &str) -> Project {
    let project = Project::new(name);
    project.file("templates/a.yaml", &template("1.9.0", ""));
    project.file("templates/b.yaml", &template("1.10.0", ""));
    project
}

fn instance(version: &str, parameters: &str) -> String {
    document(&format!(
        "application: {{templates: [{{template: web, version: \"{version}\", name: w, parameters: {{{parameters}}}}}]}}"
    ))
}

#[test]
fn p3_70_templates_are_listed_and_the_latest_is_the_greatest() {
    let project = project("p3_70");
    let listed = project.json("template list");
    let versions: Vec<&str> = listed.as_array().unwrap().iter().map(|row| row["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.9.0", "1.10.0"]);
    assert_eq!(project.json("template show web")["version"], "1.10.0");
    assert_eq!(project.json("template show web@1.9.0")["version"], "1.9.0");
    assert_eq!(project.json("template show web@~1.9")["version"], "1.9.0");
    let ran = project.ran("template show wbe");
    assert_eq!(ran.code, 10);
    assert!(ran.err.contains("did you mean `web`?"), "{}", ran.err);
    let ran = project.ran("template show web@2.0.0");
    assert!(ran.code == 10 && ran.err.contains("it has 1.9.0, 1.10.0"), "{}", ran.err);
    // A version that was published does not change; the same one again is no mistake.
    project.file("templates/c.yaml", &template("1.10.0", ""));
    assert_eq!(project.run("template list").0, 0);
    project.file("templates/c.yaml", &template("1.10.0", "      cpu: 2\n"));
    assert_eq!(project.refused("template list"), (3, vec!["E1005".to_owned()]));
}

#[test]
fn p3_71_a_whole_scalar_keeps_its_type() {
    let project = project("p3_71");
    let command = "template resolve web --set service=shop --set replicas=4 --set command=[a,b] --set env={\"A\":1}";
    let resolved = project.json(command);
    let properties = &resolved[0]["properties"];
    assert_eq!(resolved[0]["name"], "shop");
    assert_eq!(properties["replicas"], 4);
    assert_eq!(properties["image"], "shop:1");
    assert_eq!(properties["command"], serde_json::json!(["a", "b"]));
    assert_eq!(properties["env"], serde_json::json!({"A": 1}));
    assert_eq!(properties["ports"][0]["container_port"], 8080);
}

#[test]
fn p3_72_parameters_are_typed_and_checked() {
    let project = project("p3_72");
    project.file("templates/d.yaml", &template("2.0.0", "      memory: \"${memory}\"\n"));
    for (version, parameters, error) in [
        ("^1.9", "", "needs the parameter `service`"),
        ("^1.9", "service: shop, replicas: three", "`replicas` must be of type int"),
        ("^1.9", "service: shop, replicas: \"3\"", "`replicas` must be of type int"),
        ("^1.9", "service: Shop", "`service` must satisfy `^[a-z]+$`"),
        ("^1.9", "service: shop, replica: 3", "did you mean `replicas`?"),
        ("2.0.0", "service: shop", "the parameter `memory` is not given"),
        ("3", "service: shop", "is not a version"),
    ] {
        project.file("d.yaml", &instance(version, parameters));
        let ran = project.ran("plan d.yaml");
        assert_eq!(ran.code, 3, "{parameters}");
        assert!(ran.err.contains(error), "{parameters}: {}", ran.err);
    }
}

#[test]
fn p3_73_outputs_of_a_template_feed_declarations() {
    let project = project("p3_73");
    let front = "  capabilities: [{name: front, type: container_runtime, properties: {image: \"f:1\", env: {AT: \"${w.at}\", PORT: \"${w.port}\"}}}]\n";
    let tiers = "application:\n  templates: [{template: web, version: latest, name: w, parameters: {service: shop}}]\n";
    project.file("d.yaml", &document(&format!("{tiers}{front}")));
    let plan = project.done("plan d.yaml");
    assert!(plan.contains("+ env.AT = (known after apply)") && plan.contains("+ env.PORT = 8080"), "{plan}");
    project.done("apply d.yaml -y");
    let at = project.json("show acme/prod/front/front/service");
    assert!(at.to_string().contains(":8080"), "{at}");
}
