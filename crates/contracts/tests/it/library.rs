//! Units against contracts and through mappings, as text.

use cue_data::{Builder, Data, NodeId};
use cue_encode::ReadOptions;
use strata_base::{Diagnostic, Sources, Span};
use strata_contracts::{Library, Mapper, Part};
use strata_fixtures::suite;

/// Each archive holds `in.yaml` with `contract`, `provider` and `properties`, and any CUE beside it.
#[test]
fn units() {
    suite("tests/units", |case| {
        let mut sources = Sources::new();
        let text = case.input("in.yaml");
        let file = sources.add("in.yaml", text);
        let data = cue_encode::yaml::read(file, text, &ReadOptions::default()).unwrap().remove(0);
        let own: Vec<(String, String)> = case
            .archive
            .sections
            .iter()
            .filter(|section| section.name.ends_with(".cue"))
            .map(|section| (section.name.clone().into(), section.text.clone().into()))
            .collect();
        let mut outputs = Vec::new();
        match Library::load("own", &own, &mut sources) {
            Err(problems) => outputs.push(("problems".to_owned(), told(&problems, &sources))),
            Ok(library) => outputs.extend(unit(&library, &sources, &data)),
        }
        outputs
    });
}

fn unit(library: &Library, sources: &Sources, data: &Data) -> Vec<(String, String)> {
    let text = |key: &str| data.as_str(data.get(data.root(), key).unwrap()).unwrap();
    let contract = library.contract(text("contract")).expect("the contract is known");
    let node = data.get(data.root(), "properties").unwrap();
    let properties = part(data, node);
    let at = data.span(data.get(data.root(), "contract").unwrap());
    let declaration = match library.declare(contract, &properties, at) {
        Ok(declaration) => declaration,
        Err(problems) => return vec![("problems".to_owned(), told(&problems, sources))],
    };
    let mut outputs = vec![("spec".to_owned(), placed(&declaration.spec, sources))];
    let mut worker = library.worker();
    let mut mapper = worker.mapper(text("contract"), text("provider")).expect("it is served");
    let mapping = library.mapping(text("contract"), text("provider")).expect("it is served");
    let parts = [("unit", Part::Text("it")), ("spec", Part::Tree(&declaration.spec))];
    match mapper.map(&mapping.input(at.file, &parts)) {
        Err(bug) => {
            let bug = bug.diagnostic(text("contract"), text("provider"), "it", at);
            outputs.push(("bug".to_owned(), told(&[bug], sources)));
        }
        Ok(mapped) => {
            let problems = mapped.problems.iter().map(|problem| format!("{problem:?}\n"));
            outputs.push(("mapped".to_owned(), problems.collect::<String>() + &placed(&mapped.data, sources)));
        }
    }
    outputs
}

fn part(data: &Data, node: NodeId) -> Data {
    let mut builder = Builder::new();
    builder.copy(data, node);
    builder.finish()
}

/// Each leaf with its path and its place.
fn placed(data: &Data, sources: &Sources) -> String {
    let mut out = String::new();
    let mut todo = vec![(data.root(), String::new())];
    while let Some((node, path)) = todo.pop() {
        let (fields, elements) = (data.fields(node), data.elements(node));
        for field in fields.iter().rev() {
            todo.push((field.value, format!("{path}.{}", field.key)));
        }
        for (index, &element) in elements.iter().enumerate().rev() {
            todo.push((element, format!("{path}.{index}")));
        }
        if fields.is_empty() && elements.is_empty() {
            let mut value = String::new();
            let mut writer =
                cue_encode::json::Writer::new(&mut value, cue_encode::json::Layout::Compact, Default::default());
            data.emit(node, &mut writer).unwrap();
            let place = sources.position(data.span(node));
            // Lines of what is embedded would change all the time.
            let place = if place.starts_with("strata.dev/") { place.split(':').next().unwrap() } else { &place };
            out += &format!("{} = {value} [{place}]\n", path.trim_start_matches('.'));
        }
    }
    out
}

fn told(problems: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for problem in problems {
        out += &format!("{} {} {}\n", sources.position(problem.span()), problem.code.0, problem.message);
        let also = |span: Span, text: &str| format!("  {} {text}\n", sources.position(span));
        problem.secondary.iter().for_each(|label| out += &also(label.span, &label.text));
        problem.hints.iter().for_each(|hint| out += &format!("  help: {hint}\n"));
    }
    out
}

/// Whoever serves a contract serves all that it gives as examples.
#[test]
fn examples_are_served_by_every_provider() {
    let mut sources = Sources::new();
    let library = Library::load("own", &[], &mut sources).unwrap();
    let mut served = 0;
    for contract in library.contracts() {
        let examples = library.examples(contract);
        assert!(!examples.is_empty(), "{} has no example", contract.name);
        for (name, properties) in examples {
            let declaration = library.declare(contract, &properties, contract.span);
            let declaration = declaration.unwrap_or_else(|problems| {
                panic!("{} {name}: {}", contract.name, told(&problems, &sources));
            });
            for mapping in library.mappings().filter(|mapping| mapping.contract == contract.name) {
                let at = format!("{} on {}, {name}", contract.name, mapping.provider);
                let mut worker = library.worker();
                let mut mapper = worker.mapper(&contract.name, &mapping.provider).unwrap();
                let parts = [("unit", Part::Text("it")), ("spec", Part::Tree(&declaration.spec))];
                let input = mapping.input(contract.span.file, &parts);
                let mapped = mapper.map(&input).unwrap_or_else(|bug| {
                    panic!("{at}: {}", told(&[bug.diagnostic("", "", "it", contract.span)], &sources));
                });
                assert_eq!(mapped.problems, [], "{at}");
                // What a provider does not have is told, and nothing is made for it.
                assert!(!mapped.drafts.is_empty() || !mapped.outputs.is_empty(), "{at}");
                served += 1;
            }
        }
    }
    assert!(served > 20, "{served}");
}
