//! One evaluation of what was compiled: values, checks, output.

use std::fmt;
use std::sync::Arc;

use cue_data::{Builder, Data, Sink};
use cue_encode::{Limit as OutputLimit, json, yaml};
use cue_eval::{Cancel, InstanceId, Limit, Limits, Program, Rules, Session, VertexId};
use strata_base::{Diagnostic, Sources};

use crate::emit::{Emitted, emit};
use crate::report;
use crate::secret::Secret;
use crate::text::{self, TextOptions};
use crate::value::{Subject, Value};
use crate::workspace::{Recipe, Target};

/// What is demanded of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// No conflicts. Types and missing values are fine.
    Consistent,
    /// All of it is data, or can be by its defaults.
    Concrete,
}

/// One evaluation: it belongs to one thread, and is dropped whole.
#[derive(Debug)]
pub struct Evaluation {
    pub(crate) session: Session,
    program: Arc<Program>,
    recipes: Arc<[Recipe]>,
    /// Of each target, once it was asked for.
    made: Vec<Option<VertexId>>,
    /// What was found to be concrete last: whoever checks a value writes it next, and writing checks.
    concrete: Option<VertexId>,
    /// What no diagnostic may show.
    pub(crate) secrets: Vec<Secret>,
}

/// Mistakes, all that there are.
pub type Diagnostics = Vec<Diagnostic>;

impl Evaluation {
    pub(crate) fn new(program: &Arc<Program>, recipes: &Arc<[Recipe]>, limits: Limits, cancel: Cancel) -> Evaluation {
        let session = Session::new(program, limits, cancel);
        let made = vec![None; recipes.len()];
        let (program, recipes) = (Arc::clone(program), Arc::clone(recipes));
        Evaluation { session, program, recipes, made, concrete: None, secrets: Vec::new() }
    }

    /// For what this crate does not tell.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    pub fn sources(&self) -> &Sources {
        self.program.sources()
    }

    /// Rules that are stricter than the language; to be set before anything is asked.
    pub fn set_rules(&mut self, rules: Rules) {
        self.session.set_rules(rules);
    }

    /// How many steps were taken so far, of those that the limits allow.
    pub fn work_done(&self) -> u64 {
        self.session.work_done()
    }

    /// What a subject stands for. Nothing is evaluated that need not be.
    pub fn root(&mut self, subject: impl Into<Subject>) -> Result<Value, Diagnostics> {
        match subject.into() {
            Subject::Value(value) => Ok(value),
            Subject::Target(target) => self.make(target).map(Value).map_err(|limit| vec![report::limit(limit)]),
        }
    }

    /// The same, evaluated in depth.
    pub fn value(&mut self, subject: impl Into<Subject>) -> Result<Value, Diagnostics> {
        let value = self.root(subject)?;
        self.session.finalize(value.0).map_err(|limit| vec![report::limit(limit)])?;
        Ok(value)
    }

    /// Makes a target out of those that it speaks of, without evaluating it.
    fn make(&mut self, target: Target) -> Result<VertexId, Limit> {
        let recipes = Arc::clone(&self.recipes);
        let mut todo = vec![target];
        loop {
            let Some(&next) = todo.last() else { return Ok(self.made[target.0].unwrap_or(VertexId::NONE)) };
            if self.made[next.0].is_some() {
                todo.pop();
                continue;
            }
            let recipe = &recipes[next.0];
            let missing = recipe.speaks_of().find(|other| self.made[other.0].is_none());
            match missing {
                Some(other) => todo.push(other),
                None => self.made[next.0] = Some(self.make_of(recipe)?),
            }
        }
    }

    /// Makes a target of which all parts are made.
    fn make_of(&mut self, recipe: &Recipe) -> Result<VertexId, Limit> {
        match recipe {
            Recipe::Package(instance) => self.session.root_of(instance_id(*instance)),
            Recipe::Document(data) => {
                self.note_marked(data);
                self.session.inject(data)
            }
            Recipe::Unified(parts) => {
                let parts: Vec<VertexId> = parts.iter().filter_map(|part| self.made[part.0]).collect();
                self.session.unify(&parts)
            }
            Recipe::Expression { instance, index, scope } => {
                let scope = scope.and_then(|scope| self.made[scope.0]);
                let found = self.session.expression_in(instance_id(*instance), *index, scope)?;
                Ok(found.unwrap_or(VertexId::NONE))
            }
        }
    }

    /// Everything that keeps a value from being what is demanded. What is wrong for good hides what is only missing.
    pub fn check(&mut self, subject: impl Into<Subject>, check: Check) -> Result<(), Diagnostics> {
        let vertex = self.value(subject)?.0;
        if self.concrete == Some(vertex) {
            return Ok(());
        }
        let mut errors = self.session.errors_below(vertex);
        if errors.is_empty()
            && let Some(own) = self.session.own_error(vertex)
            && (check == Check::Concrete || report::is_missing_name(&self.session, self.sources(), own))
        {
            errors.push((vertex, own));
        }
        if errors.is_empty() && check == Check::Concrete {
            let missing = self.session.incomplete_below(vertex);
            errors = missing.into_iter().map(|error| (self.session.error_info(error).vertex, error)).collect();
        }
        if errors.is_empty() && check == Check::Concrete {
            self.concrete = Some(vertex);
        }
        if errors.is_empty() {
            return Ok(());
        }
        let told = report::diagnostics(&self.session, self.sources(), &errors);
        Err(told.into_iter().map(|diagnostic| self.masked(diagnostic)).collect())
    }

    /// Tells a concrete value to a sink, event by event.
    pub fn emit<S: Sink>(
        &mut self,
        subject: impl Into<Subject>,
        sink: &mut S,
    ) -> Result<Result<(), S::Error>, Diagnostics> {
        let value = self.value(subject)?;
        match emit(&self.session, value.0, sink) {
            Ok(()) => Ok(Ok(())),
            Err(Emitted::Refused(error)) => Ok(Err(error)),
            Err(Emitted::NotConcrete) => {
                self.check(value, Check::Concrete)?;
                // The check found nothing that the walk stumbled over: tell at least that.
                let message = "value is not concrete";
                Err(vec![Diagnostic::error(cue_eval::codes::INCOMPLETE, message)])
            }
        }
    }

    /// A concrete value as a tree of its own.
    pub fn data(&mut self, subject: impl Into<Subject>) -> Result<Data, Diagnostics> {
        let value = self.root(subject)?;
        self.check(value, Check::Concrete)?;
        let mut builder = Builder::new();
        match self.emit(value, &mut builder)? {
            Ok(()) => Ok(builder.finish()),
        }
    }

    /// Writes a concrete value as JSON, with a line end.
    pub fn write_json<W: fmt::Write>(
        &mut self,
        subject: impl Into<Subject>,
        mut out: W,
        layout: json::Layout,
        limit: OutputLimit,
    ) -> Result<(), Diagnostics> {
        let value = self.root(subject)?;
        self.check(value, Check::Concrete)?;
        let mut writer = json::Writer::new(&mut out, layout, limit);
        self.emit(value, &mut writer)?.map_err(unwritten)?;
        out.write_str("\n").map_err(|error| unwritten(cue_encode::WriteError::Sink(error)))
    }

    /// Writes a concrete value as one YAML document.
    pub fn write_yaml<W: fmt::Write>(
        &mut self,
        subject: impl Into<Subject>,
        out: W,
        limit: OutputLimit,
    ) -> Result<(), Diagnostics> {
        let value = self.root(subject)?;
        self.check(value, Check::Concrete)?;
        let mut writer = yaml::Writer::new(out, limit);
        self.emit(value, &mut writer)?.map_err(unwritten)
    }

    /// A value as CUE text.
    pub fn text(&mut self, subject: impl Into<Subject>, options: &TextOptions<'_>) -> Result<String, Diagnostics> {
        let vertex = self.value(subject)?.0;
        let text = text::text(&mut self.session, self.program.sources(), vertex, options);
        text.map_err(|limit| vec![report::limit(limit)])
    }
}

impl Recipe {
    fn speaks_of(&self) -> impl Iterator<Item = Target> + '_ {
        let (many, one): (&[Target], Option<Target>) = match self {
            Recipe::Unified(parts) => (parts, None),
            Recipe::Expression { scope, .. } => (&[], *scope),
            Recipe::Package(_) | Recipe::Document(_) => (&[], None),
        };
        many.iter().copied().chain(one)
    }
}

fn instance_id(index: usize) -> InstanceId {
    InstanceId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Output that was not written to its end.
pub fn unwritten(error: cue_encode::WriteError) -> Diagnostics {
    vec![Diagnostic::error(cue_eval::codes::LIMIT, error.to_string())]
}
