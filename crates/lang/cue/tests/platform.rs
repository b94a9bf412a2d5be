//! CUE as platforms use it: modules of contracts and mappings, each package's `mapped` as YAML.

use cue::{Cancel, Config, Limits, MemoryFiles, OutputLimit, Workspace};
use strata_fixtures::{Case, suite};

#[test]
fn mappings() {
    suite("tests/platform", |case: &Case<'_>| {
        let mut files = MemoryFiles::new();
        for section in &case.archive.sections {
            files.add(format!("/repo/{}", section.name), section.text.as_bytes());
        }
        let mapping = |name: &str| name.split_once('/').map(|(folder, _)| folder.to_owned());
        let is_mapped = |text: &str| text.contains("\nmapped: ");
        let folders = case.archive.sections.iter().filter(|section| is_mapped(&section.text));
        folders
            .filter_map(|section| mapping(&section.name))
            .map(|folder| (folder.clone(), mapped(&files, &folder)))
            .collect()
    });
}

fn mapped(files: &MemoryFiles, folder: &str) -> String {
    let mut workspace = Workspace::load(&[format!("./{folder}")], &Config::new("/repo"), files);
    assert_eq!(workspace.diagnostics(), []);
    let package = workspace.package(0);
    let mapped = workspace.expression(package, "mapped", "--expression").unwrap();
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, []);
    let mut text = String::new();
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    match evaluation.write_yaml(mapped, &mut text, OutputLimit::default()) {
        Ok(()) => text,
        Err(problems) => problems.into_iter().map(|problem| problem.message + "\n").collect(),
    }
}
