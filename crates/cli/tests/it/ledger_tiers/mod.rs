//! Rows of the ledger of requirements about documents in tiers, each a test named after its row: the command from
//! outside.

mod bounds;
mod flow;
mod form;
mod template;

use crate::project::Project;

/// A document of acme/prod on the simulated cloud: sections of `tiers`, one a line, indented as they stand.
fn document(tiers: &str) -> String {
    let tiers: String = tiers.lines().map(|line| format!("    {line}\n")).collect();
    format!("platform:\n  org: acme\n  environment: prod\n  provider: local\n  tiers:\n{tiers}")
}

/// A project with one document of the name `d.yaml`.
fn project(name: &str, tiers: &str) -> Project {
    let project = Project::new(name);
    project.file("d.yaml", &document(tiers));
    project
}

/// A section with one container in tier 3.
fn container(properties: &str) -> String {
    format!(
        "application: {{capabilities: [{{name: shop, type: container_runtime, properties: {{image: \"s:1\", {properties}}}}}]}}"
    )
}
