//! Planted mistakes in mappings are found. That the embedded ones hold is tested from the command, which knows providers.

use serde_json::Value;
use strata_base::Sources;
use strata_contracts::Library;
use strata_contracts::trial::{Finding, Trial};
use strata_fixtures::suite;

fn told(finding: &Finding, sources: &Sources) -> String {
    let place = sources.position(finding.span);
    let place = if place.starts_with("strata.dev/") { place.split(':').next().unwrap_or("") } else { &place };
    format!("{} {}: {} [{place}]\n", finding.check, finding.mapping, finding.message)
}

fn findings(files: &[(String, String)], judge: &(dyn Fn(&str, &str, &Value) -> Vec<String> + Sync)) -> String {
    let mut sources = Sources::new();
    let library = Library::load("own", files, &mut sources).unwrap_or_else(|problems| panic!("{problems:?}"));
    let trial = Trial { library: &library, sources: &sources, judge };
    let mappings = library.mappings();
    let mappings = mappings.filter(|mapping| !Library::is_embedded(sources.get(mapping.span.file).unwrap().name()));
    let found: Vec<Finding> = mappings.flat_map(|mapping| trial.mapping(mapping)).collect();
    found.iter().map(|finding| told(finding, &sources)).collect()
}

/// Each archive is a folder with contracts and mappings of which one does not hold what it must.
#[test]
fn planted_mistakes_are_found() {
    // A provider that knows one type with one property.
    let judge = |_: &str, kind: &str, properties: &Value| match kind {
        "local.x.strict" if properties.get("known").is_none() => vec!["`known` is required".to_owned()],
        _ => Vec::new(),
    };
    suite("tests/trials", |case| {
        let sections = case.archive.sections.iter();
        let files: Vec<(String, String)> =
            sections.map(|section| (section.name.clone().into(), section.text.clone().into())).collect();
        vec![("findings".to_owned(), findings(&files, &judge))]
    });
}
