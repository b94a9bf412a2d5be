//! `strata vet`

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_encode::Limit;
use cue_encode::json::Layout;
use serde::Serialize;
use strata_compile::UnitDeclaration;
use strata_model::{Address, Context, ProviderInstance, Tier, TypeName};

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::DocumentArgs;
use crate::ui::Ui;

/// Check a document, and list the contracts that it asks for with the resources that they lead to
///
/// Nothing is read but the document and its contracts: no store and no provider.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    document: DocumentArgs,

    /// List what is asked for instead, checked and complete: the same whoever serves it
    #[arg(long)]
    declarations: bool,
}

/// A capability as its contract has left it.
#[derive(Serialize, Debug)]
struct Declared<'a> {
    name: &'a str,
    contract: &'a str,
    tier: Tier,
    properties: serde_json::Value,
    outputs: &'a [Arc<str>],
}

#[derive(Serialize, Debug)]
struct Row {
    address: Address,
    tier: Tier,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<Arc<str>>,
    #[serde(rename = "type")]
    kind: TypeName,
    provider: ProviderInstance,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let document = args.document.read(ui, app)?;
    if args.declarations {
        let declared: Vec<Declared<'_>> = document.declarations.iter().map(declared).collect();
        ui.answer(&declared, |_| document.declarations.iter().map(told).collect())?;
        return Ok(Exit::Done);
    }
    let units = document.made_of.iter().flat_map(|made_of| &made_of.stack.units);
    let contracts: BTreeMap<(Context, &str), &Arc<str>> =
        units.map(|unit| ((unit.context.clone(), &*unit.name), &unit.contract)).collect();
    let rows: Vec<Row> = document
        .graph
        .nodes
        .into_values()
        .map(|node| {
            let unit = node.address.unit();
            let contract = contracts.get(&(node.address.context(), &*unit)).map(|contract| (*contract).clone());
            Row { contract, address: node.address, tier: node.tier, kind: node.kind, provider: node.provider }
        })
        .collect();
    ui.answer(&rows, |rows| text(rows))?;
    Ok(Exit::Done)
}

fn declared(unit: &UnitDeclaration) -> Declared<'_> {
    let spec = &unit.spec;
    let json = cue_encode::json::to_string(spec, spec.root(), Layout::Compact, Limit::default()).unwrap_or_default();
    Declared {
        name: &unit.unit,
        contract: &unit.contract,
        tier: unit.tier,
        properties: serde_json::from_str(&json).unwrap_or_default(),
        outputs: &unit.outputs,
    }
}

fn told(unit: &UnitDeclaration) -> String {
    let spec = &unit.spec;
    let yaml = cue_encode::yaml::to_string(spec, spec.root(), Limit::default()).unwrap_or_default();
    let lines: String = yaml.lines().map(|line| format!("  {line}\n")).collect();
    format!("{} ({}, tier {})\n{lines}", unit.unit, unit.contract, unit.tier)
}

fn text(rows: &[Row]) -> String {
    let cells: Vec<[String; 5]> = rows
        .iter()
        .map(|row| {
            let contract = row.contract.as_deref().unwrap_or_default().to_owned();
            [row.address.to_string(), row.tier.to_string(), contract, row.kind.to_string(), row.provider.to_string()]
        })
        .collect();
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
