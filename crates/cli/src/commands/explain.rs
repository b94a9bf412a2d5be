//! `strata explain`

mod changes;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::str::FromStr;

use cue_data::{Data, NodeId};
use cue_encode::{Limit, json};
use serde::Serialize;
use strata_base::{Diagnostic, Sources, Span, nearest};
use strata_compile::{Leaf, Purpose};
use strata_model::{Address, Node, Path, Unit};

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Document, DocumentArgs, MadeOf, Project, names, plans};
use crate::show::expression::expression;
use crate::ui::Ui;

/// Tell who decided about a value: who set it, what gave way, what bounds it, where it goes
///
/// PATH is a property of a resource (`shop/service:memory`, or with its whole address), of a capability (`shop.memory`), or a
/// place in the document (`platform.tiers.application`). Everything at or below it is told; `.` is all capabilities and
/// resources.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A resource or a capability, a property of one, or a place in the document
    #[arg(value_name = "PATH")]
    what: What,

    /// Tell of what a plan changes about a resource, before and after: a file that `strata plan --out` wrote, or a hash
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,

    #[command(flatten)]
    document: DocumentArgs,
}

/// What is asked about.
#[derive(Clone, Debug)]
enum What {
    All,
    Resource(String, Path),
    Capability(String, String),
    Document(String),
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<What, String> {
        if text.contains('/') {
            let (name, path) = text.split_once(':').unwrap_or((text, ""));
            let path = if path.is_empty() { Ok(Path::root()) } else { path.parse() };
            return Ok(What::Resource(
                name.to_owned(),
                path.map_err(|error: <Path as FromStr>::Err| error.to_string())?,
            ));
        }
        // `ports[0].protocol` and `ports.0.protocol` are one.
        let plain = text.replace('[', ".").replace(']', "");
        match plain.split_once('.').unwrap_or((&plain, "")) {
            ("", "") => Ok(What::All),
            ("platform", _) => Ok(What::Document(plain)),
            (unit, path) => Ok(What::Capability(unit.to_owned(), path.to_owned())),
        }
    }
}

/// What there is to tell of a leaf.
#[derive(Serialize, Default, Debug)]
struct Told {
    path: String,
    value: String,
    /// What it is before a plan changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// Where it was decided.
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    /// Nobody said it: it is the default of a contract, or what a mapping says.
    is_default: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost: Vec<Lost>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bounds: Vec<Bound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capability: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    /// What carried it from the capability to the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
}

/// A parameter that went into a value.
#[derive(Serialize, Debug)]
struct Parameter {
    name: String,
    /// Where the document asks for it.
    place: String,
    given: String,
}

/// A value that gave way.
#[derive(Serialize, Debug)]
struct Lost {
    value: String,
    who: &'static str,
    place: String,
}

#[derive(Serialize, Debug)]
struct Bound {
    bound: String,
    by: String,
    place: String,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    if let Some(name) = &args.plan {
        let (name_of, path) = match &args.what {
            What::Resource(name, path) => (name, path.clone()),
            What::Capability(name, path) if path.is_empty() => (name, Path::root()),
            _ => {
                let message = "a plan changes resources: name one, as in `shop/service:image`";
                return Err(CommandError::plain(Exit::Usage, Diagnostic::error(codes::USAGE, message)));
            }
        };
        let project = Project::open(app)?;
        let Some(set) = plans::named(&project, name)? else {
            let message = format!("`{name}` is no plan");
            return Err(missing(Diagnostic::error(codes::NOT_RECORDED, message)));
        };
        let document = args.document.read_in(ui, app, &project, Purpose::Make)?;
        let planned = set.plans.iter().flat_map(|plan| &plan.actions).map(|action| &action.address);
        let known: BTreeSet<&Address> = document.graph.nodes.keys().chain(planned).collect();
        let address = names::called(name_of, known).map_err(|why| {
            let nothing = format!("the plan does nothing about `{name_of}`");
            missing(why.problem(codes::NO_SUCH_PLACE, name_of, &nothing, "`strata show PLAN` prints what it does"))
        })?;
        let told = changes::changes(&document, &set, &address, &path)?;
        ui.answer(&told, |told| told.iter().map(text).collect())?;
        return Ok(Exit::Done);
    }
    let document = args.document.read(ui, app)?;
    let told = match (&args.what, &document.made_of) {
        (What::All, made_of) => all(&document, made_of.as_ref())?,
        (What::Resource(name, path), _) => resource(&document, &document.resource(name)?, path)?,
        (What::Capability(name, path), Some(made_of)) => capability(&document, made_of, name, path)?,
        (What::Document(path), Some(made_of)) => place(&document, made_of, path)?,
        (What::Capability(name, path), None) => {
            let path = path.parse().unwrap_or_else(|_| Path::root());
            resource(&document, &document.resource(name)?, &path)?
        }
        (What::Document(_), None) => {
            let message = "a graph has resources only: name one, as in `db/main:engine`";
            return Err(missing(Diagnostic::error(codes::NO_SUCH_PLACE, message)));
        }
    };
    ui.answer(&told, |told| told.iter().map(text).collect())?;
    Ok(Exit::Done)
}

/// All capabilities, then all resources.
fn all(document: &Document, made_of: Option<&MadeOf>) -> Result<Vec<Told>, CommandError> {
    let mut told = Vec::new();
    if let Some(made_of) = made_of {
        for unit in &made_of.stack.units {
            told.extend(capability(document, made_of, &unit.name, "")?);
        }
    }
    let filled = document.graph.nodes.iter().filter(|(_, node)| !properties(node).is_empty());
    for (address, _) in filled {
        told.extend(resource(document, address, &Path::root())?);
    }
    Ok(told)
}

fn missing(problem: Diagnostic) -> CommandError {
    CommandError::plain(Exit::NotFound, problem)
}

fn resource(document: &Document, address: &Address, path: &Path) -> Result<Vec<Told>, CommandError> {
    let nodes = &document.graph.nodes;
    let Some(node) = nodes.get(address) else {
        let problem = Diagnostic::error(codes::NO_SUCH_PLACE, format!("the document has no resource `{address}`"));
        return Err(missing(problem));
    };
    let mut unit = None;
    if let Some(made_of) = &document.made_of {
        let name = address.unit();
        let found = made_of.stack.units.iter().find(|unit| *unit.name == *name && unit.context == address.context());
        if let Some(found) = found {
            unit = Some((made_of, found, leaves(made_of, found, &document.sources)?));
        }
    }
    // What no document says was decided by a contract or a mapping.
    let documents = document.made_of.iter().flat_map(|made_of| &made_of.documents);
    let documents = documents.filter_map(|data| document.sources.get(data.span(data.root()).file));
    let documents: Vec<String> = documents.map(|source| format!("{}:", source.name())).collect();
    let mut told = Vec::new();
    for (leaf, value, place) in properties(node) {
        if !leaf.segments().starts_with(path.segments()) {
            continue;
        }
        let is_default = document.made_of.is_some() && !documents.iter().any(|name| place.starts_with(name));
        let mut one = Told { path: format!("{address}:{leaf}"), value, is_default, place, ..Told::default() };
        if let Some((made_of, unit, leaves)) = &unit {
            one.mapping = mapping(made_of, unit, &document.sources);
            let own = leaves.iter().find(|own| document.sources.position(own.place) == one.place);
            if let Some(own) = own {
                let declared = declared(made_of, unit, own, &document.sources);
                one.capability = Some(declared.path);
                (one.is_default, one.lost, one.bounds) = (declared.is_default, declared.lost, declared.bounds);
                one.parameters = declared.parameters;
                // An amount is told as people write it.
                if own.amount.is_some() && declared.value != one.value {
                    one.value = format!("{} ({})", declared.value, one.value);
                }
            }
        }
        told.push(one);
    }
    if told.is_empty() {
        let problem = Diagnostic::error(codes::NO_SUCH_PLACE, format!("`{address}` has no property `{path}`"));
        let known: Vec<String> = properties(node).iter().map(|(path, ..)| path.to_string()).collect();
        return Err(missing(match nearest(&path.to_string(), known.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("`strata explain {address}` tells all that it has")),
        }));
    }
    Ok(told)
}

/// The leaves of a resource with their values and the places that decided about them.
fn properties(node: &Node) -> Vec<(Path, String, String)> {
    let (mut origins, mut leaves) = (node.origins.iter(), Vec::new());
    node.properties.each_leaf(&mut |path, value| {
        let place = origins.next().map_or_else(String::new, ToString::to_string);
        leaves.push((path.clone(), expression(value), place));
    });
    leaves
}

fn capability(document: &Document, made_of: &MadeOf, name: &str, path: &str) -> Result<Vec<Told>, CommandError> {
    let units = &made_of.stack.units;
    let Some(unit) = units.iter().find(|unit| *unit.name == *name) else {
        let problem = Diagnostic::error(codes::NO_SUCH_PLACE, format!("the document has no capability `{name}`"));
        return Err(missing(match nearest(name, units.iter().map(|unit| &*unit.name)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`strata vet` lists what there is"),
        }));
    };
    let all = leaves(made_of, unit, &document.sources)?;
    let is_below = |leaf: &&Leaf| {
        let rest = leaf.path.strip_prefix(path);
        path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let told: Vec<Told> = all
        .iter()
        .filter(is_below)
        .map(|leaf| {
            let mut one = declared(made_of, unit, leaf, &document.sources);
            one.resources = goes_to(document, unit, leaf.place);
            one.mapping = (!one.resources.is_empty()).then(|| mapping(made_of, unit, &document.sources)).flatten();
            one
        })
        .collect();
    if told.is_empty() {
        let problem = Diagnostic::error(codes::NO_SUCH_PLACE, format!("`{name}` has no property `{path}`"));
        return Err(missing(match nearest(path, all.iter().map(|leaf| leaf.path.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("`strata explain {name}` tells all that it has")),
        }));
    }
    Ok(told)
}

/// The leaves of the document below a path, and what became of each.
fn place(document: &Document, made_of: &MadeOf, path: &str) -> Result<Vec<Told>, CommandError> {
    let mut told = Vec::new();
    for data in &made_of.documents {
        let step = |node: NodeId, key: &str| {
            let element = || data.elements(node).get(key.parse::<usize>().ok()?).copied();
            data.get(node, key).or_else(element)
        };
        let Some(root) = path.split('.').try_fold(data.root(), step) else { continue };
        for (below, node) in scalars(data, root) {
            let place = data.span(node);
            let mut one = Told {
                path: if below.is_empty() { path.to_owned() } else { format!("{path}.{below}") },
                value: spelt(data, node),
                place: document.sources.position(place),
                parameters: parameters(made_of, place, &document.sources),
                ..Told::default()
            };
            for unit in &made_of.stack.units {
                one.resources.extend(goes_to(document, unit, place));
            }
            told.push(one);
        }
    }
    if told.is_empty() {
        let message = format!("the document has nothing at `{path}`");
        return Err(missing(Diagnostic::error(codes::NO_SUCH_PLACE, message)));
    }
    Ok(told)
}

fn leaves(made_of: &MadeOf, unit: &Unit, sources: &Sources) -> Result<Vec<Leaf>, CommandError> {
    let MadeOf { stack, library, recorded, .. } = made_of;
    strata_compile::explain(stack, unit, library, recorded.as_ref(), sources)
        .map_err(|problems| CommandError::new(Exit::Validation, problems, sources.clone()))
}

fn declared(made_of: &MadeOf, unit: &Unit, leaf: &Leaf, sources: &Sources) -> Told {
    let mut lost: Vec<Lost> = leaf
        .lost
        .iter()
        .map(|(data, amount, place)| Lost {
            value: amount.clone().unwrap_or_else(|| spelt(data, data.root())),
            who: "the default of the contract",
            place: sources.position(*place),
        })
        .collect();
    for used in made_of.uses.iter().filter(|used| used.given == leaf.place || used.span == leaf.place) {
        lost.extend(used.hides.iter().map(|span| Lost {
            value: shown(sources, *span),
            who: "a file of parameters",
            place: sources.position(*span),
        }));
    }
    let bounds = leaf.bounds.iter();
    let bounds =
        bounds.map(|bound| Bound { bound: bound.text.clone(), by: bound.by.clone(), place: bound.place.clone() });
    Told {
        path: format!("{}.{}", unit.name, leaf.path),
        value: leaf.amount.clone().unwrap_or_else(|| spelt(&leaf.data, leaf.data.root())),
        place: sources.position(leaf.place),
        is_default: leaf.is_default,
        parameters: parameters(made_of, leaf.place, sources),
        lost,
        bounds: bounds.collect(),
        ..Told::default()
    }
}

/// The parameters that went into what stands at a place.
fn parameters(made_of: &MadeOf, place: Span, sources: &Sources) -> Vec<Parameter> {
    let here = made_of.uses.iter().filter(|used| used.given == place || used.span == place);
    let mut parameters: Vec<Parameter> = here
        .map(|used| Parameter {
            name: used.name.clone(),
            place: sources.position(used.span),
            given: sources.position(used.given),
        })
        .collect();
    parameters.dedup_by(|a, b| a.name == b.name && a.place == b.place);
    parameters
}

/// The properties of resources of a unit that what stands at a place decided about.
fn goes_to(document: &Document, unit: &Unit, place: Span) -> Vec<String> {
    let place = document.sources.position(place);
    let own = document.graph.nodes.values();
    let own = own.filter(|node| node.address.is_in(&unit.context) && *node.address.unit() == *unit.name);
    let mut goes_to = Vec::new();
    for node in own {
        let here = properties(node).into_iter().filter(|(_, _, own)| *own == place && !place.is_empty());
        goes_to.extend(here.map(|(path, _, _)| format!("{}:{path}", node.address)));
    }
    goes_to
}

fn mapping(made_of: &MadeOf, unit: &Unit, sources: &Sources) -> Option<String> {
    let served = |name: &&strata_model::ProviderInstance| {
        let named = unit.provider.as_ref().is_none_or(|(own, _)| *own == name.provider);
        named && made_of.library.mapping(&unit.contract, &name.provider).is_some()
    };
    let provider = unit.providers.iter().find(served)?;
    Some(sources.position(made_of.library.mapping(&unit.contract, &provider.provider)?.span))
}

fn scalars(data: &Data, root: NodeId) -> Vec<(String, NodeId)> {
    let (mut found, mut open) = (Vec::new(), vec![(String::new(), root)]);
    while let Some((path, node)) = open.pop() {
        let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let (fields, elements) = (data.fields(node), data.elements(node));
        if fields.iter().any(|field| field.key.starts_with('$')) || fields.is_empty() && elements.is_empty() {
            found.push((path, node));
            continue;
        }
        open.extend(elements.iter().enumerate().rev().map(|(index, id)| (join(&index.to_string()), *id)));
        open.extend(fields.iter().rev().map(|field| (join(&field.key), field.value)));
    }
    found
}

/// A value as a document would write it.
fn spelt(data: &Data, node: NodeId) -> String {
    let text = |node: NodeId, key: &str| data.get(node, key).and_then(|id| data.as_str(id)).unwrap_or("?");
    if let Some(body) = data.get(node, "$ref") {
        return match (data.get(body, "unit"), data.get(body, "tier")) {
            (None, Some(_)) => format!("${{tier{}.{}}}", text(body, "tier"), text(body, "attr")),
            _ => format!("${{{}.{}}}", text(body, "unit"), text(body, "attr")),
        };
    }
    if let Some(body) = data.get(node, "$secret") {
        return format!("${{secret:{}:{}}}", text(body, "store"), text(body, "key"));
    }
    if let Some(parts) = data.get(node, "$join") {
        let part = |id: &NodeId| data.as_str(*id).map_or_else(|| spelt(data, *id), str::to_owned);
        return format!("\"{}\"", data.elements(parts).iter().map(part).collect::<String>());
    }
    json::to_string(data, node, json::Layout::Compact, Limit::default()).unwrap_or_default()
}

fn shown(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.file);
    source.map_or_else(String::new, |source| source.shown()[span.start as usize..span.end as usize].to_owned())
}

/// A few lines a leaf, none of them long.
fn text(told: &Told) -> String {
    let mut text = match &told.before {
        Some(before) => format!("{}: {before} -> {}\n", told.path, told.value),
        None => format!("{} = {}\n", told.path, told.value),
    };
    let mut line = |word: &str, what: String| {
        let _ = writeln!(text, "  {word:<8} {what}");
    };
    if !told.place.is_empty() {
        line(if told.is_default { "default" } else { "set" }, told.place.clone());
    }
    for Parameter { name, place, given } in &told.parameters {
        line("through", format!("${{{name}}} at {place}, given at {given}"));
    }
    for Lost { value, who, place } in &told.lost {
        line("not", format!("{value}, {who} at {place}"));
    }
    for Bound { bound, by, place } in &told.bounds {
        line("bound", format!("{bound} by {by} at {place}"));
    }
    if let Some(capability) = &told.capability {
        line("from", capability.clone());
    }
    for resource in &told.resources {
        line("goes to", resource.clone());
    }
    if let Some(mapping) = &told.mapping {
        line("by", mapping.clone());
    }
    text
}
