//! Common mistakes that are no errors: told once, so that somebody who means it is not kept from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use cue_data::{Event, Node};
use strata_base::Diagnostic;
use strata_model::{Measure, Stack, Tier};

use crate::bounds::{amount, at, is_of_user, measured};
use crate::codes;
use crate::declare::Declared;
use crate::peers::referred_to;
use crate::references::{Target, target};

/// What names of secrets have in them.
const WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "api_key", "apikey"];

/// The property that names an image, and the dimension that counts instances, of contracts that have them.
const IMAGE: &str = "image";
const REPLICAS: &str = "replicas";

/// What is worth a second look.
pub(crate) fn lint(declared: &[Declared<'_>]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for one in declared {
        in_clear(one, &mut warnings);
        warnings.extend(moving_image(one));
        warnings.extend(nothing_runs(one));
        strange_amounts(one, &mut warnings);
        said_twice(one, &mut warnings);
    }
    warnings
}

/// Outputs of upper tiers that nothing in the documents refers to, where there is something below that could.
pub(crate) fn unused(declared: &[Declared<'_>], stack: &Stack) -> Vec<String> {
    if stack.outputs.is_empty() {
        return Vec::new();
    }
    let mut referred_to = BTreeSet::new();
    for one in declared {
        let spec = &one.declaration.spec;
        let structs = spec.events(spec.root()).filter(|step| matches!(step.event, Event::BeginStruct));
        let targets = structs.filter_map(|step| target(spec, step.node));
        referred_to.extend(targets.filter_map(|target| match target {
            Target::Tier { tier, output } => Some((tier, output)),
            Target::Unit { .. } => None,
        }));
    }
    let has_below = |tier| declared.iter().any(|one| one.unit.tier > tier);
    let unused = stack.outputs.iter().filter(|output| {
        output.tier < Tier::Application
            && has_below(output.tier)
            && !referred_to.contains(&(output.tier, output.name.clone()))
    });
    unused.map(|output| format!("nothing here refers to `${{tier{}.{}}}`", output.tier, output.name)).collect()
}

/// Texts that stand in clear under a name that says that they are secrets.
fn in_clear(one: &Declared<'_>, warnings: &mut Vec<Diagnostic>) {
    let properties = &one.unit.properties;
    for step in properties.events(properties.root()) {
        let Event::Key(key) = step.event else { continue };
        let lower = key.to_ascii_lowercase();
        let is_named_so = WORDS.iter().any(|word| lower.contains(word));
        let Node::String(text) = properties.node(step.node) else { continue };
        if is_named_so && !text.is_empty() {
            let message = format!("`{key}` of `{}` looks like a secret, and stands in clear", one.unit.name);
            let warning = Diagnostic::warning(codes::LOOKS_SECRET, message).at(step.span);
            let hint = "keep it with `strata secret set STORE:KEY` and write `${secret:STORE:KEY}`";
            warnings.push(warning.conceal(properties.span(step.node)).hint(hint));
        }
    }
}

/// An image that may be another one tomorrow, under the same name.
fn moving_image(one: &Declared<'_>) -> Option<Diagnostic> {
    let spec = &one.declaration.spec;
    let node = at(spec, IMAGE)?;
    let image = spec.as_str(node)?;
    if image.contains('@') {
        return None;
    }
    // A colon before the last slash is that of a port.
    let name = image.rsplit('/').next().unwrap_or(image);
    let message = match name.split_once(':') {
        None => format!("the image of `{}` has no tag, which means `latest`", one.unit.name),
        Some((_, "latest")) => format!("the image of `{}` is `latest`", one.unit.name),
        Some(_) => return None,
    };
    let hint = format!("name a version, as in `{name}:1.2`, or a digest", name = name.trim_end_matches(":latest"));
    Some(Diagnostic::warning(codes::MOVING_IMAGE, message).at(spec.span(node)).hint(hint))
}

fn nothing_runs(one: &Declared<'_>) -> Option<Diagnostic> {
    let spec = &one.declaration.spec;
    let node = at(spec, &one.contract.dimensions.get(REPLICAS)?.path)?;
    let place = spec.span(node);
    if amount(spec, node)? != 0 || !is_of_user(&one.unit.properties, place) {
        return None;
    }
    let message = format!("nothing of `{}` runs: it has 0 replicas", one.unit.name);
    let warning = Diagnostic::warning(codes::NOTHING_RUNS, message).at(place);
    Some(warning.hint("take it out of the document, if it shall not be there at all"))
}

/// Amounts that are of another unit than whoever wrote them may think: less than a megabyte, more than a hundred processors.
fn strange_amounts(one: &Declared<'_>, warnings: &mut Vec<Diagnostic>) {
    const MEBIBYTE: i128 = 1 << 20;
    const PROCESSORS: i128 = 100_000;
    let spec = &one.declaration.spec;
    for (name, dimension) in &one.contract.dimensions {
        let Some(node) = at(spec, &dimension.path) else { continue };
        let Some(amount) = measured(spec, node, dimension) else { continue };
        let (shown, instead) = match dimension.measure {
            Measure::Bytes if (1..MEBIBYTE).contains(&amount) => (format!("{amount} bytes"), format!("{amount}Mi")),
            Measure::MilliCpu if amount >= PROCESSORS => {
                (format!("{} processors", amount / 1_000), format!("{}m", amount / 1_000))
            }
            _ => continue,
        };
        let place = spec.span(node);
        if is_of_user(&one.unit.properties, place) {
            let message = format!("the {name} of `{}` is {shown}", one.unit.name);
            let warning = Diagnostic::warning(codes::STRANGE_AMOUNT, message).at(place);
            warnings.push(warning.hint(format!("did you mean `{instead}`?")));
        }
    }
}

/// Dependencies that stand twice, or that a reference implies.
fn said_twice(one: &Declared<'_>, warnings: &mut Vec<Diagnostic>) {
    let unit = one.unit;
    let referred_to: BTreeSet<Arc<str>> = if unit.depends_on.is_empty() { BTreeSet::new() } else { referred_to(one) };
    let mut seen = BTreeSet::new();
    for (name, span) in &unit.depends_on {
        let message = if !seen.insert(name) {
            format!("`{}` depends on `{name}` twice", unit.name)
        } else if referred_to.contains(name) {
            format!("`{}` refers to `{name}`, and so depends on it already", unit.name)
        } else {
            continue;
        };
        warnings.push(Diagnostic::warning(codes::SAID_TWICE, message).at(*span).hint("leave it out here"));
    }
}
