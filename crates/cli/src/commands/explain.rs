//! `strata explain`

use std::str::FromStr;

use serde::Serialize;
use strata_base::{Diagnostic, nearest};
use strata_model::{Address, Origin, Path, Value};

use crate::App;
use crate::codes;
use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::DocumentArgs;
use crate::show::expression::expression;
use crate::ui::Ui;

/// Tell who set the properties of a resource
///
/// Each leaf is told with the place that decided about it: in the document where that had a say, or else in the contract
/// or the mapping that gave it.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A resource, as `strata vet` lists them; behind a colon a property of it, as in `acme/dev/shop/shop/service:ports[0]`
    #[arg(value_name = "PATH")]
    what: What,

    #[command(flatten)]
    document: DocumentArgs,
}

/// What is asked about.
#[derive(Clone, Debug)]
struct What {
    address: Address,
    path: Option<Path>,
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<What, String> {
        let (address, path) = text.split_once(':').map_or((text, None), |(address, path)| (address, Some(path)));
        let address = address.parse().map_err(|error: strata_model::AddressError| error.to_string())?;
        let path = path.map(str::parse).transpose().map_err(|error: <Path as FromStr>::Err| error.to_string())?;
        Ok(What { address, path })
    }
}

#[derive(Serialize, Debug)]
struct Leaf {
    path: Path,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let document = args.document.read(ui, app)?;
    let Some(node) = document.graph.nodes.get(&args.what.address) else {
        let problem =
            Diagnostic::error(codes::NO_SUCH_PLACE, format!("the document has no resource `{}`", args.what.address));
        let near = nearest(args.what.address.as_str(), document.graph.nodes.keys().map(Address::as_str));
        return Err(missing(match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`strata vet` lists what there is"),
        }));
    };
    let mut origins = node.origins.iter();
    let mut leaves = Vec::new();
    node.properties.each_leaf(&mut |path, value| {
        let origin = origins.next().cloned();
        if args.what.path.as_ref().is_none_or(|wanted| path.segments().starts_with(wanted.segments())) {
            leaves.push(Leaf { path: path.clone(), value: value.clone(), origin });
        }
    });
    if leaves.is_empty() {
        let path = args.what.path.clone().unwrap_or_else(Path::root);
        let message = format!("`{}` has no property `{path}`", args.what.address);
        return Err(missing(Diagnostic::error(codes::NO_SUCH_PLACE, message)));
    }
    ui.answer(&leaves, |leaves| text(leaves))?;
    Ok(Exit::Done)
}

fn missing(problem: Diagnostic) -> CommandError {
    CommandError::plain(Exit::NotFound, problem)
}

fn text(leaves: &[Leaf]) -> String {
    let origin = |leaf: &Leaf| leaf.origin.as_ref().map_or_else(String::new, ToString::to_string);
    let cells: Vec<[String; 3]> =
        leaves.iter().map(|leaf| [leaf.path.to_string(), expression(&leaf.value), origin(leaf)]).collect();
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
