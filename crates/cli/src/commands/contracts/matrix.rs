//! How faithfully providers serve properties: all of it, without a document and without a run.

use std::collections::BTreeMap;

use serde::Serialize;
use strata_contracts::shape::{Fields, Kind, Shape};
use strata_contracts::{Contract, Fidelity, Library};

use crate::show::fidelity::{Cell, cell};

/// A property of a contract.
#[derive(Serialize, Debug)]
pub(crate) struct Row<'a> {
    contract: &'a str,
    property: String,
    /// By the names of those that serve the contract.
    providers: BTreeMap<&'a str, Served<'a>>,
}

#[derive(Serialize, Debug)]
struct Served<'a> {
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Cell<'a>>,
}

/// All properties of a contract, and what mappings say of others besides.
pub(crate) fn rows<'a>(library: &'a Library, contract: &'a Contract) -> Vec<Row<'a>> {
    let mut paths = Vec::new();
    properties(&contract.spec, "", &mut paths);
    let serving = || library.mappings().filter(|mapping| mapping.contract == contract.name);
    for gap in serving().flat_map(|mapping| &mapping.gaps) {
        if !paths.iter().any(|path| **path == *gap.path) {
            paths.push(gap.path.to_string());
        }
    }
    let row = |property: String| {
        let served = serving().map(|mapping| {
            // What is said of a struct holds for what is in it.
            let holds =
                |path: &str| property == path || property.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
            let gap = mapping.gaps.iter().filter(|gap| holds(&gap.path)).min_by_key(|gap| gap.level);
            let level = gap.map_or(Fidelity::Full, |gap| gap.level).name();
            (&*mapping.provider, Served { level, gap: gap.map(cell) })
        });
        Row { contract: &contract.name, providers: served.collect(), property }
    };
    paths.into_iter().map(row).collect()
}

/// A table with a column for each provider.
pub(crate) fn text(library: &Library, rows: &[Row<'_>]) -> String {
    let providers: Vec<&str> = library.providers().map(|provider| &*provider.name).collect();
    let mut lines = vec![["property"].iter().chain(&providers).map(ToString::to_string).collect::<Vec<_>>()];
    for row in rows {
        let mut line = vec![format!("{}.{}", row.contract, row.property)];
        line.extend(providers.iter().map(|name| row.providers.get(name).map_or("-", |served| served.level).to_owned()));
        lines.push(line);
    }
    let width = lines.iter().map(|line| line[0].len()).max().unwrap_or(0);
    let line = |line: &Vec<String>| {
        let cells = line[1..].iter().map(|cell| format!("  {cell:<8}")).collect::<String>();
        format!("{:<width$}{cells}", line[0]).trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// The paths of the properties of a shape. Contracts are nested a few levels deep, so the walk may recurse.
fn properties(shape: &Shape, before: &str, paths: &mut Vec<String>) {
    match &shape.kind {
        Kind::Struct(fields) => inside(fields, before, paths),
        Kind::List(element) => properties(element, before, paths),
        _ => {}
    }
}

fn inside(fields: &Fields, before: &str, paths: &mut Vec<String>) {
    for field in &fields.fields {
        let path = if before.is_empty() { field.name.to_string() } else { format!("{before}.{}", field.name) };
        if !paths.contains(&path) {
            paths.push(path.clone());
        }
        properties(&field.shape, &path, paths);
    }
    for pattern in &fields.patterns {
        properties(&pattern.shape, &format!("{before}.*"), paths);
    }
    for rule in &fields.rules {
        inside(&rule.then, before, paths);
    }
}
