//! The seam: from a declaration to drafts of nodes, data in and data out.

use std::sync::Arc;

use cue_data::{Builder, Data, Event, Node, NodeId};
use cue_eval::{Cause, Effect, ErrorId, Limit, Rules, Session, VertexId};
use strata_base::{Diagnostic, FileId, Span, nearest};
use strata_model::{Phase, Retain};

use crate::answer::{Reader, Writer};
use crate::codes;
use crate::export::{Exported, export};
use crate::given::Given;
use crate::knowledge::{Contract, Mapping, Scope};
use crate::mistake::mistake;
use crate::worker::Worker;

/// The fields of a node whose leaves somebody may have set, and at which depth of `nodes` they stand.
const TOLD_OF_NODES: [&str; 3] = ["after", "name", "props"];
const DEPTH_OF_FIELDS: usize = 2;

/// That a test for what a contract has only under a condition is none for a misspelt name, evaluation cannot tell.
const RULES: Rules = Rules { opaque: true, strict_presence: false };

/// What a mapping sees: the parts that it states in its `#in`. It never sees state.
#[derive(Debug)]
pub struct MapInput {
    /// With the places of the document.
    data: Data,
    /// The file of the document.
    file: FileId,
}

/// A part of an input.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    Text(&'a str),
    Tree(&'a Data),
}

impl Mapping {
    /// Whether it states a part of its input.
    pub fn wants(&self, part: &str) -> bool {
        self.wants.as_ref().is_none_or(|wants| wants.contains(part))
    }

    /// The input, of which a document is the file whose places are told before all others. Parts that the mapping does
    /// not state are left out: it depends on nothing else.
    pub fn input(&self, file: FileId, parts: &[(&str, Part<'_>)]) -> MapInput {
        let mut builder = Builder::new();
        // As the package around the mapping takes it.
        builder.begin_struct(Span::NONE);
        builder.key("input", Span::NONE);
        builder.begin_struct(Span::NONE);
        for (name, part) in parts.iter().filter(|(name, _)| self.wants(name)) {
            builder.key(name, Span::NONE);
            match part {
                Part::Text(text) => _ = builder.string(*text, Span::NONE),
                Part::Tree(data) => _ = builder.copy(data, data.root()),
            }
        }
        builder.end(Span::NONE);
        builder.end(Span::NONE);
        MapInput { data: builder.finish(), file }
    }

    /// A bug of the mapping as a whole.
    fn bug(&self, message: impl Into<String>) -> MappingBug {
        MappingBug { message: message.into(), span: self.span, hint: None }
    }
}

/// What a unit becomes on a provider.
#[derive(Debug)]
pub struct MapOutput {
    /// Holds properties and outputs. The place of each part is the user's where he had a say in it.
    pub data: Data,
    /// Mistakes of the user. If one of them is an error, there is nothing else.
    pub problems: Vec<Problem>,
    pub drafts: Vec<Draft>,
    /// What other units may refer to.
    pub outputs: Vec<(Arc<str>, NodeId)>,
}

/// A node to be. References in it are `{"$ref": {"role": …, "attr": …}}` to its siblings and `{"$ref": {"unit": …, "attr":
/// …}}` to outputs of other units.
#[derive(Debug)]
pub struct Draft {
    pub role: Arc<str>,
    pub kind: Arc<str>,
    pub properties: NodeId,
    pub phase: Option<Phase>,
    pub retain: Retain,
    pub protect: bool,
    /// References to what must stand before it.
    pub after: Vec<NodeId>,
}

/// What makes no sense together, or on this provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// A property.
    pub path: Arc<str>,
    pub message: Arc<str>,
    pub fix: Option<Arc<str>>,
    pub is_error: bool,
}

/// A mapping that met an error instead of giving nodes or problems.
#[derive(Debug)]
pub struct MappingBug {
    pub message: String,
    /// In the mapping.
    pub span: Span,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// From declarations to nodes. Pure: the same input gives the same output, whatever was mapped before.
pub trait Mapper {
    fn map(&mut self, input: &MapInput) -> Result<MapOutput, MappingBug>;
}

/// A mapping that is written in CUE.
#[derive(Debug)]
struct CueMapper<'w, 'a> {
    worker: &'w mut Worker<'a>,
    mapping: &'a Mapping,
}

impl<'a> Worker<'a> {
    /// The mapping of a contract for a provider, if there is one.
    pub fn mapper(&mut self, contract: &str, provider: &str) -> Option<impl Mapper> {
        let mapping = self.library().mapping(contract, provider)?;
        Some(CueMapper { worker: self, mapping })
    }
}

impl Mapper for CueMapper<'_, '_> {
    fn map(&mut self, input: &MapInput) -> Result<MapOutput, MappingBug> {
        let mapping = self.mapping;
        let given = Given::new(&input.data);
        let mut about = Writer::default();
        about.text(&mapping.contract);
        about.text(&mapping.provider);
        // Which of several places is told depends on whose they are.
        about.data(&input.data, |about, place| match place.file {
            file if file == input.file => about.byte(1),
            file if file == mapping.file => about.byte(2),
            _ => about.byte(0),
        });
        let library = self.worker.library();
        let contract = (mapping.scope == Scope::Unit).then(|| library.contract(&mapping.contract)).flatten();
        let work = |session: &mut Session, first| {
            session.set_rules(RULES);
            Run { session, mapping, contract, file: input.file, first, given: &given }.map()
        };
        let output = self.worker.answer(&about, &given, MapOutput::read, work)?;
        output.ok_or_else(|| mapping.bug("what it gives cannot be read back"))
    }
}

impl MapOutput {
    fn read(answer: &mut Reader<'_>) -> Option<MapOutput> {
        let mut problems = Vec::new();
        for _ in 0..answer.count()? {
            problems.push(Problem::read(answer)?);
        }
        if problems.iter().any(|problem| problem.is_error) {
            return Some(MapOutput { data: empty(), problems, drafts: Vec::new(), outputs: Vec::new() });
        }
        let data = answer.data()?;
        let entries = |key: &str| -> Vec<(Arc<str>, NodeId)> {
            let part = data.get(data.root(), key);
            let fields = part.into_iter().flat_map(|part| data.fields(part));
            fields.map(|field| (field.key.clone(), field.value)).collect()
        };
        let (nodes, outputs) = (entries("nodes"), entries("outputs"));
        let drafts = nodes.into_iter().filter_map(|(role, node)| draft(&data, role, node)).collect();
        Some(MapOutput { problems, drafts, outputs, data })
    }
}

impl Problem {
    fn write(&self, answer: &mut Writer) {
        answer.text(&self.path);
        answer.text(&self.message);
        answer.byte(u8::from(self.is_error));
        answer.byte(u8::from(self.fix.is_some()));
        self.fix.iter().for_each(|fix| answer.text(fix));
    }

    fn read(answer: &mut Reader<'_>) -> Option<Problem> {
        let (path, message) = (answer.text()?.into(), answer.text()?.into());
        let is_error = answer.byte()? == 1;
        let fix = match answer.byte()? {
            1 => Some(answer.text()?.into()),
            _ => None,
        };
        Some(Problem { path, message, fix, is_error })
    }
}

/// One evaluation of a mapping.
struct Run<'a> {
    session: &'a mut Session,
    mapping: &'a Mapping,
    /// Nothing for what is made once.
    contract: Option<&'a Contract>,
    given: &'a Given<'a>,
    /// The document.
    file: FileId,
    /// The first file of the library.
    first: FileId,
}

impl Run<'_> {
    fn map(&mut self) -> Result<Writer, MappingBug> {
        let output = self.apply()?;
        // Problems come first: what they speak of may break the rest.
        let problems = self.part(output, "problems")?;
        let problems = problems.as_ref().map_or_else(Vec::new, problems_of);
        let mut answer = Writer::default();
        answer.count(u32::try_from(problems.len()).unwrap_or(u32::MAX));
        problems.iter().for_each(|problem| problem.write(&mut answer));
        if problems.iter().any(|problem| problem.is_error) {
            return Ok(answer);
        }
        let (nodes, outputs) = (self.part(output, "nodes")?, self.part(output, "outputs")?);
        self.alone(output)?;
        self.told(outputs.as_ref())?;
        answer.begin_struct();
        for (key, part, told) in [("nodes", nodes, Some(&TOLD_OF_NODES[..])), ("outputs", outputs, None)] {
            if let Some(part) = part {
                answer.key(key);
                self.place(&part, told, &mut answer)?;
            }
        }
        answer.event(Event::End);
        Ok(answer)
    }

    /// The mapping with its input, not yet evaluated.
    fn apply(&mut self) -> Result<VertexId, MappingBug> {
        let output = self.session.root_of(self.mapping.harness).and_then(|harness| {
            let given = self.session.inject(&self.given.numbered)?;
            let all = self.session.unify(&[harness, given])?;
            let label = self.session.string_label("output");
            self.session.field(all, label)
        });
        match output {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(self.mapping.bug("it gives nothing")),
            Err(limit) => Err(self.limit(limit)),
        }
    }

    /// A part of the output as data.
    fn part(&mut self, output: VertexId, name: &str) -> Result<Option<Exported>, MappingBug> {
        let label = self.session.string_label(name);
        let found = self.session.field(output, label).and_then(|field| match field {
            Some(field) => self.session.finalize(field).map(|()| Some(field)),
            None => Ok(None),
        });
        let part = match found {
            Ok(Some(part)) => part,
            Ok(None) => return self.session.error_of(output).map_or(Ok(None), |error| Err(self.bug(error))),
            Err(limit) => return Err(self.limit(limit)),
        };
        let error = self.session.error_of(part).or_else(|| self.session.incomplete_below(part).first().copied());
        match error {
            Some(error) => Err(self.bug(error)),
            None => Ok(Some(export(self.session, part, None))),
        }
    }

    /// Each node is made by one round of whatever makes nodes: two that are equal by chance would be one.
    fn alone(&mut self, output: VertexId) -> Result<(), MappingBug> {
        let label = self.session.string_label("nodes");
        let found = match self.session.field(output, label) {
            Ok(Some(nodes)) => self.session.collisions_below(nodes),
            Ok(None) => return Ok(()),
            Err(limit) => Err(limit),
        };
        let Some(first) = found.map_err(|limit| self.limit(limit))?.into_iter().next() else { return Ok(()) };
        let path = first.path.split_once('.').map_or(&*first.path, |(_, path)| path);
        let message = format!("`{path}` is made by {} rounds of one `for`", first.rounds);
        let hint = Some("put what goes round into the name of the node".to_owned());
        Err(MappingBug { message, span: first.span, hint })
    }

    /// Others refer to what the contract lists, and to nothing else.
    fn told(&self, outputs: Option<&Exported>) -> Result<(), MappingBug> {
        let Some(contract) = self.contract else { return Ok(()) };
        let fields = outputs.map_or(&[][..], |outputs| outputs.data.fields(outputs.data.root()));
        if let Some(field) = fields.iter().find(|field| !contract.outputs.contains_key(&field.key)) {
            let message = format!("it gives `{}`, which is no output of `{}`", field.key, contract.name);
            let known = contract.outputs.keys().map(|name| &**name);
            let hint = nearest(&field.key, known).map(|near| format!("did you mean `{near}`?"));
            return Err(MappingBug { message, span: self.given.real(field.key_span), hint });
        }
        let is_told = |name: &str| fields.iter().any(|field| *field.key == *name);
        match contract.outputs.iter().find(|(name, info)| info.required && !is_told(name)) {
            Some((name, _)) => {
                let message = format!("it gives no `{name}`, which every `{}` tells", contract.name);
                Err(self.mapping.bug(message))
            }
            None => Ok(()),
        }
    }

    /// The same data with the place of each leaf in the user's document, as far as he had a say in it; of nodes, in
    /// those fields only that are told.
    fn place(&mut self, part: &Exported, told: Option<&[&str]>, answer: &mut Writer) -> Result<(), MappingBug> {
        let (mut depth, mut is_told) = (0, told.is_none());
        for step in part.data.events(part.data.root()) {
            let (mut span, mut is_leaf) = (step.span, false);
            match step.event {
                Event::BeginStruct => {
                    depth += 1;
                    is_leaf = part.data.fields(step.node).is_empty();
                }
                Event::BeginList => {
                    depth += 1;
                    is_leaf = part.data.elements(step.node).is_empty();
                }
                Event::Key(key) => {
                    if let Some(told) = told.filter(|_| depth == DEPTH_OF_FIELDS) {
                        is_told = told.contains(&key);
                    }
                }
                Event::End => depth -= 1,
                Event::Spelling(_) => continue,
                _ => is_leaf = true,
            }
            if is_leaf && is_told {
                span = self.origin(part.vertex(step.node), span).map_err(|limit| self.limit(limit))?;
            }
            answer.event(step.event);
            if !matches!(step.event, Event::End) {
                answer.place(span, self.first);
            }
        }
        Ok(())
    }

    /// Who set a leaf: the nearest operand that stands in the document, or else that was given to the mapping in another way
    /// (by a default of the contract, in a file of parameters); or else what in the document decided that it is there.
    fn origin(&mut self, leaf: VertexId, span: Span) -> Result<Span, Limit> {
        let (document, mapping, given) = (self.file, self.mapping.file, self.given);
        if given.real(span).file == document {
            return Ok(span);
        }
        let preference = |cause: &Cause, is_around: bool| match given.real(cause.span).file {
            file if file == document => Some(if is_around { 2 } else { 0 }),
            file if file != mapping && cause.effect == Effect::Set && !is_around => Some(1),
            _ => None,
        };
        Ok(self.session.nearest_place(leaf, &preference)?.unwrap_or(span))
    }

    fn bug(&self, error: ErrorId) -> MappingBug {
        let info = self.session.error_info(error);
        let members = self.session.members(error);
        let spans = members.iter().flat_map(|&member| &self.session.error_info(member).spans).chain(&info.spans);
        let own = self.session.places(info.vertex);
        let found = spans.chain(&own).copied().find(|span| span.file == self.mapping.file);
        let mistake = mistake(self.session, error, self.contract.map(|contract| &contract.spec));
        MappingBug { message: mistake.message, span: found.unwrap_or(self.mapping.span), hint: mistake.hint }
    }

    fn limit(&self, limit: Limit) -> MappingBug {
        self.mapping.bug(limit.to_string())
    }
}

impl MappingBug {
    /// As it is told: a mistake of the mapping, met by a unit.
    pub fn diagnostic(&self, contract: &str, provider: &str, unit: &str, at: Span) -> Diagnostic {
        let message = format!("the mapping of `{contract}` for `{provider}` has a bug: {}", self.message);
        let bug = Diagnostic::error(codes::MAPPING_BUG, message).at(self.span).also(at, format!("met by `{unit}`"));
        self.hint.iter().fold(bug, |bug, hint| bug.hint(&**hint))
    }
}

fn empty() -> Data {
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.end(Span::NONE);
    builder.finish()
}

fn problems_of(part: &Exported) -> Vec<Problem> {
    let data = &part.data;
    let text = |node, key: &str| data.get(node, key).and_then(|id| data.as_str(id)).map(Arc::from);
    let problem = |node| Problem {
        path: text(node, "path").unwrap_or_default(),
        message: text(node, "message").unwrap_or_default(),
        fix: text(node, "fix"),
        is_error: text(node, "severity").as_deref() != Some("warning"),
    };
    data.fields(data.root()).iter().map(|field| problem(field.value)).collect()
}

fn draft(data: &Data, role: Arc<str>, node: NodeId) -> Option<Draft> {
    let text = |key: &str| data.get(node, key).and_then(|id| data.as_str(id));
    let phase = text("phase").and_then(|name| Phase::ALL.into_iter().find(|phase| phase.name() == name));
    let retain = match text("retain") {
        Some("keep") => Retain::Keep,
        Some("snapshot") => Retain::Snapshot,
        _ => Retain::Delete,
    };
    let protect = data.get(node, "protect").is_some_and(|id| matches!(data.node(id), Node::Bool(true)));
    let after = data.get(node, "after").map_or(&[][..], |list| data.elements(list)).to_vec();
    Some(Draft {
        role,
        kind: text("type")?.into(),
        properties: data.get(node, "props")?,
        phase,
        retain,
        protect,
        after,
    })
}
