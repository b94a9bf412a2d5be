//! What a mapping is told of other units: what was asked of them, and references to what they tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::{Builder, Data, Event};
use rustc_hash::FxHashMap;
use strata_base::Span;
use strata_contracts::Mapping;

use crate::declare::Declared;
use crate::references::{Target, target};

/// The units that a unit speaks of: those that it refers to, and those that it must come after.
pub(crate) fn spoken_of<'a>(one: &Declared<'_>, all: &FxHashMap<&str, &'a Declared<'a>>) -> Vec<&'a Declared<'a>> {
    let mut names = referred_to(one);
    names.extend(one.unit.depends_on.iter().map(|(name, _)| name.clone()));
    names.iter().filter_map(|name| all.get(&**name).copied()).collect()
}

/// The units whose outputs a unit refers to.
pub(crate) fn referred_to(one: &Declared<'_>) -> BTreeSet<Arc<str>> {
    let spec = &one.declaration.spec;
    let structs = spec.events(spec.root()).filter(|step| matches!(step.event, Event::BeginStruct));
    structs.filter_map(|step| unit_of(target(spec, step.node)?)).collect()
}

fn unit_of(target: Target) -> Option<Arc<str>> {
    match target {
        Target::Unit { unit, .. } => Some(unit),
        Target::Tier { .. } => None,
    }
}

/// `<contract>.<unit>.{spec, outputs, ready}` for the units of contracts that a mapping reads.
pub(crate) fn peers<'a>(mapping: &Mapping, units: impl Iterator<Item = &'a Declared<'a>>) -> Data {
    let reads = |contract: &str| mapping.reads.iter().any(|read| **read == *"*" || **read == *contract);
    let mut by_contract: BTreeMap<&str, BTreeMap<&str, &Declared<'_>>> = BTreeMap::new();
    for unit in units.filter(|unit| reads(&unit.contract.name)) {
        by_contract.entry(&unit.contract.name).or_default().insert(&unit.unit.name, unit);
    }
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    for (contract, units) in by_contract {
        builder.key(contract, Span::NONE);
        builder.begin_struct(Span::NONE);
        for (name, one) in units {
            builder.key(name, Span::NONE);
            peer(&mut builder, one);
        }
        builder.end(Span::NONE);
    }
    builder.end(Span::NONE);
    builder.finish()
}

fn peer(builder: &mut Builder, one: &Declared<'_>) {
    let (none, name) = (Span::NONE, &one.unit.name);
    builder.begin_struct(none);
    builder.key("spec", none);
    builder.copy(&one.declaration.spec, one.declaration.spec.root());
    builder.key("outputs", none);
    builder.begin_struct(none);
    for (output, info) in &one.contract.outputs {
        builder.key(output, none);
        reference(builder, name, output, info.sensitive);
    }
    builder.end(none);
    builder.key("ready", none);
    builder.begin_struct(none);
    builder.key("$unit", none);
    builder.string(name.clone(), none);
    builder.end(none);
    builder.end(none);
}

/// `{$ref: {unit: …, attr: …}}`
pub(crate) fn reference(builder: &mut Builder, unit: &str, output: &str, sensitive: bool) {
    let none = Span::NONE;
    builder.begin_struct(none);
    builder.key("$ref", none);
    builder.begin_struct(none);
    for (key, value) in [("unit", unit), ("attr", output)] {
        builder.key(key, none);
        builder.string(value, none);
    }
    builder.end(none);
    if sensitive {
        builder.key("$sensitive", none);
        builder.bool(true, none);
    }
    builder.end(none);
}
