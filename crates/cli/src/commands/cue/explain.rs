//! `strata cue explain`

mod tree;

use cue::{Diagnostics, Evaluation, Explanation, Path, Presence, Refusal, Step, Target};
use serde::Serialize;
use strata_base::{Diagnostic, Sources, Span, nearest};

use super::inputs::{Documents, Inputs, Item, Started};
use crate::codes;
use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::ui::Ui;

/// Tell who made values what they are
///
/// Without a path, each leaf is told with the place that decided about it. With `-e PATH` to a leaf, all that took part is
/// told: which places gave, repeated or narrowed the value and through which references, which default lost, which
/// values it was computed from, and which guards and iterations brought it in, down to what a person wrote. If the path
/// leads to a field that a definition does not allow, the definition that refuses it is told.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    inputs: Inputs,

    /// The path of a value, such as `a.b[0]` (can be repeated)
    #[arg(short, long, value_name = "PATH")]
    expression: Vec<String>,

    /// The form: text or json
    #[arg(long, value_name = "FORM", default_value = "text")]
    out: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Form {
    Text,
    Json,
}

/// A place as it is told.
#[derive(Serialize, Debug)]
struct Place {
    file: String,
    line: u32,
    column: u32,
    text: String,
}

/// What is told of one path.
#[derive(Serialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Leaves(Vec<Leaf>),
    Facts(Vec<Fact>),
    Refused(Refused),
}

/// A leaf with the place that decided about it.
#[derive(Serialize, Debug)]
struct Leaf {
    path: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

#[derive(Serialize, Debug)]
struct Fact {
    path: String,
    value: String,
    causes: Vec<Cause>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<usize>,
}

#[derive(Serialize, Debug)]
struct Cause {
    effect: &'static str,
    place: Place,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    through: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<usize>,
}

#[derive(Serialize, Debug)]
struct Refused {
    path: String,
    by: Vec<Closer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meant: Option<String>,
}

#[derive(Serialize, Debug)]
struct Closer {
    place: Place,
    declared: Vec<Place>,
    known: Vec<String>,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let mut paths = Vec::new();
    for text in &args.expression {
        match text.parse::<Path>() {
            Ok(path) => paths.push(path),
            Err(error) => return super::fail(ui, &error.to_string()),
        }
    }
    if paths.is_empty() {
        paths.push(Path::default());
    }
    let Started { compiled, mut evaluation, items, .. } = match args.inputs.open(ui, &[], Documents::Merged, false)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    let mut told = Vec::new();
    for Item { target, .. } in items {
        for path in &paths {
            told.push(answer(&mut evaluation, compiled.sources(), target, path).map_err(|problems| {
                let is_missing = problems.iter().any(|problem| problem.code == codes::NO_SUCH_VALUE);
                let exit = if is_missing { Exit::NotFound } else { Exit::Error };
                CommandError::new(exit, problems, compiled.sources().clone())
            })?);
        }
    }
    match args.out {
        Form::Json => ui.data(&json(&told)?)?,
        Form::Text => {
            let texts: Vec<String> = told.iter().map(text).collect();
            ui.data(&texts.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// One document: an answer for each path of each package.
fn json(told: &[Answer]) -> Result<String, CommandError> {
    let text = match told {
        [only] => serde_json::to_string_pretty(only),
        many => serde_json::to_string_pretty(many),
    };
    text.map(|text| text + "\n").map_err(|error| {
        let problem = Diagnostic::error(codes::WRITE, format!("cannot write the answer: {error}"));
        CommandError::plain(Exit::Error, problem)
    })
}

fn answer(evaluation: &mut Evaluation, sources: &Sources, target: Target, path: &Path) -> Result<Answer, Diagnostics> {
    let found = evaluation.at(target, path)?;
    let parent = Path::new(path.steps().iter().take(path.steps().len().saturating_sub(1)).cloned());
    if let (Some(Step::Field(name)), Some(parent)) = (path.steps().last(), evaluation.at(target, &parent)?) {
        let refusals = evaluation.why_not(parent, name)?;
        if !refusals.is_empty() {
            return Ok(Answer::Refused(refused(sources, path, name, refusals)));
        }
    }
    let Some(value) = found else { return Err(missing(evaluation, target, path)?) };
    let has_fields = evaluation.fields(value)?.iter().any(|field| field.presence == Presence::Present);
    if has_fields {
        return Ok(Answer::Leaves(leaves(evaluation, sources, target, path)?));
    }
    let Some(explanation) = evaluation.explain(target, path)? else { return Err(missing(evaluation, target, path)?) };
    Ok(Answer::Facts(facts(sources, explanation)))
}

/// All leaves below a path, each with what was decisive.
fn leaves(
    evaluation: &mut Evaluation,
    sources: &Sources,
    target: Target,
    path: &Path,
) -> Result<Vec<Leaf>, Diagnostics> {
    let mut leaves = Vec::new();
    let mut todo = vec![path.clone()];
    while let Some(path) = todo.pop() {
        let Some(value) = evaluation.at(target, &path)? else { continue };
        let fields = evaluation.fields(value)?;
        let inner = fields.into_iter().filter(|field| field.presence == Presence::Present);
        let inner: Vec<Path> = inner.map(|field| path.steps().iter().cloned().chain([field.step]).collect()).collect();
        if !inner.is_empty() {
            todo.extend(inner.into_iter().rev());
            continue;
        }
        let Some(explanation) = evaluation.explain(target, &path)? else { continue };
        let Some(fact) = explanation.facts.into_iter().next() else { continue };
        let first = fact.causes.first();
        leaves.push(Leaf {
            path: path.to_string(),
            value: fact.value,
            effect: first.map(|cause| cause.effect.name()),
            place: first.map(|cause| place(sources, cause.span)),
        });
    }
    Ok(leaves)
}

fn facts(sources: &Sources, explanation: Explanation) -> Vec<Fact> {
    let cause = |cause: cue::Cause| Cause {
        effect: cause.effect.name(),
        place: place(sources, cause.span),
        through: cause.via.iter().map(|&span| place(sources, span)).collect(),
        inputs: cause.inputs,
    };
    let fact = |fact: cue::Fact| Fact {
        path: fact.path,
        value: fact.value,
        causes: fact.causes.into_iter().map(cause).collect(),
        parts: fact.parts,
    };
    explanation.facts.into_iter().map(fact).collect()
}

fn refused(sources: &Sources, path: &Path, name: &str, refusals: Vec<Refusal>) -> Refused {
    let known = refusals.iter().flat_map(|refusal| &refusal.known).map(String::as_str);
    let meant = nearest(name, known).map(str::to_owned);
    let closer = |refusal: Refusal| Closer {
        place: place(sources, refusal.closed_by),
        declared: refusal.declared.iter().map(|&span| place(sources, span)).collect(),
        known: refusal.known,
    };
    Refused { path: path.to_string(), by: refusals.into_iter().map(closer).collect(), meant }
}

/// There is no such value: the nearest field that there is.
fn missing(evaluation: &mut Evaluation, target: Target, path: &Path) -> Result<Diagnostics, Diagnostics> {
    let mut at = evaluation.root(target)?;
    let mut above = Vec::new();
    for step in path.steps() {
        let Some(next) = evaluation.at(at, &Path::new([step.clone()]))? else {
            let names: Vec<String> =
                evaluation.fields(at)?.into_iter().map(|field| Path::new([field.step]).to_string()).collect();
            let wanted = Path::new([step.clone()]).to_string();
            let mut problem = Diagnostic::error(codes::NO_SUCH_VALUE, format!("there is no value `{path}`"));
            if let Some(near) = nearest(&wanted, names.iter().map(String::as_str)) {
                let near = near.parse::<Path>().map_or_else(|_| Vec::new(), |near| near.steps().to_vec());
                problem = problem.hint(format!("did you mean `{}`?", Path::new(above.into_iter().chain(near))));
            }
            return Ok(vec![problem]);
        };
        above.push(step.clone());
        at = next;
    }
    Ok(vec![Diagnostic::error(codes::NO_SUCH_VALUE, format!("there is no value `{path}`"))])
}

fn place(sources: &Sources, span: Span) -> Place {
    let at = sources.get(span.file).map(|source| (source.name().to_owned(), source.line_col(span.start)));
    let (file, (line, column)) = at.map_or((String::new(), (0, 0)), |(file, at)| (file, (at.line, at.column)));
    Place { file, line, column, text: short(sources.text(span)) }
}

/// As much of a text as a line of an answer takes.
fn short(text: &str) -> String {
    const WIDTH: usize = 48;
    let line = text.lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < text.trim_end().len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

impl Place {
    /// `app.cue:2:5`
    fn position(&self) -> String {
        if self.file.is_empty() {
            "-".to_owned()
        } else {
            format!("{}:{}:{}", self.file.trim_start_matches("./"), self.line, self.column)
        }
    }
}

fn text(answer: &Answer) -> String {
    match answer {
        Answer::Facts(facts) => tree::render(facts),
        Answer::Leaves(leaves) => {
            let cells: Vec<[String; 4]> = leaves
                .iter()
                .map(|leaf| {
                    let position = leaf.place.as_ref().map_or_else(String::new, Place::position);
                    [leaf.path.clone(), short(&leaf.value), leaf.effect.unwrap_or_default().to_owned(), position]
                })
                .collect();
            columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
        }
        Answer::Refused(refused) => refusal(refused),
    }
}

fn refusal(refused: &Refused) -> String {
    let mut rows = Vec::new();
    for closer in &refused.by {
        rows.push(["  closed by".to_owned(), closer.place.position(), closer.place.text.clone()]);
        rows.extend(
            closer.declared.iter().map(|place| ["  declared".to_owned(), place.position(), place.text.clone()]),
        );
    }
    let mut out = format!("{}: field not allowed\n", refused.path);
    out += &columns(&rows.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>());
    let mut known: Vec<&str> = refused.by.iter().flat_map(|closer| &closer.known).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    if !known.is_empty() {
        out += &format!("  it knows {}\n", known.join(", "));
    }
    if let Some(meant) = &refused.meant {
        out += &format!("  did you mean `{meant}`?\n");
    }
    out
}
