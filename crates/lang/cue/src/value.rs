//! Values of an evaluation, to look at and to go on with.

use cue_data::{Data, Kinds};
use cue_eval::{ArcType, Collision, Explanation, FieldView, Label, LabelKind, Limit, VertexId};
use strata_base::Span;

use crate::evaluation::{Diagnostics, Evaluation};
use crate::path::{Path, Step};
use crate::report;
use crate::workspace::Target;

/// A value of one evaluation, and of no other. It costs nothing to copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Value(pub(crate) VertexId);

/// What an evaluation is asked about: a target of its workspace, or a value that was found or made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    Target(Target),
    Value(Value),
}

impl From<Target> for Subject {
    fn from(target: Target) -> Subject {
        Subject::Target(target)
    }
}

impl From<Value> for Subject {
    fn from(value: Value) -> Subject {
        Subject::Value(value)
    }
}

/// A field or an element of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub step: Step,
    pub value: Value,
    pub presence: Presence,
}

/// Whether a field is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Presence {
    Present,
    /// `a!: …` that nobody has set.
    Required,
    /// `a?: …`
    Optional,
}

/// Why a struct refuses a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The reference, embedding or call that closes the struct.
    pub closed_by: Span,
    /// Where the closed struct is declared.
    pub declared: Vec<Span>,
    /// The fields that it knows, in order.
    pub known: Vec<String>,
}

impl Evaluation {
    /// Data as a value, with the places that it carries.
    pub fn inject(&mut self, data: &Data) -> Result<Value, Diagnostics> {
        self.note_marked(data);
        let made = self.session.inject(data);
        limited(made).map(Value)
    }

    /// A new value that is all parts at once, as if they had been written with `&` between them.
    pub fn unify(&mut self, parts: &[Value]) -> Result<Value, Diagnostics> {
        let parts: Vec<VertexId> = parts.iter().map(|part| part.0).collect();
        limited(self.session.unify(&parts)).map(Value)
    }

    /// The value at a path, evaluated no further than that takes. Optional fields and missing required ones are not there.
    pub fn at(&mut self, subject: impl Into<Subject>, path: &Path) -> Result<Option<Value>, Diagnostics> {
        let mut at = self.root(subject)?.0;
        for step in path.steps() {
            let Some(label) = self.label(at, step)? else { return Ok(None) };
            let Some(field) = limited(self.session.field(at, label))? else { return Ok(None) };
            let known = self.session.arc(at, label);
            if known.is_some_and(|known| known.vertex == field && known.arc != ArcType::Member) {
                return Ok(None);
            }
            at = field;
        }
        Ok(Some(Value(at)))
    }

    /// The regular field of that name.
    pub fn field(&mut self, subject: impl Into<Subject>, name: &str) -> Result<Option<Value>, Diagnostics> {
        self.at(subject, &Path::fields([name]))
    }

    /// All fields of a struct or elements of a list, in order: definitions, hidden and optional ones too.
    pub fn fields(&mut self, subject: impl Into<Subject>) -> Result<Vec<Field>, Diagnostics> {
        let value = self.value(subject)?;
        let at = self.session.chosen(value.0);
        let views = self.session.fields(at);
        Ok(views.into_iter().filter_map(|view| self.field_of(view)).collect())
    }

    fn field_of(&self, view: FieldView) -> Option<Field> {
        let step = match view.label.kind() {
            LabelKind::String => Step::Field(self.session.label_name(view.label)),
            LabelKind::Int => Step::Index(view.label.payload()),
            LabelKind::Let => return None,
            _ => Step::Special(self.session.label_name(view.label)),
        };
        let presence = match view.arc {
            ArcType::Member => Presence::Present,
            ArcType::Required => Presence::Required,
            ArcType::Optional => Presence::Optional,
        };
        Some(Field { step, value: Value(view.vertex), presence })
    }

    /// What a value is or may become.
    pub fn kinds(&mut self, subject: impl Into<Subject>) -> Result<Kinds, Diagnostics> {
        let value = self.value(subject)?;
        Ok(self.session.kinds(value.0))
    }

    /// A value in short, as messages show it: its default if it has one.
    pub fn show(&mut self, subject: impl Into<Subject>) -> Result<String, Diagnostics> {
        let value = self.value(subject)?;
        let shown = self.session.default(value.0).unwrap_or(cue_eval::Value::Vertex(value.0));
        Ok(self.session.show(&shown))
    }

    /// The attributes of a field: names and raw bodies.
    pub fn attributes(&self, value: Value) -> Vec<(&str, &str)> {
        self.session.attributes(value.0)
    }

    /// Everywhere a value is written.
    pub fn places(&self, value: Value) -> Vec<Span> {
        self.session.places(value.0)
    }

    /// Whether a struct takes a field of that name.
    pub fn takes(&mut self, subject: impl Into<Subject>, name: &str) -> Result<bool, Diagnostics> {
        let value = self.value(subject)?;
        let label = self.session.string_label(name);
        Ok(self.session.takes(value.0, label))
    }

    /// What made a value what it is, and what flowed into it. Nothing where there is no such value.
    pub fn explain(&mut self, subject: impl Into<Subject>, path: &Path) -> Result<Option<Explanation>, Diagnostics> {
        let root = self.root(subject)?.0;
        let (mut labels, mut at) = (Vec::new(), root);
        for step in path.steps() {
            let Some(label) = self.label(at, step)? else { return Ok(None) };
            let Some(field) = limited(self.session.field(at, label))? else { return Ok(None) };
            labels.push(label);
            at = field;
        }
        limited(self.session.explain_at(root, &labels))
    }

    /// Why a struct does not take a field of that name: nothing where it does.
    pub fn why_not(&mut self, subject: impl Into<Subject>, name: &str) -> Result<Vec<Refusal>, Diagnostics> {
        let value = self.root(subject)?;
        let label = self.session.string_label(name);
        let denials = limited(self.session.why_not(value.0, label))?;
        let refusal = |denial: cue_eval::Denial| Refusal {
            closed_by: denial.closed_by,
            declared: denial.declared,
            known: denial.known,
        };
        Ok(denials.into_iter().map(refusal).collect())
    }

    /// The fields below a value that several rounds of one comprehension made, each with the place of its expression. A
    /// program whose fields stand for things wants one round for each.
    pub fn collisions(&mut self, subject: impl Into<Subject>) -> Result<Vec<Collision>, Diagnostics> {
        let value = self.value(subject)?;
        limited(self.session.collisions_below(value.0))
    }

    /// The label that a step means at a value. Hidden ones are found whatever package they belong to.
    fn label(&mut self, at: VertexId, step: &Step) -> Result<Option<Label>, Diagnostics> {
        Ok(match step {
            Step::Field(name) => Some(self.session.string_label(name)),
            Step::Index(index) => Some(Label::index(*index)),
            Step::Special(name) if name.starts_with('#') => Some(self.session.label(name, "")),
            Step::Special(name) => {
                limited(self.session.finalize(at))?;
                let fields = self.session.fields(at).into_iter().map(|field| field.label);
                fields.filter(|label| label.is_hidden()).find(|label| self.session.label_name(*label) == *name)
            }
        })
    }
}

/// A spent budget as it is told.
pub(crate) fn limited<T>(result: Result<T, Limit>) -> Result<T, Diagnostics> {
    result.map_err(|limit| vec![report::limit(limit)])
}
