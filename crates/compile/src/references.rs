//! The references between units, and from tiers to the tiers above them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data, Event, NodeId};
use strata_base::{Diagnostic, Severity, Span, nearest};
use strata_contracts::Contract;
use strata_model::unit::TierOutput;
use strata_model::{Context, Partition, Recorded, Stack, Tier, Unit};

use crate::codes;

/// The units of a stack by name, each with its contract where that is known.
pub(crate) type Peers<'a> = BTreeMap<&'a str, (&'a Unit, Option<&'a Contract>)>;

/// What the properties of a unit refer to.
pub(crate) struct References<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) peers: &'a Peers<'a>,
    pub(crate) stack: &'a Stack,
    /// What was told to be recorded; `None` where nobody looked.
    pub(crate) recorded: Option<&'a Recorded>,
}

/// A reference as it stands in data.
pub(crate) enum Target {
    Unit { unit: Arc<str>, output: Arc<str> },
    Tier { tier: Tier, output: Arc<str> },
}

/// What a reference leads to.
struct Found {
    /// The name that the contract has for it.
    name: Arc<str>,
    sensitive: bool,
}

impl References<'_> {
    /// What must stand before the unit is there, or is recorded above it.
    ///
    /// What is not known and may be recorded, where nobody has looked, is a warning.
    pub(crate) fn dependencies(&self, problems: &mut Vec<Diagnostic>) {
        for (name, span) in &self.unit.depends_on {
            match self.peer(name) {
                Some((other, _)) if other.tier > self.unit.tier => problems.push(self.upward(name, other.tier, *span)),
                Some(_) => {}
                None if self.is_recorded(name) => {}
                None if self.recorded.is_none() && self.unit.tier != Tier::Infrastructure => {
                    let unknown = self.unknown_unit(name, *span);
                    problems.push(
                        Diagnostic { severity: Severity::Warning, ..unknown }
                            .hint("it may be recorded: `strata plan` looks"),
                    );
                }
                None => problems.push(self.unknown_unit(name, *span)),
            }
        }
    }

    /// A unit of the same environment: what is told in another one stays there.
    fn peer(&self, name: &str) -> Option<&(&Unit, Option<&Contract>)> {
        self.peers.get(name).filter(|(other, _)| is_of_one_environment(&other.context, &self.unit.context))
    }

    fn is_recorded(&self, name: &str) -> bool {
        let upper = upper(&self.unit.context);
        let has = |recorded: &Recorded| {
            recorded.above.keys().any(|address| address.context() == upper && address.unit() == name)
        };
        self.unit.tier != Tier::Infrastructure && self.recorded.is_some_and(has)
    }

    /// The same properties with references in the words of contracts, and those to sensitive outputs marked, so that
    /// mappings can tell them.
    pub(crate) fn marked(&self, data: &Data, problems: &mut Vec<Diagnostic>) -> Data {
        let mut builder = Builder::new();
        // For each open container, whether it is made of its parts, and whether a mark belongs before its end.
        let mut open: Vec<(bool, bool)> = Vec::new();
        // The text of an attribute under another spelling, and the name that it stands for.
        let mut spelt: Option<(NodeId, Arc<str>)> = None;
        for step in data.events(data.root()) {
            match step.event {
                Event::BeginStruct => {
                    let found = target(data, step.node).and_then(|target| self.find(&target, step.span, problems));
                    let has = |key: &str| data.get(step.node, key).is_some();
                    let is_marked = has("$sensitive");
                    let is_sensitive = is_marked || found.as_ref().is_some_and(|found| found.sensitive);
                    if is_sensitive {
                        // What is made of something sensitive is sensitive itself.
                        open.iter_mut().filter(|(is_made, _)| *is_made).for_each(|(_, mark)| *mark = true);
                    }
                    let is_made = !is_marked && (has("$join") || has("$call"));
                    open.push((is_made, is_sensitive && !is_marked));
                    let attr = data.get(step.node, "$ref").and_then(|body| data.get(body, "attr"));
                    spelt = spelt.or_else(|| Some((attr?, found?.name)));
                    builder.begin_struct(step.span);
                }
                Event::BeginList => {
                    open.push((false, false));
                    builder.begin_list(step.span);
                }
                Event::End => {
                    if open.pop().is_some_and(|(_, mark)| mark) {
                        builder.key("$sensitive", step.span);
                        builder.bool(true, step.span);
                    }
                    builder.end(Span::NONE);
                }
                Event::Key(key) => builder.key(key, step.span),
                Event::Spelling(_) => {}
                Event::String(_) if spelt.as_ref().is_some_and(|(node, _)| *node == step.node) => {
                    _ = spelt.take().map(|(_, name)| builder.string(name, step.span));
                }
                _ => _ = builder.copy(data, step.node),
            }
        }
        builder.finish()
    }

    fn find(&self, target: &Target, span: Span, problems: &mut Vec<Diagnostic>) -> Option<Found> {
        match target {
            Target::Unit { unit, output } => self.unit_output(unit, output, span, problems),
            Target::Tier { tier, output } => self.tier_output(*tier, output, span, problems),
        }
    }

    fn unit_output(&self, unit: &str, output: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<Found> {
        if unit == &*self.unit.name {
            let message = format!("`{unit}` refers to its own output `{output}`");
            let problem = Diagnostic::error(codes::CIRCLE, message).at(span);
            problems.push(
                problem.hint("it is known only when this stands: write what it shall be, or give it as a parameter"),
            );
            return None;
        }
        let Some((other, contract)) = self.peer(unit) else {
            problems.push(self.unknown_unit(unit, span));
            return None;
        };
        if other.tier > self.unit.tier {
            problems.push(self.upward(unit, other.tier, span));
            return None;
        }
        // A unit whose contract is not known has been told.
        output_of(unit, (*contract)?, output, span).map_err(|problem| problems.push(*problem)).ok()
    }

    fn tier_output(&self, tier: Tier, name: &Arc<str>, span: Span, problems: &mut Vec<Diagnostic>) -> Option<Found> {
        if tier > self.unit.tier {
            problems.push(self.upward(name, tier, span));
            return None;
        }
        let context = tier_context(&self.unit.context, tier);
        let own = |output: &&TierOutput| output.tier == tier && output.context == context;
        if let Some(output) = self.stack.outputs.iter().filter(own).find(|output| output.name == *name) {
            let (_, contract) = self.peers.get(&*output.unit)?;
            // What is wrong with the output is told where it stands.
            let sensitive =
                contract.and_then(|contract| contract.output(&output.output)).is_some_and(|(_, info)| info.sensitive);
            return Some(Found { name: name.clone(), sensitive });
        }
        let partition = Partition { context: context.clone(), tier };
        let is_own = self.stack.scope.iter().any(|(claimed, _)| *claimed == partition);
        let known: Vec<&str> = match self.recorded {
            _ if is_own => self.stack.outputs.iter().filter(own).map(|output| &*output.name).collect(),
            // Where nobody has looked, it may be there.
            None => return Some(Found { name: name.clone(), sensitive: false }),
            Some(recorded) => {
                let outputs = recorded.outputs.values().zip(recorded.outputs.keys());
                let outputs = outputs.filter(|(output, (at, _))| output.tier == tier && *at == context);
                let outputs: Vec<_> =
                    outputs.map(|(output, _)| output).filter(|output| !output.name.contains('.')).collect();
                if let Some(output) = outputs.iter().find(|output| output.name == *name) {
                    return Some(Found { name: name.clone(), sensitive: output.sensitive });
                }
                outputs.iter().map(|output| &*output.name).collect()
            }
        };
        let message = format!("tier {tier} of {} tells no `{name}`", context.short());
        let problem = Diagnostic::error(codes::UNKNOWN_OUTPUT, message).at(span);
        problems.push(match (nearest(name, known.iter().copied()), known.is_empty()) {
            (Some(near), _) => problem.hint(format!("did you mean `{near}`?")),
            (None, false) => problem.hint(format!("it tells {}", known.join(", "))),
            (None, true) if is_own => problem.hint("list it in the `outputs` of that tier"),
            (None, true) => problem.hint("nothing is recorded of it: apply that tier first"),
        });
        None
    }

    fn upward(&self, what: &str, tier: Tier, span: Span) -> Diagnostic {
        let message =
            format!("`{}` of tier {} cannot build on `{what}` of tier {tier}", self.unit.name, self.unit.tier);
        let problem = Diagnostic::error(codes::UPWARD, message).at(span);
        problem.hint("what upper tiers tell flows down to lower ones, never up")
    }

    fn unknown_unit(&self, name: &str, span: Span) -> Diagnostic {
        let environment = |unit: &Unit| upper(&unit.context).short().to_owned();
        if let Some((other, _)) = self.peers.get(name) {
            let message = format!("there is no capability `{name}` in {}", environment(self.unit));
            let problem =
                Diagnostic::error(codes::UNKNOWN_UNIT, message).at(span).also(other.span, "this is another one");
            return problem.hint(format!("it is of {}, and what is told there stays there", environment(other)));
        }
        let problem = Diagnostic::error(codes::UNKNOWN_UNIT, format!("there is no capability `{name}`")).at(span);
        let is_other = |known: &&str| *known != &*self.unit.name && self.peer(known).is_some();
        let known = self.peers.keys().copied().filter(is_other);
        match nearest(name, known.clone()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(match known.collect::<Vec<_>>()[..] {
                [] => "ask for it under `capabilities`; what an upper tier tells is `${tier2.…}`".to_owned(),
                ref known => format!("there are {}; what an upper tier tells is `${{tier2.…}}`", known.join(", ")),
            }),
        }
    }
}

/// An output of a contract, or why there is none.
fn output_of(unit: &str, contract: &Contract, output: &str, span: Span) -> Result<Found, Box<Diagnostic>> {
    if let Some((name, info)) = contract.output(output) {
        return Ok(Found { name: name.clone(), sensitive: info.sensitive });
    }
    let message = format!("`{unit}`, a `{}`, has no output `{output}`", contract.name);
    let problem = Diagnostic::error(codes::UNKNOWN_OUTPUT, message).at(span);
    let known = contract.outputs.keys().map(|known| &**known);
    Err(Box::new(match nearest(output, known.clone()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("it has {}", known.collect::<Vec<_>>().join(", "))),
    }))
}

/// The reference that a struct is, if it is one to another unit or to a tier.
pub(crate) fn target(data: &Data, node: NodeId) -> Option<Target> {
    let body = data.get(node, "$ref")?;
    let text = |key: &str| data.get(body, key).and_then(|id| data.as_str(id));
    let output = Arc::from(text("attr")?);
    match (text("unit"), text("tier")) {
        (Some(unit), _) => Some(Target::Unit { unit: unit.into(), output }),
        (None, Some(tier)) => Some(Target::Tier { tier: tier.parse().ok()?, output }),
        (None, None) => None,
    }
}

fn is_of_one_environment(one: &Context, other: &Context) -> bool {
    one.org() == other.org() && one.env() == other.env()
}

/// The context that upper tiers publish in, seen from one of theirs or below.
pub(crate) fn upper(context: &Context) -> Context {
    Context::new(&context.org(), &context.env(), None).unwrap_or_else(|_| context.clone())
}

/// Where a tier publishes, seen from a context.
pub(crate) fn tier_context(context: &Context, tier: Tier) -> Context {
    if tier == Tier::Application { context.clone() } else { upper(context) }
}
