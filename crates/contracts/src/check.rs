//! A unit against its contract: properties become a declaration, or mistakes at the places where they were made.

use cue_data::{Data, Node, NodeId};
use cue_eval::{ErrorCode, ErrorId, Rules, Session, VertexId};
use strata_base::{Diagnostic, FileId, Span, nearest};

use crate::answer::{Reader, Writer};
use crate::codes;
use crate::export::export;
use crate::given::Given;
use crate::knowledge::{Contract, Place, Provider};
use crate::library::Library;
use crate::normal::normal;
use crate::shape::{Field, Fields, Kind, Literal, Shape, conditions};
use crate::worker::Worker;

/// A unit that satisfies its contract: complete and concrete, each part with the place of whoever set it.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub spec: Data,
}

impl Library {
    /// Checks properties and fills in what was not said. `unit` is the place to tell what stands nowhere.
    pub fn declare(&self, contract: &Contract, properties: &Data, unit: Span) -> Result<Declaration, Vec<Diagnostic>> {
        self.worker().declare(contract, properties, unit)
    }

    /// What an operator says of a contract where a provider serves it, checked and complete. Nothing where nothing can be
    /// said.
    pub fn bind(
        &self,
        contract: &Contract,
        provider: &str,
        said: &Data,
        at: Span,
    ) -> Result<Option<Data>, Vec<Diagnostic>> {
        let Some((place, shape)) = self.bound_by(contract, provider) else { return Ok(None) };
        let owner = format!("the binding of {}", contract.name);
        let definition = Definition { owner: &owner, place, name: "#binding", shape };
        self.worker().check(&definition, said, at).map(Some)
    }

    /// Where a property of a unit is said, or the nearest part of it that somebody said.
    pub fn place_of(&self, spec: &Data, path: &str, unit: Span) -> Span {
        nearest_place(spec, path, unit, self.first).0
    }

    /// The settings of a provider, checked and complete.
    pub fn configure(&self, provider: &Provider, said: &Data, at: Span) -> Result<Data, Vec<Diagnostic>> {
        let owner = format!("the config of {}", provider.name);
        let definition = Definition { owner: &owner, place: &provider.place, name: "#config", shape: &provider.config };
        self.worker().check(&definition, said, at)
    }
}

impl Worker<'_> {
    /// Like [`Library::declare`], of one unit after another.
    pub fn declare(
        &mut self,
        contract: &Contract,
        properties: &Data,
        unit: Span,
    ) -> Result<Declaration, Vec<Diagnostic>> {
        let definition =
            Definition { owner: &contract.name, place: &contract.place, name: "#spec", shape: &contract.spec };
        self.check(&definition, properties, unit).map(|spec| Declaration { spec })
    }

    /// Holds data against a definition: what comes out is complete and concrete.
    fn check(&mut self, definition: &Definition<'_>, data: &Data, at: Span) -> Result<Data, Vec<Diagnostic>> {
        let (normal, problems) = normal(data, definition.shape, definition.owner);
        let given = Given::new(&normal);
        let mut about = Writer::default();
        about.text(definition.name);
        about.text(&definition.place.field);
        about.count(definition.place.instance.0);
        about.data(&normal, |_, _| {});
        // What is wrong already is told together with all else that is wrong.
        let is_known = problems.is_empty();
        let work = |session: &mut Session, first| {
            session.set_rules(Rules::default());
            let original = data;
            let mut check = Check { definition, session, data: &normal, original, given: &given, at, first, problems };
            let checked = check.schema().and_then(|schema| check.unified(schema));
            match checked {
                Some(checked) if check.problems.is_empty() => {
                    let mut answer = Writer::default();
                    let spec = export(check.session, checked, Some(&given.numbered)).data;
                    answer.data(&spec, |answer, place| answer.place(place, first));
                    Ok(answer)
                }
                _ => {
                    let mut problems: Vec<Diagnostic> =
                        check.problems.into_iter().map(|problem| asked_for(problem, at)).collect();
                    strata_base::diagnostic::sort(&mut problems);
                    Err(problems)
                }
            }
        };
        let read = |answer: &mut Reader<'_>| answer.data().filter(|_| is_known);
        let spec = self.answer(&about, &given, read, work)?;
        spec.ok_or_else(|| vec![Diagnostic::error(codes::PROPERTY, "what was checked cannot be read back").at(at)])
    }
}

/// What data is held against.
struct Definition<'a> {
    /// What it belongs to, as messages call it.
    owner: &'a str,
    place: &'a Place,
    /// Such as `#spec`.
    name: &'a str,
    shape: &'a Shape,
}

struct Check<'a> {
    definition: &'a Definition<'a>,
    session: &'a mut Session,
    /// In the definition's own spelling.
    data: &'a Data,
    /// As it was written.
    original: &'a Data,
    given: &'a Given<'a>,
    at: Span,
    /// The first file of the library; those before it are of users.
    first: FileId,
    problems: Vec<Diagnostic>,
}

impl Check<'_> {
    fn schema(&mut self) -> Option<VertexId> {
        let place = self.definition.place;
        let found = self.session.root_of(place.instance).and_then(|root| {
            let name = self.session.string_label(&place.field);
            let definition = self.session.label(self.definition.name, "");
            match self.session.field(root, name)? {
                Some(owner) => self.session.field(owner, definition),
                None => Ok(None),
            }
        });
        found.unwrap_or_else(|limit| {
            self.problems.push(Diagnostic::error(codes::PROPERTY, limit.to_string()).at(self.at));
            None
        })
    }

    /// The definition and the data at once, evaluated; what is wrong is told.
    fn unified(&mut self, schema: VertexId) -> Option<VertexId> {
        let evaluated = self.session.inject(&self.given.numbered).and_then(|given| {
            let all = self.session.unify(&[schema, given])?;
            self.session.finalize(all)?;
            Ok(all)
        });
        let all = match evaluated {
            Ok(all) => all,
            Err(limit) => {
                self.problems.push(Diagnostic::error(codes::PROPERTY, limit.to_string()).at(self.at));
                return None;
            }
        };
        let mut errors = self.session.incomplete_below(all);
        if let Some(error) = self.session.error_of(all).filter(|_| errors.is_empty()) {
            errors = self.session.members(error);
        }
        // What is not known only because something else is wrong is not worth telling.
        let is_wrong = |session: &Session, error: ErrorId| !session.error_info(error).code.is_incomplete();
        if errors.iter().any(|&error| is_wrong(self.session, error)) {
            errors.retain(|&error| is_wrong(self.session, error) || self.is_missing(error));
        }
        for error in errors {
            if self.is_misspelt(error) {
                continue;
            }
            let problem = self.told(error);
            if !self.problems.iter().any(|known| known.span() == problem.span() && known.message == problem.message) {
                self.problems.push(problem);
            }
        }
        Some(all)
    }

    fn is_missing(&self, error: ErrorId) -> bool {
        self.missing(error).is_some()
    }

    /// The path of the required field that is not there: of the error itself, or what a condition of the contract asks for.
    fn missing(&self, error: ErrorId) -> Option<String> {
        let info = self.session.error_info(error);
        if info.code != ErrorCode::Incomplete {
            return None;
        }
        let (path, message) = (self.session.path_of(info.vertex), self.session.message(error));
        if message.ends_with("required but not present") {
            return Some(path);
        }
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if let Some((_, name)) = message.split_once("required field missing: ") {
            return Some(below(name));
        }
        // A condition on what nobody has said: it, and nothing that hangs on it, must be said.
        let fields = self.definition.shape.at(&path)?.fields()?;
        let given = node_at(self.data, &path)?;
        let lacks = |field: &&Field| fields.needs(field) && self.data.get(given, &field.name).is_none();
        fields.fields.iter().find(lacks).map(|field| below(&field.name))
    }

    /// Whether what is missing stands there under a name that is nearly its own, which is told.
    fn is_misspelt(&self, error: ErrorId) -> bool {
        let Some(path) = self.missing(error) else { return false };
        let (above, name) = path.rsplit_once('.').unwrap_or(("", &path));
        let shape = self.definition.shape.at(above).and_then(Shape::fields);
        let said = node_at(self.original, above).map_or(&[][..], |node| self.original.fields(node));
        said.iter().any(|field| {
            nearest(&field.key, [name]).is_some() && shape.is_some_and(|shape| shape.find(&field.key).is_none())
        })
    }

    /// An error of the evaluator in the words of the contract, at the place in the document that comes nearest.
    fn told(&mut self, error: ErrorId) -> Diagnostic {
        let info = self.session.error_info(error).clone();
        let missing = self.missing(error);
        let is_missing = missing.is_some();
        let path = missing.unwrap_or_else(|| self.session.path_of(info.vertex));
        let (near, depth) = nearest_place(self.data, &path, self.at, self.first);
        let own =
            info.spans.iter().map(|span| self.given.real(*span)).find(|span| span.file < self.first).unwrap_or(near);
        let owner = self.definition.owner;
        if info.close_check {
            let message = format!("`{owner}` has no property `{path}`");
            let place = key_place(self.data, &path).unwrap_or(own);
            let problem = Diagnostic::error(codes::UNKNOWN_PROPERTY, message).at(place);
            return match self.only_where(&path) {
                Some(conditions) => problem.hint(format!("it is there where {conditions}")),
                None => problem,
            };
        }
        if is_missing || (info.code.is_incomplete() && depth < segments(&path)) {
            let missing = Diagnostic::error(codes::MISSING_PROPERTY, format!("`{owner}` needs `{path}`")).at(near);
            return match self.definition.shape.at(&path).map(Shape::in_words) {
                Some(words) => missing.hint(format!("it is {words}")),
                None => missing,
            };
        }
        if let Some(shape) = self.definition.shape.at(&path).filter(|shape| is_told_in_words(shape)) {
            let message = format!("`{path}`: must be {}", shape.in_words());
            let problem = Diagnostic::error(codes::PROPERTY, message).at(own);
            return match hint(shape, self.data, &path) {
                Some(hint) => problem.hint(hint),
                None => problem,
            };
        }
        if let Some(shape) = self.definition.shape.at(&path)
            && let Some(wanted) = wanted(shape, self.data, &path)
        {
            let problem = Diagnostic::error(codes::PROPERTY, format!("`{path}`: must be {wanted}")).at(own);
            return problem.hint(format!("write it as `{}`", shape.skeleton()));
        }
        let message = self.session.message(error);
        let message = message.strip_prefix(&format!("{path}: ")).unwrap_or(&message);
        let spans = self.session.members(error).into_iter().flat_map(|member| &self.session.error_info(member).spans);
        let mut spans = info.spans.iter().chain(spans).map(|span| self.given.real(*span));
        let contract = spans.find(|span| span.file >= self.first);
        let problem = Diagnostic::error(codes::PROPERTY, format!("`{path}`: {message}")).at(own);
        problem.also(contract.unwrap_or(Span::NONE), "required by the contract")
    }

    /// The conditions under which a property would be there.
    fn only_where(&self, path: &str) -> Option<String> {
        let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
        let fields: &Fields = self.definition.shape.at(above)?.fields()?;
        let rules = fields.conditions_of(name);
        let told: Vec<String> = rules.iter().map(|when| conditions(when)).collect();
        (!told.is_empty()).then(|| told.join(", or "))
    }
}

/// Whether its words say all that there is to say.
fn is_told_in_words(shape: &Shape) -> bool {
    shape.is_exact() && !matches!(shape.kind, Kind::Any | Kind::Struct(_))
}

/// What belongs where something of another form was said: an object or a list, and what is in it.
fn wanted(shape: &Shape, data: &Data, path: &str) -> Option<String> {
    let said = data.node(node_at(data, path)?);
    match (&shape.kind, said) {
        (Kind::Struct(fields), said) if !matches!(said, Node::Struct(_)) => {
            let names: Vec<String> = fields.all().into_iter().map(|field| format!("`{}`", field.name)).collect();
            Some(if names.is_empty() { "an object".to_owned() } else { format!("an object with {}", names.join(", ")) })
        }
        (Kind::List(_), said) if !matches!(said, Node::List(_)) => Some("a list".to_owned()),
        _ => None,
    }
}

/// What may have been meant by a value that is refused. The value of a secret is not looked at.
fn hint(shape: &Shape, data: &Data, path: &str) -> Option<String> {
    let value = node_at(data, path).filter(|_| !shape.sensitive)?;
    match (&shape.kind, data.node(value)) {
        (Kind::OneOf(literals), Node::String(text)) => {
            let words = literals.iter().filter_map(|literal| match literal {
                Literal::Text(word) => Some(&**word),
                _ => None,
            });
            let words: Vec<&str> = words.collect();
            let lower = text.to_lowercase();
            let same = words.iter().copied().find(|word| word.to_lowercase() == lower);
            let near = same.or_else(|| nearest(text, words.iter().copied()));
            near.map(|near| format!("did you mean `{near}`?"))
        }
        (Kind::Text, Node::Number(number)) => {
            Some(format!("write it as text, in quotes: \"{}\"", number.to_cue_string()))
        }
        (Kind::Text, Node::Bool(_)) => Some("write it as text, in quotes".to_owned()),
        (Kind::Int | Kind::Number, Node::String(text)) if text.parse::<f64>().is_ok() => {
            Some(format!("write it as a number, without quotes: {text}"))
        }
        (Kind::Bool, Node::String(_)) => Some("write `true` or `false`, without quotes".to_owned()),
        (Kind::List(_), said) if !matches!(said, Node::List(_)) => Some(format!("write it as `{}`", shape.skeleton())),
        (Kind::Struct(_), said) if !matches!(said, Node::Struct(_)) => {
            Some(format!("write it as `{}`", shape.skeleton()))
        }
        _ => None,
    }
}

fn node_at(data: &Data, path: &str) -> Option<NodeId> {
    path.split('.').filter(|segment| !segment.is_empty()).try_fold(data.root(), |node, segment| {
        let element = || data.elements(node).get(segment.parse::<usize>().ok()?).copied();
        data.get(node, segment).or_else(element)
    })
}

/// Where the name of a property stands.
fn key_place(data: &Data, path: &str) -> Option<Span> {
    let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
    let field = data.fields(node_at(data, above)?).iter().find(|field| *field.key == *name)?;
    Some(field.key_span).filter(|span| !span.is_none())
}

fn segments(path: &str) -> usize {
    if path.is_empty() { 0 } else { path.split('.').count() }
}

/// What is wrong with a value that stands in another file, such as a parameter, is told with who asks for it.
fn asked_for(problem: Diagnostic, at: Span) -> Diagnostic {
    let is_elsewhere = !problem.span().is_none() && problem.span().file != at.file;
    if is_elsewhere { problem.also(at, "it is for this one") } else { problem }
}

/// The place of a path in a document, or of the part of it that is there, and how many segments that are.
fn nearest_place(data: &Data, path: &str, unit: Span, first: FileId) -> (Span, usize) {
    let (mut node, mut span, mut depth) = (data.root(), unit, 0);
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let field = data.fields(node).iter().find(|field| *field.key == *segment);
        let element = segment.parse::<usize>().ok().and_then(|index| data.elements(node).get(index).copied());
        let Some(inner) = field.map(|field| field.value).or(element) else { break };
        node = inner;
        let own = data.span(inner);
        if own.file < first {
            span = own;
        }
        depth += 1;
    }
    (span, depth)
}
