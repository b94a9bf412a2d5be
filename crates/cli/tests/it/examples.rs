//! The examples run as their pages say.

use std::path::Path;

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
pub(crate) fn example(name: &str, as_name: &str) -> Project {
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
