//! The examples run as their pages say, and what `strata explain` names is what decides.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{Project, Ran};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// Each document, with the options that it needs on the simulated cloud.
const DOCUMENTS: [(&str, &str, &str); 5] = [
    ("quickstart", "stack.yaml", ""),
    ("production", "platform.yaml", " --provider local --set app.image=shop:1"),
    ("template", "shop.yaml", ""),
    ("drift", "stack.yaml", ""),
    ("pull-request", "stack.yaml", ""),
];

/// A project whose folder is a copy of an example.
fn example(name: &str, as_name: &str) -> Project {
    let project = Project::new(as_name);
    copy(&Path::new(EXAMPLES).join(name), &project.0);
    project
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { _ = std::fs::copy(&path, &target).unwrap() }
    }
}

#[test]
fn every_example_has_a_page_and_plans_applies_and_goes() {
    for (name, file, options) in DOCUMENTS {
        let project = example(name, &format!("example-{name}"));
        let page = std::fs::read_to_string(project.0.join("README.md")).unwrap();
        assert!(
            page.contains(&format!("strata plan {file}")) || page.contains(&format!("strata apply {file}")),
            "{name}"
        );
        project.done(&format!("vet {file}{options}"));
        assert_eq!(project.ran(&format!("plan {file}{options} --detailed-exitcode")).code, 2, "{name}");
        make_so(&project, name, &format!("{file}{options}"), &format!("apply {file}{options} -y"));
        assert_eq!(project.ran(&format!("plan {file}{options} --refresh --detailed-exitcode")).code, 0, "{name}");
        make_so(&project, name, &format!("{file}{options} --destroy"), &format!("destroy {file}{options} -y"));
        assert!(project.objects().is_empty(), "{name}");
    }
}

/// Applies at once; but what waits for an approval is planned, approved and applied, as the page says.
fn make_so(project: &Project, name: &str, plan: &str, at_once: &str) {
    if name != "production" {
        project.done(at_once);
        return;
    }
    assert_eq!(project.ran(at_once).code, 5);
    project.done(&format!("plan {plan} --out plan.json -q"));
    project.done("approve plan.json");
    project.done("apply plan.json");
}

#[test]
fn the_example_of_drift_reports_and_repairs_it() {
    let project = example("drift", "example-of-drift");
    project.done("apply stack.yaml -y");
    project.done(&format!("local set {} replicas 5", project.object("shop")));
    let Ran { code, out, .. } = project.ran("drift --detailed-exitcode");
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("replicas = 2 -> 5"), "{out}");
    project.done("apply stack.yaml --refresh -y");
    assert_eq!(project.ran("drift --detailed-exitcode").code, 0);
}

/// Changing what stands at the place that is named changes the value: for every leaf that a document decides about.
#[test]
fn explain_names_places_whose_change_changes_the_leaf() {
    let mut tried = 0;
    for (name, file, options) in [DOCUMENTS[0], DOCUMENTS[1], DOCUMENTS[2]] {
        let project = example(name, &format!("explain-{name}"));
        let text = std::fs::read_to_string(project.0.join(file)).unwrap();
        let before = leaves(&project, file, options);
        for (path, value, place) in &before {
            let Some((at, line, column)) = position(place) else { continue };
            if at != Path::new(file) {
                continue;
            }
            let Some(changed) = changed(&text, line, column) else { continue };
            std::fs::write(project.0.join(file), changed).unwrap();
            let Ran { code, out, .. } = project.ran(&format!("explain {path} {file}{options} -o json"));
            std::fs::write(project.0.join(file), &text).unwrap();
            // What is refused now was decided there, too.
            let now = (code == 0).then(|| serde_json::from_str::<Value>(&out).unwrap()[0]["value"].clone());
            assert_ne!(now.as_ref().and_then(Value::as_str), Some(value.as_str()), "{name}: {path} at {place}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Path, value and place of each leaf of each resource.
fn leaves(project: &Project, file: &str, options: &str) -> Vec<(String, String, String)> {
    let rows = project.json(&format!("vet {file}{options}"));
    let mut leaves = Vec::new();
    for row in rows.as_array().unwrap() {
        let address = row["address"].as_str().unwrap();
        let told = project.json(&format!("explain {address} {file}{options}"));
        let text = |leaf: &Value, key: &str| leaf[key].as_str().unwrap_or_default().to_owned();
        let told = told.as_array().unwrap().iter();
        leaves.extend(told.map(|leaf| (text(leaf, "path"), text(leaf, "value"), text(leaf, "place"))));
    }
    leaves
}

fn position(place: &str) -> Option<(PathBuf, usize, usize)> {
    let mut parts = place.rsplitn(3, ':');
    let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((parts.next()?.into(), line, column))
}

/// The text with another scalar at a place: another number, the other truth, another text.
fn changed(text: &str, line: usize, column: usize) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>() + column - 1;
    let rest = &text[start..];
    let end = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].find(quote)? + 2,
        '[' | '{' => return None,
        _ => rest.find([',', '}', ']', '\n', '#']).unwrap_or(rest.len()),
    };
    let scalar = rest[..end].trim_end();
    let bare = scalar.trim_matches(['"', '\'']);
    let other = match bare {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        number if number.parse::<i64>().is_ok() => format!("{}", number.parse::<i64>().unwrap() + 1),
        text => text.replacen(char::is_alphanumeric, "q", 1),
    };
    let quoted = if scalar.len() == bare.len() { other } else { format!("\"{other}\"") };
    Some(format!("{}{quoted}{}", &text[..start], &text[start + scalar.len()..]))
}
