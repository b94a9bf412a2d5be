//! Reference pages of contracts, in Markdown: made from the CUE, never edited.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cue_data::Data;
use cue_encode::Limit;

use crate::fidelity::Fidelity;
use crate::knowledge::{Contract, Mapping};
use crate::library::Library;
use crate::shape::{Condition, Field, Fields, Kind, Presence, Rule, Shape, conditions};

/// The page of a contract.
pub fn page(library: &Library, contract: &Contract) -> String {
    let mappings: Vec<&Mapping> = library.mappings().filter(|mapping| mapping.contract == contract.name).collect();
    let mut page = String::new();
    let served: Vec<String> = mappings.iter().map(|mapping| format!("`{}`", mapping.provider)).collect();
    let served = if served.is_empty() { "nobody yet".to_owned() } else { served.join(", ") };
    let _ = write!(
        page,
        "# {}\n\n{}.\n\nTier {}, phase {}. Served by {served}.\n",
        contract.name,
        contract.about,
        contract.tier,
        contract.phase.name()
    );
    let examples = library.examples(contract);
    if let Some((_, first)) = examples.first() {
        page += &document(contract, first);
    }
    properties(&mut page, "Properties", &contract.spec);
    for (provider, binding) in library.bindings(contract) {
        let title = provider.map_or_else(String::new, |provider| format!(" where `{provider}` serves it"));
        properties(&mut page, &format!("What an operator may say{title}"), binding);
    }
    outputs(&mut page, contract);
    bounds(&mut page, contract);
    fidelity(&mut page, &mappings);
    if examples.len() > 1 {
        page += "\n## Examples\n";
        for (name, example) in &examples {
            let _ = write!(page, "\n{}:\n\n```yaml\n{}```\n", capital(name), yaml(example));
        }
    }
    page
}

/// The shortest document that asks for it, as a part of a section.
fn document(contract: &Contract, example: &Data) -> String {
    let mut text = format!("\n```yaml\n- name: my-{}\n  type: {}\n", contract.name.replace('_', "-"), contract.name);
    if !example.fields(example.root()).is_empty() {
        text += "  properties:\n";
        yaml(example).lines().for_each(|line| text += &format!("    {line}\n"));
    }
    text + "```\n"
}

fn yaml(data: &Data) -> String {
    cue_encode::yaml::to_string(data, data.root(), Limit::default()).unwrap_or_default()
}

fn properties(page: &mut String, title: &str, shape: &Shape) {
    let mut rows = Vec::new();
    let mut rules = Vec::new();
    if let Some(fields) = shape.fields() {
        collect(fields, "", &mut rows, &mut rules);
    }
    let _ = write!(page, "\n## {title}\n\n");
    if rows.is_empty() {
        *page += "None.\n";
        return;
    }
    *page += "| Property | Type | Default | What it is |\n|---|---|---|---|\n";
    for [name, kind, default, about] in rows {
        let _ = writeln!(page, "| `{name}` | {} | {default} | {} |", cell(&kind), cell(&about));
    }
    if !rules.is_empty() {
        *page += "\nWhat depends on what:\n\n";
        rules.iter().for_each(|rule| *page += &format!("- {rule}\n"));
    }
}

/// One row for each property, those inside others too: name, type, default, what it is; and what depends on conditions.
///
/// The depth of a shape is limited, so the walk may recurse.
fn collect(fields: &Fields, above: &str, rows: &mut Vec<[String; 4]>, rules: &mut Vec<String>) {
    for field in fields.all() {
        let path = join(above, &field.name);
        let is_needed = fields.needs(field) || field.presence == Presence::Required;
        let default = field.shape.default_in_words();
        let default = match (is_needed, default, field.presence) {
            (true, ..) => "required".to_owned(),
            (false, _, Presence::Optional) => String::new(),
            (false, Some(default), _) => default,
            (false, None, _) if field.shape.fields().is_some() => String::new(),
            (false, None, _) => "depends".to_owned(),
        };
        rows.push([path.clone(), field.shape.in_words(), default, about(fields, field)]);
        inner(&field.shape, &path, rows, rules);
    }
    for pattern in &fields.patterns {
        let path = join(above, "*");
        let names = pattern.names_in_words().map_or_else(String::new, |names| format!("Names are {names}. "));
        let about = sentence(&format!("{names}{}", pattern.about));
        rows.push([path.clone(), pattern.shape.in_words(), String::new(), about]);
        inner(&pattern.shape, &path, rows, rules);
    }
    for rule in &fields.rules {
        told(rule, &[], fields, above, rules);
    }
    rules.extend(fields.also.iter().map(|also| format!("It must be {also}.")));
}

fn inner(shape: &Shape, path: &str, rows: &mut Vec<[String; 4]>, rules: &mut Vec<String>) {
    match &shape.kind {
        Kind::Struct(fields) => collect(fields, path, rows, rules),
        Kind::List(element) => inner(element, &format!("{path}[]"), rows, rules),
        _ => {}
    }
}

fn about(fields: &Fields, field: &Field) -> String {
    let mut about = field.about.clone();
    let only: Vec<String> = fields.conditions_of(&field.name).iter().map(|when| conditions(when)).collect();
    if !only.is_empty() {
        let _ = write!(about, " Only where {}.", only.join(", or "));
    }
    let others: Vec<String> = field.aliases.iter().map(|alias| format!("`{alias}`")).collect();
    if !others.is_empty() {
        let _ = write!(about, " Also spelt {}.", others.join(", "));
    }
    for (word, meant) in &field.shape.words {
        let _ = write!(about, " `{word}` is read as `{meant}`.");
    }
    sentence(&about)
}

/// A rule in words: what it demands, and what it says of fields that are there without it.
fn told(rule: &Rule, above: &[Condition], around: &Fields, path: &str, rules: &mut Vec<String>) {
    let when: Vec<Condition> = above.iter().chain(&rule.when).cloned().collect();
    let place = if path.is_empty() { String::new() } else { format!(" (in `{path}`)") };
    for field in &rule.then.fields {
        let is_there = around.fields.iter().any(|known| known.name == field.name);
        if !is_there && field.presence != Presence::Required {
            continue;
        }
        let name = format!("`{}`", field.name);
        let mut facts = Vec::new();
        if field.presence == Presence::Required {
            facts.push("must be given".to_owned());
        }
        if let Some(default) = field.shape.default_in_words() {
            facts.push(format!("is {default} by default"));
        }
        if facts.is_empty() {
            facts.push(format!("is {}", field.shape.in_words()));
        }
        rules.push(format!("Where {}{place}, {name} {}.", conditions(&when), facts.join(" and ")));
    }
    for inner in &rule.then.rules {
        told(inner, &when, around, path, rules);
    }
}

fn outputs(page: &mut String, contract: &Contract) {
    if contract.outputs.is_empty() {
        return;
    }
    *page += "\n## Outputs\n\nOthers refer to them as `${NAME.OUTPUT}`.\n\n";
    *page += "| Output | What it is | Always there | Secret |\n|---|---|---|---|\n";
    for (name, output) in &contract.outputs {
        let others: Vec<String> = output.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let others = if others.is_empty() { String::new() } else { format!(" Also called {}.", others.join(", ")) };
        let about = sentence(&format!("{}{others}", output.about));
        let yes = |is: bool| if is { "yes" } else { "no" };
        let _ = writeln!(page, "| `{name}` | {about} | {} | {} |", yes(output.required), yes(output.sensitive));
    }
}

fn bounds(page: &mut String, contract: &Contract) {
    if !contract.dimensions.is_empty() {
        *page += "\n## Bounds\n\nWhat constraints and quotas can hold it to.\n\n";
        *page += "| Bound | Property | In a sum |\n|---|---|---|\n";
        for (name, dimension) in &contract.dimensions {
            let times = dimension.times.as_ref().map_or_else(|| "once".to_owned(), |times| format!("times `{times}`"));
            let _ = writeln!(page, "| `{name}` | `{}` | {times} |", dimension.path);
        }
    }
    if !contract.quotas.is_empty() {
        *page += "\n## Quotas\n\nWhat it holds the sum of all that is in it to.\n\n| Sum of | Property |\n|---|---|\n";
        for (name, path) in &contract.quotas {
            let _ = writeln!(page, "| `{name}` | `{path}` |");
        }
    }
}

fn fidelity(page: &mut String, mappings: &[&Mapping]) {
    if mappings.is_empty() {
        return;
    }
    *page += "\n## How providers serve it\n\n";
    let paths: BTreeSet<&str> = mappings.iter().flat_map(|mapping| &mapping.gaps).map(|gap| &*gap.path).collect();
    if paths.is_empty() {
        *page += "All of it, everywhere.\n";
        return;
    }
    let providers: Vec<&str> = mappings.iter().map(|mapping| &*mapping.provider).collect();
    let _ = write!(page, "| Property | {} |\n|---|{}\n", providers.join(" | "), "---|".repeat(providers.len()));
    for path in paths {
        let level = |mapping: &&Mapping| {
            let Some(gap) = mapping.gaps.iter().find(|gap| *gap.path == *path) else {
                return Fidelity::Full.name().to_owned();
            };
            let instead = gap.instead.as_ref().map_or_else(String::new, |instead| format!("; {instead}"));
            let without =
                gap.without.as_ref().map_or_else(String::new, |without| format!(". Where it is not said: {without}"));
            cell(&format!("{}: {}{instead}{without}", gap.level.name(), gap.note))
        };
        let levels: Vec<String> = mappings.iter().map(level).collect();
        let _ = writeln!(page, "| `{path}` | {} |", levels.join(" | "));
    }
    let others = format!("| all others |{}\n", format!(" {} |", Fidelity::Full.name()).repeat(providers.len()));
    *page += &others;
}

fn join(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with('.') { capital(text) } else { format!("{}.", capital(text)) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The page that lists all contracts.
pub fn contents(library: &Library) -> String {
    let mut page =
        "# Contracts\n\nWhat may be asked for. These pages are made from the contracts; `strata contracts page NAME` \
                    prints those of your own.\n\n| Contract | What it is | Tier | Served by |\n|---|---|---|---|\n"
            .to_owned();
    for contract in library.contracts() {
        let mappings = library.mappings().filter(|mapping| mapping.contract == contract.name);
        let served: Vec<String> = mappings.map(|mapping| format!("`{}`", mapping.provider)).collect();
        let (name, about) = (&contract.name, &contract.about);
        let _ = writeln!(page, "| [{name}]({name}.md) | {about} | {} | {} |", contract.tier, served.join(", "));
    }
    page
}
