//! `strata vet`

use serde::Serialize;
use strata_model::{Address, ProviderInstance, Tier, TypeName};

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::DocumentArgs;
use crate::ui::Ui;

/// Check a document, and list the resources that it leads to
///
/// Nothing is read but the document and its contracts: no store and no provider.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    document: DocumentArgs,
}

#[derive(Serialize, Debug)]
struct Row {
    address: Address,
    tier: Tier,
    #[serde(rename = "type")]
    kind: TypeName,
    provider: ProviderInstance,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let document = args.document.read(ui, app)?;
    let rows: Vec<Row> = document
        .graph
        .nodes
        .into_values()
        .map(|node| Row { address: node.address, tier: node.tier, kind: node.kind, provider: node.provider })
        .collect();
    ui.answer(&rows, |rows| text(rows))?;
    Ok(Exit::Done)
}

fn text(rows: &[Row]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| [row.address.to_string(), row.tier.to_string(), row.kind.to_string(), row.provider.to_string()])
        .collect();
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
