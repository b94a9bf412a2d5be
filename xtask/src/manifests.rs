//! What every manifest of a member must say, and what it must leave to the root.

use crate::workspace::{Member, Workspace};

/// Taken from the workspace, so that all crates agree.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

pub(crate) fn check(workspace: &Workspace) -> Vec<String> {
    workspace.members.iter().flat_map(|member| problems(member, &workspace.short(&member.folder))).collect()
}

fn problems(member: &Member, folder: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut problem = |text: String| problems.push(format!("{folder}/Cargo.toml: {text}"));
    if !inherits(member.manifest.get("lints")) {
        problem("no `[lints] workspace = true`; every crate has the lints of the workspace".into());
    }
    let package = member.manifest.get("package").and_then(toml::Value::as_table);
    for key in INHERITED {
        if !inherits(package.and_then(|package| package.get(key))) {
            problem(format!("`{key}` is not taken from the workspace; write `{key}.workspace = true`"));
        }
    }
    for (name, dependency) in dependencies(&member.manifest) {
        let own =
            ["features", "default-features", "default_features"].into_iter().find(|key| dependency.get(key).is_some());
        if let Some(key) = own {
            problem(format!("`{name}` has `{key}` of its own; features are chosen once, in the root manifest"));
        } else if !inherits(Some(dependency)) {
            problem(format!("`{name}` is not taken from the workspace; write `{name}.workspace = true`"));
        }
    }
    problems
}

fn inherits(value: Option<&toml::Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
}

/// All dependencies: of the crate, of its tests, of its build script, of some target only.
fn dependencies(manifest: &toml::Table) -> Vec<(&str, &toml::Value)> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|targets| targets.values()).filter_map(toml::Value::as_table);
    let tables = std::iter::once(manifest).chain(targets).flat_map(|table| {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .map(|kind| table.get(kind).and_then(toml::Value::as_table))
    });
    tables.flatten().flatten().map(|(name, dependency)| (name.as_str(), dependency)).collect()
}
