//! Declarations through the mappings of their providers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Severity, Span};
use strata_contracts::{Library, MapOutput, Mapper, Mapping, Part, Problem, Worker, codes as contracts};
use strata_model::{Address, Context, Partition, Phase, ProviderInstance, Stack, Unit};

use crate::declare::Declared;
use crate::peers::{peers, reference, spoken_of};
use crate::said::{Said, nothing};

/// Whose nodes there are: a declaration, or what is made once for several.
#[derive(Debug)]
pub(crate) struct Mapped<'a> {
    pub(crate) unit: Cow<'a, Unit>,
    /// A unit with its contract, but not what is made once.
    pub(crate) declared: Option<&'a Declared<'a>>,
    pub(crate) provider: &'a ProviderInstance,
    /// How references to its outputs call it: its name, but of what is made once something longer.
    pub(crate) key: Arc<str>,
    pub(crate) phase: Phase,
    /// Other names of its outputs, and what they stand for.
    pub(crate) aliases: Vec<(Arc<str>, Arc<str>)>,
    /// Its nodes by their roles.
    pub(crate) roles: Vec<Arc<str>>,
}

impl Mapped<'_> {
    /// References to all its nodes, as far as they have addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> {
        self.roles.iter().filter_map(|role| self.unit.context.address(&self.unit.name, role).ok())
    }
}

/// The units of a tier at a place that are with one provider: they share what is made once.
type Release<'a> = (Partition, &'a ProviderInstance);

/// All declarations in their order, after what is made once for them, each with what its mapping gave; or all that mappings
/// say against them.
pub(crate) fn map<'a, 'l: 'a>(
    stack: &Stack,
    declared: &'a [Declared<'a>],
    worker: &mut Worker<'l>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<(Mapped<'a>, MapOutput)>, Vec<Diagnostic>> {
    let library = worker.library();
    let mut problems = Vec::new();
    let said = Said::check(stack, declared, library, &mut problems);
    if !problems.is_empty() {
        strata_base::diagnostic::sort(&mut problems);
        return Err(problems);
    }
    let all = declared.iter().map(|one| (&*one.unit.name, one)).collect();
    let mut run = Run { library, worker, said, all, mapped: Vec::with_capacity(declared.len()), problems, warnings };
    let mut releases: BTreeMap<Release<'a>, Vec<&'a Declared<'a>>> = BTreeMap::new();
    for one in declared {
        releases.entry(release(one)).or_default().push(one);
    }
    for (release, units) in &releases {
        run.once(release, units);
    }
    for one in declared {
        run.unit(one);
    }
    if run.problems.is_empty() { Ok(run.mapped) } else { Err(run.problems) }
}

fn release<'a>(one: &'a Declared<'a>) -> Release<'a> {
    (Partition { context: one.unit.context.clone(), tier: one.unit.tier }, one.provider)
}

/// How references call what a mapping makes once.
fn key(mapping: &Mapping, (partition, provider): &Release<'_>) -> String {
    format!("{} of {partition} with {provider}", mapping.contract)
}

struct Run<'a, 'l, 'w> {
    library: &'a Library,
    worker: &'w mut Worker<'l>,
    said: Said,
    /// By their names.
    all: FxHashMap<&'a str, &'a Declared<'a>>,
    mapped: Vec<(Mapped<'a>, MapOutput)>,
    problems: Vec<Diagnostic>,
    warnings: &'w mut Vec<Diagnostic>,
}

impl<'a> Run<'a, '_, '_> {
    /// What stands once for the units of a release.
    fn once(&mut self, release: &Release<'a>, units: &[&'a Declared<'a>]) {
        let (partition, provider) = release;
        let Some(first) = units.first() else { return };
        for mapping in self.library.release_mappings(&provider.provider) {
            let peers = peers(mapping, units.iter().copied());
            if peers.fields(peers.root()).is_empty() {
                continue;
            }
            let unit = Unit {
                name: mapping.contract.clone(),
                context: partition.context.clone(),
                tier: partition.tier,
                contract: mapping.contract.clone(),
                providers: [].into(),
                provider: None,
                properties: nothing(),
                constraints: Vec::new(),
                depends_on: Vec::new(),
                span: first.unit.span,
                contract_span: first.unit.contract_span,
            };
            let (place, settings) = (place(&partition.context), self.said.settings(&provider.provider));
            let parts = [
                ("unit", Part::Text(&mapping.contract)),
                ("place", Part::Tree(&place)),
                ("settings", Part::Tree(settings)),
                ("peers", Part::Tree(&peers)),
            ];
            let input = mapping.input(first.unit.span.file, &parts);
            let Some(output) = self.output(mapping, &input, &unit, &unit.properties) else { continue };
            let key = key(mapping, release).into();
            let (unit, phase, aliases, roles) = (Cow::Owned(unit), Phase::Foundation, Vec::new(), roles(&output));
            self.mapped.push((Mapped { unit, declared: None, provider, key, phase, aliases, roles }, output));
        }
    }

    fn unit(&mut self, one: &'a Declared<'a>) {
        let (unit, contract) = (one.unit, one.contract);
        // Declaring has found out that there is one.
        let Some(mapping) = self.library.mapping(&contract.name, &one.provider.provider) else { return };
        let mut own = Vec::new();
        let part = |name: &'static str, make: &dyn Fn() -> Data| mapping.wants(name).then(|| (name, make()));
        own.extend(part("place", &|| place(&unit.context)));
        own.extend(part("peers", &|| peers(mapping, spoken_of(one, &self.all).into_iter())));
        own.extend(part("stack", &|| self.stack(one)));
        let mut parts = vec![
            ("unit", Part::Text(&unit.name)),
            ("spec", Part::Tree(&one.declaration.spec)),
            ("settings", Part::Tree(self.said.settings(&one.provider.provider))),
            ("binding", Part::Tree(self.said.binding(&one.provider.provider, &contract.name))),
        ];
        parts.extend(own.iter().map(|(name, data)| (*name, Part::Tree(data))));
        let input = mapping.input(unit.span.file, &parts);
        let Some(output) = self.output(mapping, &input, unit, &one.declaration.spec) else { return };
        let aliases = contract.outputs.iter();
        let aliases = aliases.flat_map(|(name, info)| info.aliases.iter().map(|alias| (alias.clone(), name.clone())));
        let (key, phase, aliases) = (unit.name.clone(), contract.phase, aliases.collect());
        let (unit, declared, provider, roles) = (Cow::Borrowed(unit), Some(one), one.provider, roles(&output));
        self.mapped.push((Mapped { unit, declared, provider, key, phase, aliases, roles }, output));
    }

    /// References to what is made once for the release of a unit: `<mapping>.<export>`.
    fn stack(&self, one: &'a Declared<'a>) -> Data {
        let release = release(one);
        let mut builder = Builder::new();
        builder.begin_struct(Span::NONE);
        for mapping in self.library.release_mappings(&one.provider.provider) {
            builder.key(&mapping.contract, Span::NONE);
            builder.begin_struct(Span::NONE);
            let key = key(mapping, &release);
            for export in &mapping.exports {
                builder.key(export, Span::NONE);
                reference(&mut builder, &key, export, false);
            }
            builder.end(Span::NONE);
        }
        builder.end(Span::NONE);
        builder.finish()
    }

    /// What a mapping gives; its problems are told at the places of the properties of `spec`.
    fn output(
        &mut self,
        mapping: &Mapping,
        input: &strata_contracts::MapInput,
        unit: &Unit,
        spec: &Data,
    ) -> Option<MapOutput> {
        let mut mapper = self.worker.mapper(&mapping.contract, &mapping.provider)?;
        let output = match mapper.map(input) {
            Ok(output) => output,
            Err(bug) => {
                let bug = bug.diagnostic(&mapping.contract, &mapping.provider, &unit.name, unit.span);
                // Every unit that meets it would tell the same.
                if !self.problems.iter().any(|known| known.span() == bug.span() && known.message == bug.message) {
                    self.problems.push(bug);
                }
                return None;
            }
        };
        for problem in &output.problems {
            let place = self.library.place_of(spec, &problem.path, unit.span);
            let told = told(problem, unit, place);
            if told.is_error() { self.problems.push(told) } else { self.warnings.push(told) }
        }
        Some(output)
    }
}

fn roles(output: &MapOutput) -> Vec<Arc<str>> {
    output.drafts.iter().map(|draft| draft.role.clone()).collect()
}

/// `{org: …, env: …, app: …}`
fn place(context: &Context) -> Data {
    let none = Span::NONE;
    let mut builder = Builder::new();
    builder.begin_struct(none);
    for (key, value) in [("org", Some(context.org())), ("env", Some(context.env())), ("app", context.app())] {
        if let Some(value) = value {
            builder.key(key, none);
            builder.string(&*value, none);
        }
    }
    builder.end(none);
    builder.finish()
}

fn told(problem: &Problem, unit: &Unit, place: Span) -> Diagnostic {
    let severity = if problem.is_error { Severity::Error } else { Severity::Warning };
    let message = format!("`{}`: {}", unit.name, problem.message);
    let told = Diagnostic::new(severity, contracts::PROBLEM, message).at(place);
    problem.fix.iter().fold(told, |told, fix| told.hint(&**fix))
}
