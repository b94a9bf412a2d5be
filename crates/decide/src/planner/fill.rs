//! Computes what later values will be, as far as that can be known while planning.

use std::sync::Arc;

use strata_base::Diagnostic;
use strata_model::function;
use strata_model::plan::Read;
use strata_model::resource::SecretVersion;
use strata_model::{Address, Context, Later, Node, Output, Path, Resource, SecretRef, Target, TypeSchema, Value};

use crate::codes;
use crate::input::{Input, Reality};

use super::links::{Links, OUTPUT_DEPTH};
use super::settled::{Filled, FilledOutput, Settled};

/// What one expression comes to.
enum Known {
    Value(Value),
    Unknown {
        replaced: Option<Address>,
        sensitive: bool,
    },
    /// Made of something sensitive: comparable only by what went into it.
    Opaque,
}

const NOT_KNOWN: Known = Known::Unknown { replaced: None, sensitive: false };

pub(super) struct Filler<'a, 'b> {
    pub(super) input: &'b Input<'a>,
    pub(super) links: &'b Links<'a>,
    pub(super) settled: &'b [Option<Settled<'a>>],
    pub(super) problems: &'b mut Vec<Diagnostic>,
}

impl Filler<'_, '_> {
    /// Fills the properties of a node. `prior` is what is recorded of it, which tells whether what cannot be compared
    /// has changed.
    pub(super) fn fill(&mut self, node: &Node, prior: Option<&Resource>, schema: &TypeSchema) -> Filled {
        let mut filled = Filled::default();
        let mut has_later = false;
        node.properties.each_later(&mut |_| has_later = true);
        if !schema.sensitive.is_empty() {
            self.refuse_clear_secrets(node, schema);
        }
        if !has_later {
            return filled;
        }
        let value = node.properties.map_leaves(&mut |path, leaf| match leaf {
            Value::Later(later) => Some(self.leaf(node, prior, path, later, &mut filled)),
            _ => None,
        });
        filled.value = Some(value);
        filled.reads.sort();
        filled.reads.dedup();
        filled.secrets.sort();
        filled.secrets.dedup();
        filled
    }

    fn leaf(&mut self, node: &Node, prior: Option<&Resource>, path: &Path, later: &Later, out: &mut Filled) -> Value {
        let mut place = Place { node, prior, path, reads: Vec::new(), secrets: Vec::new() };
        let known = self.later(later, &mut place, OUTPUT_DEPTH);
        let (reads, secrets) = (place.reads, place.secrets);
        let value = match known {
            Known::Value(value) if value.is_plain() && !later.is_sensitive() => value,
            // A sealed attribute is compared by its fingerprint, in its own place.
            Known::Value(value @ Value::Sealed(_)) => {
                out.sensitive.push(path.clone());
                value
            }
            Known::Unknown { replaced, sensitive } => {
                if sensitive || later.is_sensitive() {
                    out.sensitive.push(path.clone());
                }
                if let Some(of) = replaced {
                    out.replaced.insert(path.clone(), of);
                }
                Value::Unknown
            }
            Known::Value(_) | Known::Opaque => {
                out.sensitive.push(path.clone());
                let same = prior.and_then(|prior| same_opaque(prior, path, later, &reads, &secrets));
                same.unwrap_or(Value::Unknown)
            }
        };
        if value.is_plain()
            && let Some(check) = node.checks.get(path)
            && let Some(wrong) = check.refuse(&value)
        {
            let message = format!("`{path}` of {} {wrong}", node.address);
            self.problems.push(Diagnostic::error(codes::REFUSED_VALUE, message).at(node.span));
        }
        out.reads.extend(reads);
        out.secrets.extend(secrets);
        value
    }

    fn later(&mut self, later: &Later, place: &mut Place<'_>, depth: usize) -> Known {
        match later {
            Later::Secret(secret) => self.secret(secret, place),
            Later::Ref { target: Target::Attribute { address, attr }, .. } => self.attribute(address, attr, place),
            Later::Ref { target: Target::Output { context, output }, .. } => {
                let key = (context.clone(), output.clone());
                if let Some(published) = self.input.graph.outputs.get(&key) {
                    if depth == 0 {
                        return self.wrong(place, "outputs are made of each other in a circle");
                    }
                    return self.of_document(&key, published, place, depth - 1);
                }
                let why = match self.input.state.outputs.get(&key) {
                    // Its partition is one of those that the document speaks for.
                    Some(record) if !self.input.options.destroy && self.input.goes(&key, record) => {
                        "which this document no longer publishes"
                    }
                    Some(record) => {
                        let (context, output) = key;
                        place.reads.push(Read::Output { context, output, serial: record.serial });
                        return Known::Value(record.value.clone());
                    }
                    None => "which is not published",
                };
                let message = format!(
                    "`{}` of {} refers to output `{output}` of {context}, {why}",
                    place.path, place.node.address
                );
                self.problems.push(Diagnostic::error(codes::NO_SUCH_ATTRIBUTE, message).at(place.node.span));
                NOT_KNOWN
            }
            Later::Join { parts, .. } => match self.value(&Value::List(parts.clone()), place, depth) {
                Known::Value(Value::List(parts)) => match function::join(&parts) {
                    Ok(text) => Known::Value(Value::String(text.into())),
                    Err(wrong) => self.wrong(place, &wrong),
                },
                other => other,
            },
            Later::Call { function, argument, .. } => match self.value(argument, place, depth) {
                Known::Value(argument) => match function.apply(&argument) {
                    Ok(text) => Known::Value(Value::String(text.into())),
                    Err(wrong) => self.wrong(place, &wrong),
                },
                other => other,
            },
            Later::Alloc { pool, min, max } => match self.value(pool, place, depth) {
                Known::Value(pool) => {
                    let kept = place.prior.and_then(|prior| prior.allocations.get(place.path));
                    match kept.filter(|kept| kept.pool == pool && (*min..=*max).contains(&kept.number)) {
                        Some(kept) => Known::Value(Value::from(kept.number)),
                        None => NOT_KNOWN,
                    }
                }
                other => other,
            },
        }
    }

    /// An output of this document. One that stays as it is published is read as that, for what it is made of may be recorded
    /// anew before this plan's turn comes, and who applies the plan will read the same.
    fn of_document(
        &mut self,
        key: &(Context, Arc<str>),
        output: &Output,
        place: &mut Place<'_>,
        depth: usize,
    ) -> Known {
        let (reads, secrets) = (std::mem::take(&mut place.reads), std::mem::take(&mut place.secrets));
        let known = self.whole(&output.value, place, depth);
        let inner_reads = std::mem::replace(&mut place.reads, reads);
        let inner_secrets = std::mem::replace(&mut place.secrets, secrets);
        let filled = self.filled_output(&known, inner_reads, inner_secrets);
        match self.input.state.outputs.get(key) {
            Some(record) if filled.stays(output, record) => {
                let (context, output) = key.clone();
                place.reads.push(Read::Output { context, output, serial: record.serial });
                Known::Value(record.value.clone())
            }
            _ => {
                place.reads.extend(filled.reads);
                place.secrets.extend(filled.secrets);
                known
            }
        }
    }

    /// A value with expressions inside: known only if all of them are. What is sealed is opaque as soon as something
    /// is made of it.
    fn value(&mut self, value: &Value, place: &mut Place<'_>, depth: usize) -> Known {
        let mut unknown = None;
        let mut opaque = false;
        let known = value.map_leaves(&mut |_, leaf| {
            let Value::Later(later) = leaf else {
                opaque |= matches!(leaf, Value::Sealed(_));
                return None;
            };
            match self.later(later, place, depth) {
                Known::Value(value) => {
                    opaque |= !value.is_plain();
                    Some(value)
                }
                Known::Unknown { replaced, sensitive } => {
                    opaque |= sensitive;
                    let cause: &mut Option<Address> = unknown.get_or_insert(None);
                    *cause = cause.take().or(replaced);
                    None
                }
                Known::Opaque => {
                    opaque = true;
                    None
                }
            }
        });
        match unknown {
            Some(replaced) => Known::Unknown { replaced, sensitive: opaque },
            None if opaque => Known::Opaque,
            None => Known::Value(known),
        }
    }

    fn secret(&mut self, secret: &SecretRef, place: &mut Place<'_>) -> Known {
        match self.input.state.secrets.get(secret) {
            Some(version) => {
                place.secrets.push(SecretVersion { secret: secret.clone(), version: version.clone() });
            }
            None => {
                let message = format!(
                    "`{}` of {} needs the secret `{}`, which `{}` does not have",
                    place.path, place.node.address, secret.key, secret.store
                );
                let hint = match &*secret.store {
                    SecretRef::SINK => "what is told in secret is referred to by `$ref`".to_owned(),
                    SecretRef::ENVIRONMENT => format!("set the environment variable `{}`", secret.key),
                    store => format!("set it: strata secret set {store}:{}", secret.key),
                };
                let problem = Diagnostic::error(codes::NO_SUCH_SECRET, message).at(place.node.span).hint(hint);
                self.problems.push(match place.node.origin(place.path) {
                    Some(origin) => problem.hint(format!("it is asked for at {origin}")),
                    None => problem,
                });
            }
        }
        Known::Opaque
    }

    fn attribute(&mut self, address: &Address, attr: &Path, place: &mut Place<'_>) -> Known {
        let Some(&index) = self.links.index.get(address) else {
            // That it exists was settled when the edges were drawn.
            let Some(resource) = self.input.state.resources.get(address) else {
                return NOT_KNOWN;
            };
            return self.recorded(resource, attr, place);
        };
        let prior = self.links.prior[index];
        match (&self.settled[index], prior) {
            (Some(Settled::Same | Settled::Record { .. } | Settled::Skipped), Some(prior)) => {
                self.recorded(prior, attr, place)
            }
            (Some(Settled::Change(change)), prior) => {
                let properties = change.filled.value.as_ref().unwrap_or(&self.links.nodes[index].properties);
                match properties.at(attr) {
                    // What is sent is read back at the same path, by the contract of drivers.
                    Some(sent) if sent.is_plain() => return Known::Value(sent.clone()),
                    Some(_) => {}
                    None if change.updates_in_place() && change.schema.is_stable(attr) => {
                        if let Some(prior) = prior {
                            return self.recorded(prior, attr, place);
                        }
                    }
                    None => {}
                }
                let replaced = change.replaces().then(|| address.clone());
                Known::Unknown { replaced, sensitive: change.schema.is_sensitive(attr) }
            }
            _ => NOT_KNOWN,
        }
    }

    fn recorded(&mut self, resource: &Resource, attr: &Path, place: &mut Place<'_>) -> Known {
        let serial = resource.serial;
        place.reads.push(Read::Resource { address: resource.address.clone(), serial });
        let reality = self.input.state.reality.as_ref().and_then(|reality| reality.get(&resource.address));
        let attributes = match reality {
            Some(Reality::Present(attributes)) => attributes,
            _ => &resource.observed,
        };
        match attributes.at(attr) {
            Some(value) => Known::Value(value.clone()),
            None => {
                let message = format!(
                    "`{}` of {} refers to `{attr}` of {}, which has no such attribute",
                    place.path, place.node.address, resource.address
                );
                self.problems.push(Diagnostic::error(codes::NO_SUCH_ATTRIBUTE, message).at(place.node.span));
                NOT_KNOWN
            }
        }
    }

    fn wrong(&mut self, place: &Place<'_>, wrong: &str) -> Known {
        let message = format!("`{}` of {}: {wrong}", place.path, place.node.address);
        self.problems.push(Diagnostic::error(codes::BAD_EXPRESSION, message).at(place.node.span));
        NOT_KNOWN
    }

    fn refuse_clear_secrets(&mut self, node: &Node, schema: &TypeSchema) {
        node.properties.each_leaf(&mut |path, leaf| {
            let clear = matches!(leaf, Value::String(_) | Value::Number(_)) && schema.is_sensitive(path);
            if clear {
                let message = format!("`{path}` of {} is sensitive and stands in clear text", node.address);
                let hint = "keep it with `strata secret set STORE:KEY` and refer to it with `$secret`";
                self.problems.push(Diagnostic::error(codes::CLEAR_SECRET, message).at(node.span).hint(hint));
            }
        });
    }

    /// Computes an output, for which a node stands in to say where it is.
    pub(super) fn output(&mut self, value: &Value, stand_in: &Node) -> FilledOutput {
        let path = Path::root();
        let mut place = Place { node: stand_in, prior: None, path: &path, reads: Vec::new(), secrets: Vec::new() };
        let known = self.whole(value, &mut place, OUTPUT_DEPTH);
        self.filled_output(&known, place.reads, place.secrets)
    }

    /// A value of which nothing is made here, so that what is sealed stays comparable.
    fn whole(&mut self, value: &Value, place: &mut Place<'_>, depth: usize) -> Known {
        match value {
            Value::Later(later) => self.later(later, place, depth),
            other => self.value(other, place, depth),
        }
    }

    fn filled_output(&self, known: &Known, reads: Vec<Read>, secrets: Vec<SecretVersion>) -> FilledOutput {
        let (known, is_known) = match known {
            Known::Value(value) => (Some(value.clone()), true),
            Known::Unknown { .. } => (None, false),
            Known::Opaque => (None, true),
        };
        let is_recorded_anew = |read: &Read| {
            let Read::Resource { address, .. } = read else { return false };
            let settled = self.links.index.get(address).and_then(|index| self.settled[*index].as_ref());
            matches!(settled, Some(Settled::Change(_) | Settled::Record { .. }))
        };
        let moves = reads.iter().any(is_recorded_anew);
        FilledOutput { known, is_known, reads, secrets, moves }
    }
}

/// Where an expression stands, and what goes into it.
struct Place<'a> {
    node: &'a Node,
    prior: Option<&'a Resource>,
    path: &'a Path,
    reads: Vec<Read>,
    secrets: Vec<SecretVersion>,
}

/// What is recorded at a path, if the same expression was made of the same things there before.
fn same_opaque(
    prior: &Resource,
    path: &Path,
    later: &Later,
    reads: &[Read],
    secrets: &[SecretVersion],
) -> Option<Value> {
    let same_expression = matches!(prior.desired.at(path), Some(Value::Later(before)) if **before == *later);
    let same_secrets = secrets.iter().all(|secret| prior.secrets.contains(secret));
    let same_reads = reads.iter().all(|read| prior.inputs.contains(read));
    (same_expression && same_secrets && same_reads).then(|| prior.filled().at(path).cloned()).flatten()
}
