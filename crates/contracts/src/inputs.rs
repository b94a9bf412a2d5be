//! What a mapping reads of its input, held against what it is given. A misspelt name in a condition is an error nowhere: it
//! only is never there. So names are looked up where they are written.

use std::sync::Arc;

use cue_syntax::ast::{Clause, DeclKind, Expr, ExprId, Field, File, Label, SelectorLabel};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Span, nearest};

use crate::codes;
use crate::knowledge::{Contract, Mapping, Provider, Scope};
use crate::shape::{Kind, Shape};

/// The parts of an input that a mapping may state.
pub(crate) const INPUTS: [&str; 7] = ["unit", "place", "spec", "settings", "binding", "peers", "stack"];

/// By how many names a name may be called something else.
const MAX_NAMES: usize = 16;

/// Who a mapping is for, as far as that is known.
pub(crate) struct Giver<'a> {
    pub(crate) mapping: &'a Mapping,
    pub(crate) contract: Option<&'a Contract>,
    pub(crate) provider: Option<&'a Provider>,
}

/// A step from a value to a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Segment {
    Name(Arc<str>),
    /// An element, or the value of a field whose name is not written.
    Any,
}

/// What is known of a part.
enum Found<'a> {
    Shape(&'a Shape),
    /// It may be there.
    Open,
    /// It is never there; these are.
    Missing(Vec<&'a str>),
}

/// The names inside an expression of a file that lead nowhere.
pub(crate) fn strangers(file: &File, around: Span, giver: &Giver<'_>) -> Vec<Diagnostic> {
    let reading = Reading { file, names: names(file, around) };
    let mut problems = Vec::new();
    for (expr, span) in file.exprs.iter().zip(&file.expr_spans) {
        let Expr::Selector { operand, label: SelectorLabel::Ident(name), label_span } = *expr else { continue };
        if span.start < around.start || span.end > around.end {
            continue;
        }
        let Some(path) = reading.path(operand) else { continue };
        problems.extend(giver.stranger(&path, file.text(name), label_span));
    }
    problems
}

/// A name for each expression that one is bound to, and whether it is each of what is in it. A name that is bound twice
/// means now this and now that.
fn names(file: &File, around: Span) -> FxHashMap<Arc<str>, Option<(ExprId, bool)>> {
    let lets = file.decl_kinds.iter().filter_map(|decl| match decl {
        DeclKind::Let { name, value } => Some((*name, *value, false)),
        _ => None,
    });
    let clauses = file.clauses.iter().filter_map(|clause| match clause {
        Clause::Let { name, value } => Some((*name, *value, false)),
        Clause::For { value, source, .. } => Some((*value, *source, true)),
        _ => None,
    });
    let mut names = FxHashMap::default();
    for (name, value, is_each) in lets.chain(clauses) {
        if name.span.start >= around.start && name.span.end <= around.end {
            let bound = names.entry(file.text(name.text).clone());
            bound.and_modify(|known| *known = None).or_insert(Some((value, is_each)));
        }
    }
    // A field or a key of that name may be what is meant.
    let fields = file.decl_kinds.iter().filter_map(|decl| match decl {
        DeclKind::Field(Field { label: Label::Ident(label), .. }) => Some(*label),
        _ => None,
    });
    let keys = file.clauses.iter().filter_map(|clause| match clause {
        Clause::For { key, .. } => key.map(|key| key.text),
        _ => None,
    });
    for text in fields.chain(keys) {
        names.entry(file.text(text).clone()).and_modify(|known| *known = None);
    }
    names
}

struct Reading<'a> {
    file: &'a File,
    names: FxHashMap<Arc<str>, Option<(ExprId, bool)>>,
}

impl Reading<'_> {
    /// The path from `#in` to what an expression means, if it means a part of the input.
    fn path(&self, expr: ExprId) -> Option<Vec<Segment>> {
        let (mut at, mut path, mut renamed) = (expr, Vec::new(), 0);
        loop {
            match self.file.expr(at) {
                Expr::Paren(inner) => at = inner,
                Expr::Selector { operand, label: SelectorLabel::Ident(name), .. } => {
                    path.push(Segment::Name(self.file.text(name).clone()));
                    at = operand;
                }
                Expr::Index { operand, .. } => {
                    path.push(Segment::Any);
                    at = operand;
                }
                Expr::Ident(name) if **self.file.text(name) == *"#in" => break,
                Expr::Ident(name) => {
                    let (value, is_each) = (*self.names.get(self.file.text(name))?)?;
                    path.extend(is_each.then_some(Segment::Any));
                    at = value;
                    renamed += 1;
                    if renamed > MAX_NAMES {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        path.reverse();
        Some(path)
    }
}

impl Giver<'_> {
    /// What is wrong with a name of a part of what is at a path.
    fn stranger(&self, path: &[Segment], name: &Arc<str>, at: Span) -> Option<Diagnostic> {
        let told = |message: String| Diagnostic::error(codes::MALFORMED, message).at(at);
        let Some((Segment::Name(part), below)) = path.split_first() else {
            let problem = told(format!("the `#in` of this mapping does not state `{name}`"));
            return match nearest(name, INPUTS) {
                _ if self.mapping.wants(name) => None,
                Some(near) if near != &**name => Some(problem.hint(format!("did you mean `{near}`?"))),
                Some(_) => Some(problem.hint(format!("write it there: `#in: {name}: _`"))),
                None => Some(problem.hint(format!("there are {}", INPUTS.join(", ")))),
            };
        };
        if &**part == "peers" && below.is_empty() {
            let reads = &self.mapping.reads;
            let is_read = reads.iter().any(|read| read == name || **read == *"*");
            let message = || format!("`{name}` is not among what this mapping `reads`");
            return (!is_read).then(|| told(message()).hint(format!("write `reads: [\"{name}\"]`")));
        }
        let contract = self.contract.filter(|_| self.mapping.scope == Scope::Unit);
        let (whole, owner) = match &**part {
            "spec" => (&contract?.spec, format!("`{}`", contract?.name)),
            "binding" => {
                let own = self.mapping.binding.as_ref().or(contract?.binding.as_ref());
                let told =
                    |message: String| told(message).hint(format!("write `#binding: {name}?: …` in one of the two"));
                let nobody =
                    || format!("neither this mapping nor `{}` lets an operator say `{name}`", self.mapping.contract);
                let Some(own) = own else { return Some(told(nobody())) };
                (own, format!("the binding of `{}`", contract?.name))
            }
            "settings" => (&self.provider?.config, format!("the config of `{}`", self.provider?.name)),
            _ => return None,
        };
        let mut shape = whole;
        for segment in below {
            match step(shape, segment) {
                Found::Shape(inner) => shape = inner,
                Found::Open | Found::Missing(_) => return None,
            }
        }
        let Found::Missing(known) = step(shape, &Segment::Name(name.clone())) else { return None };
        let problem = told(format!("`{name}` is no property of {owner}"));
        Some(match nearest(name, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("there are {}", known.join(", "))),
        })
    }
}

fn step<'a>(shape: &'a Shape, segment: &Segment) -> Found<'a> {
    match (&shape.kind, segment) {
        (Kind::List(element), Segment::Any) => Found::Shape(element),
        (Kind::Struct(fields), Segment::Any) => match &fields.patterns[..] {
            [only] if fields.fields.is_empty() && fields.rules.is_empty() => Found::Shape(&only.shape),
            _ => Found::Open,
        },
        (Kind::Struct(fields), Segment::Name(name)) => {
            // Where it is read nothing has its other spellings any more.
            let all = fields.all();
            let named = all.iter().find(|field| field.name == *name).map(|field| &field.shape);
            let pattern = || fields.patterns.iter().find(|pattern| pattern.takes(name)).map(|pattern| &pattern.shape);
            match named.or_else(pattern) {
                Some(shape) => Found::Shape(shape),
                None if fields.open => Found::Open,
                None => Found::Missing(all.into_iter().map(|field| &*field.name).collect()),
            }
        }
        _ => Found::Open,
    }
}
