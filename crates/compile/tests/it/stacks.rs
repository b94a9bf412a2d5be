//! Units to graphs, as text.

use std::sync::Arc;

use cue_data::{Builder, Data, NodeId};
use cue_encode::ReadOptions;
use strata_base::{Diagnostic, Sources, Span};
use strata_compile::Purpose;
use strata_contracts::Library;
use strata_fixtures::suite;
use strata_model::unit::NamedProvider;
use strata_model::{Context, Graph, ProviderInstance, Stack, Tier, Unit};

/// Each archive holds `in.yaml` with `units`, and perhaps `settings` and `bindings`; and any CUE beside it.
#[test]
fn stacks() {
    suite("tests/stacks", |case| {
        let mut sources = Sources::new();
        let text = case.input("in.yaml");
        let file = sources.add("in.yaml", text);
        let data = cue_encode::yaml::read(file, text, &ReadOptions::default()).unwrap().remove(0);
        let sections = case.archive.sections.iter().filter(|section| section.name.ends_with(".cue"));
        let own: Vec<(String, String)> =
            sections.map(|section| (section.name.clone().into(), section.text.clone().into())).collect();
        let library = match Library::load("own", &own, &mut sources) {
            Ok(library) => library,
            Err(problems) => return vec![("problems".to_owned(), told(&problems, &sources))],
        };
        match strata_compile::compile(&stack(&data), &mut library.worker(), None, &sources, Purpose::Make) {
            Err(problems) => vec![("problems".to_owned(), told(&problems, &sources))],
            Ok(compiled) => {
                let mut outputs = vec![("graph".to_owned(), printed(&compiled.graph))];
                if !compiled.warnings.is_empty() {
                    outputs.push(("warnings".to_owned(), told(&compiled.warnings, &sources)));
                }
                outputs
            }
        }
    });
}

fn stack(data: &Data) -> Stack {
    let fields = |key: &str| data.get(data.root(), key).into_iter().flat_map(|id| data.fields(id));
    let bindings = fields("bindings").map(|field| (field.key.clone(), (field.key_span, part(data, field.value))));
    let providers = fields("settings").map(|field| NamedProvider {
        instance: ProviderInstance::named(field.key.clone()),
        span: field.key_span,
        place: Vec::new(),
        settings: Some(part(data, field.value)),
    });
    let units = data.get(data.root(), "units").map_or(&[][..], |id| data.fields(id));
    Stack {
        units: units.iter().map(|field| unit(data, field.key.clone(), field.key_span, field.value)).collect(),
        providers: providers.collect(),
        bindings: bindings.collect(),
        ..Stack::default()
    }
}

fn unit(data: &Data, name: Arc<str>, span: Span, id: NodeId) -> Unit {
    let text = |key: &str| data.get(id, key).and_then(|id| data.as_str(id));
    let tier = data.get(id, "tier").map(|_| Tier::Shared);
    let after = data.get(id, "after").map_or(&[][..], |id| data.elements(id));
    Unit {
        name,
        context: Context::new("acme", "dev", text("app")).unwrap(),
        tier: tier.unwrap_or(Tier::Application),
        contract: text("contract").unwrap().into(),
        providers: Arc::from([ProviderInstance::named(text("provider").unwrap_or("local"))]),
        provider: None,
        constraints: Vec::new(),
        properties: data.get(id, "properties").map_or_else(nothing, |id| part(data, id)),
        depends_on: after.iter().map(|&id| (data.as_str(id).unwrap().into(), data.span(id))).collect(),
        span,
        contract_span: data.span(data.get(id, "contract").unwrap()),
    }
}

fn part(data: &Data, node: NodeId) -> Data {
    let mut builder = Builder::new();
    builder.copy(data, node);
    builder.finish()
}

fn nothing() -> Data {
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.end(Span::NONE);
    builder.finish()
}

fn printed(graph: &Graph) -> String {
    let mut out = String::new();
    for node in graph.nodes.values() {
        out += &format!("{} {}\n", node.address, node.kind);
        node.properties.each_leaf(&mut |path, value| out += &format!("  {path} = {value}\n"));
        node.depends_on.iter().for_each(|dependency| out += &format!("  after {}\n", dependency.on));
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
